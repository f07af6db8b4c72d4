"""Reference tables as CSV: how rows become a table, times become text, and a file is written.

What stands in each table is decided in `reference` and `compliance`.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from plg_orchestration.demo.randomness import NEVER, Ints
from plg_orchestration.demo.sizes import Calendar


def day_start(calendar: Calendar, day: int, hour: int = 9) -> dt.datetime:
    """An hour (UTC) of day number `day`."""
    return dt.datetime.combine(calendar.date(day), dt.time(hour), tzinfo=dt.UTC)


def table(names: str, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """A table of text columns with the given comma-separated names; times are written in ISO form with their zone."""
    columns = [name.strip() for name in names.split(",")]
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pa.table({name: pa.array([_text(v) for v in column], pa.string()) for name, column in zip(columns, values, strict=True)})


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def times(calendar: Calendar, at: Ints) -> pa.Array:
    """Milliseconds since the start as ISO text in UTC; NEVER as null."""
    start = np.datetime64(calendar.start, "ms")
    missing = at >= NEVER
    text = np.datetime_as_string(start + np.where(missing, 0, at).astype("timedelta64[ms]"), unit="ms", timezone="UTC")
    return pa.array(text.astype(object), pa.string(), mask=missing)


def write(folder: Path, name: str, rows: pa.Table) -> None:
    """Write `data/<name>.csv`."""
    path = folder / "data" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.csv.write_csv(rows, path, pa.csv.WriteOptions(quoting_style="needed"))
