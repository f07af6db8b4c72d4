"""The fairness audit of decisions: signed contrasts of each group against the rest, the group table, and metrics across groups.

Everything rests on counts, so a million decisions cost what a thousand account buckets cost. Whether a verdict stops a promotion
is decided in `promotion/bias_gate.py`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from plg_orchestration.pql.bias.attributes import named, parts
from plg_orchestration.pql.bias.counts import NEEDED, Counts, counted_frame
from plg_orchestration.pql.bias.estimates import METRICS, Drawn, Metric, Wanted, draws_of, estimates
from plg_orchestration.pql.bias.groups import WORDS, gap_rows, group_rows
from plg_orchestration.pql.bias.judgments import (
    EXPLORATORY,
    Judgment,
    Seen,
    concluded,
    corrected,
    opened,
    screened,
    status_of,
    weighed,
)
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
    `verdict` is NULL for metrics without a limit. A group under the minimum size is listed without figures, one too small for a
    metric without a contrast; of pairs that are not declared only contrasts that were formed are listed. Limits as in the policy:
    parity needs the difference under `parity_difference` and the ratio (or its inverse) of at least `parity_ratio`; equal
    opportunity the difference of true positive rates under `equal_opportunity_difference`. ValueError names a missing column or
    a value that is no number.
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
    """One group of one attribute on one metric: what was seen of it, and of a judged metric how it is judged."""

    counts: Counts
    place: int
    metric: Metric
    seen: Seen | None
    judgment: Judgment | None

    @property
    def group(self) -> str:
        """The group's name."""
        return self.counts.groups[self.place]


def _rows(
    counted: Sequence[Counts], concealed: Mapping[tuple[str, str], str], policy: BiasPolicy
) -> Iterator[tuple[object, ...]]:
    """Every contrast: estimated, judged together with all others, then written down."""
    cells = _cells(counted, policy)
    found = iter(corrected([cell.judgment for cell in cells if cell.judgment is not None]))
    for cell in cells:
        judgment = concluded(next(found), cell.seen, policy) if cell.judgment is not None else None
        if judgment is not None and judgment.lacking and _crossed(cell.counts) and judgment.correction == EXPLORATORY:
            continue
        yield _row(cell, judgment, concealed.get((cell.counts.attribute, cell.group)), policy)


def _cells(counted: Sequence[Counts], policy: BiasPolicy) -> list[_Cell]:
    """Attribute by attribute, group by group, metric by metric; only groups that may form a contrast are drawn."""
    if not counted:
        return []
    lacking = {
        (counts.attribute, metric.name): [_lacking(counts, place, metric, policy) for place in range(len(counts.groups))]
        for counts in counted for metric in _metrics(counts)
    }  # fmt: skip
    wanted = [
        Wanted(counts, metric, tuple(place for place, why in enumerate(lacking[counts.attribute, metric.name]) if not why))
        for counts in counted for metric in _metrics(counts)
    ]  # fmt: skip
    drawn = Drawn(wanted, draws_of(len(counted[0].cells["n"]), policy.bootstrap_rounds, policy.seed))
    made = {
        (one.counts.attribute, one.metric.name, place): Seen(found, order)
        for one in wanted if one.places
        for found in (estimates(drawn, one, policy.confidence),)
        for order, place in enumerate(one.places)
    }  # fmt: skip
    return [
        _cell(counts, place, metric, made.get((counts.attribute, metric.name, place)), lacking, policy)
        for counts in counted for place in range(len(counts.groups)) for metric in _metrics(counts)
    ]  # fmt: skip


def _crossed(counts: Counts) -> bool:
    return len(parts(counts.attribute)) == 2


def _metrics(counts: Counts) -> tuple[Metric, ...]:
    """Of a pair only the metrics that have a limit, and no calibration where scores are no probabilities."""
    return tuple(
        metric for metric in METRICS
        if metric.name in JUDGED or (not _crossed(counts) and (metric.less is None or counts.cells["forecast"].any()))
    )  # fmt: skip


def _lacking(counts: Counts, place: int, metric: Metric, policy: BiasPolicy) -> str:
    if metric.name in JUDGED:
        return screened(counts, place, metric, policy)
    return "" if counts.smaller_side(place) >= policy.min_group else "too few rows"


def _cell(
    counts: Counts, place: int, metric: Metric, seen: Seen | None, lacking: Mapping[tuple[str, str], list[str]],
    policy: BiasPolicy,
) -> _Cell:  # fmt: skip
    if metric.name not in JUDGED:
        return _Cell(counts, place, metric, seen, None)
    mirror = len(counts.groups) == 2 and place == 1
    judgment = opened(counts.attribute, counts.groups[place], metric.name, policy, mirror=mirror)
    judgment = replace(judgment, lacking=lacking[counts.attribute, metric.name][place])
    return _Cell(counts, place, metric, seen, weighed(judgment, metric, seen, policy) if seen is not None else judgment)


def _row(cell: _Cell, judgment: Judgment | None, why: str | None, policy: BiasPolicy) -> tuple[object, ...]:
    counts, place, seen = cell.counts, cell.place, cell.seen
    formed = judgment is not None and not judgment.lacking
    head = (counts.attribute, cell.group, status_of(counts.attribute, cell.group, policy), cell.metric.name)
    verdict, correction = (judgment.verdict.value, judgment.correction) if judgment else (None, None)
    rows = counts.total("n")
    if why is not None or counts.smaller_side(place) < policy.min_group:
        small = f"fewer than {policy.min_group} rows in the group or the rest: no figures are given"
        reason = WORDS[why] if why == WITHHELD else small
        return (*head, None, None, *(None,) * FIGURES, verdict, reason, formed, None, None, correction, why)
    values = [_figure(one) for one in _values(counts, place, cell.metric)]
    figures: list[float | None] = [None] * (FIGURES - 2)
    if seen is not None and (judgment is None or formed):
        exact = [_figure(seen.difference), *map(_rounded, (seen.low, seen.high)), _figure(seen.ratio)]
        figures = [*exact, *map(_rounded, (seen.ratio_low, seen.ratio_high, seen.detectable))]
    reason = judgment.reason if judgment else "reported; no limit is set for it"
    p_values = [_rounded(judgment.p_value), _rounded(judgment.adjusted)] if judgment else [None, None]
    n, positives = int(rows[place]), int(counts.total("positives")[place])
    return (*head, n, positives, *values, *figures, verdict, reason, formed, *p_values, correction, why)


def _values(counts: Counts, place: int, metric: Metric) -> tuple[float, float]:
    """The metric in the group and in the rest; NaN where it is undefined."""
    above, below = counts.total(metric.numerator), counts.total(metric.denominator)
    if metric.less is not None:
        above = above - counts.total(metric.less[0])
    sides = ((above[place], below[place]), (above.sum() - above[place], below.sum() - below[place]))
    own, rest = (float(over / of) if of else math.nan for over, of in sides)
    return own, rest


def _figure(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return round(value, 9) if math.isfinite(value) else None
