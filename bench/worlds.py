"""The data of a benchmark: a workspace of size S or L with its whole history, and one that knows its last weeks alone.

Data is made once and kept beside the results; history is taken in before anything is measured.
"""

import datetime as dt
import os
import shutil
from pathlib import Path

from plg_orchestration.demo import generate

SHORT_DAYS = 28
NIGHTS = 3
"""The generator keeps the last three days as raw lines: these nights are measured."""


def data_of(folder: Path, size: str) -> Path:
    """The generated workspace of the size, made when it is not there."""
    made = folder / size
    if not (made / "truth.json").exists():
        shutil.rmtree(made, ignore_errors=True)
        generate(made, size=size, events="parquet", progress=lambda line: print(f"  {size}: {line}", flush=True))
    return made


def fresh_world(data: Path, world: Path, *, days: int | None = None) -> Path:
    """A workspace without state over the data; with `days` it begins so many days before its end and sees nothing earlier."""
    shutil.rmtree(world, ignore_errors=True)
    (world / "data").mkdir(parents=True)
    first, last = span(data)
    start = first if days is None else last - dt.timedelta(days=days - 1)
    for file in sorted((data / "data").rglob("*.*")):
        dated = file.parent.name in {"history", "events"}
        if dated and dt.date.fromisoformat(file.stem) < start:
            continue
        copy = world / file.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, copy)
    for name in ("plg.yaml", "history.yaml"):
        text = (data / name).read_text(encoding="utf-8")
        (world / name).write_text(text.replace(f"start: {first}", f"start: {start}"), encoding="utf-8")
    return world


def span(data: Path) -> tuple[dt.date, dt.date]:
    """The first and the last day of the data."""
    days = sorted(dt.date.fromisoformat(file.stem) for kind in ("history", "events") for file in (data / "data" / kind).iterdir())
    return days[0], days[-1]


def nights(data: Path) -> list[dt.date]:
    """The days whose nights are measured, oldest first."""
    last = span(data)[1]
    return [last - dt.timedelta(days=back) for back in range(NIGHTS - 1, -1, -1)]
