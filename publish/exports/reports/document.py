"""What a report is made of, whatever it is printed as."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from publish import words
from publish.exports.reports.drawing import Drawing


class Card(NamedTuple):
    """A figure to remember: what, how much, then what it is beside."""

    label: str
    value: str
    detail: str
    note: int


class Cell(NamedTuple):
    """A cell of a table; `note` is the number of its footnote."""

    text: str
    strong: bool = False
    muted: bool = False
    note: int = 0


@dataclass
class Table:
    """A table whose first column is text; a row of one cell names a group."""

    head: list[str]
    rows: list[list[Cell]]
    widths: list[float]
    caption: str = ""


class Source(NamedTuple):
    """The line under a picture: where it comes from, the number of its footnote, what else must be said."""

    text: str
    note: int = 0
    after: str = ""

    def line(self) -> str:
        """« Source : Insee, 2023 ; note 3. »"""
        return f"{self.text} ; note {self.note}.{self.after}" if self.note else self.text + self.after


@dataclass
class Chart:
    """A question, the sentence that answers it, the picture, where it comes from."""

    question: str
    answer: str
    drawing: Drawing
    source: Source
    indicators: tuple[str, ...] = ()


@dataclass
class Identity:
    """Label and value pairs: the identity of a territory."""

    title: str
    rows: list[tuple[str, str]]


@dataclass
class Text:
    """A titled list of sentences."""

    title: str
    sentences: list[str]
    small: bool = False


@dataclass
class Picture:
    """A drawing with its title and source."""

    title: str
    drawing: Drawing
    source: Source


@dataclass
class Stack:
    """Blocks one under the other, in one cell of a row."""

    blocks: list[Identity | Text]


Block = Card | Table | Chart | Identity | Text | Picture | Stack


@dataclass
class Page:
    """Blocks from top to bottom; a tuple of blocks stands side by side, in the given shares of the width."""

    title: str
    rows: list[tuple[tuple[float, Block], ...]] = field(default_factory=list)
    follows: bool = False  # on the same sheet as the one before, when there is room

    def add(self, *blocks: Block, shares: tuple[float, ...] | None = None) -> None:
        """One row of blocks."""
        self.rows.append(tuple(zip(shares or (1.0,) * len(blocks), blocks, strict=True)))


@dataclass
class Note:
    """A footnote: what a figure is, its period and geography (numbers); a source, its scope and licence
    (letters)."""

    number: str
    label: str
    text: str


@dataclass
class Document:
    """A report: its heading, pages and footnotes."""

    kind: str
    title: str
    subtitle: str
    region: str
    release: str
    day: str
    pages: list[Page] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    legend: str = ""


@functools.lru_cache(20_000)  # the same labels come back on every portrait
def french(text: str) -> str:
    """French typography of a sentence: curved apostrophes, spaces that do not break before : ; ? ! » %."""
    text = text.replace("'", "’")
    text = re.sub(r"[ \u00a0\u202f]*([;?!])(?=\s|$|»)", rf"{words.THIN}\1", text)
    text = re.sub(r"[ \u00a0\u202f]+:(?=\s|$)", f"{words.NBSP}:", text)
    text = re.sub(r"«[ \u00a0\u202f]*", f"«{words.NBSP}", text)
    text = re.sub(r"[ \u00a0\u202f]*»", f"{words.NBSP}»", text)
    # A number stays on the line of what it follows: « région : 6,9 % », « note 3 », « T3 2023 » ; a
    # letter too: « source B ».
    text = re.sub(r"\b([Ss]ource) (?=[A-Z]\b)", rf"\1{words.NBSP}", text)
    text = re.sub(rf"({words.NBSP}:|\b(?:note|COG|T[1-4]|S[12])) (?=[−+]?\d)", rf"\1{words.NBSP}", text)
    return re.sub(r"(?<=\d) (?=[%€])", words.THIN, text)
