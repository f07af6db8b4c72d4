"""Points and the weighted formula as SQL over stored rows or any relation, and the table of all scores.

What a trained model adds is computed in Python (`scoring.py`).
"""

from sqlglot import exp

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features.registry import MEASURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers.policy import Rules
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.warehouse import Query, sql_file


def rule_scores(*, as_of: AsOf, policy: PqlPolicy) -> Query:
    """Rows of `pql.rule_scores` from `pql.features`: points, whether they make a lead, which criteria counted, and in words."""
    return rules_over(_stored_features(as_of), policy)


def weighted_scores(*, as_of: AsOf, policy: PqlPolicy) -> Query:
    """Rows of `pql.weighted_scores` from `pql.features`: the score, its six components and whether it makes a lead."""
    return weights_over(_stored_features(as_of), policy)


def scores(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.scores` from the day's points and weighted scores and the relation `model_scores` (see `scoring.scores`)."""
    return sql_file(
        "pql/scorers/scores.sql", requires=(), target=target, rules_version=formula_version("rules", policy),
        weighted_version=formula_version("weighted", policy), **as_of.parameters(),
    )  # fmt: skip


def rules_over(features: Query, policy: PqlPolicy) -> Query:
    """Points over any relation `scored_features` with the columns of `pql.features` (several as-of dates are fine)."""
    return sql_file(
        "pql/scorers/rule_scores.sql", requires=(features, _rule_values(policy.rules)), threshold=policy.rules.threshold
    )


def weights_over(features: Query, policy: PqlPolicy) -> Query:
    """The weighted formula over any relation `scored_features`; the average volume is taken per as-of date."""
    formula = policy.weighted
    return sql_file(
        "pql/scorers/weighted_scores.sql", requires=(features,), threshold=formula.threshold, key_features=formula.key_features,
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
