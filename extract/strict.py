"""What the yaml expects of a delivery, checked on the rows as read; then the shape that the landing holds.

Everything here only renames, unpivots and selects: no value is cast, completed or dropped."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from extract.definitions import Part
from extract.errors import DeliveryRefused
from extract.periods import check_periods
from extract.reading.table import SOURCE_ORDER, Table, literal, number_rows, quoted

SHOWN = 6  # examples in a message


def shaped(table: Table, part: Part) -> Table:
    """Check the columns, shape the table as landed (`Part.landing_columns`), check the values.

    Raises DeliveryRefused: unknown or missing column, too few rows, duplicate key, value out of its pattern
    or its list, expected value absent, hole in the periods. More rows than the yaml says is only told
    (`Table.warnings`): datasets grow, and figures that repeat are refused by their key."""
    unpivoted = _check_columns(table, part)
    warnings = _check_count(table.rows, part)
    landed = _landed(table, part, unpivoted)
    _check_values(landed, part)
    if "periodes" in part.attendu:
        check_periods(landed, part.attendu["periodes"])
    return replace(landed, warnings=warnings)


def _check_columns(table: Table, part: Part) -> list[str]:
    """Every column is expected, optional, unpivoted or known as ignored; returns those to unpivot."""
    wanted = part.attendu
    expected = list(wanted.get("colonnes", ()))
    if sheet_column := part.lecture.get("colonne_feuille"):
        expected.insert(0, sheet_column)
    missing = [name for name in expected if name not in table.columns]
    unknown, unpivoted = [], []
    ignored = [re.compile(pattern) for pattern in wanted.get("colonnes_ignorees", ())]
    pivot = re.compile(wanted["depivoter"]["colonnes"]) if "depivoter" in wanted else None
    for name in table.columns:
        if name in expected or name in wanted.get("colonnes_facultatives", ()):
            continue
        if pivot and pivot.fullmatch(name):
            unpivoted.append(name)
        elif not any(pattern.fullmatch(name) for pattern in ignored):
            unknown.append(name)
    if missing or unknown:
        words = []
        if missing:
            words.append(f"colonne attendue absente : {', '.join(missing[:SHOWN])}")
        if unknown:
            words.append(f"colonne inconnue : {', '.join(unknown[:SHOWN])}")
        raise DeliveryRefused(
            " ; ".join(words)
            + f". Si le producteur a changé son fichier, adaptez attendu dans {part.source}.yml"
        )
    if pivot and len(unpivoted) < wanted["depivoter"].get("min", 1):
        raise DeliveryRefused(
            f"{len(unpivoted)} colonnes « {pivot.pattern} » au "
            f"lieu d'au moins {wanted['depivoter'].get('min', 1)}"
        )
    return unpivoted


def _check_count(rows: int, part: Part) -> tuple[str, ...]:
    least, most = part.attendu["lignes_min"], part.attendu.get("lignes_max")
    if rows < least:
        raise DeliveryRefused(f"{rows} lignes reçues, il en faut au moins {least}")
    if most is not None and rows > most:
        return (
            f"{rows} lignes reçues, {most} au plus étaient attendues : vérifiez, puis relevez lignes_max",
        )
    return ()


def _landed(table: Table, part: Part, unpivoted: list[str]) -> Table:
    """The same rows under the landing's names, one per unpivoted column, in the order received."""
    wanted = part.attendu
    renamed: dict[str, str] = wanted.get("renommer", {})
    chosen: dict[str, str] = {}
    if sheet_column := part.lecture.get("colonne_feuille"):
        chosen[sheet_column] = quoted(sheet_column)
    for name, value in wanted.get("constantes", {}).items():
        chosen[name] = literal(value)
    for name in [*wanted.get("colonnes", ()), *wanted.get("colonnes_facultatives", ())]:
        chosen[renamed.get(name, name)] = quoted(name) if name in table.columns else "cast(null as varchar)"
    if "depivoter" not in wanted:
        return table.seen_as(chosen)
    rule = wanted["depivoter"]
    pairs = ", ".join(
        f"{{'rang': {rank}, 'nom': {literal(_pivot_name(rule['colonnes'], name))}, 'valeur': {quoted(name)}}}"
        for rank, name in enumerate(unpivoted)
    )
    inner = "".join(f"{expression} as {quoted(name)}, " for name, expression in chosen.items())
    outer = "".join(f"{quoted(name)}, " for name in chosen)
    connection = table.connection
    connection.execute(
        f"create table deplie as select {outer}paire.nom as {quoted(rule['nom'])}, "
        f"paire.valeur as {quoted(rule['valeur'])} from (select {quoted(SOURCE_ORDER)}, {inner}"
        f"unnest([{pairs}]) as paire from brut) order by {quoted(SOURCE_ORDER)}, paire.rang"
    )
    connection.execute("drop view brut")
    connection.execute(f"drop {'view' if table.folder else 'table'} recu")
    connection.execute("alter table deplie rename to recu")
    number_rows(connection)
    if table.folder is not None:
        table.folder.cleanup()
    return replace(table, columns=part.landing_columns, folder=None)


def _pivot_name(pattern: str, column: str) -> str:
    match = re.fullmatch(pattern, column)
    return match.group(1) if match and match.re.groups else column


def _check_values(table: Table, part: Part) -> None:
    wanted = part.attendu
    for column, pattern in wanted.get("motifs", {}).items():
        _refuse_examples(
            table,
            f"select {quoted(column)}, min({quoted(SOURCE_ORDER)}) "
            f"as n from brut where {quoted(column)} is not null "
            f"and not regexp_full_match({quoted(column)}, {literal(pattern)}) group by 1 order by n",
            f"colonne {column} : valeurs qui ne suivent pas {pattern}",
        )
    for column, values in wanted.get("modalites", {}).items():
        known = ", ".join(literal(value) for value in values)
        _refuse_examples(
            table,
            f"select {quoted(column)}, min({quoted(SOURCE_ORDER)}) "
            f"as n from brut where {quoted(column)} is not null "
            f"and {quoted(column)} not in ({known}) group by 1 order by n",
            f"colonne {column} : modalité inconnue",
        )
    for column, values in wanted.get("presentes", {}).items():
        have = {
            row[0]
            for row in table.connection.execute(f"select distinct {quoted(column)} from brut").fetchall()
        }
        absent = [value for value in values if value not in have]
        if absent:
            raise DeliveryRefused(f"colonne {column} : valeur attendue absente : {', '.join(absent[:SHOWN])}")
    if key := wanted.get("cle"):
        names = ", ".join(quoted(name) for name in key)
        _refuse_examples(
            table,
            f"select concat_ws(' / ', {names}), min({quoted(SOURCE_ORDER)}) as n from brut "
            f"group by {names} having count(*) > 1 order by n",
            f"clé {', '.join(key)} : lignes en double",
        )


def _refuse_examples(table: Table, query: str, words: str) -> None:
    """Raise with the first examples (value and landed row) when the query finds any."""
    found: list[tuple[Any, ...]] = table.connection.execute(query).fetchmany(SHOWN + 1)
    if found:
        shown = ", ".join(f"« {value} » (ligne {line})" for value, line in found[:SHOWN])
        raise DeliveryRefused(f"{words} : {shown}{' …' if len(found) > SHOWN else ''}")
