"""The windows in which claims are tested, how much data a verdict needs, and what was published.

Which claims there are and what they say is in `registry.py`; the packaged figures are in `config/defaults/kpis.yaml`.
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section

Days = Annotated[int, Field(ge=1, le=730)]
Count = Annotated[int, Field(ge=1)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class PublishedClaim(Section):
    """What was published: a range [low, high] in the claim's unit, `high` left out where only one figure was; and by whom."""

    low: float
    high: float | None = None
    source: Text = "published rule of thumb; its source is not stated"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high is not None and self.high < self.low:
            raise ValueError(f"low {self.low} is above high {self.high}; give the smaller figure as low")
        return self


class ClaimPolicy(Section):
    """When claims are tested.

    Members are those of the `cohort_days` days whose window is over. `landmark_days`: when who reached the key action is told
    apart; `conversion_days`: how long conversions count after that. `fast_days`: who counts as a fast converter, and
    `revenue_day`: the day after signup on which everybody's MRR is compared. `value_minutes`: what a short time to value is.
    `lead_days`: how long a lead has to pay. A comparison needs `min_units` on each side and `min_events` outcomes on each side.
    """

    cohort_days: Days = 180
    landmark_days: Days = 7
    conversion_days: Days = 60
    fast_days: Days = 3
    revenue_day: Days = 60
    value_minutes: Annotated[int, Field(ge=1, le=1440)] = 5
    lead_days: Days = 60
    min_units: Count = 30
    min_events: Count = 5
    published: Mapping[str, PublishedClaim] = Field(default_factory=dict[str, PublishedClaim])
