"""Every control metric on a few rows: a figure by hand, a figure under another limit, and nothing to read."""

from collections.abc import Callable

import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy, judge
from plg_orchestration.governance.controls import Measurement
from plg_orchestration.verdicts import ControlStatus

Make = Callable[..., None]
Figures = Callable[..., Measurement]
POLICY = load_default("governance", GovernancePolicy)


def status(control: str, measured: Measurement) -> ControlStatus:
    return judge(POLICY.controls[control], measured)


def record(kind: str, made_at: str) -> str:
    return f"'{kind}', '{made_at}', null, null"


def invites(agreed: int, not_agreed: int) -> list[str]:
    yes = "'a', null, '2025-06-20 12:00', '2025-06-20 11:00', '2025-06-20 11:30'"
    late = "'a', null, '2025-06-20 12:00', '2025-06-20 13:00', '2025-06-20 14:00'"
    return [yes] * agreed + [late] * not_agreed


def test_consent_counts_only_an_opt_in_before_the_invitation(make: Make, figures: Figures) -> None:
    make("known_invites", *invites(19, 1), "'a', null, '2025-03-01', null, null")
    found = figures("consent_rate")
    assert (found.value, found.numerator, found.denominator) == (0.95, 19, 20)
    assert status("R1-C1", found) is ControlStatus.EFFECTIVE
    assert "19 of 20 invitations sent since 2025-04-02" in found.detail


def test_consent_under_the_target_is_degraded_and_under_the_alert_failed(make: Make, figures: Figures) -> None:
    make("known_invites", *invites(18, 2))
    assert status("R1-C1", figures("consent_rate")) is ControlStatus.DEGRADED
    make("known_invites", *invites(8, 2))
    assert status("R1-C1", figures("consent_rate")) is ControlStatus.FAILED


def test_consent_without_recent_invitations_is_no_data(make: Make, figures: Figures) -> None:
    make("known_invites", "'a', null, '2025-03-01', '2025-02-01', null")
    found = figures("consent_rate")
    assert found.value is None
    assert found.denominator == 0
    assert status("R1-C1", found) is ControlStatus.NO_DATA


def test_double_opt_in_is_counted_by_invitation(make: Make, figures: Figures) -> None:
    make("known_invites", *invites(3, 2), "'a', null, '2025-06-21', '2025-06-01', null")
    found = figures("invites_without_double_opt_in")
    assert (found.value, found.denominator) == (3, 6)
    assert status("R1-C2", found) is ControlStatus.FAILED
    make("known_invites", *invites(3, 0))
    assert status("R1-C2", figures("invites_without_double_opt_in")) is ControlStatus.EFFECTIVE
    make("known_invites")
    assert status("R1-C2", figures("invites_without_double_opt_in")) is ControlStatus.NO_DATA


def test_residency_wants_a_store_in_every_region_that_an_account_is_bound_to(make: Make, figures: Figures) -> None:
    make("known_accounts", "'a', 'EMEA', 'eu'", "'b', 'NA', 'US'", "'c', 'NA', 'US'", "'d', 'NA', null")
    closed = "'storage_region', '2025-01-01', 'US', '2025-06-01'"
    make("known_governance_records", "'storage_region', '2025-01-01', 'EU', null", closed)
    found = figures("residency_mismatches")
    assert (found.value, found.denominator) == (2, 3)
    assert found.detail.endswith("data is stored in EU")
    assert status("R1-C3", found) is ControlStatus.FAILED
    make("known_accounts", "'a', 'EMEA', 'eu'")
    assert status("R1-C3", figures("residency_mismatches")) is ControlStatus.EFFECTIVE
    make("known_accounts", "'d', 'NA', null")
    assert status("R1-C3", figures("residency_mismatches")) is ControlStatus.NO_DATA


def test_residency_without_a_known_store_is_no_pass(make: Make, figures: Figures) -> None:
    make("known_accounts", "'a', 'EMEA', 'EU'")
    make("known_governance_records")
    found = figures("residency_mismatches")
    assert found.value is None
    assert "storage_region" in found.detail


@pytest.mark.parametrize(
    ("name", "kind", "control"),
    [("dpia_age_days", "dpia", "R1-C4"), ("privacy_assessment_age_days", "privacy_assessment", "R1-C5")],
)
def test_record_age_days_is_that_of_the_newest_record_of_its_kind(
    make: Make, figures: Figures, name: str, kind: str, control: str
) -> None:
    make("known_governance_records", record(kind, "2024-06-30 09:00"), record(kind, "2024-01-01"), record("other", "2025-06-30"))
    assert figures(name).value == 365
    assert status(control, figures(name)) is ControlStatus.EFFECTIVE
    make("known_governance_records", record(kind, "2024-06-29 23:59"))
    assert status(control, figures(name)) is ControlStatus.FAILED
    make("known_governance_records", record(kind, "2025-07-01 00:00"), record("other", "2025-06-30"))
    assert status(control, figures(name)) is ControlStatus.NO_DATA


def sent(user: str, day: str, invites: int) -> str:
    return f"'{day}', '{day}', '{user}', 'account of {user}', 0, {invites}"


def test_inviters_over_cap_by_day_for_all_and_by_month_for_the_free(make: Make, figures: Figures) -> None:
    make("known_subscriptions", "'account of payer', 50, '2025-01-01', null, false")
    busy = [sent(user, f"2025-06-{day:02}", 10) for user in ("payer", "free") for day in range(10, 21)]
    make(
        "behavior.user_days",
        *busy,
        sent("burst", "2025-06-30", 11),
        sent("calm", "2025-06-30", 10),
        sent("old", "2025-05-31", 11),
    )
    found = figures("inviters_over_cap")
    assert (found.value, found.denominator) == (2, 4)
    assert "1 more than 10 in a day, 1 on a free plan more than 100 in 30 days" in found.detail
    assert status("R2-C2", found) is ControlStatus.FAILED


def test_inviters_within_the_caps_are_fine(make: Make, figures: Figures) -> None:
    make("known_subscriptions")
    make("behavior.user_days", sent("calm", "2025-06-30", 10))
    assert status("R2-C2", figures("inviters_over_cap")) is ControlStatus.EFFECTIVE


def decision(
    name: str, *, qualified: bool = True, route: str = "'sales'", reasons: str = "'[\"limit_hit\"]'", day: str = "2025-06-30"
) -> str:
    return f"'{name}', '{day}', 'u', 'conversion', 'rules', '1', 80, 65, {qualified}, {route}, false, null, {reasons}"


def test_decision_log_completeness_wants_reasons_and_an_outcome(make: Make, figures: Figures) -> None:
    complete = [decision("a"), decision("b", qualified=False, route="null")]
    make("pql.decisions", *complete, decision("c", route="null"), decision("d", reasons="'[]'"), decision("e", day="2025-06-23"))
    found = figures("decision_log_completeness")
    assert (found.value, found.denominator) == (0.5, 4)
    assert status("R3-C3", found) is ControlStatus.FAILED
    make("pql.decisions", *complete)
    assert status("R3-C3", figures("decision_log_completeness")) is ControlStatus.EFFECTIVE
    make("pql.decisions")
    assert status("R3-C3", figures("decision_log_completeness")) is ControlStatus.NO_DATA


def exposed(arm: str, units: int, *, day: str = "2025-06-17") -> list[str]:
    control = arm == "control"
    return [f"'checklist', 'user', '{arm}{i}', '{arm}', {control}, '{day} 10:00', '{day}'" for i in range(units)]


def active(arm: str, units: int, day: str) -> list[str]:
    return [f"'{day}', '{day}', '{arm}{i}', null, 1, 0" for i in range(units)]


def test_retention_variance_is_week_two_activity_against_the_control_arm(make: Make, figures: Figures) -> None:
    make("experiment_units", *exposed("control", 4), *exposed("new", 4), *exposed("late", 4, day="2025-06-18"))
    make(
        "behavior.user_days",
        *active("control", 3, "2025-06-24"),
        *active("new", 1, "2025-06-30"),
        *active("new", 4, "2025-06-23"),
    )
    found = figures("retention_variance", retention_minimum_units=4)
    assert (found.value, found.numerator, found.denominator) == (-0.5, 1, 4)
    variance = 0.25 * 0.75 / 4 + 0.75 * 0.25 / 4
    rho2 = 7.936196 / 1000
    spread = 2 * (8 * rho2 + 1) / (8 * rho2) * 3.026490  # ln(sqrt(8 rho2 + 1) / 0.05)
    assert found.judged == pytest.approx(-0.5 + (variance * spread) ** 0.5, rel=1e-4)
    assert "late" not in found.detail


def test_retention_is_judged_by_the_bound_so_that_noise_alarms_nobody(make: Make, figures: Figures) -> None:
    make("experiment_units", *exposed("control", 400), *exposed("new", 400))
    make("behavior.user_days", *active("control", 300, "2025-06-24"), *active("new", 280, "2025-06-24"))
    assert figures("retention_variance").value == pytest.approx(-0.05)
    assert status("R4-C1", figures("retention_variance")) is ControlStatus.EFFECTIVE
    make("behavior.user_days", *active("control", 300, "2025-06-24"), *active("new", 100, "2025-06-24"))
    assert status("R4-C1", figures("retention_variance")) is ControlStatus.FAILED
    make("experiment_units", *exposed("control", 400), *exposed("new", 99))
    found = figures("retention_variance")
    assert status("R4-C1", found) is ControlStatus.NO_DATA
    assert "100 units" in found.detail


REGISTERED = (
    "'checklist', 'user', 'control', 50, true, '2025-06-01', null",
    "'checklist', 'user', 'new', 50, false, '2025-06-01', null",
)


def test_an_experiment_that_nobody_registered_is_named(make: Make, figures: Figures) -> None:
    make("config.experiments", *REGISTERED)
    make(
        "known_exposures",
        "'checklist', 'a', 'new', '2025-06-20'",
        "'secret', 'a', 'on', '2025-06-20'",
        "'old', 'a', 'on', '2025-05-01'",
    )
    found = figures("registered_experiments_share")
    assert (found.value, found.denominator) == (0.5, 2)
    assert found.detail.endswith("not registered: secret")
    assert status("R4-C2", found) is ControlStatus.FAILED
    make("known_exposures", "'checklist', 'a', 'new', '2025-06-20'")
    assert status("R4-C2", figures("registered_experiments_share")) is ControlStatus.EFFECTIVE
    make("known_exposures")
    assert status("R4-C2", figures("registered_experiments_share")) is ControlStatus.NO_DATA


def test_sample_ratio_mismatches_at_p_below_one_in_a_thousand(make: Make, figures: Figures) -> None:
    make("config.experiments", *REGISTERED)
    make("experiment_units", *exposed("control", 60), *exposed("new", 40))
    found = figures("sample_ratio_mismatches")
    assert found.value == 0  # (60 - 50)^2 / 50 * 2 = 4
    assert "chi-square 4.0 over 100 units" in found.detail
    assert status("R4-C3", found) is ControlStatus.EFFECTIVE
    make("experiment_units", *exposed("control", 120), *exposed("new", 60))
    found = figures("sample_ratio_mismatches")
    assert "chi-square 20.0 over 180 units (p < 0.001)" in found.detail
    assert status("R4-C3", found) is ControlStatus.FAILED
    make("experiment_units")
    assert status("R4-C3", figures("sample_ratio_mismatches")) is ControlStatus.NO_DATA


def test_an_arm_without_any_unit_is_a_mismatch_too(make: Make, figures: Figures) -> None:
    make("config.experiments", *REGISTERED)
    make("experiment_units", *exposed("control", 30))
    assert figures("sample_ratio_mismatches").value == 1  # 15 + 15 = 30


def contrast(
    group: str, difference: str, verdict: str, *, day: str = "2025-06-30", version: str = "7", status: str = "protected"
) -> str:
    scorer = f"'{day}', 'conversion', 'model', '{version}'"
    return f"{scorer}, 'region', '{group}', '{status}', 'selection_rate', {difference}, '{verdict}'"


def champion(make: Make, *audit: str) -> None:
    make("pql.champion", "'2025-06-30', 'conversion', 'model', '7'", "'2025-06-29', 'conversion', 'rules', '1'")
    make("pql.bias_audit", *audit)


def test_parity_difference_is_the_widest_gap_of_the_champions_newest_audit(make: Make, figures: Figures) -> None:
    champion(
        make, contrast("EMEA", "0.04", "pass"), contrast("APAC", "-0.06", "pass"), contrast("LATAM", "0.5", "insufficient"),
        contrast("NA", "0.9", "fail", version="8"), contrast("NA", "0.9", "fail", day="2025-06-29"),
        contrast("NA", "0.9", "fail", status="monitored"),
    )  # fmt: skip
    found = figures("parity_difference")
    assert (found.value, found.numerator, found.denominator) == (0.06, 2, 3)
    assert found.detail.startswith("widest for region APAC in the audit of model on 2025-06-30")
    assert status("R3-C1", found) is ControlStatus.EFFECTIVE
    champion(make, contrast("EMEA", "-0.10", "warn"))
    assert status("R3-C1", figures("parity_difference")) is ControlStatus.FAILED


def test_a_champion_that_cannot_be_judged_does_not_pass(make: Make, figures: Figures) -> None:
    champion(make, contrast("LATAM", "0.01", "insufficient"), contrast("APAC", "null", "insufficient"))
    found = figures("parity_difference")
    assert status("R3-C1", found) is ControlStatus.NO_DATA
    assert found.detail == "none of the 2 protected contrasts of 2025-06-30 has enough data"
    champion(make)
    assert status("R3-C1", figures("parity_difference")) is ControlStatus.NO_DATA
    assert status("R3-C2", figures("audit_age_days")) is ControlStatus.NO_DATA


@pytest.mark.parametrize(("audited", "age", "expected"), [("2025-04-01", 90, "effective"), ("2025-03-31", 91, "failed")])
def test_audit_age_days_is_that_of_the_version_in_force(
    make: Make, figures: Figures, audited: str, age: int, expected: str
) -> None:
    champion(make, contrast("EMEA", "0", "pass", day=audited), contrast("EMEA", "0", "pass", version="8"))
    found = figures("audit_age_days")
    assert found.value == age
    assert status("R3-C2", found) == expected


def live(group: str, difference: str, verdict: str = "pass", *, day: str = "2025-06-30", stage: str = "qualified") -> str:
    window = f"'{day}', 'conversion', 'recent', '{stage}', '2025-06-24', '{day}'"
    return f"{window}, 'region', '{group}', 'protected', 'selection_rate', {difference}, '{verdict}'"


def test_live_parity_difference_is_the_widest_gap_of_last_weeks_decisions(make: Make, figures: Figures) -> None:
    other = "'2025-06-30', 'conversion', 'matured', 'qualified', '2025-05-01', '2025-05-31', 'region', 'NA', 'protected',"
    make("pql.live_bias", live("EMEA", "0.04"), live("APAC", "-0.06", "warn"), live("LATAM", "0.5", "insufficient"),
         live("NA", "0.9", day="2025-06-29"), live("NA", "0.9", stage="handed_over"),
         f"{other} 'selection_rate', 0.9, 'fail'")  # fmt: skip
    found = figures("live_parity_difference")
    assert (found.value, found.numerator, found.denominator) == (0.06, 2, 3)
    assert found.detail.startswith("widest for region APAC in live decisions from 2025-06-24 to 2025-06-30; 2 of 3")
    assert status("R3-C4", found) is ControlStatus.EFFECTIVE
    make("pql.live_bias", live("EMEA", "0.10"))
    assert status("R3-C4", figures("live_parity_difference")) is ControlStatus.FAILED


def test_live_decisions_that_cannot_be_judged_do_not_pass(make: Make, figures: Figures) -> None:
    make("pql.live_bias", live("EMEA", "0.01", "insufficient"), live("APAC", "null", "insufficient"))
    found = figures("live_parity_difference")
    assert status("R3-C4", found) is ControlStatus.NO_DATA
    assert found.detail == "none of the 2 protected contrasts of live decisions from 2025-06-24 to 2025-06-30 has enough data"
    make("pql.live_bias", live("EMEA", "0.01", day="2025-06-23"))
    assert status("R3-C4", figures("live_parity_difference")) is ControlStatus.NO_DATA


def overridden(make: Make, *words: tuple[str, str]) -> None:
    rows = (f"{number}, '{name}', '2025-06-30', '{action}'" for number, (name, action) in enumerate(words, start=1))
    make("pql.overrides", *rows)


def test_override_rate_counts_each_lead_once_by_the_last_word_on_it(make: Make, figures: Figures) -> None:
    make(
        "pql.decisions",
        *(decision(f"d{i}") for i in range(20)),
        decision("no", qualified=False),
        decision("old", day="2025-06-23"),
    )
    overridden(make, ("d1", "hold"), ("d1", "suppress"), ("d2", "route"), ("no", "route"), ("old", "hold"))
    found = figures("override_rate")
    assert (found.value, found.numerator, found.denominator) == (0.1, 2, 20)
    assert "(1 routed, 0 held, 1 suppressed, 0 released); the reasons stand in pql.overrides" in found.detail
    assert status("R3-C5", found) is ControlStatus.EFFECTIVE


def test_override_rate_fails_when_people_keep_disagreeing_and_is_none_without_leads(make: Make, figures: Figures) -> None:
    make("pql.decisions", *(decision(f"d{i}") for i in range(4)))
    overridden(make, ("d1", "hold"))
    assert status("R3-C5", figures("override_rate")) is ControlStatus.DEGRADED
    overridden(make, ("d1", "hold"), ("d2", "hold"))
    assert status("R3-C5", figures("override_rate")) is ControlStatus.FAILED
    make("pql.decisions", decision("no", qualified=False))
    assert status("R3-C5", figures("override_rate")) is ControlStatus.NO_DATA
