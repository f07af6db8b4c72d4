"""What earns points, the weighted formula, the hybrid's gate, what modifies them, and whom the product is for.

Triggers, clusters and suggestions are declared in `more_policy.py`.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.features.registry import CATEGORIES, MEASURES, feature
from plg_orchestration.pql.numbers import AtLeastOne, Share

COMPONENTS = ("action", "frequency", "recency", "volume", "team", "spending")
"""The components of the weighted formula, each from 0 to 100."""
MOST_CRITERIA = 62
"""Criteria met are kept as bits of one number."""

Operator = Literal[">=", ">", "<=", "<", "="]


class Decay(Section):
    """What `of` names fades: it counts for half after `half_life_days`; `age` is a registered feature that counts days."""

    of: Annotated[tuple[str, ...], Field(min_length=1)]
    age: str
    half_life_days: Annotated[float, Field(gt=0)]

    @field_validator("age")
    @classmethod
    def _in_days(cls, name: str) -> str:
        ages = [measure for measure in MEASURES if "days_since" in measure or measure == "tenure_days"]
        if name not in ages:
            raise ValueError(f"{name!r} is no age in days; take one of {', '.join(ages)}")
        return name

    @property
    def unknown_age(self) -> float:
        """The age that an unknown one counts as: what the registry says."""
        return feature(self.age).missing


class Norm(Section):
    """The volume of what `of` names is measured against the average of the user's own group by the attribute `by`.

    A group that is unknown or has fewer than `min_users` users is measured against everybody.
    """

    of: Annotated[tuple[str, ...], Field(min_length=1)]
    by: str
    min_users: AtLeastOne = 30

    @field_validator("by")
    @classmethod
    def _category(cls, name: str) -> str:
        if name not in CATEGORIES or feature(name).use != "scoring":
            allowed = [category for category in CATEGORIES if feature(category).use == "scoring"]
            raise ValueError(f"{name!r} is no attribute that may be used for scoring; take one of {', '.join(allowed)}")
        return name


class Modifiers(Section):
    """What context does to a formula; without entries, as published, nothing."""

    decay: tuple[Decay, ...] = ()
    norm: tuple[Norm, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.decay or self.norm)

    def check(self, decaying: Iterable[str], measured: Iterable[str]) -> None:
        """ValueError when an entry names something unknown (known is what may decay, and what has a volume) or names it twice."""
        for kind, entries, known in (("decay", self.decay, set(decaying)), ("norm", self.norm, set(measured))):
            named = [name for entry in entries for name in entry.of]
            for name in named:
                if name not in known:
                    raise ValueError(f"modifiers.{kind}: {name!r} cannot be modified; take one of {', '.join(sorted(known))}")
                if named.count(name) > 1:
                    raise ValueError(f"modifiers.{kind}: {name!r} stands in two entries; name it once")

    def decay_of(self, name: str) -> Decay | None:
        """The decay of the signal or component; None without one."""
        return next((entry for entry in self.decay if name in entry.of), None)

    def norm_of(self, name: str) -> Norm | None:
        """The norm that the signal's or component's volume is measured against; None without one."""
        return next((entry for entry in self.norm if name in entry.of), None)


class Criterion(Section):
    """One row of the points table: who has `feature` `operator` `threshold` earns `points`; of one `tier` the highest counts."""

    signal: str
    category: str
    criterion: str
    feature: str
    threshold: float
    points: Annotated[int, Field(ge=0)]
    operator: Operator = ">="
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
    criteria: Annotated[tuple[Criterion, ...], Field(max_length=MOST_CRITERIA)]
    modifiers: Modifiers = Modifiers()

    @field_validator("criteria")
    @classmethod
    def _distinct(cls, criteria: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        signals = [c.signal for c in criteria]
        twice = sorted({s for s in signals if signals.count(s) > 1})
        if twice:
            raise ValueError(f"signal {twice[0]!r} stands twice in rules.criteria; rename or remove one")
        return criteria

    @model_validator(mode="after")
    def _modifiable(self) -> "Rules":
        counts = [c.signal for c in self.criteria if feature(c.feature).type != "BOOLEAN"]
        self.modifiers.check((c.signal for c in self.criteria), counts)
        return self

    @property
    def most_points(self) -> int:
        """The points of a user who meets every criterion, of each tier the highest."""
        tiers: dict[str, int] = {}
        for criterion in self.criteria:
            if criterion.tier:
                tiers[criterion.tier] = max(tiers.get(criterion.tier, 0), criterion.points)
        return sum(c.points for c in self.criteria if not c.tier) + sum(tiers.values())


class Weighted(Section):
    """The weighted formula: weights of its components, and its constants; a score above `threshold` is a lead."""

    threshold: float
    key_features: AtLeastOne
    recency_days: Annotated[float, Field(gt=0)]
    weights: dict[str, Share]
    modifiers: Modifiers = Modifiers()

    @field_validator("weights")
    @classmethod
    def _complete(cls, weights: dict[str, float]) -> dict[str, float]:
        if set(weights) != set(COMPONENTS):
            raise ValueError(f"weights must name exactly {', '.join(COMPONENTS)}; they name {', '.join(sorted(weights))}")
        if abs(sum(weights.values()) - 1.0) > 1e-9:
            raise ValueError(f"weights add up to {sum(weights.values()):g}; make them add up to 1")
        return weights

    @model_validator(mode="after")
    def _modifiable(self) -> "Weighted":
        self.modifiers.check(COMPONENTS, ("volume",))
        return self


class Hybrid(Section):
    """Rules as the gate, a model as the order: who has `gate_points` or more comes before everybody else.

    On each side of the gate the order is the model's probability with weight `model_share`, and the points' share of all points
    with the rest. Without `gate_points` the gate is the points' own threshold.
    """

    gate_points: float | None = None
    model_share: Share


class Fit(Section):
    """The ideal customer profile: target company sizes and industries, compared without regard to case."""

    segments: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
