"""The fairness audit of decisions: signed contrasts of each group against the rest, the group table, and metrics across groups.

Everything rests on counts, so a million decisions cost what a thousand account buckets cost. Whether a verdict stops a promotion
is decided in `promotion/bias_gate.py`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.pql.bias.attributes import named, parts
from plg_orchestration.pql.bias.counts import NEEDED, Counts, counted_frame
from plg_orchestration.pql.bias.estimates import METRICS, Metric, draws_of, estimates
from plg_orchestration.pql.bias.groups import WORDS, gap_rows, group_rows
from plg_orchestration.pql.bias.judgments import Judgment, Seen, concluded, corrected, judged, status_of
from plg_orchestration.pql.bias.policy import JUDGED, BiasPolicy
from plg_orchestration.pql.bias.small_cells import WITHHELD, hidden

COLUMNS = (
    "attribute", "grp", "status", "metric", "n", "positives", "value_group", "value_rest", "difference", "ci_low", "ci_high",
    "ratio", "ratio_low", "ratio_high", "detectable", "verdict", "reason", "formed", "p_value", "p_adjusted", "correction",
    "hidden",
)  # fmt: skip
FIGURES = 9
"""Columns from `value_group` to `detectable`."""


@dataclass(frozen=True)
class Audit:
    """What an audit found: rows of `pql.bias_audit` (columns `COLUMNS`), `pql.bias_groups` and `pql.bias_gaps`."""

    contrasts: pd.DataFrame
    groups: pd.DataFrame
    gaps: pd.DataFrame


def audit_bias(
    predictions: pd.DataFrame, *, attributes: Sequence[str | Sequence[str]], policy: BiasPolicy
) -> pd.DataFrame:  # fmt: skip
    """Group metrics and contrasts for each attribute or pair of attributes.

    `predictions` has one row per decision: label (bool; NULL while the outcome is not known), selected (bool), score (number),
    account_id (the cluster; a row without one is its own), the attributes, and probability where scores are that. A pair is
    given as `("region", "segment")` or `"region & segment"`. Returns one row per attribute, group and metric with the columns of
    `COLUMNS`: `difference` is group minus rest and `ratio` group over rest, with bootstrap intervals clustered by account;
    `verdict` is NULL for metrics without a limit, which are left out for pairs. A group under the minimum size is listed without
    figures, one too small for a metric without a contrast. Limits as in the policy: parity needs the difference under
    `parity_difference` and the ratio (or its inverse) of at least `parity_ratio`; equal opportunity the difference of true
    positive rates under `equal_opportunity_difference`. ValueError names a missing column or a value that is no number.
    """
    return audit(predictions, attributes=attributes, policy=policy).contrasts


def audit(predictions: pd.DataFrame, *, attributes: Sequence[str | Sequence[str]], policy: BiasPolicy) -> Audit:
    """The whole audit of a frame of decisions, as `audit_bias` takes it."""
    names = [named(attribute) for attribute in attributes]
    _check(predictions, names)
    return audited(counted_frame(predictions, attributes=names, buckets=policy.buckets) if names else [], policy)


def audited(counted: Sequence[Counts], policy: BiasPolicy) -> Audit:
    """The whole audit of counts; empty frames without any."""
    concealed = hidden({c.attribute: dict(zip(c.groups, c.total("n"), strict=True)) for c in counted}, policy.min_group)
    rows = list(_rows(counted, concealed, policy))
    return Audit(pd.DataFrame(rows, columns=list(COLUMNS)), group_rows(counted, concealed), gap_rows(counted, concealed))


def _check(predictions: pd.DataFrame, attributes: Sequence[str]) -> None:
    wanted = [part for name in attributes for part in parts(name, predictions.columns)]
    for name in (*NEEDED, *wanted):
        if name not in predictions.columns:
            raise ValueError(f"predictions: no column {name!r}; the audit needs {', '.join(NEEDED)} and the attributes")
    for name in ("selected", "score"):
        if predictions[name].isna().any() or not np.isfinite(predictions[name].astype(float)).all():
            raise ValueError(
                f"predictions: column {name!r} has missing or infinite values; a figure that is unknown never passes"
            )


@dataclass(frozen=True)
class _Cell:
    """One group of one attribute on one metric."""

    counts: Counts
    place: int
    metric: Metric
    seen: Seen

    @property
    def sizes(self) -> tuple[float, float]:
        """Rows of the group and of the rest."""
        n = self.counts.total("n")
        return float(n[self.place]), float(n.sum() - n[self.place])


def _rows(
    counted: Sequence[Counts], concealed: Mapping[tuple[str, str], str], policy: BiasPolicy
) -> Iterator[tuple[object, ...]]:
    """Every contrast: estimated, judged together with all others, then written down."""
    cells = [cell for counts in counted for cell in _cells(counts, policy)]
    found = iter(corrected([_judged(cell, policy) for cell in cells if cell.metric.name in JUDGED]))
    for cell in cells:
        why = concealed.get((cell.counts.attribute, cell.counts.groups[cell.place]))
        judgment = concluded(next(found), cell.seen, policy) if cell.metric.name in JUDGED else None
        yield _row(cell, judgment, why, policy)


def _cells(counts: Counts, policy: BiasPolicy) -> Iterator[_Cell]:
    """Group by group; of a pair only the metrics that have a limit, and no calibration where scores are no probabilities."""
    draws = draws_of(len(counts.cells["n"]), policy.bootstrap_rounds, policy.seed)
    pair = len(parts(counts.attribute)) == 2
    wanted = [
        metric for metric in METRICS
        if metric.name in JUDGED or (not pair and (metric.less is None or counts.cells["forecast"].any()))
    ]  # fmt: skip
    made = {metric.name: estimates(counts, metric, draws, policy.confidence) for metric in wanted}
    for place in range(len(counts.groups)):
        for metric in wanted:
            yield _Cell(counts, place, metric, Seen(made[metric.name], place))


def _judged(cell: _Cell, policy: BiasPolicy) -> Judgment:
    groups = cell.counts.groups
    mirror = len(groups) == 2 and cell.place == 1
    return judged(cell.counts.attribute, groups[cell.place], cell.metric, cell.seen, cell.sizes, policy, mirror=mirror)


def _row(cell: _Cell, judgment: Judgment | None, why: str | None, policy: BiasPolicy) -> tuple[object, ...]:
    attribute, group, metric = cell.counts.attribute, cell.counts.groups[cell.place], cell.metric.name
    formed = judgment is not None and not judgment.lacking
    head = (attribute, group, judgment.status if judgment else status_of(attribute, group, policy), metric)
    verdict = judgment.verdict.value if judgment else None
    correction = judgment.correction if judgment else None
    if why is not None or min(cell.sizes) < policy.min_group:
        small = f"fewer than {policy.min_group} rows in the group or the rest: no figures are given"
        reason = WORDS[why] if why == WITHHELD else small
        return (*head, None, None, *(None,) * FIGURES, verdict, reason, formed, None, None, correction, why)
    n, positives = int(cell.counts.total("n")[cell.place]), int(cell.counts.total("positives")[cell.place])
    seen, shown = cell.seen, judgment is None or formed
    values = [_figure(seen.group), _figure(seen.rest)]
    exact = [_figure(seen.difference), *map(_rounded, (seen.low, seen.high)), _figure(seen.ratio)]
    figures = [*exact, *map(_rounded, (seen.ratio_low, seen.ratio_high, seen.detectable))] if shown else [None] * (FIGURES - 2)
    reason = judgment.reason if judgment else "reported; no limit is set for it"
    p_values = [_rounded(judgment.p_value), _rounded(judgment.adjusted)] if judgment else [None, None]
    return (*head, n, positives, *values, *figures, verdict, reason, formed, *p_values, correction, why)


def _figure(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return round(value, 9) if math.isfinite(value) else None
