"""Sessions, account days and step events of a received day, counted by hand."""

import datetime as dt

from plg_orchestration import behavior
from plg_orchestration.behavior.policy import BehaviorPolicy
from plg_orchestration.behavior.steps import forget_other_steps, wanted_events
from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import table

MARCH_4 = dt.date(2025, 3, 4)
MARCH_5 = dt.date(2025, 3, 5)


def opened(world, *moments, received=None, **who):
    for at in moments:
        world.event(f"2025-03-{at}", "Open", received=f"2025-03-{received}" if received else None, **{"user": "ann", **who})


def parts(world):
    """(received day, began, ended, events) of the stored parts, and the number of distinct sessions."""
    rows = world.warehouse.connection.execute(
        "select session_id, day(received_date), strftime(started_at, '%d %H:%M'), strftime(ended_at, '%d %H:%M'), events"
        " from behavior.sessions order by received_date, started_at, ended_at"
    ).fetchall()
    return [row[1:] for row in rows], len({row[0] for row in rows})


def test_a_visit_without_an_id_ends_after_the_idle_minutes(world):
    opened(world, "04 10:00", "04 10:29", "04 10:59", "04 11:00")
    world.build("sessions", MARCH_4)
    assert parts(world) == ([(4, "04 10:00", "04 10:29", 2), (4, "04 10:59", "04 11:00", 2)], 2)
    patient = behavior.sessions(as_of=AsOf(MARCH_4), policy=BehaviorPolicy(session_idle_minutes=31))
    assert [row["events"] for row in world.records(patient)] == [4]


def test_a_visit_over_midnight_is_one_session_that_came_in_two_parts(world):
    opened(world, "04 20:00", "04 23:45", "05 00:01", "05 00:20", "05 09:00")
    world.build("sessions", MARCH_4, MARCH_5)
    told = [(4, "04 20:00", "04 20:00", 1), (4, "04 23:45", "04 23:45", 1), (5, "05 00:01", "05 00:20", 2)]
    assert parts(world) == ([*told, (5, "05 09:00", "05 09:00", 1)], 3)
    ids = "select count(distinct session_id) from behavior.sessions where hour(started_at) in (23, 0)"
    assert world.warehouse.scalar(ids) == 1


def test_a_visit_through_three_received_days_stays_one(world):
    day = dt.datetime(2025, 3, 3, 23, 40)
    for step in range(100):
        moment = day + dt.timedelta(minutes=15 * step)
        world.event(moment.isoformat(), "Open", "ann")
    world.build("sessions", dt.date(2025, 3, 3), MARCH_4, MARCH_5)
    told, distinct = parts(world)
    assert ([row[0] for row in told], sum(row[3] for row in told), distinct) == ([3, 4, 5], 100, 1)


def test_a_visit_that_became_known_late_is_a_session_of_its_own(world):
    opened(world, "04 12:00")
    opened(world, "04 11:50", "04 11:55", received="05")
    world.build("sessions", MARCH_4, MARCH_5)
    assert parts(world) == ([(4, "04 12:00", "04 12:00", 1), (5, "04 11:50", "04 11:55", 2)], 2)


def test_a_named_session_collects_its_parts_and_tells_users_and_accounts_apart(world):
    opened(world, "04 10:00", "04 18:00", session="s")
    opened(world, "04 12:00", "04 19:00", session="s", received="05")
    opened(world, "04 10:00", session="s", user="bob")
    opened(world, "04 10:00", session="s", user=None, account="acme")
    world.build("sessions", MARCH_4, MARCH_5)
    text = """select user_id, account_id, min(started_at), max(ended_at), sum(events)::int, bool_and(named)
        from behavior.sessions group by session_id, user_id, account_id order by user_id nulls last"""
    ten, seven = dt.datetime(2025, 3, 4, 10), dt.datetime(2025, 3, 4, 19)
    assert world.warehouse.connection.execute(text).fetchall() == [
        ("ann", None, ten, seven, 4, True), ("bob", None, ten, ten, 1, True), (None, "acme", ten, ten, 1, True),
    ]  # fmt: skip


def test_passive_and_core_events_of_a_session_are_counted_apart_and_its_date_is_local(world):
    world.roles(("Report", "core_feature", None))
    world.passive("Mail")
    for name in ("Report", "Mail", "Open"):
        world.event("2025-03-04 23:30", name, "ann")
    (row,) = world.records(behavior.sessions(as_of=AsOf(MARCH_4, "Europe/Berlin")))
    assert (row["events"], row["qualifying_events"], row["core_events"], row["started_date"]) == (3, 2, 1, MARCH_5)


def test_account_days_sum_the_users_of_the_received_day(world):
    world.active("2025-03-03", "ann", account="acme", received="2025-03-04", core=1)
    world.active("2025-03-03", "bob", account="acme", received="2025-03-04", qualifying=0)
    world.active("2025-03-03", None, account="acme", received="2025-03-04")
    world.active("2025-03-03", "bob", account="acme", received="2025-03-05")
    world.active("2025-03-03", "cem", received="2025-03-04")
    (row,) = world.records(behavior.account_days(as_of=AsOf(MARCH_4)))
    names = ("event_date", "account_id", "users", "active_users", "events", "qualifying_events", "core_events", "items_created")
    assert tuple(row[name] for name in names) == (dt.date(2025, 3, 3), "acme", 2, 1, 6, 2, 1, 3)


def test_step_events_are_those_that_a_funnel_or_a_rule_names_once_each(world):
    world.roles(
        ("Signed Up", "signup", None), ("Report", "core_feature", "reports"), ("Chart", "core_feature", None),
        ("Report", "item_created", None), ("Seats Full", "limit_hit", "seats"), ("Rows Full", "limit_hit", "rows"),
    )  # fmt: skip
    world.declares("funnel_steps", ("signup", None, None), ("core_feature", "Chart", None), (None, None, "Booked"))
    world.declares("activation_conditions", ("limit_hit", "seats", None), ("core_feature", "Chart", None))
    for name in ("Signed Up", "Report", "Chart", "Chart", "Seats Full", "Rows Full", "Booked"):
        world.event("2025-03-04 10:00", name, "ann")
    world.event("2025-03-04 10:01", "Booked", "ann")
    rows = world.records(behavior.step_events(as_of=AsOf(MARCH_4)))
    assert [(row["event"], row["event_at"].minute, row["events"]) for row in rows] == [
        ("Booked", 0, 1), ("Booked", 1, 1), ("Chart", 0, 2), ("Seats Full", 0, 1), ("Signed Up", 0, 1),
    ]  # fmt: skip


def test_days_that_lack_a_newly_declared_event_are_forgotten_and_built_anew(world):
    declared, days = table("behavior.step_events"), [MARCH_4, MARCH_5]

    def night():
        forgotten = forget_other_steps(world.warehouse)
        missing = world.warehouse.days_missing(declared, start=MARCH_4, through=MARCH_5)
        world.warehouse.publish(declared, lambda day: behavior.step_events(as_of=AsOf(day)), missing or days[-1:])
        return forgotten, len(missing), world.warehouse.scalar("select count(*) from behavior.step_events")

    world.event("2025-03-04 10:00", "Booked", "ann")
    world.event("2025-03-05 10:00", "Paid", "ann")
    world.declares("funnel_steps", (None, None, "Paid"))
    assert night() == (True, 2, 1) and night() == (False, 0, 1)
    world.declares("funnel_steps", (None, None, "Booked"))
    assert {row["event"] for row in world.records(wanted_events())} == {"Paid", "Booked"}
    assert night() == (True, 2, 2)
    world.warehouse.connection.execute("delete from config.funnel_steps where event = 'Paid'")
    assert night() == (False, 0, 1)


def test_without_events_and_declarations_there_are_no_rows(world):
    for name in ("sessions", "step_events", "account_days"):
        assert world.records(getattr(behavior, name)(as_of=AsOf(MARCH_4))) == []
    world.event("2025-03-04 10:00", "Open", "ann")
    assert world.records(behavior.step_events(as_of=AsOf(MARCH_4))) == []
