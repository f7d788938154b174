"""Bytes that are the same at every request: zip, gzip, xlsx and xls without the hour they were made."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

EPOCH = (2000, 1, 1, 0, 0, 0)

Sheets = Sequence[tuple[str, Iterable[Sequence[Any]]]]


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """Zip archive of the files, in the order given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=6)
    return buffer.getvalue()


def gzip_bytes(content: bytes) -> bytes:
    """Gzip of the content."""
    return gzip.compress(content, mtime=0)


def xlsx_bytes(sheets: Sheets) -> bytes:
    """Workbook of the sheets (name, rows); None is an empty cell, str stays text even when it looks like a
    number."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_numbers": False})
    workbook.set_properties({"created": datetime(*EPOCH)})
    for name, rows in sheets:
        sheet = workbook.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write_number(number, column, value)
    workbook.close()
    return buffer.getvalue()


def xls_bytes(sheets: Sheets) -> bytes:
    """The same in the binary format of Excel 97 that the older files of insee.fr have."""
    import xlwt  # slow to load, and only one file needs it

    workbook = xlwt.Workbook(encoding="utf-8")
    for name, rows in sheets:
        sheet = workbook.add_sheet(name)
        for number, row in enumerate(rows):
            line = sheet.row(number)
            for column, value in enumerate(row):
                if value is not None:
                    line.write(column, value)
        sheet.flush_row_data()
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
