"""Is this membership table made of communes that exist? Each fault with its line, its reason, the likely fix.

What a spreadsheet ruins (lost zeros, decimals, spaces), a code of another year, a commune déléguée, a commune
given twice, a commune that never existed: nothing is corrected here, everything is told."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from extract.cog import FIRST_YEAR, Cog, ranges
from extract.errors import DeliveryRefused

CODE = re.compile(r"[0-9][0-9AB][0-9]{3}")
COLUMNS = (
    "codgeo",
    "code_commune",
    "codecommune",
    "commune",
    "com",
    "insee",
    "code_insee",
    "codeinsee",
    "depcom",
    "code",
)
TYPES = {"COMD": "une commune déléguée", "COMA": "une commune associée", "ARM": "un arrondissement municipal"}


@dataclass(frozen=True)
class Member:
    """One row of a membership table: its line in the file, the code as written, the zone if it is known."""

    line: int
    code: str
    zone: str | None = None


@dataclass(frozen=True)
class Fault:
    """A refused row."""

    line: int
    code: str
    kind: str
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"ligne {self.line} : « {self.code} » : {self.reason} {self.fix}".rstrip()


@dataclass(frozen=True)
class Verdict:
    """All that is wrong with a table, and the vintages that would fit it (once its codes are mended)."""

    cog: int
    rows: int
    faults: tuple[Fault, ...]
    fitting: tuple[int, ...]

    @property
    def advice(self) -> str | None:
        """What to do about the whole file, when one thing explains most of its faults."""
        kinds = Counter(fault.kind for fault in self.faults)
        words = []
        if kinds["zero_perdu"] > 1:
            words.append(
                f"{kinds['zero_perdu']} codes ont perdu leur zéro de tête : le fichier a été enregistré "
                "par un tableur. Repartez de l'original, ou importez la colonne des codes comme du texte."
            )
        if self.faults and self.fitting and self.cog not in self.fitting:
            words.append(
                f"Tous ses codes sont ceux du COG {ranges(self.fitting)} : donnez --cog {self.fitting[-1]}, "
                f"ou remplacez les codes ci-dessus par ceux de {self.cog}."
            )
        return " ".join(words) or None


def verify(members: Sequence[Member], cog: Cog, year: int | None = None) -> Verdict:
    """Judge a membership table against the communes of `year` (by default the newest list)."""
    year = cog.last_year if year is None else year
    known = cog.lists[year]
    faults: list[Fault] = []
    seen: dict[tuple[str | None, str], int] = {}
    mended: list[str] = []
    for member in members:
        code = member.code
        fault = _form(member, cog)
        if fault is None and code not in known:
            fault = _unknown(member, cog, year)
        better = _mend(code)
        if CODE.fullmatch(better):
            mended.append(better)
            first = seen.setdefault((member.zone, better), member.line)
            if first != member.line:
                faults.append(
                    Fault(
                        member.line, code, "doublon", f"{cog.name(better)} est déjà à la ligne {first}.",
                        "Ôtez l'une des deux lignes.",
                    )
                )  # fmt: skip
        if fault:
            faults.append(fault)
    fitting = tuple(
        y for y, codes in sorted(cog.lists.items()) if mended and all(code in codes for code in mended)
    )
    return Verdict(year, len(members), tuple(sorted(faults, key=lambda f: (f.line, f.kind))), fitting)


def _mend(code: str) -> str:
    """The code that a spreadsheet has most likely spoilt."""
    plain = re.sub(r"[\s\u00a0\u202f']", "", code).upper()
    plain = re.sub(r"[.,]0+$", "", plain)
    return plain.zfill(5) if plain.isdigit() and len(plain) < 5 else plain


def _form(member: Member, cog: Cog) -> Fault | None:
    """A code that is not written as a commune code."""
    code, better = member.code, _mend(member.code)
    if CODE.fullmatch(code):
        return None
    if not code.strip():
        return Fault(member.line, code, "vide", "pas de code.", "Complétez la ligne ou ôtez-la.")
    if not cog.years(better):
        return Fault(
            member.line, code, "jamais", "ce n'est pas un code de commune.",
            "Un code a cinq caractères, comme 14118 ou 2A004.",
        )  # fmt: skip
    likely = f"Sans doute {better} ({cog.name(better)})."
    if code.strip().isdigit() and len(code.strip()) < 5:
        return Fault(member.line, code, "zero_perdu", "le zéro de tête est perdu.", likely)
    return Fault(member.line, code, "forme", "le code n'est pas écrit sur cinq caractères.", likely)


def _unknown(member: Member, cog: Cog, year: int) -> Fault:
    """A well-written code that the list does not hold: another vintage, a part of a commune, or nothing."""
    code = member.code
    years = cog.years(code)
    if years:
        nearest = min(years, key=lambda y: (abs(y - year), -y))
        fix = f"Le millésime qui convient : {ranges(years)}."
        heirs = cog.successors(code, nearest) if nearest < year else []
        if heirs and year == cog.last_year:
            fix += f" En {year} : {' et '.join(f'{one} ({cog.name(one)})' for one in heirs)}."
        return Fault(
            member.line, code, "millesime", f"{cog.name(code)} n'est pas une commune du COG {year}.", fix
        )
    if code in cog.fractions:
        kind, name, parent = cog.fractions[code]
        return Fault(
            member.line, code, "fraction", f"{name} est {TYPES.get(kind, kind)}, pas une commune.",
            f"La commune est {parent} ({cog.name(parent)}).",
        )  # fmt: skip
    former = cog.former(code)
    if former:
        date, heirs = former
        today = " et ".join(f"{one} ({cog.name(one)})" for one in heirs) or "rien"
        return Fault(
            member.line, code, "ancien", f"{cog.name(code)} n'existe plus depuis le {date:%d/%m/%Y}.",
            f"Les listes commencent en {FIRST_YEAR}. Aujourd'hui : {today}.",
        )  # fmt: skip
    return Fault(
        member.line, code, "jamais", "aucune commune n'a porté ce code.",
        f"Vérifiez le code ; les listes connues vont de {FIRST_YEAR} à {cog.last_year}.",
    )  # fmt: skip


def read_members(path: Path, column: str | None = None, zone: str | None = None) -> list[Member]:
    """The rows of a csv or a workbook; raises DeliveryRefused when no column of codes can be found.

    `column`: the column of codes, else the first that bears a usual name. `zone`: the column of zones, for a
    table in which a commune may lie in several."""
    for rows in _tables(path):
        for start, (_, header) in enumerate(rows[:20]):
            names = [cell.strip().lower() for cell in header]
            wanted = [column.lower()] if column else [name for name in COLUMNS if name in names]
            if wanted and wanted[0] in names:
                position = names.index(wanted[0])
                if zone and zone.lower() not in names:
                    raise DeliveryRefused(f"{path.name} : pas de colonne {zone} parmi {', '.join(header)}")
                place = names.index(zone.lower()) if zone else None
                return [
                    Member(line, _cell(row, position) or "", _cell(row, place))
                    for line, row in rows[start + 1 :]
                    if any(cell.strip() for cell in row)
                ]
    raise DeliveryRefused(
        f"{path.name} : aucune colonne de codes de communes "
        f"({column or 'CODGEO, code_commune, COM, INSEE…'}) dans les vingt premières lignes ; "
        "nommez-la avec --colonne"
    )


def _cell(row: list[str], position: int | None) -> str | None:
    return None if position is None else row[position] if position < len(row) else ""


def _tables(path: Path) -> Iterator[list[tuple[int, list[str]]]]:
    """The tables of a file (the sheets of a workbook), each as its lines with their numbers."""
    try:
        if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
            book = CalamineWorkbook.from_path(path)
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                yield [(n, [_text(cell) for cell in row]) for n, row in enumerate(sheet, start=1)]
        else:
            yield _lines(path.name, path.read_bytes())
    except (OSError, CalamineError) as error:
        raise DeliveryRefused(f"{path} ne se lit pas : {error}") from error


def _lines(name: str, data: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(";,\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            raise DeliveryRefused(f"{name}, ligne {line} : {error}") from error
        rows.append((line, row))


def _text(cell: object) -> str:
    """A workbook's cell as it is seen: a code stored as a number has lost its zero, not gained decimals."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def summary(verdict: Verdict, most: int | None = 20) -> Iterable[str]:
    """The verdict in lines to print: the first faults, the counts by kind, the advice."""
    shown = verdict.faults if most is None else verdict.faults[:most]
    yield from (str(fault) for fault in shown)
    if len(shown) < len(verdict.faults):
        yield f"… et {len(verdict.faults) - len(shown)} autres (--tout les donne)."
    if verdict.faults:
        faults = f"{len(verdict.faults)} faute{'s' if len(verdict.faults) > 1 else ''}"
        yield f"Refusé : {faults} sur {verdict.rows} lignes (communes du COG {verdict.cog})."
        if verdict.advice:
            yield verdict.advice
    else:
        yield f"Accepté : {verdict.rows} lignes, toutes des communes du COG {verdict.cog}."
