"""The revenue stage's published tables as queries, each day as known on that day.

Each gives the days from `first` (by default the day of `as_of` alone) to `as_of`, so that a history can be built in one
statement. Calls on plain tables, without a warehouse, stand in `calls.py`; both use the same SQL.
"""

import dataclasses
import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file

GRAINS = ("day", "month")
MONTHS = 13
"""How many months, the unfinished one included, `revenue.mrr_months` gives each night: a year and the month to compare with."""
RATE_DAYS = 31
"""How old an exchange rate may be on the day on which a price starts."""


def subscription_versions(*, as_of: AsOf) -> Query:
    """Every version of the subscriptions received by `as_of`, with the days on which it was the newest one known."""
    return sql_file("revenue/subscription_versions.sql", requires=(), **as_of.parameters())


def paid_periods(*, as_of: AsOf, versions: Query | None = None) -> Query:
    """The half-open stretches of local days on which a subscription is paid for, by each version of it known by `as_of`.

    Gives account_id, subscription_id, mrr, currency (USD where the source states none), seats, started_date, ended_date, the
    days [known_from, known_to) on which the version was the newest one, [since, until), where both hold, and started_at (UTC).
    Open ends are 9999-12-31; what is known at `as_of` are the rows whose known_to is after it. `versions` replaces the
    warehouse's.
    """
    source = versions or subscription_versions(as_of=as_of)
    return sql_file("revenue/paid_periods.sql", requires=(source,), **as_of.parameters())


def booked_periods(
    *, as_of: AsOf, currency: str | None = None, versions: Query | None = None, rates: Query | None = None
) -> Query:
    """Paid periods in the reporting currency, by the columns of `paid_periods`; without `currency` each in its own.

    A price is converted once, at the rate (units of `currency` for one of the price's) of the day on which it starts, else of
    the newest day within `RATE_DAYS` before: constant currency, so that a rate which moves makes no movement. Without any such
    rate it stays in its own currency. `rates` replaces the warehouse's.
    """
    paid = paid_periods(as_of=as_of, versions=versions)
    if currency is None:
        return dataclasses.replace(paid, name="booked_periods")
    known = rates or sql_file("revenue/exchange_rate_versions.sql", requires=(), **as_of.parameters())
    return sql_file(
        "revenue/booked_periods.sql", requires=(paid, known), currency=currency, rate_days=RATE_DAYS, **as_of.parameters()
    )


def mrr_daily(*, as_of: AsOf, first: dt.date | None = None, currency: str | None = None) -> Query:
    """Rows of `revenue.mrr_daily`: every paying account's MRR at the end of each day, as known that day.

    `currency`, here and below: the reporting currency; without it every price stays in its own.
    """
    requires = (booked_periods(as_of=as_of, currency=currency),)
    return sql_file("revenue/mrr_daily.sql", requires=requires, first_day=first or as_of.date, **as_of.parameters())


def mrr_movements(*, as_of: AsOf, first: dt.date | None = None, currency: str | None = None) -> Query:
    """Rows of `revenue.mrr_movements`: each day against the day before, both as known at the later one.

    A start, end or price that becomes known later than it took effect moves no stored row: neither the day that it belongs
    to, which was stored before, nor the day on which it became known. `revenue.mrr_movements` (the call) over the
    subscriptions as known at one day gives the whole history at once, and that reconciles with `mrr_daily` of that day.
    """
    booked = booked_periods(as_of=as_of, currency=currency)
    return movements(booked, as_of=as_of, first=first or as_of.date, grain="day")


def mrr_months(*, as_of: AsOf, currency: str | None = None) -> Query:
    """Rows of `revenue.mrr_months`: the waterfall of the last `MONTHS` months, all as known at `as_of`.

    Opening + new + expansion + contraction + churn + reactivation = closing. An account's changes within a month count net, by
    the type that the whole month has (see the call `mrr_movements`): a stay within one month is no movement. What is learnt
    later, a refund or another end, changes the rows of later nights and no stored one; daily movements, each as known on its day,
    can therefore add up to another figure than a month known later.
    """
    first = dt.date((month := as_of.date.year * 12 + as_of.date.month - MONTHS) // 12, month % 12 + 1, 1)
    versions = dataclasses.replace(booked_periods(as_of=as_of, currency=currency), name="booked_versions")
    current = sql_file("revenue/current_periods.sql", requires=(versions,), **as_of.parameters())
    booked = dataclasses.replace(current, name="booked_periods")
    moved = movements(booked, as_of=as_of, first=first, grain="month")
    return sql_file("revenue/mrr_months.sql", requires=(booked, moved), first_day=first, **as_of.parameters())


def movements(booked: Query, *, as_of: AsOf, first: dt.date, grain: str) -> Query:
    """Movements over booked periods by `grain` (day or month) from the day `first` on; a month is named by its first day."""
    if grain not in GRAINS:
        raise ValueError(f"grain: {grain!r} is none of {', '.join(GRAINS)}")
    return sql_file("revenue/mrr_movements.sql", requires=(booked,), first_day=first, grain=grain, **as_of.parameters())


def mrr_reconciliation(*, as_of: AsOf, currency: str | None = None) -> Query:
    """Per account and currency of the day `as_of`: opening, moved, closing and difference, wherever one of them is not 0.

    Opening is the MRR of the day before as known now; moved and closing are read from the stored tables. The difference,
    opening + moved - closing, is 0 everywhere: that is what the tables promise.
    """
    requires = (booked_periods(as_of=as_of, currency=currency),)
    return sql_file("revenue/mrr_reconciliation.sql", requires=requires, **as_of.parameters())


def unclosed_months(*, as_of: AsOf) -> Query:
    """The stored months of the day `as_of` that do not add up, or whose running month does not close with the stored daily MRR.

    Gives month, currency, reached (opening + movements), closing and stored (the day's MRR of `revenue.mrr_daily`); no row is
    what the tables promise.
    """
    return sql_file("revenue/unclosed_months.sql", requires=(), **as_of.parameters())
