"""How the formulas came to their figures for one person: every criterion with its points, and the weighted formula's parts.

Pure arithmetic over values that are handed in; the tables hold what the night computed, and both must agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plg_orchestration.pql.scorers.policy import COMPONENTS, Criterion, Operator, Rules, Weighted

EXACT = 1e-6
"""How far a recomputed figure may be from the recorded one, which is a binary number."""


@dataclass(frozen=True)
class Signal:
    """What a criterion saw: the value it compares (None when unknown), what time left of it, and context in words."""

    value: float | None
    factor: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Fired:
    """One criterion on one person: whether it is met, whether it counts (of one tier only the best does), and its points."""

    criterion: Criterion
    signal: Signal
    met: bool
    counts: bool
    points: float

    @property
    def outcome(self) -> str:
        """fired, not met, unknown, or a better tier counts."""
        if self.signal.value is None:
            return "unknown"
        if not self.met:
            return "not met"
        return "fired" if self.counts else "a better tier counts"


@dataclass(frozen=True)
class RuleTrace:
    """Every criterion in the order of the policy; `points` is their rounded sum, `recorded` what the night stored."""

    fired: tuple[Fired, ...]
    points: int
    recorded: int | None

    @property
    def agrees(self) -> bool:
        """Whether the points computed here are those of the night."""
        return self.recorded is not None and self.points == self.recorded


@dataclass(frozen=True)
class Component:
    """One part of the weighted formula: its value from 0 to 100, its weight, and their product."""

    name: str
    value: float
    weight: float

    @property
    def adds(self) -> float:
        """What it adds to the score."""
        return self.value * self.weight


@dataclass(frozen=True)
class WeightedTrace:
    """The six components; `score` is the sum of what they add, `recorded` what the night stored."""

    components: tuple[Component, ...]
    recorded: float

    @property
    def score(self) -> float:
        """The weighted sum."""
        return sum(component.adds for component in self.components)

    @property
    def agrees(self) -> bool:
        """Whether the parts add up to the night's score."""
        return abs(self.score - self.recorded) <= EXACT


def trace_rules(rules: Rules, signals: Sequence[Signal], *, recorded: int | None) -> RuleTrace:
    """The trace of the points table over one signal a criterion, in the order of `rules.criteria`."""
    judged = [(c, s, _holds(s.value, c.operator, c.threshold)) for c, s in zip(rules.criteria, signals, strict=True)]
    best: dict[str, int] = {}
    for place, (criterion, signal, met) in enumerate(judged):
        if met and criterion.tier:
            held = best.get(criterion.tier)
            if held is None or criterion.points * signal.factor > judged[held][0].points * judged[held][1].factor:
                best[criterion.tier] = place
    fired: list[Fired] = []
    for place, (criterion, signal, met) in enumerate(judged):
        counts = met and (not criterion.tier or best[criterion.tier] == place)
        fired.append(Fired(criterion, signal, met, counts, criterion.points * signal.factor if counts else 0.0))
    total = sum(one.points for one in fired)
    return RuleTrace(tuple(fired), int(total + 0.5), recorded)


def trace_weights(formula: Weighted, row: Mapping[str, Any]) -> WeightedTrace:
    """The trace of the weighted formula from the person's row of `pql.weighted_scores`."""
    components = tuple(Component(name, float(row[name]), formula.weights[name]) for name in COMPONENTS)
    return WeightedTrace(components, float(row["score"]))


def _holds(value: float | None, operator: Operator, threshold: float) -> bool:
    if value is None:
        return False
    return {
        ">=": value >= threshold, ">": value > threshold, "<=": value <= threshold, "<": value < threshold,
        "=": value == threshold,
    }[operator]  # fmt: skip
