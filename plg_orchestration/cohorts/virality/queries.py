"""How users bring users, over a bounded window of invites, as known at `as_of`.

Calls on plain tables, without a warehouse, stand in `calls.py`.
"""

import datetime as dt

from plg_orchestration.clock import AsOf, midnight
from plg_orchestration.ingest.known import known_invites, known_users
from plg_orchestration.warehouse import Query, sql_file


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
    members = sql_file("cohorts/virality/viral_members.sql", requires=(known_users(as_of), known_invites(as_of)), **parameters)
    return sql_file("cohorts/virality/viral.sql", requires=(members,), **parameters)
