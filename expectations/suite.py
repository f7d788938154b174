"""Reads expectations/suites/*.yml, strictly: a suite that is not understood is our fault, not bad data."""

from __future__ import annotations

from pathlib import Path

from expectations.model import Expectation, ExpectationFault, Suite
from extract import described

FOLDER = Path(__file__).parent / "suites"
SCHEMA = Path(__file__).parent / "suites.schema.json"


def load(path: Path) -> Suite:
    """One suite from its file. Raises ExpectationFault with the place in the file when it breaks the
    schema."""
    raw = described.read(path, SCHEMA, ExpectationFault)
    named = raw.get("requetes", {})
    expectations = []
    for item in raw["attentes"]:
        machine = dict(item["attente"])
        query = item["requete"].strip()
        expectations.append(
            Expectation(
                id=item["id"],
                phrase=" ".join(item["phrase"].split()),
                severite=item["severite"],
                raison=" ".join(item["raison"].split()),
                historique=tuple(item["historique"]),
                # A one-word query is the name of a frame shared by several expectations of the file.
                requete=named.get(query, query).strip(),
                type=machine.pop("type"),
                kwargs=machine,
                ou=tuple(item.get("ou", ())),
                region=item.get("region"),
                precedente=item.get("precedente", False),
                vide=item.get("vide", "refuse"),
                vigilance=item.get("vigilance"),
            )
        )
    lonely = [e.id for e in expectations if len(e.requete.split()) == 1]
    if lonely:
        raise ExpectationFault(f"{path.name} : requête nommée absente de `requetes` pour {', '.join(lonely)}")
    return Suite(path.stem, raw["table"], " ".join(raw["description"].split()), tuple(expectations))


def load_all(folder: Path = FOLDER) -> list[Suite]:
    """Every suite of a folder, in the order of names. Raises ExpectationFault on a doubled id."""
    suites = [load(path) for path in sorted(folder.glob("*.yml"))]
    if not suites:
        raise ExpectationFault(f"Aucune suite d'attentes dans {folder} : rien ne jugerait la publication.")
    seen: dict[str, str] = {}
    for suite in suites:
        for expectation in suite.attentes:
            if expectation.id in seen:
                raise ExpectationFault(
                    f"L'identifiant {expectation.id} est écrit deux fois : {seen[expectation.id]},"
                    f" {suite.nom}."
                )
            seen[expectation.id] = suite.nom
    return suites
