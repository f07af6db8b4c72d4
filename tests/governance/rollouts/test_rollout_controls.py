"""Plans, stages, rollbacks and post-mortems as controls: each passes, fails, and says when there is nothing to judge."""

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy, judge
from plg_orchestration.governance.controls import Measurement
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Warehouse, table

Figures = Callable[..., Measurement]
POLICY = load_default("governance", GovernancePolicy)
DAY = dt.date(2025, 6, 30)
TABLES = ("experiments.registry", "experiments.rollouts", "experiments.stages")


@pytest.fixture
def put(warehouse: Warehouse) -> Callable[..., None]:
    """`put(name, row, ...)` adds rows of the day to the declared table; the other tables are there, and empty."""
    for name in TABLES:
        warehouse.ensure(table(name))

    def added(name: str, *rows: dict[str, object]) -> None:
        declared = table(name)
        given = [{"as_of": DAY, "experiment": "checklist", **row} for row in rows]
        warehouse.insert(declared, pd.DataFrame(given, columns=list(declared.column_names)).astype(object))

    return added


def status(control: str, measured: Measurement) -> ControlStatus:
    return judge(POLICY.controls[control], measured)


REGISTERED: dict[str, object] = {
    "hypothesis": "it helps", "metric": "activation_rate", "starts": dt.date(2025, 6, 1), "planned_units": 400,
    "needed_units": 360,
}  # fmt: skip


@pytest.mark.parametrize(
    ("control", "metric", "said"),
    [
        ("R4-C4", "rollbacks_recommended", "no registered experiment is watched"),
        ("R4-C5", "post_mortems_overdue", "no experiment is registered"),
        ("R4-C6", "unearned_stage_advances", "no experiment is registered"),
        ("R4-C7", "experiments_without_plan", "no registered experiment is watched"),
    ],
)
def test_without_experiments_there_is_nothing_to_judge(
    control: str, metric: str, said: str, put: Callable[..., None], figures: Figures
) -> None:  # fmt: skip
    put("experiments.registry", *[])
    found = figures(metric)
    assert (found.value, found.detail) == (None, said)
    assert status(control, found) is ControlStatus.NO_DATA


def test_a_recommended_rollback_fails_with_its_reason(put: Callable[..., None], figures: Figures) -> None:
    put("experiments.rollouts", {"experiment": "pricing", "move": "hold", "reason": "25 % until feedback is known"})
    passed = figures("rollbacks_recommended")
    assert (passed.value, passed.denominator, status("R4-C4", passed)) == (0, 1, ControlStatus.EFFECTIVE)
    assert passed.detail == "no criterion sends any of 1 watched experiments back"
    put("experiments.rollouts", {"move": "roll back", "reason": "error_rate 0.2, limit 0.1"})
    failed = figures("rollbacks_recommended")
    assert (failed.value, failed.denominator, status("R4-C4", failed)) == (1, 2, ControlStatus.FAILED)
    assert failed.detail == "checklist: error_rate 0.2, limit 0.1"


@pytest.mark.parametrize(
    ("filed", "value", "verdict"),
    [("due", 0, "effective"), ("filed", 0, "effective"), ("filed late", 0, "effective"), ("overdue", 1, "failed")],
)
def test_a_post_mortem_is_overdue_after_its_clock(
    filed: str, value: int, verdict: str, put: Callable[..., None], figures: Figures
) -> None:  # fmt: skip
    put("experiments.registry", REGISTERED)
    assert figures("post_mortems_overdue").value == 0
    due = dt.datetime(2025, 6, 13)
    put("experiments.stages", {"traffic": 0, "since": dt.date(2025, 6, 10), "post_mortem": filed, "post_mortem_due": due})
    found = figures("post_mortems_overdue")
    assert (found.value, found.denominator, str(status("R4-C5", found))) == (value, 1, verdict)
    if value:
        assert found.detail == "checklist was rolled back on 2025-06-10: due 2025-06-13 00:00:00 UTC"


def test_an_unearned_stage_fails_for_four_weeks(put: Callable[..., None], figures: Figures) -> None:
    put("experiments.registry", REGISTERED)
    stage: dict[str, object] = {"traffic": 25, "before": 10, "judged_by": "known on 2025-06-09: 10 % until feedback is known"}
    put("experiments.stages", {**stage, "since": dt.date(2025, 6, 12), "earned": True},
        {**stage, "since": dt.date(2025, 6, 2), "earned": False})  # fmt: skip
    passed = figures("unearned_stage_advances")
    assert (passed.value, passed.denominator, status("R4-C6", passed)) == (0, 1, ControlStatus.EFFECTIVE)
    put("experiments.stages", {**stage, "since": dt.date(2025, 6, 10), "earned": False})
    failed = figures("unearned_stage_advances")
    assert (failed.value, status("R4-C6", failed)) == (1, ControlStatus.FAILED)
    assert failed.detail.startswith("checklist went to 25 % on 2025-06-10 (known on 2025-06-09: 10 % until")


def test_a_watched_experiment_without_a_plan_fails(put: Callable[..., None], figures: Figures) -> None:
    old = {**REGISTERED, "experiment": "old", "planned_units": None, "starts": dt.date(2025, 4, 1), "ends": dt.date(2025, 6, 1)}
    put("experiments.registry", REGISTERED, old)
    passed = figures("experiments_without_plan")
    assert (passed.value, passed.denominator, status("R4-C7", passed)) == (0, 1, ControlStatus.EFFECTIVE)
    put("experiments.registry", {**REGISTERED, "experiment": "bare", "planned_units": None, "needed_units": None})
    failed = figures("experiments_without_plan")
    assert (failed.value, failed.detail, status("R4-C7", failed)) == (1, "without a plan: bare", ControlStatus.FAILED)
