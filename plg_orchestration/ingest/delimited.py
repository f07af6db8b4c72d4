"""CSV and Parquet into records: every record keeps its place and its bytes, and a broken one costs no good one.

What a record's values mean is in `dialects/columns.py`.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from plg_orchestration.ingest.lines import chunks, without_feed
from plg_orchestration.ingest.reasons import MAX_LINE_BYTES, FileRefused, Reason, Refusal

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
MAX_PHYSICAL_LINES = 64
"""A record's quotes must close within so many physical lines; else its first line alone is refused."""
RECORDS_A_BATCH = 65_536

RECORDS = pa.schema([("line", pa.int64()), ("raw", pa.large_string()), ("v", pa.large_list(pa.large_string()))])


@dataclass
class Batch:
    """Some records of a table: those that can be read as `rows` (`RECORDS`), the refused, and how many were blank."""

    rows: pa.Table
    refused: list[Refusal] = field(default_factory=list[Refusal])
    blank: int = 0


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

    def batches(self, wanted: tuple[str, ...]) -> Iterator[Batch]:
        """The records in batches, with the columns `wanted` in that order."""
        places = [self.header.index(name) for name in wanted]
        lines: list[int] = []
        raws: list[str] = []
        values: list[list[str | None]] = []
        batch = Batch(RECORDS.empty_table())
        while (at := self._next()) is not None:
            record = self._record(*at)
            if record is None:
                batch.blank += 1
            elif isinstance(record, Refusal):
                batch.refused.append(record)
            else:
                text, fields = record
                lines.append(at[0])
                raws.append(text)
                values.append([fields[place] or None for place in places])
            if len(lines) + len(batch.refused) >= RECORDS_A_BATCH:
                yield _filled(batch, lines, raws, values)
                batch, lines, raws, values = Batch(RECORDS.empty_table()), [], [], []
        yield _filled(batch, lines, raws, values)

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


def _filled(batch: Batch, lines: list[int], raws: list[str], values: list[list[str | None]]) -> Batch:
    columns = [pa.array(lines, pa.int64()), pa.array(raws, pa.large_string()), pa.array(values, RECORDS.field("v").type)]
    batch.rows = pa.Table.from_arrays(columns, schema=RECORDS)
    return batch


class ParquetFile:
    """A Parquet file; its rows are numbered from 1, timestamps without a zone are UTC."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise FileRefused(f"unreadable Parquet: {str(error)[:200]}") from None
        self.header = tuple(self._file.schema_arrow.names)

    def batches(self, wanted: tuple[str, ...]) -> Iterator[Batch]:
        """The rows in batches, with the columns `wanted` as text in that order; FileRefused when a page is broken."""
        parts = self._file.iter_batches(batch_size=RECORDS_A_BATCH, columns=list(wanted))
        first = 1
        while True:
            try:
                part = next(parts, None)
            except (pa.ArrowException, OSError) as error:
                raise FileRefused(f"unreadable Parquet after {first - 1} rows: {str(error)[:200]}") from None
            if part is None:
                return
            yield Batch(_records(part, wanted, first))
            first += part.num_rows


def _records(part: pa.RecordBatch, wanted: tuple[str, ...], first: int) -> pa.Table:
    import pyarrow.compute as pc

    rows, width = part.num_rows, len(wanted)
    texts = [_as_text(part.column(name)) for name in wanted]
    separator = pa.scalar("\x1f", pa.large_string())
    raw = pc.binary_join_element_wise(  # pyright: ignore[reportAttributeAccessIssue]
        *texts, separator, null_handling="replace", null_replacement=""
    )
    by_row = np.arange(rows * width).reshape(width, rows).T.ravel()
    values = pa.LargeListArray.from_arrays(
        pa.array(np.arange(rows + 1) * width, pa.int64()), pa.concat_arrays(texts).take(pa.array(by_row))
    )
    return pa.table({"line": pa.array(np.arange(first, first + rows), pa.int64()), "raw": raw, "v": values}).cast(RECORDS)


def _as_text(values: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    if pa.types.is_timestamp(values.type):
        utc = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
        stamps = pc.strftime(utc, format="%Y-%m-%dT%H:%M:%SZ")  # pyright: ignore[reportAttributeAccessIssue]
        return stamps.cast(pa.large_string())
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        texts = [None if value is None else json.dumps(value, default=str) for value in values.to_pylist()]
        return pa.array(texts, pa.large_string())
    return values.cast(pa.large_string())
