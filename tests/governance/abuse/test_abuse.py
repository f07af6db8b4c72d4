"""Devices and addresses as they are read, suspicions as they stand, and the controls about abuse on a few rows."""

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy, judge
from plg_orchestration.governance.abuse.queries import fingerprints, suspects_by_week, suspicions
from plg_orchestration.governance.controls import Measurement
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Rows, Warehouse, table

Make = Callable[..., None]
Figures = Callable[..., Measurement]
POLICY = load_default("governance", GovernancePolicy)
JUNE_30 = "'2025-06-30'"


def status(control: str, measured: Measurement) -> ControlStatus:
    return judge(POLICY.controls[control], measured)


# -- what the rules read ----------------------------------------------------------------------------------------------


def test_fingerprints_are_read_from_the_events_that_tell_of_signing_up_or_inviting(
    make: Make, warehouse: Warehouse, day: AsOf
) -> None:
    make(
        "config.event_roles",
        "'Signed Up', 'signup', null, null",
        "'Signed Up', 'onboarding_step', 1, null",
        "'Report', 'core_feature', null, null",
    )
    make("ingest.events",
         """'2025-06-30', 'track', 'Signed Up', 'a', '{"fingerprint":"f1"}', '2025-06-30 08:00'""",
         """'2025-06-30', 'track', 'Signed Up', 'a', '{"fingerprint":"f1"}', '2025-06-30 07:00'""",
         """'2025-06-30', 'track', 'Signed Up', 'b', '{"device_id":"f2"}', '2025-06-29 08:00'""",
         """'2025-06-30', 'track', 'Signed Up', 'c', '{"fingerprint":""}', '2025-06-30 08:00'""",
         """'2025-06-30', 'track', 'Report', 'd', '{"fingerprint":"f4"}', '2025-06-30 08:00'""",
         """'2025-06-29', 'track', 'Signed Up', 'e', '{"fingerprint":"f5"}', '2025-06-30 08:00'""")  # fmt: skip
    today = [
        (day.date, "a", "device", "f1", dt.datetime(2025, 6, 30, 7)),
        (day.date, "b", "device", "f2", dt.datetime(2025, 6, 29, 8)),
    ]
    assert sorted(warehouse.rows(fingerprints(as_of=day))) == today
    yesterday = dt.date(2025, 6, 29)
    both = warehouse.rows(fingerprints(as_of=day, first=yesterday))
    assert sorted(both) == [(yesterday, "e", "device", "f5", dt.datetime(2025, 6, 30, 8)), *today]


def test_an_address_is_kept_as_a_hash_only(make: Make, warehouse: Warehouse, day: AsOf) -> None:
    make("config.event_roles", "'Signed Up', 'signup', null, null")
    event = "'2025-06-30', 'track', 'Signed Up', '{user}', '{{\"{key}\":\"2001:DB8::{end}\"}}', '2025-06-30 08:00'"
    make("ingest.events", event.format(user="a", key="ip", end="A"), event.format(user="b", key="ip_address", end="a"))
    rows = warehouse.rows(fingerprints(as_of=day))
    assert {row[1:3] for row in rows} == {("a", "address"), ("b", "address")}
    assert len({row[3] for row in rows}) == 1 and "2001" not in str(rows[0][3])


# -- suspicions -------------------------------------------------------------------------------------------------------


@pytest.fixture
def nights(warehouse: Warehouse) -> Callable[..., dict[str, tuple[object, ...]]]:
    """`nights(day, suspects, words)`: the night's suspicions by user, after its suspects and what people said are added."""
    for name in ("governance.suspects", "governance.suspicions", "ingest.governance_records"):
        warehouse.ensure(table(name))

    def replaced(name: str, as_of: AsOf, rows: Rows) -> None:
        warehouse.connection.execute(f"delete from {name} where as_of = $day", {"day": as_of.date})
        warehouse.insert(table(name), rows)

    def night(
        day: str, *suspects: tuple[str, str], words: tuple[tuple[str, str, str], ...] = ()
    ) -> dict[str, tuple[object, ...]]:
        as_of = AsOf(dt.date.fromisoformat(day))
        rows = [
            {"as_of": as_of.date, "unit_id": user, "signup_date": dt.date(2025, 6, 1), "rule": rule, "evidence": f"by {rule}"}
            for user, rule in suspects
        ]
        made = pd.DataFrame(rows, columns=list(table("governance.suspects").column_names))
        replaced("governance.suspects", as_of, made)
        for number, (user, kind, said) in enumerate(words):
            warehouse.connection.execute(
                "insert into ingest.governance_records by name select $id as record_id, $kind as kind, $at::timestamp as at,"
                " 'ada' as owner, $user as subject, $said as detail, $at::timestamp as known_at, $at::date as known_date,"
                " 'f' as file_id, $line as line",
                {"id": f"{day}-{number}", "kind": kind, "at": f"{day} 10:00", "user": user, "said": said, "line": number},
            )
        replaced("governance.suspicions", as_of, suspicions(as_of=as_of))
        text = "select unit_id, first_day, first_rule, last_day, status, decided_by from governance.suspicions where as_of = $d"
        found = warehouse.connection.execute(text, {"d": as_of.date}).fetchall()
        return {row[0]: row[1:] for row in found}

    return night


def test_a_suspicion_keeps_its_first_day_and_rule_and_outlives_the_window(
    nights: Callable[..., dict[str, tuple[object, ...]]],
) -> None:
    nights("2025-06-10", ("a", "signup_velocity"), ("a", "invite_ring"))
    nights("2025-06-11", ("a", "disposable_domain"), ("b", "invite_ring"))
    found = nights("2026-06-11")
    assert found["a"] == (dt.date(2025, 6, 10), "invite_ring", dt.date(2025, 6, 11), "suspected", None)
    assert found["b"][0] == dt.date(2025, 6, 11)


def test_a_night_built_again_knows_nothing_of_later_ones(nights: Callable[..., dict[str, tuple[object, ...]]]) -> None:
    nights("2025-06-10", ("a", "invite_ring"))
    nights("2025-06-12", ("b", "invite_ring"))
    assert set(nights("2025-06-10", ("a", "invite_ring"))) == {"a"}
    assert set(nights("2025-06-11")) == {"a"}


def test_a_person_clears_a_suspicion_from_the_night_on_which_it_is_known(
    nights: Callable[..., dict[str, tuple[object, ...]]],
) -> None:
    assert nights("2025-06-10", ("a", "invite_ring"))["a"][3] == "suspected"
    cleared = nights("2025-06-11", ("a", "invite_ring"), words=(("a", "suspicion_cleared", "they called us"),))
    assert cleared["a"][3:] == ("cleared", "ada")
    assert nights("2025-06-12", ("a", "invite_ring"))["a"][3] == "cleared"
    again = nights("2025-06-13", words=(("a", "suspicion_confirmed", "it was one person after all"),))
    assert again["a"][3] == "confirmed"
    assert nights("2025-06-10", ("a", "invite_ring"))["a"][3] == "suspected"


def test_the_chart_counts_suspects_by_week_and_rule(
    nights: Callable[..., dict[str, tuple[object, ...]]], warehouse: Warehouse, day: AsOf
) -> None:
    nights("2025-06-30", ("a", "invite_ring"), ("b", "invite_ring"), ("b", "shared_device"))
    monday = dt.date(2025, 5, 26)
    assert warehouse.rows(suspects_by_week(day)) == [(monday, "invite_ring", 2), (monday, "shared_device", 1)]


# -- controls ---------------------------------------------------------------------------------------------------------


def screened(make: Make, suspects: int, assessed: int, signups: int) -> None:
    rest = f"null, null, {signups}, {assessed}"
    make(
        "governance.abuse_screening",
        f"{JUNE_30}, 'any', {suspects}, {rest}, '2 who pay are spared'",
        f"{JUNE_30}, 'invite_ring', {suspects}, {rest}, ''",
        f"{JUNE_30}, 'dormant_bulk', 0, {rest}, ''",
        f"'2025-06-29', 'any', 500, {rest}, ''",
    )


def test_fake_account_ratio_divides_suspects_by_those_whom_the_rules_can_assess(make: Make, figures: Figures) -> None:
    screened(make, 1, 100, 104)
    found = figures("fake_account_ratio")
    assert (found.value, found.numerator, found.denominator) == (0.01, 1, 100)
    assert found.detail == ("1 of 100 recent signups look fake (1 by invite ring); 4 could not be assessed; 2 who pay are spared")
    assert status("R2-C1", found) is ControlStatus.DEGRADED


def test_fake_account_ratio_passes_fails_and_knows_when_it_is_blind(make: Make, figures: Figures) -> None:
    screened(make, 0, 10, 10)
    assert status("R2-C1", figures("fake_account_ratio")) is ControlStatus.EFFECTIVE
    screened(make, 3, 100, 100)
    assert status("R2-C1", figures("fake_account_ratio")) is ControlStatus.FAILED
    screened(make, 0, 0, 7)
    assert figures("fake_account_ratio").detail.startswith("neither a mail domain nor a device is known of any of the 7")
    assert status("R2-C1", figures("fake_account_ratio")) is ControlStatus.NO_DATA
    make("governance.abuse_screening")
    assert status("R2-C1", figures("fake_account_ratio")) is ControlStatus.NO_DATA


def leaked(amount: float, day: str = JUNE_30) -> str:
    return f"{day}, 'total', {amount}, {amount / 2}, {amount * 2}, 12, 'EUR', 'so many'"


def test_revenue_leakage_passes_to_a_hundred_thousand_fails_beyond_and_is_unknown_without_an_estimate(
    make: Make, figures: Figures
) -> None:
    make("governance.leakage", leaked(100_000), leaked(1, "'2025-06-29'"))
    found = figures("revenue_leakage")
    assert found.detail == "100000 EUR in 12 months (95 % interval 50000 to 200000): so many"
    assert status("R2-C3", found) is ControlStatus.EFFECTIVE
    make("governance.leakage", leaked(100_001))
    assert status("R2-C3", figures("revenue_leakage")) is ControlStatus.FAILED
    make("governance.leakage", leaked(5, "'2025-06-29'"))
    assert status("R2-C3", figures("revenue_leakage")) is ControlStatus.NO_DATA


def test_leakage_goes_to_finance_at_once_and_to_the_executive_later() -> None:
    assert [(step.after, step.to) for step in POLICY.steps_of(POLICY.controls["R2-C3"])] == [
        ("0h", "finance"), ("72h", "executive"),
    ]  # fmt: skip


def weeks(*of: tuple[str, int, int, int]) -> list[str]:
    """Signups of a week, and how many went through the first and the second step."""
    return [
        f"{JUNE_30}, 'user', '{week}', {step}, 'step {step}', {signups}, {signups}, {through}"
        for week, signups, first, second in of
        for step, through in ((1, first), (2, second))
    ]


BEFORE = (("2025-06-02", 100, 90, 60), ("2025-06-09", 100, 90, 60))


def test_funnel_leaks_are_what_a_step_lost_beyond_the_weeks_before(make: Make, figures: Figures) -> None:
    make("cohorts.onboarding", *weeks(*BEFORE, ("2025-06-16", 100, 90, 30)))
    found = figures("funnel_leaks")
    # Of 90 who came 60 of 90 were expected to go on: 60 - 30 = 30 of 100 signups are lost.
    assert found.value == pytest.approx(0.30) and found.denominator == 100
    assert found.detail == (
        "30 of 100 signups of the week of 2025-06-16 were lost beyond expectation: step 2 (33 % went on instead of 67 %)"
    )
    assert status("R2-C4", found) is ControlStatus.FAILED


def test_funnel_leaks_pass_where_nothing_is_lost_that_chance_does_not_explain(make: Make, figures: Figures) -> None:
    make("cohorts.onboarding", *weeks(*BEFORE, ("2025-06-16", 100, 86, 54)))
    found = figures("funnel_leaks")
    assert found.value == 0
    assert status("R2-C4", found) is ControlStatus.EFFECTIVE


def test_funnel_leaks_between_target_and_alert_are_degraded(make: Make, figures: Figures) -> None:
    before = [("2025-06-02", 2000, 1900, 1500)]
    make("cohorts.onboarding", *weeks(*before, ("2025-06-16", 2000, 1900, 1360)))
    found = figures("funnel_leaks")
    assert found.value == pytest.approx(0.07)
    assert status("R2-C4", found) is ControlStatus.DEGRADED


def test_funnel_leaks_are_unknown_without_a_mature_week_or_one_before_it(make: Make, figures: Figures) -> None:
    make("cohorts.onboarding", *weeks(*BEFORE[:1]))
    assert figures("funnel_leaks").detail == "no earlier week tells what to expect"
    assert status("R2-C4", figures("funnel_leaks")) is ControlStatus.NO_DATA
    make("cohorts.onboarding", *weeks(("2025-06-02", 49, 40, 30)))
    assert "no week with 50 signups" in figures("funnel_leaks").detail
    assert status("R2-C4", figures("funnel_leaks")) is ControlStatus.NO_DATA
