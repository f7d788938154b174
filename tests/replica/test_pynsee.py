"""pynsee's own calls against the replica, over HTTP, through a bare adapter mounted where pynsee mounts its
own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
from requests.adapters import HTTPAdapter

from extract.replica.process import Replica, replica


class ToReplica(HTTPAdapter):
    """Sends `https://host/path` to `<replica>/host/path`."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        request.url = f"{self.url}/{str(request.url).partition('://')[2]}"
        return super().send(request, **options)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    from pynsee.utils.requests_session import PynseeAPISession

    home: Path = tmp_path_factory.mktemp("pynsee")
    with replica() as running, pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, str(home))

        def mount(session: requests.Session) -> None:
            session.mount("https://", ToReplica(running.url))

        patch.setattr(PynseeAPISession, "_mount_adapters", mount)
        yield running


def test_flow(served: Replica) -> None:
    from pynsee.macrodata import get_dataset

    frame = get_dataset("TAUX-CHOMAGE", metadata=False, update=True, silent=True)
    assert frame["IDBANK"].nunique() == 111
    last = frame[(frame["REF_AREA"] == "R28") & (frame["TIME_PERIOD"] == "2023-Q3")].iloc[0]
    assert (last["OBS_VALUE"], last["OBS_STATUS"], last["UNIT_MULT"]) == (6.9, "SD", "0")
    assert last["DATE"] == pd.Timestamp("2023-07-01")
    paths = [line["chemin"] for line in served.journal()]
    assert "/series/BDM/dataflow/FR1/all" in paths and "/series/BDM/V1/data/TAUX-CHOMAGE" in paths


def test_flow_with_filter_and_window(served: Replica) -> None:
    from pynsee.macrodata import get_dataset

    frame = get_dataset(
        "TCRED-EMPLOI-SALARIE-TRIM", metadata=False, update=True, silent=True,
        filter="T..ENS-SAL..R28", lastNObservations=1,
    )  # fmt: skip
    assert frame["OBS_VALUE"].tolist() == [1_232_096]
    frame = get_dataset("TAUX-CHOMAGE", metadata=False, update=True, silent=True, lastNObservations=1)
    assert len(frame) == 111


def test_series(served: Replica) -> None:
    from pynsee.macrodata import get_series

    frame = get_series(
        "001739981", "001739987", "999999999", metadata=False, update=True, lastNObservations=1
    )
    assert dict(zip(frame["IDBANK"], frame["OBS_VALUE"], strict=True)).keys() == {"001739981", "001739987"}


def test_melodi(served: Replica) -> None:
    from pynsee.melodi import get_catalog, get_dataset, get_range

    frame = get_dataset("DS_POPULATIONS_REFERENCE", geo="DEP", update=True, silent=True)
    assert len(frame) == 300
    normandie = frame[frame["GEO"].isin([f"2025-DEP-{code}" for code in ("14", "27", "50", "61", "76")])]
    assert normandie.loc[normandie["POPREF_MEASURE"] == "PMUN", "OBS_VALUE_NIVEAU"].sum() == 3_345_842
    catalogue = get_catalog(update=True, silent=True)
    assert catalogue["dataset_identifier"].tolist() == ["DS_POPULATIONS_REFERENCE"]
    ranges = get_range("DS_POPULATIONS_REFERENCE", include_values=True, update=True, silent=True)
    assert (ranges["concept_code"] == "GEO").sum() == 35_355


def test_melodi_pages(served: Replica) -> None:
    from pynsee.melodi import get_dataset

    served.journal(vider=True)
    frame = get_dataset("DS_POPULATIONS_REFERENCE", geo="COM", update=True, silent=True)
    assert len(frame) == 104_574 and not frame.duplicated(["GEO", "POPREF_MEASURE"]).any()
    assert len(served.journal()) == 12


def test_territories(served: Replica) -> None:
    from pynsee.localdata import get_area_list, get_descending_area, get_geo_list

    zones = get_area_list("zonesDEmploi2020", update=True, silent=True)
    assert len(zones) == 306 and zones.loc[zones["CODE"] == "2804", "TITLE"].tolist() == ["Caen"]
    communes = get_descending_area(
        "region", code="28", type="Commune", date="2025-01-01", update=True, silent=True
    )
    assert len(communes) == 2_644
    departements = get_geo_list("departements", date="2025-01-01", update=True, silent=True)
    assert len(departements) == 101
