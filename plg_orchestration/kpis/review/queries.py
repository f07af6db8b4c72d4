"""The weekly review as a query over the stored snapshot, as known at `as_of`.

The layers are configuration (`policy.py`); what the columns mean is in `tables.py`.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.ingest.known import known_accounts
from plg_orchestration.revenue.queries import booked_periods
from plg_orchestration.warehouse import Query, sql_file


def weekly_review(*, as_of: AsOf, currency: str | None = None) -> Query:
    """Rows of `kpis.weekly_review`: the seven layers and their metrics, read from the snapshot of `as_of` and of a week before.

    Reads kpis.snapshot and the earlier rows of kpis.weekly_review itself. `currency`: the reporting currency.
    """
    next_day = as_of.date + dt.timedelta(days=1)
    week_start = next_day - dt.timedelta(days=next_day.weekday() + 7)
    required = (known_accounts(as_of), signups(as_of=as_of), booked_periods(as_of=as_of, currency=currency))
    accounts = sql_file("kpis/review/affected_accounts.sql", requires=required, **as_of.parameters())
    metrics = sql_file("kpis/review/reviewed_metrics.sql", requires=(accounts,), **as_of.parameters())
    return sql_file("kpis/review/weekly_review.sql", requires=(metrics,), week_start=week_start, **as_of.parameters())
