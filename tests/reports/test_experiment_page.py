"""One page for each watched experiment: ship, hold or roll back, and why; nothing is empty without a reason."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.reports.experiments import write_experiment_pages
from plg_orchestration.warehouse import Warehouse, table

DAY = dt.date(2025, 8, 31)
AS_OF = AsOf(DAY)
EXTRACTS = ("experiment_registry", "experiment_readouts", "experiment_effects", "experiment_rollouts", "experiment_stages",
            "experiment_checks")  # fmt: skip
"""The questions that the page asks; each is asked by every test below."""
READ: dict[str, Any] = {
    "arm": "new", "metric": "activation_rate", "role": "primary", "segment": "", "segment_value": "", "n": 400, "n_control": 410,
    "value": 0.5, "value_control": 0.36, "difference": 0.14, "ci_low": 0.07, "ci_high": 0.21, "always_valid_low": 0.03,
    "always_valid_high": 0.25, "p_adjusted": 0.0002, "correction": "holm", "lacking": "", "split_p": 0.7, "several_arms": 2,
    "units": 420, "units_control": 430, "day": 40, "verdict": "ship", "reason": "better than control",
}  # fmt: skip
ROLLOUT: dict[str, Any] = {
    "status": "running", "traffic": 25, "since": dt.date(2025, 8, 1), "started": dt.date(2025, 7, 20), "move": "advance",
    "next_traffic": 50, "reason": "metrics hold: 50 % of the traffic", "verdict": "pass", "decision": "ship",
    **{f"{name}_verdict": "pass" for name in ("split", "retention", "error_rate", "feedback")},
    **{f"{name}_reason": f"{name} holds" for name in ("split", "retention", "error_rate", "feedback")},
    "retention": 0.01, "retention_limit": -0.03, "error_rate": 0.04, "error_rate_limit": 0.1, "feedback": 8.2,
    "feedback_limit": 7.0,
}  # fmt: skip


class Tide:
    """A workspace by name and folder."""

    name = "tide"

    def __init__(self, state: Path) -> None:
        self.state = state


def put(warehouse: Warehouse, name: str, *rows: dict[str, Any]) -> None:
    declared = table(name)
    warehouse.ensure(declared)
    given = [{"as_of": DAY, "experiment": "checklist", **row} for row in rows]
    warehouse.insert(declared, pd.DataFrame(given, columns=list(declared.column_names)).astype(object))


def fill(warehouse: Warehouse, *, rollout: dict[str, Any] | None = None) -> None:
    """An experiment in which everything is known."""
    put(warehouse, "experiments.registry", {
        "hypothesis": "it helps", "null_hypothesis": "no difference", "arms": "control 50 %, new 50 %", "control": "control",
        "metric": "activation_rate", "guardrails": "", "starts": dt.date(2025, 7, 20), "baseline": 0.36, "mde": 0.1,
        "mde_kind": "absolute", "planned_units": 400, "needed_units": 376, "owner": "team:product",
    })  # fmt: skip
    put(
        warehouse, "experiments.readouts",
        {**READ, "revenue": 570.0, "revenue_low": 200.0, "revenue_high": 940.0, "arpu_delta": 3.1, "cohort": 850,
         "currency": "USD"},
        {**READ, "metric": "retention", "role": "guardrail", "correction": "none", "variance_reduction": 0.2},
        {**READ, "segment": "device", "segment_value": "mobile"},
        {**READ, "segment": "device", "segment_value": "desktop", "difference": None, "lacking": "12 units in an arm"},
    )  # fmt: skip
    put(warehouse, "experiments.effects", *(
        {"arm": "new", "metric": "activation_rate", "date": dt.date(2025, 8, day), "day": day + 12, "n": 10 * day,
         "n_control": 10 * day, "difference": 0.1, "ci_low": 0.05, "ci_high": 0.15, "always_valid_low": 0.0,
         "always_valid_high": 0.2}
        for day in range(10, 20)
    ))  # fmt: skip
    put(warehouse, "experiments.rollouts", {**ROLLOUT, **(rollout or {})})
    put(
        warehouse, "experiments.stages",
        {"traffic": 10, "since": dt.date(2025, 7, 20), "earned": True, "judged_by": "registered"},
        {"traffic": 25, "since": dt.date(2025, 8, 1), "earned": False, "judged_by": "feedback was not known"},
    )  # fmt: skip
    put(warehouse, "experiments.self_checks", {
        "metric": "activation_rate", "units": 3000, "rounds": 2000, "alpha": 0.05, "false_alarms": 0.051, "low": 0.04,
        "high": 0.07, "verdict": "pass", "reason": "",
    })  # fmt: skip


@pytest.fixture
def warehouse(tmp_path: Path) -> Any:
    with Warehouse.open(tmp_path) as opened:
        yield opened


def written(warehouse: Warehouse, folder: Path) -> tuple[dict[str, Any], str]:
    rows = write_experiment_pages(warehouse, as_of=AS_OF, workspace=Tide(folder)).to_dict("records")
    row = {str(name): value for name, value in rows[0].items()}
    return row, (folder / row["path"]).read_text()


def test_the_page_says_ship_and_why(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse)
    row, page = written(warehouse, tmp_path)
    assert (row["verdict"], row["path"]) == ("ship", "reports/2025-08-31/experiments/checklist.html")
    for said in ("Ship: better than control.", "+14.0", "of 400 planned", "$570.00", "p = 0.7; under 0.001", "not earned",
                 "feedback was not known", "1 of its stages were entered before they were earned", "variance less 20",
                 "device desktop", "exploratory", "4.0 %".replace(" ", "\u202f"), "5.1\u202f%"):  # fmt: skip
        assert said in page, said
    assert page.count("<svg") == 3 and "Nothing to show" not in page and 'src="http' not in page


def test_a_failed_criterion_goes_before_the_read_out(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(
        warehouse,
        rollout={"move": "roll back", "verdict": "fail", "reason": "error_rate 0.2, limit 0.1", "error_rate_verdict": "fail"},
    )
    row, page = written(warehouse, tmp_path)
    assert (row["verdict"], row["reason"]) == ("roll back", "error_rate 0.2, limit 0.1")
    assert "Roll back: error_rate 0.2, limit 0.1." in page


def test_a_broken_split_shows_no_figure(warehouse: Warehouse, tmp_path: Path) -> None:
    bare = {name: READ[name] for name in ("arm", "metric", "role", "segment", "segment_value", "units", "units_control", "day")}
    broken = {**bare, "lacking": "the split is broken", "split_p": 1e-9, "verdict": "hold", "reason": "sample ratio mismatch"}
    put(warehouse, "experiments.readouts", broken)
    put(warehouse, "experiments.rollouts", {**ROLLOUT, "decision": "hold", "split_verdict": "warn", "verdict": "warn"})
    row, page = written(warehouse, tmp_path)
    assert row["verdict"] == "hold" and "<svg" not in page
    assert "the split is broken, and no figure can be trusted" in page
    assert "Nothing to show: experiments.registry has not been built" in page


def test_without_experiments_there_is_no_page(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"experiments\.readouts has not been built"):
        write_experiment_pages(warehouse, as_of=AS_OF, workspace=Tide(tmp_path))
