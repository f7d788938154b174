"""`make verify`: the releases against their manifests and the current one against the archive, without the
models.

Every byte first: each object of the archive has the sha256 of its name, none that the journal names is
missing, each line of the journal is as it was written, each file of every release has the sha256 of its
manifest, which has the one of its digest. Then figures of the current release drawn at random are made again:
a producer's figure from the row of its delivery, read again from the archived bytes; a sum, a ratio, an
evolution from their terms by arithmetic of our own, each term followed to its bytes too; what a model counts
from a whole delivery, from its rows (`publish.recount`).
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from extract import journal
from extract.archive import Archive
from extract.definitions import Definition, load_all
from extract.delivery import reread
from extract.errors import ExtractError, LayoutUnknown, WriteRefused
from extract.reading.table import SOURCE_ORDER
from extract.settings import Settings
from publish import manifest, recount, releases, witness, words
from publish.errors import PublishFault

FIGURES = 1000
TOLERANCE = 1e-9
OK, DIFFERS, UNSAID = "retrouvé", "différent", "non vérifiable"

Key = tuple[str, str, str, str]
CELLS = ("valeur", "methode", "livraison", "millesime_cog")


@dataclass
class Report:
    """What was looked at, what does not hold and what to do about it (`conseils`); releases of a version
    before the digest of their manifest (`sans_empreinte`), and of a later one, which are not read
    (`illisibles`)."""

    objets: int = 0
    releases: int = 0
    fichiers: int = 0
    sans_empreinte: list[str] = field(default_factory=list)
    illisibles: list[str] = field(default_factory=list)
    octets_faux: list[str] = field(default_factory=list)
    conseils: list[str] = field(default_factory=list)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    inconnues: Counter[str] = field(default_factory=Counter)
    termes: int = 0

    @property
    def juste(self) -> bool:
        """True when no byte and no figure differs."""
        return not self.octets_faux and not self.differences


def archive_of(settings: Settings, report: Report) -> bool:
    """Checks every object of the archive against its name, the journal against its sums and against the
    objects; returns whether the journal is whole."""
    archive, kept = Archive(settings.archive), set()
    for path in sorted((settings.archive / "objets").glob("*/*")):
        report.objets += 1
        kept.add(path.name)
        if not archive.is_intact(path.name):
            report.octets_faux.append(f"archive : l'objet {path.name} n'a plus ses octets")
    damaged = journal.faults(archive.journal_path)
    report.octets_faux += [f"archive : {fault}" for fault in damaged]
    missing = set() if damaged else archive.named() - kept
    report.octets_faux += [
        f"archive : l'objet {name}, que nomme le journal, manque" for name in sorted(missing)
    ]
    return not damaged


def releases_of(published: Path, current: str, report: Report) -> list[str]:
    """Checks every file of every release against its manifest, and what lies beside; notes what to do.
    Returns what is wrong with the current one."""
    wrong: dict[str, list[str]] = {}
    intact = []
    for folder in releases.folders(published):
        try:
            problems = manifest.verify(folder)
            sealed = manifest.sealed(folder)
            report.fichiers += sum(path.is_file() for path in folder.rglob("*"))
        except (PublishFault, OSError) as error:  # a disk that no longer gives its bytes is a damage too
            problems = [str(error)]
        except LayoutUnknown as error:
            report.illisibles.append(str(error))
            continue
        if not folder.is_dir():
            continue  # a run retired it meanwhile
        report.releases += 1
        if problems:
            wrong[folder.name] = problems
            report.octets_faux += [f"release {folder.name} : {problem}" for problem in problems]
        else:
            intact.append(folder.name)
            report.sans_empreinte += [folder.name] if sealed is None else []
    damaged = [n for n, found in wrong.items() if any(not one.endswith(manifest.EXTRA) for one in found)]
    aside = releases.discarded(published)
    _advise(published, current, damaged, [nom for nom in intact if nom not in aside], report)
    return wrong.get(current, [])


def _advise(published: Path, current: str, damaged: list[str], intact: list[str], report: Report) -> None:
    """What to do about the damaged releases. `intact`: those that readers may be given."""
    again = "python -m publish run --force"
    if current in damaged and intact:
        report.conseils.append(
            f"Les lecteurs suivent une release abîmée : make rollback RELEASE={intact[-1]}, puis {again},"
            " qui la refait des mêmes données."
        )
    elif current in damaged:
        report.conseils.append(
            "Les lecteurs suivent une release abîmée et aucune autre n'est entière : restaurez-la d'une"
            f" sauvegarde, ou {again}, qui la refait des mêmes données."
        )
    others = [nom for nom in damaged if nom != current]
    if others:
        report.conseils.append(
            f"Les lecteurs ne suivent pas {', '.join(others)} : restaurez d'une sauvegarde, ou retirez de"
            f" {published} ce qu'aucun rapport ne nomme ({releases.REPORTS})."
        )


class Release:
    """The published figures, as a reader has them, and the archive behind."""

    def __init__(self, settings: Settings, database: Path, unpacking: Path) -> None:
        self.connection = duckdb.connect(str(database), read_only=True)
        # Read without the run's lock, and by whoever may only read: nothing is unpacked in the archive.
        self.settings, self.archive = settings, Archive(settings.archive, unpacking)
        self.definitions: dict[str, Definition] = load_all()
        self.records = {record["livraison"]: record for record in self.archive.accepted()}
        self.indicators = {row["indicateur"]: row for row in self.rows("from indicateurs")}
        self.labels = dict(self.pairs("select territoire, libelle from territoires"))
        self.areas = dict(self.pairs("select territoire, superficie_km2 from territoires"))
        self.cog = self.one("select max(millesime_cog) from territoires")
        self.deliveries: dict[str, list[dict[str, Any]]] = {}
        self.aliases: dict[str, set[str]] = {}
        for alias, code in self.pairs("select code_alias, code_commune from alias_communes"):
            self.aliases.setdefault(f"COM-{code}", set()).add(f"COM-{alias}")
        # every figure once: thousands of terms are looked up
        self.known: dict[Key, tuple[Any, ...]] = {
            tuple(row[:4]): row[4:]
            for row in self.pairs(
                f"select indicateur, territoire, periode, modalite, {', '.join(CELLS)} from observations"
            )
        }
        self.modes: dict[tuple[str, str, str], list[str]] = {}
        for indicator, place, period, mode in self.known:
            if mode != "_T":
                self.modes.setdefault((indicator, place, period), []).append(mode)

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, by name."""
        result = self.connection.execute(query, parameters or [])
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def pairs(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, as they are."""
        return self.connection.execute(query).fetchall()

    def one(self, query: str) -> Any:
        """The only cell of a query."""
        found = self.connection.execute(query).fetchone()
        return found[0] if found else None

    def delivered(self, delivery: str) -> list[dict[str, Any]]:
        """Every row of a delivery, read again from the archived bytes, and kept. Raises ExtractError."""
        if delivery not in self.deliveries:
            record = self.records[delivery]
            definition = self.definitions[record["source"]]
            with reread(self.settings, self.archive, definition, record) as table:
                result = table.connection.execute("from brut")
                names = [column[0] for column in result.description or []]
                self.deliveries[delivery] = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return self.deliveries[delivery]

    def figure(self, key: Key) -> dict[str, Any] | None:
        """A published figure, or None when the release has no such row."""
        found = self.known.get(key)
        return None if found is None else dict(zip(CELLS, found, strict=True))


def draw(release: Release, count: int, seed: str) -> list[dict[str, Any]]:
    """Known figures at random, but the same for one seed, with every indicator and way of making in turn."""
    return release.rows(
        "select * exclude (rang) from (select *, row_number() over (partition by indicateur, methode"
        " order by md5(? || indicateur || territoire || periode || modalite)) as rang from observations"
        " where valeur is not null) order by rang, md5(? || indicateur || methode) limit ?",
        [seed, seed, count],
    )


def close(a: float | None, b: float) -> bool:
    """Equal to the last digits that a sum of doubles can promise."""
    return a is not None and math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-6 if abs(b) > 1 else 1e-9)


def previous_period(period: str, lag: int) -> str:
    """The period that many periods earlier."""
    year = int(period[:4])
    if len(period) == 4:
        return str(year - lag)
    if "-T" in period:
        index = year * 4 + int(period[-1]) - 1 - lag
        return f"{index // 4}-T{index % 4 + 1}"
    index = year * 12 + int(period[5:]) - 1 - lag
    return f"{index // 12}-{index % 12 + 1:02d}"


class Arithmetic:
    """Our own making of sums and ratios; `terms` collects the producers' figures that were used."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.terms: dict[Key, dict[str, Any]] = {}

    def value(self, key: Key) -> float | None:
        """The published value of a term, remembered."""
        found = self.release.figure(key)
        if found is None:
            indicator = self.release.indicators.get(key[0])
            return (
                0.0 if indicator and indicator["absence"] == "nulle" and key[1].startswith("COM-") else None
            )
        self.terms[key] = found
        return None if found["valeur"] is None else float(found["valeur"])

    def computed(self, figure: dict[str, Any]) -> float | None:
        """A ratio, an evolution or a density from its terms; None when the dictionary says nothing of it."""
        key = (figure["indicateur"], figure["territoire"], figure["periode"], figure["modalite"])
        one = self.release.indicators[key[0]]
        top_mode = one["numerateur_modalite"] or key[3]
        if one["calcul"] == "publie":
            return 0.0 if one["absence"] == "nulle" else None
        top = self.value((one["numerateur"], key[1], key[2], top_mode))
        factor = float(one["facteur"] or 1)
        if top is None:
            return None
        if one["calcul"] == "densite":
            area = self.release.areas.get(key[1])
            return factor * top / area if area else None
        if one["calcul"] == "ratio":
            bottom = self.value((one["denominateur"], key[1], key[2], one["denominateur_modalite"] or key[3]))
            return factor * top / bottom if bottom else None
        before = self.value((one["numerateur"], key[1], previous_period(key[2], one["decalage"]), key[3]))
        if not before:
            return None
        if one["calcul"] == "evolution":
            return factor * (top / before - 1)
        per_year = {4: 1, 6: 12}.get(len(key[2]), 12) if "-T" not in key[2] else 4
        return float(factor * ((top / before) ** (per_year / one["decalage"]) - 1))

    def summed(self, figure: dict[str, Any]) -> float | None:
        """The sum of communes, of départements or of a breakdown, the one that is complete and equal."""
        found = None
        for parts in self._parts(figure):
            values = [self.value(key) for key in parts]
            if values and None not in values:
                found = math.fsum(v for v in values if v is not None)
                if close(found, figure["valeur"]):
                    return found
        return found

    def _parts(self, figure: dict[str, Any]) -> Iterator[list[Key]]:
        indicator, place, period, mode = (
            figure[name] for name in ("indicateur", "territoire", "periode", "modalite")
        )
        kind, _, code = place.partition("-")
        members = [
            f"COM-{row[0]}"
            for row in self.release.connection.execute(
                "select code_commune from appartenances where millesime_cog = ? and type_territoire = ? and"
                " code_territoire = ?",
                [self.release.cog, kind, code],
            ).fetchall()
        ]
        if members:
            yield [(indicator, member, period, mode) for member in sorted(members)]
        departments = [
            row[0]
            for row in self.release.connection.execute(
                "select distinct territoire from territoires where type_territoire = 'DEP' and"
                " code_region = ? and ? = 'REG'",
                [code, kind],
            ).fetchall()
        ]
        if kind == "PROJET" and members:
            departments = sorted(
                {
                    "DEP-" + row[0]
                    for row in self.release.connection.execute(
                        "select code_departement from territoires where territoire in"
                        " (select unnest(?::varchar[]))",
                        [members],
                    ).fetchall()
                }
            )
        if departments:
            yield [(indicator, department, period, mode) for department in sorted(departments)]
        if mode == "_T":
            details = sorted(self.release.modes.get((indicator, place, period), []))
            for axis in sorted({detail.partition(":")[0] for detail in details}):
                yield [
                    (indicator, place, period, detail) for detail in details if detail.startswith(axis + ":")
                ]

    def carried(self, figure: dict[str, Any]) -> float | None:
        """A commune of today from the communes that it was, by the published passages."""
        _, _, code = figure["territoire"].partition("-")
        rows = self.release.rows(
            "select p.poids, h.valeur from passages p left join observations_historique h on"
            " h.territoire = 'COM-' || p.code_source and h.millesime_cog = p.cog_source"
            " and h.connu_jusqua is null and not h.est_retrait and h.indicateur = ? and h.periode = ?"
            " and h.modalite = ? where p.cog_source = ? and p.cog_cible = ? and p.code_cible = ?",
            [
                figure["indicateur"], figure["periode"], figure["modalite"], figure["millesime_cog"],
                self.release.cog, code,
            ],
        )  # fmt: skip
        zero = self.release.indicators[figure["indicateur"]]["absence"] == "nulle"
        values = [0.0 if r["valeur"] is None and zero else r["valeur"] for r in rows]
        if not rows or None in values or any(r["poids"] is None for r in rows):
            return None
        return math.fsum(r["poids"] * v for r, v in zip(rows, values, strict=True))

    def carried_zone(self, figure: dict[str, Any]) -> float | None:
        """The sum of all the communes of a zone, carried from their geography by the published passages: an
        EPCI may hold communes of another region, which the release only keeps as they were received."""
        kind, _, code = figure["territoire"].partition("-")
        rows = self.release.connection.execute(
            "select p.poids, h.valeur from appartenances a join passages p on p.code_cible = a.code_commune"
            " and p.cog_cible = a.millesime_cog left join observations_historique h on"
            " h.territoire = 'COM-' || p.code_source and h.millesime_cog = p.cog_source"
            " and h.connu_jusqua is null and not h.est_retrait"
            " and h.indicateur = ? and h.periode = ? and h.modalite = ?"
            " where a.type_territoire = ? and a.code_territoire = ? and a.millesime_cog = ?"
            " and p.cog_source = ?",
            [
                figure["indicateur"], figure["periode"], figure["modalite"], kind, code, self.release.cog,
                figure["millesime_cog"],
            ],
        ).fetchall()  # fmt: skip
        if not rows or any(weight is None or value is None for weight, value in rows):
            return None
        return math.fsum(weight * value for weight, value in rows)


def recounted(release: Release, figure: dict[str, Any]) -> float | None:
    """A figure that a model makes from the rows of its delivery; None when no recipe says how."""
    record = release.records.get(figure["livraison"])
    recipe = recount.RECIPES.get(record["source"]) if record else None
    if recipe is None:
        return None
    rows = release.delivered(figure["livraison"])
    return recipe(rows, figure["territoire"], figure["periode"], figure["modalite"], release.labels)


def figures(release: Release, drawn: list[dict[str, Any]], report: Report) -> None:
    """Makes the drawn figures again, and follows what they are made of to the bytes."""
    received: dict[Key, dict[str, Any]] = {}
    for figure in drawn:
        key = (figure["indicateur"], figure["territoire"], figure["periode"], figure["modalite"])
        method = figure["methode"]
        if method == "publiee":
            received[key] = figure
            continue
        ours = Arithmetic(release)
        make = {"calculee": ours.computed, "agregee": ours.summed, "projetee": ours.carried}[method]
        again = make(figure)
        if again is None and method == "agregee":
            try:
                again = recounted(release, figure)
                again = ours.carried_zone(figure) if again is None else again
            except WriteRefused:  # says nothing of the delivery
                raise
            except (ExtractError, OSError) as error:
                _tell(report, figure, key, DIFFERS, f"livraison illisible depuis l'archive, {error}")
                continue
        if again is None:
            report.verdicts[(method, UNSAID)] += 1
            report.inconnues[f"{key[0]} ({method}) : ses parties ne sont pas toutes publiées"] += 1
        elif close(again, figure["valeur"]):
            report.verdicts[(method, OK)] += 1
        else:
            report.verdicts[(method, DIFFERS)] += 1
            report.differences.append(f"{' · '.join(key)} : publié {figure['valeur']}, refait {again}")
        terms = {k: t for k, t in ours.terms.items() if t["methode"] == "publiee" and t["valeur"] is not None}
        report.termes += len(terms.keys() - received.keys())
        received |= {k: t | {"methode": "terme"} for k, t in terms.items() if k not in received}
    _rows_again(release, received, report)


HISTORY = """
    select v.cle, h.livraison, h.ligne, h.territoire, h.correction, h.valeur
    from voulues v
    join livraisons d on d.livraison = v.livraison and d.resultat = 'nouveau'
    join observations_historique h on h.indicateur = v.indicateur and h.periode = v.periode and h.modalite =
    v.modalite
        and h.source = d.source and h.partition is not distinct from d.partition and h.connu_jusqua is null
        and not h.est_retrait and h.millesime_cog = v.millesime_cog
        and (h.territoire = v.territoire or h.territoire in (
            select 'COM-' || p.code_source from passages p where 'COM-' || p.code_cible = v.territoire
                and p.cog_source = v.millesime_cog and p.cog_cible = ? and p.nature in ('identite',
                'recodage')))
"""


def _rows_again(release: Release, wanted: dict[Key, dict[str, Any]], report: Report) -> None:
    import pandas as pd

    keys = list(wanted)
    frame = pd.DataFrame(
        [(n, *key, wanted[key]["livraison"], wanted[key]["millesime_cog"]) for n, key in enumerate(keys)],
        columns=["cle", "indicateur", "territoire", "periode", "modalite", "livraison", "millesime_cog"],
    )
    release.connection.register("voulues", frame)
    lines = release.rows(HISTORY, [release.cog])
    by_delivery: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        by_delivery.setdefault(line["livraison"], []).append(line)
    seen = {line["cle"] for line in lines}
    for n, key in enumerate(keys):
        if n not in seen:
            _tell(report, wanted[key], key, DIFFERS, "aucune version de l'historique ne le porte")
    for delivery, found in sorted(by_delivery.items()):
        _delivery_again(release, delivery, found, keys, wanted, report)


def _delivery_again(
    release: Release,
    delivery: str,
    found: list[dict[str, Any]],
    keys: list[Key],
    wanted: dict[Key, dict[str, Any]],
    report: Report,
) -> None:
    record = release.records.get(delivery)
    try:
        if record is None:
            raise ExtractError("le journal de l'archive ne la connaît pas")
        definition = release.definitions[record["source"]]
        with reread(release.settings, release.archive, definition, record) as table:
            result = table.connection.execute(
                f"select * from brut where {SOURCE_ORDER} in (select unnest(?::bigint[]))",
                [[line["ligne"] for line in found if line["ligne"] is not None]],
            )
            names = [column[0] for column in result.description or []]
            order = names.index(SOURCE_ORDER)
            rows = {row[order]: dict(zip(names, row, strict=True)) for row in result.fetchall()}
    except WriteRefused:  # says nothing of the delivery
        raise
    except (ExtractError, OSError) as error:
        report.differences.append(f"livraison {delivery} : illisible depuis l'archive, {error}")
        return
    beside = f"{record['partition'] or ''} {record['source']}"
    for line in found:
        key = keys[line["cle"]]
        figure = wanted[key]
        row = {k: v for k, v in rows.get(line["ligne"], {}).items() if k != SOURCE_ORDER}
        if line["correction"] is not None:
            _tell(report, figure, key, UNSAID, "corrigé par le groupe de travail")
        elif not row:
            _tell(report, figure, key, DIFFERS, f"la ligne {line['ligne']} de {delivery} n'existe pas")
        elif witness.says_value(row, figure["valeur"]) is None:
            _tell(
                report,
                figure,
                key,
                DIFFERS,
                f"sa valeur n'est pas dans la ligne {line['ligne']} de {delivery}",
            )
        elif not witness.says_period(row, key[2], beside):
            _tell(
                report,
                figure,
                key,
                DIFFERS,
                f"la ligne {line['ligne']} de {delivery} est d'une autre période",
            )
        elif not any(
            witness.says_place(row, place, release.labels.get(key[1], ""), beside)
            for place in (line["territoire"], *sorted(release.aliases.get(line["territoire"], ())))
        ):
            _tell(report, figure, key, DIFFERS, f"la ligne {line['ligne']} de {delivery} est d'un autre lieu")
        else:
            _tell(report, figure, key, OK, "")


def _tell(report: Report, figure: dict[str, Any], key: Key, verdict: str, why: str) -> None:
    report.verdicts[(figure["methode"], verdict)] += 1
    if verdict == DIFFERS:
        report.differences.append(f"{' · '.join(key)} = {figure['valeur']} : {why}")
    elif verdict == UNSAID:
        report.inconnues[f"{key[0]} : {why}"] += 1


def verify(settings: Settings, count: int = FIGURES, seed: str | None = None) -> Report:
    """The bytes of every release, and figures of the current one. `seed`: another draw (default: the
    release's own)."""
    current = releases.require_current(settings.published)
    report = Report()
    journal_is_whole = archive_of(settings, report)
    wrong = releases_of(settings.published, current.nom, report)
    if not journal_is_whole or any(
        problem.startswith((releases.DATABASE, releases.MANIFEST)) for problem in wrong
    ):
        return report  # nothing that is read in it would mean anything
    with tempfile.TemporaryDirectory(prefix="verification-") as folder:
        release = Release(settings, current.database, Path(folder))
        try:
            figures(release, draw(release, count, seed or current.manifest["empreinte_entrees"]), report)
        finally:
            release.connection.close()
    return report


def show(report: Report, console: Console) -> None:
    """The report in French, the faults last so that they are read."""
    console.print(
        f"{words.plural(report.objets, 'objet')} de l'archive et {words.plural(report.fichiers, 'fichier')}"
        f" de {words.plural(report.releases, 'release')} relus :"
        f" {words.plural(len(report.octets_faux), 'faute')}."
    )
    if report.sans_empreinte:
        console.print(
            f"D'avant {manifest.SEAL}, leurs fichiers sont relus et leur manifeste cru :"
            f" {', '.join(report.sans_empreinte)}",
            markup=False,
        )
    for newer in report.illisibles:
        console.print(f"Non relue : {newer}", markup=False)
    total = sum(n for (method, _), n in report.verdicts.items() if method != "terme")
    console.print(
        f"{words.plural(total, 'chiffre')} tirés au hasard, et {words.plural(report.termes, 'chiffre')}"
        " de producteurs dont ils sont faits :"
    )
    for (method, verdict), n in sorted(report.verdicts.items()):
        console.print(f"  {method:10} {verdict:16} {words.number(n):>8}")
    for why, n in report.inconnues.most_common(15):
        console.print(f"  non vérifiable : {why} ({n})", markup=False)
    for problem in [*report.octets_faux, *report.differences[:30]]:
        console.print(f"✘ {problem}", markup=False, style="red")
    for advice in report.conseils:
        console.print(f"→ {advice}", markup=False)
    if report.juste:
        console.print("Tout ce qui a été refait est égal à ce qui est publié.", style="green")
