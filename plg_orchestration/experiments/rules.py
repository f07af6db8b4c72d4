"""The declared rules of read-outs and rollouts: limits, corrections, stages, and what makes a rollout go back.

How they are applied is in `read_out.py` and `rollouts.py`; the experiments themselves are declared in `policy.py`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from plg_orchestration.config.section import Section

Share = Annotated[float, Field(gt=0.0, lt=1.0)]
Stage = Literal[10, 25, 50, 100]
STAGES: tuple[Stage, ...] = (10, 25, 50, 100)
"""Percent of the traffic, in the only order there is."""
SegmentName = Literal["device", "region", "language", "channel", "segment", "plan"]
"""What is known of each unit from before its exposure: of its signup, the size of its account (`segment`), and its plan."""


class ReadOutPolicy(Section):
    """When a read-out may speak, and by what it is judged.

    `split_alarm`: a sample ratio mismatch under this p-value stops the read-out. `judged_by`: `planned` looks once, when the
    planned units have come and `min_days` are over, by the ordinary interval; `sequential` looks every day by the always-valid
    one, which is tightest at `tuned_for` units of both arms together. Before that, and always for harm, only the always-valid
    interval counts. Each arm has `min_units`, of a rate `min_events` events
    and non-events, and `min_clusters` where units come in clusters, or there is no contrast.
    `correction` is over the secondary metrics; treatment arms of the primary one are always corrected by Holm, segments by
    Benjamini and Hochberg. After `max_days` an experiment without an effect should end. `segments` are those of experiments
    that declare no strata of their own.
    """

    alpha: Share = 0.05
    split_alarm: Share = 0.001
    judged_by: Literal["planned", "sequential"] = "planned"
    tuned_for: Annotated[int, Field(ge=10)] = 1000
    min_units: Annotated[int, Field(ge=2)] = 100
    min_events: Annotated[int, Field(ge=0)] = 5
    min_clusters: Annotated[int, Field(ge=2)] = 20
    min_days: Annotated[int, Field(ge=1)] = 28
    max_days: Annotated[int, Field(ge=1)] = 42
    correction: Literal["holm", "benjamini_hochberg"] = "holm"
    segments: tuple[SegmentName, ...] = ("device", "region", "plan")

    @model_validator(mode="after")
    def _ends_after_it_may(self) -> Self:
        if self.max_days < self.min_days:
            raise ValueError(f"max_days {self.max_days} is under min_days {self.min_days}; give at least as many")
        return self


class RolloutStage(Section):
    """A stage: percent of the traffic, and how many days after the start it may begin at the earliest."""

    traffic: Stage
    after_days: Annotated[int, Field(ge=0)]


class RolloutPolicy(Section):
    """The stages of a rollout, the criteria that send it back, and how long a post-mortem may take.

    `retention_drop`: the largest loss against control that is borne, as a share of units. `error_rate`: the largest share of
    the treated units' active days (or requests) with an error, of at least `min_units`. `feedback`: the lowest mean answer of
    10, of at least `min_answers`. Both are those of the last `evidence_days`. `ship_first`: all the traffic only when the
    read-out says ship.
    """

    stages: tuple[RolloutStage, ...] = (
        RolloutStage(traffic=10, after_days=0), RolloutStage(traffic=25, after_days=7),
        RolloutStage(traffic=50, after_days=14), RolloutStage(traffic=100, after_days=28),
    )  # fmt: skip
    retention_drop: Share = 0.03
    error_rate: Share = 0.10
    feedback: Annotated[float, Field(ge=0, le=10)] = 7.0
    min_units: Annotated[int, Field(ge=1)] = 100
    min_answers: Annotated[int, Field(ge=1)] = 30
    evidence_days: Annotated[int, Field(ge=1)] = 28
    ship_first: bool = True
    post_mortem_hours: Annotated[int, Field(ge=1)] = 48

    @model_validator(mode="after")
    def _every_stage_in_order(self) -> Self:
        named = tuple(stage.traffic for stage in self.stages)
        if named != STAGES:
            raise ValueError(f"stages are {', '.join(map(str, named)) or 'none'} %; list 10, 25, 50 and 100, none skipped")
        days = [stage.after_days for stage in self.stages]
        if days != sorted(set(days)):
            raise ValueError(f"after_days {days} do not rise; each stage begins later than the one before")
        return self
