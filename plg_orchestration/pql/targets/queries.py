"""Labels of a target: the population on a past day and what came of it."""

import datetime as dt
from dataclasses import replace

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_objections, known_subscriptions
from plg_orchestration.pql.features.queries import features
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.targets.policy import Target
from plg_orchestration.revenue.queries import mrr_movements
from plg_orchestration.warehouse import Query, sql_file


def paid_starts(*, as_of: AsOf) -> Query:
    """(payer_id, paid_at): every start of paying that was known on the day; the payer is the account, else the user."""
    return sql_file("pql/targets/paid_starts.sql", requires=(known_subscriptions(as_of),), **as_of.parameters())


def outcomes(*, as_of: AsOf, target: Target) -> Query:
    """(payer_id, happened_at in UTC) as the relation `outcomes`: everything that counts for the target, as known on the day."""
    if target.outcome == "paid":
        made = sql_file("pql/targets/paid.sql", requires=(paid_starts(as_of=as_of),), **as_of.parameters())
    else:
        moved = (mrr_movements(as_of=as_of, first=dt.date(1970, 1, 1)),)
        made = sql_file("pql/targets/expansions.sql", requires=moved, **as_of.parameters())
    return replace(made, name="outcomes")


def population(*, as_of: AsOf, target: Target) -> Query:
    """(user_id, account_id): the target's population on the night of `as_of`, by the stored `pql.features`.

    Nobody who objects to being contacted on that night is in it.
    """
    text = "select user_id, account_id, is_paying, in_sales from pql.features where as_of = $as_of"
    return _population(Query("population_features", text, as_of.parameters()), target, as_of)


def _population(features_of_day: Query, target: Target, as_of: AsOf) -> Query:
    return sql_file("pql/targets/population.sql", requires=(features_of_day, objecting(as_of)), population=target.population)


def objecting(as_of: AsOf) -> Query:
    """(user_id, account_id): who objects to being contacted at the cut, as known by then; one of the two is null."""
    return sql_file("pql/targets/objecting.sql", requires=(known_objections(as_of),), **as_of.parameters())


def labels(*, as_of: AsOf, target: Target, policy: PqlPolicy) -> Query:
    """The target's population on `as_of`: the columns of `pql.features`, outcome_at and label (NULL inside the gap).

    Reads the relation `outcomes`, to be prepared before as known on a later day: the label is mature only when that day is
    `target.window_days` later or more.
    """
    gap = AsOf(as_of.date + dt.timedelta(days=target.gap_days), as_of.timezone)
    end = AsOf(as_of.date + dt.timedelta(days=target.window_days), as_of.timezone)
    everybody = features(as_of=as_of, policy=policy)
    flags = Query("population_features", "select user_id, account_id, is_paying, in_sales from features", {}, (everybody,))
    return sql_file(
        "pql/targets/labels.sql", requires=(everybody, _population(flags, target, as_of)), label_from=gap.cut, label_to=end.cut,
        cut=as_of.cut,
    )  # fmt: skip
