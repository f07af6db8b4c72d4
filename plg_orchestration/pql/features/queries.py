"""The query behind `pql.features`: everything about every user as known on a day."""

import datetime as dt

from plg_orchestration.behavior.queries import activity
from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import (
    known_accounts,
    known_crm_outcomes,
    known_invites,
    known_subscriptions,
    known_tickets,
    known_users,
)
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, sql_file

EPOCH = dt.datetime(1970, 1, 1)


def features(*, as_of: AsOf, policy: PqlPolicy, stored: bool = False) -> Query:
    """Rows of `pql.features`: every user who signed up before the cut, as known by then; the same for training and tonight.

    `stored`: the day's rows of `behavior.activity` are published and read; otherwise they are computed, with the same values.
    """
    parameters: dict[str, object] = {**as_of.parameters(), "lookback_days": policy.lookback_days, "epoch": EPOCH}
    people = sql_file("pql/features/people.sql", requires=(known_users(as_of), known_accounts(as_of)), **parameters)
    lives = activity(as_of=as_of, stored=stored, units="user")
    acts = sql_file("pql/features/user_activity.sql", requires=(people, lives), **parameters)
    reached = sql_file("pql/features/reached.sql", requires=(), **parameters)
    paying = (people, reached, known_subscriptions(as_of), known_crm_outcomes(as_of))
    payers = sql_file("pql/features/payers.sql", requires=paying, **parameters)
    usage = sql_file("pql/features/account_usage.sql", requires=(known_tickets(as_of),), **parameters)
    asked = (known_invites(as_of), known_tickets(as_of))
    return sql_file("pql/features/features.sql", requires=(people, acts, reached, payers, usage, *asked), **parameters)
