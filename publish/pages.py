"""One page per indicator, in Markdown, as producers document theirs: definition, formula, field, geography,
breaks, revisions, source, licence, next expected publication. Made from the tables of the release, and so
from the seeds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from publish import words
from publish.freshness import RHYTHM, STOPPED

NATURES = {
    "stock": "stock (un état à une date)",
    "flux": "flux (ce qui s'est produit pendant la période)",
    "ratio": "ratio",
    "indice": "indice ou solde",
    "moyenne": "moyenne",
    "mediane": "médiane ou quantile",
}
FREQUENCIES = {"A": "annuelle", "S": "semestrielle", "T": "trimestrielle", "M": "mensuelle"}
AGGREGATION = {
    "somme": "s'additionne : une zone vaut la somme de ses parties, si toutes sont connues",
    "ratio": "ne s'additionne pas : numérateur et dénominateur sont sommés, puis divisés",
    "moyenne_ponderee": "moyenne pondérée des parties, si toutes sont connues",
    "non_agregeable": "ne s'agrège pas : seul vaut le chiffre du producteur",
}
INDICATORS = """
    select i.*, s.titre as titre_source, s.page as page_source, s.frequence as rythme_source,
        s.derniere_publication, s.attribution, o.premiere, o.derniere, o.niveaux, o.valeurs
    from indicateurs i
    left join sources s using (source)
    left join (
        select indicateur, min(periode) as premiere, max(periode) as derniere, count(valeur) as valeurs,
            string_agg(distinct split_part(territoire, '-', 1), ', '
                order by split_part(territoire, '-', 1)) as niveaux
        from observations where valeur is not null group by all
    ) o using (indicateur)
    order by i.ordre, i.indicateur
"""
BREAKS = "select indicateur, periode, raison, ou_lu from ruptures_de_serie order by indicateur, periode"
REVISIONS = "select * from revisions where type_territoire = '_T'"
GEOGRAPHIES = """
    select indicateur, string_agg(distinct millesime_cog::varchar, ', ' order by millesime_cog::varchar)
    from observations where valeur is not null and millesime_cog is not null group by all
"""


def write(database: Path, folder: Path, moment: datetime) -> list[Path]:
    """Writes `<folder>/<indicateur>.md` for each indicator, and `README.md` that lists them."""
    folder.mkdir(parents=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        indicators = _rows(connection, INDICATORS)
        breaks = _rows(connection, BREAKS)
        revised = {row["indicateur"]: row for row in _rows(connection, REVISIONS)}
        geographies = dict(connection.execute(GEOGRAPHIES).fetchall())
    written = []
    for one in indicators:
        own = [row for row in breaks if row["indicateur"] == one["indicateur"]]
        key = one["indicateur"]
        text = page(one, own, revised.get(key), geographies.get(key), moment)
        written.append(folder / f"{key}.md")
        written[-1].write_text(text, encoding="utf-8")
    lines = ["# Dictionnaire", "", "Une page par indicateur, faite des mêmes tables que les chiffres.", ""]
    theme = None
    for one in indicators:
        if one["theme"] != theme:
            theme = one["theme"]
            lines += ["", f"## {theme}", ""]
        lines.append(f"- [{one['libelle']}]({one['indicateur']}.md) (`{one['indicateur']}`)")
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return written


def page(
    one: dict[str, Any],
    breaks: list[dict[str, Any]],
    found: dict[str, Any] | None,
    geography: str | None,
    moment: datetime,
) -> str:
    """The page of one indicator."""
    last = one["derniere_publication"]
    parts = [
        f"# {one['libelle']}",
        "",
        f"`{one['indicateur']}` · {one['theme']} · {one['unite']}",
        "",
        "## Définition",
        "",
        one["definition"] or "Non renseignée.",
        "",
        f"- Formule : {one['formule'] or 'chiffre du producteur'}",
        f"- Nature : {NATURES.get(one['nature'], one['nature'])}",
        f"- Unité : {one['unite']}, {words.plural(one['decimales'] or 0, 'décimale')}",
        f"- Périodicité : {FREQUENCIES.get(one['frequence'], one['frequence'])}",
        "",
        "## Champ",
        "",
        one["champ"] or "Non renseigné.",
        "",
        "## Géographie",
        "",
        f"- Niveau le plus fin : {one['niveau_fin']} ; niveaux renseignés : {one['niveaux'] or 'aucun'}",
        f"- Agrégation : {AGGREGATION.get(one['agregation'], one['agregation'])}",
        f"- Millésimes du COG des chiffres reçus : {geography or 'aucun'} ; tous sont donnés dans"
        " celui d'aujourd'hui",
        f"- De {words.period(one['premiere']) or '–'} à {words.period(one['derniere']) or '–'},"
        f" {words.plural(one['valeurs'] or 0, 'valeur')}",
        "",
        "## Ruptures",
        "",
        *(
            [f"- {words.period(b['periode'])} : {b['raison']} ({b['ou_lu']})." for b in breaks]
            or ["Aucune annoncée."]
        ),
        "",
        "## Révisions",
        "",
        revisions(one, found),
        "",
        "## Source",
        "",
        f"- Producteur : {one['producteur']}",
        f"- Jeu : {one['titre_source'] or one['source']}"
        + (f", {one['page_source']}" if one["page_source"] else ""),
        f"- Licence : {one['licence']}" + (f". {one['attribution']}" if one["attribution"] else ""),
        f"- Dernière publication reçue : {words.day(last) or 'non datée par le producteur'}",
        f"- Prochaine publication attendue : {expected(one['rythme_source'], last, moment)}",
        "",
    ]
    if one["notes"]:
        parts += ["## À savoir", "", one["notes"], ""]
    return "\n".join(parts)


def expected(rhythm: str | None, published: datetime | None, moment: datetime) -> str:
    """When the producer should publish next, in words. Beyond its usual delay, it says so."""
    if rhythm is not None and rhythm in STOPPED:
        return f"aucune, {STOPPED[rhythm][1]}"
    limit = RHYTHM.get(rhythm or "")
    if limit is None or published is None:
        return f"inconnue (rythme : {rhythm or 'non dit'})"
    day = published + limit
    late = day < moment.astimezone(UTC).replace(tzinfo=None)
    return f"au plus tard le {words.day(day)} (rythme : {rhythm})" + (", dépassé" if late else "")


def revisions(one: dict[str, Any], found: dict[str, Any] | None) -> str:
    """How the figures of an indicator were revised, from its row of `revisions` (None: never received)."""
    if one["calcul"] != "publie":
        return f"Chiffre calculé : il change avec `{one['numerateur']}`" + (
            f" et `{one['denominateur']}`." if one["denominateur"] else "."
        )
    if found is None or not found["chiffres_suivis"]:
        return "Inconnues : chaque chiffre n'a encore été reçu qu'une fois."
    decimals = (one["decimales"] or 0) + 1
    unit = "point" if one["unite"] == "%" else one["unite"]
    text = (
        f"{words.plural(found['chiffres_revises'], 'chiffre révisé', 'chiffres révisés')} sur"
        f" {words.number(found['chiffres_suivis'])} suivis ({words.number(found['a_la_hausse'])} hausses,"
        f" {words.number(found['a_la_baisse'])} baisses)"
    )
    if found["ecart_moyen"] is not None:
        text += f", de {words.number(found['ecart_moyen'], decimals)} {unit} en moyenne"
    if found["jours_provisoire_median"] is not None:
        text += (
            f" ; un chiffre révisé l'est encore {words.number(found['jours_provisoire_median'])} jours après"
        )
    if found["chiffres_retires"]:
        text += f". {words.plural(found['chiffres_retires'], 'chiffre retiré', 'chiffres retirés')}"
    return text + "."


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
