"""Verdicts on contrasts: held against the limits with correction for their number, and why a group forms no contrast.

A declared pair (protected attribute x gating metric) is corrected by Holm; everything else is exploratory, by Benjamini-Hochberg,
and says so. Pure functions over estimates; whether a verdict stops a promotion is decided in `promotion/bias_gate.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from plg_orchestration.pql.bias.attributes import AND, UNKNOWN
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


def judged(
    attribute: str, group: str, metric: Metric, seen: Seen, sizes: tuple[float, float], policy: BiasPolicy, *, mirror: bool
) -> Judgment:
    """The judgment before correction; `sizes` are the rows of the group and of the rest."""
    status = status_of(attribute, group, policy)
    declared = status == "protected" and metric.name in policy.gating(attribute)
    bare = Judgment(attribute, group, metric.name, status, HOLM if declared else EXPLORATORY, mirror=mirror)
    if min(sizes) < policy.min_group:
        return replace(bare, lacking=f"fewer than {policy.min_group} rows in the group or the rest: no figures are given")
    if lacking := _too_few(metric, seen, policy):
        return replace(bare, lacking=lacking)
    return replace(bare, p_values=tuple(_against(over, spread, seen.freedom) for over, spread in _overs(metric, seen, policy)))


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


def concluded(judgment: Judgment, seen: Seen, policy: BiasPolicy) -> Judgment:
    """The judgment with its verdict and reason, once it is corrected."""
    label = "" if judgment.correction == HOLM else "exploratory: "
    if judgment.lacking:
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


def _too_few(metric: Metric, seen: Seen, policy: BiasPolicy) -> str:
    """Why the group forms no contrast, '' when it does.

    Rows of one account are alike, so a few accounts make intervals that are too narrow, however many rows they have. The events
    (and non-events) that are expected under parity are therefore counted as independent ones: divided by the design effect.
    """
    if seen.accounts < policy.min_accounts:
        needed = f"{policy.min_accounts} are needed for an interval"
        return f"only {seen.accounts:.0f} accounts have {metric.denominator} on one side; {needed}"
    for side, expected in (("the group", seen.events), ("the rest", seen.events_rest)):
        if not expected >= policy.min_events:
            return (
                f"only {expected:.1f} independent events (or non-events) are expected in {side}; {policy.min_events} are needed"
            )
    if not all(math.isfinite(one) for one in (seen.difference, seen.low, seen.high)):
        return f"{metric.denominator} are missing on one side, so that the metric is undefined there"
    return ""
