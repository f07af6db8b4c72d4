"""The `pql` section of a workspace's configuration, put together from the policies of its subjects.

The `config.*` tables that SQL reads stand here; nothing is scored or decided.
"""

from collections.abc import Sequence
from typing import Annotated

import pyarrow as pa
from pydantic import Field, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.accounts.policy import Accounts
from plg_orchestration.pql.bias.attributes import parts
from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.bias.weekly.policy import WeeklyBias
from plg_orchestration.pql.destinations.policy import Destinations, destination_tables
from plg_orchestration.pql.drift.policy import DriftPolicy
from plg_orchestration.pql.features.registry import CATEGORIES
from plg_orchestration.pql.feedback.policy import FeedbackPolicy
from plg_orchestration.pql.mitigation.policy import MitigationPolicy
from plg_orchestration.pql.promotion.policy import PromotionPolicy
from plg_orchestration.pql.routing.bands import Routing
from plg_orchestration.pql.routing.policy import Holdout, Suppression
from plg_orchestration.pql.scorers.more_policy import Clusters, Suggestions, Triggers
from plg_orchestration.pql.scorers.policy import Fit, Hybrid, Rules, Weighted
from plg_orchestration.pql.targets.policy import Target
from plg_orchestration.pql.training.policy import Training
from plg_orchestration.sending.policy import Host


class PqlPolicy(Section):
    """Everything about product-qualified leads that a workspace may decide."""

    lookback_days: Annotated[int, Field(ge=31)]
    fit: Fit
    rules: Rules
    weighted: Weighted
    hybrid: Hybrid
    triggers: Triggers
    clusters: Clusters
    suggestions: Suggestions
    routing: Routing
    suppression: Suppression
    holdout: Holdout
    targets: dict[str, Target]
    accounts: Accounts
    training: Training
    promotion: PromotionPolicy
    bias: BiasPolicy
    weekly_bias: WeeklyBias
    mitigation: MitigationPolicy
    drift: DriftPolicy
    feedback: FeedbackPolicy
    destination_hosts: tuple[Host, ...]
    destinations: Destinations

    @model_validator(mode="after")
    def _known_names(self) -> "PqlPolicy":
        if "conversion" not in self.targets:
            found = ", ".join(sorted(self.targets)) or "none"
            raise ValueError(f"targets: declare the target 'conversion'; found {found}")
        others = ", ".join(sorted(name for name, target in self.targets.items() if target.nightly and name != "conversion"))
        if others:
            raise ValueError(f"targets: the night trains and routes 'conversion' alone; remove nightly from {others}")
        for name in sorted({part for audited in self.bias.attributes for part in parts(audited.attribute)} - set(CATEGORIES)):
            raise ValueError(f"bias.attributes: {name!r} is no attribute; take one of {', '.join(CATEGORIES)}")
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
            **self.triggers.config_tables(),
            **destination_tables(self.destinations),
            "rule_routes": _rows(RULE_ROUTES, self.routing.points.rows()),
            "sla_routes": _rows(SLA_ROUTES, self.routing.matrix.as_rows()),
            "route_capacity": _rows(
                (("route", pa.string()), ("leads_per_day", pa.int32())), sorted(self.routing.capacity.items())
            ),
            "contact_outcomes": _rows((("outcome", pa.string()),), [(o,) for o in sorted(set(self.routing.sla.contacts))]),
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
