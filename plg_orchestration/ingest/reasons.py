"""Why a line is refused: the closed list of reason codes, and the limits that some of them rest on.

Finding the reason belongs to `strict.py` (JSON), `delimited.py` (CSV) and the dialects (meaning).
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

MAX_LINE_BYTES = 16 << 20
"""A line longer than this is refused (`size`)."""
MAX_HELD_BYTES = 256 << 20
"""A file with a line longer than this is refused whole, so that memory stays bounded."""
MAX_DEPTH = 128
"""JSON nested deeper than this is refused (`depth`)."""
MAX_INTEGER = 2**53
"""Integers beyond this lose digits in most readers; in an id or an amount they are refused (`number`)."""
FUTURE_SKEW = dt.timedelta(days=1)
"""How far `event_at` may lie after `received_at` (clocks differ) before the line is refused (`time`)."""
MAX_EXPANSION = 200
"""A gzip file that expands by more than this factor (beyond 64 MiB) is taken for a bomb and refused whole."""
MAX_EXPANDED_BYTES = 64 << 30
"""A gzip file that expands beyond this is refused whole."""


class Reason(StrEnum):
    """The reason codes of `ingest.quarantine`."""

    JSON_SYNTAX = "json_syntax"
    NOT_AN_OBJECT = "not_an_object"
    MISSING = "missing"
    TYPE = "type"
    NUMBER = "number"
    ENCODING = "encoding"
    KEYS = "keys"
    TIME = "time"
    CONFLICT = "conflict"
    DEPTH = "depth"
    SIZE = "size"
    CSV_SYNTAX = "csv_syntax"
    COLUMNS = "columns"
    VALUE = "value"
    FILE = "file"


MEANING: dict[Reason, str] = {
    Reason.JSON_SYNTAX: "the line is no JSON text",
    Reason.NOT_AN_OBJECT: "the line is JSON, but no object",
    Reason.MISSING: "a required value is absent, null or empty",
    Reason.TYPE: "a value has another type than its column",
    Reason.NUMBER: "a number is no finite number, or loses digits in an id or an amount",
    Reason.ENCODING: "the bytes are no UTF-8 text, or hold NUL, a lone surrogate or a byte order mark in the middle",
    Reason.KEYS: "an object has the same key twice, or keys that differ only in case",
    Reason.TIME: "a time has no zone, is no date of the calendar, or lies before the workspace's start or in the future",
    Reason.CONFLICT: "the id was already used for other content",
    Reason.DEPTH: f"nested deeper than {MAX_DEPTH}",
    Reason.SIZE: f"the line is longer than {MAX_LINE_BYTES >> 20} MiB",
    Reason.CSV_SYNTAX: "the record's quotes do not close, or stand where none may",
    Reason.COLUMNS: "the record has another number of fields than the header",
    Reason.VALUE: "a value is not one of those that its column allows",
    Reason.FILE: "the whole file cannot be read; it is kept in the lake's folder `refused`",
}


@dataclass(frozen=True)
class Refusal:
    """One refused line: its number, the reason, what exactly was wrong, and its bytes."""

    line: int
    reason: Reason
    detail: str
    raw: bytes


class FileRefused(Exception):
    """The whole file cannot be read; the message says why."""
