"""A report as PDF: the template and calls to it, compiled by Typst in about a tenth of a second."""

from __future__ import annotations

import functools
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

from publish.exports.reports.document import (
    Card,
    Cell,
    Chart,
    Document,
    Identity,
    Note,
    Picture,
    Stack,
    Table,
    Text,
    french,
)
from publish.exports.reports.drawing import quoted

# Characters of notes that one page holds in three columns, with room to spare.
ONE_PAGE = 18_500

TEMPLATE = (Path(__file__).parent / "modele.typ").read_text(encoding="utf-8")


@functools.cache
def compiler() -> typst.Compiler:
    """One per process: reading the fonts costs more than a page. Only fonts of the environment, so that two
    machines print the same bytes."""
    spec = find_spec("font_source_sans_pro")
    assert spec is not None and spec.origin is not None, "font-source-sans-pro is a dependency"
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[Path(spec.origin).parent / "files"],
    )
    return typst.Compiler(font_paths=fonts)


def source(document: Document) -> str:
    """The Typst source of a report."""
    s = lambda text: quoted(french(text))  # noqa: E731
    head = ",".join(
        s(t)
        for t in (
            document.kind,
            document.title,
            document.subtitle,
            document.region,
            document.release,
            document.day,
        )
    )
    body = []
    for number, page in enumerate(document.pages):
        if number and not page.follows:
            body.append("#pagebreak()")
        if page.title:
            body.append(f"#titre-page({s(page.title)})")
        for row in page.rows:
            if len(row) == 1:
                body.append(f"#{_block(row[0][1])}")
            else:
                shares = ",".join(f"{share}fr" for share, _ in row)
                cells = ",".join(_block(block) for _, block in row)
                body.append(f"#grid(columns:({shares}),column-gutter:14pt,{cells})")
            body.append("#v(9pt, weak: true)")
    columns = "".join(
        f"({''.join(f'({s(n.number)},{s(n.label)},{s(n.text)}),' for n in column)}),"
        for column in _balanced(document.notes)
    )
    whole = sum(_size(note) for note in document.notes) < ONE_PAGE
    body.append(f"#notes(({columns}),{s(document.legend)},{str(whole).lower()})")
    return f"{TEMPLATE}\n#document({head})[\n" + "\n".join(body) + "\n]\n"


def _balanced(notes: list[Note], columns: int = 3) -> list[list[Note]]:
    """Notes in columns of about the same length, in reading order."""
    sizes = [_size(note) for note in notes]
    total, done = sum(sizes), 0
    made: list[list[Note]] = [[] for _ in range(columns)]
    for note, size in zip(notes, sizes, strict=True):
        made[min(int((done + size / 2) * columns / total), columns - 1)].append(note)
        done += size
    return made


def _size(note: Note) -> int:
    """Characters of a note, with what the end of its last line leaves empty."""
    return len(note.label) + len(note.text) + 30


def _block(block: object) -> str:
    s = lambda text: quoted(french(text))  # noqa: E731
    match block:
        case Card():
            return f"carte({s(block.label)},{s(block.value)},{s(block.detail)},{block.note})"
        case Chart():
            said = f"{s(block.question)},{s(block.answer)}"
            return f"question({said},{block.drawing.typst()},{s(block.source.line())})"
        case Picture():
            return f"image-titree({s(block.title)},{block.drawing.typst()},{s(block.source.line())})"
        case Identity():
            pairs = "".join(f"({s(a)},{s(b)})," for a, b in block.rows)
            return f"identite({s(block.title)},({pairs}))"
        case Stack():
            return f"pile({''.join(_block(b) + ',' for b in block.blocks)})"
        case Text():
            said = "".join(s(t) + "," for t in block.sentences)
            return f"texte({s(block.title)},({said}),{str(block.small).lower()})"
        case Table():
            cells = []
            for row in block.rows:
                if len(row) == 1:
                    cells.append(f"groupe({len(block.head)},{s(row[0].text)})")
                else:
                    cells += [_cell(cell) for cell in row]
            heads = "".join(s(h) + "," for h in block.head)
            widths = "".join(f"{w}fr," for w in block.widths)
            return f"tableau(({widths}),({heads}),{s(block.caption)},{','.join(cells)})"
    raise TypeError(f"no block of a report: {block!r}")


def _cell(cell: Cell) -> str:
    options = (",fort:true" if cell.strong else "") + (",sourd:true" if cell.muted else "")
    return f"c({quoted(french(cell.text))}{options},n:{cell.note})"


def write(document: Document, made: datetime) -> bytes:
    """The PDF; the same release gives the same bytes."""
    return _compiled(document, format="pdf", timestamp=int(made.timestamp()))[0]


def pictures(document: Document, ppi: int = 110) -> list[bytes]:
    """Each page as PNG, for whoever must look at them."""
    return _compiled(document, format="png", ppi=ppi)


def _compiled(document: Document, **options: Any) -> list[bytes]:
    made = compiler().compile(source(document).encode("utf-8"), **options)
    assert made is not None, "typst returns bytes when no output is named"
    return made if isinstance(made, list) else [made]
