"""The `pql` section of a workspace's configuration: what earns points, who works which lead, when a model may take over.

Validation and the `config.*` tables stand here; bands of routes are in `bands.py`, and nothing is scored or decided.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.bands import Routing
from plg_orchestration.pql.registry import CATEGORIES, MEASURES

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Days = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
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


class Suppression(Section):
    """Who is left alone: contacted by the same team within `contacted_days`, rejected by sales within `rejected_days`."""

    contacted_days: Days
    rejected_days: Days


class Holdout(Section):
    """The share of accounts that is qualified but not contacted, drawn anew each quarter by a hash salted with `salt`."""

    share: Share
    salt: str


class Target(Section):
    """An outcome to predict: it counts when it happens in [cut + gap, cut + gap + horizon) days."""

    gap_days: Days
    horizon_days: AtLeastOne

    @property
    def window_days(self) -> int:
        """Days after the cut until the label is mature."""
        return self.gap_days + self.horizon_days


class OperatingPoint(Section):
    """The wanted precision and recall (at least) and false positive rate (at most), by conservative bounds."""

    precision: Share
    recall: Share
    false_positive_rate: Share


class Training(Section):
    """How candidates are trained: the grid of as-of dates, the split, the seeds and the least data that is enough."""

    seed: int
    cadence_days: AtLeastOne
    max_dates: AtLeastOne
    warmup_days: Days
    min_train_dates: AtLeastOne
    test_dates: AtLeastOne
    folds: Annotated[int, Field(ge=2)]
    regularization: Annotated[float, Field(gt=0)]
    max_rows: AtLeastOne
    min_train_positives: AtLeastOne
    capacity_share: Annotated[float, Field(gt=0, lt=1)]
    operating_point: OperatingPoint
    permutations: AtLeastOne
    bootstrap_rounds: AtLeastOne
    leakage_auc: Share


class PromotionPolicy(Section):
    """The limits of the promotion gates; `stale_days` is the age at which an incumbent need only be matched."""

    min_test_positives: AtLeastOne
    permutation_p: Share
    lift: float
    non_inferiority: Share
    calibration_error: Share
    cooldown_days: Days
    stale_days: Days


Status = Literal["protected", "monitored"]


class AuditedAttribute(Section):
    """An attribute whose groups are compared; `protected` ones gate promotion."""

    attribute: str
    status: Status


class BiasPolicy(Section):
    """The limits of the fairness audit and how its intervals are drawn."""

    seed: int
    attributes: tuple[AuditedAttribute, ...]
    parity_difference: Share
    parity_ratio: Share
    equal_opportunity_difference: Share
    min_group: AtLeastOne
    min_accounts: AtLeastOne
    min_events: AtLeastOne
    widest_detectable: Share
    widest_detectable_ratio: Share
    widest_detectable_opportunity: Share
    bootstrap_rounds: AtLeastOne
    buckets: AtLeastOne
    confidence: Annotated[float, Field(gt=0.5, lt=1)]

    def status(self, attribute: str) -> Status:
        """How the attribute is declared; one that is not declared is monitored."""
        declared: dict[str, Status] = {a.attribute: a.status for a in self.attributes}
        return declared.get(attribute, "monitored")


class PqlPolicy(Section):
    """Everything about product-qualified leads that a workspace may decide."""

    lookback_days: Annotated[int, Field(ge=31)]
    fit: Fit
    rules: Rules
    weighted: Weighted
    routing: Routing
    suppression: Suppression
    holdout: Holdout
    targets: dict[str, Target]
    training: Training
    promotion: PromotionPolicy
    bias: BiasPolicy

    @model_validator(mode="after")
    def _known_names(self) -> "PqlPolicy":
        if set(self.targets) != {"conversion"}:
            found = ", ".join(sorted(self.targets)) or "none"
            raise ValueError(f"targets: declare exactly the target 'conversion'; found {found}")
        for audited in self.bias.attributes:
            if audited.attribute not in CATEGORIES:
                raise ValueError(f"bias.attributes: {audited.attribute!r} is no attribute; take one of {', '.join(CATEGORIES)}")
        return self

    def config_tables(self) -> dict[str, pa.Table]:
        """The tables `rule_points`, `rule_routes`, `weights`, `sla_routes`, `route_capacity`, `fit` and `bias_attributes`."""
        fits = [("segment", v) for v in self.fit.segments] + [("industry", v) for v in self.fit.industries]
        points = [
            (c.criterion, c.category, c.signal, c.tier, c.feature, c.operator, c.threshold, c.points, place)
            for place, c in enumerate(self.rules.criteria, start=1)
        ]
        return {
            "rule_points": _rows(RULE_POINTS, points),
            "weights": _rows((("component", pa.string()), ("weight", pa.float64())), list(self.weighted.weights.items())),
            "fit": _rows((("kind", pa.string()), ("value", pa.string())), fits),
            "bias_attributes": _rows(
                (("attribute", pa.string()), ("status", pa.string())), [(a.attribute, a.status) for a in self.bias.attributes]
            ),
            "rule_routes": _rows(RULE_ROUTES, self.routing.points.rows()),
            "sla_routes": _rows(SLA_ROUTES, self.routing.matrix.as_rows()),
            "route_capacity": _rows(
                (("route", pa.string()), ("leads_per_day", pa.int32())), sorted(self.routing.capacity.items())
            ),
        }


RULE_POINTS = (
    ("criterion", pa.string()), ("category", pa.string()), ("signal", pa.string()), ("tier_group", pa.string()),
    ("feature", pa.string()), ("operator", pa.string()), ("threshold", pa.float64()), ("points", pa.int32()),
    ("priority", pa.int32()),
)  # fmt: skip
RULE_ROUTES = (
    ("priority", pa.int32()), ("gte", pa.float64()), ("lt", pa.float64()), ("route", pa.string()), ("action", pa.string()),
    ("sla_hours", pa.float64()),
)  # fmt: skip
SLA_ROUTES = (
    ("priority", pa.int32()), ("gte", pa.float64()), ("lt", pa.float64()), ("segment", pa.string()), ("team", pa.string()),
    ("sla_hours", pa.float64()),
)  # fmt: skip


def _rows(schema: tuple[tuple[str, pa.DataType], ...], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = [[row[place] for row in rows] for place in range(len(schema))]
    return pa.table([pa.array(values, kind) for values, (_, kind) in zip(columns, schema, strict=True)], pa.schema(list(schema)))
