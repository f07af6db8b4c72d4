"""The windows of golden path, friction, gates and prompts, and how much data a comparison needs.

How the rows come about is SQL; what stands here is configuration alone.
"""

from typing import Annotated, cast

import pyarrow as pa
from pydantic import AfterValidator, Field, model_validator

from plg_orchestration.config.canonical import ROLES
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section

Days = Annotated[int, Field(ge=1, le=365)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]
MASK_DAYS = 63
"""Days that the masks of `behavior.activity` look back."""

PATH_ROLES = pa.schema([("place", pa.int32()), ("role", pa.string()), ("name", pa.string())])
BUCKETS = pa.schema([
    ("kind", pa.string()), ("place", pa.int32()), ("low", pa.int64()), ("high", pa.int64()), ("bucket", pa.string()),
])  # fmt: skip


def _role(name: str) -> str:
    if name not in ROLES:
        raise ValueError(f"unknown role {name!r}; {choose(name, ROLES, what='roles')}")
    return name


def _rising(bounds: tuple[int, ...]) -> tuple[int, ...]:
    if list(bounds) != sorted(set(bounds)):
        raise ValueError(f"{list(bounds)} do not rise; list each bound once, the lowest first")
    return bounds


Bounds = Annotated[tuple[Count, ...], AfterValidator(_rising)]
"""Where a bucket begins: [2, 5] makes 0-1, 2-4 and 5+."""


class PathRole(Section):
    """A role whose events are steps; `name` says a step in a sentence, with `{item}` for the role's item."""

    role: Annotated[str, AfterValidator(_role)]
    name: Annotated[str, Field(min_length=1, max_length=80)]


class GoldenPath(Section):
    """Who is compared and which steps make the path.

    Members signed up on the `cohort_days` days that ended `stay_day` + `wait_days` days ago. Those who activated within
    `first_days` days and were active on day `stay_day` or later stayed. Steps count within `first_days` days of the signup.
    `min_members`: on each side; `min_users`: who took a step or transition at all. A step is on the path with the share
    `typical_share` of those who stayed; of more than `longest` the ones with the strongest lift are taken.
    """

    cohort_days: Days = 90
    first_days: Days = 14
    stay_day: Days = 30
    wait_days: Annotated[int, Field(ge=0, le=365)] = 14
    min_members: Count = 30
    min_users: Count = 20
    typical_share: Share = 0.5
    longest: Count = 6
    false_discovery_rate: Share = 0.05
    steps: tuple[PathRole, ...] = ()

    @model_validator(mode="after")
    def _no_leak(self) -> "GoldenPath":
        if self.first_days > self.stay_day:
            raise ValueError(
                f"first_days {self.first_days} is after stay_day {self.stay_day}; steps must lie before the days of staying"
            )
        roles = [step.role for step in self.steps]
        twice = sorted({role for role in roles if roles.count(role) > 1})
        if twice:
            raise ValueError(f"steps names the role {twice[0]!r} twice; keep one of the two")
        return self


class Friction(Section):
    """Members signed up on the `cohort_days` days whose `window_days` are over; `min_activated` on each side of a comparison."""

    cohort_days: Days = 90
    window_days: Days = 7
    min_activated: Count = 10


class Gates(Section):
    """First exposures of the last `exposure_days` days, what went before them in `lookback_days`, and upgrades within `windows`.

    `guidance_days`: guidance counts when it was first seen so soon after the signup. `sessions` and `core_events` are where
    the buckets of what went before begin.
    """

    exposure_days: Annotated[int, Field(ge=7, le=MASK_DAYS - 7)] = 46
    lookback_days: Days = 14
    guidance_days: Days = 7
    min_exposed: Count = 10
    windows: Bounds = (1, 7, 30)
    sessions: Bounds = (2, 5, 10)
    core_events: Bounds = (1, 3, 6, 11)


class Associations(Section):
    """Use in `usage_days` days against conversion in the `conversion_days` after them, within strata of tenure and segment.

    `tenure_days`: where the buckets of days since the signup begin. `min_units` used the feature and as many did not;
    `min_converted` converted at all.
    """

    usage_days: Days = 28
    conversion_days: Days = 30
    tenure_days: Bounds = (7, 30, 90)
    min_units: Count = 20
    min_converted: Count = 10
    false_discovery_rate: Share = 0.05

    @model_validator(mode="after")
    def _within_masks(self) -> "Associations":
        if self.usage_days + self.conversion_days > MASK_DAYS:
            raise ValueError(f"usage_days + conversion_days is {self.usage_days + self.conversion_days}; keep it to {MASK_DAYS}")
        return self


class PathPolicy(Section):
    """The windows of golden path, friction, gates and prompts."""

    golden_path: GoldenPath = GoldenPath()
    friction: Friction = Friction()
    gates: Gates = Gates()
    associations: Associations = Associations()

    def config_tables(self) -> dict[str, pa.Table]:
        """`path_roles` (roles whose events are steps, in order) and `path_buckets` (by kind: gate, timing, tenure)."""
        roles = [{"place": place, "role": s.role, "name": s.name} for place, s in enumerate(self.golden_path.steps, start=1)]
        buckets = [
            *_buckets("gate", self.gates.sessions, "sessions"), *_buckets("timing", self.gates.core_events, "core events"),
            *_buckets("tenure", self.associations.tenure_days, "days"),
        ]  # fmt: skip
        return {
            "path_roles": pa.Table.from_pylist(cast("list[dict[str, object]]", roles), schema=PATH_ROLES),
            "path_buckets": pa.Table.from_pylist(buckets, schema=BUCKETS),
        }


def _buckets(kind: str, bounds: tuple[int, ...], unit: str) -> list[dict[str, object]]:
    """The buckets that begin at 0 and at each bound, the last one open; `high` is the last number in it."""
    lows = [0, *bounds]
    highs: list[int | None] = [bound - 1 for bound in bounds]
    rows: list[dict[str, object]] = []
    for place, (low, high) in enumerate(zip(lows, [*highs, None], strict=True), start=1):
        span = f"{low}+" if high is None else f"{low}" if low == high else f"{low}-{high}"
        rows.append({"kind": kind, "place": place, "low": low, "high": high, "bucket": f"{span} {unit}"})
    return rows
