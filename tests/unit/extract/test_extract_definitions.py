"""The yamls of the project are valid, and a wrong one says which field is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from extraction_helpers import definition

from extract import clients, producers_docs
from extract.clients.opendatasoft import keys_asked
from extract.definitions import SOURCES_FOLDER, expand, load, load_all, select
from extract.errors import DefinitionError
from extract.explain import explain
from extract.settings import Settings

SOURCES = sorted(path.stem for path in SOURCES_FOLDER.glob("*.yml"))


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_is_valid_complete_and_can_be_explained(name: str, settings: Settings) -> None:
    source = load(SOURCES_FOLDER / f"{name}.yml")
    assert source.raw["protocole"] in clients.CLIENTS
    for part in source.parts(settings):
        assert "cle" in part.attendu or "motifs" in part.attendu, "recommended: a key or patterns"
        assert not {"_livraison", "_partition", "_ligne"} & set(part.landing_columns)
    words = explain(source, settings)
    assert source.text("titre") in words and source.text("licence") in words and "{region}" not in words
    assert source.url.startswith("https://")


@pytest.mark.parametrize("region", ["28", "53"])
def test_every_source_resolves_for_any_region(region: str, settings: Settings) -> None:
    served = replace(settings, region=region)
    for source in load_all().values():
        for part in source.parts(served):
            assert "{region}" not in str(part.acces) and "{departements}" not in str(part.acces)
    keys = keys_asked(load_all()["bdf__defaillances"].part(None, served))
    assert f"DIREN.M.R{region}.DE.UL.DF.03.N.FZ.TT" in keys
    assert {f"DIREN.Q.D{code}.DE.UL.DF.19.N.ZZ.TT" for code in served.departements} <= set(keys)


def _write(folder: Path, changes: dict[str, object], name: str = "insee__essai") -> Path:
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump(definition().raw | changes, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"licence": "MIT"}, "licence"),
        ({"inconnu": 1}, "inconnu"),
        ({"acces": {"url": "http://www.insee.fr"}}, "acces.url"),
        ({"acces": {"jeu": "x"}}, "acces doit dire url"),
        ({"attendu": {"colonnes": ["A"]}}, "lignes_min"),
        ({"attendu": {"colonnes": ["A", "a"], "lignes_min": 1}}, "même nom"),
        ({"attendu": {"colonnes": ["A"], "cle": ["B"], "lignes_min": 1}}, "B"),
        ({"attendu": {"colonnes": ["A"], "motifs": {"A": "("}, "lignes_min": 1}}, "expression régulière"),
        ({"lecture": {}}, "lecture.format"),
    ],
)
def test_wrong_field_is_named(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(DefinitionError, match=r"insee__essai\.yml") as caught:
        load(_write(tmp_path, changes))
    assert said in str(caught.value)


def test_name_of_the_file_and_doubled_keys(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="doit s'appeler"):
        load(_write(tmp_path, {}, name="essai"))
    path = tmp_path / "insee__double.yml"
    path.write_text("titre: a\ntitre: b\n")
    with pytest.raises(DefinitionError, match="deux fois"):
        load(path)


def test_unknown_source_lists_the_known_ones() -> None:
    with pytest.raises(DefinitionError, match="insee__taux_chomage"):
        select(load_all(), ["insee__chomage"])


def test_templates(settings: Settings) -> None:
    part = definition(
        acces={
            "url": "https://x/{region}.csv",
            "series": {"champ": "c", "modeles": ["R{region}", "D{departements}"]},
        }
    ).part(None, settings)
    assert part.acces["url"] == "https://x/28.csv"
    assert part.acces["series"]["modeles"] == ["R28", "D14", "D50"]
    assert expand(["{a}.{b}", "z"], {"a": ["1", "2"], "b": ["x"]}) == ["1.x", "2.x", "z"]


def test_partitions_overlay_and_union_of_columns(settings: Settings) -> None:
    source = definition(
        partitions={
            "2019": {"acces": {"url": "https://x/2019"}},
            "2020": {
                "attendu": {
                    "colonnes": ["COM", "VALEUR"],
                    "renommer": {"COM": "CODE"},
                    "constantes": {"k": "v"},
                }
            },
        }
    )
    first, second = source.parts(settings)
    assert first.acces["url"] == "https://x/2019" and first.landing_columns == ("CODE", "VALEUR")
    assert second.acces["url"] == "https://www.insee.fr/essai.csv"
    assert second.landing_columns == ("k", "CODE", "VALEUR")
    assert source.landing_columns() == ("CODE", "VALEUR", "k")


def test_every_producer_has_a_page() -> None:
    pages = [page.read_text(encoding="utf-8") for page in producers_docs.FOLDER.glob("*.md")]
    told = {name for text in pages for name in producers_docs.whose(text)}
    assert {source.split("__")[0] for source in load_all()} <= told
    for text in pages:
        if producers_docs.whose(text):
            for title in ("Ce que nous prenons", "Comment", "Limites", "Ce qui casse", "À qui s'adresser"):
                assert f"## {title}\n" in text


def test_lists_of_datasets_are_written_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "insee.md"
    page.write_text("avant\n<!-- jeux insee -->\nvieux\n<!-- /jeux -->\naprès\n")
    sources = load_all()
    assert producers_docs.rewrite(sources.values(), tmp_path) == [page]
    text = page.read_text()
    assert text.startswith("avant\n") and text.endswith("<!-- /jeux -->\naprès\n") and "vieux" not in text
    assert text.count("\n| `") == sum(name.startswith("insee__") for name in sources)
    assert producers_docs.rewrite(sources.values(), tmp_path) == []
