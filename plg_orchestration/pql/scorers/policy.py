"""What earns points, the weighted formula and whom the product is for."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.features.registry import MEASURES
from plg_orchestration.pql.numbers import AtLeastOne, Share

COMPONENTS = ("action", "frequency", "recency", "volume", "team", "spending")
"""The components of the weighted formula, each from 0 to 100."""


class Criterion(Section):
    """One row of the points table: who has `feature` `operator` `threshold` earns `points`; of one `tier` the highest counts."""

    signal: str
    category: str
    criterion: str
    feature: str
    threshold: float
    points: Annotated[int, Field(ge=0)]
    operator: Literal[">=", ">", "<=", "<", "="] = ">="
    tier: str = ""

    @field_validator("feature")
    @classmethod
    def _registered(cls, name: str) -> str:
        if name not in MEASURES:
            raise ValueError(f"feature {name!r} cannot be counted; take one of {', '.join(MEASURES)}")
        return name


class Rules(Section):
    """Points: a user with `threshold` points or more is a product-qualified lead."""

    threshold: float
    criteria: tuple[Criterion, ...]

    @field_validator("criteria")
    @classmethod
    def _distinct(cls, criteria: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        signals = [c.signal for c in criteria]
        twice = sorted({s for s in signals if signals.count(s) > 1})
        if twice:
            raise ValueError(f"signal {twice[0]!r} stands twice in rules.criteria; rename or remove one")
        return criteria


class Weighted(Section):
    """The weighted formula: weights of its components, and its constants; a score above `threshold` is a lead."""

    threshold: float
    key_features: AtLeastOne
    recency_days: Annotated[float, Field(gt=0)]
    weights: dict[str, Share]

    @field_validator("weights")
    @classmethod
    def _complete(cls, weights: dict[str, float]) -> dict[str, float]:
        if set(weights) != set(COMPONENTS):
            raise ValueError(f"weights must name exactly {', '.join(COMPONENTS)}; they name {', '.join(sorted(weights))}")
        if abs(sum(weights.values()) - 1.0) > 1e-9:
            raise ValueError(f"weights add up to {sum(weights.values()):g}; make them add up to 1")
        return weights


class Fit(Section):
    """The ideal customer profile: target company sizes and industries, compared without regard to case."""

    segments: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
