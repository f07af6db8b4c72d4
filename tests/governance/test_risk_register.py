"""From controls to risks: what lowers a score, what opens a risk, and who is told when."""

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy, derive_risks
from plg_orchestration.governance.controls import failed_since
from plg_orchestration.governance.policy import Acceptance
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Warehouse, sql_file

POLICY = load_default("governance", GovernancePolicy)
DAY = AsOf(dt.date(2025, 6, 30))


def controls(since: dt.date | None = None, **exceptions: str) -> pd.DataFrame:
    rows = [
        {"control_id": c, "status": exceptions.get(c.replace("-", "_"), "effective"), "failed_since": None}
        for c in POLICY.controls
    ]
    for row in rows:
        row["failed_since"] = since if row["status"] == "failed" else None
    return pd.DataFrame(rows)


def register(frame: pd.DataFrame, policy: GovernancePolicy = POLICY) -> pd.DataFrame:
    return derive_risks(frame, policy, DAY).set_index("risk_id")


def test_all_controls_effective_lowers_every_likelihood_by_one() -> None:
    risks = register(controls())
    assert dict(risks["inherent_score"]) == {"R1": 9, "R2": 6, "R3": 4, "R4": 2, "R5": 3}
    assert dict(risks["residual_score"]) == {"R1": 6, "R2": 3, "R3": 2, "R4": 2, "R5": 3}
    assert set(risks["status"]) == {"controlled"}
    assert risks["escalation"].isna().all()


def test_one_mandatory_control_that_is_not_effective_keeps_the_inherent_score() -> None:
    risks = register(controls(R2_C1="degraded", R3_C2="no_data", R5_C4="degraded"))
    assert (risks.at["R2", "status"], risks.at["R2", "residual_score"]) == ("open", 6)
    assert risks.at["R2", "reason"] == "R2-C1 fake_account_ratio: degraded"
    assert (risks.at["R3", "status"], risks.at["R3", "residual_score"]) == ("unproven", 4)
    number = len(POLICY.controls_of("R5"))
    assert (risks.at["R5", "status"], risks.at["R5", "effective"], risks.at["R5", "controls"]) == (
        "controlled",
        number - 1,
        number,
    )
    assert risks.at["R5", "reason"].endswith("are effective; beside them R5-C4 integration_uptime: degraded")


def test_a_control_without_a_row_is_no_pass() -> None:
    frame = controls()
    risks = register(frame[frame["control_id"] != "R4-C1"])
    assert (risks.at["R4", "status"], risks.at["R4", "residual_score"]) == ("unproven", 2)
    assert "R4-C1 retention_variance: no data" in risks.at["R4", "reason"]


def test_a_register_without_any_row_proves_nothing() -> None:
    risks = register(pd.DataFrame(columns=["control_id", "status", "failed_since"]))
    assert set(risks["status"]) == {"unproven"}
    assert (risks["residual_score"] == risks["inherent_score"]).all()


@pytest.mark.parametrize(("days", "told"), [(0, "team:legal"), (1, "executive"), (2, "executive"), (3, "board")])
def test_the_longer_a_failure_lasts_the_further_up_it_goes(days: int, told: str) -> None:
    risks = register(controls(since=DAY.date - dt.timedelta(days=days), R1_C1="failed"))
    assert risks.at["R1", "escalation"] == told


def test_the_highest_step_of_several_failures_counts() -> None:
    risks = register(controls(since=DAY.date - dt.timedelta(days=3), R1_C1="failed", R1_C2="failed"))
    assert risks.at["R1", "escalation"] == "board"


@pytest.mark.parametrize(
    ("until", "status", "told"), [("2025-06-30", "accepted", None), ("2025-06-29", "acceptance_expired", "product")]
)
def test_an_acceptance_holds_until_its_day_and_is_red_afterwards(until: str, status: str, told: str | None) -> None:
    acceptance = Acceptance(by="cfo", rationale="small", until=dt.date.fromisoformat(until))
    risk = POLICY.risks["R4"].model_copy(update={"treatment": "accept", "acceptance": acceptance})
    policy = POLICY.model_copy(update={"risks": {**POLICY.risks, "R4": risk}})
    risks = register(controls(), policy)
    assert (risks.at["R4", "status"], risks.at["R4", "escalation"]) == (status, told) or told is None
    assert risks.at["R4", "status"] == status


def test_a_failure_starts_once_survives_lost_data_and_ends_when_resolved() -> None:
    today, before = dt.date(2025, 6, 30), dt.date(2025, 6, 20)
    assert failed_since(ControlStatus.FAILED, today, None) == today
    assert failed_since(ControlStatus.FAILED, today, before) == before
    assert failed_since(ControlStatus.NO_DATA, today, before) == before
    assert failed_since(ControlStatus.DEGRADED, today, before) is None
    assert failed_since(ControlStatus.EFFECTIVE, today, before) is None


def test_earlier_failures_are_those_of_the_newest_day_before(make: Callable[..., None], warehouse: Warehouse) -> None:
    known = "true, 'effective'"
    make("governance.controls", f"'2025-06-28', 'a', '2025-06-01', {known}", f"'2025-06-29', 'a', null, {known}",
         f"'2025-06-29', 'b', '2025-06-25', {known}", f"'2025-06-30', 'b', null, {known}")  # fmt: skip
    rows = sorted(warehouse.rows(sql_file("governance/earlier_failures.sql", **DAY.parameters())))
    assert rows == [("a", None), ("b", dt.date(2025, 6, 25))]
