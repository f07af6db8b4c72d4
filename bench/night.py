"""A night of a workspace, run through Dagster in this process, with the time that its data path took.

The data path is ingest and every publication: computing the rows, replacing them, writing the published files. Training, charts
and Dagster's bookkeeping are not part of it.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Generator
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


def prepare_night(file: str, *_: str) -> tuple[()]:
    """Import what a night needs and keep it from training."""
    os.environ["PLG_WORKSPACE"] = file
    import plg_orchestration.definitions
    from assets import pql
    from plg_orchestration.pql.training.candidate import not_trained

    def untrained(_: object, *, as_of: Any, policy: Any, state: object) -> Any:
        return not_trained(as_of=as_of, policy=policy)

    cast("Any", pql).train = untrained
    logging.disable(logging.INFO)
    assert plg_orchestration.definitions
    return ()


def night(file: str, day: str) -> dict[str, float]:
    """Run the nightly job for the day; the seconds of the data path by table, in all as `total`, and the run's as `run`."""
    import dagster as dg

    from plg_orchestration.definitions import defs

    with metered() as meter, dg.DagsterInstance.ephemeral() as instance:
        started = time.perf_counter()
        done = defs.resolve_job_def("nightly").execute_in_process(instance=instance, partition_key=day, raise_on_error=True)
        seconds = time.perf_counter() - started
    if not done.success:
        raise RuntimeError(f"the night of {day} in {file} failed")
    return {**meter.by_table, "total": sum(meter.by_table.values()), "run": seconds}


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
