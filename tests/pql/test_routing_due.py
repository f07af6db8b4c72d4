"""Working time by hand: weekends, holidays, zones from UTC-12 to UTC+14, both changes of the clocks, and properties."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from plg_orchestration.pql.routing.calendars import Calendars
from plg_orchestration.pql.routing.due import ALWAYS, WorkingCalendar, due_at, due_times
from plg_orchestration.pql.routing.holidays import HolidayRule, easter_sunday, holidays_of

OFFICE = ((540, 1020),)


def office(zone="UTC", **more):
    """Monday to Friday from 09:00 to 17:00."""
    return WorkingCalendar(zone, (OFFICE,) * 5 + ((), ()), **more)


def sundays(zone, opening, closing):
    """Sundays only: the day on which clocks are changed."""
    return WorkingCalendar(zone, ((),) * 6 + (((opening, closing),),))


def at(text):
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2025-03-07 10:00", 4, "2025-03-07 14:00"),  # inside one Friday
        ("2025-03-07 16:00", 2, "2025-03-10 10:00"),  # over a weekend
        ("2025-03-08 12:00", 2, "2025-03-10 11:00"),  # arrives on a Saturday
        ("2025-03-10 07:00", 2, "2025-03-10 11:00"),  # before opening
        ("2025-03-10 22:15", 2, "2025-03-11 11:00"),  # after closing
        ("2025-03-10 15:00", 2, "2025-03-10 17:00"),  # used up at closing: due at closing, not the next morning
        ("2025-03-10 17:00", 2, "2025-03-11 11:00"),  # arrives at closing: the clock starts the next morning
        ("2025-03-10 16:59:59", 1, "2025-03-11 09:59:59"),
        ("2025-03-10 09:00", 0, "2025-03-10 09:00"),  # zero hours: at once in hours,
        ("2025-03-10 12:34", 0, "2025-03-10 12:34"),
        ("2025-03-10 17:00", 0, "2025-03-11 09:00"),  # else at the next opening
        ("2025-03-07 17:00", 0, "2025-03-10 09:00"),
        ("2025-03-10 09:00", 40, "2025-03-14 17:00"),  # five working days
        ("2025-03-10 09:00", 48, "2025-03-17 17:00"),  # the published 48 hours are six working days
        ("2025-03-10 09:00", 0.25, "2025-03-10 09:15"),
    ],
)
def test_office_hours(start, hours, due):
    assert due_at(at(start), hours, office()) == at(due)


@pytest.mark.parametrize(
    ("zone", "start", "hours", "due"),
    [
        ("Etc/GMT+12", "2025-03-10 00:00", 2, "2025-03-10 23:00"),  # UTC-12: Sunday noon there; opens Monday 21:00 UTC
        ("Pacific/Kiritimati", "2025-03-07 01:00", 4, "2025-03-09 21:00"),  # UTC+14: Friday 15:00; opens Sunday 19:00 UTC
        ("Asia/Kathmandu", "2025-03-10 03:00", 1, "2025-03-10 04:15"),  # UTC+5:45: opens 03:15 UTC
        ("America/St_Johns", "2025-01-06 12:00", 1, "2025-01-06 13:30"),  # UTC-3:30: opens 12:30 UTC
        ("Pacific/Apia", "2011-12-30 02:00", 2, "2012-01-01 20:00"),  # Thursday 16:00; Friday the 30th never was; opens Monday
    ],
)
def test_hours_are_local(zone, start, hours, due):
    assert due_at(at(start), hours, office(zone)) == at(due)


def test_a_weekend_with_a_change_of_clocks_moves_the_next_opening_in_utc():
    assert due_at(at("2025-03-28 14:30"), 2, office("Europe/Berlin")) == at("2025-03-31 07:30")  # Friday 15:30 to Monday 09:30
    assert due_at(at("2025-10-24 14:30"), 2, office("Europe/Berlin")) == at("2025-10-27 09:30")  # Friday 16:30: Monday 10:30


@pytest.mark.parametrize(
    ("opening", "closing", "start", "hours", "due"),
    [
        # Berlin, 2025-03-30: 01:00 UTC is 02:00, which becomes 03:00.
        (0, 480, "2025-03-29 23:00", 7, "2025-03-30 06:00"),  # 00:00 to 08:00 are seven hours
        (0, 480, "2025-03-29 23:00", 8, "2025-04-05 23:00"),  # the eighth is next Sunday's first
        (150, 300, "2025-03-29 12:00", 0, "2025-03-30 01:00"),  # 02:30 never comes: opens when the gap ends
        (150, 300, "2025-03-29 12:00", 2, "2025-03-30 03:00"),  # and 05:00 is two hours later
        (60, 150, "2025-03-29 12:00", 1, "2025-03-30 01:00"),  # 01:00 to 02:30: closes when the gap begins
        (60, 150, "2025-03-29 12:00", 2, "2025-04-06 00:00"),
        (120, 180, "2025-03-29 12:00", 1, "2025-04-06 01:00"),  # hours that lie in the gap alone do not happen
        # Berlin, 2025-10-26: 01:00 UTC is 03:00, which becomes 02:00.
        (0, 480, "2025-10-25 22:00", 9, "2025-10-26 07:00"),  # 00:00 to 08:00 are nine hours
        (0, 480, "2025-10-25 22:00", 4, "2025-10-26 02:00"),
        (0, 150, "2025-10-25 12:00", 3.5, "2025-10-26 01:30"),  # closes when the clock shows 02:30 for the second time
        (150, 300, "2025-10-25 12:00", 0, "2025-10-26 00:30"),  # opens when it shows 02:30 for the first time
        (150, 300, "2025-10-25 12:00", 3.5, "2025-10-26 04:00"),
    ],
)
def test_clocks_that_change_inside_working_hours(opening, closing, start, hours, due):
    assert due_at(at(start), hours, sundays("Europe/Berlin", opening, closing)) == at(due)


def test_spans_that_meet_in_the_doubled_hour_count_it_once():
    split = WorkingCalendar("Europe/Berlin", ((),) * 6 + (((0, 150), (150, 480)),))
    assert due_at(at("2025-10-25 22:00"), 9, split) == at("2025-10-26 07:00")


@settings(max_examples=40, deadline=None)
@given(st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 12, 31)), st.integers(0, 200))
def test_round_the_clock_hours_are_hours(start, hours):
    start = start.replace(microsecond=0)
    assert due_at(start, hours, ALWAYS) == start + dt.timedelta(hours=hours)
    assert due_at(start, hours, WorkingCalendar("America/New_York", ALWAYS.week)) == start + dt.timedelta(hours=hours)


def test_holidays_by_date_and_by_list(policy):
    calendars = policy.routing.calendars.model_dump()
    calendars["named"] |= {
        "london": {**calendars["named"]["default"], "timezone": "Europe/London", "holidays": ["england_and_wales"]},
        "york": {**calendars["named"]["default"], "timezone": "America/New_York", "holidays": ["us_federal", "2026-07-06"]},
    }
    calendars["team"] = {"sales": "london", "account_executive": "york"}
    made = Calendars.model_validate(calendars)
    london, york = made.of_team("sales", "UTC"), made.of_team("account_executive", "UTC")
    assert due_at(at("2025-12-24 15:00"), 4, london) == at("2025-12-29 11:00")  # Christmas, Boxing Day, weekend
    assert due_at(at("2026-07-02 20:00"), 2, york) == at("2026-07-07 14:00")  # the 4th is a Saturday: Friday off; Monday by date
    assert due_at(at("2025-03-10 12:00"), 1, made.of_team("cs_expansion", "Asia/Tokyo")) == at("2025-03-11 01:00")  # default


def test_the_packaged_lists_are_the_published_holidays(policy):
    lists = policy.routing.calendars.holiday_lists

    def of(name, year):
        return " ".join(f"{day:%m-%d}" for day in sorted(holidays_of(lists[name], range(year - 1, year + 2))) if day.year == year)

    assert of("us_federal", 2025) == "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25"
    assert of("us_federal", 2021) == "01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31"
    assert of("england_and_wales", 2025) == "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"
    assert of("england_and_wales", 2021) == "01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28"
    assert of("england_and_wales", 2022) == "01-01 01-03 04-15 04-18 05-02 05-30 08-29 12-25 12-26 12-27"
    assert of("germany", 2025) == "01-01 04-18 04-21 05-01 05-29 06-09 10-03 12-25 12-26"


def test_easter_over_the_centuries():
    known = {1818: "03-22", 1943: "04-25", 1961: "04-02", 2000: "04-23", 2024: "03-31", 2038: "04-25", 2285: "03-22"}
    assert {year: f"{easter_sunday(year):%m-%d}" for year in known} == known


def minute_by_minute(start, hours, calendar):
    """What a patient person would count with a clock in the team's zone: the oracle."""
    zone, left, now = ZoneInfo(calendar.timezone), round(hours * 60), start
    while True:
        local = now.replace(tzinfo=dt.UTC).astimezone(zone)
        minute = local.hour * 60 + local.minute
        works = local.date() not in calendar.holidays
        works &= any(first <= minute < last for first, last in calendar.week[local.weekday()])
        if works and left == 0:
            return now
        if works:
            left -= 1
            if left == 0:
                return now + dt.timedelta(minutes=1)
        now += dt.timedelta(minutes=1)


CALENDARS = st.builds(
    lambda zone, nights, free: WorkingCalendar(zone, (OFFICE,) * 5 + (((0, nights),), ((0, nights),)), frozenset(free)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Etc/GMT+12", "Pacific/Kiritimati"]),
    st.sampled_from([300, 480]), st.sets(st.dates(dt.date(2025, 3, 25), dt.date(2025, 4, 10)), max_size=3),
)  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(2025, 3, 24), dt.datetime(2025, 4, 9)) | st.datetimes(
    dt.datetime(2025, 10, 22), dt.datetime(2025, 11, 4)
)


@settings(max_examples=25, deadline=None)
@given(CALENDARS, MOMENTS, st.integers(0, 72))
def test_due_times_are_what_counting_minutes_gives(calendar, start, quarters):
    start = start.replace(second=0, microsecond=0)
    assert due_at(start, quarters / 4, calendar) == minute_by_minute(start, quarters / 4, calendar)


@settings(max_examples=30, deadline=None)
@given(CALENDARS, st.lists(st.tuples(MOMENTS, st.floats(0.01, 60)), min_size=1, max_size=8), st.floats(0.01, 30))
def test_due_times_add_up_keep_order_and_are_the_same_for_one_and_for_many(calendar, leads, more):
    starts = np.array([start for start, _ in leads], dtype="datetime64[us]")
    hours = np.array([float(h) for _, h in leads])
    together = due_times(starts, hours, calendar)
    assert [due_at(start, h, calendar) for start, h in leads] == together.tolist()
    assert (together > starts).all() and (due_times(starts, hours + more, calendar) > together).all()
    later = due_times(starts + np.timedelta64(3, "h"), hours, calendar)
    assert (later >= together).all()
    in_two = due_times(together, np.full(len(leads), more), calendar)
    slack = np.abs((in_two - due_times(starts, hours + more, calendar)).astype(int))
    assert (slack <= 1).all()  # microseconds


def test_unknown_hours_give_no_time_and_bad_ones_are_refused():
    start = np.array(["2025-03-10T10:00", "2025-03-10T10:00"], dtype="datetime64[us]")
    due = due_times(start, np.array([np.nan, 1.0]), office())
    assert np.isnat(due[0]) and due[1] == np.datetime64("2025-03-10T11:00")
    assert np.isnat(due_times(start, np.array([np.nan, np.nan]), office())).all()
    with pytest.raises(ValueError, match="an SLA of -1 hours is negative"):
        due_at(at("2025-03-10 10:00"), -1, office())
    with pytest.raises(ValueError, match="too little working time after"):
        due_at(at("2025-03-10 10:00"), 1, WorkingCalendar("UTC", ((),) * 7))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hours": {"monday": "9-17"}}, "write them like 09:00-17:00"),
        ({"hours": {"monday": "09:00-25:00"}}, "write times from 00:00 to 24:00"),
        ({"hours": {"monday": "22:00-06:00"}}, "split hours past midnight"),
        ({"hours": {"monday": ["09:00-13:00", "12:00-17:00"]}}, "two spans overlap"),
        ({"hours": {"monday": []}}, "nobody ever works in this calendar"),
        ({"timezone": "Europe/Berln", "hours": {"monday": "09:00-17:00"}}, "Berln"),
        ({"hours": {"monday": "09:00-17:00"}, "holidays": ["us_federl"]}, "did you mean 'us_federal'"),
    ],
)
def test_a_calendar_that_cannot_be_followed_is_refused_with_the_remedy(policy, change, said):
    calendars = policy.routing.calendars.model_dump()
    calendars["named"]["default"] = change
    with pytest.raises(ValidationError, match=said):
        Calendars.model_validate(calendars)


def test_calendars_and_teams_must_exist(policy):
    calendars = policy.routing.calendars.model_dump()
    with pytest.raises(ValidationError, match="no calendar 'default'"):
        Calendars.model_validate({**calendars, "named": {"always": calendars["named"]["always"]}})
    with pytest.raises(ValidationError, match="did you mean 'always'"):
        Calendars.model_validate({**calendars, "team": {"sales": "alway"}})
    routing = policy.routing.model_dump()
    routing["calendars"]["team"] = {"inside_sale": "always"}
    with pytest.raises(ValidationError, match="did you mean 'inside_sales'"):
        type(policy.routing).model_validate(routing)


@pytest.mark.parametrize(
    "rule", [{"month": 1}, {"month": 2, "day": 30}, {"easter": 1, "month": 3, "day": 1}, {"easter": 1, "observed": "next"}]
)
def test_a_holiday_rule_says_one_thing(rule):
    with pytest.raises(ValidationError, match="holiday 'x'"):
        HolidayRule(name="x", **rule)
