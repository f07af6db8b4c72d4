"""The thresholds by which accounts and users are told apart, and the published cohort segments.

How the rows come about is SQL; what stands here is configuration alone. The packaged figures are in
`config/defaults/segments.yaml`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, StringConstraints, field_validator, model_validator

from plg_orchestration.config.section import Section

Touch = Literal["risk_touch", "high_touch", "tech_touch"]
CohortSegment = Literal[
    "new_signup_high_engagement", "new_signup_low_engagement", "reactivated_free", "referral_driven", "mobile_first",
    "enterprise_trial_drop_in", "overall",
]  # fmt: skip
Measure = Literal["activation_24h_pct", "free_to_paid_pct", "avg_days_to_first_key_action", "arpu_delta_per_month"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Percentile = Annotated[float, Field(gt=0, lt=100)]
Share = Annotated[float, Field(gt=0, le=1)]

MEASURES: Mapping[str, tuple[str, str]] = {
    "activation_24h_pct": ("percent", "higher"), "free_to_paid_pct": ("percent", "higher"),
    "avg_days_to_first_key_action": ("days", "lower"), "arpu_delta_per_month": ("amount per month", "higher"),
}  # fmt: skip
"""Each measure of a cohort segment with its unit and the direction that is better."""

MOBILE_DEVICES = pa.schema([("device", pa.string())])
REFERRAL_CHANNELS = pa.schema([("channel", pa.string())])
COHORT_BENCHMARKS = pa.schema([
    ("place", pa.int32()), ("cohort_segment", pa.string()), ("measure", pa.string()), ("unit_of_measure", pa.string()),
    ("better", pa.string()), ("benchmark", pa.float64()), ("currency", pa.string()), ("source", pa.string()),
])  # fmt: skip


class ChampionPolicy(Section):
    """When an account depends on one user: the usage that counts, the share that makes a champion, and when silence is one."""

    window_days: Annotated[int, Field(ge=1, le=28)] = 14
    share: Annotated[float, Field(gt=0.5, le=1)] = 0.80
    silent_days: Annotated[int, Field(ge=1, le=28)] = 7


class CohortSegmentPolicy(Section):
    """Who belongs to the published cohort segments, the windows of their measures, and the published figures.

    A figure that the publication does not give is left out of `benchmarks`.
    """

    weeks: Annotated[int, Field(ge=1, le=104)] = 26
    engagement_days: Annotated[int, Field(ge=1, le=28)] = 7
    quiet_days: Annotated[int, Field(ge=7, le=180)] = 30
    trial_days: Annotated[int, Field(ge=1, le=90)] = 30
    action_days: Annotated[int, Field(ge=1, le=90)] = 30
    paid_days: Annotated[int, Field(ge=1, le=90)] = 30
    mobile_devices: tuple[Text, ...] = ()
    referral_channels: tuple[Text, ...] = ()
    source: Text = "Freemium cohort table"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    benchmarks: Mapping[CohortSegment, Mapping[Measure, float]] = Field(
        default_factory=dict[CohortSegment, Mapping[Measure, float]]
    )


class SegmentPolicy(Section):
    """The key `segments` of a workspace: thresholds of high, tech and risk touch, champions, zombies and cohort segments.

    `precedence` decides between segments that hold at once; every one of the three stands in it once. Percentiles are ranks
    among the workspace's own units of the same kind: (units with less + half of those with as much, itself included) / units.
    """

    window_days: Annotated[int, Field(ge=7, le=28)] = 28
    min_age_days: Annotated[int, Field(ge=8, le=180)] = 42
    min_core_events: Annotated[int, Field(ge=1, le=10_000)] = 5
    depth_percentile: Percentile = 70
    breadth_percentile: Percentile = 70
    core_drop: Share = 0.30
    precedence: tuple[Touch, ...] = ("risk_touch", "high_touch", "tech_touch")
    champion: ChampionPolicy = ChampionPolicy()
    zombie_after_days: Annotated[int, Field(ge=1, le=365)] = 7
    cohorts: CohortSegmentPolicy = CohortSegmentPolicy()

    @field_validator("precedence")
    @classmethod
    def _each_once(cls, order: tuple[Touch, ...]) -> tuple[Touch, ...]:
        if sorted(order) != ["high_touch", "risk_touch", "tech_touch"]:
            raise ValueError(f"{', '.join(order) or 'nothing'}: name risk_touch, high_touch and tech_touch once each, first wins")
        return order

    @model_validator(mode="after")
    def _old_enough(self) -> Self:
        if self.min_age_days < self.window_days:
            raise ValueError(
                f"min_age_days {self.min_age_days} is less than window_days {self.window_days}: "
                "nothing would lie before the window; raise it"
            )
        return self

    def parameters(self) -> dict[str, object]:
        """The bound parameters of the SQL files: every threshold by name; places say which segment goes first."""
        places: dict[str, object] = {f"{name}_place": place for place, name in enumerate(self.precedence, start=1)}
        return places | {
            "window_days": self.window_days, "min_age_days": self.min_age_days, "min_core_events": self.min_core_events,
            "depth_percentile": self.depth_percentile, "breadth_percentile": self.breadth_percentile,
            "core_drop": self.core_drop, "champion_days": self.champion.window_days, "champion_share": self.champion.share,
            "silent_days": self.champion.silent_days, "zombie_after_days": self.zombie_after_days,
        }  # fmt: skip

    def cohort_parameters(self) -> dict[str, object]:
        """The bound parameters of the cohort segments' SQL files: their windows."""
        names = ("weeks", "engagement_days", "quiet_days", "trial_days", "action_days", "paid_days")
        return {name: getattr(self.cohorts, name) for name in names}

    def config_tables(self) -> dict[str, pa.Table]:
        """`mobile_devices` and `referral_channels` (lower case), and `cohort_segment_benchmarks`.

        The last has a row for every cohort segment and measure, in the published order; what was not published is null.
        """
        devices = [{"device": name} for name in dict.fromkeys(device.lower() for device in self.cohorts.mobile_devices)]
        channels = [{"channel": name} for name in dict.fromkeys(name.lower() for name in self.cohorts.referral_channels)]
        return {
            "mobile_devices": pa.Table.from_pylist(devices, schema=MOBILE_DEVICES),
            "referral_channels": pa.Table.from_pylist(channels, schema=REFERRAL_CHANNELS),
            "cohort_segment_benchmarks": pa.Table.from_pylist(self._benchmarks(), schema=COHORT_BENCHMARKS),
        }

    def _benchmarks(self) -> list[dict[str, object]]:
        published = {
            (str(segment), str(measure)): figure
            for segment, figures in self.cohorts.benchmarks.items() for measure, figure in figures.items()
        }  # fmt: skip
        return [
            {
                "place": place, "cohort_segment": segment, "measure": measure, "unit_of_measure": unit, "better": better,
                "benchmark": published.get((segment, measure)),
                "currency": self.cohorts.currency if measure == "arpu_delta_per_month" else None,
                "source": self.cohorts.source,
            }
            for place, segment in enumerate(CohortSegment.__args__, start=1) for measure, (unit, better) in MEASURES.items()
        ]  # fmt: skip
