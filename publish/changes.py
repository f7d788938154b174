"""The difference between two releases, figure by figure: the table `changements` of the newer one.

A value that today's release withholds is not given back by the difference: where the figure is secret now,
or gone from a series that hides another, only the fact that it changed is said.
"""

from __future__ import annotations

from pathlib import Path

from publish.database import comment, scratch

TABLE = "changements"
COMMENTS = {
    "": (
        "Ce qui change depuis la release précédente, chiffre par chiffre ; vide pour la première. Chaque"
        " ligne est un chiffre ajouté, retiré ou révisé. Clé : indicateur, territoire, periode, modalite."
        " Piège :"
        " une valeur que le secret retient aujourd'hui n'y est pas rappelée."
    ),
    "indicateur": "Identifiant de l'indicateur.",
    "territoire": "Clé du territoire.",
    "periode": "Période du chiffre.",
    "modalite": "Modalité ; `_T` pour le total.",
    "nature": (
        "ajoute (absent de la release précédente), retire (absent de celle-ci), revise (autre valeur ou autre"
        " secret)."
    ),
    "valeur_avant": "Valeur de la release précédente ; NULL si elle n'y était pas ou si le secret la tait.",
    "valeur_apres": "Valeur de cette release.",
    "ecart": "Valeur d'après moins valeur d'avant, dans l'unité de l'indicateur.",
    "ecart_relatif": "Écart en % de la valeur d'avant, en valeur absolue.",
    "methode": "Comment le chiffre est obtenu : publiee, agregee, projetee, calculee.",
    "release_precedente": "La release à laquelle celle-ci est comparée.",
}
SCHEMA = """
    create table nouvelle.main.changements (
        indicateur varchar not null, territoire varchar not null, periode varchar not null,
        modalite varchar not null, nature varchar not null, valeur_avant double, valeur_apres double,
        ecart double, ecart_relatif double, methode varchar, release_precedente varchar
    )
"""
SECRET_SERIES = """
    create or replace temp table series_secretes as
    select distinct indicateur, periode from nouvelle.main.observations where confidentialite <> 'F'
"""
CHANGES = """
    insert into nouvelle.main.changements
    with paires as (
        select
            coalesce(b.indicateur, a.indicateur) as indicateur,
            coalesce(b.territoire, a.territoire) as territoire,
            coalesce(b.periode, a.periode) as periode,
            coalesce(b.modalite, a.modalite) as modalite,
            case when a.indicateur is null then 'ajoute' when b.indicateur is null then 'retire' else
            'revise' end
                as nature,
            case
                when b.confidentialite in ('C', 'D') or (b.indicateur is null and s.indicateur is not null)
                then null else a.valeur
            end as valeur_avant,
            b.valeur as valeur_apres,
            coalesce(b.methode, a.methode) as methode
        from precedente.main.observations as a
        full join nouvelle.main.observations as b
            on a.indicateur = b.indicateur and a.territoire = b.territoire and a.periode = b.periode
                and a.modalite = b.modalite
        left join series_secretes as s on a.indicateur = s.indicateur and a.periode = s.periode
        where a.indicateur is null or b.indicateur is null or a.valeur is distinct from b.valeur
            or a.confidentialite is distinct from b.confidentialite
    )
    select
        indicateur, territoire, periode, modalite, nature, valeur_avant, valeur_apres,
        valeur_apres - valeur_avant,
        100 * abs(valeur_apres - valeur_avant) / nullif(abs(valeur_avant), 0),
        methode, ?
    from paires
    order by nature, indicateur, territoire, periode, modalite
"""


def write(database: Path, previous: Path | None, name: str | None) -> int:
    """Adds the table to the release's file; returns its rows. `previous`: the file of the release before."""
    with scratch(database) as connection:
        connection.execute(f"attach '{_text(database)}' as nouvelle")
        connection.execute(SCHEMA)
        comment(connection, f"nouvelle.main.{TABLE}", COMMENTS)
        if previous is not None:
            connection.execute(f"attach '{_text(previous)}' as precedente (read_only)")
            connection.execute(SECRET_SERIES)
            connection.execute(CHANGES, [name])
        found = connection.execute(f"select count(*) from nouvelle.main.{TABLE}").fetchone()
        connection.execute("checkpoint nouvelle")
        connection.execute("detach nouvelle")
    return int(found[0]) if found else 0


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
