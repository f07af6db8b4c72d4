"""Who is new, returning, resurrected or dormant: by hand, by definition, in every zone, and in masks as in plain events."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.engagement import queries
from plg_orchestration.cohorts.engagement.tables import LIFECYCLE
from plg_orchestration.cohorts.frames import event_table
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch
from tests.cohorts.engagement_rows import used

D = dt.date
FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STATUSES = ("new", "returning", "resurrected", "dormant")
FREQUENCY = {"day": "D", "week": "W-SUN", "month": "M"}


def plain(*rows):
    frame = pd.DataFrame(rows, columns=["user_id", "event_at"])
    return frame.assign(event_at=pd.to_datetime(frame["event_at"], format="ISO8601"))


def counts(rows):
    """Each period's first day to its (new, returning, resurrected, dormant)."""
    found = {}
    for row in rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows:
        start = row["period_start"]
        day = start.date() if isinstance(start, dt.datetime) else start
        found.setdefault(day, {})[row["status"]] = row["users"]
    return {day: tuple(found[day][status] for status in STATUSES) for day in sorted(found)}


def published(world, as_of, *, unit="user", period="week", zone="UTC"):
    rows = world.records(queries.lifecycle(as_of=AsOf(as_of, zone)))
    return counts([row for row in rows if (row["unit"], row["period"]) == (unit, period)])


# Ann comes in weeks 1, 2 and 4; Bob in 1 alone; Cem first in 3.
FOUR_WEEKS = (
    ("ann", "2025-03-03"), ("ann", "2025-03-12"), ("ann", "2025-03-28"), ("bob", "2025-03-09"), ("cem", "2025-03-19"),
)  # fmt: skip
BY_WEEK = {
    D(2025, 3, 3): (2, 0, 0, 0), D(2025, 3, 10): (0, 1, 0, 1), D(2025, 3, 17): (1, 0, 0, 1), D(2025, 3, 24): (0, 0, 1, 1),
}  # fmt: skip


def test_the_published_weeks(world):
    for user, day in FOUR_WEEKS:
        world.active(user, day, account="acme")
    assert published(world, D(2025, 3, 30)) == BY_WEEK
    by_account = published(world, D(2025, 3, 30), unit="account")
    assert list(by_account.values()) == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 1, 0, 0), (0, 1, 0, 0)]


def test_the_call_on_plain_events_says_the_same():
    rows = cohorts.lifecycle(plain(*FOUR_WEEKS), period="week", as_of=D(2025, 3, 30))
    assert counts(rows) == BY_WEEK
    assert rows["status"].tolist()[:4] == list(STATUSES)
    assert rows["complete"].all()
    assert rows.attrs == {"clock": "calendar", "timezone": "UTC"}


def test_a_running_period_is_marked_and_what_has_not_begun_has_no_row(world):
    world.active("ann", "2025-03-03")
    rows = world.records(queries.lifecycle(as_of=AsOf(D(2025, 3, 12))))
    week = {(row["period_start"], row["complete"]) for row in rows if row["period"] == "week"}
    assert week == {(D(2025, 3, 3), True), (D(2025, 3, 10), False)}
    assert {row["complete"] for row in rows if row["period"] == "day"} == {True}
    assert {row["complete"] for row in rows if row["period"] == "month"} == {False}
    call = cohorts.lifecycle(plain(("ann", "2025-03-03")), period="week", as_of=D(2025, 3, 12))
    assert call["complete"].tolist() == [True] * 4 + [False] * 4
    assert counts(call)[D(2025, 3, 10)] == (0, 0, 0, 1)


def test_events_before_the_window_tell_who_is_new_in_it():
    events = plain(*FOUR_WEEKS)
    window = cohorts.lifecycle(events, period="week", as_of=D(2025, 3, 30), start=D(2025, 3, 12), end=D(2025, 3, 24))
    assert counts(window) == {day: BY_WEEK[day] for day in (D(2025, 3, 10), D(2025, 3, 17))}
    early = cohorts.lifecycle(events, period="month", as_of=D(2025, 3, 30), start=D(2025, 2, 1))
    assert counts(early) == {D(2025, 2, 1): (0, 0, 0, 0), D(2025, 3, 1): (3, 0, 0, 0)}


def test_a_day_is_the_local_one_at_a_quarter_to_midnight_and_a_minute_past():
    for zone in ("Etc/GMT+12", "Europe/Berlin", "Pacific/Kiritimati"):
        for late in ("2025-03-30 23:45", "2025-10-26 23:45"):
            local = pd.DatetimeIndex([late, pd.Timestamp(late) + pd.Timedelta(minutes=16)]).tz_localize(zone)
            events = pd.DataFrame({"user_id": ["ann", "ann"], "event_at": local})
            day = pd.Timestamp(late).date()
            rows = counts(cohorts.lifecycle(events, timezone=zone, as_of=day + dt.timedelta(days=1)))
            assert rows == {day: (1, 0, 0, 0), day + dt.timedelta(days=1): (0, 1, 0, 0)}


def test_the_53rd_week_and_the_first_of_the_next_year_are_neighbors(world):
    for day in ("2020-12-27", "2020-12-31", "2021-01-04"):
        world.active("ann", day)
    assert published(world, D(2021, 1, 10)) == {
        D(2020, 12, 21): (1, 0, 0, 0), D(2020, 12, 28): (0, 1, 0, 0), D(2021, 1, 4): (0, 1, 0, 0),
    }  # fmt: skip
    assert published(world, D(2021, 1, 10), period="month") == {D(2020, 12, 1): (1, 0, 0, 0), D(2021, 1, 1): (0, 1, 0, 0)}


def test_who_came_before_the_masks_reach_is_resurrected_and_not_new(world):
    world.active("ann", "2020-01-06", "2025-03-05")
    assert published(world, D(2025, 3, 9))[D(2025, 3, 3)] == (0, 0, 1, 0)
    assert published(world, D(2025, 3, 9), period="day")[D(2025, 3, 5)] == (0, 0, 1, 0)


def test_a_late_event_changes_tomorrows_snapshot_and_not_yesterdays(world):
    world.active("ann", "2025-03-03", "2025-03-17")
    before = published(world, D(2025, 3, 23))
    world.active("ann", "2025-03-12", received="2025-03-24")
    assert published(world, D(2025, 3, 23)) == before
    assert before[D(2025, 3, 17)] == (0, 0, 1, 0)
    assert published(world, D(2025, 3, 24))[D(2025, 3, 17)] == (0, 1, 0, 0)


def test_a_stranger_adds_to_the_own_status_only(world):
    world.active("ann", "2025-03-03", "2025-03-12")
    before = published(world, D(2025, 3, 16))
    world.active("stranger", "2025-03-03")
    after = published(world, D(2025, 3, 16))
    gained = {day: tuple(b - a for a, b in zip(before[day], after[day], strict=True)) for day in before}
    assert gained == {D(2025, 3, 3): (1, 0, 0, 0), D(2025, 3, 10): (0, 0, 0, 1)}


def test_nobody_gives_no_rows_and_a_window_that_is_asked_for_gives_zeros(world):
    rows = world.warehouse.arrow(queries.lifecycle(as_of=AsOf(D(2025, 3, 6))))
    assert rows.num_rows == 0
    assert tuple(rows.column_names) == LIFECYCLE.column_names
    nobody = plain(("ann", "2025-03-03")).iloc[:0]
    assert cohorts.lifecycle(nobody, as_of=D(2025, 3, 6)).empty
    assert counts(cohorts.lifecycle(nobody, as_of=D(2025, 3, 6), start=D(2025, 3, 6))) == {D(2025, 3, 6): (0, 0, 0, 0)}


def by_definition(activity, period, as_of):
    """Statuses as sets of users per period, with pandas' own calendar."""
    freq = FREQUENCY[period]
    active = {}
    for user, day in activity:
        active.setdefault(pd.Period(day, freq), set()).add(user)
    first = {user: min(p for p, users in active.items() if user in users) for user, _ in activity}
    found = {}
    for p in pd.period_range(min(active), pd.Period(as_of, freq), freq=freq):
        now, before = active.get(p, set()), active.get(p - 1, set())
        new = {user for user in now if first[user] == p}
        found[p.start_time.date()] = (len(new), len(now & before), len(now - before - new), len(before - now))
    return found, {p.start_time.date(): len(users) for p, users in active.items()}


LAST = D(2025, 1, 30)
ACTIVITY = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 59)), min_size=1, max_size=25, unique=True).map(
    lambda found: [(user, LAST - dt.timedelta(days=ago)) for user, ago in found]
)


@FEW
@given(activity=ACTIVITY)
def test_table_call_and_definition_agree_and_the_statuses_add_up_to_the_active(world, activity):
    world.clear()
    used(world, *((user, "acme", f"{day} 12:00") for user, day in activity))
    rows = world.records(queries.lifecycle(as_of=AsOf(LAST)))
    events = plain(*activity)
    for period, kept in queries.STATUS_PERIODS.items():
        wanted, active = by_definition(activity, period, LAST)
        call = counts(cohorts.lifecycle(events, period=period, as_of=LAST))
        assert call == wanted
        newest = sorted(wanted)[-kept:]
        table = counts([row for row in rows if (row["unit"], row["period"]) == ("user", period)])
        assert {day: values for day, values in table.items() if sum(values)} == {
            day: wanted[day] for day in newest if sum(wanted[day])
        }
        assert all(sum(values[:3]) == active.get(day, 0) for day, values in call.items())


def test_changes_count_alike_in_masks_and_in_plain_events(world):
    for user, day in FOUR_WEEKS:
        world.active(user, day)
    as_of = AsOf(D(2025, 3, 30))
    (changes,) = queries.lifecycle(as_of=as_of).requires
    names = ("number", "active", "active_before", "first_ever", "units")
    in_masks = {tuple(row[name] for name in names) for row in world.records(changes) if row["period"] == "week"}
    parameters = as_of.parameters() | {"period": "week", "unit": "user"}
    with scratch(plain_events=event_table(plain(*FOUR_WEEKS).assign(event=""))) as warehouse:
        found = warehouse.rows(sql_file("cohorts/engagement/plain_period_changes.sql", **parameters))
    last = queries.period_number("week", as_of.date)
    assert changes.name == "period_changes"
    assert in_masks == {row[2:] for row in found if row[2] <= last}
    assert (last - 3, True, False, True, 2) in in_masks


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"period": "hour"}, "period: 'hour'"), ({"unit": "team"}, "unit: 'team'"), ({"timezone": "Mars/Base"}, "timezone"),
        ({"start": D(2025, 3, 4), "end": D(2025, 3, 4)}, "end: 2025-03-04"), ({"start": D(2026, 1, 1)}, "start: 2026-01-01"),
        ({"events": plain(("ann", "2025-03-03")).drop(columns="event_at")}, "events: no column event_at"),
        ({"events": plain((None, "2025-03-03"))}, "events: user_id is missing in 1 of 1"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(options, named):
    asked = {"events": plain(("ann", "2025-03-03")), "as_of": D(2025, 3, 30)} | options
    with pytest.raises(ValueError, match=named):
        cohorts.lifecycle(**asked)


def test_a_mask_bounds_how_far_a_night_looks_back():
    with pytest.raises(ValueError, match="periods: day: 63"):
        queries.lifecycle(as_of=AsOf(LAST), periods={"day": 63})
