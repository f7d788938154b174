"""The questions of a portrait: what they name exists, and a file that is not understood says where."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from extract.settings import PROJECT_ROOT
from publish.errors import PublishFault
from publish.exports.reports import selection


def indicators() -> set[str]:
    with (PROJECT_ROOT / "seeds/dictionnaire.csv").open(encoding="utf-8", newline="") as file:
        return {row["indicateur"] for row in csv.DictReader(file)}


def test_what_the_questions_name_is_in_the_dictionary() -> None:
    named = set()
    for row in selection.read().rows:
        named |= {row.subject} if isinstance(row.subject, str) else {key for key, _ in row.subject}
        named |= {row.unless} if row.unless else set()
    assert named <= indicators()


def test_every_form_has_a_question() -> None:
    assert {row.form for row in selection.read().rows} == set(selection.FORMS)


@pytest.mark.parametrize(
    ("found", "put", "said"),
    [
        ("forme: carte", "forme: camembert", "questions.1.forme"),
        ("phrase: population, ", "", "questions.0 : 'phrase' is a required property"),
        ("{theme: Production", "{theme: Culture", "« Culture » n'a jamais la parole"),
        ("questions:\n", "questions: [\n", "yaml illisible"),
    ],
)
def test_a_file_that_is_not_understood_says_where(tmp_path: Path, found: str, put: str, said: str) -> None:
    text = selection.FILE.read_text(encoding="utf-8")
    assert found in text
    path = tmp_path / "questions.yml"
    path.write_text(text.replace(found, put, 1), encoding="utf-8")
    with pytest.raises(PublishFault, match=re.escape(said)):
        selection.read(path)
