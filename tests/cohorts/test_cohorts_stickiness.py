"""In how many days of a week, and days and weeks of a month, the active were active: by hand and by definition."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.engagement import queries
from plg_orchestration.cohorts.engagement.tables import STICKINESS
from plg_orchestration.cohorts.frames import event_table
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch
from tests.cohorts.engagement_rows import used

D = dt.date
FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MARCH_3_WEEK = {"start": D(2025, 3, 3), "end": D(2025, 3, 10)}


def plain(*rows):
    frame = pd.DataFrame(rows, columns=["user_id", "event_at"])
    return frame.assign(event_at=pd.to_datetime(frame["event_at"], format="ISO8601"))


def histogram(rows):
    """Units active in exactly 1, 2, ... intervals."""
    records = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    ordered = sorted(records, key=lambda row: row["active_intervals"])
    assert [row["active_intervals"] for row in ordered] == list(range(1, len(ordered) + 1))
    assert all(row["intervals"] == len(ordered) for row in ordered)
    return [row["units"] for row in ordered]


def published(world, as_of, *, unit="user", period="week", interval="day", start):
    rows = world.records(queries.stickiness(as_of=AsOf(as_of)))
    wanted = (unit, period, interval, start)
    return histogram([row for row in rows if (row["unit"], row["period"], row["interval"], row["period_start"]) == wanted])


# Ann comes on three days of the week (twice on one of them), Bob on its Sunday and the Monday after.
ROWS = (
    ("ann", "2025-03-03 08:00"), ("ann", "2025-03-03 18:00"), ("ann", "2025-03-05 08:00"), ("ann", "2025-03-07 08:00"),
    ("bob", "2025-03-09 23:45"), ("bob", "2025-03-10 00:01"),
)  # fmt: skip


def test_the_call_counts_the_days_of_a_stretch_without_its_end():
    rows = cohorts.stickiness(plain(*ROWS), **MARCH_3_WEEK)
    assert histogram(rows) == [1, 0, 1, 0, 0, 0, 0]
    assert rows["share"].tolist() == [0.5, 0, 0.5, 0, 0, 0, 0]
    assert set(rows["period_start"].dt.date) == {D(2025, 3, 3)}
    assert rows.attrs == {"clock": "calendar", "timezone": "UTC"}


def test_weeks_and_months_are_counted_too_and_a_stretch_may_be_cut_by_period():
    events = plain(*ROWS)
    assert histogram(cohorts.stickiness(events, interval="week", start=D(2025, 3, 1), end=D(2025, 4, 1))) == [1, 1, 0, 0, 0, 0]
    assert histogram(cohorts.stickiness(events, interval="month", start=D(2025, 1, 15), end=D(2025, 4, 1))) == [2, 0, 0]
    weekly = cohorts.stickiness(events, period="week", start=D(2025, 3, 5), end=D(2025, 3, 12))
    first, second = (rows for _, rows in weekly.groupby("period_start"))
    assert (histogram(first), histogram(second)) == ([1, 1, 0, 0, 0], [1, 0])
    assert [rows["period_start"].iloc[0].date() for rows in (first, second)] == [D(2025, 3, 5), D(2025, 3, 10)]


def test_what_was_received_later_is_not_known_unless_no_day_is_given():
    late = plain(*ROWS).assign(received_at=lambda rows: rows.event_at.mask(rows.user_id == "bob", pd.Timestamp("2025-03-12")))
    assert histogram(cohorts.stickiness(late, as_of=D(2025, 3, 9), **MARCH_3_WEEK)) == [0, 0, 1, 0, 0, 0, 0]
    assert histogram(cohorts.stickiness(late, **MARCH_3_WEEK)) == [1, 0, 1, 0, 0, 0, 0]


def test_days_are_local_over_both_changes_of_the_clocks():
    for zone in ("Etc/GMT+12", "Europe/Berlin", "Pacific/Kiritimati"):
        for day in (D(2025, 3, 30), D(2025, 10, 26)):
            local = pd.DatetimeIndex([f"{day} 00:01", f"{day} 23:45"]).tz_localize(zone)
            events = pd.DataFrame({"account_id": ["acme"] * 2, "event_at": local})
            week = {"start": day - dt.timedelta(days=6), "end": day + dt.timedelta(days=1)}
            assert histogram(cohorts.stickiness(events, unit="account", timezone=zone, **week)) == [1, 0, 0, 0, 0, 0, 0]


def test_nobody_gives_no_rows(world):
    rows = world.warehouse.arrow(queries.stickiness(as_of=AsOf(D(2025, 3, 9))))
    assert rows.num_rows == 0
    assert tuple(rows.column_names) == STICKINESS.column_names
    assert cohorts.stickiness(plain(*ROWS).iloc[:0], **MARCH_3_WEEK).empty
    assert cohorts.stickiness(plain(*ROWS), start=D(2024, 1, 1), end=D(2024, 2, 1)).empty


def test_the_published_weeks_are_complete_ones(world):
    for user, at in ROWS:
        world.active(user, at[:10], account="acme")
    assert published(world, D(2025, 3, 9), start=D(2025, 3, 3)) == [1, 0, 1, 0, 0, 0, 0]
    assert published(world, D(2025, 3, 15), start=D(2025, 3, 3)) == [1, 0, 1, 0, 0, 0, 0]
    assert published(world, D(2025, 3, 15), start=D(2025, 3, 10)) == []
    assert published(world, D(2025, 3, 16), start=D(2025, 3, 10)) == [1, 0, 0, 0, 0, 0, 0]
    assert published(world, D(2025, 3, 16), unit="account", start=D(2025, 3, 3)) == [0, 0, 0, 1, 0, 0, 0]


def test_a_month_counts_its_days_and_its_weeks_with_those_at_the_edges(world):
    """March 2025 begins on a Saturday and ends on a Monday: six weeks meet it."""
    for day in ("2025-02-28", "2025-03-01", "2025-03-03", "2025-03-31", "2025-04-01"):
        world.active("ann", day)
    world.active("bob", "2025-04-02")
    asked = {"period": "month", "start": D(2025, 3, 1)}
    assert published(world, D(2025, 3, 30), **asked) == []
    for as_of in (D(2025, 3, 31), D(2025, 4, 29)):
        assert published(world, as_of, interval="week", **asked) == [0, 0, 1, 0, 0, 0]
        assert published(world, as_of, interval="day", **asked) == [0, 0, 1] + [0] * 28
    call = cohorts.stickiness(plain(*(("ann", f"2025-03-{day}") for day in ("01", "03", "31"))), interval="week",
                              start=D(2025, 3, 1), end=D(2025, 4, 1))  # fmt: skip
    assert histogram(call) == [0, 0, 1, 0, 0, 0]


def test_the_53rd_week_is_a_week(world):
    world.active("ann", "2020-12-28", "2021-01-03")
    assert published(world, D(2021, 1, 10), start=D(2020, 12, 28)) == [0, 1, 0, 0, 0, 0, 0]


def test_a_late_event_and_a_stranger_change_what_they_should_and_nothing_else(world):
    world.active("ann", "2025-03-03")
    before = published(world, D(2025, 3, 11), start=D(2025, 3, 3))
    world.active("ann", "2025-03-04", received="2025-03-12")
    assert published(world, D(2025, 3, 11), start=D(2025, 3, 3)) == before
    assert published(world, D(2025, 3, 12), start=D(2025, 3, 3)) == [0, 1, 0, 0, 0, 0, 0]
    world.active("stranger", "2025-03-09")
    assert published(world, D(2025, 3, 12), start=D(2025, 3, 3)) == [1, 1, 0, 0, 0, 0, 0]


LAST = D(2025, 3, 31)
ACTIVITY = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 61)), min_size=1, max_size=30, unique=True).map(
    lambda found: [(user, LAST - dt.timedelta(days=ago)) for user, ago in found]
)


def by_definition(activity, start, end, interval):
    freq = {"day": "D", "week": "W-SUN"}[interval]
    found = {}
    for user, day in activity:
        if start <= day < end:
            found.setdefault(user, set()).add(pd.Period(day, freq))
    return sorted(len(periods) for periods in found.values())


@FEW
@given(activity=ACTIVITY, later=st.integers(0, 6))
def test_table_call_and_definition_agree_and_add_up_to_the_active(world, activity, later):
    world.clear()
    used(world, *((user, None, f"{day} 12:00") for user, day in activity))
    rows = world.records(queries.stickiness(as_of=AsOf(LAST + dt.timedelta(days=later))))
    events = plain(*activity)
    kinds = sorted({(row["period"], row["period_start"], row["interval"]) for row in rows})
    for period, start, interval in (*kinds[:3], *kinds[-1:]):
        end = start + dt.timedelta(days=7 if period == "week" else 31)
        wanted = by_definition(activity, start, end, interval)
        kept = [row for row in rows if (row["period"], row["period_start"], row["interval"]) == (period, start, interval)]
        call = histogram(cohorts.stickiness(events, interval=interval, start=start, end=end))
        assert call == histogram(kept)
        assert [n for n, units in enumerate(call, start=1) for _ in range(units)] == wanted
        assert sum(row["share"] for row in kept) == pytest.approx(1)
    assert ("month", D(2025, 3, 1), "day") in kinds or not any(day >= D(2025, 3, 1) for _, day in activity)


def test_masks_and_plain_events_are_counted_in_the_same_stretches(world):
    world.active("ann", "2025-03-03", "2025-03-05")
    query = queries.stickiness(as_of=AsOf(D(2025, 3, 9)), weeks=2)
    stretches, active_counts = query.requires
    assert [(row["period_start"], row["period_end"], row["interval"], row["intervals"]) for row in world.records(stretches)] == [
        (D(2025, 2, 1), D(2025, 3, 1), "day", 28), (D(2025, 2, 1), D(2025, 3, 1), "week", 5),
        (D(2025, 2, 24), D(2025, 3, 3), "day", 7), (D(2025, 3, 3), D(2025, 3, 10), "day", 7),
    ]  # fmt: skip
    world.warehouse.prepare(stretches)
    (row,) = world.records(active_counts)
    assert (row["period_start"], row["active_intervals"], row["units"]) == (D(2025, 3, 3), 2, 1)
    assert (stretches.name, active_counts.name) == ("stretches", "active_counts")
    found = world.warehouse.frame(stretches)
    events = event_table(plain(("ann", "2025-03-03"), ("ann", "2025-03-05")).assign(event=""))
    with scratch(plain_events=events, stretches=pa.Table.from_pandas(found)) as warehouse:
        parameters = AsOf(D(2025, 3, 9)).parameters() | {"unit": "user"}
        ((*_, start, _, active, units),) = warehouse.rows(sql_file("cohorts/engagement/plain_active_counts.sql", **parameters))
    assert (str(start)[:10], active, units) == ("2025-03-03", 2, 1)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"interval": "hour"}, "interval: 'hour'"), ({"period": "day"}, "period: 'day'"), ({"unit": "team"}, "unit: 'team'"),
        ({"end": D(2025, 3, 3)}, "end: 2025-03-03 is not after start"), ({"timezone": "Mars/Base"}, "timezone"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(options, named):
    with pytest.raises(ValueError, match=named):
        cohorts.stickiness(plain(*ROWS), **(MARCH_3_WEEK | options))


def test_a_mask_bounds_how_many_weeks_a_night_keeps():
    with pytest.raises(ValueError, match="weeks: 9"):
        queries.stickiness(as_of=AsOf(LAST), weeks=9)
