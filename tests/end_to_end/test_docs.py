"""The queries that the docs print run on the release of the demo and give something; the results that they print are those."""

import re
from pathlib import Path

import pytest

RACINE = Path(__file__).resolve().parents[2]
PAGES = sorted((RACINE / "docs").glob("*.md"))
# a query, and the table that follows it at once, if any
BLOC = re.compile(r"```sql\n(.*?)```\n(?:\n(\|.*?\n)(?:\n|$))?", re.DOTALL)
REQUETES = [bloc for page in PAGES for bloc in BLOC.findall(page.read_text(encoding="utf-8"))]


def cellule(valeur: object) -> str:
    """A value as the docs print it: three decimals at most, NULL said."""
    if valeur is None:
        return "NULL"
    return f"{valeur:.3f}".rstrip("0").rstrip(".") if isinstance(valeur, float) else str(valeur)


@pytest.mark.parametrize(("requete", "table"), REQUETES, ids=[" ".join(r.split())[:60] for r, _ in REQUETES])
def test_query_of_the_docs(base, requete: str, table: str) -> None:
    trouve = base.execute(requete)
    colonnes = [nom for nom, *_ in trouve.description]
    lignes = trouve.fetchall()
    assert lignes, "une requête de la documentation ne rend rien"
    if table:
        imprimees = [
            [c.strip() for c in ligne.strip().strip("|").split(" | ")] for ligne in table.splitlines()
        ]
        assert imprimees[0] == colonnes
        assert imprimees[2:] == [[cellule(v) for v in ligne] for ligne in lignes]


def test_docs_have_queries() -> None:
    assert len(REQUETES) >= 10
    assert len([table for _, table in REQUETES if table]) >= 10
