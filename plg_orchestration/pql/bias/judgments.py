"""Verdicts on contrasts: held against the limits with correction for their number, and why a group forms no contrast.

A declared pair (protected attribute x gating metric) is corrected by Holm; everything else is exploratory, by Benjamini-Hochberg,
and says so. Pure functions over estimates; whether a verdict stops a promotion is decided in `promotion/bias_gate.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from plg_orchestration.pql.bias.attributes import AND, UNKNOWN
from plg_orchestration.pql.bias.counts import Counts
from plg_orchestration.pql.bias.estimates import Estimates, Metric
from plg_orchestration.pql.bias.multiplicity import benjamini_hochberg, holm
from plg_orchestration.pql.bias.policy import JUDGED, BiasPolicy, Status
from plg_orchestration.verdicts import Verdict

HOLM, EXPLORATORY = "holm", "benjamini_hochberg"


@dataclass(frozen=True)
class Judgment:
    """A contrast on a judged metric: its p-values against the limits, and after correction the verdict with its reason.

    `p_values` are two-sided, one for each limit (difference, and for parity the ratio): the chance of a gap so far over the limit
    were the truth exactly at it. They are empty where `lacking` says why no contrast was formed. `mirror` marks the second of
    two groups, whose contrast is the first's with the signs turned.
    """

    attribute: str
    group: str
    metric: str
    status: Status
    correction: str
    p_values: tuple[float, ...] = ()
    lacking: str = ""
    mirror: bool = False
    adjusted: float = math.nan
    verdict: Verdict = Verdict.INSUFFICIENT
    reason: str = ""

    @property
    def p_value(self) -> float:
        """The contrast's own p-value before correction, by Bonferroni over its limits; NaN when none was formed."""
        return min(1.0, min(self.p_values) * len(self.p_values)) if self.p_values else math.nan


@dataclass(frozen=True)
class Seen:
    """The figures of one group on one metric, taken out of `Estimates`."""

    made: Estimates
    place: int

    def __getattr__(self, name: str) -> float:
        return float(getattr(self.made, name)[self.place])


def status_of(attribute: str, group: str, policy: BiasPolicy) -> Status:
    """How the group's contrast counts; a group whose attribute is missing gates nothing."""
    return "monitored" if UNKNOWN in group.split(AND) else policy.status(attribute)


def opened(attribute: str, group: str, metric: str, policy: BiasPolicy, *, mirror: bool) -> Judgment:
    """The judgment of a contrast before anything is known of it: how it counts, and in which family."""
    status = status_of(attribute, group, policy)
    declared = status == "protected" and metric in policy.gating(attribute)
    return Judgment(attribute, group, metric, status, HOLM if declared else EXPLORATORY, mirror=mirror)


def screened(counts: Counts, place: int, metric: Metric, policy: BiasPolicy) -> str:
    """Why the counts alone forbid a contrast of the group with the rest, '' when they do not.

    Rows, accounts behind the denominator, and the events (and non-events) that are expected under parity, on both sides.
    """
    if counts.smaller_side(place) < policy.min_group:
        return f"fewer than {policy.min_group} rows in the group or the rest: no figures are given"
    cells, of = counts.cells[metric.denominator], counts.total(metric.denominator)
    others = cells.sum(axis=1) - cells[:, place]
    accounts = min(int((cells[:, place] > 0).sum()), int((others > 0).sum()))
    if accounts < policy.min_accounts:
        needed = f"{policy.min_accounts} are needed for an interval"
        return f"only {accounts} accounts have {metric.denominator} on one side; {needed}"
    share = counts.total(metric.numerator).sum() / of.sum()
    expected = [min(share, 1 - share) * size for size in (of[place], of.sum() - of[place])]
    return _few_events(expected[0], expected[1], "", policy)


def weighed(judgment: Judgment, metric: Metric, seen: Seen, policy: BiasPolicy) -> Judgment:
    """The judgment with its p-values, or why there are none after all.

    Rows of one account are alike, so that the expected events are counted as independent ones: divided by the design effect.
    """
    lacking = _few_events(seen.events, seen.events_rest, "independent ", policy)
    if not lacking and not all(math.isfinite(one) for one in (seen.difference, seen.low, seen.high)):
        lacking = f"{metric.denominator} are missing on one side, so that the metric is undefined there"
    if lacking:
        return replace(judgment, lacking=lacking)
    return replace(
        judgment, p_values=tuple(_against(over, spread, seen.freedom) for over, spread in _overs(metric, seen, policy))
    )


def _few_events(own: float, rest: float, kind: str, policy: BiasPolicy) -> str:
    for side, expected in (("the group", own), ("the rest", rest)):
        if not expected >= policy.min_events:
            needed = f"{policy.min_events} are needed"
            return f"only {expected:.1f} {kind}events (or non-events) are expected in {side}; {needed}"
    return ""


def corrected(found: Sequence[Judgment]) -> list[Judgment]:
    """The judgments with adjusted p-values: one family for the declared pairs, one for everything else.

    Of an attribute with two groups one contrast counts, since the other says the same.
    """
    made = list(found)
    for name, correct in ((HOLM, holm), (EXPLORATORY, benjamini_hochberg)):
        own = [place for place, one in enumerate(made) if one.correction == name and one.p_values and not one.mirror]
        widths = [len(made[place].p_values) for place in own]
        adjusted = correct(np.array([p for place in own for p in made[place].p_values]))
        for place, values in zip(own, np.split(adjusted, np.cumsum(widths)[:-1]) if own else [], strict=True):
            made[place] = replace(made[place], adjusted=float(values.min()))
    first = {(one.attribute, one.metric): one.adjusted for one in made if not one.mirror}
    return [replace(one, adjusted=first[one.attribute, one.metric]) if one.mirror and one.p_values else one for one in made]


def concluded(judgment: Judgment, seen: Seen | None, policy: BiasPolicy) -> Judgment:
    """The judgment with its verdict and reason, once it is corrected."""
    label = "" if judgment.correction == HOLM else "exploratory: "
    if judgment.lacking or seen is None:
        return replace(judgment, verdict=Verdict.INSUFFICIENT, reason=judgment.lacking)
    parity = judgment.metric == JUDGED[0]
    limit = policy.parity_difference if parity else policy.equal_opportunity_difference
    value = seen.difference
    figures = f"difference {value:+.3f} [{seen.low:+.3f}, {seen.high:+.3f}], limit {limit:g}"
    folded = 1.0
    if parity:
        figures += f"; ratio {seen.ratio:.2f} [{seen.ratio_low:.2f}, {seen.ratio_high:.2f}], limit {policy.parity_ratio:g}"
        folded = min(seen.ratio, 1 / seen.ratio) if seen.ratio > 0 else 0.0
    found = f"; a gap of {seen.detectable:.3f} could have been found"
    over = abs(value) >= limit or (parity and folded < policy.parity_ratio)
    told = f"{figures}{found}; adjusted p {judgment.adjusted:.2g}" if over else f"{figures}{found}"
    verdict, words = _verdict(judgment, seen, policy, over)
    return replace(judgment, verdict=verdict, reason=f"{label}{words}{told}")


def _verdict(judgment: Judgment, seen: Seen, policy: BiasPolicy, over: bool) -> tuple[Verdict, str]:
    parity = judgment.metric == JUDGED[0]
    if judgment.adjusted <= 1 - policy.confidence:
        return Verdict.FAIL, "beyond the limit with confidence: "
    widest = policy.widest_detectable if parity else policy.widest_detectable_opportunity
    if not seen.detectable <= widest:
        return Verdict.INSUFFICIENT, f"a difference under {seen.detectable:.3f} could not have been found: "
    if parity and not seen.detectable_ratio >= policy.widest_detectable_ratio:
        return Verdict.INSUFFICIENT, f"a ratio over {seen.detectable_ratio:.2f} could not have been found: "
    return (Verdict.WARN, "beyond the limit, but within chance: ") if over else (Verdict.PASS, "")


def _overs(metric: Metric, seen: Seen, policy: BiasPolicy) -> list[tuple[float, float]]:
    """For each limit: how far the estimate is over it (negative within), and its standard error toward the limit."""
    parity = metric.name == JUDGED[0]
    limit = policy.parity_difference if parity else policy.equal_opportunity_difference
    overs = [(abs(seen.difference) - limit, seen.spread_below if seen.difference > 0 else seen.spread_above)]
    if parity and policy.parity_ratio > 0:
        spread = seen.log_below if seen.log_ratio > 0 else seen.log_above
        overs.append((abs(seen.log_ratio) + math.log(policy.parity_ratio), spread))
    return overs


def _against(over: float, spread: float, freedom: float) -> float:
    """The two-sided p-value of an estimate `over` its limit: at most 0.05 exactly when the 95 % interval lies beyond it."""
    from scipy.stats import t as student

    if not over > 0:
        return 1.0
    return float(min(1.0, 2 * student.sf(over / spread, freedom))) if spread > 0 else 0.0
