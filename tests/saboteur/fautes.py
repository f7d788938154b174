"""The kinds of faults: each is a query that spoils one dataset of the landing, where it fits.

A kind takes a dataset of jeux.yml and gives SQL over `propre_landing` (its clean rows, all text), or None when the
dataset has not what it needs. Random choices are hashes of the row: the same fault every time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Jeu = dict[str, Any]
Kind = Callable[[Jeu], str | None]
KINDS: dict[str, Kind] = {}
CLEAN = "propre_landing"


def jeux() -> dict[str, Jeu]:
    """The datasets as jeux.yml describes them."""
    return yaml.safe_load((Path(__file__).parent / "jeux.yml").read_text(encoding="utf-8"))


def matrix(each: int | None = None) -> dict[str, dict[str, str]]:
    """Per dataset, the faults that fit it, as queries. `each`: on how many datasets a kind is tried, the datasets
    taking turns from one kind to the next; all of them by default."""
    found: dict[str, dict[str, str]] = {source: {} for source in jeux()}
    described = jeux()
    for rank, (name, made) in enumerate(KINDS.items()):
        fits = [(source, query) for source, jeu in described.items() if (query := made(jeu))]
        start = rank % max(len(fits), 1)
        for source, query in (fits[start:] + fits[:start])[:each]:
            found[source][name] = query
    return {source: faults for source, faults in found.items() if faults}


def kind(name: str) -> Callable[[Kind], Kind]:
    """Registers a kind under the name that reports print."""

    def register(made: Kind) -> Kind:
        KINDS[name] = made
        return made

    return register


def listed(values: list[str]) -> str:
    return ", ".join(f"'{v}'" for v in values)


def number(column: str) -> str:
    """The number of a text cell, NULL when it holds none."""
    return f"try_cast(replace(\"{column}\", ',', '.') as double)"


def text(expression: str, jeu: Jeu) -> str:
    """A number as the producer writes it."""
    written = f"(case when {expression} = round({expression}) then cast(cast({expression} as decimal(38, 0)) as varchar)"
    written += f" else rtrim(cast(cast({expression} as decimal(38, 6)) as varchar), '0') end)"
    return f"replace({written}, '.', ',')" if jeu.get("virgule") else written


def changed(jeu: Jeu, rows: str, change: str, columns: list[str] | None = None) -> str | None:
    """The cells of figures of some rows changed; `change` is SQL over {n}, the number."""
    columns = columns or jeu.get("valeurs")
    if not columns:
        return None
    cells = []
    for column in columns:
        new = text(change.replace("{n}", number(column)), jeu)
        cells.append(
            f'case when ({rows}) and {number(column)} is not null then {new} else "{column}" end as "{column}"'
        )
    return f"select * replace ({', '.join(cells)}) from {CLEAN}"


def replaced(jeu: Jeu, rows: str, value: str, columns: list[str] | None = None) -> str | None:
    """The cells of figures of some rows replaced by a text."""
    columns = columns or jeu.get("valeurs")
    if not columns:
        return None
    cells = [
        f'case when ({rows}) then {value.replace("{c}", chr(34) + c + chr(34))} else "{c}" end as "{c}"'
        for c in columns
    ]
    return f"select * replace ({', '.join(cells)}) from {CLEAN}"


def scope(name: str) -> Callable[[Jeu], str | None]:
    """Which rows: one département, the last period, an old one, one territory at the last, everything."""

    def rows(jeu: Jeu) -> str | None:
        match name:
            case "colonne":
                return "true"
            case "departement" | "secteur" | "detail":
                return jeu.get(name)
            case "derniere" | "ancienne":
                return f"{jeu['periode']} in ({listed(jeu[name])})" if name in jeu else None
            case "un_lieu_derniere" | "un_lieu_ancienne":
                when = name.removeprefix("un_lieu_")
                if when not in jeu or "codes_voisins" not in jeu:
                    return None
                code = jeu["codes_voisins"][0]
                return f"{jeu['periode']} in ({listed(jeu[when])}) and {jeu['lieu']} = '{code}'"
            case "un_lieu":
                return f"{jeu['lieu']} = '{jeu['codes_voisins'][0]}'" if "codes_voisins" in jeu else None
        raise ValueError(name)

    return rows


def transforms() -> None:
    """Each change of numbers, on each part of a dataset: one kind apiece."""
    parts = {
        "un département": "departement",
        "la dernière période": "derniere",
        "une période ancienne": "ancienne",
        "toute la colonne": "colonne",
        "un territoire à la dernière période": "un_lieu_derniere",
        "un territoire à une période ancienne": "un_lieu_ancienne",
        "un secteur": "secteur",
    }
    changes: list[tuple[str, str, list[str]]] = [
        (
            "multiplié par 1000",
            "{n} * 1000",
            [
                "un département",
                "la dernière période",
                "une période ancienne",
                "toute la colonne",
                "un secteur",
            ],
        ),
        (
            "divisé par 100",
            "{n} / 100",
            [
                "un département",
                "la dernière période",
                "une période ancienne",
                "toute la colonne",
                "un secteur",
            ],
        ),
        (
            "multiplié par 10",
            "{n} * 10",
            ["un territoire à la dernière période", "un territoire à une période ancienne"],
        ),
        ("signe inversé", "-{n}", ["un département", "la dernière période"]),
        (
            "mis à zéro",
            "{n} * 0",
            ["un département", "la dernière période", "un territoire à une période ancienne"],
        ),
        (
            "majoré de 15 %",
            "{n} * 1.15",
            [
                "un département",
                "la dernière période",
                "un territoire à la dernière période",
                "un territoire à une période ancienne",
                "un secteur",
            ],
        ),
        ("minoré de 15 %", "{n} * 0.85", ["un territoire à la dernière période", "toute la colonne"]),
        ("plafonné au milliard", "999999999", ["un territoire à la dernière période"]),
    ]
    for change, sql, where in changes:
        for part in where:

            def made(jeu: Jeu, sql: str = sql, part: str = part) -> str | None:
                rows = scope(parts[part])(jeu)
                return None if rows is None else changed(jeu, rows, sql)

            KINDS[f"{change} : {part}"] = made


transforms()


@kind("bruit de ±15 % sur une série entière")
def noise_series(jeu: Jeu) -> str | None:
    rows = scope("un_lieu")(jeu)
    return rows and changed(jeu, rows, "{n} * (0.85 + 0.30 * (hash(_ligne) % 1000) / 1000.0)")


@kind("bruit de ±15 % sur toute la dernière période")
def noise_last(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu)
    return rows and changed(jeu, rows, "{n} * (0.85 + 0.30 * (hash(_ligne) % 1000) / 1000.0)")


@kind("pour cent en fraction : toute la colonne")
def fraction(jeu: Jeu) -> str | None:
    if jeu.get("taux"):
        return changed(jeu, "true", "{n} / 100")
    return changed(jeu, "true", "{n} / 100", jeu["taux_colonnes"]) if "taux_colonnes" in jeu else None


@kind("pour cent en fraction : un département")
def fraction_part(jeu: Jeu) -> str | None:
    if jeu.get("taux"):
        return changed(jeu, jeu["departement"], "{n} / 100")
    return (
        changed(jeu, jeu["departement"], "{n} / 100", jeu["taux_colonnes"])
        if "taux_colonnes" in jeu
        else None
    )


@kind("arrondi à l'entier : toute la colonne")
def rounded(jeu: Jeu) -> str | None:
    return changed(jeu, "true", "round({n})") if jeu.get("taux") or "taux_colonnes" in jeu else None


@kind("arrondi à l'entier : la dernière période")
def rounded_last(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu)
    return changed(jeu, rows, "round({n})") if rows and jeu.get("taux") else None


@kind("arrondi au millier")
def thousands(jeu: Jeu) -> str | None:
    return None if jeu.get("taux") or jeu.get("geographie") else changed(jeu, "true", "round({n}, -3)")


@kind("décimale perdue : toute la colonne")
def comma_lost(jeu: Jeu) -> str | None:
    return replaced(jeu, "true", "replace(replace({c}, ',', ''), '.', '')")


@kind("décimale perdue : la dernière période")
def comma_lost_last(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu)
    return rows and replaced(jeu, rows, "replace(replace({c}, ',', ''), '.', '')")


@kind("secret lu comme zéro")
def secret_zero(jeu: Jeu) -> str | None:
    return (
        replaced(jeu, "true", f"case when {{c}} = '{jeu['secret']}' then '0' else {{c}} end")
        if "secret" in jeu
        else None
    )


@kind("secret lu comme une valeur")
def secret_value(jeu: Jeu) -> str | None:
    return (
        replaced(jeu, "true", f"case when {{c}} = '{jeu['secret']}' then '12' else {{c}} end")
        if "secret" in jeu
        else None
    )


@kind("vide lu comme zéro")
def null_zero(jeu: Jeu) -> str | None:
    return replaced(jeu, "true", "coalesce({c}, '0')") if not jeu.get("geographie") else None


@kind("valeurs vidées : un département")
def emptied(jeu: Jeu) -> str | None:
    return replaced(jeu, jeu["departement"], "null")


@kind("valeurs vidées : la dernière période")
def emptied_last(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu)
    return rows and replaced(jeu, rows, "null")


@kind("« NaN » à la place des nombres")
def nan(jeu: Jeu) -> str | None:
    return replaced(jeu, jeu["departement"], "'NaN'")


@kind("« inf » à la place des nombres")
def infinite(jeu: Jeu) -> str | None:
    return replaced(jeu, jeu["departement"], "'inf'")


@kind("texte à la place des nombres")
def words(jeu: Jeu) -> str | None:
    return replaced(jeu, jeu["departement"], "'voir note'")


@kind("une seule valeur recopiée partout")
def constant(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu) or "true"
    if jeu.get("geographie") or not jeu.get("valeurs"):
        return None
    first = jeu["valeurs"][-1]
    return replaced(
        jeu, rows, f'(select "{first}" from {CLEAN} where {number(first)} > 0 order by _ligne limit 1)'
    )


@kind("valeurs décalées d'une ligne")
def shifted_rows(jeu: Jeu) -> str | None:
    if not jeu.get("valeurs"):
        return None
    cells = ", ".join(f'lag("{c}") over (order by _partition, _ligne) as "{c}"' for c in jeu["valeurs"])
    return f"select * replace ({cells}) from {CLEAN}"


@kind("valeurs mélangées entre territoires")
def shuffled(jeu: Jeu) -> str | None:
    if not jeu.get("valeurs") or jeu.get("geographie"):
        return None
    cells = ", ".join(f'm."{c}" as "{c}"' for c in jeu["valeurs"])
    own = ", ".join(f'"{c}"' for c in jeu["valeurs"])
    period = jeu.get("periode", "1")
    return (
        (
            f"with a as (select *, row_number() over (partition by {period}, _partition order by _ligne) as n_ from {CLEAN}),"
            f" m as (select {own}, {period} as p_, _partition as q_, row_number() over (partition by {period}, _partition order by hash(_ligne)) as n_"
            f" from {CLEAN}) select a.* exclude (n_) replace ({cells}) from a join m on m.n_ = a.n_ and"
            f" m.p_ is not distinct from {'a.' + period if period.isidentifier() else period} and m.q_ is not distinct from a._partition"
        )
        if period.isidentifier() or period == "1"
        else None
    )


@kind("deux colonnes échangées")
def swapped_columns(jeu: Jeu) -> str | None:
    if "colonnes" not in jeu:
        return None
    a, b = jeu["colonnes"]
    return f'select * replace ("{b}" as "{a}", "{a}" as "{b}") from {CLEAN}'


@kind("deux colonnes échangées : un département")
def swapped_columns_part(jeu: Jeu) -> str | None:
    if "colonnes" not in jeu:
        return None
    a, b = jeu["colonnes"]
    where = jeu["departement"]
    return (
        f'select * replace (case when {where} then "{b}" else "{a}" end as "{a}", case when {where} then "{a}" else "{b}" end as "{b}")'
        f" from {CLEAN}"
    )


@kind("deux mesures échangées")
def swapped_measures(jeu: Jeu) -> str | None:
    return _measures(jeu, "true")


@kind("deux mesures échangées à la dernière période")
def swapped_measures_last(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu)
    return rows and _measures(jeu, rows)


def _measures(jeu: Jeu, rows: str) -> str | None:
    if "mesures" not in jeu:
        return None
    a, b = jeu["mesures"]
    column = jeu["mesure"]
    return (
        f"select * replace (case when not ({rows}) then {column} when {column} = '{a}' then '{b}' when {column} = '{b}' then '{a}'"
        f" else {column} end as {column}) from {CLEAN}"
    )


def place(jeu: Jeu, new: str) -> str:
    """The cell that holds the place, with another code in it."""
    return jeu.get("lieu_ecrit", "{nouveau}").replace("{nouveau}", f"({new})")


def moved(jeu: Jeu, rows: str, new: str) -> str:
    column = jeu["lieu_colonne"]
    return f"select * replace (case when {rows} then {place(jeu, new)} else {column} end as {column}) from {CLEAN}"


@kind("deux territoires échangés")
def swapped_places(jeu: Jeu) -> str | None:
    return _exchange(jeu, "true")


@kind("deux territoires échangés à la dernière période")
def swapped_places_last(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu)
    return rows and _exchange(jeu, rows)


def _exchange(jeu: Jeu, rows: str) -> str | None:
    if "echange" not in jeu:
        return None
    a, b = jeu["echange"]
    new = f"case {jeu['lieu']} when '{a}' then '{b}' else '{a}' end"
    return moved(jeu, f"({rows}) and {jeu['lieu']} in ('{a}', '{b}')", new)


@kind("les lignes d'un territoire sous le code de son voisin, en plus des siennes")
def under_neighbour(jeu: Jeu) -> str | None:
    if "codes_voisins" not in jeu:
        return None
    a, b = jeu["codes_voisins"]
    return moved(jeu, f"{jeu['lieu']} = '{a}'", f"'{b}'")


@kind("les lignes d'un territoire à la place de celles de son voisin")
def instead_of_neighbour(jeu: Jeu) -> str | None:
    if "codes_voisins" not in jeu:
        return None
    a, b = jeu["codes_voisins"]
    column = jeu["lieu_colonne"]
    return (
        f"select * from {CLEAN} where {jeu['lieu']} is distinct from '{b}' union all"
        f" select * replace ({place(jeu, repr(b))} as {column}) from {CLEAN} where {jeu['lieu']} = '{a}'"
    )


@kind("codes d'un zonage lus comme ceux d'un autre (décalés d'un rang)")
def other_codes(jeu: Jeu) -> str | None:
    if "codes_voisins" not in jeu or jeu.get("geographie") or "lieu" not in jeu:
        return None
    codes = f"(select c_, lead(c_, 1, first_c) over (order by c_) as suivant from (select distinct {jeu['lieu']} as c_, min({jeu['lieu']}) over () as first_c from {CLEAN} where {jeu['departement']} or {jeu['lieu']} = '{jeu['codes_voisins'][1]}'))"
    column = jeu["lieu_colonne"]
    return (
        (
            f"select t.* replace (case when k.suivant is null then t.{column} else {place(jeu, 'k.suivant')} end as {column})"
            f" from {CLEAN} t left join {codes} k on k.c_ = {jeu['lieu']}"
        )
        if column.isidentifier()
        else None
    )


@kind("code de territoire inconnu")
def unknown_place(jeu: Jeu) -> str | None:
    return moved(jeu, jeu["departement"], "'ZZ9'") if "lieu" in jeu else None


@kind("zéros de tête perdus")
def zeros_lost(jeu: Jeu) -> str | None:
    return moved(jeu, "true", f"ltrim({jeu['lieu']}, '0')") if "lieu" in jeu else None


@kind("une période ancienne manque")
def missing_old(jeu: Jeu) -> str | None:
    rows = scope("ancienne")(jeu)
    return rows and f"select * from {CLEAN} where not ({rows})"


@kind("la dernière période manque pour un département")
def missing_last_part(jeu: Jeu) -> str | None:
    rows = scope("derniere")(jeu)
    return rows and f"select * from {CLEAN} where not (({rows}) and ({jeu['departement']}))"


@kind("la livraison d'avant resservie")
def stale(jeu: Jeu) -> str | None:
    if "precedente" not in jeu:
        return None
    return f"select * from {CLEAN} where {jeu['periode']} < '{min(jeu['precedente'])}'"


@kind("les chiffres d'avant resservis sous la nouvelle période")
def served_again(jeu: Jeu) -> str | None:
    return _copied(jeu, "derniere", "precedente")


@kind("une période ancienne remplacée par une autre")
def old_replaced(jeu: Jeu) -> str | None:
    return _copied(jeu, "ancienne", "autre")


def _copied(jeu: Jeu, target: str, origin: str) -> str | None:
    if target not in jeu or origin not in jeu:
        return None
    column = jeu["periode"]
    new = (
        "case "
        + " ".join(f"when {column} = '{o}' then '{t}'" for t, o in zip(jeu[target], jeu[origin], strict=True))
        + " end"
    )
    return (
        f"select * from {CLEAN} where {column} not in ({listed(jeu[target])}) union all"
        f" select * replace ({new} as {column}) from {CLEAN} where {column} in ({listed(jeu[origin])})"
    )


@kind("une période doublée sous une autre")
def doubled_under_other(jeu: Jeu) -> str | None:
    if "ancienne" not in jeu or "autre" not in jeu:
        return None
    column = jeu["periode"]
    new = (
        "case "
        + " ".join(
            f"when {column} = '{o}' then '{t}'" for t, o in zip(jeu["ancienne"], jeu["autre"], strict=True)
        )
        + " end"
    )
    return f"select * from {CLEAN} union all select * replace ({new} as {column}) from {CLEAN} where {column} in ({listed(jeu['autre'])})"


def _shift(jeu: Jeu, years: int) -> str | None:
    if "periode" not in jeu or "derniere" not in jeu:
        return None
    column = jeu["periode"]
    return f"select * replace (cast(cast(left({column}, 4) as integer) + ({years}) as varchar) || substr({column}, 5) as {column}) from {CLEAN}"


@kind("années décalées d'un an en avant")
def forward(jeu: Jeu) -> str | None:
    return _shift(jeu, 1)


@kind("années décalées d'un an en arrière")
def backward(jeu: Jeu) -> str | None:
    return _shift(jeu, -1)


@kind("lignes doublées : toutes")
def doubled(jeu: Jeu) -> str:
    return f"select * from {CLEAN} union all select * from {CLEAN}"


@kind("lignes doublées : un département")
def doubled_part(jeu: Jeu) -> str:
    return f"select * from {CLEAN} union all select * from {CLEAN} where {jeu['departement']}"


@kind("5 % des lignes perdues au hasard")
def lost_five(jeu: Jeu) -> str:
    return f"select * from {CLEAN} where hash(_ligne, _partition) % 20 <> 3"


@kind("la moitié du fichier perdue")
def lost_half(jeu: Jeu) -> str:
    return f"select * from {CLEAN} where _ligne <= (select median(_ligne) from {CLEAN})"


@kind("5 % des communes perdues à la dernière période")
def lost_communes(jeu: Jeu) -> str | None:
    if "communes" not in jeu:
        return None
    rows = scope("derniere")(jeu) or "true"
    return (
        f"select * from {CLEAN} where not (({jeu['communes']}) and ({rows}) and hash({jeu['lieu']}) % 20 = 3)"
    )


@kind("un territoire perdu")
def lost_place(jeu: Jeu) -> str | None:
    code = (jeu.get("codes_voisins") or jeu.get("echange") or [None])[0]
    return f"select * from {CLEAN} where {jeu['lieu']} is distinct from '{code}'" if code else None


@kind("un secteur perdu")
def lost_sector(jeu: Jeu) -> str | None:
    return f"select * from {CLEAN} where not ({jeu['secteur']})" if "secteur" in jeu else None


@kind("le total perdu")
def lost_total(jeu: Jeu) -> str | None:
    return f"select * from {CLEAN} where not ({jeu['total']})" if "total" in jeu else None


@kind("le total ajouté à ses détails")
def total_doubled(jeu: Jeu) -> str | None:
    return changed(jeu, jeu["total"], "{n} * 2") if "total" in jeu else None


@kind("les détails au niveau du total")
def details_as_total(jeu: Jeu) -> str | None:
    return changed(jeu, jeu["detail"], "{n} * 5") if "detail" in jeu else None


@kind("le cumul sur douze mois ajouté au mois")
def cumul_added(jeu: Jeu) -> str | None:
    return changed(jeu, jeu["cumul"], "{n} * 13 / 12") if "cumul" in jeu else None


@kind("le douzième du cumul à la place du cumul")
def cumul_as_month(jeu: Jeu) -> str | None:
    return changed(jeu, jeu["cumul"], "round({n} / 12)") if "cumul" in jeu else None


@kind("multiplicateur d'unité perdu ou faux")
def multiplier(jeu: Jeu) -> str | None:
    return (
        f"select * replace (case when {jeu['departement']} then '3' else {jeu['mult']} end as {jeu['mult']}) from {CLEAN}"
        if "mult" in jeu
        else None
    )


@kind("accents lus dans le mauvais encodage")
def mojibake(jeu: Jeu) -> str | None:
    if "libelle" not in jeu:
        return None
    c = jeu["libelle"]
    return f"select * replace (replace(replace(replace({c}, 'é', 'Ã©'), 'ô', 'Ã´'), 'É', 'Ã‰') as {c}) from {CLEAN}"


@kind("libellés décalés d'une ligne")
def labels_shifted(jeu: Jeu) -> str | None:
    if "libelle" not in jeu:
        return None
    c = jeu["libelle"]
    return f"select * replace (lag({c}) over (order by _ligne) as {c}) from {CLEAN}"


@kind("un mouvement de communes perdu")
def lost_movement(jeu: Jeu) -> str | None:
    return f"select * from {CLEAN} where not ({jeu['fusion']})" if "fusion" in jeu else None


@kind("une commune fusionnée deux fois")
def merged_twice(jeu: Jeu) -> str | None:
    if "fusion" in jeu:
        return f"select * from {CLEAN} union all select * replace ('2021-01-01' as DATE_EFF) from {CLEAN} where {jeu['fusion']}"
    if "communes" in jeu and "codes_voisins" in jeu:
        rows = f"({jeu['communes']}) and {jeu['lieu']} = '{jeu['codes_voisins'][0]}'"
        return changed(jeu, rows, "{n} * 2")
    return None


@kind("une géographie périmée")
def old_geography(jeu: Jeu) -> str | None:
    """Every commune of the département takes the zone of the next line: the table of another year."""
    if "zone" not in jeu:
        return None
    z = jeu["zone"]
    return f"select * replace (case when {jeu['departement']} and hash({jeu['lieu']}) % 10 = 1 then lag({z}, 40) over (order by _ligne) else {z} end as {z}) from {CLEAN}"


@kind("une commune dans la mauvaise zone")
def wrong_zone(jeu: Jeu) -> str | None:
    if "zone" not in jeu or "echange" not in jeu:
        return None
    a, b = jeu["echange"]
    z = jeu["zone"]
    other = f"(select any_value({z}) from {CLEAN} where {jeu['lieu']} = '{b}')"
    return f"select * replace (case when {jeu['lieu']} = '{a}' then {other} else {z} end as {z}) from {CLEAN}"


@kind("les membres d'un territoire passés à un autre")
def zone_emptied(jeu: Jeu) -> str | None:
    if "zones" not in jeu:
        return None
    a, b = jeu["zones"]
    z = jeu["zone"]
    return f"select * replace (case when {z} = '{a}' then '{b}' else {z} end as {z}) from {CLEAN}"


@kind("quelques membres d'un territoire passés à un autre")
def zone_lent(jeu: Jeu) -> str | None:
    """Four communes: fewer than the threshold over which a composition is refused as overturned."""
    if "zones" not in jeu:
        return None
    a, b = jeu["zones"]
    z = jeu["zone"]
    some = f"(select {jeu['lieu']} from {CLEAN} where {z} = '{a}' order by {jeu['lieu']} limit 4)"
    return (
        f"select * replace (case when {z} = '{a}' and {jeu['lieu']} in {some} then '{b}' else {z} end as {z})"
        f" from {CLEAN}"
    )


@kind("une fusion vers la mauvaise commune")
def merged_elsewhere(jeu: Jeu) -> str | None:
    if "absorbante" not in jeu:
        return None
    a, b = jeu["absorbante"]
    return f"select * replace (case when ({jeu['fusion']}) and COM_AP = '{a}' then '{b}' else COM_AP end as COM_AP) from {CLEAN}"


@kind("une fusion à la mauvaise année")
def merged_early(jeu: Jeu) -> str | None:
    if "fusion" not in jeu:
        return None
    return f"select * replace (case when {jeu['fusion']} then '2016-01-01' else DATE_EFF end as DATE_EFF) from {CLEAN}"


@kind("des communes déléguées lues comme des communes")
def delegated(jeu: Jeu) -> str | None:
    """The list of a year before the mergers."""
    if "deleguees" not in jeu:
        return None
    return (
        f"select * replace (case when {jeu['deleguees']} then 'COM' else TYPECOM end as TYPECOM) from {CLEAN}"
    )


@kind("la population d'une autre année sous celle-ci")
def other_vintage(jeu: Jeu) -> str | None:
    if "meme_delivrance" not in jeu:
        return None
    cells = ", ".join(f'coalesce(b."{c}", a."{c}") as "{c}"' for c in jeu["valeurs"])
    return f"select a.* replace ({cells}) from {CLEAN} a left join {CLEAN} b on a._partition = '2022' and b._partition = '2019' and b.COM = a.COM"
