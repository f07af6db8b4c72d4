"""Queues over several nights, by hand: who waits, who is handed over, who is left alone, and that nobody gets lost.

The SQL behind it: lead_routes, lead_claims, waiting_leads, decisions, routes, queue_changes, queue_summary.
"""

import csv
import datetime as dt
import random

import pytest

from plg_orchestration.pql.routing import night as routing
from plg_orchestration.pql.routing import queries
from plg_orchestration.warehouse import table
from tests.pql.routing_nights import MONDAY, Nights, opened, policy

DAY = dt.timedelta(days=1)
TWO_A_DAY = {"inside_sales": 2}


@pytest.fixture
def nights(tmp_path):
    with opened(tmp_path, policy(capacity=TWO_A_DAY, queue={"expire_days": 3})) as made:
        yield made


def status(found):
    """Who is where: H handed over, Q queued, else the reason."""
    return {
        user: "H" if row["handed_over"] else "Q" if row["queue_rank"] is not None else row["suppressed_reason"] or "held out"
        for user, row in found.iterrows()
    }


def changes(nights, day):
    nights.follow(day)
    return nights.read("pql.queue_changes", day)["change"].to_dict()


def test_queued_leads_wait_for_the_next_night_the_best_first_and_keep_since_when(nights):
    assert status(nights.night(MONDAY, {"a": 90, "b": 80, "c": 70, "d": 66})) == {"a": "H", "b": "H", "c": "Q", "d": "Q"}
    found = nights.night(MONDAY + DAY, {"a": 90, "b": 80, "c": 70, "d": 66, "new": 75})
    lately = "handed to the same team lately"
    assert status(found) == {"a": lately, "b": lately, "new": "H", "c": "H", "d": "Q"}
    assert found["queued_since"].to_dict() == {
        "a": None, "b": None, "new": dt.datetime(2025, 3, 11), "c": dt.datetime(2025, 3, 10), "d": dt.datetime(2025, 3, 10)
    }  # fmt: skip
    assert changes(nights, MONDAY + DAY) == {"c": "handed_over", "d": "waiting"}


def test_of_equal_leads_the_one_that_waits_is_handed_over_and_the_oldest_goes_first_where_policy_says_so(tmp_path, nights):
    nights.night(MONDAY, {"a": 90, "b": 80, "c": 70, "d": 70})
    found = nights.night(MONDAY + DAY, {"x": 70, "c": 70, "d": 70})
    assert status(found) == {"c": "H", "d": "H", "x": "Q"}
    with opened(tmp_path / "oldest", policy(capacity=TWO_A_DAY, queue={"order": "oldest_first"})) as other:
        other.night(MONDAY, {"a": 90, "b": 80, "c": 66})
        assert status(other.night(MONDAY + DAY, {"c": 66, "x": 95, "y": 90})) == {"c": "H", "x": "H", "y": "Q"}


def test_who_waits_too_long_expires_says_so_and_may_come_back_after_a_night_without_the_queue(nights):
    full = {"a": 99, "b": 98, "low": 66}
    for night in range(3):
        leads = {**{f"{user}{night}": points for user, points in full.items() if user != "low"}, "low": 66}
        assert status(nights.night(MONDAY + night * DAY, leads))["low"] == "Q"
    for night in (3, 4):
        found = nights.night(MONDAY + night * DAY, {"low": 66})
        assert status(found) == {"low": "waited in the queue since 2025-03-10"}
    assert changes(nights, MONDAY + 3 * DAY)["low"] == "expired" and changes(nights, MONDAY + 4 * DAY) == {}
    nights.night(MONDAY + 5 * DAY, {"other": 66})
    assert status(nights.night(MONDAY + 6 * DAY, {"low": 66})) == {"low": "H"}


def test_every_lead_that_leaves_a_queue_is_told_with_the_reason(nights):
    waiting = ("gone", "pays", "moves", "objects", "unknown", "talks", "unscored")
    nights.night(MONDAY, {"a": 99, "b": 98, **dict.fromkeys(waiting, 70)})
    day = MONDAY + DAY
    nights.add("ingest.objections", objection_id="o", user_id="objects", at=dt.datetime(2025, 3, 11, 9), known_date=day)
    nights.add("ingest.objections", objection_id="p", user_id="unscored", at=dt.datetime(2025, 3, 11, 9), known_date=day)
    nights.night(day, {"gone": 30, "pays": 30, "talks": 30, "moves": 110, "objects": 70})
    nights.warehouse.connection.execute(
        "update pql.features set is_paying = user_id = 'pays', in_sales = user_id = 'talks' where as_of = '2025-03-11'"
    )
    nights.follow(day)
    told = nights.read("pql.queue_changes", day)
    assert told["change"].to_dict() == {
        "gone": "left", "pays": "left", "talks": "left", "unknown": "left", "moves": "moved", "objects": "suppressed",
        "unscored": "left",
    }  # fmt: skip
    assert told["reason"].to_dict() == {
        "gone": "the score does not qualify any more", "pays": "the account pays",
        "talks": "the account is in a sales conversation", "unknown": "the user is not known any more",
        "moves": "goes to account_executive", "objects": "objected to being contacted",
        "unscored": "objected to being contacted",
    }  # fmt: skip
    assert told["decision_id"].notna().to_dict()["moves"] and told["queued_decision_id"].notna().all()


def test_a_queue_goes_on_after_nights_that_were_not_built(nights):
    nights.night(MONDAY, {"a": 99, "b": 98, "c": 70, "d": 69})
    found = nights.night(MONDAY + 2 * DAY, {"c": 70, "d": 69, "e": 68})
    assert found["queued_since"]["c"] == dt.datetime(2025, 3, 10) and status(found)["e"] == "Q"


def test_only_a_handed_over_lead_has_a_due_time_in_the_teams_hours(nights):
    friday = dt.date(2025, 3, 14)
    found = nights.night(friday, {"a": 90, "b": 80, "c": 70, "top": 120, "campaign": 50})
    assert found["due_at"].to_dict() == {
        "a": dt.datetime(2025, 3, 17, 13), "b": dt.datetime(2025, 3, 17, 13), "c": None, "campaign": None,
        "top": dt.datetime(2025, 3, 17, 11),
    }  # fmt: skip
    assert found["handed_over_at"].to_dict()["campaign"] == dt.datetime(2025, 3, 15) and found["handed_over_at"]["c"] is None


def test_teams_work_by_their_own_calendars_in_their_own_zones(tmp_path):
    calendars = policy().routing.calendars.model_dump()
    calendars["named"]["tokyo"] = {**calendars["named"]["default"], "timezone": "Asia/Tokyo"}
    calendars["team"] = {"account_executive": "tokyo", "inside_sales": "always"}
    with opened(tmp_path, policy(calendars=calendars), timezone="America/New_York") as made:
        found = made.night(MONDAY, {"a": 90, "top": 120})
    # The cut is Tuesday 04:00 UTC, which is 13:00 in Tokyo.
    assert found["due_at"].to_dict() == {"a": dt.datetime(2025, 3, 11, 8), "top": dt.datetime(2025, 3, 11, 6)}


def test_whoever_objects_is_suspected_rejected_or_was_contacted_is_left_alone_with_the_strongest_reason(nights):
    nine = dt.datetime(2025, 3, 10, 9)
    known = {"known_date": MONDAY, "at": nine}
    nights.add("ingest.objections", objection_id="1", user_id="person", **known)
    nights.add("ingest.objections", objection_id="2", account_id="company", **known)
    nights.add("ingest.objections", objection_id="3", user_id="again", withdrawn_at=dt.datetime(2025, 3, 10, 12), **known)
    nights.add("ingest.objections", objection_id="4", user_id="tomorrow", at=nine, known_date=MONDAY + DAY)
    nights.add("governance.suspects", as_of=MONDAY - 5 * DAY, unit_id="fake", rule="invite_ring", evidence="x")
    nights.add("governance.suspects", as_of=MONDAY - 200 * DAY, unit_id="cleared", rule="invite_ring", evidence="x")
    nights.add("governance.suspects", as_of=MONDAY, unit_id="person", rule="disposable_domain", evidence="x")
    nights.outcome("rejected", "rejected", dt.datetime(2024, 12, 20))
    nights.outcome("lost", "lost", dt.datetime(2025, 2, 20))
    nights.outcome("long_ago", "lost", dt.datetime(2025, 1, 20))
    nights.outcome("odd", "newsletter", dt.datetime(2025, 3, 9))
    users = ("person", "colleague", "again", "tomorrow", "fake", "cleared", "rejected", "lost", "long_ago", "odd")
    nights.warehouse.connection.execute("update config.route_capacity set leads_per_day = 20")
    assert status(nights.night(MONDAY, dict.fromkeys(users, 70), accounts={"colleague": "company"})) == {
        "person": "objected to being contacted", "colleague": "objected to being contacted", "again": "H", "tomorrow": "H",
        "fake": "suspected fake account: invite_ring", "cleared": "H", "rejected": "rejected by sales lately",
        "lost": "contacted by sales lately", "long_ago": "H", "odd": "H",
    }  # fmt: skip


def test_a_suspect_is_never_routed_until_a_person_clears_the_suspicion(nights):
    judged = (("ring", "invite_ring"), ("ring", "shared_device"), ("bulk", "dormant_bulk"), ("wronged", "shared_device"))
    for user, rule in judged:
        nights.add("governance.suspects", as_of=MONDAY, unit_id=user, rule=rule, evidence="x")
    for user, word in (("ring", "confirmed"), ("bulk", "suspected"), ("wronged", "cleared")):
        nights.add("governance.suspicions", as_of=MONDAY, unit_id=user, status=word)
    found = nights.night(MONDAY, {"ring": 120, "bulk": 90, "wronged": 80})
    assert status(found) == {
        "ring": "suspected fake account: invite_ring", "bulk": "suspected fake account: dormant_bulk", "wronged": "H",
    }  # fmt: skip
    assert found["due_at"].isna().to_dict() == {"ring": True, "bulk": True, "wronged": False}
    routed = nights.warehouse.connection.execute("select distinct user_id from pql.decisions where handed_over").fetchall()
    assert routed == [("wronged",)]


def test_a_new_quarter_draws_anew_and_says_so_of_those_in_the_queue(tmp_path):
    last = dt.date(2025, 3, 31)
    with opened(tmp_path, policy(share=0.5, capacity={"inside_sales": 0})) as made:
        leads = {f"u{n}": 70 for n in range(20)}
        before = made.night(last, leads)
        after = made.night(last + DAY, leads)
        told = changes(made, last + DAY)
    waiting = {user for user, where in status(before).items() if where == "Q"}
    assert set(told) == waiting and {"held_out", "waiting"} == set(told.values())
    assert {user for user, change in told.items() if change == "held_out"} == waiting & set(after.index[after["holdout"]])


def test_nobody_is_lost_and_rebuilt_nights_are_the_live_ones(tmp_path):
    draw = random.Random(1)
    days = [MONDAY + n * DAY for n in range(5)]
    with opened(tmp_path, policy(capacity={"inside_sales": 1, "account_executive": 1}, queue={"expire_days": 2})) as made:
        for day in days:
            users = draw.sample("abcdefgh", draw.choice([0, 5, 6, 8]))
            made.night(day, {user: draw.randint(60, 120) for user in users})
            if day > MONDAY:
                before = made.read("pql.decisions", day - DAY)
                waiting = {user for user, where in status(before).items() if where == "Q"}
                assert set(changes(made, day)) == waiting
        made.follow(MONDAY)
        names = ("pql.decisions", "pql.routes", "pql.queue_changes")
        live = [made.warehouse.content_hash(table(name)) for name in names]
        for day in days:
            made.route(day)
            made.follow(day)
        assert [made.warehouse.content_hash(table(name)) for name in names] == live
        made.route(days[1])
        assert [made.warehouse.content_hash(table(name)) for name in names] == live


def test_the_first_row_that_matches_routes_whatever_the_order_of_the_rest(tmp_path):
    """lead_routes against a loop over the policy, for every band of scores and every kind of user."""
    with opened(tmp_path) as made:
        matrix = made.policy.routing.matrix
        kinds = {
            "free": {}, "trial": {"on_trial": True}, "enterprise": {"segment": "enterprise"},
            "smb_paid": {"is_paying": True, "segment": "smb"}, "paid": {"is_paying": True},
        }  # fmt: skip
        fits = {
            "free": {"any", "free"}, "trial": {"any", "trial"}, "enterprise": {"any", "free", "enterprise_prospect"},
            "smb_paid": {"any", "paid", "smb_paid"}, "paid": {"any", "paid"},
        }  # fmt: skip
        scores = {f"u{s}": s for s in (*range(0, 101, 5), 49, 69, 71, 84, 89)}
        for place, (kind, features) in enumerate(kinds.items()):
            found = made.night(MONDAY + place * DAY, scores, scorer="weighted", **features)
            for user, score in scores.items():
                rows = (r for r in matrix.rows if r.segment in fits[kind] and r.gte <= score and (r.lt is None or score < r.lt))
                team = next((r.team for r in rows), matrix.default.team)
                routed = found["policy_route"].get(user)
                assert routed == (team if team != matrix.default.team or score >= 65 else None), (kind, score)


def test_models_and_hybrids_route_by_percentile_and_a_hybrids_threshold_stays_on_its_scale(nights):
    for scorer, threshold in (("model", 6500.0), ("hybrid", 65.0)):
        found = nights.night(MONDAY, {"best": 70, "low": 66, "none": 10}, scorer=scorer)
        assert (found["route"]["best"], found["threshold"]["best"]) == ("account_manager", threshold)
        assert (
            found["route"].to_dict() == {"best": "account_manager", "low": "self_service", "none": "none"}
            or "none" not in found.index
        )


def test_what_people_look_at_first(nights, tmp_path):
    nights.night(MONDAY, {"a": 90, "b": 80, "=c": 70, "top": 120, "person": 66})
    rows = nights.warehouse.rows(queries.queue_summary(as_of=nights.as_of(MONDAY)))
    assert rows == [
        ("account_executive", 1, 0, None, dt.datetime(2025, 3, 11, 11), None, 0, 0, 0),
        ("inside_sales", 2, 2, 2, dt.datetime(2025, 3, 11, 13), MONDAY, 0, 0, 0),
    ]  # fmt: skip
    nights.follow(MONDAY)
    stored = nights.warehouse.connection.sql("select * from pql.routes").to_arrow_table()
    path = routing.write_lead_queue(stored, as_of=nights.as_of(MONDAY), state=tmp_path)
    read = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [(row["user_id"], row["status"], row["due_at"]) for row in read] == [
        ("top", "handed_over", "2025-03-11T11:00:00Z"), ("a", "handed_over", "2025-03-11T13:00:00Z"),
        ("b", "handed_over", "2025-03-11T13:00:00Z"), ("'=c", "queued", ""), ("person", "queued", ""),
    ]  # fmt: skip
    assert read[3]["score"] == "70.0"


def test_nights_share_no_state(tmp_path):
    with opened(tmp_path) as made:
        assert isinstance(made, Nights) and made.night(MONDAY, {}).empty
