"""The activation section: the milestone as a rule, the inputs and weights of the activation score, and its trigger.

The rule itself is in `rule.py`; how rows come about is SQL, and what stands here is configuration alone.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, cast

import pyarrow as pa
from pydantic import Field, field_validator

from plg_orchestration.cohorts.activation.rule import CONDITIONS, RULES, Milestone
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.config.taxonomy import Name, Taxonomy

INPUTS = ("progress", "workflow", "collaboration")
"""The inputs of the activation score, each from 0 to 100."""
SHARED = ("invite_sent", "collaboration", "second_active_user")
"""What makes up the input collaboration."""

Points = Annotated[float, Field(ge=0, le=100)]
AtLeastOne = Annotated[int, Field(ge=1)]
STEP_WEIGHTS = pa.schema([("item", pa.string()), ("weight", pa.float64())])
SEGMENTS = pa.schema([("segment", pa.string())])


def _named(given: Mapping[str, float], names: tuple[str, ...], key: str) -> None:
    if set(given) != set(names):
        raise ValueError(f"{key} must name exactly {', '.join(names)}; it names {', '.join(sorted(given)) or 'nothing'}")
    if sum(given.values()) <= 0:
        raise ValueError(f"{key} are all 0; give one of them a positive number")


class Retained(Section):
    """Who counts as retained: active on one of the `days` days that begin with day `day` after the signup's day."""

    day: AtLeastOne
    days: AtLeastOne

    @property
    def mature_after(self) -> int:
        """Days after the signup's day until it is known who was retained."""
        return self.day + self.days - 1


class Reference(Section):
    """The level of core events by age: of retained users who signed up in `cohort_days` mature days.

    With fewer than `minimum` of them it is `core_events_per_day` × days since the signup's day began, and at least 1.
    """

    cohort_days: AtLeastOne
    minimum: AtLeastOne
    core_events_per_day: Annotated[float, Field(gt=0)]


class Learning(Section):
    """How weights are learned: from inputs at the end of day `age_days`, over `cohort_days` mature days of signups.

    At least `minimum` users and `minimum_class` of each outcome are needed; intervals come from `draws` seeded draws.
    """

    age_days: AtLeastOne
    cohort_days: AtLeastOne
    minimum: AtLeastOne
    minimum_class: AtLeastOne
    draws: Annotated[int, Field(ge=100, le=100_000)]
    seed: int


class Trigger(Section):
    """A user who has never reached the threshold triggers from `hours` after signup on, for `cooldown_days` days."""

    hours: AtLeastOne
    cooldown_days: AtLeastOne


class HighPotential(Section):
    """Accounts worth a human: of one of the `segments`, with `members` users, or (`ideal`) of the ideal customer profile."""

    segments: tuple[Name, ...]
    members: AtLeastOne
    ideal: bool


class Shifts(Section):
    """Weeks that differ: `false_discovery` is the tolerated share of false findings, `minimum` the least signups of a cell."""

    false_discovery: Annotated[float, Field(gt=0, lt=1)]
    minimum: AtLeastOne


class ActivationPolicy(Section):
    """The activation milestone as a rule, the inputs and weights of the activation score, and its trigger.

    Without `milestone` the event of the role `activation` is the milestone. The score follows users for `window_days` days
    and is kept by age for the last `cohort_weeks` weeks of signups.
    """

    milestone: Milestone | None = None
    window_days: Annotated[int, Field(ge=1, le=60)]
    cohort_weeks: Annotated[int, Field(ge=1, le=26)]
    threshold: Annotated[float, Field(gt=0, le=100)]
    weights: dict[str, Points]
    collaboration: dict[str, Points]
    step_weights: dict[Name, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    retained: Retained
    reference: Reference
    learning: Learning
    trigger: Trigger
    high_potential: HighPotential
    shifts: Shifts

    @field_validator("weights")
    @classmethod
    def _weights(cls, given: dict[str, float]) -> dict[str, float]:
        _named(given, INPUTS, "weights")
        if abs(sum(given.values()) - 1.0) > 1e-9:
            raise ValueError(f"weights add up to {sum(given.values()):g}; make them add up to 1")
        return given

    @field_validator("collaboration")
    @classmethod
    def _collaboration(cls, given: dict[str, float]) -> dict[str, float]:
        _named(given, SHARED, "collaboration")
        return given

    def faults(self, taxonomy: Taxonomy) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        """What names something that the mapping does not have: the key's path, the fault and the remedy."""
        items = {role: {entry.item or entry.event for entry in entries} for role, entries in taxonomy.roles.items()}
        for role, item in self.milestone.named if self.milestone else ():
            at = ("activation", "milestone")
            if role not in items:
                yield at, f"the rule counts the role {role!r}, which no event plays", f"map an event to roles.{role}, or name one"
            elif item is not None and item not in items[role]:
                yield at, f"the rule counts {item!r}, which is no item of {role}", choose(item, items[role], what="items")
        steps = items.get("onboarding_step", set())
        for item in self.step_weights:
            if item not in steps:
                at = ("activation", "step_weights", item)
                yield at, f"{item!r} is no onboarding step", choose(item, steps, what="onboarding steps")

    def config_tables(self) -> dict[str, pa.Table]:
        """`activation_conditions` and `activation_rules` (empty without a rule), `activation_steps` and `activation_segments`."""
        conditions = self.milestone.condition_rows() if self.milestone else []
        rules = self.milestone.rule_rows() if self.milestone else []
        segments = [{"segment": segment} for segment in self.high_potential.segments]
        steps = cast("list[dict[str, object]]", [{"item": item, "weight": weight} for item, weight in self.step_weights.items()])
        return {
            "activation_conditions": pa.Table.from_pylist(conditions, schema=CONDITIONS),
            "activation_rules": pa.Table.from_pylist(rules, schema=RULES),
            "activation_steps": pa.Table.from_pylist(steps, schema=STEP_WEIGHTS),
            "activation_segments": pa.Table.from_pylist(segments, schema=SEGMENTS),
        }
