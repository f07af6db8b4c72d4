"""The day's queue of plays as a file for people and tools: CSV that a spreadsheet cannot mistake for formulas.

Which plays are in it is decided in `plays.sql`; how a file is replaced in one step, in the warehouse's Parquet module.
"""

import csv
import io
from pathlib import Path

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse.parquet import write_text

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins with one of these may be run as a formula; an apostrophe before it makes it plain text."""


def queue_text(rows: pa.Table) -> str:
    """The rows as CSV: a header, every row in the order given, a line feed after each, texts quoted, instants as UTC.

    >>> print(queue_text(pa.table({"reason": ["=1+1", "a, b"], "place": [1, None]})))
    "reason","place"
    "'=1+1",1
    "a, b",""
    <BLANKLINE>
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(rows.column_names)
    columns = [_cells(column) for column in rows.columns]
    writer.writerows(zip(*columns, strict=True))
    return target.getvalue()


def write_queue(rows: pa.Table, *, as_of: AsOf, state: Path) -> Path:
    """Write the queue to `<state>/reports/<as_of>/play_queue.csv` in one step, the same bytes for the same rows; its path."""
    path = state / "reports" / str(as_of.date) / "play_queue.csv"
    write_text(path, queue_text(rows))
    return path


def _cells(column: pa.ChunkedArray) -> list[object]:
    if pa.types.is_timestamp(column.type):
        return [None if value is None else f"{value.isoformat()}Z" for value in column.to_pylist()]
    if pa.types.is_string(column.type):
        return [f"'{value}" if value is not None and value.startswith(RISKY) else value for value in column.to_pylist()]
    return column.to_pylist()
