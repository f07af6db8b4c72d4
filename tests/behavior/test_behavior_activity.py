"""The state of each unit: masks and lifetime counts, from yesterday's rows and from scratch."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import behavior
from plg_orchestration.behavior.tables import ACTIVITY
from plg_orchestration.clock import AsOf

MONDAY = dt.date(2025, 3, 31)


def bits(*places):
    return sum(1 << place for place in places)


def state(world, day, unit_id="ann"):
    rows = world.records(behavior.activity(as_of=AsOf(day)))
    return next((row for row in rows if row["unit_id"] == unit_id), None)


def steps(world, *days):
    """Build the days as the nights do: from the day before where it is there, else from scratch."""
    connection = world.warehouse.connection
    for day in days:
        held = connection.execute("select count(*) from behavior.activity where as_of = ?", [day - dt.timedelta(days=1)])
        known = held.fetchone()[0] > 0
        made = behavior.next_activity(as_of=AsOf(day)) if known else behavior.activity(as_of=AsOf(day))
        connection.execute("delete from behavior.activity where as_of = ?", [day])
        world.warehouse.insert(ACTIVITY, made)


def test_masks_hold_days_weeks_and_months_before_the_day_and_days_after_the_first(world):
    for day in ("2025-03-31", "2025-03-30", "2025-02-28", "2025-01-28", "2025-01-27", "2024-12-31"):
        world.active(day, "ann", core=1 if day == "2025-03-30" else 0)
    row = state(world, MONDAY)
    assert row["days"] == bits(0, 1, 31, 62) and row["core_days"] == bits(1)
    assert row["weeks"] == bits(0, 1, 5, 9, 13) and row["months"] == bits(0, 1, 2, 3)
    assert row["first_days"] == bits(0, 27, 28, 59)
    assert (row["first_active"], row["last_active"]) == (dt.date(2024, 12, 31), MONDAY)
    lifetime = ("events", "core_events", "items_created", "invites_sent", "invites_accepted")
    assert [row[name] for name in lifetime] == [12, 1, 6, 6, 0]


def test_a_mask_has_sixty_three_bits(world):
    world.active("2025-01-28", "in")
    world.active("2025-01-27", "out")
    assert state(world, MONDAY, "in")["days"] == bits(62) and state(world, MONDAY, "out")["days"] == 0
    days = [MONDAY - dt.timedelta(days=1), MONDAY]
    steps(world, *days)
    text = "select unit_id, days from behavior.activity where as_of = ? order by all"
    found = [world.warehouse.connection.execute(text, [day]).fetchall() for day in days]
    assert found == [[("in", bits(61)), ("out", bits(62))], [("in", bits(62)), ("out", 0)]]


def test_somebody_seen_but_never_active_has_a_row_without_days(world):
    world.active("2025-03-31", "ann", qualifying=0, core=1)
    row = state(world, MONDAY)
    assert (row["days"], row["core_days"], row["first_days"], row["first_active"], row["events"]) == (0, 1, 0, None, 2)


def test_iso_week_53_and_the_turn_of_the_year(world):
    for day in ("2020-12-27", "2020-12-28", "2021-01-03"):
        world.active(day, "ann")
    assert state(world, dt.date(2021, 1, 3))["weeks"] == bits(0, 1)
    assert state(world, dt.date(2021, 1, 4))["weeks"] == bits(1, 2)
    assert state(world, dt.date(2021, 1, 4))["months"] == bits(0, 1)


def test_users_and_accounts_are_units_of_their_own(world):
    world.active("2025-03-31", "ann", account="acme")
    world.active("2025-03-30", None, account="acme")
    world.active("2025-03-29", "ann", account="other")
    rows = world.records(behavior.activity(as_of=AsOf(MONDAY)))
    assert {(row["unit"], row["unit_id"]): row["days"] for row in rows} == {
        ("user", "ann"): bits(0, 2), ("account", "acme"): bits(0, 1), ("account", "other"): bits(2),
    }  # fmt: skip


def test_a_late_event_changes_the_next_day_and_not_the_day_before(world):
    world.active("2025-03-30", "ann")
    world.active("2025-03-20", "ann", received="2025-03-31")
    sunday = MONDAY - dt.timedelta(days=1)
    steps(world, sunday, MONDAY)
    text = "select days, first_days, first_active from behavior.activity where as_of = ?"
    assert world.warehouse.connection.execute(text, [sunday]).fetchone() == (1, 1, sunday)
    assert world.warehouse.connection.execute(text, [MONDAY]).fetchone() == (bits(1, 11), bits(0, 10), dt.date(2025, 3, 20))


def test_a_day_that_lay_in_the_future_when_it_was_received_comes_due(world):
    world.active("2025-04-01", "ann", received="2025-03-31")
    world.active("2025-03-31", "bob")
    days = [MONDAY, MONDAY + dt.timedelta(days=1)]
    steps(world, *days)
    text = "select days from behavior.activity where as_of = ? and unit_id = 'ann'"
    assert [world.warehouse.connection.execute(text, [day]).fetchall() for day in days] == [[], [(1,)]]


def test_stored_rows_are_the_relation_too(world):
    world.active("2025-03-31", "ann", account="acme")
    steps(world, MONDAY)
    stored = world.records(behavior.activity(as_of=AsOf(MONDAY), stored=True))
    assert stored == world.records(behavior.activity(as_of=AsOf(MONDAY))) and len(stored) == 2


@pytest.mark.parametrize("start", [dt.date(2020, 12, 29), dt.date(2024, 2, 26)])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "cem", "dan", None]), st.integers(0, 7),
            st.sampled_from([-1, 0, 0, 0, 1, 5, 61, 62, 63, 64, 70, 200, 700]), st.integers(0, 1), st.integers(0, 1),
        ),
        max_size=40,
    ),
    missing=st.sets(st.integers(1, 6), max_size=2),
)  # fmt: skip
def test_the_state_built_day_by_day_is_the_state_from_scratch(world, start, rows, missing):
    world.clear()
    for user, received, lag, qualifying, core in rows:
        known = start + dt.timedelta(days=received)
        happened = known - dt.timedelta(days=lag)
        world.active(str(happened), user, account="acme", received=str(known), qualifying=qualifying, core=core)
    days = [start + dt.timedelta(days=offset) for offset in range(8)]
    steps(world, *(day for number, day in enumerate(days) if number not in missing))
    for day in days[-1:] + days[4:6]:
        if days.index(day) not in missing:
            stored = world.records(behavior.activity(as_of=AsOf(day), stored=True))
            assert stored == world.records(behavior.activity(as_of=AsOf(day)))
