"""Public holidays as rules: a fixed date, the n-th weekday of a month, or days from Easter Sunday.

Which rules a team's calendar follows is configuration (`calendars.py`); working time is in `due.py`.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from plg_orchestration.config.section import Section

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SATURDAY, SUNDAY = 5, 6
LEAP_YEAR = 2000


class HolidayRule(Section):
    """One holiday: `month` and `day`, or `month` with the `nth` `weekday` (-1: the last), or `easter` (days from Easter Sunday).

    `observed` says where a fixed date goes that falls on a weekend: `nearest` (Saturday to the Friday before, Sunday to the
    Monday after), `next` (the next weekday that is no holiday yet), or nowhere. `since` is the first year.
    """

    name: str
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    weekday: Weekday | None = None
    nth: Literal[-1, 1, 2, 3, 4] | None = None
    easter: Annotated[int, Field(ge=-100, le=100)] | None = None
    observed: Literal["nearest", "next"] | None = None
    since: int | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        fixed, moving = (self.month, self.day), (self.month, self.weekday, self.nth)
        kinds = [all(v is not None for v in kind) for kind in (fixed, moving, (self.easter,))]
        given = sum(v is not None for v in (self.month, self.day, self.weekday, self.nth, self.easter))
        if kinds.count(True) != 1 or given != (2, 3, 1)[kinds.index(True)]:
            raise ValueError(f"holiday {self.name!r}: write month and day, or month, weekday and nth, or easter alone")
        if kinds[0] and not _exists(LEAP_YEAR, self.month, self.day):
            raise ValueError(f"holiday {self.name!r}: there is no day {self.day} in month {self.month}; correct one of them")
        if self.observed and not kinds[0]:
            raise ValueError(f"holiday {self.name!r}: only a fixed date can fall on a weekend; leave out observed")
        return self

    def date(self, year: int) -> dt.date | None:
        """The holiday's own date in `year`, before it is moved; None in years without it."""
        if self.since is not None and year < self.since:
            return None
        if self.easter is not None:
            return easter_sunday(year) + dt.timedelta(days=self.easter)
        month = self.month or 1
        if self.weekday is None or self.nth is None:
            return dt.date(year, month, self.day or 1) if _exists(year, month, self.day) else None
        if self.nth == -1:
            last = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
            return last - dt.timedelta(days=(last.weekday() - WEEKDAYS.index(self.weekday)) % 7)
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(WEEKDAYS.index(self.weekday) - first.weekday()) % 7 + 7 * (self.nth - 1))


def holidays_of(rules: Iterable[HolidayRule], years: Iterable[int]) -> frozenset[dt.date]:
    """Every date on which a rule makes a holiday in the years, the day on which it is observed included.

    >>> new_year = HolidayRule(name="new year", month=1, day=1, observed="nearest")
    >>> sorted(map(str, holidays_of([new_year], [2022])))
    ['2021-12-31', '2022-01-01']
    """
    found: set[dt.date] = set()
    for year in years:
        dated = [(date, rule) for rule in rules if (date := rule.date(year)) is not None]
        found |= {date for date, _ in dated}
        for date, rule in sorted(dated, key=lambda entry: entry[0]):
            if rule.observed is None or date.weekday() < SATURDAY:
                continue
            if rule.observed == "nearest":
                found.add(date + dt.timedelta(days=-1 if date.weekday() == SATURDAY else 1))
                continue
            moved = date
            while moved in found or moved.weekday() >= SATURDAY:
                moved += dt.timedelta(days=1)
            found.add(moved)
    return frozenset(found)


def easter_sunday(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms 1991, after Butcher 1876).

    >>> str(easter_sunday(2025))
    '2025-04-20'
    """
    golden, century, rest = year % 19, year // 100, year % 100
    moved = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - moved + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)


def _exists(year: int, month: int | None, day: int | None) -> bool:
    try:
        dt.date(year, month or 0, day or 0)
    except ValueError:
        return False
    return True
