"""What one received day adds to the roll-ups, counted by hand."""

import datetime as dt

from plg_orchestration import behavior
from plg_orchestration.behavior.policy import BehaviorPolicy
from plg_orchestration.behavior.tables import TABLES
from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_users

MARCH_4 = AsOf(dt.date(2025, 3, 4))
MARCH_5 = AsOf(dt.date(2025, 3, 5))


def picked(records, *names):
    return [tuple(record[name] for name in names) for record in records]


def product(world):
    world.roles(
        ("Report Created", "core_feature", "reports"), ("Report Created", "item_created", None),
        ("Report Created", "activation", None), ("Chart Drawn", "core_feature", None), ("Invite Sent", "invite_sent", None),
        ("Invite Sent", "collaboration", None), ("Invite Accepted", "invite_accepted", None), ("Limit", "limit_hit", "seats"),
        ("Pricing", "pricing_viewed", None), ("Premium", "premium_attempt", None), ("Help", "help_viewed", None),
        ("Oops", "error_shown", None), ("Profile", "onboarding_step", "profile"),
    )  # fmt: skip
    world.passive("Email Opened")


def test_an_event_with_several_roles_is_counted_once_per_column(world):
    product(world)
    for minute in (0, 5):
        world.event(f"2025-03-04 10:0{minute}", "Report Created", "ann", session="s1")
    world.event("2025-03-04 11:00", "Chart Drawn", "ann", session="s2")
    world.event("2025-03-04 12:00", "Invite Sent", "ann", session="s2")
    world.event("2025-03-04 12:01", "Email Opened", "ann", session="s2")
    (row,) = world.records(behavior.user_days(as_of=MARCH_4))
    assert row == {
        "received_date": MARCH_4.date, "event_date": MARCH_4.date, "user_id": "ann", "account_id": None, "events": 5,
        "qualifying_events": 4, "core_events": 3, "core_features": 2, "sessions": 2, "items_created": 2, "collaborations": 1,
        "invites_sent": 1, "invites_accepted": 0, "limit_hits": 0, "pricing_views": 0, "premium_attempts": 0, "help_views": 0,
        "errors_shown": 0, "first_at": dt.datetime(2025, 3, 4, 10), "last_at": dt.datetime(2025, 3, 4, 12, 1),
        "first_active_at": dt.datetime(2025, 3, 4, 10), "last_active_at": dt.datetime(2025, 3, 4, 12),
    }  # fmt: skip


def test_every_role_has_its_own_count(world):
    product(world)
    for name, times in (("Invite Accepted", 1), ("Limit", 2), ("Pricing", 3), ("Premium", 4), ("Help", 5), ("Oops", 6)):
        for minute in range(times):
            world.event(f"2025-03-04 10:{minute:02}", name, "ann", session="s")
    counts = ("invites_accepted", "limit_hits", "pricing_views", "premium_attempts", "help_views", "errors_shown")
    assert picked(world.records(behavior.user_days(as_of=MARCH_4)), *counts) == [(1, 2, 3, 4, 5, 6)]


def test_only_the_received_day_is_read_and_a_late_event_keeps_its_own_date(world):
    world.event("2025-03-04 10:00", "Open", "ann")
    world.event("2025-03-03 10:00", "Open", "ann", received="2025-03-05")
    rows = world.records(behavior.user_days(as_of=MARCH_5))
    assert picked(rows, "received_date", "event_date", "events") == [(dt.date(2025, 3, 5), dt.date(2025, 3, 3), 1)]


def test_identify_group_and_alias_are_no_activity(world):
    for kind in ("identify", "group", "alias"):
        world.event("2025-03-04 10:00", kind, "ann", kind=kind)
    for kind in ("track", "page", "screen"):
        world.event("2025-03-04 10:00", kind, "bob", kind=kind)
    assert picked(world.records(behavior.user_days(as_of=MARCH_4)), "user_id", "events") == [("bob", 3)]


def test_anonymous_activity_counts_from_the_day_on_which_the_person_was_known(world):
    world.identity("cookie", "ann", "2025-03-05 09:00")
    world.event("2025-03-04 10:00", "Open", anonymous="cookie")
    world.event("2025-03-05 08:00", "Open", anonymous="cookie")
    assert world.records(behavior.user_days(as_of=MARCH_4)) == []
    assert picked(world.records(behavior.user_days(as_of=MARCH_5)), "user_id", "events") == [("ann", 1)]


def test_a_shared_device_counts_for_the_person_linked_last_and_a_named_user_keeps_the_event(world):
    world.identity("cookie", "ann", "2025-03-03 09:00")
    world.identity("cookie", "bob", "2025-03-04 09:00")
    world.event("2025-03-04 10:00", "Open", anonymous="cookie")
    world.event("2025-03-04 10:00", "Open", "cem", anonymous="cookie")
    assert picked(world.records(behavior.user_days(as_of=MARCH_4)), "user_id", "events") == [("bob", 1), ("cem", 1)]


def test_usage_that_names_only_the_account_counts_for_the_account(world):
    product(world)
    world.event("2025-03-04 10:00", "Report Created", account="acme")
    rows = world.records(behavior.user_days(as_of=MARCH_4))
    assert picked(rows, "user_id", "account_id", "events", "core_features", "sessions") == [(None, "acme", 1, 1, 1)]
    reached = world.records(behavior.milestones(as_of=MARCH_4))
    assert {(row["unit"], row["unit_id"]) for row in reached} == {("account", "acme")}


def test_a_users_account_is_the_one_known_that_day_unless_the_event_names_another(world):
    world.user("ann", "acme", "2025-03-01 09:00")
    world.user("ann", "later", "2025-03-05 09:00")
    world.event("2025-03-04 10:00", "Open", "ann")
    world.event("2025-03-04 10:01", "Open", "ann", account="other")
    rows = world.records(behavior.user_days(as_of=MARCH_4))
    assert picked(rows, "account_id", "events") == [("acme", 1), ("other", 1)]


def test_the_account_is_that_of_the_known_users(world):
    told, seen = "2025-03-01 09:00", "2025-03-03 09:00"
    for user, versions in {
        "ann": ((told, "acme", "source"), (seen, "other", "seen")), "bob": ((told, "beta", "seen"), (seen, "corp", "seen")),
        "cem": ((told, "acme", "identify"), (seen, None, "source")), "dan": ((told, "acme", "group"), (seen, "corp", "identify")),
    }.items():  # fmt: skip
        for known, account, origin in versions:
            world.user(user, account, known, origin)
        world.event("2025-03-04 10:00", "Open", user)
    found = {row["user_id"]: row["account_id"] for row in world.records(behavior.user_days(as_of=MARCH_4))}
    assert found == {"ann": "acme", "bob": "corp", "cem": "acme", "dan": "corp"}
    assert found == {row["user_id"]: row["account_id"] for row in world.records(known_users(MARCH_4))}


def test_without_session_ids_a_visit_ends_after_thirty_idle_minutes(world):
    for at in ("10:00", "10:29", "10:58", "11:28", "11:29"):
        world.event(f"2025-03-04 {at}", "Open", "ann")
    assert picked(world.records(behavior.user_days(as_of=MARCH_4)), "sessions") == [(2,)]
    patient = BehaviorPolicy(session_idle_minutes=31)
    assert picked(world.records(behavior.user_days(as_of=MARCH_4, policy=patient)), "sessions") == [(1,)]


def test_a_day_of_passive_events_has_no_active_time(world):
    product(world)
    world.event("2025-03-04 12:01", "Email Opened", "ann")
    rows = world.records(behavior.user_days(as_of=MARCH_4))
    assert picked(rows, "events", "first_active_at", "last_active_at") == [(1, None, None)]


def test_features_are_counted_one_by_one_under_their_item_or_their_own_name(world):
    product(world)
    for minute in (0, 5):
        world.event(f"2025-03-04 10:0{minute}", "Report Created", "ann", account="acme")
    world.event("2025-03-04 11:00", "Chart Drawn", "ann", account="acme")
    world.event("2025-03-04 11:00", "Help", "ann", account="acme")
    rows = world.records(behavior.user_features(as_of=MARCH_4))
    assert picked(rows, "user_id", "account_id", "feature", "events") == [
        ("ann", "acme", "Chart Drawn", 1), ("ann", "acme", "reports", 2),
    ]  # fmt: skip


def test_milestones_tell_the_first_time_and_how_often_per_unit_role_and_item(world):
    product(world)
    for user, minute in (("ann", 5), ("ann", 3), ("bob", 1)):
        world.event(f"2025-03-04 10:0{minute}", "Report Created", user, account="acme")
    rows = world.records(behavior.milestones(as_of=MARCH_4))
    core = [row for row in rows if row["role"] == "core_feature"]
    assert picked(core, "unit", "unit_id", "item", "first_at", "times") == [
        ("account", "acme", "reports", dt.datetime(2025, 3, 4, 10, 1), 3),
        ("user", "ann", "reports", dt.datetime(2025, 3, 4, 10, 3), 2),
        ("user", "bob", "reports", dt.datetime(2025, 3, 4, 10, 1), 1),
    ]
    assert {row["role"] for row in rows} == {"core_feature", "item_created", "activation"}
    assert {row["item"] for row in rows if row["role"] == "activation"} == {""}


def test_a_milestone_is_told_once_and_again_only_when_it_was_earlier_than_known(world):
    product(world)
    for at, received in (("03-04 10:00", "03-04"), ("03-05 10:00", "03-05"), ("03-02 10:00", "03-06"), ("03-03 10:00", "03-07")):
        world.event(f"2025-{at}", "Help", "ann", received=f"2025-{received}")
    days = [dt.date(2025, 3, day) for day in (4, 5, 6, 7)]
    world.build("milestones", *days)
    text = "select received_date, first_at from behavior.milestones where unit = 'user' order by all"
    told = [(days[0], dt.datetime(2025, 3, 4, 10)), (days[2], dt.datetime(2025, 3, 2, 10))]
    assert world.warehouse.connection.execute(text).fetchall() == told
    world.build("milestones", days[1])
    assert world.warehouse.connection.execute(text).fetchall() == told


def test_every_received_day_of_a_recurring_role_is_kept_with_its_number(world):
    world.roles(("Upgraded", "plan_upgraded", None), ("Help", "help_viewed", None))
    for day in (4, 5):
        for minute in range(day):
            world.event(f"2025-03-0{day} 10:0{minute}", "Upgraded", account="acme")
            world.event(f"2025-03-0{day} 10:0{minute}", "Help", account="acme")
    world.build("milestones", MARCH_4.date, MARCH_5.date)
    text = "select role, count(*), sum(times)::int from behavior.milestones group by role order by role"
    assert world.warehouse.connection.execute(text).fetchall() == [("help_viewed", 1, 4), ("plan_upgraded", 2, 9)]


def test_the_queries_give_the_declared_columns(world):
    for declared in TABLES:
        build = getattr(behavior, declared.short_name)
        assert tuple(world.warehouse.arrow(build(as_of=MARCH_4)).column_names) == declared.column_names


def test_resolved_events_carry_who_and_when_in_local_time(world):
    world.event("2025-03-04 23:30", "Open", "ann", session="s")
    (row,) = world.records(behavior.resolved_events(as_of=AsOf(dt.date(2025, 3, 4), "Europe/Berlin")))
    assert (row["user_id"], row["event_date"], row["event_at"]) == ("ann", dt.date(2025, 3, 5), dt.datetime(2025, 3, 4, 23, 30))
