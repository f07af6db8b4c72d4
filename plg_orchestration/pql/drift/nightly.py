"""The rows of `pql.drift`: tonight against what the champion was made from, or for formulas against a night some weeks ago."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.drift import queries
from plg_orchestration.pql.drift.judgments import (
    DISTANCE,
    INDEX,
    MISSING,
    Judgment,
    Side,
    base_rate_measure,
    judge,
    measured,
    p_value,
)
from plg_orchestration.pql.drift.references import LABEL
from plg_orchestration.pql.drift.tables import DRIFT, REFERENCES
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, Warehouse

Row = dict[str, Any]
PER_SUBJECT = 3
"""Comparisons of a subject: the index, the distance (for words none, which is not worth an exception) and the missing values."""


@dataclass(frozen=True)
class Reference:
    """What tonight is held against: words for it, and its bins; or the reason why there is nothing."""

    said: str | None
    bins: Query | None
    reason: str = ""


def drift(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.drift` for the night's champion: every registered feature, the score, and the label's base rate.

    Reads the night's `pql.champion`, `pql.features`, `pql.scores` and `pql.live_performance`, and `pql.references`. Unavailable
    when the night has no champion.
    """
    found = _rows(warehouse, "select scorer, version from pql.champion where as_of = $as_of and target = $target", as_of, target)
    if not found:
        raise Unavailable(
            f"pql.champion holds nothing for {target} on {as_of.date}, so there is nobody to hold the night against"
        )
    champion = found[0]
    reference = reference_of(warehouse, as_of=as_of, policy=policy, target=target, **champion)
    rows = _compared(warehouse, reference, as_of, policy, target, champion)
    rows.append(_label(warehouse, as_of, policy, target, champion))
    common = {"as_of": as_of.date, "target": target, **champion}
    made = [{**dict.fromkeys(DRIFT.column_names), "reference": reference.said, **row, **common} for row in rows]
    return pd.DataFrame(made, columns=list(DRIFT.column_names), dtype=object)


def reference_of(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str, scorer: str, version: str
) -> Reference:  # fmt: skip
    """The champion's training rows where its training left them, else the version's own night some weeks ago."""
    warehouse.ensure(REFERENCES)
    text = """select as_of, part from pql.references
        where target = $target and version = $version and as_of <= $as_of order by as_of desc limit 1"""
    trained = _rows(warehouse, text, as_of, target, version=version)
    if trained:
        return Reference(_said(trained[0]), queries.stored_bins(as_of=as_of, target=target, version=version))
    if scorer == "model":
        return Reference(None, None, f"the training of {version} left no reference; the next one will")
    last = as_of.date - dt.timedelta(weeks=policy.drift.formula_weeks)
    first = last - dt.timedelta(days=policy.drift.slack_days)
    text = """select max(as_of) from pql.scores
        where target = $target and scorer = $scorer and version = $version and as_of between $first and $last"""
    night = warehouse.scalar(text, target=target, scorer=scorer, version=version, first=first, last=last)
    if not isinstance(night, dt.date):
        return Reference(
            None, None, f"no night from {first} to {last} was scored by {version}, so there is nothing to compare with"
        )
    population = queries.population_on(night, name="reference_population", target=target, scorer=scorer, version=version)
    scores = Query("reference_scores", "select payer_id, score from reference_population")
    return Reference(f"the night of {night}", queries.reference_bins(policy=policy.drift, population=population, scores=scores))


def _compared(
    warehouse: Warehouse, reference: Reference, as_of: AsOf, policy: PqlPolicy, target: str, champion: Row
) -> list[Row]:  # fmt: skip
    if reference.bins is None:
        subjects = [(f.name, "word" if f.type == "VARCHAR" else "number") for f in FEATURES] + [(queries.SCORE, "number")]
        return [{"subject": s, "kind": k, "verdict": "insufficient", "reason": reference.reason} for s, k in sorted(subjects)]
    tonight = queries.population_on(as_of.date, name="current_population", target=target, **champion)
    rows = warehouse.arrow(queries.comparisons(policy=policy.drift, reference=reference.bins, population=tonight)).to_pylist()
    alpha = policy.drift.false_alarm / max(PER_SUBJECT * len(rows), 1)
    return [_judged(row, alpha, policy) for row in rows]


def _judged(row: Row, alpha: float, policy: PqlPolicy) -> Row:
    now = Side(int(row["accounts"]), float(row["independent"] or 0), row["missing"] / max(row["rows"], 1))
    before = Side(
        int(row["reference_accounts"]), float(row["reference_independent"] or 0),
        row["reference_missing"] / max(row["reference_rows"], 1),
    )  # fmt: skip
    index, distance = row["population_stability_index"], row["kolmogorov_smirnov"]
    measures = measured(
        index=index, distance=distance, groups=int(row["groups"]), now=now, before=before, alpha=alpha, policy=policy.drift
    )
    judgment = judge(measures, accounts=now.accounts, reference_accounts=before.accounts, policy=policy.drift)
    kept = ("subject", "kind", "rows", "accounts", "median", "reference_rows", "reference_accounts", "reference_median")
    return {
        **{name: row[name] for name in kept}, "population_stability_index": index, "kolmogorov_smirnov": distance,
        "ks_p_value": p_value(distance, now, before), "missing": now.missing, "reference_missing": before.missing,
        "psi_by_chance": judgment.by_chance(INDEX), "ks_by_chance": judgment.by_chance(DISTANCE),
        "missing_by_chance": judgment.by_chance(MISSING), "verdict": judgment.verdict, "reason": judgment.reason,
    }  # fmt: skip


def _label(warehouse: Warehouse, as_of: AsOf, policy: PqlPolicy, target: str, champion: Row) -> Row:
    """The base rate of the newest night whose outcomes are known, against the champion's training or an earlier such night."""
    text = """select decided_on, value, low, high, rows, accounts from pql.live_performance
        where as_of = $as_of and target = $target and period = 'week' and metric = 'base_rate' and kind = 'realized'
            and value is not null order by decided_on desc"""
    nights = _rows(warehouse, text, as_of, target) if warehouse.exists("pql.live_performance") else []
    row: Row = {"subject": LABEL, "kind": LABEL, "verdict": "insufficient", "reference": None}
    if not nights:
        return {**row, "reason": "no night's outcomes are known yet"}
    newest = nights[0]
    row |= {"rows": newest["rows"], "accounts": newest["accounts"], "base_rate": newest["value"]}
    row |= {"base_rate_low": newest["low"], "base_rate_high": newest["high"]}
    before = _label_reference(warehouse, as_of, policy, target, champion, nights)
    if before is None:
        return {**row, "reason": f"the night of {newest['decided_on']} is the first whose outcomes are known"}
    row |= {name: before[name] for name in ("reference", "reference_rows", "reference_accounts", "reference_base_rate")}
    measure = base_rate_measure(
        newest["value"], _variance(newest), before["reference_base_rate"], before["variance"],
        alpha=policy.drift.false_alarm, policy=policy.drift,
    )  # fmt: skip
    found: Judgment = judge(
        (measure,), accounts=newest["accounts"], reference_accounts=before["reference_accounts"], policy=policy.drift
    )
    said = f"base rate {newest['value']:.3f} on {newest['decided_on']}, {before['reference_base_rate']:.3f} in the reference"
    return {**row, "verdict": found.verdict, "reason": f"{said}: {found.reason}"}


def _label_reference(
    warehouse: Warehouse, as_of: AsOf, policy: PqlPolicy, target: str, champion: Row, nights: list[Row]
) -> Row | None:  # fmt: skip
    text = """select as_of, part, rows, share, accounts, independent, sum(rows) over () as total from pql.references
        where target = $target and version = $version and feature = 'label' and as_of <= $as_of
        qualify bin = 1 order by as_of desc"""
    trained = _rows(warehouse, text, as_of, target, version=champion["version"])
    if trained:
        one = trained[0]
        variance = one["share"] * (1 - one["share"]) / max(one["independent"], 1.0)
        return {
            "reference": _said(one), "reference_rows": int(one["total"]), "variance": variance,
            "reference_accounts": one["accounts"], "reference_base_rate": one["share"],
        }  # fmt: skip
    earlier = [n for n in nights if (nights[0]["decided_on"] - n["decided_on"]).days >= 7 * policy.drift.formula_weeks]
    if not earlier:
        return None
    one = earlier[0]
    return {
        "reference": f"the night of {one['decided_on']}", "reference_rows": one["rows"], "reference_accounts": one["accounts"],
        "reference_base_rate": one["value"], "variance": _variance(one),
    }  # fmt: skip


def _said(reference: Row) -> str:
    return f"the {reference['part']} rows of the training of {reference['as_of']}"


def _variance(night: Row) -> float:
    return ((night["high"] - night["low"]) / 3.92) ** 2


def _rows(warehouse: Warehouse, text: str, as_of: AsOf, target: str, **parameters: object) -> list[Row]:
    return warehouse.arrow(Query("found", text, {**as_of.parameters(), "target": target, **parameters})).to_pylist()
