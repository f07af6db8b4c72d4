"""The day's queue of plays as a file for people and tools.

Which plays are in it is decided in `plays.sql`; how rows become CSV, in `csv_text.py`.
"""

from pathlib import Path

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.csv_text import csv_text
from plg_orchestration.warehouse.parquet import write_text


def write_queue(rows: pa.Table, *, as_of: AsOf, state: Path) -> Path:
    """Write the queue to `<state>/reports/<as_of>/play_queue.csv` in one step, the same bytes for the same rows; its path."""
    path = state / "reports" / str(as_of.date) / "play_queue.csv"
    write_text(path, csv_text(rows))
    return path
