"""A night of a workspace, run through Dagster in this process, with the time that its data path took, and its floor.

The data path is ingest and every publication: computing the rows, replacing them, writing the published files. Training, charts
and Dagster's bookkeeping are not part of it.
"""

import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from importlib import import_module
from pathlib import Path
from typing import Any, cast


class Meter:
    """Adds up the seconds spent in some functions, each by its table; calls inside calls count once."""

    def __init__(self) -> None:
        self.by_table: dict[str, float] = {}
        self._depth = 0

    def wrap(self, owner: Any, name: str, label: Callable[..., str]) -> Callable[[], None]:
        """Replace `owner.name` by a measured one; gives the function that puts the old one back."""
        inner = getattr(owner, name)

        def measured(*arguments: Any, **named: Any) -> Any:
            started, self._depth = time.perf_counter(), self._depth + 1
            try:
                return inner(*arguments, **named)
            finally:
                self._depth -= 1
                if not self._depth:
                    key = label(*arguments)
                    self.by_table[key] = self.by_table.get(key, 0.0) + time.perf_counter() - started

        setattr(owner, name, measured)
        return lambda: setattr(owner, name, inner)


@contextlib.contextmanager
def metered() -> Generator[Meter]:
    """A meter over ingest and over every publication of the warehouse, until the block ends."""
    import assets.ingest
    from plg_orchestration.warehouse import Warehouse

    meter = Meter()
    back = [
        meter.wrap(assets.ingest, "ingest_files", lambda *_: "ingest"),
        meter.wrap(Warehouse, "publish", lambda _, table, *__: table.name),
        meter.wrap(Warehouse, "publish_spans", lambda _, table, *__: table.name),
        meter.wrap(Warehouse, "republish", lambda _, tables, *__: tables[0].schema),
    ]
    try:
        yield meter
    finally:
        for put in back:
            put()


LATE = (
    "altair", "mlflow", "vl_convert", "scipy.stats", "sklearn.cluster", "sklearn.linear_model", "sklearn.metrics",
    "sklearn.model_selection",
)  # fmt: skip
"""What assets import only when they come to it: their files are no data of the night, and a short history needs fewer of them."""


def prepare_night(file: str, *_: str) -> tuple[()]:
    """Import what a night needs, also what its assets import late, and keep it from training."""
    os.environ["PLG_WORKSPACE"] = file
    for name in LATE:
        import_module(name)
    import plg_orchestration.definitions
    from assets import pql
    from plg_orchestration.pql.training.candidate import not_trained

    def untrained(_: object, *, as_of: Any, policy: Any, **__: object) -> Any:
        return not_trained(as_of=as_of, policy=policy)

    cast("Any", pql).train = untrained
    logging.disable(logging.INFO)
    assert plg_orchestration.definitions
    return ()


def night(file: str, day: str) -> dict[str, float]:
    """Run the nightly job for the day; the seconds of the data path by table, in all as `total`, and the run's as `run`.

    `assets` is the number of assets that ran.
    """
    import dagster as dg

    from plg_orchestration.definitions import defs

    with metered() as meter, dg.DagsterInstance.ephemeral() as instance:
        started = time.perf_counter()
        done = defs.resolve_job_def("nightly").execute_in_process(instance=instance, partition_key=day, raise_on_error=True)
        seconds = time.perf_counter() - started
    if not done.success:
        raise RuntimeError(f"the night of {day} in {file} failed")
    assets = len(done.get_asset_materialization_events())
    return {**meter.by_table, "total": sum(meter.by_table.values()), "run": seconds, "assets": assets}


def volume(file: str, *days: str) -> dict[str, int]:
    """How many people were known at the end of the last day; the mean of the events and of the active users of the days."""
    import duckdb

    from plg_orchestration.config import load_workspace

    text = """
        select (select count(distinct user_id) from ingest.users where known_date <= cast($last as date)),
            sum(events), count(distinct (received_date, user_id))
        from behavior.user_days where received_date between cast($first as date) and cast($last as date)"""
    with duckdb.connect(str(load_workspace(file).state / "warehouse.duckdb"), read_only=True) as connection:
        people, events, active = connection.execute(text, {"first": days[0], "last": days[-1]}).fetchall()[0]
    return {"people": people, "events": round(events / len(days)), "active": round(active / len(days))}


ROLLUPS = {
    "user_days": 33, "user_features": 33, "account_days": 33, "sessions": 33, "step_events": 33, "milestones": 10_000,
}  # fmt: skip
"""The roll-ups that a night's features and KPIs read, and how many received days of each (milestones: all)."""


def prepare_floor(file: str, _: str) -> tuple[str]:
    """The folder of the published roll-ups."""
    import duckdb

    from plg_orchestration.config import load_workspace

    assert duckdb
    return (str(load_workspace(file).state / "published" / "behavior"),)


def floor(file: str, day: str, published: str) -> None:
    """The floor of the night of the day: read its raw file into a typed table, and each roll-up's window from Parquet once."""
    import duckdb

    from bench.ingest import FLOOR

    (raw,) = (Path(file).parent / "data" / "events").glob(f"{day}.jsonl")
    made = Path(file).parent / "floor.duckdb"
    made.unlink(missing_ok=True)
    with duckdb.connect(str(made)) as connection:
        connection.execute(FLOOR.replace("read_ndjson(?,", "read_ndjson(?, ignore_errors = true,"), [str(raw)])
        for name, days in ROLLUPS.items():
            text = """
                select max(columns(*)) from read_parquet($files)
                where received_date > cast($day as date) - cast($days as integer) and received_date <= cast($day as date)"""
            connection.execute(text, {"files": f"{published}/{name}/*.parquet", "day": day, "days": days}).fetchall()
        states = sorted(Path(published, "activity").glob("*.parquet"))
        newest = [str(file) for file in states if file.stem <= day][-1]
        connection.execute("select max(columns(*)) from read_parquet($file)", {"file": newest}).fetchall()


def definitions() -> None:
    """Load everything that Dagster shows."""
    import plg_orchestration.definitions

    assert plg_orchestration.definitions


def prepare_usage() -> tuple[str]:
    """The command `plg` of this environment."""
    return (str(Path(sys.executable).parent / "plg"),)


def usage(command: str) -> None:
    """Print the usage of `plg` as a user would."""
    subprocess.run([command, "--help"], check=True, capture_output=True)
