"""The behavior stage's published tables as queries: what became known on one day, and nothing that was known before.

Each reads the events received on the day of `as_of` only, so a night costs what its own events cost. Reading windows of
these roll-ups belongs to the stages that follow.
"""

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_users
from plg_orchestration.warehouse import Query, sql_file


def resolved_events(*, as_of: AsOf) -> Query:
    """The activity received on the day, with the user and the account that it counts for as known at the day's end.

    Columns: received_date, event_date (local), user_id, account_id, event, event_at (UTC), session_id. An anonymous event
    counts for the user to whom its id was linked by then; activity of nobody known is left out.
    """
    return sql_file("behavior/resolved_events.sql", requires=(known_users(as_of),), **as_of.parameters())


def user_days(*, as_of: AsOf) -> Query:
    """Rows of `behavior.user_days` that became known on the day: counts per event date, user and account."""
    return sql_file("behavior/user_days.sql", requires=(resolved_events(as_of=as_of),), **as_of.parameters())


def user_features(*, as_of: AsOf) -> Query:
    """Rows of `behavior.user_features` that became known on the day: uses per event date, user, account and core feature."""
    return sql_file("behavior/user_features.sql", requires=(resolved_events(as_of=as_of),), **as_of.parameters())


def milestones(*, as_of: AsOf) -> Query:
    """Rows of `behavior.milestones` that became known on the day: first time and count per unit, role and item."""
    return sql_file("behavior/milestones.sql", requires=(resolved_events(as_of=as_of),), **as_of.parameters())
