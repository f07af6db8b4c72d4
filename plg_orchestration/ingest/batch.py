"""Files that are taken in together, and what becomes of their lines; small files share the fixed cost of statements.

Lines are numbered through the batch: a line's `place` is its number in its file plus the file's `first`. A file is in one batch
only, and a batch is one transaction, so each file is there as a whole or not at all.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from plg_orchestration.config.sources import Source
from plg_orchestration.ingest.reasons import Refusal

BATCH_BYTES = 96 << 20
"""Files are gathered up to this size; a larger one is a batch of its own."""
BATCH_FILES = 512
STAGED = "staged_rows"
"""The temporary table of a batch's rows; rows that are no accepted rows have a `problem`."""
PACKED = 10
"""How much larger than its size a gzip file is taken to be."""


@dataclass
class Intake:
    """One file on its way in: what it is, where its lines begin in the batch, and what became of them so far.

    `fields` are the columns that are taken from a CSV or Parquet file.
    """

    index: int
    path: Path
    shown: str
    file_id: str
    date: dt.date | None
    size: int
    changed_ns: int
    first: int = 0
    lines: int = 0
    blank: int = 0
    accepted: int = 0
    duplicates: int = 0
    erased: int = 0
    refused: list[Refusal] = field(default_factory=list[Refusal])
    note: str | None = None
    fields: tuple[str, ...] = ()


@dataclass
class Batch:
    """Files of one source, in order, and whether the temporary table of their rows was made."""

    source: Source
    files: list[Intake]
    staged: bool = False

    def at(self, place: int) -> Intake:
        """The file that a place belongs to."""
        low, high = 0, len(self.files) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.files[middle].first < place else (low, middle - 1)
        return self.files[low]


@dataclass(frozen=True)
class Clock:
    """The workspace's clock: its zone, its first instant, and for a file's date the limits that its rows are judged by."""

    timezone: str
    start: dt.datetime
    through: dt.date

    def table(self, files: Iterable[Intake]) -> pa.Table:
        """`batch_files`: for each file its `floor` and `received_limit` (NULL when undated), the day's first and last instant."""
        from plg_orchestration.clock import midnight
        from plg_orchestration.ingest.reasons import FUTURE_SKEW

        rows: list[dict[str, object]] = []
        for file in files:
            day = file.date or self.through
            start = midnight(day, self.timezone)
            last = midnight(day + dt.timedelta(days=1), self.timezone) - dt.timedelta(microseconds=1)
            rows.append({
                "file": file.index, "file_id": file.file_id, "first": file.first, "day_start": start, "day_last": last,
                "floor": start if file.date else None, "received_limit": last + FUTURE_SKEW if file.date else None,
            })  # fmt: skip
        return pa.Table.from_pylist(rows, schema=FILES_SCHEMA)


STAMP = pa.timestamp("us")
FILES_SCHEMA = pa.schema([
    ("file", pa.int64()), ("file_id", pa.string()), ("first", pa.int64()), ("day_start", STAMP), ("day_last", STAMP),
    ("floor", STAMP), ("received_limit", STAMP),
])  # fmt: skip


def batches(files: Iterable[tuple[Source, Intake]]) -> Iterator[Batch]:
    """Consecutive files of one source gathered into batches, in order."""
    held: Batch | None = None
    size = 0
    for source, file in files:
        weight = file.size * (PACKED if file.path.suffix == ".gz" else 1)
        if held is not None and (held.source is not source or size + weight > BATCH_BYTES or len(held.files) >= BATCH_FILES):
            yield held
            held = None
        if held is None:
            held, size = Batch(source, []), 0
        file.index = len(held.files)
        held.files.append(file)
        size += weight
    if held is not None:
        yield held
