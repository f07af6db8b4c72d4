"""What stands beside the scores: trigger rules, behavioral clusters and the suggestion of points."""

from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.features.registry import MEASURES, feature
from plg_orchestration.pql.numbers import AtLeastOne
from plg_orchestration.pql.scorers.policy import Operator

COUNTS = (
    "active_days", "qualifying_events", "core_events", "sessions", "items_created", "collaborations", "invites_sent",
    "invites_accepted", "limit_hits", "pricing_views", "premium_attempts", "help_views", "errors_shown",
)  # fmt: skip
"""What a condition may count over any window: active days, and the counts of `behavior.user_days`."""
LONGEST_WINDOW = 60


class Condition(Section):
    """One condition of a trigger: a count over the last `days` days, uses of `core_features` likewise, or a registered feature.

    `count` is one of `COUNTS`; `core_features` are items of the mapping, any of which counts; a `feature` has its own window.
    `said` is how it is told, made from the names when empty.
    """

    operator: Operator = ">="
    value: float
    count: str | None = None
    core_features: tuple[str, ...] = ()
    feature: str | None = None
    days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW)] | None = None
    said: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> "Condition":
        if sum((self.count is not None, bool(self.core_features), self.feature is not None)) != 1:
            raise ValueError("a condition looks at exactly one of count, core_features and feature; leave the others out")
        if (self.days is None) != (self.feature is not None):
            raise ValueError("days is the window of count and core_features, and a feature has its own; correct days")
        if self.count is not None and self.count not in COUNTS:
            raise ValueError(f"{self.count!r} is not counted; take one of {', '.join(COUNTS)}")
        if self.feature is not None and self.feature not in MEASURES:
            raise ValueError(f"feature {self.feature!r} cannot be counted; take one of {', '.join(MEASURES)}")
        return self

    @property
    def kind(self) -> Literal["count", "core_features", "feature"]:
        """Which of the three it looks at."""
        return "count" if self.count is not None else "core_features" if self.core_features else "feature"

    @property
    def spoken(self) -> str:
        """What it looks at, in words, with the window."""
        if self.said:
            return self.said
        if self.feature is not None:
            return feature(self.feature).said or self.feature.replace("_", " ")
        name = (self.count or f"uses of {' or '.join(self.core_features)}").replace("_", " ")
        return f"{name} in {self.days} days"


class Trigger(Section):
    """A rule beside the points: who meets all conditions of `when` on a day; `rule` says it in words."""

    name: str
    rule: str
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]


class Triggers(Section):
    """The trigger rules, each with a name of its own."""

    rules: tuple[Trigger, ...] = ()

    @field_validator("rules")
    @classmethod
    def _distinct(cls, rules: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
        names = [rule.name for rule in rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"trigger {twice[0]!r} stands twice in triggers.rules; rename or remove one")
        return rules

    def config_tables(self) -> dict[str, pa.Table]:
        """`trigger_conditions`, numbered through all triggers, and `trigger_items` with the core features of a condition."""
        conditions: list[dict[str, object]] = []
        items: list[dict[str, object]] = []
        for trigger in self.rules:
            for asked in trigger.when:
                row: dict[str, object] = {
                    "trigger": trigger.name, "rule": trigger.rule, "conditions": len(trigger.when), "kind": asked.kind,
                    "condition": len(conditions) + 1, "measure": asked.count or asked.feature or "", "days": asked.days,
                    "operator": asked.operator, "threshold": asked.value, "said": asked.spoken,
                }  # fmt: skip
                conditions.append(row)
                for item in asked.core_features:
                    items.append({"condition": len(conditions), "item": item})
        return {
            "trigger_conditions": pa.Table.from_pylist(conditions, TRIGGER_CONDITIONS),
            "trigger_items": pa.Table.from_pylist(items, TRIGGER_ITEMS),
        }

    @property
    def features(self) -> tuple[str, ...]:
        """The registered features that the conditions read, in alphabetical order."""
        return tuple(sorted({c.feature for rule in self.rules for c in rule.when if c.feature is not None}))

    @property
    def longest_window(self) -> int:
        """Days of activity that the conditions look back over, 0 without any."""
        return max((c.days or 0 for rule in self.rules for c in rule.when), default=0)

    def unmapped(self, items: set[str]) -> list[str]:
        """Triggers that cannot fire, since a condition counts core features of which the mapping (`items`) has none."""
        return [
            rule.name for rule in self.rules if any(c.core_features and not items & set(c.core_features) for c in rule.when)
        ]  # fmt: skip


class Clusters(Section):
    """Behavioral clusters: k-means on the logarithms of `usage`, standardized, fitted every `refit_days` days.

    The number of clusters from `fewest` to `most` with the best silhouette is taken, on at most `silhouette_rows` of at most
    `sample_rows` users. A new cluster whose center is within `match_distance` standard deviations a feature (root mean square) of
    an old one keeps its id and name. With fewer than `min_users` users nothing is fitted.
    """

    usage: Annotated[tuple[str, ...], Field(min_length=2)]
    fewest: Annotated[int, Field(ge=2)]
    most: AtLeastOne
    sample_rows: AtLeastOne
    silhouette_rows: AtLeastOne
    refit_days: AtLeastOne
    match_distance: Annotated[float, Field(gt=0)]
    min_users: AtLeastOne
    seed: int

    @field_validator("usage")
    @classmethod
    def _registered(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in MEASURES or feature(name).type == "BOOLEAN" or feature(name).use != "scoring":
                raise ValueError(f"{name!r} is no usage that can be clustered; take counts that may be used for scoring")
        return names

    @model_validator(mode="after")
    def _ordered(self) -> "Clusters":
        if self.most < self.fewest:
            raise ValueError(f"most {self.most} is below fewest {self.fewest}; correct one of them")
        return self


class Suggestions(Section):
    """How points are suggested from outcomes: over `dates` of the training dates, evenly spread.

    Points of a criterion that fewer than `min_met` rows meet stay. Users who activated are ranked by `ranked_by`; the `top_share`
    of them is who the criteria are compared with. Suggested points are multiples of `step`; `regularization` holds back criteria
    that little is known of.
    """

    dates: AtLeastOne
    top_share: Annotated[float, Field(gt=0, lt=1)]
    ranked_by: str
    min_met: AtLeastOne
    min_converting: AtLeastOne
    step: AtLeastOne
    regularization: Annotated[float, Field(gt=0)]
    bootstrap_rounds: AtLeastOne
    seed: int

    @field_validator("ranked_by")
    @classmethod
    def _registered(cls, name: str) -> str:
        if name not in MEASURES:
            raise ValueError(f"feature {name!r} cannot be ranked by; take one of {', '.join(MEASURES)}")
        return name


TRIGGER_CONDITIONS = pa.schema([
    ("trigger", pa.string()), ("rule", pa.string()), ("conditions", pa.int32()), ("condition", pa.int32()), ("kind", pa.string()),
    ("measure", pa.string()), ("days", pa.int32()), ("operator", pa.string()), ("threshold", pa.float64()), ("said", pa.string()),
])  # fmt: skip
TRIGGER_ITEMS = pa.schema([("condition", pa.int32()), ("item", pa.string())])
