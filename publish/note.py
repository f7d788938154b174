"""NOTE.md: what changed since the last release, what is late, what was refused, which corrections are
active."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations.columns import header, shown
from expectations.model import Controle, Verdict
from publish import freshness, words
from publish.releases import Release

# The figures that moved: of which territory and detail, in words.
MOVED = """
    moved as (
        select c.*, coalesce(t.libelle || ' (' || c.territoire || ')', c.territoire) as lieu,
            case when c.modalite <> '_T' then coalesce(m.libelle, c.modalite) end as detail
        from actuelle.main.changements c
        left join actuelle.main.territoires t using (territoire)
        left join actuelle.main.modalites m using (modalite)
        where c.nature = 'revise' and c.ecart <> 0
    )
"""
CHANGES = f"""
    with {MOVED},
    strongest as (
        from moved qualify row_number() over (
            partition by indicateur order by ecart_relatif desc nulls last, territoire, periode, modalite
        ) = 1
    ),
    counts as (
        select indicateur, count(*) as changed, count(*) filter (where nature = 'ajoute') as added,
            count(*) filter (where nature = 'retire') as removed,
            count(*) filter (where nature = 'revise') as revised
        from actuelle.main.changements group by indicateur
    )
    select c.indicateur, i.libelle, i.decimales, i.unite, c.added, c.removed, c.revised, s.lieu, s.detail,
        s.periode, s.valeur_avant, s.valeur_apres
    from counts c left join actuelle.main.indicateurs i using (indicateur)
    left join strongest s using (indicateur)
    order by s.ecart_relatif desc nulls last, c.changed desc, c.indicateur
"""
BRIEF = """
    select c.nature, sum(c.rows), list(coalesce(i.libelle, p.libelle, c.indicateur) order by c.rows desc,
        c.indicateur)
    from (select nature, indicateur, count(*) as rows from actuelle.main.changements group by all) c
    left join actuelle.main.indicateurs i using (indicateur)
    left join precedente.main.indicateurs p using (indicateur)
    group by c.nature
"""
LARGEST = f"""
    with {MOVED}
    select i.libelle, i.decimales, i.unite, c.lieu, c.detail, c.periode, c.valeur_avant, c.valeur_apres,
        c.ecart_relatif
    from moved c join actuelle.main.indicateurs i using (indicateur)
    where c.methode = 'publiee'
    order by c.ecart_relatif desc nulls last, c.indicateur, c.territoire, c.periode, c.modalite
    limit 20
"""
FIRST = """
    select i.indicateur, i.libelle, count(*), count(o.valeur), max(o.periode)
    from actuelle.main.indicateurs i join actuelle.main.observations o using (indicateur)
    group by i.indicateur, i.libelle, i.ordre order by i.ordre, i.indicateur
"""
NAMED = 3  # failing rows told of each warning
SOURCES = """
    select source, titre, derniere_livraison, dernier_resultat, dernier_motif
    from actuelle.main.sources order by source
"""


def write(
    path: Path,
    database: Path,
    previous: Release | None,
    verdict: Verdict,
    *,
    nom: str,
    made: datetime,
    origin: str,
    corrections: list[str] | None = None,
    watched: list[tuple[str, str, int]] | None = None,
) -> None:
    """Writes the note of the release whose DuckDB file is `database`, compared with `previous`."""
    connection = duckdb.connect()
    try:
        for name, file in (("actuelle", database), ("precedente", previous.database if previous else None)):
            if file is not None:
                literal = str(file).replace("'", "''")
                connection.execute(f"attach '{literal}' as {name} (read_only)")
        parts = [f"# Release {nom}", "", f"Produite le {made.astimezone(UTC):%d/%m/%Y à %H:%M} UTC."]
        if origin == "replique":
            parts.append(
                "Les chiffres viennent de la réplique de démonstration : réels, mais arrêtés à leur date de"
                " transcription."
            )
        states = freshness.of_release(connection, made.astimezone(UTC).replace(tzinfo=None), "actuelle.main")
        sources = [(*row, states[row[0]]) for row in connection.execute(SOURCES).fetchall()]
        parts += [
            "",
            *_brief(connection, previous, sources),
            "",
            *_changes(connection, previous),
            "",
            *_sources(sources),
            "",
            *_warnings(verdict, watched or [], _labels(connection)),
            "",
        ]
        parts += ["## Corrections actives", "", *(corrections or ["Aucune."]), ""]
    finally:
        connection.close()
    path.write_text("\n".join(parts), encoding="utf-8")


def _brief(
    connection: duckdb.DuckDBPyConnection, previous: Release | None, sources: list[tuple[Any, ...]]
) -> list[str]:
    """What is new, revised, withdrawn (when something is), late, refused: a line each, for who reads the
    message and not the note."""
    new, revised, removed = "première release", "première release", []
    if previous is not None:
        by_nature = {
            nature: (rows, list(labels)) for nature, rows, labels in connection.execute(BRIEF).fetchall()
        }
        new, revised = (_counted(*by_nature.get(nature, (0, []))) for nature in ("ajoute", "revise"))
        removed = [f"- Retiré : {_counted(*by_nature['retire'])}."] if "retire" in by_nature else []
    late = [title for _, title, *_, state in sources if state.etat == "en retard"]
    refused = [title for _, title, _, outcome, *_ in sources if outcome in ("refuse", "echec")]
    return [
        "## En bref",
        "",
        f"- Nouveau : {new}.",
        f"- Révisé : {revised}.",
        *removed,
        f"- En retard : {_listed(late)}.",
        f"- Refusé ou en échec : {_listed(refused)}.",
    ]


def _counted(rows: int, labels: list[str]) -> str:
    return f"{words.plural(rows, 'chiffre', 'chiffres')} ({_listed(labels)})" if rows else "rien"


def _listed(names: list[str], most: int = 8) -> str:
    """Names with commas, the first ones when they are many."""
    more = f" et {len(names) - most} autres" if len(names) > most else ""
    return (" ; ".join(names[:most]) + more) or "rien"


def _changes(connection: duckdb.DuckDBPyConnection, previous: Release | None) -> list[str]:
    if previous is None:
        rows = connection.execute(FIRST).fetchall()
        lines = [
            "## Première release",
            "",
            "| Indicateur | Observations | dont renseignées | Dernière période |",
            "|---|---:|---:|---|",
        ]
        return lines + [
            f"| {label} (`{key}`) | {words.number(rows_)} | {words.number(known)} | {words.period(last)} |"
            for key, label, rows_, known, last in rows
        ]
    lines = [f"## Ce qui change depuis {previous.nom}", ""]
    rows = connection.execute(CHANGES).fetchall()
    if not rows:
        return [*lines, "Aucun chiffre ne change."]
    lines += [
        "| Indicateur | Ajoutées | Retirées | Révisées | Plus forte révision |",
        "|---|---:|---:|---:|---|",
    ]
    for key, label, decimals, unit, added, removed, revised, place, detail, period, before, after in rows:
        strongest = ""
        if place is not None:
            where = ", ".join(filter(None, (place, detail, words.period(period))))
            strongest = f"{where} : {_moved(before, after, decimals, unit)}"
        lines.append(
            f"| {label or 'retiré du dictionnaire'} (`{key}`) | {words.number(added)} |"
            f" {words.number(removed)} | {words.number(revised)} | {strongest} |"
        )
    return lines + _largest(connection)


def _largest(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The producers' figures that moved most; the whole list is the table `changements`."""
    rows = connection.execute(LARGEST).fetchall()
    if not rows:
        return []
    lines = [
        "",
        "Les chiffres de producteurs qui bougent le plus (tous sont dans la table `changements`) :",
        "",
    ]
    for label, decimals, unit, place, detail, period, before, after, share in rows:
        what = f"{label} ({detail})" if detail else label
        moved = _moved(before, after, decimals, unit)
        lines.append(f"- {what}, {place}, {words.period(period)} : {moved}{_share(share)}")
    return lines


def _moved(before: float, after: float, decimals: int | None, unit: str | None) -> str:
    """« 45,017 → 45,018 »: the indicator's decimals, or as many as it takes to tell two values apart."""
    old = new = ""
    for wanted in range(decimals or 0, 16):
        old, new = (words.valued(value, wanted, unit or "") for value in (before, after))
        if old != new:
            break
    return f"{old} → {new}"


def _share(share: float | None) -> str:
    """« (7,2 %) », « (moins de 0,1 %) »: a revision in % of what it revises, if that was not 0."""
    if share is None:
        return ""
    least = "moins de 0,1" if share < 0.05 else words.number(share, 1)
    return f" ({least}{words.THIN}%)"


def _sources(sources: list[tuple[Any, ...]]) -> list[str]:
    """`sources`: the columns of SOURCES and the state of each."""
    late, refused, skipped = [], [], []
    sources = sorted(
        sources, key=lambda row: freshness.TOLD.index(row[-1].etat) if row[-1].etat in freshness.TOLD else -1
    )
    for source, title, delivery, outcome, reason, state in sources:
        if state.etat in freshness.TOLD:
            late.append(f"- **{title}** (`{source}`) : {state.etat}, {state.mot}.")
        if outcome in ("refuse", "echec"):
            # of the source: when one of its partitions is refused, perhaps that of another one
            kept = f"dernière réception réussie le {words.day(delivery)}" if delivery else "jamais reçue"
            what = "refusée" if outcome == "refuse" else "échec"
            refused.append(f"- **{title}** (`{source}`) : {what}, {reason or 'sans motif'} ; {kept}.")
        if outcome == "ignore":
            skipped.append(f"- **{title}** (`{source}`) : {reason or 'clé absente'}.")
    return [
        "## En retard, suspendu, arrêté ou jamais reçu",
        "",
        *(late or ["Rien."]),
        "",
        "## Refusé ou en échec",
        "",
        *(refused or ["Rien."]),
        "",
        "## Non demandé (clé absente)",
        "",
        *(skipped or ["Rien."]),
    ]


def _labels(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """What the codes in the failing rows of a check are called, by column."""
    named = {"indicateur": "indicateurs", "territoire": "territoires", "modalite": "modalites"}
    found = {
        key: dict(connection.execute(f"select {key}, libelle from actuelle.main.{table}").fetchall())
        for key, table in named.items()
    }
    found["source"] = dict(connection.execute("select source, titre from actuelle.main.sources").fetchall())
    return found


def _found(controle: Controle, labels: dict[str, dict[str, str]]) -> str:
    """Where a check fails, by the names that a reader knows: the first rows, the workbook has them all."""
    rows = controle.lignes
    if not rows:
        return controle.detail
    named = " ; ".join(_place(row, labels) for row in rows[:NAMED])
    rest = len(rows) - NAMED
    more = f" ; et {words.plural(rest, 'autre')}" if rest > 0 else ""
    where = ", dans `qualite/vigilance.xlsx`" if controle.vigilance else ""
    return f"{words.plural(len(rows), 'ligne')}{where} : {named}{more}."


def _place(row: dict[str, Any], labels: dict[str, dict[str, str]]) -> str:
    """« Population municipale, Gauciel, 2023 : 976 → 1 117 »."""
    told = [
        str(labels[key].get(str(row[key]), row[key]))
        for key in ("source", "indicateur", "territoire", "modalite")
        if key in row and str(row[key]) != "_T" and not ("indicateur" in row and key == "source")
    ]
    told += [words.period(str(row["periode"]))] if "periode" in row else []
    told += [shown(row[key]) for key in ("situation", "motif") if row.get(key)]
    if not told:
        told = [f"{header(key).lower()} {shown(value)}" for key, value in row.items()]
    moved = (
        f"{words.NBSP}: {shown(row['avant'])} → {shown(row['apres'])}"
        if {"avant", "apres"} <= row.keys()
        else ""
    )
    return f"« {', '.join(told)}{moved} »"


def _warnings(
    verdict: Verdict, watched: list[tuple[str, str, int]], labels: dict[str, dict[str, str]]
) -> list[str]:
    lines = ["## Contrôles", ""]
    good = sum(c.resultat == "reussi" for c in verdict.controles)
    lines.append(
        f"{words.plural(good, 'contrôle réussi', 'contrôles réussis')} ; détail dans `qualite/index.html`."
    )
    if verdict.avertissements:
        lines += ["", "Avertissements (publiés, à lire) :", ""]
        lines += [f"- {c.phrase} {_found(c, labels)}" for c in verdict.avertissements]
    lines += ["", "## À juger par quelqu'un", ""]
    if not watched:
        return [*lines, "Rien : `qualite/vigilance.xlsx` est vide."]
    lines += [
        "Chaque ligne est dans `qualite/vigilance.xlsx`.",
        "",
        "| Question | Lignes | Lecteur |",
        "|---|---:|---|",
    ]
    return lines + [f"| {title} | {words.number(rows)} | {reader} |" for title, reader, rows in watched]
