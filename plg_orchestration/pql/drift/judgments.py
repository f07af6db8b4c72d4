"""Whether a distribution has drifted: an effect that matters, seen among enough accounts to be more than chance.

Numbers in, verdicts with their figures out. A comparison that could not have shown the limit is insufficient, not fine.
"""

import math
from dataclasses import dataclass
from typing import Literal

from plg_orchestration.pql.drift.policy import DriftPolicy

Judged = Literal["ok", "drifted", "insufficient"]


@dataclass(frozen=True)
class Side:
    """One side of a comparison: payers, how many independent rows theirs are worth, and the share of missing values."""

    accounts: int
    independent: float
    missing: float


@dataclass(frozen=True)
class Measure:
    """One figure of a comparison with the limit of the effect and what chance alone may reach; None where it has no figure."""

    name: str
    figure: float | None
    limit: float
    by_chance: float | None


@dataclass(frozen=True)
class Judgment:
    """The verdict on a subject, its reason in words and the measures behind it."""

    verdict: Judged
    reason: str
    measures: tuple[Measure, ...]

    def by_chance(self, name: str) -> float | None:
        """What chance alone may reach of the measure of that name; None without it."""
        return next((m.by_chance for m in self.measures if m.name == name), None)


INDEX, DISTANCE, MISSING = "population stability index", "largest distance", "change of the missing share"


def measured(
    *, index: float | None, distance: float | None, groups: int, now: Side, before: Side, alpha: float, policy: DriftPolicy
) -> tuple[Measure, ...]:
    """The measures of one subject, each judged at the error rate `alpha`.

    Without drift the index times n m / (n + m) is about chi-squared with groups - 1 degrees of freedom (n and m: independent rows
    with a value), and the distance times its root follows Kolmogorov's law, or less where values repeat.
    """
    from scipy.special import chdtri, kolmogi, ndtri

    known = [side.independent * (1 - side.missing) for side in (now, before)]
    size = known[0] * known[1] / sum(known) if min(known) > 0 else 0.0
    made: list[Measure] = []
    if groups > 1 and size:
        made.append(Measure(INDEX, index, policy.population_stability_index, float(chdtri(groups - 1, alpha)) / size))
    if distance is not None and size:
        made.append(Measure(DISTANCE, distance, policy.kolmogorov_smirnov, float(kolmogi(alpha)) / math.sqrt(size)))
    total = now.independent + before.independent
    if total > 0 and min(now.independent, before.independent) > 0:
        pooled = (now.missing * now.independent + before.missing * before.independent) / total
        error = math.sqrt(pooled * (1 - pooled) * (1 / now.independent + 1 / before.independent))
        change = now.missing - before.missing
        made.append(Measure(MISSING, abs(change), policy.missing_change, -float(ndtri(alpha / 2)) * error))
    return tuple(made)


def p_value(distance: float | None, now: Side, before: Side) -> float | None:
    """The chance of so large a distance of cumulative shares without drift, by Kolmogorov's law over independent rows."""
    known = [side.independent * (1 - side.missing) for side in (now, before)]
    if distance is None or min(known) <= 0:
        return None
    from scipy.special import kolmogorov

    return float(kolmogorov(distance * math.sqrt(known[0] * known[1] / sum(known))))


def judge(measures: tuple[Measure, ...], *, accounts: int, reference_accounts: int, policy: DriftPolicy) -> Judgment:
    """The verdict: `drifted` when a figure reaches both its limit and what chance may reach, `ok` when all stay below limits that
    the accounts could have shown, else `insufficient`.
    """
    fewest = min(accounts, reference_accounts)
    if fewest < policy.min_accounts:
        side = "tonight" if accounts == fewest else "in the reference"
        reason = f"{fewest} accounts {side}; {policy.min_accounts} are needed"
        return Judgment("insufficient", reason, measures)
    beyond = [m for m in measures if m.figure is not None and m.by_chance is not None and m.figure >= max(m.limit, m.by_chance)]
    if beyond:
        return Judgment("drifted", "; ".join(_said(m, "over") for m in beyond), measures)
    unclear = [m for m in measures if m.by_chance is not None and m.by_chance > m.limit]
    if unclear:
        reason = "; ".join(f"{_said(m, 'limit')}, but chance alone may reach {m.by_chance:.2f}" for m in unclear)
        return Judgment("insufficient", f"too few accounts: {reason}", measures)
    if not measures:
        return Judgment("insufficient", "no value is known on one of the sides", measures)
    return Judgment("ok", "; ".join(_said(m, "limit") for m in measures), measures)


def _said(measure: Measure, how: str) -> str:
    figure = "none" if measure.figure is None else f"{measure.figure:.2f}"
    return f"{measure.name} {figure}, {how} {measure.limit:.2f}"


def base_rate_measure(
    rate: float, variance: float, before: float, before_variance: float, *, alpha: float, policy: DriftPolicy
) -> Measure:
    """The change of the outcome's base rate: the limit is a ratio, so it lies farther away upward than downward."""
    from scipy.special import ndtri

    limit = before * (policy.base_rate_ratio - 1) if rate > before else before * (1 - 1 / policy.base_rate_ratio)
    by_chance = -float(ndtri(alpha / 2)) * math.sqrt(variance + before_variance)
    return Measure("change of the base rate", abs(rate - before), limit, by_chance)
