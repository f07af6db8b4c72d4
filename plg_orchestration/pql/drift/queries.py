"""The queries behind drift: values of every registered feature and of the score, the reference's bins, and how tonight compares.

Nobody's row leaves the warehouse: each value is counted there, once a feature, and what comes back is one row a feature.
"""

import datetime as dt

from sqlglot import exp

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.drift.policy import DriftPolicy
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.warehouse import Query, sql_file

SCORE = "score"
"""The subject of the score's own distribution; `label` is the one of the outcome's base rate."""


def population_on(day: dt.date, *, name: str, target: str, scorer: str, version: str) -> Query:
    """Everybody whom the scorer version scored on `day`, as the relation `name`: features, payer_id, score (two digits)."""
    made = sql_file("pql/drift/current_population.sql", day=day, target=target, scorer=scorer, version=version)
    return Query(name, made.text, made.parameters)


def reference_bins(*, policy: DriftPolicy, population: Query, scores: Query) -> Query:
    """The bins of a reference, with the columns of `pql.references` from `feature` on.

    Reads the relations `reference_population` (columns of `pql.features`, payer_id) and `reference_scores` (payer_id, score).
    """
    required = (population, scores, _values("reference_values", "reference_population", "reference_scores"))
    return sql_file(
        "pql/drift/reference_bins.sql", requires=required, reference_bins=policy.reference_bins,
        rare_category=policy.rare_category,
    )  # fmt: skip


def stored_bins(*, as_of: AsOf, target: str, version: str) -> Query:
    """The bins that the training of `version` left in `pql.references`, as the relation `reference_bins`."""
    text = """select feature, kind, bin, upper, word, rows, share, accounts, independent from pql.references
        where target = $target and version = $version and kind in ('number', 'word') and as_of = (
            select max(as_of) from pql.references where target = $target and version = $version and as_of <= $as_of)"""
    return Query("reference_bins", text, {"target": target, "version": version, **as_of.parameters()})


def comparisons(*, policy: DriftPolicy, reference: Query, population: Query) -> Query:
    """One row a feature, and one for the score: sizes of both sides, missing values, population stability index and distance."""
    required = (reference, population, _values("current_values", "current_population", "current_population"))
    return sql_file("pql/drift/comparisons.sql", requires=required, bins=policy.bins)


def recent_nights(as_of: AsOf) -> Query:
    """as_of, subject, population_stability_index of the last 60 nights, for the chart of strips."""
    text = """select as_of, subject, population_stability_index from pql.drift
        where as_of <= $as_of and as_of > $as_of - 60 order by all"""
    return Query("recent_nights", text, as_of.parameters())


def drifted_subjects(*, as_of: AsOf) -> Query:
    """What has drifted on the day, in words, the farthest first."""
    text = """select subject || ': ' || reason from pql.drift
        where as_of = $as_of and verdict = 'drifted' order by population_stability_index desc nulls last, subject"""
    return Query("drifted_subjects", text, as_of.parameters())


def _values(name: str, population: str, scores: str) -> Query:
    """(feature, kind, value, word, rows): every value of each registered feature with its rows, from registered names only."""
    parts = [_counted(f.name, f.type == "VARCHAR", population) for f in FEATURES]
    return Query(name, " union all ".join([*parts, _counted(SCORE, False, scores)]))


def _counted(feature: str, is_word: bool, relation: str) -> str:
    # Built whole, sixty of these would take longer to write than to run; names are quoted by sqlglot all the same.
    column, named = exp.to_identifier(feature, quoted=True).sql("duckdb"), exp.Literal.string(feature).sql("duckdb")
    value, word = ("null", column) if is_word else (column, "null")
    return (
        f"select {named} as feature, '{'word' if is_word else 'number'}' as kind, cast({value} as double) as value, "
        f"cast({word} as varchar) as word, count(*) as rows from {relation} group by {column}"
    )
