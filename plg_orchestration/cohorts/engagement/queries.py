"""Who came back, over a bounded window of roll-ups, as known at `as_of`.

Calls on plain tables, without a warehouse, stand in `calls.py`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.warehouse import Query, sql_file

FIRST_MONDAY = dt.date(1900, 1, 1)
"""Day 0 and week 0 of the period numbers; months are counted as year × 12 + month − 1."""


@dataclass(frozen=True)
class Span:
    """How much of a retention table is kept: the newest `cohorts` cohorts, each with the intervals 0 to `periods`."""

    cohorts: int
    periods: int


SPANS: Mapping[str, Span] = MappingProxyType({"day": Span(60, 30), "week": Span(26, 12), "month": Span(12, 6)})
MASK_BITS = 62


def frame_parameters(date: dt.date, spans: Mapping[str, Span]) -> dict[str, object]:
    """The parameters of `retention.sql` as of `date`: the running periods' numbers and each period's span."""
    next_day = date + dt.timedelta(days=1)
    parameters: dict[str, object] = {
        "day_number": (date - FIRST_MONDAY).days,
        "month_number": month_number(date),
        "complete_month_number": month_number(next_day) - 1,
        "longest": max(span.periods for span in spans.values()),
    }
    for period, span in spans.items():
        parameters |= {f"{period}_cohorts": span.cohorts, f"{period}_periods": span.periods}
    return parameters


def month_number(date: dt.date) -> int:
    """The month of `date` as one number: year × 12 + month − 1."""
    return date.year * 12 + date.month - 1


def first_date(date: dt.date, spans: Mapping[str, Span]) -> dt.date:
    """The first day of the earliest cohort that is kept as of `date`."""
    month = month_number(date) - spans["month"].cohorts + 1
    monday = date - dt.timedelta(days=date.weekday())
    return min(
        date - dt.timedelta(days=spans["day"].cohorts - 1),
        monday - dt.timedelta(weeks=spans["week"].cohorts - 1),
        dt.date(month // 12, month % 12 + 1, 1),
    )


def retention(*, as_of: AsOf, spans: Mapping[str, Span] = SPANS) -> Query:
    """Rows of `cohorts.retention` for users and accounts, both entries, both modes and the three periods.

    An active period is one with a qualifying event. Intervals that have not begun have no row; the running one has
    `mature` false and no rate. ValueError when a span keeps more cohorts than a 64-bit mask of activity holds.
    """
    for period, span in spans.items():
        if not 0 < span.cohorts <= MASK_BITS:
            raise ValueError(f"spans: {period}: {span.cohorts} cohorts; keep 1 to {MASK_BITS}")
    parameters = as_of.parameters() | frame_parameters(as_of.date, spans) | {"first_date": first_date(as_of.date, spans)}
    units = sql_file("cohorts/engagement/active_units.sql", requires=(), **parameters)
    active = sql_file("cohorts/engagement/active_periods.sql", requires=(units,), **parameters)
    entered = sql_file("cohorts/engagement/entry_periods.sql", requires=(signups(as_of=as_of), units, active), **parameters)
    return sql_file("cohorts/engagement/retention.sql", requires=(active, entered), **parameters)
