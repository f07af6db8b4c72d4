"""The register over time: scores that fell unearned, reviews, and a row that says everything the register said that day."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts
from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy, derive_risks
from plg_orchestration.governance.queries import register_days
from plg_orchestration.governance.register.lowered import Asked, Lowered, Scored, unearned
from plg_orchestration.governance.register.reviews import Review, reviews_on
from plg_orchestration.governance.risks import risks_on
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Warehouse, sql_file, table
from tests.governance.test_actions_incidents import PLG_YAML

POLICY = load_default("governance", GovernancePolicy)
TODAY = dt.date(2025, 6, 30)
DAY = dt.timedelta(days=1)


def asked(status: str = "effective", *, threshold: str = "< 0.1", judged: float = 0.05, mandatory: bool = True) -> Asked:
    return Asked("parity_difference", threshold, None, mandatory, ControlStatus(status), judged)


FAILED = Scored(2, 2, 4, "register", {"C1": asked("failed", judged=0.2), "C2": asked()})
PASSED = Scored(2, 2, 2, "register", {"C1": asked(), "C2": asked()})


def test_a_control_that_becomes_effective_earns_the_lower_score() -> None:
    assert unearned(FAILED, PASSED, TODAY) is None
    assert unearned(PASSED, FAILED, TODAY) is None


@pytest.mark.parametrize(
    ("today", "why"),
    [
        (replace(FAILED, likelihood=1, residual=2), "likelihood from medium to low without an accepted proposal"),
        (replace(FAILED, impact=1, residual=2), "impact from medium to low"),
        (replace(PASSED, controls={"C1": asked("failed", judged=0.2, mandatory=False), "C2": asked()}),
         "C1 is no longer mandatory"),
        (replace(PASSED, controls={"C2": asked()}), "C1 was removed"),
        (replace(PASSED, controls={"C1": asked(threshold="< 0.3", judged=0.2), "C2": asked()}),
         "C1 passes when < 0.3 instead of < 0.1"),
        (replace(PASSED, controls={"C1": replace(asked(), metric="override_rate"), "C2": asked()}),
         "C1 measures override_rate instead of parity_difference"),
    ],
)  # fmt: skip
def test_a_score_that_an_edit_of_the_register_lowered_is_flagged_with_what_changed(today: Scored, why: str) -> None:
    assert unearned(FAILED, today, TODAY) == Lowered(4, TODAY, why)


def test_an_accepted_likelihood_earns_it_and_an_edit_beside_a_new_effective_control_does_too() -> None:
    assert unearned(FAILED, replace(FAILED, likelihood=1, residual=2, basis="acceptance 1"), TODAY) is None
    wider = replace(PASSED, controls={"C1": asked(threshold="< 0.3", judged=0.05), "C2": asked()})
    assert unearned(FAILED, wider, TODAY) is None  # 0.05 passed before the edit too


def test_the_flag_stands_until_the_score_is_back_or_the_risk_was_reviewed() -> None:
    flag = Lowered(4, TODAY - DAY, "C1 was removed")
    before = replace(PASSED, lowered=flag)
    assert unearned(before, PASSED, TODAY) == flag
    assert unearned(before, PASSED, TODAY, TODAY - 2 * DAY) == flag
    assert unearned(before, PASSED, TODAY, TODAY - DAY) is None
    assert unearned(before, replace(FAILED, controls={}), TODAY) is None


@pytest.fixture
def acme(tmp_path: Path) -> Any:
    (tmp_path / "plg.yaml").write_text(PLG_YAML.format(eyes="", zone="UTC"))
    with Warehouse.open(tmp_path / "state", settings={"threads": "1"}) as store:
        for name in ("controls", "risks"):
            store.ensure(table(f"governance.{name}"))
        yield tmp_path, store


def _night(root: Path, store: Warehouse, day: dt.date) -> dict[str, Any]:
    """R4's row of a night on which R4-C1 had failed and everything else was effective."""
    policy = load_workspace(root).governance
    rows = [
        {"as_of": day, "control_id": name, "risk_id": c.risk, "question": c.question, "metric": c.metric,
         "threshold": c.passes_when, "alert": c.fails_when, "status": "failed" if name == "R4-C1" else "effective", "judged": 0.0,
         "evidence": "seen", "severity": c.severity, "mandatory": c.mandatory, "owner": c.owner}
        for name, c in policy.controls.items()
    ]  # fmt: skip
    names = {kind: list(table(f"governance.{kind}").column_names) for kind in ("controls", "risks")}
    store.insert(table("governance.controls"), pd.DataFrame(rows, columns=names["controls"]).astype(object))
    store.insert(table("governance.risks"), risks_on(store, policy, AsOf(day)))
    text = "select * from governance.risks where as_of = $d and risk_id = 'R4'"
    return store.connection.execute(text, {"d": day}).df().to_dict("records")[0]


def test_a_likelihood_that_somebody_edits_is_flagged_the_same_night_and_stays_so(acme: Any) -> None:
    root, store = acme
    file = root / "plg.yaml"
    text = file.read_text()
    file.write_text(text + "  risks: {R4: {likelihood: high}}\n")
    first = _night(root, store, TODAY - 2 * DAY)
    assert (first["residual_score"], pd.isna(first["lowered_from"])) == (6, True)
    file.write_text(text)
    for day in (TODAY - DAY, TODAY):
        row = _night(root, store, day)  # day_before.sql and control_states.sql
        assert (row["residual_score"], row["lowered_from"], pd.Timestamp(row["lowered_on"]).date()) == (2, 6, TODAY - DAY)
        assert row["lowered_why"] == "likelihood from high to low without an accepted proposal"


def test_a_row_says_everything_that_the_register_said_that_day(acme: Any) -> None:
    row = _night(*acme, TODAY)
    risk = POLICY.risks["R4"]
    assert (row["description"], row["impact_range"], row["treatment"]) == (risk.description, risk.impact_range, "mitigate")
    assert (row["source_rank"], row["key_controls"]) == (
        4,
        "rollout checklist; A/B monitoring; significance thresholds; rollback",
    )
    assert (row["escalation_path"], row["likelihood_basis"]) == (risk.escalation, "register")
    assert pd.Timestamp(row["review_due"]).date() == TODAY + 90 * DAY
    text = "select owner, escalation_path from governance.controls where control_id = 'R1-C1'"
    assert acme[1].connection.execute(text).fetchone() == ("team:legal", None)


def test_the_trend_is_drawn_from_the_stored_days(acme: Any) -> None:
    root, store = acme
    for back in (2, 1, 0):
        _night(root, store, TODAY - back * DAY)
    rows = store.frame(register_days(as_of=AsOf(TODAY)))  # register_days.sql
    assert list(rows.columns) == ["as_of", "risk_id", "residual_score", "failed", "degraded", "unknown"]
    assert len(rows) == 15 and set(rows[rows["risk_id"] == "R4"]["failed"]) == {1}
    drawn = charts.register_trend(rows).to_dict()
    assert "Residual scores and controls over time" in str(drawn["title"])
    assert "no night has judged" in str(charts.register_trend(rows.iloc[:0]).to_dict())


# -- reviews ------------------------------------------------------------------------------------------------------------------


def test_a_review_that_is_overdue_stands_in_the_reason_of_the_risk() -> None:
    frame = pd.DataFrame([{"control_id": c, "status": "effective", "failed_since": None} for c in POLICY.controls])
    reviews = {"R1": Review(TODAY - 91 * DAY, TODAY - DAY), "R2": Review(TODAY - 90 * DAY, TODAY)}
    risks = derive_risks(frame, POLICY, AsOf(TODAY), reviews=reviews).set_index("risk_id")
    assert risks.at["R1", "reason"].endswith("mandatory controls are effective; its review is overdue since 2025-06-29")
    assert "overdue" not in risks.at["R2", "reason"] and risks.at["R2", "review_due"] == TODAY
    assert risks.at["R1", "status"] == "controlled"


def test_a_review_is_a_governance_record_that_names_the_risk(make: Callable[..., None], warehouse: Warehouse, day: AsOf) -> None:
    make("known_governance_records",
         "'risk_review', '2025-06-01 09:00', 'r1', null", "'risk_review', '2025-03-01 09:00', 'R1', null",
         "'risk_review', '2025-07-01 09:00', 'R2', null", "'dpia', '2025-06-02 09:00', 'R3', null",
         "'risk_review', '2025-06-05 09:00', null, null")  # fmt: skip
    found = warehouse.rows(sql_file("governance/register/last_reviews.sql", requires=(), **day.parameters()))
    assert found == [("R1", dt.date(2025, 6, 1))]


def test_a_risk_that_nobody_reviewed_is_due_after_its_first_stored_day(acme: Any) -> None:
    root, store = acme
    _night(root, store, TODAY - 100 * DAY)
    found = reviews_on(store, {"R4": 90, "R9": 30}, AsOf(TODAY))  # registered_since.sql
    assert found == {"R4": Review(None, TODAY - 10 * DAY), "R9": Review(None, TODAY + 30 * DAY)}
    assert found["R4"].overdue(TODAY) and not found["R9"].overdue(TODAY)
