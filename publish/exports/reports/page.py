"""A report as one HTML file that needs no server, no script and no network."""

from __future__ import annotations

from html import escape

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

STYLE = """
:root{--encre:#1D2733;--bleu:#1F3A5F;--pale:#EEF2F6;--gris:#596471;--filet:#D5DBE2;--rouge:#B53A24}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--encre);font:15px/1.4 "Source Sans 3","Source Sans Pro","Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif}
main,header>div,footer{max-width:1060px;margin:0 auto;padding:0 20px}
header{background:var(--bleu);color:#fff;padding:20px 0 18px}
header p{margin:0;font-size:14px}
header .genre{letter-spacing:.06em;text-transform:uppercase;font-size:12px}
h1{font-size:34px;line-height:1.15;margin:4px 0}
h2{color:var(--bleu);border-bottom:2px solid var(--bleu);padding-bottom:4px;margin:34px 0 16px;font-size:22px}
h3{color:var(--bleu);font-size:16px;margin:0 0 6px}
.rang{display:grid;gap:26px;margin:0 0 24px}
.carte{background:var(--pale);border-radius:4px;padding:12px 14px}
.carte p{margin:0;font-size:13px}.carte .l{color:var(--gris)}
.carte .v{font-size:28px;font-weight:600;color:var(--bleu);line-height:1.25}
figure{margin:0}figure svg{width:100%;height:auto;display:block;font-family:inherit}
figcaption,.source{color:var(--gris);font-size:12px;margin:4px 0 0}
.reponse{margin:0 0 8px}
dl{margin:0}dl div{display:grid;grid-template-columns:1fr 1.25fr;gap:8px;border-bottom:1px solid var(--filet);padding:5px 0}
dt{color:var(--gris)}dd{margin:0;font-weight:600}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th{background:var(--bleu);color:#fff;font-weight:600}th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--filet)}
th:first-child,td:first-child,tbody th{text-align:left}tbody th{background:#fff;color:inherit;font-weight:400}
tbody th.groupe{background:var(--pale);color:var(--bleu);font-weight:600}
td.sourd{color:var(--gris);font-style:italic}td.fort{font-weight:600}
sup a{color:var(--gris);text-decoration:none;font-weight:400;padding:0 2px}
ul{padding-left:18px;margin:0}li{margin:3px 0}li::marker{color:var(--rouge)}.petit{font-size:13px}
.notes{font-size:12.5px;columns:2;column-gap:28px}.notes p{break-inside:avoid;margin:0 0 6px}.notes span{color:var(--gris)}
.pile+.pile{margin-top:16px}
footer{border-top:1px solid var(--filet);color:var(--gris);font-size:12px;padding:14px 20px 30px;margin-top:30px}
@media(max-width:720px){.rang{grid-template-columns:1fr!important}.notes{columns:1}}
@media print{h2{break-after:avoid}.rang{break-inside:avoid}}
"""


def write(document: Document) -> str:
    """The HTML text."""
    s = _said
    parts = [
        f'<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{s(document.kind)} — {s(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header><div><p class="genre">{s(document.kind)} · {s(document.region)}</p><h1>{s(document.title)}</h1>'
        f"<p>{s(document.subtitle)}</p></div></header>\n<main>"
    ]
    for page in document.pages:
        parts.append("<section>" + (f"<h2>{s(page.title)}</h2>" if page.title else "<div>&nbsp;</div>"))
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
                f"<figure>{block.drawing.svg()}<figcaption>{s(block.source)}</figcaption></figure>"
            )
        case Picture():
            return (
                f"<h3>{s(block.title)}</h3><figure>{block.drawing.svg()}"
                f"<figcaption>{s(block.source)}</figcaption></figure>"
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
    rest = "".join(
        f'<td class="{"fort" if c.strong else "sourd" if c.muted else "n"}">{_said(c.text)}{_note(c.note)}</td>'
        for c in row[1:]
    )
    return f"<tr>{first}{rest}</tr>"
