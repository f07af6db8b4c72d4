"""The controls about initiatives, each with a pass, a failure and no data.

initiatives_to_roll_back, milestone_completion and experiment_success_rate.
"""

import datetime as dt
from collections.abc import Callable

import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.experiments.policy import SCHEMA
from plg_orchestration.governance import GovernancePolicy, judge
from plg_orchestration.governance.controls import Measurement
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Warehouse
from tests.governance.initiatives.conftest import Store

Figures = Callable[..., Measurement]
POLICY = load_default("governance", GovernancePolicy)
DAY = dt.date(2025, 6, 30)


def status(control: str, measured: Measurement) -> ControlStatus:
    return judge(POLICY.controls[control], measured)


def initiative(
    store: Store, name: str, *, state: str = "running", rollback: str | None = "does_not_hold", due: int = 0, late: int = 0
) -> None:
    store.add(
        "governance.initiatives", as_of=DAY, initiative=name, status=state, rollback_verdict=rollback, milestones_due=due,
        rollback_reason="since then", rollback_condition=rollback and "dau_mau < 1", milestones_late=late,
    )  # fmt: skip


def test_nothing_goes_back_passes(store: Store, figures: Figures) -> None:
    initiative(store, "a")
    initiative(store, "b", rollback="uncertain")
    initiative(store, "c", rollback=None)
    initiative(store, "d", state="planned", rollback="holds")
    found = figures("initiatives_to_roll_back")
    assert (found.value, found.denominator) == (0, 2)
    assert status("R4-C20", found) is ControlStatus.EFFECTIVE


def test_one_that_must_go_back_fails_whatever_else_is_unknown(store: Store, figures: Figures) -> None:
    initiative(store, "a", state="rollback_recommended", rollback="holds")
    initiative(store, "b", rollback="no_data")
    found = figures("initiatives_to_roll_back")
    assert found.value == 1
    assert found.detail.startswith("1 of 2 running initiatives meet their rollback condition, 1 cannot be told; a: since then")
    assert status("R4-C20", found) is ControlStatus.FAILED


def test_a_condition_that_cannot_be_told_is_no_pass(store: Store, figures: Figures) -> None:
    initiative(store, "a")
    initiative(store, "b", rollback="no_data")
    assert status("R4-C20", figures("initiatives_to_roll_back")) is ControlStatus.NO_DATA


def test_no_running_initiative_is_no_data(store: Store, figures: Figures) -> None:
    initiative(store, "a", state="planned", rollback=None, due=3)
    assert status("R4-C20", figures("initiatives_to_roll_back")) is ControlStatus.NO_DATA
    assert status("R4-C21", figures("milestone_completion")) is ControlStatus.NO_DATA


@pytest.mark.parametrize(("late", "value", "expected"), [(2, 0.8, ControlStatus.EFFECTIVE), (3, 0.7, ControlStatus.FAILED)])
def test_four_of_five_milestones_that_came_due_are_enough(
    store: Store, figures: Figures, late: int, value: float, expected: ControlStatus
) -> None:
    initiative(store, "a", due=6, late=late)
    initiative(store, "b", state="done", due=4)
    found = figures("milestone_completion")
    assert (found.value, found.denominator) == (value, 10)
    assert f"late: a: {late}" in found.detail
    assert status("R4-C21", found) is expected


def ended(store: Store, warehouse: Warehouse, *outcomes: float | None, ends: dt.date = dt.date(2025, 5, 31)) -> None:
    names = [f"e{n}" for n in range(len(outcomes))]
    rows = SCHEMA.empty_table()
    warehouse.connection.register("rows", rows)
    warehouse.connection.execute("create or replace table config.experiments as select * from rows")
    warehouse.connection.unregister("rows")
    for name, p in zip(names, outcomes, strict=True):
        values = [name, "user", "new", 1.0, False, dt.date(2025, 5, 1), ends]
        warehouse.connection.execute("insert into config.experiments values (?, ?, ?, ?, ?, ?, ?)", values)
        store.read_out(None if p is None else 0.1, 0, 0, p or 1.0, experiment=name)


def test_seven_of_ten_experiments_are_enough(store: Store, warehouse: Warehouse, figures: Figures) -> None:
    ended(store, warehouse, *[0.01] * 7, *[0.2] * 2, None)
    found = figures("experiment_success_rate")
    assert (found.value, found.numerator, found.denominator) == (0.7, 7, 10)
    assert status("R4-C22", found) is ControlStatus.EFFECTIVE


def test_one_of_two_is_too_few(store: Store, warehouse: Warehouse, figures: Figures) -> None:
    ended(store, warehouse, 0.01, 0.06)
    assert status("R4-C22", figures("experiment_success_rate")) is ControlStatus.FAILED


def test_experiments_that_ended_long_ago_or_were_never_read_out_are_no_data(
    store: Store, warehouse: Warehouse, figures: Figures
) -> None:
    ended(store, warehouse, 0.01, ends=dt.date(2025, 3, 29))
    assert status("R4-C22", figures("experiment_success_rate")) is ControlStatus.NO_DATA
    ended(store, warehouse, 0.01, ends=dt.date(2025, 6, 15))  # its read-out is of a day before
    found = figures("experiment_success_rate")
    assert found.value is None
    assert found.detail.endswith("; without a read-out: e0")
