"""The packaged register equals its source, and what could never work is refused with the remedy."""

import copy
import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plg_orchestration.config.section import default_document, load_default
from plg_orchestration.governance import METRICS, GovernancePolicy
from plg_orchestration.governance.conditions import Condition, contradict, parse_condition

POLICY = load_default("governance", GovernancePolicy)
REGISTER = list(csv.DictReader(Path(__file__).with_name("risk_register.csv").read_text().splitlines()))
Edit = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize("row", REGISTER, ids=lambda row: row["id"])
def test_the_packaged_register_says_what_its_source_says(row: dict[str, str]) -> None:
    from plg_orchestration.governance.policy import BANDS

    risk = POLICY.risks[row["id"]]
    assert (risk.title, risk.priority, risk.likelihood, risk.impact) == (
        row["risk"],
        row["priority"],
        row["likelihood"],
        row["impact"],
    )
    assert BANDS[risk.likelihood] == row["likelihood_band"]
    assert (risk.impact_range, risk.owner, risk.escalation) == (row["impact_quant"], row["owner"], row["alert_or_escalation"])
    assert "; ".join(risk.key_controls) == row["key_controls"]
    assert risk.source_rank == int(row["source_rank"])


@pytest.mark.parametrize(
    ("control", "metric", "passes", "fails"),
    [
        ("R1-C1", "consent_rate", ">= 0.95", "< 0.9"), ("R1-C4", "dpia_age_days", "<= 365", None),
        ("R1-C5", "privacy_assessment_age_days", "<= 365", None), ("R2-C1", "fake_account_ratio", "< 0.01", "> 0.02"),
        ("R3-C1", "parity_difference", "< 0.1", None), ("R3-C2", "audit_age_days", "<= 90", None),
        ("R4-C1", "retention_variance", ">= -0.03", "< -0.05"), ("R5-C1", "open_vulnerabilities", "== 0", None),
        ("R5-C2", "scan_age_days", "<= 7", "> 14"), ("R5-C4", "integration_uptime", "> 0.99", "< 0.98"),
    ],
)  # fmt: skip
def test_targets_are_the_published_ones(control: str, metric: str, passes: str, fails: str | None) -> None:
    entry = POLICY.controls[control]
    assert (entry.metric, entry.passes_when, entry.fails_when) == (metric, passes, fails)


def test_invite_caps_are_the_published_ones() -> None:
    assert (POLICY.limits.invites_per_day, POLICY.limits.invites_per_month) == (10, 100)


def test_scores_are_likelihood_times_impact_and_fall_by_one_likelihood_when_controlled() -> None:
    scores = {name: (risk.inherent_score, risk.controlled_score) for name, risk in POLICY.risks.items()}
    assert scores == {"R1": (9, 6), "R2": (6, 3), "R3": (4, 2), "R4": (2, 2), "R5": (3, 3)}


def test_every_risk_has_a_mandatory_control_and_every_metric_serves_a_control_or_a_target() -> None:
    assert {c.risk for c in POLICY.controls.values() if c.mandatory} == set(POLICY.risks)
    used = {c.metric for c in POLICY.controls.values()} | {t.metric for t in POLICY.targets.values() if t.metric}
    assert used == {m.name for m in METRICS}


BACKWARDS = [{"after": "3d", "to": "board"}, {"after": "24h", "to": "executive"}]


def without_owner(register: dict[str, Any]) -> None:
    del register["controls"]["R1-C1"]["owner"]


def control(**changes: object) -> Edit:
    return lambda register: register["controls"]["R1-C1"].update(changes)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (control(metric="concent_rate"), "unknown metric 'concent_rate'; choose one of "),
        (without_owner, "owner\n  Field required"),
        (control(owner="legal"), "controls.R1-C1.owner"),
        (control(risk="R9"), "control R1-C1: unknown risk 'R9'; choose one of R1, R2, R3, R4, R5"),
        (control(passes_when="95 %"), "condition '95 %' cannot be read"),
        (control(fails_when="< 0.97"), "a value can meet both"),
        (control(escalate=BACKWARDS), "one by one"),
        (control(escalate=[{"after": "24h", "to": "ceo"}]), "'ceo' is not in escalation_order"),
        (control(treshold=1), "Extra inputs"),
        (control(id="R1-C9"), "make both the same"),
        (lambda r: r["risks"]["R1"].update(treatment="accept"), "risk R1 is accepted without an expiry; add acceptance"),
        (lambda r: r["risks"]["R1"].update(acceptance={"by": "cfo", "rationale": "small"}), "until"),
        (lambda r: r.update(risks=[{"id": "R1"}, {"id": "R1"}]), "the id R1 stands twice"),
        (lambda r: r.update(disposable_domains=["me@x.com"]), "disposable_domains"),
    ],
)  # fmt: skip
def test_a_register_that_could_not_work_is_refused(edit: Edit, message: str) -> None:
    register = copy.deepcopy(default_document("governance").data)
    edit(register)
    with pytest.raises(ValidationError) as refused:
        GovernancePolicy.model_validate(register)
    assert message in str(refused.value)


def test_a_list_of_entries_with_ids_is_the_same_register() -> None:
    register = copy.deepcopy(default_document("governance").data)
    listed = {
        **register,
        "risks": [{"id": key, **entry} for key, entry in register["risks"].items()],
        "controls": [{"id": key, **entry} for key, entry in register["controls"].items()],
    }
    assert GovernancePolicy.model_validate(listed) == POLICY


def test_an_acceptance_keeps_its_expiry() -> None:
    register = copy.deepcopy(default_document("governance").data)
    register["risks"]["R4"].update(treatment="accept", acceptance={"by": "cfo", "rationale": "small", "until": "2025-12-31"})
    accepted = GovernancePolicy.model_validate(register).risks["R4"].acceptance
    assert accepted is not None
    assert accepted.until == dt.date(2025, 12, 31)


def test_the_domains_are_the_table_that_the_detector_reads() -> None:
    table = POLICY.config_tables()["disposable_domains"]
    assert table.column_names == ["domain"]
    assert table.column("domain").to_pylist() == sorted(set(POLICY.disposable_domains))


def test_conditions_compare_and_nan_meets_none() -> None:
    assert parse_condition(" >=0.95 ") == Condition(">=", 0.95)
    assert parse_condition("== 0").holds(0)
    assert not parse_condition("< 1").holds(float("nan"))
    assert contradict(parse_condition("<= 7"), parse_condition(">= 7"))
    assert not contradict(parse_condition("< 7"), parse_condition(">= 7"))
