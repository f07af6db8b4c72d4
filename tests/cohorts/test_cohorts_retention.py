"""Retention of users and accounts, counted by hand."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.engagement import queries
from plg_orchestration.cohorts.engagement.queries import SPANS, Span, first_date, frame_parameters
from plg_orchestration.cohorts.engagement.tables import RETENTION
from plg_orchestration.warehouse import sql_file


def curve(world, as_of, *, unit="user", entry="first_time", mode="bounded", period="day", cohort):
    """(index, size, retained, rate, mature) of one cohort by the calendar, in order of the index."""
    wanted = {"unit": unit, "entry": entry, "mode": mode, "period": period, "clock": "calendar"}
    wanted |= {"cohort": dt.date.fromisoformat(cohort)}
    rows = world.records(queries.retention(as_of=AsOf(dt.date.fromisoformat(as_of))))
    kept = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return [
        (row["index"], row["size"], row["retained"], row["rate"], row["mature"])
        for row in sorted(kept, key=lambda row: row["index"])
    ]


def three_users(world):
    for user in ("ann", "bob", "cem"):
        world.user(user, "2025-03-03 09:00")
    world.active("ann", "2025-03-03", "2025-03-04", "2025-03-06")
    world.active("bob", "2025-03-03", "2025-03-06")
    world.active("cem", "2025-03-03")


def test_bounded_asks_for_activity_on_that_very_day(world):
    three_users(world)
    assert curve(world, "2025-03-06", cohort="2025-03-03") == [
        (0, 3, 3, 1.0, True), (1, 3, 1, 1 / 3, True), (2, 3, 0, 0.0, True), (3, 3, 2, 2 / 3, True),
    ]  # fmt: skip


def test_unbounded_asks_for_activity_then_or_later(world):
    three_users(world)
    found = curve(world, "2025-03-06", cohort="2025-03-03", mode="unbounded")
    assert [row[2] for row in found] == [3, 2, 2, 2]


def test_recurring_takes_every_active_day_as_an_entry(world):
    three_users(world)
    assert curve(world, "2025-03-06", entry="recurring", cohort="2025-03-04") == [
        (0, 1, 1, 1.0, True), (1, 1, 0, 0.0, True), (2, 1, 1, 1.0, True),
    ]  # fmt: skip
    assert [row[1] for row in curve(world, "2025-03-06", entry="recurring", cohort="2025-03-06")] == [2]


def test_a_running_week_has_a_count_and_no_rate(world):
    three_users(world)
    world.active("ann", "2025-03-11")
    assert curve(world, "2025-03-12", period="week", cohort="2025-03-03") == [(0, 3, 3, 1.0, True), (1, 3, 1, None, False)]
    assert curve(world, "2025-03-16", period="week", cohort="2025-03-03")[1] == (1, 3, 1, 1 / 3, True)


def test_a_month_is_over_on_its_last_day(world):
    three_users(world)
    assert curve(world, "2025-03-30", period="month", cohort="2025-03-01") == [(0, 3, 3, None, False)]
    assert curve(world, "2025-03-31", period="month", cohort="2025-03-01") == [(0, 3, 3, 1.0, True)]
    world.active("bob", "2025-04-02")
    assert curve(world, "2025-04-30", period="month", cohort="2025-03-01")[1] == (1, 3, 1, 1 / 3, True)


def test_the_year_of_53_weeks_has_one_between_the_52nd_and_the_first(world):
    world.user("ann", "2020-12-21 09:00")
    world.active("ann", "2020-12-31", "2021-01-03", "2021-01-04")
    assert [row[2] for row in curve(world, "2021-01-10", period="week", cohort="2020-12-21")] == [0, 1, 1]
    assert curve(world, "2021-01-10", entry="recurring", period="week", cohort="2020-12-28")[0][:3] == (0, 1, 1)


def test_an_account_is_active_when_anybody_of_it_is(world):
    world.account("acme")
    world.user("ann", "2025-03-03 09:00", account_id="acme")
    world.user("bob", "2025-03-05 09:00", account_id="acme")
    world.active("ann", "2025-03-03", account="acme")
    world.active("bob", "2025-03-04", account="acme")
    world.active(None, "2025-03-05", account="acme")
    found = curve(world, "2025-03-06", unit="account", cohort="2025-03-03")
    assert [(size, retained) for _, size, retained, _, _ in found] == [(1, 1), (1, 1), (1, 1), (1, 0)]


def test_a_day_with_passive_events_only_is_not_active(world):
    world.user("ann", "2025-03-03 09:00")
    world.active("ann", "2025-03-04", qualifying=0)
    assert [row[2] for row in curve(world, "2025-03-04", cohort="2025-03-03")] == [0, 0]


def test_activity_received_on_two_days_is_one_active_day(world):
    three_users(world)
    world.active("ann", "2025-03-04", received="2025-03-05")
    assert curve(world, "2025-03-06", cohort="2025-03-03")[1] == (1, 3, 1, 1 / 3, True)


def test_a_late_event_changes_tomorrows_snapshot_and_not_yesterdays(world):
    three_users(world)
    before = world.records(queries.retention(as_of=AsOf(dt.date(2025, 3, 6))))
    world.active("cem", "2025-03-05", received="2025-03-07")
    assert world.records(queries.retention(as_of=AsOf(dt.date(2025, 3, 6)))) == before
    assert curve(world, "2025-03-07", cohort="2025-03-03")[2] == (2, 3, 1, 1 / 3, True)


def test_only_the_newest_cohorts_and_intervals_are_kept(world):
    world.user("old", "2024-01-02 09:00")
    world.active("old", "2024-01-02", "2025-01-01")
    world.user("ann", "2025-01-01 09:00")
    rows = world.records(queries.retention(as_of=AsOf(dt.date(2025, 3, 1))))
    rows = [row for row in rows if row["clock"] == "calendar"]
    days = {(row["cohort"], row["index"]) for row in rows if row["period"] == "day" and row["entry"] == "first_time"}
    assert days == {(dt.date(2025, 1, 1), index) for index in range(31)}
    assert {row["cohort"] for row in rows if row["period"] == "month"} == {dt.date(2025, 1, 1)}
    assert first_date(dt.date(2025, 3, 1), SPANS) == dt.date(2024, 4, 1)


def test_nobody_gives_no_rows_and_the_columns_are_as_declared(world):
    rows = world.warehouse.arrow(queries.retention(as_of=AsOf(dt.date(2025, 3, 6))))
    assert rows.num_rows == 0
    assert tuple(rows.column_names) == RETENTION.column_names


def test_signups_take_what_they_lack_from_the_account_or_its_first_member(world):
    world.account("acme", region="EU", segment="smb")
    world.user("ann", "2025-03-03 23:30", account_id="acme", device="phone", acquisition_channel="ads")
    world.user("bob", "2025-03-05 09:00", account_id="acme", device="desktop", region="US")
    world.user("future", "2025-03-09 09:00", known="2025-03-04 09:00")
    rows = world.records(queries.signups(as_of=AsOf(dt.date(2025, 3, 6), "Europe/Berlin")))
    names = ("unit", "unit_id", "signup_date", "channel", "segment", "region", "device")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("account", "acme", dt.date(2025, 3, 4), "ads", "smb", "EU", "phone"),
        ("user", "ann", dt.date(2025, 3, 4), "ads", "smb", "EU", "phone"),
        ("user", "bob", dt.date(2025, 3, 5), "unknown", "smb", "US", "desktop"),
    ]


def test_entries_know_what_became_of_them_and_are_counted_by_bytes(world):
    """Ann signs up on Monday and is active on it, on Sunday and on the Monday after; the newest interval is the lowest bit."""
    world.user("ann", "2025-03-03 09:00")
    world.active("ann", "2025-03-03", "2025-03-09", "2025-03-10")
    calendar, rolling = queries.retention(as_of=AsOf(dt.date(2025, 3, 10))).requires
    (counts,) = calendar.requires
    (entries,) = counts.requires
    assert (calendar.name, rolling.name) == ("calendar_retention", "rolling_retention")
    assert (entries.name, counts.name) == ("calendar_entries", "retention_counts")

    monday = (dt.date(2025, 3, 3) - dt.date(1900, 1, 1)).days
    week, month = monday // 7, 2025 * 12 + 2
    rows = {(row["line"], row["number"], row["top"], row["future"], row["last_step"]) for row in world.records(entries)}
    assert rows == {
        (0, monday, 7, 0b10000011, 7), (1, week, 1, 0b11, 1), (2, month, 0, 0b1, 0),
        (6, monday, 7, 0b10000011, 7), (6, monday + 6, 1, 0b11, 1), (6, monday + 7, 0, 0b1, 0),
        (7, week, 1, 0b11, 1), (7, week + 1, 0, 0b1, 0), (8, month, 0, 0b1, 0),
    }  # fmt: skip

    world.warehouse.prepare(entries)
    found = {tuple(row.values()) for row in world.records(counts) if row["line"] == 0}
    steps = {("size", 0), ("within", 0), ("within", 6), ("within", 7), ("last", 7)}
    assert found == {(0, monday, kind, step, 1) for kind, step in steps}


def test_activity_long_after_the_last_interval_still_counts_as_later(world):
    """Forty days after the entry is no interval of the table any more, and later than each of them."""
    world.user("ann", "2025-01-20 09:00")
    world.active("ann", "2025-01-20", "2025-03-01")
    found = curve(world, "2025-03-06", cohort="2025-01-20", mode="unbounded")
    assert {(size, retained) for _, size, retained, _, _ in found} == {(1, 1)}
    assert [row[2] for row in curve(world, "2025-03-06", cohort="2025-01-20")] == [1] + [0] * 30


def test_who_never_came_and_who_came_only_before_the_signup_are_in_the_cohort(world):
    world.user("ann", "2025-03-03 09:00")
    world.user("bob", "2025-03-03 09:00")
    world.active("bob", "2025-03-01")
    for mode in ("bounded", "unbounded"):
        assert [row[1:3] for row in curve(world, "2025-03-04", cohort="2025-03-03", mode=mode)] == [(2, 0), (2, 0)]


def test_a_span_bounds_what_a_frame_keeps():
    spans = {"day": Span(3, 2), "week": Span(2, 5), "month": Span(1, 1)}
    parameters = frame_parameters(dt.date(2025, 3, 31), spans)
    assert parameters["month_number"] == parameters["complete_month_number"] == 2025 * 12 + 2
    assert parameters["longest"] == 5
    assert first_date(dt.date(2025, 3, 31), spans) == dt.date(2025, 3, 1)
    assert sql_file("cohorts/engagement/calendar_retention.sql", **parameters).name == "calendar_retention"


def test_a_calendar_interval_is_over_for_the_whole_cohort_or_for_nobody(world):
    three_users(world)
    rows = world.records(queries.retention(as_of=AsOf(dt.date(2025, 3, 12))))
    weeks = [row for row in rows if (row["period"], row["entry"], row["mode"]) == ("week", "first_time", "bounded")]
    found = [(row["index"], row["clock"], row["mature"], row["mature_size"], row["immature_share"]) for row in weeks]
    assert found == [(0, "calendar", True, 3, 0.0), (1, "calendar", False, 0, 1.0)]
