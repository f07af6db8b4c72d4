"""The data of a benchmark: a workspace of size S or L, and one of as many people and events a day that began 28 days ago.

Data is made once and kept beside the results; history is taken in before anything is measured.
"""

import datetime as dt
import os
import shutil
from dataclasses import replace
from pathlib import Path

from plg_orchestration.demo import generate
from plg_orchestration.demo.sizes import SIZES

SHORT_DAYS = 28
LAUNCH_DAYS = 14
"""The days in which the generator lets the launch's share of the accounts sign up."""
NIGHTS = 3
"""The generator keeps the last three days as raw lines: these nights are measured."""


def data_of(folder: Path, size: str) -> Path:
    """The generated workspace of the size, made when it is not there."""
    made = folder / size
    if not (made / "truth.json").exists():
        shutil.rmtree(made, ignore_errors=True)
        generate(made, size=size, events="parquet", progress=lambda line: print(f"  {size}: {line}", flush=True))
    return made


def short_data_of(folder: Path, data: Path) -> Path:
    """A workspace like `data` that ends on the same day and is 28 days old; made when it is not there.

    The same number of people is known at the end, as many as in `data` sign up on a day after the launch (so more of them
    belong to the launch), and they do as much a day. What remains different is what a shorter past brings: fewer of the people
    have gone silent, so somewhat more are active in a night.
    """
    whole, days = SIZES[data.name], (span(data)[1] - span(data)[0]).days + 1
    name = f"{data.name}-{SHORT_DAYS}"
    share = 1 - (1 - whole.launch_share) * (SHORT_DAYS - LAUNCH_DAYS) / (days - LAUNCH_DAYS)
    SIZES[name] = replace(whole, days=SHORT_DAYS, launch_share=share)
    made = folder / name
    if not (made / "truth.json").exists():
        shutil.rmtree(made, ignore_errors=True)
        generate(made, size=name, start=span(data)[1] - dt.timedelta(days=SHORT_DAYS - 1), events="parquet")
    return made


def raw_data_of(folder: Path, data: Path) -> Path:
    """The same data with every day as raw lines; made when it is not there."""
    made = folder / f"{data.name}-raw"
    if not (made / "truth.json").exists():
        shutil.rmtree(made, ignore_errors=True)
        generate(made, size=data.name, events="jsonl")
    return made


def fresh_world(data: Path, world: Path) -> Path:
    """A workspace without state over the data."""
    shutil.rmtree(world, ignore_errors=True)
    for file in sorted((data / "data").rglob("*.*")):
        copy = world / file.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, copy)
    for file in data.glob("*.yaml"):
        shutil.copy(file, world / file.name)
    return world


def span(data: Path) -> tuple[dt.date, dt.date]:
    """The first and the last day of the data."""
    files = [file for kind in ("history", "events") for file in (data / "data" / kind).glob("*.*")]
    days = sorted(dt.date.fromisoformat(file.stem) for file in files)
    return days[0], days[-1]


def nights(data: Path) -> list[dt.date]:
    """The days whose nights are measured, oldest first."""
    last = span(data)[1]
    return [last - dt.timedelta(days=back) for back in range(NIGHTS - 1, -1, -1)]
