"""CSV and Parquet into records: every record keeps its place and its bytes, and a broken one costs no good one.

The columns that SQL reads are made of records in `records.py`; what their values mean is in `dialects/columns.py`.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from plg_orchestration.ingest.lines import chunks, without_feed
from plg_orchestration.ingest.reasons import MAX_LINE_BYTES, FileRefused, Reason, Refusal
from plg_orchestration.ingest.records import TEXT, Records

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
MAX_PHYSICAL_LINES = 64
"""A record's quotes must close within so many physical lines; else its first line alone is refused."""
RECORDS_A_BATCH = 65_536


class CsvFile:
    """A CSV file (RFC 4180, comma, double quotes, first record a header; gzip allowed), read record by record."""

    def __init__(self, path: Path) -> None:
        self._lines = _physical(path)
        self._ahead: list[tuple[int, bytes]] = []
        self.header = self._header()

    def _header(self) -> tuple[str, ...]:
        while (first := self._next()) is not None:
            fields = _fields(_decoded(first[1]) or "")
            if isinstance(fields, list) and fields:
                names = tuple(name.strip() for name in fields)
                twice = sorted({name for name in names if names.count(name) > 1})
                if twice:
                    raise FileRefused(f"the header names column {twice[0]!r} twice")
                return names
            if fields != []:
                raise FileRefused("the header cannot be read")
        return ()

    def _next(self) -> tuple[int, bytes] | None:
        return self._ahead.pop(0) if self._ahead else next(self._lines, None)

    def batches(self, wanted: tuple[str, ...]) -> Iterator[Records]:
        """The records in batches, with the columns `wanted` in that order."""
        places = [self.header.index(name) for name in wanted]
        lines: list[int] = []
        raws: list[str] = []
        values: list[list[str | None]] = [[] for _ in places]
        refused: list[Refusal] = []
        blank = 0
        while (at := self._next()) is not None:
            record = self._record(*at)
            if record is None:
                blank += 1
            elif isinstance(record, Refusal):
                refused.append(record)
            else:
                text, fields = record
                lines.append(at[0])
                raws.append(text)
                for column, place in zip(values, places, strict=True):
                    column.append(fields[place] or None)
            if len(lines) + len(refused) >= RECORDS_A_BATCH:
                yield _filled(lines, raws, values, refused, blank)
                lines, raws, values, refused, blank = [], [], [[] for _ in places], [], 0
        yield _filled(lines, raws, values, refused, blank)

    def records(self) -> Iterator[tuple[int, int, list[str] | None]]:
        """Each record's first physical line, how many lines it takes, and its fields; None for what is blank or no record."""
        while (at := self._next()) is not None:
            record = self._record(*at)
            text, fields = record if isinstance(record, tuple) else ("", None)
            yield at[0], text.count("\n") + 1, fields

    def _record(self, number: int, raw: bytes) -> tuple[str, list[str]] | Refusal | None:
        def refuse(reason: Reason, detail: str) -> Refusal:
            return Refusal(number, reason, detail, without_feed(raw))

        text = _decoded(raw)
        if text is None or len(raw) > MAX_LINE_BYTES or CONTROL.search(text):
            return refuse(*_unfit(raw, text))
        if not text.strip():
            return None
        fields = _fields(text)
        if isinstance(fields, str) and fields.startswith("unexpected end"):
            longer = self._extended(text)
            if longer is not None:
                text, fields = longer
        if isinstance(fields, str):
            return refuse(Reason.CSV_SYNTAX, fields)
        if len(fields) != len(self.header):
            return refuse(Reason.COLUMNS, f"{len(fields)} fields, the header has {len(self.header)}")
        return text.removesuffix("\n"), fields

    def _extended(self, text: str) -> tuple[str, list[str]] | None:
        """The record that begins with `text` and goes on in the next physical lines; None, with nothing taken, without one."""
        taken: list[tuple[int, bytes]] = []
        while len(taken) < MAX_PHYSICAL_LINES and (more := self._next()) is not None:
            taken.append(more)
            decoded = _decoded(more[1])
            if decoded is None or CONTROL.search(decoded) or len(text) > MAX_LINE_BYTES:
                break
            text += decoded
            if '"' not in decoded:
                continue
            fields = _fields(text)
            if isinstance(fields, list) and len(fields) == len(self.header):
                return text, fields
            if isinstance(fields, list) or not fields.startswith("unexpected end"):
                break
        self._ahead = [*taken, *self._ahead]
        return None


def _unfit(raw: bytes, text: str | None) -> tuple[Reason, str]:
    if len(raw) > MAX_LINE_BYTES:
        return Reason.SIZE, f"{len(raw)} bytes"
    return Reason.ENCODING, "no UTF-8" if text is None else "a control character"


def _physical(path: Path) -> Iterator[tuple[int, bytes]]:
    for chunk in chunks(path):
        yield from enumerate(chunk.raw.to_pylist(), start=chunk.first)


def _decoded(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _fields(text: str) -> list[str] | str:
    """The fields of one record, or the parser's complaint."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        return str(error)
    return rows[0] if rows else []


def _filled(lines: list[int], raws: list[str], values: list[list[str | None]], refused: list[Refusal], blank: int) -> Records:
    columns = [pa.array(column, TEXT) for column in values]
    return Records(pa.array(lines, pa.int64()), columns, pa.array(raws, TEXT), refused, blank)


class ParquetFile:
    """A Parquet file; its rows are numbered from 1, timestamps without a zone are UTC."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise FileRefused(f"unreadable Parquet: {str(error)[:200]}") from None
        self.header = tuple(self._file.schema_arrow.names)

    def batches(self, wanted: tuple[str, ...]) -> Iterator[Records]:
        """The rows in batches, with the columns `wanted` in that order; FileRefused when a page is broken."""
        parts = self._file.iter_batches(batch_size=RECORDS_A_BATCH, columns=list(wanted))
        first = 1
        while True:
            try:
                part = next(parts, None)
            except (pa.ArrowException, OSError) as error:
                raise FileRefused(f"unreadable Parquet after {first - 1} rows: {str(error)[:200]}") from None
            if part is None:
                return
            lines = pa.array(np.arange(first, first + part.num_rows))
            yield Records(lines, [part.column(name) for name in wanted])
            first += part.num_rows
