"""The nightly tables: outcomes follow the anchor, and each experiment says what the call on plain tables would say."""

import datetime as dt
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from plg_orchestration import STAGES
from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.experiments import ExperimentPolicy, published, queries
from plg_orchestration.experiments.tables import READOUTS, REGISTRY
from plg_orchestration.warehouse import table
from plg_orchestration.warehouse.engine import Warehouse
from plg_orchestration.warehouse.scratch import scratch

AS_OF = AsOf(dt.date(2025, 7, 20), "UTC")
STARTS = dt.date(2025, 6, 1)


TABLES = (
    "ingest.exposures", "ingest.users", "ingest.accounts", "ingest.subscriptions", "ingest.surveys", "ingest.governance_records",
    "behavior.milestones", "behavior.user_days", "revenue.mrr_daily",
)  # fmt: skip


def registered(**changes: object) -> ExperimentPolicy:
    entry = {
        "name": "checklist", "hypothesis": "It helps", "arms": {"control": 50, "new": 50}, "control": "control",
        "metric": "activation_rate", "starts": STARTS, "owner": "team:product", **changes,
    }  # fmt: skip
    return ExperimentPolicy.model_validate([entry])


def at(day: str) -> pd.Timestamp:
    return pd.Timestamp(f"2025-{day}")


class World:
    """A warehouse of exposures, milestones and days of activity."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        connection: duckdb.DuckDBPyConnection = warehouse.connection
        for schema in ("config", *STAGES):
            connection.execute(f"create schema {schema}")
        for name in TABLES:
            warehouse.ensure(table(name))

    def fill(self, policy: ExperimentPolicy, exposures: pd.DataFrame, activated: pd.DataFrame, days: pd.DataFrame) -> None:
        for name, rows in policy.config_tables().items():
            self.warehouse.connection.register("given", rows)
            self.warehouse.connection.execute(f"create or replace table config.{name} as select * from given")
        for name, frame in (("ingest.exposures", exposures), ("behavior.milestones", activated), ("behavior.user_days", days)):
            self.warehouse.connection.register("given", frame)
            self.warehouse.connection.execute(f"insert into {name} by name select * from given")


@pytest.fixture
def world() -> Any:
    with scratch() as warehouse:
        yield World(warehouse)


def exposed(unit: str, arm: str, when: str, experiment: str = "checklist") -> dict[str, object]:
    return {"experiment": experiment, "unit_id": unit, "arm": arm, "exposed_at": at(when), "known_date": at(when).date()}


def reached(unit: str, when: str) -> dict[str, object]:
    return {"received_date": at(when).date(), "unit": "user", "unit_id": unit, "role": "activation", "first_at": at(when)}


def active(unit: str, day: str, account: str = "acme") -> dict[str, object]:
    date = at(day).date()
    return {"received_date": date, "event_date": date, "user_id": unit, "account_id": account, "qualifying_events": 1}


def test_experiment_outcomes_lie_after_the_first_exposure_and_the_pre_period_before_it(world: World) -> None:
    exposures = pd.DataFrame([
        exposed("a", "new", "06-10 12:00"), exposed("a", "new", "06-20"), exposed("b", "control", "06-10"),
        exposed("c", "new", "06-10"), exposed("d", "new", "06-10"), exposed("d", "control", "06-11"),
        exposed("late", "new", "07-21"), exposed("x", "new", "06-10", experiment="other"),
    ])  # fmt: skip
    activated = pd.DataFrame([reached("a", "06-17 11:59"), reached("b", "06-17 00:00"), reached("c", "06-09")])
    days = pd.DataFrame([
        active("a", "05-12"), active("a", "05-13"), active("a", "06-09"), active("a", "06-10"), active("a", "06-16"),
        active("a", "06-23"), active("b", "06-24"), active("c", "06-17"),
    ])  # fmt: skip
    world.fill(registered(), exposures, activated, days)
    rows = world.warehouse.frame(queries.experiment_outcomes(as_of=AS_OF, starts=STARTS)).sort_values("unit_id")
    kept = rows[["unit_id", "activation_rate", "retention", "active_days_before", "account_id"]].astype(object)
    assert kept.where(kept.notna(), None).to_numpy().tolist() == [
        ["a", 1.0, 1.0, 3 - 1.0, "acme"], ["b", 0.0, 0.0, 0.0, "acme"], ["c", None, 1.0, 0.0, "acme"],
    ]  # fmt: skip
    everything = world.warehouse.frame(queries.watched_exposures(as_of=AS_OF))
    assert sorted(everything["unit_id"]) == ["a", "a", "b", "c", "d", "d"]


def planted(size: int = 400) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Of control 30 %, of the treated 50 % activate; everybody comes back; each person is an account."""
    units = [(f"{arm}{number}", arm, number / size) for arm in ("control", "new") for number in range(size)]
    exposures = pd.DataFrame([exposed(unit, arm, "06-02") for unit, arm, _ in units])
    activated = pd.DataFrame([reached(unit, "06-03") for unit, arm, rank in units if rank < {"control": 0.3, "new": 0.5}[arm]])
    days = pd.DataFrame([active(unit, "06-10", account=unit) for unit, _, rank in units if rank < 0.8])
    return exposures, activated, days


PLAN = {"baseline": 0.3, "mde": 0.1, "mde_kind": "absolute", "sample_size": 400}


def test_the_night_ships_what_was_planned_and_found(world: World) -> None:
    policy = registered(plan=PLAN, guardrails={"retention": 0.06})
    world.fill(policy, *planted())
    rows = published.readouts(world.warehouse, as_of=AS_OF, policy=policy)
    assert tuple(rows.column_names) == READOUTS.column_names
    first, second, *segments = rows.to_pylist()
    assert {(row["segment"], row["segment_value"]) for row in segments} == {
        (name, "unknown") for name in ("device", "region", "plan")
    }
    assert (first["metric"], first["role"], first["value"], first["value_control"]) == ("activation_rate", "primary", 0.5, 0.3)
    assert first["difference"] == pytest.approx(0.2) and first["always_valid_low"] > 0
    assert (second["metric"], second["role"], second["difference"]) == ("retention", "guardrail", pytest.approx(0.0))
    assert {row["verdict"] for row in (first, second)} == {"ship"} and first["day"] == 50
    assert first["split_p"] == 1.0 and first["several_arms"] == 0 and first["n"] == 400


def test_without_a_plan_the_night_holds_and_says_what_may_be_said(world: World) -> None:
    world.fill(registered(), *planted())
    row = published.readouts(world.warehouse, as_of=AS_OF, policy=registered()).to_pylist()[0]
    assert row["verdict"] == "hold"
    assert "no plan is registered" in row["reason"] and "; so far activation_rate +0.2 (always-valid 0.09" in row["reason"]


def test_a_broken_split_leaves_a_row_without_figures(world: World) -> None:
    exposures, activated, days = planted()
    world.fill(registered(), exposures.iloc[: 400 + 200], activated, days)
    (row,) = published.readouts(world.warehouse, as_of=AS_OF, policy=registered()).to_pylist()
    assert (row["n"], row["difference"], row["lacking"], row["verdict"]) == (None, None, "the split is broken", "hold")
    assert row["reason"].startswith("sample ratio mismatch") and row["split_p"] < 1e-9


def test_a_metric_that_is_not_known_of_units_says_so(world: World) -> None:
    policy = registered(metric="arpu")
    world.fill(policy, *planted())
    (row,) = published.readouts(world.warehouse, as_of=AS_OF, policy=policy).to_pylist()
    assert row["reason"] == "arpu is not known of each unit; known are activation_rate, retention"


def test_nothing_registered_or_watched_is_unavailable(world: World) -> None:
    with pytest.raises(Unavailable, match="no experiment is registered"):
        published.registry(as_of=AS_OF, policy=ExperimentPolicy())
    with pytest.raises(Unavailable, match="no experiment is registered"):
        published.readouts(world.warehouse, as_of=AS_OF, policy=ExperimentPolicy())
    with pytest.raises(Unavailable, match="no registered experiment runs or ended in the last four weeks"):
        published.readouts(world.warehouse, as_of=AS_OF, policy=registered(ends="2025-06-20"))


def test_the_registry_tells_what_is_planned_and_needed() -> None:
    policy = registered(plan=PLAN, guardrails={"retention": 0.03}, arms={"new": 1, "control": 1}, ends="2025-07-19")
    rows = published.registry(as_of=AS_OF, policy=policy)
    assert tuple(rows.column_names) == REGISTRY.column_names
    (row,) = rows.to_pylist()
    assert (row["arms"], row["guardrails"], row["running"], row["traffic"]) == (
        "control 50 %, new 50 %", "retention 0.03", False, 100,
    )  # fmt: skip
    assert (row["planned_units"], row["needed_units"]) == (400, 354)
    bare = published.registry(as_of=AS_OF, policy=registered()).to_pylist()[0]
    assert (bare["planned_units"], bare["needed_units"], bare["ends"], bare["running"]) == (None, None, None, True)
    assert np.isnan(bare["baseline"] or np.nan)


def test_an_experiment_that_nobody_met_yet_holds(world: World) -> None:
    exposures, activated, days = planted(4)
    world.fill(registered(), exposures.iloc[:0], activated, days)
    first, second = published.readouts(world.warehouse, as_of=AS_OF, policy=registered()).to_pylist()[:2]
    assert (first["n"], first["split_p"], first["verdict"]) == (0, None, "hold")
    assert first["reason"] == "activation_rate: 0 units with a mature outcome in an arm; 100 are needed"
    assert second["metric"] == "retention"
