"""A warehouse with the tables that initiatives read, and one initiative that a test may change."""

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.experiments.policy import ExperimentPolicy
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.governance.initiatives import published
from plg_orchestration.governance.initiatives.policy import Initiative, aim_table
from plg_orchestration.warehouse import Warehouse, table

STARTS = dt.date(2025, 4, 1)
POLICY = load_default("governance", GovernancePolicy)
PLAN: dict[str, Any] = {
    "quarter": "Q2", "impact": "high", "effort": "low", "starts": STARTS, "ends": "2025-09-30",
    "kpis": [{"kpi": "activation_rate", "when": "> 30"}],
    "budget": {"fte": 1, "engineering_hours": 100, "tooling_usd": 1000},
    "milestones": [{"name": name, "due": "2025-06-01"} for name in ("one", "two", "three", "four", "five")],
    "go_no_go": {"milestones": 0.8}, "rollback": {"kpi": "dau_mau", "when": "< -15", "compared": "change"},
    "experiment": "trial",
}  # fmt: skip
TRIAL = {
    "name": "trial", "hypothesis": "more activate", "arms": {"old": 1, "new": 1}, "control": "old", "metric": "activation_rate",
    "starts": "2025-04-01", "ends": "2025-05-31", "owner": "team:product",
}  # fmt: skip


def plan(**changes: Any) -> Initiative:
    return Initiative.model_validate({**PLAN, **changes})


class Store:
    """The warehouse, filled row by row."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def add(self, name: str, **values: object) -> None:
        self.warehouse.ensure(table(name))
        marks = ", ".join(f'${key} as "{key}"' for key in values)
        self.warehouse.connection.execute(f"insert into {name} by name select {marks}", values)

    def kpi(
        self, kpi: str, month: dt.date, value: float | None, *, low: float | None = None, high: float | None = None,
        as_of: dt.date = dt.date(2025, 6, 30), reason: str | None = None, definition: str = "d",
    ) -> None:  # fmt: skip
        row: dict[str, object] = {
            "as_of": as_of, "period": "month", "period_start": month, "kpi": kpi, "segment": "all", "value": value,
            "ci_low": low, "ci_high": high, "unit": "percent", "mature_share": None if value is None else 1.0, "reason": reason,
            "definition_hash": definition,
        }  # fmt: skip
        self.add("kpis.history", **row)
        self.add("kpis.snapshot", **row, dimension="", dimension_value="")

    def record(
        self, number: str, kind: str, detail: str, *, subject: str = "plan", due: dt.datetime | None = None,
        closed: dt.datetime | None = None, known: dt.datetime = dt.datetime(2025, 5, 1),
    ) -> None:  # fmt: skip
        self.add(
            "ingest.governance_records", record_id=number, kind=kind, at=dt.datetime(2025, 4, 2), subject=subject, detail=detail,
            due_at=due, closed_at=closed, known_at=known, known_date=known.date(), file_id="f", line=1,
        )  # fmt: skip

    def read_out(self, difference: float | None, low: float, high: float, p: float, **values: object) -> None:
        row: dict[str, object] = {
            "as_of": dt.date(2025, 6, 10), "experiment": "trial", "arm": "new", "metric": "activation_rate", "role": "primary",
            "segment": "", "segment_value": "", "difference": difference, "ci_low": low, "ci_high": high, "p_adjusted": p,
            "always_valid_low": low, "always_valid_high": high, "verdict": "hold",
            "lacking": "" if difference is not None else "the split is broken",
        }  # fmt: skip
        self.add("experiments.readouts", **{**row, **values})


@pytest.fixture
def store(warehouse: Warehouse) -> Store:
    return Store(warehouse)


@pytest.fixture
def rows(warehouse: Warehouse, day: AsOf) -> Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]:
    """`rows(initiative, as_of=...)`: its row of `governance.initiatives` and its conditions, stored too."""

    def made(
        initiative: Initiative, *, as_of: AsOf = day, rate: float | None = 50
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        roadmap = POLICY.roadmap.model_copy(update={"hourly_rate_usd": rate})
        governance = POLICY.model_copy(update={"initiatives": {"plan": initiative}, "roadmap": roadmap})
        workspace: Any = SimpleNamespace(
            governance=governance, missing=lambda need: None, experiments=ExperimentPolicy.model_validate([TRIAL])
        )
        warehouse.connection.register("content", aim_table(governance.initiatives))
        warehouse.connection.execute("create or replace table config.initiative_aims as select * from content")
        warehouse.connection.unregister("content")
        aims = published.judged_aims(warehouse, governance.initiatives, as_of=as_of)
        kpis = published.kpi_rows(aims, governance.initiatives, as_of)
        found = published.initiative_rows(warehouse, aims, as_of=as_of, workspace=workspace)
        for name, content in (("governance.initiative_kpis", kpis), ("governance.initiatives", found)):
            warehouse.ensure(table(name))
            warehouse.connection.register("content", content)
            warehouse.connection.execute(f"insert into {name} by name select * from content")
            warehouse.connection.unregister("content")
        return found.to_pylist()[0], kpis.to_pylist()

    return made
