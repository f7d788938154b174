"""The few bytes of Quack's messages that the front reads: who asks, what is asked, how many rows came back.

Messages are DuckDB's binary serialization: fields `id (2 bytes, little endian) value`, closed by 0xFFFF;
integers are LEB128 varints, a string is its varint length and its bytes. A header object (1 type, 2
connection id, 3 client query id) precedes the body object. What is not read is passed on untouched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CONNECT, CONNECTED, PREPARE, PREPARED, FETCH, FETCHED, SUCCESS, DISCONNECT, ERROR = (
    1,
    2,
    3,
    4,
    7,
    8,
    10,
    11,
    100,
)
ID_LENGTH = 32
END = b"\xff\xff"
NO_QUERY = b"\xff" * 9 + b"\x01"  # the varint of an absent client query id
MAX_FIELDS = 8
# A chunk: pointer present, field 300 (the chunk), field 100 (its rows), then field 101 (its types).
CHUNK = re.compile(rb"\x01\x2c\x01\x64\x00([\x80-\xff]{0,9}[\x00-\x7f])\x65\x00")
RESULTS = re.compile(rb"(?:\x04|\x01)\x00([\x80-\xff]{0,9}[\x00-\x7f])$", re.DOTALL)


class ProtocolError(Exception):
    """The bytes are not a message of the protocol."""


@dataclass(frozen=True)
class Message:
    """A message as far as the front needs it. `text`: the token of a CONNECT, the SQL of a PREPARE, else
    None.
    """

    kind: int
    connection: str | None
    text: str | None
    raw: bytes
    connection_at: int
    text_at: tuple[int, int]

    def with_connection(self, connection: str) -> bytes:
        """The same message for another connection id, of the same length."""
        at = self.connection_at
        return self.raw[:at] + connection.encode("ascii") + self.raw[at + ID_LENGTH :]

    def with_text(self, text: str) -> bytes:
        """The same message with another token or SQL text."""
        start, end = self.text_at
        value = text.encode("utf-8")
        return self.raw[:start] + varint(len(value)) + value + self.raw[end:]


def varint(value: int) -> bytes:
    """LEB128, unsigned."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _varint_at(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(raw) or shift > 63:
            raise ProtocolError("entier tronqué")
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def _string_at(raw: bytes, at: int) -> tuple[str, int]:
    length, start = _varint_at(raw, at)
    end = start + length
    if end > len(raw):
        raise ProtocolError("texte tronqué")
    try:
        return raw[start:end].decode("utf-8"), end
    except UnicodeDecodeError as error:
        raise ProtocolError("texte illisible") from error


def read(raw: bytes) -> Message:
    """Reads the header and, for CONNECT and PREPARE, the first text of the body. Raises ProtocolError."""
    kind: int | None = None
    connection, connection_at, at = None, 0, 0
    for _ in range(MAX_FIELDS):
        field, at = raw[at : at + 2], at + 2
        if field == END:
            break
        match field:
            case b"\x01\x00" | b"\x03\x00":
                value, at = _varint_at(raw, at)
                kind = value if field == b"\x01\x00" else kind
            case b"\x02\x00":
                connection, at = _string_at(raw, at)
                connection_at = at - ID_LENGTH
            case _:
                raise ProtocolError("champ d'en-tête inconnu")
    else:
        raise ProtocolError("en-tête sans fin")
    if kind is None or (connection is not None and not re.fullmatch(r"[0-9A-F]{32}", connection)):
        raise ProtocolError("en-tête incomplet")
    text, text_at = None, (0, 0)
    if kind in (CONNECT, PREPARE):
        if raw[at : at + 2] != b"\x01\x00":
            raise ProtocolError("corps sans texte")
        text, end = _string_at(raw, at + 2)
        text_at = (at + 2, end)
    return Message(kind, connection, text, raw, connection_at, text_at)


def error(message: str) -> bytes:
    """An error response; the reader's client shows `message`."""
    value = message.encode("utf-8")
    return b"\x01\x00\x64\x03\x00" + NO_QUERY + END + b"\x01\x00" + varint(len(value)) + value + END


def error_text(raw: bytes) -> str | None:
    """The message of an error response, None for any other."""
    if not raw.startswith(b"\x01\x00\x64"):
        return None
    at = raw.find(END + b"\x01\x00", 3)
    return _string_at(raw, at + 4)[0] if at >= 0 else ""


@dataclass(frozen=True)
class Batch:
    """What a response carries. `rows` is None when it could not be counted for sure; `more`: fetches must
    follow.
    """

    rows: int | None
    more: bool
    empty: bool


def batch(raw: bytes) -> Batch:
    """Counts the rows of a PREPARED or FETCHED response without decoding its columns.

    Chunks are found by their fixed bytes followed by the very types of the first one; when their number is
    not the announced one (a value may hold the same bytes), the count is not known and None is given rather
    than a wrong one.
    """
    first = CHUNK.search(raw)
    prepared = raw.startswith(b"\x01\x00\x04")
    if first is None:
        return Batch(0, prepared and b"\x03\x00\x01\x05\x00" in raw[-40:], True)
    announced = RESULTS.search(raw, 0, first.start())
    if announced is None:
        return Batch(None, prepared, False)
    more = prepared and raw[announced.start() - 3 : announced.start()] == b"\x03\x00\x01"
    number = _varint_at(announced.group(1), 0)[0]
    if number == 1:
        return Batch(_varint_at(first.group(1), 0)[0], more, False)
    types = _types(raw, first.end())
    if types is None:
        return Batch(None, more, False)
    found = [
        _varint_at(m.group(1), 0)[0]
        for m in CHUNK.finditer(raw, first.start())
        if raw.startswith(types, m.end())
    ]
    return Batch(sum(found) if len(found) == number else None, more, False)


def _types(raw: bytes, start: int) -> bytes | None:
    """The types of the first chunk with the mark of its columns: up to field 102, whose list is as long."""
    number, _ = _varint_at(raw, start)
    mark = b"\x66\x00" + varint(number)
    end = raw.find(END + mark, start)
    return raw[start : end + 2 + len(mark)] if end >= 0 else None
