"""The behavior stage's published tables as queries: what became known on a received day, and nothing that was known before.

Each reads the events received from `first` (by default the day of `as_of` alone) to `as_of`, so a night costs what its own
events cost, and a range in one query gives the rows that its days would give one by one. Reading windows of these roll-ups
belongs to the stages that follow.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file


def resolved_events(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """The activity received from `first` to `as_of`, with the user and the account that it counts for.

    Columns: received_date, event_date (local), user_id, account_id, event, event_at (UTC), session_id. An anonymous event
    counts for the user to whom its id had been linked by the end of its received day, an event without an account for the
    user's account as known by then; activity of nobody known is left out.
    """
    return rollup("resolved_events", as_of, first)


def user_days(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.user_days`: counts per received day, event date, user and account.

    An event that the mapping gives several core features counts for the first of them by name.
    """
    return rollup("user_days", as_of, first, resolved_events(as_of=as_of, first=first))


def user_features(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.user_features`: uses per received day, event date, user, account and core feature."""
    return rollup("user_features", as_of, first, resolved_events(as_of=as_of, first=first))


def milestones(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.milestones`: first time and count per received day, unit, role and item."""
    return rollup("milestones", as_of, first, resolved_events(as_of=as_of, first=first))


def rollup(name: str, as_of: AsOf, first: dt.date | None, *requires: Query) -> Query:
    """The query of `behavior/<name>.sql` over the received days from `first`, or that of `as_of` alone, to `as_of`."""
    first_day = as_of.date if first is None else first
    return sql_file(f"behavior/{name}.sql", requires=requires, first_day=first_day, **as_of.parameters())
