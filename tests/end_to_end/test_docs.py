"""The queries that the docs print run on the release of the demo and give something."""

import re
from pathlib import Path

import pytest

RACINE = Path(__file__).resolve().parents[2]
PAGES = sorted((RACINE / "docs").glob("*.md"))
REQUETES = [
    requete
    for page in PAGES
    for requete in re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("requete", REQUETES, ids=lambda r: " ".join(r.split())[:60])
def test_query_of_the_docs(base, requete: str) -> None:
    assert base.execute(requete).fetchall(), "une requête de la documentation ne rend rien"


def test_docs_have_queries() -> None:
    assert len(REQUETES) >= 10
