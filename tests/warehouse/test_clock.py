"""A day of knowledge ends at midnight of the workspace's zone, wherever that is and whatever the clocks do that night."""

import datetime as dt

import pytest

from plg_orchestration.clock import AsOf, days_between, midnight


@pytest.mark.parametrize(
    ("zone", "date", "cut"),
    [
        ("UTC", dt.date(2025, 3, 1), dt.datetime(2025, 3, 2)),
        ("Etc/GMT+12", dt.date(2025, 3, 1), dt.datetime(2025, 3, 2, 12)),
        ("Pacific/Kiritimati", dt.date(2025, 3, 1), dt.datetime(2025, 3, 1, 10)),
        ("Europe/Berlin", dt.date(2025, 3, 30), dt.datetime(2025, 3, 30, 22)),
        ("Europe/Berlin", dt.date(2025, 10, 26), dt.datetime(2025, 10, 26, 23)),
    ],
)
def test_the_cut_is_the_local_end_of_the_day_in_utc(zone: str, date: dt.date, cut: dt.datetime):
    assert AsOf(date, zone).cut == cut


def test_the_night_of_the_clock_change_has_23_or_25_hours():
    spring, autumn = AsOf(dt.date(2025, 3, 30), "Europe/Berlin"), AsOf(dt.date(2025, 10, 26), "Europe/Berlin")
    assert spring.cut - spring.start == dt.timedelta(hours=23)
    assert autumn.cut - autumn.start == dt.timedelta(hours=25)


def test_days_are_both_ends_included_and_none_when_reversed():
    first = dt.date(2025, 2, 27)
    assert list(days_between(first, first + dt.timedelta(days=2)))[-1] == dt.date(2025, 3, 1)
    assert list(days_between(first, first - dt.timedelta(days=1))) == []
    assert midnight(first, "UTC") == dt.datetime(2025, 2, 27)
