"""Conditions on one figure, as people write them in the register: `>= 0.95`, `< 0.01`, `== 0`.

Parsing and comparing belong here; what a failed condition means is decided in `controls.py`.
"""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

FORM = re.compile(r"^\s*(>=|<=|==|>|<)\s*(-?\d+(?:\.\d+)?)\s*$")
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """A comparison with one limit, in the metric's own unit."""

    symbol: str
    limit: float

    def holds(self, value: float) -> bool:
        """Whether the value meets the condition; NaN meets none."""
        return not math.isnan(value) and OPERATORS[self.symbol](value, self.limit)

    def __str__(self) -> str:
        return f"{self.symbol} {self.limit:g}"


def parse_condition(text: str) -> Condition:
    """The condition that the text states; ValueError when it is not an operator and a number.

    >>> parse_condition(">= 0.95").holds(0.95)
    True
    """
    match = FORM.match(text)
    if match is None:
        raise ValueError(f"condition {text!r} cannot be read; write an operator and a number, such as '>= 0.95' or '== 0'")
    return Condition(match[1], float(match[2]))


def contradict(first: Condition, second: Condition) -> bool:
    """Whether some value meets both conditions: a value cannot pass and raise the alarm at once."""
    step = max(abs(first.limit - second.limit) / 2, 1e-6)
    probes = [c.limit + k * step for c in (first, second) for k in (-2, -1, 0, 1, 2)]
    return any(first.holds(value) and second.holds(value) for value in probes)
