"""The fairness audit: counts per group and account bucket, signed contrasts of each group against the rest, and verdicts.

Everything rests on counts, so a million decisions cost what a thousand buckets cost. Whether a verdict stops a promotion is
decided in `promotion.py`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.training.metrics import Codes, Floats
from plg_orchestration.verdicts import Verdict

UNKNOWN = "unknown"
POWER = 1.959964 + 0.841621
"""Standard errors that a gap must have to be found by a two-sided 5 % test with 80 % power."""
COUNTS = ("n", "positives", "selected", "tp", "fp", "score")
COLUMNS = (
    "attribute", "grp", "status", "metric", "n", "positives", "value_group", "value_rest", "difference", "ci_low", "ci_high",
    "ratio", "ratio_low", "ratio_high", "detectable", "verdict", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """A group metric as a ratio of two counts; `judged` ones have limits and form verdicts, the others are reported."""

    name: str
    numerator: str
    denominator: str
    judged: bool = False


METRICS: tuple[Metric, ...] = (
    Metric("selection_rate", "selected", "n", judged=True),
    Metric("true_positive_rate", "tp", "positives", judged=True),
    Metric("false_positive_rate", "fp", "negatives"),
    Metric("precision", "tp", "selected"),
    Metric("base_rate", "positives", "n"),
    Metric("mean_score", "score", "n"),
)


@dataclass(frozen=True)
class _Contrast:
    """One group against the rest on one metric: figures, intervals and the smallest gaps that could have been found."""

    group: float
    rest: float
    difference: tuple[float, float, float]
    ratio: tuple[float, float, float]
    detectable: float
    detectable_ratio: float


def audit_bias(predictions: pd.DataFrame, *, attributes: Sequence[str], policy: BiasPolicy) -> pd.DataFrame:
    """Group metrics and contrasts for each attribute.

    `predictions` has one row per decision: label (bool), selected (bool), score (number), account_id (the cluster; a row without
    one is its own), and the attributes. Returns one row per attribute, group and metric with the columns of `COLUMNS`:
    `difference` is group minus rest and `ratio` group over rest, with bootstrap intervals clustered by account; `verdict` is NULL
    for metrics without a limit. A group under the minimum size is listed without figures, one too small for a metric without a
    contrast. Limits as in the policy: parity needs the difference under `parity_difference` and the ratio (or its inverse) of at
    least `parity_ratio`; equal opportunity the difference of true positive rates under `equal_opportunity_difference`. ValueError
    names a missing column or a value that is no number.
    """
    _check(predictions, attributes)
    if not attributes or predictions.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    bucket, size = _buckets(predictions, policy.buckets)
    generator = np.random.default_rng(policy.seed)
    drawn = generator.multinomial(size, np.full(size, 1.0 / size), size=policy.bootstrap_rounds).astype(np.float64)
    draws = np.vstack([np.ones((1, size)), drawn])
    rows = chain.from_iterable(_attribute(predictions, name, bucket, draws, policy) for name in attributes)
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def group_counts(predictions: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """n, positives, selected, tp, fp and sum of scores per group of the attribute; a missing value is the group 'unknown'."""
    label, selected = predictions["label"].astype(bool), predictions["selected"].astype(bool)
    counted = pd.DataFrame({
        "grp": predictions[attribute].fillna(UNKNOWN).astype(str), "n": 1, "positives": label, "selected": selected,
        "tp": label & selected, "fp": ~label & selected, "score": predictions["score"].astype(float),
    })  # fmt: skip
    return counted.groupby("grp", sort=True).sum()


def _check(predictions: pd.DataFrame, attributes: Sequence[str]) -> None:
    for name in ("label", "selected", "score", "account_id", *attributes):
        if name not in predictions.columns:
            raise ValueError(f"predictions: no column {name!r}; the audit needs label, selected, score, account_id, attributes")
    for name in ("label", "selected", "score"):
        if predictions[name].isna().any() or not np.isfinite(predictions[name].astype(float)).all():
            raise ValueError(
                f"predictions: column {name!r} has missing or infinite values; a figure that is unknown never passes"
            )


def _buckets(predictions: pd.DataFrame, limit: int) -> tuple[Codes, int]:
    """A bucket per row: one per account while there are no more than `limit`, else accounts hashed into `limit` buckets."""
    rows = pd.Series([f"row {place}" for place in range(len(predictions))], index=predictions.index)
    codes, accounts = pd.factorize(predictions["account_id"].fillna(rows).astype(str), sort=True)
    if len(accounts) <= limit:
        return codes.astype(np.int64), len(accounts)
    hashed = np.array([int.from_bytes(hashlib.sha256(a.encode()).digest()[:8]) % limit for a in accounts], dtype=np.int64)
    return hashed[codes], limit


def _attribute(
    predictions: pd.DataFrame, attribute: str, bucket: Codes, draws: Floats, policy: BiasPolicy
) -> Iterator[tuple[object, ...]]:
    """The attribute's rows: counts by bucket and group are resampled at once for all groups."""
    names = predictions[attribute].fillna(UNKNOWN).astype(str)
    codes, groups = pd.factorize(names, sort=True)
    cells = _cells(predictions, codes.astype(np.int64), len(groups), bucket, draws.shape[1])
    counts = {name: draws @ values for name, values in cells.items()}
    total = {name: values.sum(axis=1) for name, values in counts.items()}
    for place, group in enumerate(groups):
        own = {name: values[:, place] for name, values in counts.items()}
        rest = {name: total[name] - own[name] for name in total}
        status = "monitored" if group == UNKNOWN else policy.status(attribute)
        for metric in METRICS:
            accounts = _accounts(cells[metric.denominator], place) if metric.judged else 0
            yield (attribute, str(group), status, metric.name, *_judged(metric, own, rest, accounts, policy))


def _accounts(cells: Floats, group: int) -> int:
    """How many accounts have rows in the denominator, in the group or in the rest, whichever has fewer."""
    own = cells[:, group] > 0
    rest = cells.sum(axis=1) - cells[:, group] > 0
    return int(min(own.sum(), rest.sum()))


def _cells(predictions: pd.DataFrame, codes: Codes, groups: int, bucket: Codes, buckets: int) -> dict[str, Floats]:
    """For each count an array (buckets, groups)."""
    label, selected = predictions["label"].to_numpy(dtype=bool), predictions["selected"].to_numpy(dtype=bool)
    values = {
        "n": np.ones(len(label)), "positives": label, "negatives": ~label, "selected": selected, "tp": label & selected,
        "fp": ~label & selected, "score": predictions["score"].to_numpy(dtype=float),
    }  # fmt: skip
    cell = bucket * groups + codes
    return {
        name: np.bincount(cell, weights=np.asarray(v, dtype=float), minlength=buckets * groups)
        .reshape(buckets, groups)
        .astype(float)
        for name, v in values.items()
    }


def _judged(
    metric: Metric, own: dict[str, Floats], rest: dict[str, Floats], accounts: int, policy: BiasPolicy
) -> tuple[object, ...]:
    """The columns from `n` to `reason` for one group and metric; `accounts` have rows in its denominator on the poorer side."""
    n, positives = int(own["n"][0]), int(own["positives"][0])
    nothing = (None,) * 9
    if min(n, int(rest["n"][0])) < policy.min_group:
        small = f"fewer than {policy.min_group} rows in the group or the rest: no figures are given"
        return (None, None, *nothing, Verdict.INSUFFICIENT.value if metric.judged else None, small)
    lacking = _too_few(metric, own, rest, accounts, policy) if metric.judged else ""
    if lacking:
        values = [_share(metric, counts) for counts in (own, rest)]
        return (n, positives, *values, *nothing[2:], Verdict.INSUFFICIENT.value, lacking)
    contrast = _contrast(metric, own, rest, policy.confidence)
    figures = (
        contrast.group, contrast.rest, *contrast.difference, *contrast.ratio,
        contrast.detectable,
    )  # fmt: skip
    shown = tuple(None if not np.isfinite(f) else round(float(f), 9) for f in figures)
    if not metric.judged:
        return (n, positives, *shown, None, "reported; no limit is set for it")
    verdict, reason = _verdict(metric, contrast, policy)
    return (n, positives, *shown, verdict.value, reason)


def _share(metric: Metric, counts: dict[str, Floats]) -> float | None:
    of = counts[metric.denominator][0]
    return round(float(counts[metric.numerator][0] / of), 9) if of else None


def _contrast(metric: Metric, own: dict[str, Floats], rest: dict[str, Floats], confidence: float) -> _Contrast:
    with np.errstate(invalid="ignore", divide="ignore"):
        group, other = own[metric.numerator] / own[metric.denominator], rest[metric.numerator] / rest[metric.denominator]
        ratio = group / other
        smoothed = np.log(_half_added(metric, own)) - np.log(_half_added(metric, rest))
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    gaps = (group - other)[1:][np.isfinite((group - other)[1:])]
    logs = smoothed[1:][np.isfinite(smoothed[1:])]
    low, high = np.quantile(gaps, tails) if len(gaps) else (np.nan, np.nan)
    ratio_low, ratio_high = np.exp(np.quantile(logs, tails)) if len(logs) else (np.nan, np.nan)
    return _Contrast(
        float(group[0]), float(other[0]), (float(group[0] - other[0]), float(low), float(high)),
        (float(ratio[0]), float(ratio_low), float(ratio_high)),
        POWER * float(gaps.std()) if len(gaps) else np.nan,
        float(np.exp(-POWER * logs.std())) if len(logs) else np.nan,
    )  # fmt: skip


def _half_added(metric: Metric, counts: dict[str, Floats]) -> Floats:
    return (counts[metric.numerator] + 0.5) / (counts[metric.denominator] + 1.0)


def _too_few(metric: Metric, own: dict[str, Floats], rest: dict[str, Floats], accounts: int, policy: BiasPolicy) -> str:
    """Why the group forms no contrast, '' when it does.

    Rows of one account are alike, so a few accounts make intervals that are too narrow, however many rows they have. The events
    (and non-events) that are expected under parity are therefore counted as independent ones: divided by the design effect.
    """
    if accounts < policy.min_accounts:
        return f"only {accounts} accounts have {metric.denominator} on one side; {policy.min_accounts} are needed for an interval"
    everybody = own[metric.denominator][0] + rest[metric.denominator][0]
    share = (own[metric.numerator][0] + rest[metric.numerator][0]) / everybody if everybody else 0.0
    effect = _design_effect(metric, own, rest)
    for side, counts in (("the group", own), ("the rest", rest)):
        expected = min(share, 1 - share) * counts[metric.denominator][0] / effect
        if expected < policy.min_events:
            return (
                f"only {expected:.1f} independent events (or non-events) are expected in {side}; {policy.min_events} are needed"
            )
    return ""


def _design_effect(metric: Metric, own: dict[str, Floats], rest: dict[str, Floats]) -> float:
    """How many rows count for one independent row (1 or more): variance over draws of accounts by that of single rows."""
    of = own[metric.denominator] + rest[metric.denominator]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (own[metric.numerator] + rest[metric.numerator]) / of
    drawn = share[1:][np.isfinite(share[1:])]
    binomial = share[0] * (1 - share[0]) / of[0] if of[0] else 0.0
    return max(1.0, float(drawn.var()) / float(binomial)) if binomial > 0 and len(drawn) else 1.0


def _verdict(metric: Metric, contrast: _Contrast, policy: BiasPolicy) -> tuple[Verdict, str]:
    parity = metric.name == "selection_rate"
    limit = policy.parity_difference if parity else policy.equal_opportunity_difference
    value, low, high = contrast.difference
    figures = f"difference {value:+.3f} [{low:+.3f}, {high:+.3f}], limit {limit:g}"
    if parity:
        ratio, ratio_low, ratio_high = contrast.ratio
        figures += f"; ratio {ratio:.2f} [{ratio_low:.2f}, {ratio_high:.2f}], limit {policy.parity_ratio:g}"
        folded = min(ratio, 1 / ratio) if ratio > 0 else 0.0
        beyond = ratio_high < policy.parity_ratio or ratio_low > 1 / policy.parity_ratio
    else:
        folded, beyond = 1.0, False
    surely = max(low, -high, 0.0)
    if surely > limit or beyond:
        return Verdict.FAIL, f"beyond the limit with confidence: {figures}"
    widest = policy.widest_detectable if parity else policy.widest_detectable_opportunity
    if contrast.detectable > widest:
        return Verdict.INSUFFICIENT, f"a difference under {contrast.detectable:.3f} could not have been found: {figures}"
    if parity and contrast.detectable_ratio < policy.widest_detectable_ratio:
        return Verdict.INSUFFICIENT, f"a ratio over {contrast.detectable_ratio:.2f} could not have been found: {figures}"
    if abs(value) >= limit or (parity and folded < policy.parity_ratio):
        return Verdict.WARN, f"beyond the limit, but within chance: {figures}"
    return Verdict.PASS, figures
