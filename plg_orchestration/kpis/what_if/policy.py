"""The levers of the nightly what-if, the windows in which its inputs are measured, and what was published.

The model is in `model.py`; the packaged figures are in `config/defaults/kpis.yaml`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section

Lever = Literal["activation", "conversion", "viral_coefficient"]
Days = Annotated[int, Field(ge=1, le=730)]


class PublishedEffect(Section):
    """A published effect on ARR in a year: a range in percent, for a relative change of the lever in percent."""

    change: float
    low: float
    high: float
    source: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"low {self.low} is above high {self.high}; give the smaller figure as low")
        return self


class WhatIfPolicy(Section):
    """The levers with their relative change in percent, and how the inputs are measured.

    Users of `cohort_days` days whose landmark and conversion windows (those of the claims) are over; MRR kept over `churn_days`.
    `rounds` resamples of accounts under `seed` make the intervals; `min_events`: converted users on each side of activation.
    """

    levers: Mapping[Lever, Annotated[float, Field(ge=0, le=1000)]] = Field(default_factory=dict[Lever, float])
    cohort_days: Days = 120
    churn_days: Days = 90
    months: Annotated[int, Field(ge=1, le=60)] = 12
    rounds: Annotated[int, Field(ge=100, le=10_000)] = 500
    seed: int = 20_250
    min_events: Annotated[int, Field(ge=1)] = 10
    published: Mapping[Lever, PublishedEffect] = Field(default_factory=dict[Lever, PublishedEffect])
