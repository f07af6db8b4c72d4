"""The plays of a night: who is due and why, one play a person, cooldowns, caps, the guardrail and the holdout.

Runs plays.sql over play_starts.sql, play_successes.sql, failed_attempts.sql, running_plays.sql, play_candidates.sql,
upgrade_days.sql, activations.sql, person_complexity.sql and no_play.sql.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plg_orchestration.cohorts.plays import queries
from plg_orchestration.cohorts.plays.policy import PlayPolicy
from plg_orchestration.warehouse import Warehouse
from tests.cohorts.plays_nights import DAY, Nights, only, policy

D0 = dt.date(2025, 3, 10)
Make = Callable[..., Nights]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes nights in one warehouse, which is emptied each time."""
    with Warehouse.open(tmp_path_factory.mktemp("nights")) as warehouse:
        yield lambda chosen, **options: Nights(warehouse, chosen, **options)


def brief(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


# -- triggers ---------------------------------------------------------------------------------------------------------


def test_nothing_due_gives_no_rows(make: Make) -> None:
    nights = make(policy())
    assert nights.night(D0) == []
    assert nights.results(D0) == []
    assert nights.queue(D0) == []


def test_activation_rescue_takes_who_is_triggered_and_not_activated(make: Make) -> None:
    nights = make(only("activation_rescue"))
    nights.score(D0, "due", age_hours=49.9, score=29.6)
    nights.score(D0, "done", activated_at=dt.datetime(2025, 3, 10))
    nights.score(D0, "fine", triggered=False)
    nights.score(D0, "long ago", age_hours=15 * 24.0)
    (row,) = nights.night(D0)
    assert (row["unit_id"], row["contact_id"], row["account_id"]) == ("due", "due", "account of due")
    assert row["reason"] == "49 hours after signup the activation score is 30, under 60"
    assert json.loads(row["evidence"]) == {"age_hours": 49, "score": 29.6, "threshold": 60.0}
    assert (row["status"], row["actor"], row["channel"] in ("in_app", "email")) == ("live", "agent", True)
    assert (row["started_on"], row["ends_on"], row["cooldown_until"]) == (D0, D0 + 3 * DAY, D0 + 3 * DAY)
    assert row["strength"] == pytest.approx((60 - 29.6) / 60)


def test_a_high_potential_account_hears_from_a_person_and_the_row_says_why(make: Make) -> None:
    nights = make(only("activation_rescue"))
    nights.score(D0, "u", high_potential=True)
    (row,) = nights.night(D0)
    assert (row["actor"], row["channel"], row["owner"]) == ("human", "human", "team:customer-success")
    assert row["handover"] == "a high-potential account"
    assert row["due_at"] == dt.datetime(2025, 3, 12), "a day after the night's cut"


def test_zombie_resurrection_counts_local_days_since_signup(make: Make) -> None:
    nights = make(only("zombie_resurrection"), timezone="Pacific/Kiritimati")
    late = dt.datetime(2025, 3, 2, 10, 30)  # 00:30 of March 3 there
    nights.segment(D0, "seven days", unit="user", zombie=True, signup_at=late)
    nights.segment(D0, "six days", unit="user", zombie=True, signup_at=late + DAY)
    nights.segment(D0, "too long", unit="user", zombie=True, signup_at=dt.datetime(2024, 12, 1))
    nights.segment(D0, "alive", unit="user", zombie=False, signup_at=late)
    assert brief(nights.night(D0), "unit_id", "reason", "channel") == [
        ("seven days", "signed up 7 days ago and never activated", "email")
    ]


def test_second_use_case_takes_leads_with_one_feature_and_leaves_the_held_back_alone(make: Make) -> None:
    nights = make(only("second_use_case"))
    for user in ("one", "two", "held", "sales"):
        nights.lead(D0, user, holdout=user == "held", suppressed_reason="rejected by sales lately" if user == "sales" else None)
        nights.reached(user, "core_feature", "2025-03-01", item='re"ports')
    nights.reached("two", "core_feature", "2025-03-02", item="alerts")
    nights.lead(D0, "no lead", qualified=False)
    (row,) = nights.night(D0)
    assert (row["unit_id"], row["reason"]) == ("one", 'qualified at a score of 80.0, but uses 1 core feature: re"ports')
    assert json.loads(row["evidence"]) == {"features_used": 1, "feature": 're"ports', "score": 80.0}


def test_account_plays_address_the_champion(make: Make) -> None:
    nights = make(only("power_user_spread", "champion_churn_defence", "expansion_ready"))
    values: dict[str, Any] = {
        "champion_user_id": "c",
        "champion_share": 0.876,
        "active_users": 3,
        "account_value": 90.5,
        "champion_silent_days": 7,
    }
    nights.segment(D0, "island", single_threaded=True, **values)
    nights.segment(D0, "unknown", power_user_island=True, **(values | {"segment": "unclassified"}))
    nights.segment(D0, "quiet", power_user_island=True, **(values | {"champion_silent_days": 8}))
    nights.segment(D0, "nobody", single_threaded=True, **(values | {"active_users": 0}))
    silent = values | {"champion_user_id": "d", "champion_silent_days": 16, "champion_silent": True}
    nights.segment(D0, "exposed", power_user_island=True, **silent)
    nights.segment(D0, "growing", segment="high_touch", reason="depth at 90", **(values | {"champion_user_id": "e"}))
    nights.segment(D0, "f", unit="user", power_user_island=True, **(values | {"champion_user_id": "f"}))
    assert brief(nights.night(D0), "play", "unit", "unit_id", "contact_id", "actor", "reason") == [
        ("champion_churn_defence", "account", "exposed", "d", "human",
         "the champion, with 88 % of the use, has been silent for 16 days"),
        ("expansion_ready", "account", "growing", "e", "human", "active users: 3; depth at 90"),
        ("power_user_spread", "account", "island", "c", "agent",
         "one champion makes 88 % of the use; active users: 3"),
    ]  # fmt: skip


def test_an_upgrade_moment_is_a_limit_hit_without_an_upgrade_since(make: Make) -> None:
    nights = make(only("upgrade_moment"))
    nights.did("hit", D0, account="a", limit_hits=2)
    nights.did("hit", D0 - DAY, account="a", limit_hits=1)
    nights.did("past", D0 - 3 * DAY, account="b", limit_hits=1)
    nights.did("told", D0, account="c", limit_hits=1)
    nights.reached("c", "plan_upgraded", "2025-03-10T20:00", unit="account")
    nights.did("paid", D0 - DAY, account="d", limit_hits=1)
    nights.pays("d", 20, "2025-01-01", "2025-03-10")
    nights.pays("d", 50, "2025-03-10")
    nights.did("less", D0 - DAY, account="e", limit_hits=1)
    nights.pays("e", 50, "2025-01-01", "2025-03-10")
    nights.pays("e", 20, "2025-03-10")
    nights.did("tomorrow", D0, account="f", known=D0 + DAY, limit_hits=1)
    assert brief(nights.night(D0), "unit_id", "reason") == [
        ("hit", "limit hits: 3, the last on 2025-03-10"),
        ("less", "limit hits: 1, the last on 2025-03-09"),
    ]


def test_complexity_weighs_what_is_known_and_a_waiting_person_is_answered_in_five_minutes(make: Make) -> None:
    nights = make(only("human_escalation"))
    nights.did("u", D0, account="a", errors_shown=5, help_views=5)
    nights.did("v", D0, account="b", errors_shown=5, help_views=5)
    for ticket in ("2025-03-10T09:00", "2025-03-01T09:00"):
        nights.ticket("u", ticket)
    nights.ticket("v", "2025-03-10T09:00", closed="2025-03-10T10:00")
    (row,) = nights.night(D0)
    assert (row["unit_id"], row["actor"], row["priority"]) == ("u", "human", 1)
    assert row["reason"] == "0 low-touch attempts failed; complexity 0.8; waiting: yes"
    assert (row["sla_minutes"], row["due_at"]) == (5, dt.datetime(2025, 3, 11, 0, 5))


def test_a_missing_source_takes_its_weight_out_of_complexity(make: Make) -> None:
    nights = make(only("human_escalation"))
    nights.did("u", D0, errors_shown=5, help_views=4)
    assert nights.night(D0) == [], "0.25 + 0.16 of 1"
    nights.unmet = {"source:tickets": "no tickets"}
    assert nights.night(D0) == [], "0.41 of 0.65 is 0.63"
    nights.did("u", D0, errors_shown=0, help_views=1)
    assert nights.night(D0) == [], "0.45 of 0.65 is 0.69"
    nights.configure(only("human_escalation", guardrail={"agent_complexity": 0.65}))
    assert json.loads(nights.night(D0)[0]["evidence"])["complexity"] == 0.6923


def test_plays_whose_tables_or_roles_are_missing_are_left_out_with_the_reason(make: Make) -> None:
    nights = make(policy())
    nights.built.remove("cohorts.segments")
    nights.unmet = {"role:limit_hit": "needs role 'limit_hit': map it"}
    nights.score(D0, "u")
    nights.warehouse.connection.execute("drop table cohorts.segments")
    assert brief(nights.night(D0), "play", "unit_id") == [("activation_rescue", "u")]
    reasons = queries.left_out(nights.policy, has=nights.built.__contains__, missing=nights.unmet.get)
    assert reasons["upgrade_moment"] == "needs role 'limit_hit': map it"
    assert reasons["power_user_spread"] == "cohorts.segments is not built for the day"
    assert "activation_rescue" not in reasons
    nights.unmet = {"role:activation": "needs role 'activation'"}
    reasons = queries.left_out(nights.policy, has=nights.built.__contains__, missing=nights.unmet.get)
    assert reasons["activation_rescue"] == "needs role 'activation'", "nobody could tell whether it succeeds"


# -- one play at a time -----------------------------------------------------------------------------------------------


def test_a_person_with_two_reasons_gets_the_play_of_the_first_priority(make: Make) -> None:
    nights = make(only("activation_rescue", "upgrade_moment"))
    nights.score(D0, "u")
    nights.did("u", D0, limit_hits=1)
    assert brief(nights.night(D0), "play", "status", "suppressed_reason") == [
        ("activation_rescue", "suppressed", "upgrade_moment comes first"),
        ("upgrade_moment", "live", None),
    ]
    assert brief(nights.queue(D0), "play") == [("upgrade_moment",)]


def test_an_account_play_and_a_play_of_its_contact_never_run_together(make: Make) -> None:
    nights = make(only("power_user_spread", "upgrade_moment", "expansion_ready"))
    nights.segment(
        D0,
        "a",
        power_user_island=True,
        segment="high_touch",
        champion_user_id="c",
        champion_share=0.9,
        active_users=1,
        champion_silent_days=0,
    )
    nights.did("c", D0, account="a", limit_hits=1)
    assert brief(nights.night(D0), "play", "status", "suppressed_reason") == [
        ("expansion_ready", "suppressed", "upgrade_moment comes first"),
        ("power_user_spread", "suppressed", "expansion_ready comes first"),
        ("upgrade_moment", "live", None),
    ]
    nights.segment(
        D0 + DAY, "a", power_user_island=True, champion_user_id="c", champion_share=0.9, active_users=1, champion_silent_days=0
    )
    assert brief(nights.night(D0 + DAY), "play", "status", "suppressed_reason") == [
        ("power_user_spread", "suppressed", "upgrade_moment runs until 2025-03-17"), ("upgrade_moment", "live", None),
    ]  # fmt: skip


def test_a_play_runs_until_its_days_are_over_and_cools_down_after(make: Make) -> None:
    nights = make(only("upgrade_moment"))
    seen = {}
    for number in (0, 6, 7, 14):
        nights.did("u", D0 + number * DAY, limit_hits=1)
        (row,) = nights.night(D0 + number * DAY)
        seen[number] = (row["status"], row["attempt"], row["suppressed_reason"], len(nights.queue(D0 + number * DAY)))
    assert (seen[0], seen[6]) == (("live", 1, None, 1), ("live", 1, None, 0))
    assert seen[7] == ("suppressed", 2, "cooldown until 2025-03-24", 0)
    assert seen[14] == ("live", 2, None, 1)


def test_success_ends_a_play_and_quiet_days_follow_its_start(make: Make) -> None:
    nights = make(only("activation_rescue", "upgrade_moment", quiet_days=5, catalog={"activation_rescue": {"cooldown_days": 9}}))
    nights.score(D0, "u")
    nights.night(D0)
    nights.reached("u", "activation", "2025-03-11T12:00")
    for number, reason in ((1, "addressed on 2025-03-10, quiet until 2025-03-15"), (5, None)):
        nights.did("u", D0 + number * DAY, limit_hits=1)
        assert brief(nights.night(D0 + number * DAY), "play", "suppressed_reason") == [("upgrade_moment", reason)]


def rescued(nights: Nights, *numbers: int) -> list[dict[str, Any]]:
    """The nights after so many days on which the user u stays under the threshold; the rows of the last."""
    rows: list[dict[str, Any]] = []
    for number in numbers:
        nights.score(D0 + number * DAY, "u", age_hours=48 + 24.0 * number)
        rows = nights.night(D0 + number * DAY)
    return rows


def test_a_play_is_tried_so_often_and_no_more(make: Make) -> None:
    nights = make(only("activation_rescue"))
    assert brief(rescued(nights, 0, 1, 3), "attempt", "started_on") == [(2, D0 + 3 * DAY)]
    nights.configure(only("activation_rescue", catalog={"activation_rescue": {"max_attempts": 2}}))
    assert brief(rescued(nights, 6), "status", "suppressed_reason") == [("suppressed", "tried 2 times already")]


def test_after_three_failed_attempts_of_agents_a_person_takes_over(make: Make) -> None:
    nights = make(only("activation_rescue", "human_escalation"))
    assert brief(rescued(nights, 0, 3, 6, 8), "play", "status", "attempt") == [("activation_rescue", "live", 3)]
    rows = rescued(nights, 9)
    assert brief(rows, "play", "status", "actor", "reason") == [
        ("activation_rescue", "suppressed", "human", "264 hours after signup the activation score is 30, under 60"),
        ("human_escalation", "live", "human", "3 low-touch attempts failed; complexity unknown; waiting: no"),
    ]
    assert (rows[0]["handover"], rows[0]["suppressed_reason"]) == ("3 attempts of agents failed", "tried 3 times already")
    assert json.loads(rows[1]["evidence"]) == {"failed_attempts": 3, "complexity": None, "waiting": False}
    assert (rows[1]["sla_minutes"], rows[1]["attempt"]) == (1440, 1)


def test_where_nobody_escalates_an_agents_play_goes_to_a_person_after_failures(make: Make) -> None:
    nights = make(only("activation_rescue", "upgrade_moment"))
    rescued(nights, 0, 3, 6)
    nights.did("u", D0 + 9 * DAY, limit_hits=1)
    (row,) = nights.night(D0 + 9 * DAY)
    assert (row["play"], row["actor"], row["channel"]) == ("upgrade_moment", "human", "human")
    assert (row["owner"], row["handover"]) == ("team:customer-success", "3 attempts of agents failed")


def test_too_complex_a_case_goes_to_a_person(make: Make) -> None:
    nights = make(only("upgrade_moment"))
    nights.did("u", D0, limit_hits=1, errors_shown=9, help_views=9)
    for opened in ("2025-03-09T09:00", "2025-03-01T09:00"):
        nights.ticket("u", opened)
    (row,) = nights.night(D0)
    assert (row["actor"], row["handover"], row["sla_minutes"]) == ("human", "complexity 0.8 is too high for an agent", 5)


def test_escalation_ends_a_running_play_of_the_person(make: Make) -> None:
    nights = make(only("upgrade_moment", "human_escalation"))
    nights.did("u", D0, limit_hits=1)
    (first,) = nights.night(D0)
    nights.did("u", D0 + DAY, errors_shown=9, help_views=9)
    nights.ticket("u", "2025-03-11T09:00")
    nights.ticket("u", "2025-03-11T10:00")
    rows = nights.night(D0 + DAY)
    assert brief(rows, "play", "status", "suppressed_reason") == [
        ("human_escalation", "live", None), ("upgrade_moment", "suppressed", "interrupted by human_escalation"),
    ]  # fmt: skip
    assert rows[1]["play_id"] == first["play_id"]
    later = nights.night(D0 + 2 * DAY)
    assert [row["play"] for row in later if row["status"] == "live"] == ["human_escalation"]


# -- caps, channels, holdout ------------------------------------------------------------------------------------------


def test_caps_let_the_strongest_begin_and_the_rest_queue(make: Make) -> None:
    caps = {"daily_caps_by_actor": {"agent": 3}, "daily_caps_by_channel": {}}
    nights = make(only("activation_rescue", guardrail=caps))
    for number in range(5):
        nights.score(D0, f"u{number}", score=10.0 * number)
    rows = nights.night(D0)
    assert brief(rows, "unit_id", "status") == [
        ("u0", "live"), ("u1", "live"), ("u2", "live"), ("u3", "queued"), ("u4", "queued"),
    ]  # fmt: skip
    assert rows[3]["suppressed_reason"] == "3 a day by the actor agent"
    assert rows[3]["started_on"] is None
    assert brief(nights.queue(D0), "place", "unit_id") == [(1, "u0"), (2, "u1"), (3, "u2")]


def test_held_out_units_take_no_place_under_a_cap_and_stand_in_no_queue(make: Make) -> None:
    nights = make(only("activation_rescue", guardrail={"daily_caps_by_actor": {"agent": 0}}))
    nights.score(D0, "u")
    assert nights.night(D0)[0]["status"] == "queued"
    held = {"activation_rescue": {"holdout": 1}}
    nights.configure(only("activation_rescue", guardrail={"daily_caps_by_actor": {"agent": 1}}, catalog=held))
    for number in range(3):
        nights.score(D0 + DAY, f"v{number}")
    assert brief(nights.night(D0 + DAY), "status", "holdout", "due_at") == [("live", True, None)] * 3
    assert nights.queue(D0 + DAY) == []


def test_the_mix_and_the_holdout_have_their_shares_and_stay(make: Make) -> None:
    nights = make(policy())
    users = [f"user {number}" for number in range(4000)]
    nights.put("cohorts.activation_scores", [
        {"as_of": D0 + n * DAY, "user_id": user, "age_hours": 48.0 + 24 * n, "score": 1.0, "threshold": 60.0, "triggered": True,
         "high_potential": False} for user in users for n in (0, 3)
    ])  # fmt: skip
    first, second = nights.night(D0), nights.night(D0 + 3 * DAY)
    assert abs(sum(row["holdout"] for row in first) / 4000 - 0.1) < 3 * (0.09 / 4000) ** 0.5
    assert abs(sum(row["channel"] == "in_app" for row in first) / 4000 - 0.7) < 3 * (0.21 / 4000) ** 0.5
    assert brief(first, "unit_id", "holdout", "channel") == brief(second, "unit_id", "holdout", "channel")
    shown = [row["unit_id"] for row in first if not row["holdout"]]
    assert sorted(row["unit_id"] for row in nights.queue(D0)) == shown


def test_the_caps_do_not_tell_the_arms_apart(make: Make) -> None:
    nights = make(policy(guardrail={"daily_caps_by_actor": {"agent": 900}}, catalog={"activation_rescue": {"holdout": 0.5}}))
    nights.put("cohorts.activation_scores", [
        {"as_of": D0, "user_id": f"user {number}", "age_hours": 50.0, "score": number % 60, "threshold": 60.0, "triggered": True,
         "high_potential": False} for number in range(4000)
    ])  # fmt: skip
    live = [row for row in nights.night(D0) if row["status"] == "live"]
    arms = [[row["strength"] for row in live if row["holdout"] == held] for held in (False, True)]
    assert len(arms[0]) == 900
    assert min(arms[0]) == pytest.approx(min(arms[1]), abs=0.02), "both begin down to the same strength"
    assert abs(len(arms[1]) - 900) < 100


def test_a_disabled_play_runs_no_more(make: Make) -> None:
    nights = make(only("upgrade_moment"))
    nights.did("u", D0, limit_hits=1)
    assert nights.night(D0)[0]["status"] == "live"
    nights.configure(only("activation_rescue"))
    assert nights.night(D0 + DAY) == []


def test_a_play_of_ones_own_may_use_a_packaged_trigger(make: Make) -> None:
    own = {
        "question": "Who hit a limit within the week?", "trigger": "upgrade_moment", "settings": {"days": 7},
        "why": "{limit_hits}", "channels": ["agent"], "actor": "agent", "owner": "a@b", "priority": 9, "success": "upgraded",
    }  # fmt: skip
    nights = make(only("upgrade_moment", catalog={"week_of_limits": own}))
    nights.did("u", D0 - 5 * DAY, limit_hits=1)
    assert brief(nights.night(D0), "play", "channel", "reason") == [("week_of_limits", "agent", "1")]
    assert isinstance(nights.policy, PlayPolicy)
