"""The queries behind the stage's tables: features as known on a day, points, the weighted formula, labels, decisions, queues.

What a trained model adds is computed in Python (`scoring.py`); these are SQL files and the parameters that they bind.
"""

import datetime as dt

from sqlglot import exp

from plg_orchestration.behavior.queries import activity
from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_accounts, known_crm_outcomes, known_invites, known_subscriptions, known_users
from plg_orchestration.pql.policy import PqlPolicy, Rules, Target
from plg_orchestration.pql.registry import MEASURES
from plg_orchestration.pql.versions import formula_version
from plg_orchestration.warehouse import Query, sql_file

EPOCH = dt.datetime(1970, 1, 1)


def features(*, as_of: AsOf, policy: PqlPolicy, stored: bool = False) -> Query:
    """Rows of `pql.features`: every user who signed up before the cut, as known by then; the same for training and tonight.

    `stored`: the day's rows of `behavior.activity` are published and read; otherwise they are computed, with the same values.
    """
    parameters: dict[str, object] = {**as_of.parameters(), "lookback_days": policy.lookback_days, "epoch": EPOCH}
    people = sql_file("pql/people.sql", requires=(known_users(as_of), known_accounts(as_of)), **parameters)
    lives = activity(as_of=as_of, stored=stored, units="user")
    acts = sql_file("pql/user_activity.sql", requires=(people, lives), **parameters)
    reached = sql_file("pql/reached.sql", requires=(), **parameters)
    paying = (people, reached, known_subscriptions(as_of), known_crm_outcomes(as_of))
    payers = sql_file("pql/payers.sql", requires=paying, **parameters)
    return sql_file("pql/features.sql", requires=(people, acts, reached, payers, known_invites(as_of)), **parameters)


def rule_scores(*, as_of: AsOf, policy: PqlPolicy) -> Query:
    """Rows of `pql.rule_scores` from `pql.features`: points, whether they make a lead, which criteria counted, and in words."""
    return rules_over(_stored_features(as_of), policy)


def weighted_scores(*, as_of: AsOf, policy: PqlPolicy) -> Query:
    """Rows of `pql.weighted_scores` from `pql.features`: the score, its six components and whether it makes a lead."""
    return weights_over(_stored_features(as_of), policy)


def decisions(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.decisions` from the day's champion, scores and features, and the decisions of the days before.

    Points route by bands, the weighted score and a model's percentile by the matrix. A share of accounts is held out, drawn per
    quarter by a salted hash. Days are to be built in ascending order, since a lead handed over lately is not handed over again.
    """
    holdout = policy.holdout
    limit = "g" if holdout.share >= 1 else format(int(holdout.share * 2**32), "08x")
    quarter = f"{as_of.date.year}-Q{(as_of.date.month + 2) // 3}"
    return sql_file(
        "pql/decisions.sql", requires=(known_crm_outcomes(as_of),), target=target, holdout_share=holdout.share,
        holdout_salt=holdout.salt, holdout_limit=limit, quarter=quarter, contacted_days=policy.suppression.contacted_days,
        rejected_from=as_of.minus(policy.suppression.rejected_days).cut, **as_of.parameters(),
    )  # fmt: skip


def routes(*, as_of: AsOf) -> Query:
    """Rows of `pql.routes`: each team's queue of the day, from the day's decisions."""
    return sql_file("pql/routes.sql", requires=(), **as_of.parameters())


def scores(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.scores` from the day's points and weighted scores and the relation `model_scores` (see `scoring.scores`)."""
    return sql_file(
        "pql/scores.sql", requires=(), target=target, rules_version=formula_version("rules", policy),
        weighted_version=formula_version("weighted", policy), **as_of.parameters(),
    )  # fmt: skip


def paid_starts(*, as_of: AsOf) -> Query:
    """(payer_id, paid_at): every start of paying that was known on the day; the payer is the account, else the user."""
    return sql_file("pql/paid_starts.sql", requires=(known_subscriptions(as_of),), **as_of.parameters())


def labels(*, as_of: AsOf, target: Target, policy: PqlPolicy) -> Query:
    """The target's population on `as_of`: the columns of `pql.features`, first_paid_at and label (NULL inside the gap).

    Reads the relation `paid_starts`, to be prepared before as known on a later day: the label is mature only when that day
    is `target.window_days` later or more.
    """
    gap = AsOf(as_of.date + dt.timedelta(days=target.gap_days), as_of.timezone)
    end = AsOf(as_of.date + dt.timedelta(days=target.window_days), as_of.timezone)
    required = (features(as_of=as_of, policy=policy),)
    return sql_file("pql/labels.sql", requires=required, label_from=gap.cut, label_to=end.cut, cut=as_of.cut)


def rules_over(features: Query, policy: PqlPolicy) -> Query:
    """Points over any relation `scored_features` with the columns of `pql.features` (several as-of dates are fine)."""
    return sql_file("pql/rule_scores.sql", requires=(features, _rule_values(policy.rules)), threshold=policy.rules.threshold)


def weights_over(features: Query, policy: PqlPolicy) -> Query:
    """The weighted formula over any relation `scored_features`; the average volume is taken per as-of date."""
    formula = policy.weighted
    return sql_file(
        "pql/weighted_scores.sql", requires=(features,), threshold=formula.threshold, key_features=formula.key_features,
        recency_days=float(formula.recency_days),
    )  # fmt: skip


def _stored_features(as_of: AsOf) -> Query:
    return Query("scored_features", "select * from pql.features where as_of = $as_of", as_of.parameters())


def _rule_values(rules: Rules) -> Query:
    """(as_of, user_id, priority, value): for each user and criterion the feature's value, built from registered names only."""
    used = sorted({c.feature for c in rules.criteria})
    unknown = sorted(set(used) - set(MEASURES))
    if unknown:
        raise ValueError(f"rules: feature {unknown[0]!r} is not registered")
    value = exp.Case(this=exp.column("feature", table="p", quoted=True))
    for name in used:
        value = value.when(exp.Literal.string(name), exp.cast(exp.column(name, table="f", quoted=True), "double"))
    chosen = [exp.column(c, table="f") for c in ("as_of", "user_id")]
    priority = exp.column("priority", table="p")
    select = exp.select(*chosen, priority, exp.alias_(value, "value")).from_("scored_features as f")
    return Query("rule_values", select.join("config.rule_points as p", join_type="cross").sql(dialect="duckdb"))
