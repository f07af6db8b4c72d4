"""Which periods KPIs are computed for: the newest complete days, weeks, months and quarters, as many as are asked for.

What is counted in them belongs to `populations.py` and the registry.
"""

import datetime as dt
from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file


@dataclass(frozen=True)
class Back:
    """How many of the newest complete days, weeks, months and quarters a history holds."""

    days: int = 35
    weeks: int = 8
    months: int = 3
    quarters: int = 2

    def __post_init__(self) -> None:
        """Refuse what leaves out a newest period; ValueError names it."""
        for name, count in vars(self).items():
            if count < 1:
                raise ValueError(f"back: {name}: {count} leaves out the newest complete one; give 1 or more")


NEWEST = Back(1, 1, 1, 1)
HISTORY = Back()
CLOSING = Back(1, 3, 5, 2)
"""How many it takes to reach one whose windows are all over: 14 days for a week, 90 for a month, 30 for a quarter."""
REACH_DAYS = 30
"""How many days before a period its KPIs look back at activity: the month of monthly active users."""


def kpi_periods(*, as_of: AsOf, back: Back = HISTORY) -> Query:
    """The newest complete days, weeks, months and quarters, and older ones whose windows close late.

    Columns: period, back, period_start, period_end, newer_end, year_before, in_history.
    """
    next_day = as_of.date + dt.timedelta(days=1)
    counts = vars(back) | {f"closing_{name}": count for name, count in vars(CLOSING).items()}
    month = _month(next_day)
    ends = {"next_day": next_day, "monday": _monday(next_day), "month_number": month, "quarter_number": month - month % 3}
    return sql_file("kpis/kpi_periods.sql", requires=(), **as_of.parameters(), **counts, **ends)


def oldest_day(*, as_of: AsOf, back: Back = HISTORY) -> dt.date:
    """The first day whose activity matters for any of the periods."""
    next_day = as_of.date + dt.timedelta(days=1)
    most = {name: max(count, getattr(CLOSING, name)) for name, count in vars(back).items()}
    month = _month(next_day)
    first = min(month - most["months"], month - month % 3 - 3 * most["quarters"])
    starts = (
        next_day - dt.timedelta(days=most["days"]), _monday(next_day) - dt.timedelta(weeks=most["weeks"]),
        dt.date(first // 12, first % 12 + 1, 1),
    )  # fmt: skip
    return min(starts) - dt.timedelta(days=REACH_DAYS)


def _monday(date: dt.date) -> dt.date:
    return date - dt.timedelta(days=date.weekday())


def _month(date: dt.date) -> int:
    return date.year * 12 + date.month - 1
