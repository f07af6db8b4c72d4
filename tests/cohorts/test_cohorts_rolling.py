"""Retention by rolling 24-hour days: by hand, by definition, on both daylight-saving dates, and as a call on plain events."""

import datetime as dt
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.engagement import queries
from plg_orchestration.cohorts.frames import event_table
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch
from tests.cohorts.engagement_rows import used

FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DAY = pd.Timedelta(days=1)


def published(world, as_of, *, zone="UTC", unit="user", mode="bounded"):
    """Cohort and index to (size, mature size, retained), of the rolling rows alone."""
    moment = AsOf(dt.date.fromisoformat(str(as_of)), zone)
    query = queries.rolling_retention(as_of=moment, joined=signups(as_of=moment), span=queries.ROLLING)
    rows = world.records(query)
    assert {row["clock"] for row in rows} <= {"rolling_24h"}
    return {
        (row["cohort"], row["index"]): (row["size"], row["mature_size"], row["retained"])
        for row in rows if (row["unit"], row["mode"]) == (unit, mode)
    }  # fmt: skip


def of_cohort(found, cohort):
    return {index: values for (day, index), values in found.items() if day == dt.date.fromisoformat(cohort)}


def test_members_mature_one_by_one_and_a_quarter_of_an_hour_is_no_day(world):
    """Active at 00:01 after a signup at 23:45 is the next calendar day, and still the first rolling one."""
    world.user("ann", "2025-03-03 23:45")
    world.user("bob", "2025-03-05 09:00")
    used(world, ("ann", None, "2025-03-04 00:01"), ("ann", None, "2025-03-04 23:50"), ("bob", None, "2025-03-05 09:30"))
    found = of_cohort(published(world, "2025-03-05"), "2025-03-03")
    assert found == {0: (2, 1, 1), 1: (2, 1, 1), 2: (2, 0, 0)}
    rows = world.records(queries.retention(as_of=AsOf(dt.date(2025, 3, 5))))
    kept = [row for row in rows if (row["clock"], row["unit"], row["mode"]) == ("rolling_24h", "user", "bounded")]
    assert [(row["rate"], row["mature"], row["immature_share"]) for row in sorted(kept, key=lambda row: row["index"])] == [
        (1.0, False, 0.5), (1.0, False, 0.5), (None, False, 1.0),
    ]  # fmt: skip
    calendar = [row for row in rows if (row["clock"], row["period"], row["entry"]) == ("calendar", "day", "first_time")]
    monday = [row for row in calendar if row["mode"] == "bounded" and row["cohort"] == dt.date(2025, 3, 3)]
    assert [row["retained"] for row in sorted(monday, key=lambda row: row["index"])] == [0, 1, 0]


def test_an_interval_is_half_open(world):
    world.user("ann", "2025-03-03 00:00")
    world.user("bob", "2025-03-03 00:00")
    used(world, ("ann", None, "2025-03-04 00:00"), ("bob", None, "2025-03-03 23:59:59.999999"))
    assert of_cohort(published(world, "2025-03-04"), "2025-03-03") == {0: (2, 2, 1), 1: (2, 2, 1)}


def test_unbounded_counts_whoever_came_back_in_the_interval_or_later(world):
    world.user("ann", "2025-03-03 08:00")
    used(world, ("ann", None, "2025-03-03 09:00"), ("ann", None, "2025-03-06 09:00"))
    found = of_cohort(published(world, "2025-03-07", mode="unbounded"), "2025-03-03")
    assert found == {0: (1, 1, 1), 1: (1, 1, 1), 2: (1, 1, 1), 3: (1, 1, 1), 4: (1, 0, 0)}
    assert of_cohort(published(world, "2025-03-07"), "2025-03-03")[2] == (1, 1, 0)


def test_both_daylight_saving_dates_have_24_rolling_hours(world):
    """In spring 23 and a half hours pass from noon to half past noon, in autumn 24 and a half from noon to half past eleven."""
    zone = "Europe/Berlin"
    for name, signup, back in (
        ("spring", "2025-03-29 11:00", "2025-03-30 10:30"),
        ("autumn", "2025-10-25 10:00", "2025-10-26 10:30"),
    ):
        world.user(name, signup)
        used(world, (name, None, back), zone=zone)
    assert of_cohort(published(world, "2025-03-31", zone=zone), "2025-03-24") == {0: (1, 1, 1), 1: (1, 1, 0), 2: (1, 0, 0)}
    assert of_cohort(published(world, "2025-10-27", zone=zone), "2025-10-20") == {0: (1, 1, 0), 1: (1, 1, 1), 2: (1, 0, 0)}


def test_a_day_of_25_hours_shows_its_first_and_last_activity_and_what_arrived_apart(world):
    """From half past midnight to half past eleven in the evening is a whole interval when the clocks go back."""
    zone = "Europe/Berlin"
    world.user("ann", "2025-10-24 22:30")
    used(world, *(("ann", None, f"2025-10-{time}") for time in ("25 22:10", "26 11:00", "26 22:45")), zone=zone)
    assert [row[2] for row in of_cohort(published(world, "2025-10-28", zone=zone), "2025-10-20").values()] == [1, 0, 1, 0, 0]
    used(world, ("ann", None, "2025-10-26 11:00"), zone=zone, received="2025-10-27")
    assert [row[2] for row in of_cohort(published(world, "2025-10-28", zone=zone), "2025-10-20").values()] == [1, 1, 1, 0, 0]


def test_an_account_counts_from_its_own_signup_and_any_member(world):
    world.account("acme", "2025-03-03 08:00")
    world.user("ann", "2025-03-04 12:00", account_id="acme")
    used(world, ("ann", "acme", "2025-03-04 13:00"), (None, "acme", "2025-03-05 09:00"))
    assert of_cohort(published(world, "2025-03-05", unit="account"), "2025-03-03") == {0: (1, 1, 0), 1: (1, 1, 1), 2: (1, 0, 0)}
    assert of_cohort(published(world, "2025-03-05"), "2025-03-03") == {0: (1, 1, 1), 1: (1, 0, 0)}


def test_the_week_of_a_signup_is_the_local_one_also_in_a_year_of_53(world):
    world.user("ann", "2021-01-03 23:30")
    assert set(published(world, "2021-01-05")) == {(dt.date(2020, 12, 28), index) for index in range(3)}
    assert {cohort for cohort, _ in published(world, "2021-01-05", zone="Pacific/Kiritimati")} == {dt.date(2021, 1, 4)}


def test_a_late_event_and_a_stranger_change_what_they_should_and_nothing_else(world):
    world.user("ann", "2025-03-03 08:00")
    used(world, ("ann", None, "2025-03-03 09:00"))
    before = published(world, "2025-03-06")
    used(world, ("ann", None, "2025-03-04 09:00"), received="2025-03-07")
    assert published(world, "2025-03-06") == before
    tomorrow = published(world, "2025-03-07")
    assert tomorrow[dt.date(2025, 3, 3), 1] == (1, 1, 1)
    world.user("stranger", "2025-02-25 08:00")
    used(world, ("stranger", None, "2025-02-26 08:00"))
    assert of_cohort(published(world, "2025-03-07"), "2025-03-03") == of_cohort(tomorrow, "2025-03-03")


def test_only_eight_weeks_of_signups_and_days_0_to_30_are_kept(world):
    world.user("old", "2025-01-05 23:00")
    world.user("ann", "2025-01-06 00:00")
    found = published(world, "2025-03-02")
    assert {cohort for cohort, _ in found} == {dt.date(2025, 1, 6)}
    assert sorted(index for _, index in found) == list(range(31))


def test_nobody_gives_no_rows(world):
    assert published(world, "2025-03-02") == {}


def by_definition(entries, activity, cut, length, periods):
    """Sets per interval, from the definition: `entries` are (cohort, unit, instant), `activity` a unit's instants."""
    found = {}
    for cohort in {cohort for cohort, _, _ in entries}:
        members = [(unit, at) for other, unit, at in entries if other == cohort]
        for index in range(periods + 1):
            if not any(at + index * length < cut for _, at in members):
                continue
            mature = [(unit, at) for unit, at in members if at + (index + 1) * length <= cut]
            steps = [{(then - at) // length for then in activity.get(unit, ()) if then >= at} for unit, at in mature]
            bounded = sum(index in step for step in steps)
            unbounded = sum(max(step, default=-1) >= index for step in steps)
            found[cohort, index] = (len(members), len(mature), bounded, unbounded)
    return found


START = pd.Timestamp("2025-03-10 00:00")
INSTANTS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 60 * 24 * 30)), min_size=1, max_size=30, unique=True)
ZONES = ("UTC", "Etc/GMT+12", "Pacific/Kiritimati", "Europe/Berlin", "Asia/Kathmandu")


@FEW
@given(minutes=INSTANTS, zone=st.sampled_from(ZONES))
def test_the_published_rows_are_the_definition(world, minutes, zone):
    """Over the spring change of the clocks: a local day's first and last event tell all its intervals."""
    world.clear()
    activity = {}
    for user, minute in minutes:
        activity.setdefault(user, []).append(START + pd.Timedelta(minutes=minute))
    for user, instants in activity.items():
        world.user(user, str(min(instants)))
    used(world, *((user, None, at) for user, instants in activity.items() for at in instants), zone=zone)
    as_of = AsOf(dt.date(2025, 4, 10), zone)
    entries = []
    for user, instants in activity.items():
        date = min(instants).tz_localize("UTC").tz_convert(ZoneInfo(zone)).date()
        entries.append((date - dt.timedelta(days=date.weekday()), user, min(instants)))
    wanted = by_definition(entries, activity, pd.Timestamp(as_of.cut), DAY, 30)
    bounded, unbounded = (published(world, as_of.date, zone=zone, mode=mode) for mode in ("bounded", "unbounded"))
    assert {key: (*bounded[key], unbounded[key][2]) for key in bounded} == wanted
    assert all(retained <= mature <= size for size, mature, retained in (bounded | unbounded).values())


@FEW
@given(minutes=INSTANTS, entry=st.sampled_from(["first_time", "recurring"]), period=st.sampled_from(["day", "week"]))
def test_the_call_is_the_definition(minutes, entry, period):
    rows = [(user, START + pd.Timedelta(minutes=minute)) for user, minute in minutes]
    events = pd.DataFrame(rows, columns=["user_id", "event_at"]).assign(event="use")
    firsts = {}
    for user, at in sorted(rows):
        day = at.date()
        cohort = day if period == "day" else day - dt.timedelta(days=day.weekday())
        firsts.setdefault((user, cohort), at)
    if entry == "first_time":
        firsts = {
            key: at for key, at in firsts.items() if at == min(then for (user, _), then in firsts.items() if user == key[0])
        }
    entries = [(cohort, user, at) for (user, cohort), at in firsts.items()]
    activity = events.groupby("user_id")["event_at"].agg(list).to_dict()
    as_of = AsOf(dt.date(2025, 4, 9))
    wanted = by_definition(entries, activity, pd.Timestamp(as_of.cut), DAY if period == "day" else 7 * DAY, 12)
    asked = {"clock": "rolling_24h", "entry": entry, "period": period, "periods": 12, "as_of": as_of.date}
    found = {}
    for place, mode in ((2, "bounded"), (3, "unbounded")):
        got = cohorts.retention(events, mode=mode, **asked)
        keys = zip(got["cohort"].dt.date, got["index"], strict=True)
        found[mode] = dict(zip(keys, zip(got["size"], got["mature_size"], got["retained"], strict=True), strict=True))
        assert found[mode] == {key: (*row[:2], row[place]) for key, row in wanted.items()}
        assert (got["rate"].notna() == (got["mature_size"] > 0)).all()
        assert (got["mature"] == (got["immature_share"] == 0)).all()


def test_the_call_by_account_names_its_clock_and_zone():
    events = pd.DataFrame(
        [("acme", "open", "2025-03-03 08:00"), ("acme", "use", "2025-03-04 09:00")], columns=["account_id", "event", "event_at"]
    ).assign(event_at=lambda rows: pd.to_datetime(rows.event_at))
    asked = {"target": "open", "returning": "use", "unit": "account", "periods": 1, "as_of": dt.date(2025, 3, 5)}
    rows = cohorts.retention(events, clock="rolling_24h", timezone="Asia/Tokyo", **asked)
    assert rows["retained"].tolist() == [0, 1]
    assert rows.attrs == {"clock": "rolling_24h", "timezone": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"clock": "lunar"}, "clock: 'lunar'"), ({"clock": "rolling_24h", "period": "month"}, "period: a month has no fixed"),
        ({"unit": "team"}, "unit: 'team'"), ({"unit": "account"}, "events: no column account_id"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(options, named):
    events = pd.DataFrame({"user_id": ["ann"], "event": ["use"], "event_at": [START]})
    with pytest.raises(ValueError, match=named):
        cohorts.retention(events, as_of=dt.date(2025, 4, 1), **options)


def test_members_and_instants_of_plain_events_and_of_the_warehouse(world):
    events = pd.DataFrame({"user_id": ["a", "a", "a"], "event": ["go", "go", "use"], "event_at": [
        pd.Timestamp("2025-03-03 23:30"), pd.Timestamp("2025-03-10 23:30"), pd.Timestamp("2025-03-05 01:00")]})  # fmt: skip
    parameters = AsOf(dt.date(2025, 3, 12), "Europe/Berlin").parameters() | {"unit": "user", "period": "week"}
    parameters |= {"target": ["go"], "returning": ["use"], "entry": "recurring"}
    with scratch(plain_events=event_table(events)) as warehouse:
        members = warehouse.rows(sql_file("cohorts/engagement/plain_rolling_members.sql", **parameters))
        instants = warehouse.rows(sql_file("cohorts/engagement/plain_rolling_activity.sql", **parameters))
    assert sorted(str(cohort) for _, _, _, cohort, _ in members) == ["2025-03-03", "2025-03-10"]
    assert instants == [(0, dt.datetime(2025, 3, 5, 1))]

    world.user("ann", "2025-03-03 08:00")
    used(world, ("ann", None, "2025-03-03 07:00"), ("ann", None, "2025-03-03 09:00"), ("ann", None, "2025-03-04 09:00"))
    _, rolling = queries.retention(as_of=AsOf(dt.date(2025, 3, 5))).requires
    rolling_members, rolling_activity = rolling.requires
    assert [row["cohort"] for row in world.records(rolling_members)] == [dt.date(2025, 3, 3)]
    found = [row["active_at"].isoformat() for row in world.records(rolling_activity)]
    assert found == ["2025-03-03T09:00:00", "2025-03-04T09:00:00"]
    assert (rolling_members.name, rolling_activity.name) == ("rolling_members", "rolling_activity")
