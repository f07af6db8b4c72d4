"""The cohorts stage's published tables as queries, each over a bounded window of roll-ups, as known at `as_of`.

Calls on plain tables, without a warehouse, stand in `calls.py`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from plg_orchestration.clock import AsOf, midnight
from plg_orchestration.ingest.known import known_accounts, known_invites, known_subscriptions, known_users
from plg_orchestration.warehouse import Query, sql_file

FIRST_MONDAY = dt.date(1900, 1, 1)
"""Day 0 and week 0 of the period numbers; months are counted as year × 12 + month − 1."""


@dataclass(frozen=True)
class Span:
    """How much of a retention table is kept: the newest `cohorts` cohorts, each with the intervals 0 to `periods`."""

    cohorts: int
    periods: int


SPANS: Mapping[str, Span] = MappingProxyType({"day": Span(60, 30), "week": Span(26, 12), "month": Span(12, 6)})
SIGNUP_WEEKS = 26
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


def signups(*, as_of: AsOf) -> Query:
    """Every user and account that had signed up: unit, unit_id, account_id, signup_at, signup_date (local) and attributes.

    A user's segment is the account's; an account without a signup of its own has its first member's, and without any member
    it has none and is left out.
    """
    return sql_file("cohorts/signups.sql", requires=(known_users(as_of), known_accounts(as_of)), **as_of.parameters())


def signup_cohorts(*, as_of: AsOf, weeks: int = SIGNUP_WEEKS) -> Query:
    """Rows of `cohorts.signup_cohorts`: the last `weeks` ISO weeks of signups and their mature outcomes.

    The first paid day is that of the first subscription with a price that is no trial; when no subscription is known at all,
    it is the first event of the role plan_upgraded, the user's own or the account's.
    """
    requires = (signups(as_of=as_of), known_subscriptions(as_of))
    return sql_file("cohorts/signup_cohorts.sql", requires=requires, weeks=weeks, **as_of.parameters())


def retention(*, as_of: AsOf, spans: Mapping[str, Span] = SPANS) -> Query:
    """Rows of `cohorts.retention` for users and accounts, both entries, both modes and the three periods.

    An active period is one with a qualifying event. Intervals that have not begun have no row; the running one has
    `mature` false and no rate. ValueError when a span keeps more cohorts than a 64-bit mask of activity holds.
    """
    for period, span in spans.items():
        if not 0 < span.cohorts <= MASK_BITS:
            raise ValueError(f"spans: {period}: {span.cohorts} cohorts; keep 1 to {MASK_BITS}")
    parameters = as_of.parameters() | frame_parameters(as_of.date, spans) | {"first_date": first_date(as_of.date, spans)}
    units = sql_file("cohorts/active_units.sql", requires=(), **parameters)
    active = sql_file("cohorts/active_periods.sql", requires=(units,), **parameters)
    entered = sql_file("cohorts/entry_periods.sql", requires=(signups(as_of=as_of), units, active), **parameters)
    return sql_file("cohorts/retention.sql", requires=(active, entered), **parameters)


def viral(*, as_of: AsOf, window_days: int = 30, wait_days: int = 14) -> Query:
    """Rows of `cohorts.viral`: k in three forms over the invites of `window_days` days that ended `wait_days` days ago.

    An invite has `wait_days` days to bring an activated user, so that no open window counts as a failure. The adjusted form's
    factor covers the referred users whose day 30 fell in the last `window_days` days.
    """
    sent_to = midnight(as_of.date + dt.timedelta(days=1 - wait_days), as_of.timezone)
    sent_from = midnight(as_of.date + dt.timedelta(days=1 - wait_days - window_days), as_of.timezone)
    window: dict[str, object] = {
        "window_days": window_days, "wait_days": wait_days, "sent_from": sent_from, "sent_to": sent_to,
    }  # fmt: skip
    parameters = as_of.parameters() | window
    members = sql_file("cohorts/viral_members.sql", requires=(known_users(as_of), known_invites(as_of)), **parameters)
    return sql_file("cohorts/viral.sql", requires=(members,), **parameters)
