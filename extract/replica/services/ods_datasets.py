"""The datasets of the four Opendatasoft portals that the replica holds, and their fields.

Identifiers, field names and labels are the producers' own where they were seen (`figures/PROVENANCE.md`
says which were not). What the producers have and we do not is absent rather than filled: Webstat's ~200
sparse columns of `series`, and, for Urssaf, the columns by APE, the labels and the numbers of
establishments: here ONE ROW PER COMMUNE, already summed over APE, where the portal has one per commune and
APE. Sums by `group_by` are the same; counts of records are not. Dates that are not known (`modified`,
`data_processed`, Webstat's `updated_at`) are left out or null, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WEBSTAT = "webstat.banque-france.fr"
DARES = "data.dares.travail-emploi.gouv.fr"
URSSAF = "open.urssaf.fr"
ECONOMIE = "data.economie.gouv.fr"
PORTALS = (WEBSTAT, DARES, URSSAF, ECONOMIE)


@dataclass(frozen=True)
class Field:
    """One field: technical name, label, Opendatasoft type; `facet`: refinable, in `/facets`."""

    name: str
    label: str
    type: str
    facet: bool = False


@dataclass(frozen=True)
class Sums:
    """What a portal would sum from records that we do not hold, known to us as sums only. Answers the one
    demand made of these very clauses; `sql` gives its rows, one column per field."""

    group_by: str
    select: str
    fields: tuple[Field, ...]
    sql: str


@dataclass(frozen=True)
class Dataset:
    """One dataset of a portal; `sql` gives its records, one column per field, in the order served."""

    portal: str
    dataset_id: str
    title: str
    fields: tuple[Field, ...]
    sql: str
    metas: Mapping[str, Any] = field(default_factory=dict)
    sums: Sums | None = None

    @property
    def types(self) -> dict[str, str]:
        """Type of each field, by technical name."""
        return {field.name: field.type for field in self.fields}

    @property
    def labels(self) -> dict[str, str]:
        """Label of each field, by technical name."""
        return {field.name: field.label for field in self.fields}


def _same(*names: str, **types: str) -> tuple[Field, ...]:
    """Fields whose label is their name (Webstat); text unless said."""
    facets = ("series_key", "dataset_id")
    return tuple(Field(name, name, types.get(name, "text"), name in facets) for name in names)


_OBSERVATIONS = """
    select
        split_part(series_key, '.', 1) as dataset_id, series_key, title_fr,
        case split_part(series_key, '.', 2)
            when 'M' then strftime(time_period_end, '%Y-%m')
            else year(time_period_end) || '-Q' || quarter(time_period_end)
        end as time_period,
        cast(date_trunc(
            case split_part(series_key, '.', 2) when 'M' then 'month' else 'quarter' end, time_period_end
        ) as date) as time_period_start,
        time_period_end,
        cast(obs_value as double) as obs_value,
        case when obs_value is null then 'M' else 'A' end as obs_status,
        cast(null as timestamp) as updated_at
    from webstat_observations join webstat_series using (series_key)
    order by series_key, time_period_end
"""

_SERIES = """
    select
        series_key, split_part(series_key, '.', 1) as dataset_id, title_fr,
        split_part(series_key, '.', 2) as freq, split_part(series_key, '.', 3) as ref_area,
        min(time_period_end) as first_time_period_date, max(time_period_end) as last_time_period_date
    from webstat_observations join webstat_series using (series_key)
    group by all order by series_key
"""

# Only the sums of each year are known, of months that were all published: the count is deduced.
_OVERINDEBTEDNESS = """
    select 'IFI.M.D' || dep || '.SUREN.DEPOT' as series_key, annee, cast(depots as double) as depots,
        12 as mois
    from bdf_surendettement_annees order by dep, annee
"""

_DARES = """
    select
        date, code_region, region, 'Total' as code_departement, 'Total' as departement,
        'cvs-cjo' as type_de_donnees, categorie,
        'Total' as sexe, 'Total' as tranche_d_age, 'Total' as anciennete,
        nombre_de_demandeurs_d_emploi
    from dares_defm_regions order by date, code_region, categorie
"""

_URSSAF_YEARS = range(2014, 2025)

DATASETS = (
    Dataset(
        WEBSTAT,
        "observations",
        "Observations",
        _same(
            "dataset_id",
            "series_key",
            "title_fr",
            "time_period",
            "time_period_start",
            "time_period_end",
            "obs_value",
            "obs_status",
            "updated_at",
            time_period_start="date",
            time_period_end="date",
            obs_value="double",
            updated_at="datetime",
        ),
        _OBSERVATIONS,
        {"publisher": "Banque de France"},
        Sums(
            "series_key,year(time_period_start) as annee",
            "sum(obs_value) as depots,count(obs_value) as mois",
            (
                Field("series_key", "series_key", "text"),
                Field("annee", "annee", "int"),
                Field("depots", "depots", "double"),
                Field("mois", "mois", "int"),
            ),
            _OVERINDEBTEDNESS,
        ),
    ),
    Dataset(
        WEBSTAT,
        "series",
        "Séries",
        _same(
            "series_key",
            "dataset_id",
            "title_fr",
            "freq",
            "ref_area",
            "first_time_period_date",
            "last_time_period_date",
            first_time_period_date="date",
            last_time_period_date="date",
        ),
        _SERIES,
        {"publisher": "Banque de France"},
    ),
    Dataset(
        WEBSTAT,
        "webstat-datasets",
        "Jeux de données Webstat",
        _same("dataset_id", "name_fr", "series_count", series_count="int"),
        # series_count counts what the replica holds
        """select split_part(series_key, '.', 1) as dataset_id, 'Défaillances d''entreprises' as name_fr,
           count(*) as series_count from webstat_series group by 1""",
        {"publisher": "Banque de France"},
    ),
    Dataset(
        DARES,
        "dares_defm_stock_region_cvs_trim",
        "Demandeurs d'emploi inscrits par région, données trimestrielles CVS-CJO",
        (
            Field("date", "Date", "text", True),
            Field("code_region", "Code région", "text", True),
            Field("region", "Région", "text", True),
            Field("code_departement", "Code département", "text", True),
            Field("departement", "Département", "text", True),
            Field("type_de_donnees", "Type de données", "text", True),
            Field("categorie", "Catégorie", "text", True),
            Field("sexe", "Sexe", "text", True),
            Field("tranche_d_age", "Tranche d'âge", "text", True),
            Field("anciennete", "Ancienneté", "text", True),
            Field("nombre_de_demandeurs_d_emploi", "Nombre de demandeurs d'emploi", "int"),
        ),
        _DARES,
        {"publisher": "Dares", "license": "Licence Ouverte v2.0 (Etalab)"},
    ),
    Dataset(
        URSSAF,
        "etablissements-et-effectifs-salaries-au-niveau-commune-x-ape-last",
        "Nombre d'établissements employeurs et effectifs salariés du secteur privé, par commune x APE",
        (
            Field("code_region", "Code région", "text", True),
            Field("code_departement", "Code département", "text", True),
            Field("code_zone_d_emploi", "Code zone d'emploi", "text", True),
            Field("code_commune", "Code commune", "text", True),
            *(
                Field(f"effectifs_salaries_{year}", f"Effectifs salariés {year}", "int")
                for year in _URSSAF_YEARS
            ),
        ),
        """select code_region, code_departement, code_zone_d_emploi, code_commune,
           columns('effectifs_salaries_.*') from urssaf_effectifs_communes order by code_commune""",
        {"publisher": "Urssaf", "license": "Open Database License (ODbL)"},
    ),
    Dataset(
        ECONOMIE,
        "entreprises-du-patrimoine-vivant-epv",
        "Entreprises du patrimoine vivant (EPV)",
        (
            Field("raison_sociale", "Raison sociale", "text"),
            Field("siret", "SIRET", "text"),
            Field("code_naf", "Code NAF", "text"),
            Field("libelle_naf", "Libellé NAF", "text"),
            Field("region", "Région", "text", True),
            Field("date_de_labellisation", "Date de labellisation", "date", True),
            Field("date_de_fin_de_labellisation", "Date de fin de labellisation", "date", True),
            Field("univers", "Univers", "text", True),
            Field("geolocetablissement", "geolocetablissement", "geo_point_2d"),
        ),
        "select * from economie_epv",
        {},
    ),
)


def find(portal: str, dataset_id: str) -> Dataset | None:
    """The dataset of a portal, or None."""
    return next((d for d in DATASETS if d.portal == portal and d.dataset_id == dataset_id), None)


def of_portal(portal: str) -> list[Dataset]:
    """The datasets of a portal, in the order of its catalogue."""
    return [dataset for dataset in DATASETS if dataset.portal == portal]
