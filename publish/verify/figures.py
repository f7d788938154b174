"""Figures of a release made again: a producer's figure from the row of its delivery, read again from the
archived bytes; a sum, a ratio, an evolution from their terms (`publish.verify.arithmetic`), each term
followed to its bytes too; what a model counts from a whole delivery, from its rows (`publish.recount`)."""

from __future__ import annotations

from typing import Any

from extract.delivery import reread
from extract.errors import ExtractError, WriteRefused
from extract.reading.table import SOURCE_ORDER
from publish import recount, witness
from publish.verify.arithmetic import Arithmetic, close
from publish.verify.release import Key, Release
from publish.verify.report import Report

OK, DIFFERS, UNSAID = "retrouvé", "différent", "non vérifiable"


def recounted(release: Release, figure: dict[str, Any]) -> float | None:
    """A figure that a model makes from the rows of its delivery; None when no recipe says how."""
    record = release.records.get(figure["livraison"])
    recipe = recount.RECIPES.get(record["source"]) if record else None
    if recipe is None:
        return None
    rows = release.delivered(figure["livraison"])
    return recipe(rows, figure["territoire"], figure["periode"], figure["modalite"], release.labels)


def make_again(release: Release, drawn: list[dict[str, Any]], report: Report) -> None:
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
