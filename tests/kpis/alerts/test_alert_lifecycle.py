"""One alert while its condition lasts, in the state that people, chance and definitions give it."""

import datetime as dt
from dataclasses import replace
from typing import Any

from plg_orchestration.kpis.alerts.judging import judge
from plg_orchestration.kpis.alerts.lifecycle import Before, Word, alerts_of
from plg_orchestration.kpis.alerts.policy import AlertPolicy
from plg_orchestration.kpis.alerts.series import Point
from tests.kpis.alerts.night_rows import CHANGE, LEVEL, MONDAY, STEADY, TARGET, of_smb, policy, shares

DAY = dt.timedelta(days=1)
JULY = dt.date(2025, 7, 1)
LOW = shares((*STEADY, (2, 64)))
FINE = shares((*STEADY, (2, 64), (30, 64)), last=MONDAY + 7 * DAY)
NOISE = shares((*STEADY, (15, 64)))
RULES = policy(low=LEVEL)


class Nights:
    """Nights in their order, each built upon the one before."""

    def __init__(self, rules: AlertPolicy = RULES) -> None:
        self.rules, self.words = rules, list[Word]()
        self.alerts: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []

    def built(self, night: dt.date, points: tuple[Point, ...]) -> list[dict[str, Any]]:
        found = judge(self.rules, of_smb(*points), targets=TARGET, as_of=night)
        before = Before(self.alerts, self.checks, self.words)
        self.alerts = alerts_of(found, before, policy=self.rules, as_of=night)
        self.checks = [{"as_of": night, **vars(one)} for one in found]
        return self.alerts

    def state(self, night: dt.date, points: tuple[Point, ...]) -> str | None:
        rows = self.built(night, points)
        return rows[0]["state"] if rows else None


def test_an_alert_is_one_while_its_condition_lasts() -> None:
    nights = Nights()
    (first,) = nights.built(JULY, LOW)
    (later,) = nights.built(JULY + 2 * DAY, LOW)
    assert first["alert_id"] == later["alert_id"] == "low-smb-2025-07-01"
    assert (later["first_seen"], later["last_seen"], later["state_since"]) == (JULY, JULY + 2 * DAY, JULY)
    assert (first["state"], first["state_reason"], first["owner"]) == ("open", None, "team:growth")


def test_it_is_resolved_when_the_condition_is_over_and_listed_some_days_more() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    (over,) = nights.built(JULY + 7 * DAY, FINE)
    assert (over["state"], over["state_since"], over["last_seen"]) == ("resolved", JULY + 7 * DAY, JULY)
    assert over["value"] == 100 * 30 / 64
    assert nights.state(JULY + 13 * DAY, FINE) == "resolved"
    assert nights.state(JULY + 14 * DAY, FINE) is None


def test_a_condition_that_comes_again_is_another_alert() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    nights.built(JULY + 7 * DAY, FINE)
    again = shares((*STEADY, (2, 64), (30, 64), (3, 64)), last=MONDAY + 14 * DAY)
    rows = nights.built(JULY + 14 * DAY, again)
    assert [(row["alert_id"], row["state"]) for row in rows] == [("low-smb-2025-07-15", "open")]


def test_what_chance_explains_is_shown_as_suppressed_and_leaves_no_trace_when_it_is_over() -> None:
    nights = Nights()
    (row,) = nights.built(JULY, NOISE)
    assert (row["state"], row["opened_on"]) == ("suppressed", None)
    assert "within the sampling interval" in row["state_reason"]
    assert nights.state(JULY + 7 * DAY, FINE) is None


def test_a_suppressed_breach_opens_when_the_evidence_grows_and_stays_open_when_it_shrinks() -> None:
    nights = Nights()
    nights.built(JULY, NOISE)
    grown = shares((*STEADY, (15, 64), (2, 64)), last=MONDAY + 7 * DAY)
    (row,) = nights.built(JULY + 7 * DAY, grown)
    assert (row["state"], row["alert_id"]) == ("open", "low-smb-2025-07-01")
    shrunk = shares((*STEADY, (15, 64), (2, 64), (15, 64)), last=MONDAY + 14 * DAY)
    (row,) = nights.built(JULY + 14 * DAY, shrunk)
    assert (row["state"], row["opened_on"]) == ("open", JULY + 7 * DAY)


def test_an_acknowledged_alert_stays_so_while_the_condition_lasts() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    nights.words.append(Word("low-smb-2025-07-01", "Ada", "a broken form, fixed", JULY + DAY))
    (row,) = nights.built(JULY + DAY, LOW)
    assert (row["state"], row["state_reason"]) == ("acknowledged", "acknowledged by Ada on 2025-07-02: a broken form, fixed")
    assert nights.state(JULY + 7 * DAY, FINE) == "resolved"


def test_a_snoozed_alert_opens_again_after_its_day() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    nights.words.append(Word("low-smb-2025-07-01", "Ada", "wait for the fix", JULY, until=JULY + 2 * DAY))
    assert [nights.state(JULY + days * DAY, LOW) for days in (1, 2, 3)] == ["snoozed", "snoozed", "open"]
    assert nights.alerts[0]["state_since"] == JULY + 3 * DAY


def test_what_is_said_later_changes_no_earlier_night() -> None:
    nights = Nights()
    nights.words.append(Word("low-smb-2025-07-01", "Ada", "noted", JULY + DAY))
    assert nights.state(JULY, LOW) == "open"


def test_a_night_that_is_built_again_gives_the_same_rows() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    kept = (nights.alerts, nights.checks)
    first = nights.built(JULY + DAY, LOW)
    nights.alerts, nights.checks = kept
    assert nights.built(JULY + DAY, LOW) == first


# -- definitions that change --------------------------------------------------------------------------------------------


def redefined(points: tuple[Point, ...], code: str = "new") -> tuple[Point, ...]:
    return (*points[:-1], replace(points[-1], definition_hash=code))


def test_a_changed_definition_holds_the_alert_until_the_next_period() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    (held,) = nights.built(JULY + DAY, redefined(LOW))
    assert held["state"] == "held"
    assert held["state_reason"] == (
        "the definition of activation_rate changed after 2025-07-01; the next week is judged under the new one"
    )
    assert nights.state(JULY + 2 * DAY, redefined(LOW)) == "held"
    next_week = shares((*STEADY, (2, 64), (3, 64)), last=MONDAY + 7 * DAY, code="new")
    assert nights.state(JULY + 7 * DAY, next_week) == "open"


def test_an_alert_is_not_called_over_because_its_definition_changed() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    better = (*LOW[:-1], replace(LOW[-1], value=50.0, numerator=32.0, definition_hash="new"))
    assert nights.state(JULY + DAY, better) == "held"


def test_a_breach_that_a_new_definition_brings_is_held() -> None:
    nights = Nights()
    fine = shares((*STEADY, (30, 64)))
    assert nights.state(JULY, fine) is None
    worse = (*fine[:-1], replace(LOW[-1], definition_hash="new"))
    assert nights.state(JULY + DAY, worse) == "held"
    assert nights.alerts[0]["opened_on"] is None


def test_a_change_across_definitions_is_held_from_the_start() -> None:
    nights = Nights(policy(falls=CHANGE))
    (row,) = nights.built(JULY, redefined(LOW))
    assert row["state"] == "held"
    assert row["state_reason"] == "the definition of activation_rate changed within the periods that are compared"


# -- what cannot be judged ----------------------------------------------------------------------------------------------


def test_an_alert_stays_as_it_was_while_nothing_can_be_judged() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    (row,) = nights.built(JULY + DAY, ())
    assert (row["state"], row["last_seen"], row["value"]) == ("open", JULY, 3.125)
    assert row["state_reason"].startswith("it could not be judged: no data")


def test_an_alert_whose_rule_is_gone_is_over() -> None:
    nights = Nights()
    nights.built(JULY, LOW)
    nights.rules = policy(other=LEVEL)
    rows = {row["rule"]: row["state"] for row in nights.built(JULY + DAY, LOW)}
    assert rows == {"low": "resolved", "other": "open"}
