"""A report as one HTML file that needs no server, no script and no network."""

from __future__ import annotations

from html import escape
from pathlib import Path

from publish.exports.reports.document import (
    Card,
    Cell,
    Chart,
    Document,
    Identity,
    Picture,
    Stack,
    Table,
    Text,
    french,
)

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")

# The first page has no printed title; who hears the page is told where its parts begin.
FIRST = '<h2 class="entendu">Vue d’ensemble</h2>'


def write(document: Document) -> str:
    """The HTML text."""
    s = _said
    parts = [
        f'<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{s(document.kind)} — {s(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header><div><p class="genre">{s(document.kind)} · {s(document.region)}</p>'
        f"<h1>{s(document.title)}</h1>"
        f"<p>{s(document.subtitle)}</p></div></header>\n<main>"
    ]
    for page in document.pages:
        parts.append("<section>" + (f"<h2>{s(page.title)}</h2>" if page.title else FIRST))
        for row in page.rows:
            shares = " ".join(f"minmax(0,{share}fr)" for share, _ in row)
            cells = "".join(f"<div>{_block(block)}</div>" for _, block in row)
            parts.append(f'<div class="rang" style="grid-template-columns:{shares}">{cells}</div>')
        parts.append("</section>")
    notes = "".join(
        f'<p id="note-{n.number}"><span>{n.number}.</span> <strong>{s(n.label)}.</strong> {s(n.text)}</p>'
        for n in document.notes
    )
    parts.append(
        f"<section><h2>Sources, périodes, géographie et définitions</h2><div class='notes'>{notes}</div>"
        f'<p class="source">{s(document.legend)}</p></section></main>\n'
        f"<footer>Référentiel régional de données socio-économiques — release {s(document.release)},"
        f" {s(document.day)}</footer>\n</body>\n</html>\n"
    )
    return "\n".join(parts)


def _said(text: str) -> str:
    return escape(french(text), quote=False)


def _note(number: int) -> str:
    return f'<sup><a href="#note-{number}" aria-label="note {number}">{number}</a></sup>' if number else ""


def _block(block: object) -> str:
    s = _said
    match block:
        case Card():
            return (
                f'<div class="carte"><p class="l">{s(block.label)}</p><p class="v">{s(block.value)}'
                f"{_note(block.note)}</p><p>{s(block.detail)}</p></div>"
            )
        case Chart():
            return (
                f'<h3>{s(block.question)}</h3><p class="reponse">{s(block.answer)}</p>'
                f"<figure>{block.drawing.svg()}<figcaption>{s(block.source.line())}</figcaption></figure>"
            )
        case Picture():
            return (
                f"<h3>{s(block.title)}</h3><figure>{block.drawing.svg()}"
                f"<figcaption>{s(block.source.line())}</figcaption></figure>"
            )
        case Identity():
            rows = "".join(f"<div><dt>{s(a)}</dt><dd>{s(b)}</dd></div>" for a, b in block.rows)
            return f"<h3>{s(block.title)}</h3><dl>{rows}</dl>"
        case Stack():
            return "".join(f'<div class="pile">{_block(b)}</div>' for b in block.blocks)
        case Text():
            title = f"<h3>{s(block.title)}</h3>" if block.title else ""
            small = ' class="petit"' if block.small else ""
            if len(block.sentences) == 1:
                return f"{title}<p{small}>{s(block.sentences[0])}</p>"
            return f"{title}<ul{small}>{''.join(f'<li>{s(t)}</li>' for t in block.sentences)}</ul>"
        case Table():
            head = "".join(f'<th scope="col">{s(h)}</th>' for h in block.head)
            rows = "".join(_row(row, len(block.head)) for row in block.rows)
            caption = f'<p class="source">{s(block.caption)}</p>' if block.caption else ""
            return (
                f'<div class="table" tabindex="0" role="region" aria-label="{s(block.head[0])}"><table>'
                f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{caption}"
            )
    raise TypeError(f"no block of a report: {block!r}")


def _row(row: list[Cell], columns: int) -> str:
    if len(row) == 1:
        return f'<tr><th class="groupe" scope="colgroup" colspan="{columns}">{_said(row[0].text)}</th></tr>'
    first = f'<th scope="row">{_said(row[0].text)}{_note(row[0].note)}</th>'
    rest = "".join(f'<td class="{_class(c)}">{_said(c.text)}{_note(c.note)}</td>' for c in row[1:])
    return f"<tr>{first}{rest}</tr>"


def _class(cell: Cell) -> str:
    return "fort" if cell.strong else "sourd" if cell.muted else "n"
