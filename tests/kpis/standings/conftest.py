"""Snapshots written by hand, and the standings and trends that follow from them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.registry import kpi as declared
from plg_orchestration.kpis.standings import queries
from plg_orchestration.warehouse import Warehouse, table

TONIGHT = dt.date(2025, 3, 16)
STORED = ("kpis.snapshot", "kpis.history", "kpis.trends", "kpis.standings", "kpis.reviews")


class Told:
    """What snapshots said: values of KPIs, by hand."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        for name in STORED:
            warehouse.ensure(table(name))
        self.packaged = load_default("kpis", KpiPolicy)
        self.configured: KpiPolicy | None = None
        self.empty()

    def empty(self) -> None:
        """As it was at first."""
        for name in STORED:
            self.warehouse.connection.execute(f"delete from {name}")
        self.configure(self.packaged)

    def configure(self, policy: KpiPolicy) -> None:
        """Use that policy; the packaged one is kept as long as nothing else was asked for."""
        if policy is self.configured:
            return
        self.configured = policy
        for name, rows in policy.config_tables().items():
            self.warehouse.connection.register("config_rows", rows)
            self.warehouse.connection.execute(f"create or replace table config.{name} as select * from config_rows")

    def says(
        self, kpi: str, value: float | None, start: str, *, period: str = "week", as_of: dt.date = TONIGHT, **more: Any
    ) -> None:
        """One row of the snapshot of `as_of`."""
        row: dict[str, Any] = {
            "as_of": as_of, "kpi": kpi, "period": period, "period_start": start, "segment": "all", "dimension": "",
            "dimension_value": "", "value": value, "n": 100, "unit": declared(kpi).unit, "mature_share": 1.0,
            "definition_hash": "one",
        } | more  # fmt: skip
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" for _ in row)
        self.warehouse.connection.execute(f"insert into kpis.snapshot ({names}) values ({marks})", list(row.values()))

    def trends(self, as_of: dt.date = TONIGHT) -> pd.DataFrame:
        return self.warehouse.frame(queries.trends(as_of=AsOf(as_of)))

    def trend(self, kpi: str, period: str = "week", segment: str = "all") -> pd.Series:
        rows = self.trends()
        rows = rows[(rows["metric"] == kpi) & (rows["period"] == period) & (rows["segment"] == segment)]
        assert len(rows) == 1
        return rows.iloc[0]

    def standings(self, kpi: str, segment: str = "all") -> pd.DataFrame:
        rows = self.warehouse.frame(queries.standings(as_of=AsOf(TONIGHT)))
        return rows[(rows["kpi"] == kpi) & (rows["segment"] == segment)].reset_index(drop=True)

    def publish(self, as_of: dt.date = TONIGHT) -> None:
        """Publish trends, standings and reviews of the day, in this order."""
        for name in ("trends", "standings", "reviews"):
            made = getattr(queries, name)(as_of=AsOf(as_of))
            self.warehouse.publish(table(f"kpis.{name}"), lambda _, made=made: made, [as_of])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with Warehouse.open(tmp_path_factory.mktemp("told")) as warehouse:
        yield Told(warehouse)


@pytest.fixture
def told(shared: Told) -> Told:
    shared.empty()
    return shared
