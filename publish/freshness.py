"""Fresh, late, suspended, stopped or never: what is known of a source's rhythm against the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from publish import words

# From one publication to the next, and how long after it a producer is still on time: the longest gaps seen
# in the producers' calendars (quarterly employment comes up to 100 days after the quarter, the census at the
# end of December).
RHYTHM = {
    "mensuelle": timedelta(days=31 + 35),
    "trimestrielle": timedelta(days=92 + 45),
    "semestrielle": timedelta(days=183 + 60),
    "annuelle": timedelta(days=365 + 90),
    "continue": timedelta(days=120),
}
# How old the end of the last period held may be: the rhythm, then the longest time that producers of that
# rhythm take (the census of 2023 comes at the end of 2025, Filosofi three years after its year).
HELD = {
    "mensuelle": timedelta(days=31 + 110),
    "trimestrielle": timedelta(days=92 + 120),
    "semestrielle": timedelta(days=183 + 180),
    "annuelle": timedelta(days=365 + 3 * 365 + 90),
}
# What the yaml of the source says of a series that brings no new figure (`frequence`): its state, and what a
# reader may expect.
STOPPED = {
    "suspendue": ("suspendue", "le producteur a suspendu la série, elle peut reprendre"),
    "arretee": ("arrêtée", "le producteur a arrêté la série, rien de nouveau n'est attendu"),
}
# The states that a note, a page or a report must tell, in the order in which it tells them.
TOLD = ("en retard", "suspendue", "arrêtée", "jamais")
STATES = """
    with recues as (
        select source, max(recu_le) as recu_le from {base}.livraisons where resultat = 'nouveau' group by all
    ),
    closes as (
        select i.source, cast(max(o.date_fin) as timestamp) as fin
        from {base}.observations o join {base}.indicateurs i using (indicateur)
        where o.valeur is not null group by all
    )
    select s.source, s.frequence, s.derniere_livraison is not null, s.derniere_publication, c.fin, r.recu_le
    from {base}.sources s left join recues r using (source) left join closes c using (source)
"""


@dataclass(frozen=True)
class Freshness:
    """`etat`: à jour, en retard, suspendue, arrêtée, jamais, or inconnue (no publication date, or no
    rhythm); `mot` explains."""

    etat: str
    mot: str = ""


def judge(
    rhythm: str | None,
    delivered: bool,
    published: datetime | None,
    now: datetime,
    *,
    held: datetime | None = None,
    received: datetime | None = None,
) -> Freshness:
    """The state of a source. `published`: when the producer published what we hold, or None when it does not
    say; then `held`, the end of the last period that has a figure, then `received`, the last new delivery,
    tell (naive UTC)."""
    if rhythm is not None and rhythm in STOPPED:
        return Freshness(*STOPPED[rhythm])
    if not delivered:
        return Freshness("jamais", "aucune livraison acceptée")
    limit = RHYTHM.get(rhythm or "")
    if published is None and held is None and received is None:
        return Freshness("inconnue", "le producteur ne date pas ce jeu")
    if limit is None:
        return Freshness("à jour", "publication irrégulière, aucun retard à constater")
    if published is None and held is not None:
        limit = HELD.get(rhythm or "", limit)
    since, what = next(
        (moment, said)
        for moment, said in ((published, "publiée"), (held, "dernière période close"), (received, "reçue"))
        if moment is not None
    )
    age = now - since
    if age > limit:
        return Freshness("en retard", f"{what} il y a {words.plural(age.days, 'jour')}, fréquence {rhythm}")
    return Freshness("à jour", "")


def of_release(
    connection: duckdb.DuckDBPyConnection, now: datetime, base: str = "main"
) -> dict[str, Freshness]:
    """The state of every source of a release: `base` is the schema that holds its tables, `now` naive UTC.
    The same words as `make status`, from the release alone."""
    return {
        source: judge(rhythm, delivered, published, now, held=held, received=received)
        for source, rhythm, delivered, published, held, received in connection.execute(
            STATES.format(base=base)
        ).fetchall()
    }
