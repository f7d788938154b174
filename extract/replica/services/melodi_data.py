"""Insee Melodi: the observations of DS_POPULATIONS_REFERENCE, and what its GEO filters select.

The producer's file gives communes (and the 45 arrondissements of Paris, Lyon and Marseille instead of these
three). Every higher level is the sum of its communes, all published: that is what the producer's own totals
are. 35,355 territories × 3 measures = 106,065 observations, the number its catalogue announces (France
métropolitaine, FM, is in it by that count).
"""

from __future__ import annotations

import re
from typing import Any

from werkzeug.exceptions import NotImplemented as NotServed

from extract.replica.app import ReplicaApp

VINTAGE = "2025"
LEVELS = ("COM", "ARM", "ARR", "DEP", "REG", "FRANCE")
PARENTS = {"ARR": "arr", "DEP": "dep", "REG": "reg", "EPCI": "epci", "FRANCE": "france"}
# levels that contain communes for the producer, of which no complete national table is at hand
UNSERVED = ("AAV2020", "BV2022", "UU2020", "ZE2020", "CAN", "CTCD", "EPT")
ONE = re.compile(r"(?:(\d{4})-)?([A-Z]+\d{0,4})-([0-9A-Z]+)$")

_TABLE = """
create or replace table melodi_popref as
with cog as (
    -- COG 2025: the present list, with the communes whose row was another one in 2025
    select "COM" as com, "DEP" as dep, "REG" as reg, "ARR" as arr, "LIBELLE" as libelle from cog_communes
    where "TYPECOM" = 'COM' and "COM" not in (select "COM" from cog_communes_ecarts where "ANNEE" = 2025)
    union all
    select "COM", "DEP", "REG", "ARR", "LIBELLE" from cog_communes_ecarts where "ANNEE" = 2025 and "PRESENTE"
),
arm as (
    select "COM" as com, "LIBELLE" as libelle, "COMPARENT" as commune
    from cog_communes where "TYPECOM" = 'ARM'
),
published as (select com, pmun, pcap from populations_communes where annee = 2023),
communes as (
    select coalesce(arm.commune, p.com) as com, sum(p.pmun) as pmun, sum(p.pcap) as pcap
    from published p left join arm using (com) group by all
),
located as (
    select c.com, c.pmun, c.pcap, cog.dep, cog.reg, cog.arr, cog.libelle,
        lpad(cast(e.siren as varchar), 9, '0') as epci
    from communes c join cog using (com) left join dgcl_epci_membres e on e.insee = c.com
),
territories as (
    select 1 as rang, 'COM' as level, com as code, libelle, dep, reg, arr, epci, 'F' as france,
        pmun, pcap
    from located
    union all
    select 2, 'ARM', p.com, arm.libelle, l.dep, l.reg, l.arr, l.epci, 'F', p.pmun, p.pcap
    from published p join arm using (com) join located l on l.com = arm.commune
    union all
    select 3, 'ARR', arr, null, any_value(dep), any_value(reg), arr, null, 'F', sum(pmun), sum(pcap)
    from located group by arr
    union all
    select 4, 'DEP', dep, null, dep, any_value(reg), null, null, 'F', sum(pmun), sum(pcap)
    from located group by dep
    union all
    select 5, 'REG', reg, null, null, reg, null, null, 'F', sum(pmun), sum(pcap) from located group by reg
    union all
    select 6, 'FRANCE', 'F', 'France', null, null, null, null, 'F', sum(pmun), sum(pcap) from located
    union all
    select 6, 'FRANCE', 'FM', 'France métropolitaine', null, null, null, null, 'F', sum(pmun), sum(pcap)
    from located where dep not like '97%'
)
select row_number() over (order by t.rang, t.code, m.position) as numero,
    t.level, t.code, t.dep, t.reg, t.arr, t.epci, t.france,
    coalesce(t.libelle, a."LIBELLE", d."LIBELLE", r."LIBELLE") as libelle,
    m.measure as popref_measure, 'A' as freq, '2023' as time_period,
    case m.measure when 'PMUN' then pmun when 'PCAP' then pcap else pmun + pcap end as valeur
from territories t
cross join (values (1, 'PMUN'), (2, 'PTOT'), (3, 'PCAP')) m(position, measure)
left join cog_arrondissements a on t.level = 'ARR' and a."ARR" = t.code
left join cog_departements d on t.level = 'DEP' and d."DEP" = t.code
left join cog_regions r on t.level = 'REG' and r."REG" = t.code
order by numero
"""


def prepare(app: ReplicaApp) -> bool:
    """Build the table of observations once per process."""

    def build() -> bool:
        app.figures.cursor().execute(_TABLE)
        return True

    return app.memo("melodi table", build)


def select(app: ReplicaApp, filters: dict[str, list[str]], limit: int, offset: int) -> tuple[list[Any], bool]:
    """Observations `(geo, freq, time_period, measure, value)` of a page, and whether there are more after
    it."""
    where, params = _where(filters)
    rows = app.figures.rows(
        f"""select '{VINTAGE}-' || level || '-' || code, freq, time_period, popref_measure, valeur
        from melodi_popref where {where} order by numero limit {limit + 1} offset {offset}""",
        params,
    )
    return rows[:limit], len(rows) > limit


def count(app: ReplicaApp, filters: dict[str, list[str]]) -> int:
    """Number of observations that the filters select."""
    where, params = _where(filters)
    return int(app.figures.rows(f"select count(*) from melodi_popref where {where}", params)[0][0])


def _where(filters: dict[str, list[str]]) -> tuple[str, list[Any]]:
    clauses, params = ["true"], []
    for dimension, values in filters.items():
        if dimension == "GEO":
            parts = [_geo(value) for value in values]
            clauses.append("(" + " or ".join(sql for sql, _ in parts) + ")")
            params += [parameter for _, parameters in parts for parameter in parameters]
        else:
            clauses.append(f"{dimension.lower()} in ({', '.join('?' * len(values))})")
            params += values
    return " and ".join(clauses), params


def _geo(value: str) -> tuple[str, list[str]]:
    """SQL of one GEO value; a form or a code that the service does not know selects nothing.

    `COM` (whole level) · `COM-14118` · `2025-COM-14118` · `EPCI-200065597*COM` (what one territory contains).
    """
    if value in LEVELS:
        return "level = ?", [value]
    container, star, child = value.partition("*")
    match = ONE.match(container)
    if not match or match[1] not in (None, VINTAGE):
        return "false", []
    _, level, code = match.groups()
    if not star:
        return "(level = ? and code = ?)", [level, code]
    if level in UNSERVED:
        # a partial answer would look like a total: better none
        raise NotServed(f"La réplique ne sait pas quelles communes contient {container}.")
    if level not in PARENTS or child not in LEVELS:
        return "false", []
    if (level, code) == ("FRANCE", "FM"):
        return "(level = ? and coalesce(reg, dep) not in ('01', '02', '03', '04', '06'))", [child]
    return f"(level = ? and {PARENTS[level]} = ?)", [child, code]
