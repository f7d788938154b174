"""Settings are read once, and a wrong one is explained in French."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from extract.errors import SettingsError
from extract.settings import Settings


def test_defaults() -> None:
    settings = Settings.from_env({})
    assert (settings.region, settings.origine, settings.data) == ("28", "producteurs", Path("data").resolve())
    assert settings.landing == settings.data / "landing" and settings.published == settings.data / "published"


def test_replica_and_region() -> None:
    settings = Settings.from_env(
        {"REFERENTIEL_REGION": "53", "REFERENTIEL_PRODUCTEURS": "http://127.0.0.1:1/"}
    )
    assert (settings.region, settings.origine, settings.producteurs) == (
        "53",
        "replique",
        "http://127.0.0.1:1",
    )


@pytest.mark.parametrize(
    "wrong", [{"REFERENTIEL_REGION": "Normandie"}, {"REFERENTIEL_PRODUCTEURS": "127.0.0.1:80"}]
)
def test_wrong_value_is_explained(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="vaut"):
        Settings.from_env(wrong)


def test_departements_of_the_region(settings: Settings) -> None:
    assert settings.departements == ("14", "50")
    assert replace(settings, region="53").departements == ("35",)
    with pytest.raises(SettingsError, match="Aucun département"):
        _ = replace(settings, region="99").departements
    with pytest.raises(SettingsError, match="manque"):
        _ = replace(settings, departements_seed=settings.data / "absent.csv").departements
