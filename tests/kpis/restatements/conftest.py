"""A world whose nights publish snapshots, and the restatements that follow from what arrives afterwards."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.model import Kpi
from plg_orchestration.kpis.periods import Back
from plg_orchestration.kpis.registry import kpi
from plg_orchestration.kpis.restatements.policy import RestatementPolicy
from plg_orchestration.kpis.restatements.queries import restatements
from plg_orchestration.warehouse import Query, table
from tests.kpis.conftest import World

BACK = Back(days=10, weeks=3, months=2, quarters=1)
STORED = ("kpis.history", "kpis.restatements", "ingest.parts", "ingest.files")
CERTIFIED = "certificates"


class Nights:
    """Nights over a world: each publishes the snapshot, the history and the restatements of its day."""

    def __init__(self, world: World, state: Path, *kpis: str) -> None:
        self.world, self.state = world, state
        self.kpis: tuple[Kpi, ...] = tuple(kpi(name) for name in kpis)
        world.warehouse.reuse = True
        for name in STORED:
            world.warehouse.ensure(table(name))
            world.warehouse.connection.execute(f"delete from {name}")

    def run(self, *days: str) -> None:
        """The nights of these days, one after the other."""
        made = {"kpis.snapshot": queries.snapshot, "kpis.history": queries.history}
        for day in map(dt.date.fromisoformat, days):
            self.world.warehouse.forget_lasting()
            for name, build in made.items():
                self.store(name, build(as_of=AsOf(day), workspace=self.world.setting, kpis=self.kpis, back=BACK))
            asked = {"state": self.state, "policy": RestatementPolicy(), "exclude": self.world.setting.kpis.exclude}
            self.store("kpis.restatements", restatements(as_of=AsOf(day), **asked))

    def publishes(self, *days: str) -> None:
        """The snapshots of these days alone, for nights of which nobody asks what they restated."""
        for day in map(dt.date.fromisoformat, days):
            self.world.warehouse.forget_lasting()
            query = queries.snapshot(as_of=AsOf(day), workspace=self.world.setting, kpis=self.kpis, back=BACK)
            self.store("kpis.snapshot", query)

    def store(self, name: str, query: Query) -> None:
        """The rows as a publication stores them, without its files."""
        self.world.warehouse.insert(table(name), query)

    def restated(self, day: str, segment: str = "all") -> pd.DataFrame:
        """What the night of that day restated."""
        text = "select * from kpis.restatements where as_of = ? and segment = ? order by kpi, period, period_start, published_on"
        return self.world.warehouse.connection.execute(text, [day, segment]).df()

    def published(self, name: str, day: str, period: str = "week", segment: str = "all") -> float | None:
        text = """select value from kpis.snapshot
            where kpi = $k and as_of = $d and period = $p and segment = $s and dimension = ''
            order by period_start desc limit 1"""
        return self.world.warehouse.scalar(text, k=name, d=day, p=period, s=segment)

    def file(self, path: str, received: str) -> None:
        """A file of events that came on that day."""
        self.world.put("ingest.files", file_id=path, source="events", path=path)
        self.world.put("ingest.parts", part=path, file_id=path, received_date=received, rows=1)

    def erases(self, name: str, night: str, persons: int = 1) -> None:
        """A certificate of an erasure that was done when `night` was the newest night."""
        told = {"erasure_id": name, "as_of": night, "persons": ["mark"] * persons}
        folder = self.state / CERTIFIED
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")

    def late(self, user: str, event: str, received: str, *, account: str | None = None) -> None:
        """One active event that was received later than it happened."""
        self.world.put(
            "behavior.user_days", received_date=received, event_date=event, user_id=user, account_id=account, events=1,
            qualifying_events=1,
        )  # fmt: skip


@pytest.fixture
def nights(world: World, tmp_path: Path) -> Iterator[type[Nights] | object]:
    """Makes the nights of these KPIs."""
    yield lambda *kpis: Nights(world, tmp_path, *kpis)
