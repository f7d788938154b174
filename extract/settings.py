"""Where things are and whom we serve: read once from the environment, passed everywhere, never global.

REFERENTIEL_DATA (default `data`), REFERENTIEL_REGION (default `28`), REFERENTIEL_PRODUCTEURS (the
replica's base URL, unset to ask the real producers). Keys are read from the environment at the moment of
use and kept nowhere.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from extract.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DEPARTEMENTS_SEED = PROJECT_ROOT / "seeds" / "nomenclatures" / "departements.csv"
DEFAULT_REGION = "28"


@dataclass(frozen=True)
class Settings:
    """The settings of one run.

    `data`: folder of everything that is made. `region`: INSEE region code (two digits). `producteurs`:
    base URL of the replica, or None for the real producers. `departements_seed`: csv with
    code_departement, code_region.
    """

    data: Path
    region: str = DEFAULT_REGION
    producteurs: str | None = None
    departements_seed: Path = DEPARTEMENTS_SEED

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings of the process; raises SettingsError when a variable cannot be used."""
        env = os.environ if environ is None else environ
        region = env.get("REFERENTIEL_REGION", "").strip() or DEFAULT_REGION
        if not re.fullmatch(r"[0-9]{2}", region):
            raise SettingsError(
                f"REFERENTIEL_REGION vaut « {region} » : il faut "
                "le code Insee d'une région, en deux chiffres "
                "(28 pour la Normandie, 53 pour la Bretagne, 01 pour la Guadeloupe)."
            )
        producteurs = env.get("REFERENTIEL_PRODUCTEURS", "").strip().rstrip("/") or None
        if producteurs and not re.match(r"https?://", producteurs):
            raise SettingsError(
                f"REFERENTIEL_PRODUCTEURS vaut « {producteurs} » "
                ": il faut une adresse qui commence par http:// "
                "(celle de la réplique), ou rien pour interroger les producteurs."
            )
        data = Path(env.get("REFERENTIEL_DATA", "").strip() or "data").expanduser().resolve()
        return cls(data=data, region=region, producteurs=producteurs)

    @property
    def archive(self) -> Path:
        """Bytes as received and their journal."""
        return self.data / "archive"

    @property
    def landing(self) -> Path:
        """Typed-as-text parquet, one folder per source."""
        return self.data / "landing"

    @property
    def build(self) -> Path:
        """Candidates in the making; may be deleted at any time."""
        return self.data / "build"

    @property
    def published(self) -> Path:
        """Releases and the pointer that readers follow."""
        return self.data / "published"

    @property
    def origine(self) -> str:
        """`replique` when a replica stands in for the producers, else `producteurs`."""
        return "replique" if self.producteurs else "producteurs"

    @cached_property
    def departements(self) -> tuple[str, ...]:
        """Codes of the region's départements, sorted; raises SettingsError for a region that has none."""
        if not self.departements_seed.is_file():
            raise SettingsError(
                f"La table des départements manque : {self.departements_seed}. Elle fait partie du projet "
                "(colonnes code_departement, code_region, libelle) : restaurez-la depuis git."
            )
        with self.departements_seed.open(encoding="utf-8", newline="") as lines:
            codes = sorted(
                row["code_departement"] for row in csv.DictReader(lines) if row["code_region"] == self.region
            )
        if not codes:
            raise SettingsError(
                f"Aucun département pour la région {self.region} dans {self.departements_seed.name} : "
                "vérifiez REFERENTIEL_REGION (code Insee de la région depuis 2016)."
            )
        return tuple(codes)

    def key(self, variable: str) -> str | None:
        """The key held by an environment variable, or None; never log or store what this returns."""
        return os.environ.get(variable, "").strip() or None
