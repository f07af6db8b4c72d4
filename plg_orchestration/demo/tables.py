"""Reference tables as CSV: how rows become a table, times become text, and a file is written.

What stands in each table is decided in `reference` and `compliance`.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from plg_orchestration.demo.randomness import Ints
from plg_orchestration.demo.sizes import Calendar
from plg_orchestration.demo.stamps import texts


def day_start(calendar: Calendar, day: int, hour: int = 9) -> dt.datetime:
    """An hour (UTC) of day number `day`."""
    return dt.datetime.combine(calendar.date(day), dt.time(hour), tzinfo=dt.UTC)


def table(names: str, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """A table of text columns with the given comma-separated names; times are written in ISO form with their zone."""
    columns = [name.strip() for name in names.split(",")]
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    named = zip(columns, values, strict=True)
    return pa.table({name: pa.array([_text(value) for value in column], pa.string()) for name, column in named})


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def times(calendar: Calendar, at: Ints) -> pa.Array:
    """Milliseconds since the start as ISO text in UTC; NEVER as null."""
    return texts(calendar.start, at)


def write(folder: Path, name: str, rows: pa.Table) -> None:
    """Write `data/<name>.csv`."""
    path = folder / "data" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    csv.write_csv(rows, path, csv.WriteOptions(quoting_style="needed"))
