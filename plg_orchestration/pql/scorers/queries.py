"""Points and the weighted formula as SQL over stored rows or any relation, and the table of all scores.

What a trained model adds is computed in Python (`scoring.py`).
"""

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers.signals import (
    criteria_met,
    long_features,
    rule_features,
    rule_signals,
    stored_features,
    weighted_features,
    weighted_inputs,
)  # fmt: skip
from plg_orchestration.pql.targets.queries import population
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.warehouse import Query, sql_file

MOST_AGAINST = 3
"""How many missing criteria are told of a user."""


def rule_scores(*, as_of: AsOf, policy: PqlPolicy) -> Query:
    """Rows of `pql.rule_scores` from `pql.features`: points, whether they make a lead, which criteria counted, and in words."""
    return rules_over(stored_features(as_of, rule_features(policy.rules)), policy)


def weighted_scores(*, as_of: AsOf, policy: PqlPolicy) -> Query:
    """Rows of `pql.weighted_scores` from `pql.features`: the score, its six components and whether it makes a lead."""
    return weights_over(stored_features(as_of, weighted_features(policy.weighted.modifiers)), policy)


def scores(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.scores` from the day's points and weighted scores and the relation `model_scores` (see `scoring.scores`)."""
    return sql_file(
        "pql/scorers/scores.sql", target=target, requires=(population(as_of=as_of, target=policy.targets[target]),),
        rules_version=formula_version("rules", policy), weighted_version=formula_version("weighted", policy),
        **as_of.parameters(),
    )  # fmt: skip


def triggers(*, as_of: AsOf, policy: PqlPolicy, built_before: bool = False) -> Query:
    """Rows of `pql.triggers`: who fired which trigger rule on the day and why, from the day's features and the roll-ups.

    `built_before`: the day before was built too, so that it is known who fires anew.
    """
    asked = policy.triggers
    values = long_features("trigger_features", asked.features, stored_features(as_of, asked.features))
    return sql_file(
        "pql/scorers/triggers.sql", requires=(values,), longest=asked.longest_window, built_before=built_before,
        **as_of.parameters(),
    )  # fmt: skip


def rules_over(features: Query, policy: PqlPolicy) -> Query:
    """Points over any relation `scored_features` with the columns of `pql.features` (several as-of dates are fine)."""
    rules = policy.rules
    if rules.modifiers:
        path, required = "pql/scorers/modified_rule_scores.sql", (features, rule_signals(rules, features))
    else:
        path, required = "pql/scorers/rule_scores.sql", (criteria_met(rules, features),)
    return sql_file(path, requires=required, threshold=rules.threshold, most_against=MOST_AGAINST)


def weights_over(features: Query, policy: PqlPolicy) -> Query:
    """The weighted formula over any relation `scored_features`; the average volume is taken per as-of date."""
    formula = policy.weighted
    return sql_file(
        "pql/scorers/weighted_scores.sql", requires=(weighted_inputs(formula.modifiers, features),), threshold=formula.threshold,
        key_features=formula.key_features, recency_days=float(formula.recency_days),
    )  # fmt: skip
