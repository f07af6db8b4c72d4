"""Working time: when an SLA of so many working hours ends in a team's calendar.

What a calendar may be configured to is in `calendars.py`; who has to be contacted by when is decided by the SQL of decisions.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from plg_orchestration.pql.routing.holidays import HolidayRule, holidays_of

Instants = npt.NDArray[np.datetime64]
Hours = npt.NDArray[np.float64]
Minutes = tuple[int, int]
HOUR_US = 3_600_000_000
LONGEST_DAYS = 20_000
"""So many days are looked through for working time before a calendar is taken for one without any."""
EPOCH = dt.datetime(1970, 1, 1)


@dataclass(frozen=True)
class WorkingCalendar:
    """When a team works, by local clock time in `timezone` (an IANA name).

    `week` holds for Monday to Sunday the spans [opening, closing) in minutes after midnight, in order, 1440 being the day's end;
    nobody works on `holidays` and on days that `rules` make holidays.
    """

    timezone: str
    week: tuple[tuple[Minutes, ...], ...]
    holidays: frozenset[dt.date] = field(default_factory=frozenset[dt.date])
    rules: tuple[HolidayRule, ...] = ()


ALWAYS = WorkingCalendar("UTC", (((0, 1440),),) * 7)
"""Twenty-four hours on every day."""


def due_at(start: dt.datetime, hours: float, calendar: WorkingCalendar) -> dt.datetime:
    """When `hours` of working time have passed since `start`; both are naive UTC instants.

    The clock runs inside [opening, closing): a lead that arrives out of hours, or at closing time exactly, starts at the next
    opening; hours that are used up at closing time end then, not at the next opening; zero hours end at the first working
    instant. On days on which clocks are changed the time that really passes counts: a span of working hours with a gap in it is
    shorter, one with a fold longer, and an opening or closing inside a gap happens when the gap ends. ValueError when `hours` is
    negative or the calendar has no working time.
    """
    return due_times(np.array([start], dtype="datetime64[us]"), np.array([hours], dtype=np.float64), calendar)[0].item()


def due_times(starts: Instants, hours: Hours, calendar: WorkingCalendar) -> Instants:
    """`due_at` of many at once: naive UTC instants and hours in, instants out; not-a-number hours give not-a-time."""
    begun = np.asarray(starts, dtype="datetime64[us]").astype(np.int64)
    known = ~np.isnan(hours)
    due = np.full(len(begun), np.datetime64("NaT", "us"))
    if not known.any():
        return due
    begun, needed = begun[known], np.rint(np.asarray(hours, dtype=np.float64)[known] * HOUR_US).astype(np.int64)
    if (needed < 0).any():
        raise ValueError(f"an SLA of {needed.min() / HOUR_US:g} hours is negative; give zero hours or more")
    first = _day_of(int(begun.min())) - dt.timedelta(days=2)
    days = (_day_of(int(begun.max())) - first).days + 14
    while True:
        opens, closes = _working_spans(calendar, first, days)
        ends = np.cumsum(closes - opens)
        here = np.searchsorted(closes, begun, side="right")
        if len(closes) and here.max() < len(closes):
            before = ends - (closes - opens)
            target = before[here] + np.maximum(begun - opens[here], 0) + needed
            if target.max() <= ends[-1]:
                break
        if days > LONGEST_DAYS:
            raise ValueError(f"a calendar in {calendar.timezone} has too little working time after {first}; give it more hours")
        days *= 2
    there = np.maximum(np.searchsorted(ends, target, side="left"), here)
    due[known] = (opens[there] + target - before[there]).astype("datetime64[us]")
    return due


@lru_cache(maxsize=64)
def _working_spans(calendar: WorkingCalendar, first: dt.date, days: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Opening and closing instants (microseconds since 1970, UTC) of `days` local days, in order, not overlapping."""
    zone = ZoneInfo(calendar.timezone)
    last = first + dt.timedelta(days=days)
    free = calendar.holidays | holidays_of(calendar.rules, range(first.year - 1, last.year + 2))
    opens: list[int] = []
    closes: list[int] = []
    for offset in range(days):
        date = first + dt.timedelta(days=offset)
        if date in free:
            continue
        for opening, closing in calendar.week[date.weekday()]:
            begin = max(_instant(date, opening, zone, last=False), closes[-1] if closes else -(2**62))
            end = _instant(date, closing, zone, last=True)
            if end > begin:
                opens.append(begin)
                closes.append(end)
    return np.array(opens, dtype=np.int64), np.array(closes, dtype=np.int64)


def _instant(date: dt.date, minutes: int, zone: ZoneInfo, *, last: bool) -> int:
    """When the local clock shows that time, the first or the `last` time where it does twice; the gap's end where it never is."""
    local = dt.datetime.combine(date, dt.time()) + dt.timedelta(minutes=minutes)
    early, late = (_offset(local, zone, fold) for fold in (0, 1))
    if late > early:
        return _microseconds(_transition(local - late, local - early, zone))
    return _microseconds(local - (late if last else early))


def _transition(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The second between two UTC instants at which the zone's offset changes."""
    old = _offset_then(before, zone)
    while after - before > dt.timedelta(seconds=1):
        middle = before + dt.timedelta(seconds=(after - before) // dt.timedelta(seconds=2))
        if _offset_then(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(local: dt.datetime, zone: ZoneInfo, fold: int) -> dt.timedelta:
    return local.replace(tzinfo=zone, fold=fold).utcoffset() or dt.timedelta()


def _offset_then(instant: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    return instant.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset() or dt.timedelta()


def _microseconds(instant: dt.datetime) -> int:
    return (instant - EPOCH) // dt.timedelta(microseconds=1)


def _day_of(microseconds: int) -> dt.date:
    return (EPOCH + dt.timedelta(microseconds=microseconds)).date()
