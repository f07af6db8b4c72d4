"""What a workspace may decide about the register over time: how breaches are counted, and the governance targets.

The packaged targets are `config/defaults/governance_targets.yaml`; a workspace's own are laid over them under
`governance.targets`. What a target's figure is on a day is in `targets.py`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from plg_orchestration.config.section import Section, default_document
from plg_orchestration.governance.conditions import parse_condition
from plg_orchestration.governance.registry import metric_names

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class LikelihoodPolicy(Section):
    """How observed breaches propose a likelihood.

    Days of the last `window_days` on which every mandatory control of a risk had data, or one had failed, are counted; under
    `minimum_days` of them nothing is proposed.
    """

    window_days: Annotated[int, Field(gt=0)] = 90
    minimum_days: Annotated[int, Field(gt=1)] = 30

    @model_validator(mode="after")
    def reachable(self) -> Self:
        """The window holds as many days as are needed."""
        if self.minimum_days > self.window_days:
            raise ValueError(f"minimum_days {self.minimum_days} do not fit into window_days {self.window_days}; lower one")
        return self


class Target(Section):
    """One governance target: as published, the area it comes from, and the figure that is held against it.

    The figure is a `metric` of the control metrics, or a `kpi` of the newest complete and mature `period`. `passes_when` holds
    all conditions that it must meet, in the figure's own unit; an `alert` target is published as the condition that raises an
    alarm, and passes when it is not met. Without a figure `missing` says what would have to be computed or recorded.
    """

    target: Text
    source_area: Text
    metric: Text | None = None
    kpi: Text | None = None
    period: Literal["day", "week", "month", "quarter"] = "month"
    passes_when: tuple[str, ...] = ()
    missing: Text | None = None

    @field_validator("metric")
    @classmethod
    def known_metric(cls, value: str | None) -> str | None:
        """The metric is one that the pipeline computes."""
        if value is not None and value not in metric_names():
            raise ValueError(f"unknown metric {value!r}; choose one of {', '.join(sorted(metric_names()))}")
        return value

    @field_validator("passes_when")
    @classmethod
    def readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """The conditions can be read; kept in their canonical form."""
        return tuple(str(parse_condition(text)) for text in value)

    @model_validator(mode="after")
    def one_figure(self) -> Self:
        """There is one figure with conditions, or a reason why there is none."""
        if sum(given is not None for given in (self.metric, self.kpi, self.missing)) != 1:
            raise ValueError(f"the target {self.target!r} needs exactly one of metric, kpi and missing")
        if (self.missing is None) != bool(self.passes_when):
            raise ValueError(f"the target {self.target!r} needs passes_when exactly when it has a figure")
        return self


def over_packaged(value: object) -> object:
    """A workspace's targets laid over the packaged ones, one by one."""
    if not isinstance(value, Mapping):
        return value
    given = cast("Mapping[str, Any]", value)
    return {**packaged(), **given}


@cache
def packaged() -> Mapping[str, Any]:
    """The packaged targets as plain data."""
    return default_document("governance_targets").data


Targets = Annotated[dict[str, Target], BeforeValidator(over_packaged), Field(validate_default=True)]
"""Targets by name; those of a workspace replace packaged ones of the same name."""
