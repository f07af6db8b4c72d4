"""The revenue stage's published tables as queries, as known at `as_of`.

Calls on plain tables, without a warehouse, stand in `calls.py`; both use the same SQL.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_subscriptions
from plg_orchestration.warehouse import Query, sql_file

GRAINS = ("day", "month")


def paid_periods(*, as_of: AsOf, subscriptions: Query | None = None) -> Query:
    """The half-open stretches of local days on which a subscription is paid for, known and begun by `as_of`.

    Gives account_id, subscription_id, mrr, currency (USD where the source states none), seats, started_date and ended_date
    (null while it runs). `subscriptions` replaces the warehouse's known subscriptions.
    """
    source = subscriptions or known_subscriptions(as_of)
    return sql_file("revenue/paid_periods.sql", requires=(source,), **as_of.parameters())


def mrr_daily(*, as_of: AsOf) -> Query:
    """Rows of `revenue.mrr_daily` for the day `as_of`: every paying account's MRR at the day's end."""
    return sql_file("revenue/mrr_daily.sql", requires=(paid_periods(as_of=as_of),), **as_of.parameters())


def mrr_movements(*, as_of: AsOf) -> Query:
    """Rows of `revenue.mrr_movements` for the day `as_of`: that day against the day before, both as known at `as_of`.

    A start, end or price that becomes known later than it took effect moves no stored row: neither the day that it belongs
    to, which was stored before, nor the day on which it became known. `revenue.mrr_movements` (the call) over the
    subscriptions as known at one day gives the whole history at once, and that reconciles with `mrr_daily` of that day.
    """
    return movements(paid_periods(as_of=as_of), as_of=as_of, first=as_of.date, grain="day")


def movements(paid: Query, *, as_of: AsOf, first: dt.date, grain: str) -> Query:
    """Movements over paid periods whose `grain` (day or month) begins in `first` … `as_of`; a month is named by its first day."""
    if grain not in GRAINS:
        raise ValueError(f"grain: {grain!r} is none of {', '.join(GRAINS)}")
    return sql_file("revenue/mrr_movements.sql", requires=(paid,), first_date=first, grain=grain, **as_of.parameters())
