"""Labels of a target: the population on a past day and what came of it."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_subscriptions
from plg_orchestration.pql.features.queries import features
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.targets.policy import Target
from plg_orchestration.warehouse import Query, sql_file


def paid_starts(*, as_of: AsOf) -> Query:
    """(payer_id, paid_at): every start of paying that was known on the day; the payer is the account, else the user."""
    return sql_file("pql/targets/paid_starts.sql", requires=(known_subscriptions(as_of),), **as_of.parameters())


def labels(*, as_of: AsOf, target: Target, policy: PqlPolicy) -> Query:
    """The target's population on `as_of`: the columns of `pql.features`, first_paid_at and label (NULL inside the gap).

    Reads the relation `paid_starts`, to be prepared before as known on a later day: the label is mature only when that day
    is `target.window_days` later or more.
    """
    gap = AsOf(as_of.date + dt.timedelta(days=target.gap_days), as_of.timezone)
    end = AsOf(as_of.date + dt.timedelta(days=target.window_days), as_of.timezone)
    required = (features(as_of=as_of, policy=policy),)
    return sql_file("pql/targets/labels.sql", requires=required, label_from=gap.cut, label_to=end.cut, cut=as_of.cut)
