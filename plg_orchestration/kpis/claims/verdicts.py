"""What an interval says about a published range: a pure rule that names its reason.

The figures come from `estimates.py`.
"""

import math
from dataclasses import dataclass
from typing import Literal

from plg_orchestration.kpis.claims.registry import Rule

Verdict = Literal["holds", "does_not_hold", "too_little_data", "unavailable"]


@dataclass(frozen=True)
class Judgment:
    """The verdict on one claim, and why."""

    verdict: Verdict
    reason: str


def judge(low: float, high: float, *, published_low: float, published_high: float | None, rule: Rule, none: float) -> Judgment:
    """The verdict on an interval [low, high] against a published range.

    `at_least`: holds when the whole interval is at or above the low end, does not when the whole of it is below; `within`: holds
    when the whole interval is in the range, does not when the whole of it is outside. Else there is too little data. So, with a
    truth on the low end itself, each of the two verdicts is given in about 2.5 % of all cases. `none` is the figure of no effect
    (1 for a ratio, 0 for a lift, NaN where there is none), by which a smaller effect is told from no effect.
    """
    if math.isnan(low) or math.isnan(high):
        return Judgment("too_little_data", "no interval can be formed")
    top = published_low if published_high is None else published_high
    if rule == "within" and low > top:
        return Judgment("does_not_hold", "the whole interval lies above the published range")
    if high < published_low:
        less = "" if math.isnan(none) else ": there is an effect, but a smaller one" if low > none else ""
        if high < none:
            less = ": the difference goes the other way"
        return Judgment("does_not_hold", f"the whole interval lies below what was published{less}")
    if low >= published_low and (rule == "at_least" or high <= top):
        said = "above" if low > top else "at or above the low end of" if high > top else "within"
        return Judgment("holds", f"the whole interval lies {said} what was published")
    return Judgment("too_little_data", "the interval holds figures that fit what was published and figures that do not")
