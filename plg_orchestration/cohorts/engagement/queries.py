"""Who came back, how often, and who is new or lost, over a bounded window, as known at `as_of`.

Everything but rolling retention is read from the masks of `behavior.activity`, so that a night costs what its units cost and
not what their history costs. Calls on plain tables, without a warehouse, stand in `calls.py`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from plg_orchestration.behavior.queries import activity
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
ROLLING = Span(8, 30)
"""Rolling retention: the newest 8 ISO weeks of signups, each with the 24-hour days 0 to 30."""
STATUS_PERIODS: Mapping[str, int] = MappingProxyType({"day": 30, "week": 26, "month": 12})
"""How many days, weeks and months a night's lifecycle looks back, the running one included."""
STICKINESS_WEEKS = 8
MASK_BITS = 63
"""How many periods a mask of `behavior.activity` holds."""
HOURS = {"day": 24, "week": 168}
"""The length of a rolling interval; a month has no fixed number of hours."""


def running(date: dt.date) -> dict[str, object]:
    """The numbers of the day and the month of `date`, and of the last month that is over by the end of `date`."""
    next_day = date + dt.timedelta(days=1)
    return {
        "day_number": (date - FIRST_MONDAY).days,
        "month_number": month_number(date),
        "complete_month_number": month_number(next_day) - 1,
    }


def frame_parameters(date: dt.date, spans: Mapping[str, Span]) -> dict[str, object]:
    """The parameters of `calendar_retention.sql` as of `date`: the running periods' numbers and each period's span."""
    parameters = running(date) | {"longest": max(span.periods for span in spans.values())}
    for period, span in spans.items():
        parameters |= {f"{period}_cohorts": span.cohorts, f"{period}_periods": span.periods}
    return parameters


def month_number(date: dt.date) -> int:
    """The month of `date` as one number: year × 12 + month − 1."""
    return date.year * 12 + date.month - 1


def period_number(period: str, date: dt.date) -> int:
    """The number of the day, week or month in which `date` lies."""
    days = (date - FIRST_MONDAY).days
    return {"day": days, "week": days // 7, "month": month_number(date)}[period]


def first_date(date: dt.date, spans: Mapping[str, Span]) -> dt.date:
    """The first day of the earliest cohort that is kept as of `date`."""
    month = month_number(date) - spans["month"].cohorts + 1
    monday = date - dt.timedelta(days=date.weekday())
    return min(
        date - dt.timedelta(days=spans["day"].cohorts - 1),
        monday - dt.timedelta(weeks=spans["week"].cohorts - 1),
        dt.date(month // 12, month % 12 + 1, 1),
    )


def retention(*, as_of: AsOf, spans: Mapping[str, Span] = SPANS, rolling: Span = ROLLING, stored: bool = False) -> Query:
    """Rows of `cohorts.retention` for users and accounts, both modes and both clocks.

    By the calendar: both entries and the three periods. An active period is one with a qualifying event; intervals that have
    not begun have no row, and the running one has `mature` false and no rate. By rolling 24-hour days: see
    `rolling_retention`. `stored` reads the published masks of activity. ValueError when a span keeps more cohorts than a mask
    holds.
    """
    joined = signups(as_of=as_of)
    by_calendar = calendar_retention(as_of=as_of, joined=joined, spans=spans, stored=stored)
    by_hours = rolling_retention(as_of=as_of, joined=joined, span=rolling)
    return sql_file("cohorts/engagement/retention.sql", requires=(by_calendar, by_hours))


def calendar_retention(*, as_of: AsOf, joined: Query, spans: Mapping[str, Span], stored: bool) -> Query:
    """Retention by calendar periods of the workspace's time zone, of the signups `joined` and of every active period."""
    for period, span in spans.items():
        if not 0 < span.cohorts < MASK_BITS:
            raise ValueError(f"spans: {period}: {span.cohorts} cohorts; keep 1 to {MASK_BITS - 1}")
    parameters = as_of.parameters() | frame_parameters(as_of.date, spans) | {"first_date": first_date(as_of.date, spans)}
    masks = activity(as_of=as_of, stored=stored)
    entries = sql_file("cohorts/engagement/calendar_entries.sql", requires=(joined, masks), **parameters)
    counts = sql_file("cohorts/engagement/retention_counts.sql", requires=(entries,), **parameters)
    return sql_file("cohorts/engagement/calendar_retention.sql", requires=(counts,), **parameters)


def rolling_retention(*, as_of: AsOf, joined: Query, span: Span) -> Query:
    """Retention by 24-hour days from each unit's own signup, for the newest `span.cohorts` ISO weeks of signups.

    Interval n of a unit is [signup + n × 24 h, signup + (n + 1) × 24 h); only members whose interval is over count. What was
    active in it is told by each local day's first and last qualifying event, which is exact for days of up to 24 hours. The
    one day of 25 hours in a year may hold a whole interval between the two: whoever was active in its first and in its last
    hour counts as active in the interval between only when another row of that day shows it.
    """
    monday = as_of.date - dt.timedelta(days=as_of.date.weekday())
    parameters = as_of.parameters() | step_parameters("day", span.periods)
    parameters |= {"first_date": monday - dt.timedelta(weeks=span.cohorts - 1)}
    members = sql_file("cohorts/engagement/rolling_members.sql", requires=(joined,), **parameters)
    active = sql_file("cohorts/engagement/rolling_activity.sql", requires=(members,), **parameters)
    return sql_file("cohorts/engagement/rolling_retention.sql", requires=(members, active), **parameters)


def step_parameters(period: str, periods: int) -> dict[str, object]:
    """The parameters of `rolling_retention.sql`: intervals of a day's or a week's length, and the last one's index."""
    return {"period": period, "periods": periods, "step_microseconds": HOURS[period] * 3_600_000_000}


def lifecycle(*, as_of: AsOf, periods: Mapping[str, int] = STATUS_PERIODS, stored: bool = False) -> Query:
    """Rows of `cohorts.lifecycle` for users and accounts: the newest days, weeks and months, the running ones marked.

    `periods` says how many of each; a unit kind begins with the period of its first activity. `stored` reads the published
    masks of activity. ValueError when a period looks back farther than a mask holds.
    """
    for period, kept in periods.items():
        if not 0 < kept < MASK_BITS:
            raise ValueError(f"periods: {period}: {kept} of them; look back over 1 to {MASK_BITS - 1}")
    parameters = as_of.parameters() | status_parameters(as_of.date, periods, units=["user", "account"])
    masks = activity(as_of=as_of, stored=stored)
    changes = sql_file("cohorts/engagement/period_changes.sql", requires=(masks,), **parameters)
    return sql_file("cohorts/engagement/lifecycle.sql", requires=(changes,), **parameters)


def status_parameters(
    date: dt.date, periods: Mapping[str, int], *, units: list[str], first: int | None = None
) -> dict[str, object]:
    """The parameters of `lifecycle.sql`: how many days, weeks and months up to `date` it reports, and of which units.

    `first` is the number of the earliest period that it reports; None begins with the first activity.
    """
    kept = {f"{period}_periods": periods.get(period, 0) for period in STATUS_PERIODS}
    return running(date) | kept | {"longest": max(periods.values()), "units": units, "first_number": first}


def stickiness(*, as_of: AsOf, weeks: int = STICKINESS_WEEKS, stored: bool = False) -> Query:
    """Rows of `cohorts.stickiness` for users and accounts: active days of each of the last `weeks` complete ISO weeks, and
    active days and active weeks of the last complete month.

    `stored` reads the published masks of activity. ValueError when the weeks reach back farther than a mask holds.
    """
    most = (MASK_BITS - 6) // 7
    if not 0 < weeks <= most:
        raise ValueError(f"weeks: {weeks}; a mask of {MASK_BITS} days holds 1 to {most} complete weeks")
    parameters = as_of.parameters() | running(as_of.date) | {"weeks": weeks, "longest": 31}
    stretches = sql_file("cohorts/engagement/stretches.sql", requires=(), **parameters)
    masks = activity(as_of=as_of, stored=stored)
    counts = sql_file("cohorts/engagement/active_counts.sql", requires=(masks, stretches), **parameters)
    return sql_file("cohorts/engagement/stickiness.sql", requires=(stretches, counts), **parameters)
