"""`make status`: one line per source, from what the landing knows, whether or not a release was made of
it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from extract import context, landing
from extract.settings import Settings
from publish import freshness, releases, words
from publish.errors import PublishFault
from publish.releases import Release

# The last attempts are told as in models/intermediate/2_observations/int_sources.sql. A landing of before
# there were `partitions` is read until the next run makes it again: every partition of it counts.
QUERY = """
    with acceptees as (
        select source, max(recu_le) filter (where resultat = 'nouveau') as recu_le,
            max(publie_le) as publie_le
        from read_parquet($livraisons) where resultat in ('nouveau', 'inchange') group by all
    ),
    sources as (
        select *, (
            select bool_or(name = 'partitions') from parquet_schema($sources)
        ) as partitions_dites
        from (from read_parquet($sources) union all by name select null::varchar[] as partitions where false)
    ),
    essais as (
        select l.source, l.partition as partie, l.resultat, l.motif,
            case l.resultat when 'refuse' then 1 when 'echec' then 2 when 'ignore' then 3
                when 'nouveau' then 4 else 5 end as gravite
        from read_parquet($livraisons) l join sources s using (source)
        where case
            when not s.partitions_dites then true
            when s.partitions is null then partie is null else array_contains(s.partitions, partie) end
        qualify row_number() over (partition by source, partie order by recu_le desc, livraison desc) = 1
    ),
    derniers_essais as (
        select source, resultat, gravite, case when gravite <= 3 then motif end as motif,
            string_agg(partie, ', ' order by partie) as parties
        from essais group by all
    ),
    etats as (
        select source, min_by(resultat, gravite) as resultat,
            string_agg(coalesce(parties || ' : ', '') || motif, ' ; ' order by gravite, parties) as motif
        from derniers_essais group by source
    )
    select s.source, s.frequence, a.recu_le, a.publie_le, e.resultat, e.motif
    from sources s left join acceptees a using (source) left join etats e using (source)
    order by s.source
"""
HELD = """
    select i.source, arg_max(o.periode, o.date_fin), max(o.date_fin)
    from observations o join indicateurs i using (indicateur) where o.valeur is not null group by i.source
"""
# Columns that are read whole, and the width that takes.
LEAST = {"Source": 38, "Reçue le": 10, "Publiée le": 10, "Période": 12, "État": 9}
COLOURS = {
    "à jour": "green",
    "en retard": "yellow",
    "suspendue": "dim",
    "arrêtée": "dim",
    "jamais": "red",
    "inconnue": "dim",
}


def show(settings: Settings, console: Console) -> int:
    """Prints the table; returns 0. Raises PublishFault when nothing was ever pulled, or when the
    current release does not read."""
    release = releases.current(settings.published)
    states = _states(settings, release, datetime.now(UTC).replace(tzinfo=None))
    if states is None:
        raise PublishFault(
            f"Rien n'a encore été tiré dans {settings.data}. Commencez par make demo ou make refresh."
        )
    if not console.is_terminal:  # a file or a program reads each line whole; a screen cuts the last column
        console.width = 240
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (*LEAST, "Dernier essai"):
        free = name == "Dernier essai"
        table.add_column(name, no_wrap=True, overflow="ellipsis", min_width=None if free else LEAST[name])
    for source, received, published, outcome, reason, period, state in states:
        last = {"nouveau": "nouveau", "inchange": "inchangé"}.get(outcome or "", "")
        if not last:
            last = {"refuse": "refusée", "echec": "échec", "ignore": "ignorée"}.get(
                outcome or "", "aucun essai"
            )
            last += f" : {reason}" if reason else ""
        table.add_row(
            source,
            words.day(received) or "–",
            words.day(published) or "–",
            words.period(period) if period else "–",
            Text(state.etat, style=COLOURS.get(state.etat, "")),
            last,
        )
    console.print(table)
    if release is None:
        console.print("\nAucune release publiée.")
    else:
        console.print(f"\nRelease en cours : {release.nom} ({release.folder})")
    if _replica(settings):
        console.print(
            "Chiffres de la réplique de démonstration : les retards sont ceux de la date de transcription."
        )
    return 0


def late(settings: Settings, now: datetime) -> list[str]:
    """The sources whose producer is late at `now` (naive UTC), sorted; none before the first reception."""
    states = _states(settings, releases.current(settings.published), now) or []
    return sorted(source for source, *_, state in states if state.etat == "en retard")


def _states(settings: Settings, release: Release | None, now: datetime) -> list[tuple[Any, ...]] | None:
    """Source, received, published, last outcome and its reason, last period held, state at `now` (naive UTC);
    by source. None before the first reception."""
    deliveries, sources = settings.landing / landing.DELIVERIES, settings.landing / landing.SOURCES
    if not deliveries.is_file() or not sources.is_file():
        return None
    with duckdb.connect() as connection:
        rows = connection.execute(QUERY, {"livraisons": str(deliveries), "sources": str(sources)}).fetchall()
    periods, made = _periods(release), []
    for source, rhythm, received, published, outcome, reason in rows:
        period, held = periods.get(source, (None, None))
        state = freshness.judge(rhythm, received is not None, published, now, held=held, received=received)
        made.append((source, received, published, outcome, reason, period, state))
    return made


def _periods(release: Release | None) -> dict[str, tuple[str, datetime]]:
    """The last period that has a figure, and its end, by source; nothing before the first release. Raises
    PublishFault when the release does not read."""
    if release is None:
        return {}
    try:
        with duckdb.connect(str(release.database), read_only=True) as connection:
            found = connection.execute(HELD).fetchall()
    except duckdb.Error as error:
        raise PublishFault(
            f"La base {release.database} de la release en cours ne se laisse pas lire : {error}. make verify"
            " dit si elle est abîmée ; make rollback RELEASE=… ramène à une autre."
        ) from error
    return {source: (period, datetime(end.year, end.month, end.day)) for source, period, end in found}


def _replica(settings: Settings) -> bool:
    said = context.read(settings.archive)
    return said is not None and said["origine"] == "replique"
