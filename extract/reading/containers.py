"""From the bytes received to the file to read: not a web page, not a bomb, the right member of a zip,
unzipped."""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from extract.errors import DeliveryRefused

LARGEST_UNPACKED = 8 << 30  # bytes; the largest Melodi csv known is under 3 GB
CHUNK = 1 << 20
# What the standard library raises on a spoilt archive, by its documentation and by fuzzing.
SPOILT = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError),
)
HTML_START = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE
)


def refuse_html(path: Path, content_type: str) -> None:
    """Raise DeliveryRefused when the answer is a web page (captcha, maintenance) or is empty."""
    with path.open("rb") as handle:
        start = handle.read(512)
    if not start:
        raise DeliveryRefused("la réponse est vide (0 octet)")
    if HTML_START.match(start) or content_type.lower().startswith("text/html"):
        raise DeliveryRefused(
            "le site a répondu une page web (HTML) au lieu des "
            "données : captcha, maintenance ou adresse changée"
        )


def opened(path: Path, lecture: dict[str, Any], content_type: str, scratch: Path) -> Path:
    """The file to read: `path` itself, or what a gzip or a zip holds, unpacked into `scratch`."""
    refuse_html(path, content_type)
    with path.open("rb") as handle:
        magic = handle.read(4)
    if magic[:2] == b"\x1f\x8b":
        return _gunzip(path, scratch / "contenu")
    if lecture.get("membre"):
        if magic[:2] != b"PK":
            raise DeliveryRefused(f"un zip était attendu, reçu autre chose (premiers octets : {magic!r})")
        return _member(path, lecture["membre"], scratch / "membre")
    return path


def _gunzip(path: Path, target: Path) -> Path:
    with gzip.open(path, "rb") as source:
        _copy(source, target, "gzip")
    return target


def _member(path: Path, wanted: str, target: Path) -> Path:
    try:
        archive = zipfile.ZipFile(path)
    except SPOILT as error:
        raise DeliveryRefused(f"zip abîmé ou coupé : {error}") from error
    with archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        found = [name for name in names if re.search(wanted, name)]
        if len(found) != 1:
            raise DeliveryRefused(
                f"le zip devait contenir un seul fichier « {wanted} "
                f"» ; il contient : {', '.join(names) or 'rien'}"
            )
        try:
            source = archive.open(found[0])
        except SPOILT as error:
            raise DeliveryRefused(f"zip abîmé ou coupé : {error}") from error
        with source:
            _copy(source, target, "zip")
    return target


def _copy(source: IO[bytes] | gzip.GzipFile, target: Path, kind: str) -> None:
    """Unpack; what cannot be read is the producer's, what cannot be written (a full disk) is ours."""
    unpacked = 0
    with target.open("wb") as sink:
        while True:
            try:
                chunk = source.read(CHUNK)
            except SPOILT as error:
                raise DeliveryRefused(f"{kind} abîmé ou coupé : {error}") from error
            if not chunk:
                return
            unpacked += len(chunk)
            if unpacked > LARGEST_UNPACKED:
                raise DeliveryRefused(f"le fichier dépasse {LARGEST_UNPACKED >> 30} Gio une fois décompressé")
            sink.write(chunk)
