"""The windows of the viral loop, its goals, and the figures of the published example and its sensitivity.

How the rows come about is SQL and `projection.py`; what stands here is configuration alone. How often anybody may invite is
declared once, with the limits of governance.
"""

from typing import Annotated

import pyarrow as pa
from pydantic import Field

from plg_orchestration.config.section import Section

Days = Annotated[int, Field(ge=1, le=365)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]

GOALS = pa.schema([("measure", pa.string()), ("goal", pa.float64())])


class Goals(Section):
    """What is aimed at: days until the first invite (less is better), share of accepted invites whose invitee activates."""

    time_to_invite: Amount = 7
    invite_to_activation: Share = 0.3


class Example(Section):
    """The published worked example: k = invites per user × share of invites accepted × share of these who activate."""

    invites_per_user: Amount = 3
    invite_conversion: Share = 0.4
    activation: Share = 0.7
    start: Annotated[int, Field(ge=0)] = 100
    revenue_per_user: Amount = 10


class Sensitivity(Section):
    """One invite conversion to try, and the 12-month multiplier that was printed for it."""

    invite_conversion: Share
    printed_arr_multiplier: Amount | None = None


class ViralityPolicy(Section):
    """The windows of the viral loop and the figures of its projection.

    `window_days` and `wait_days`: the viral coefficient covers the invites of so many days, each of which had so long to bring
    an activated user. `invite_days`: what a member does in so many days after signup counts for the cohort. `signup_months`:
    signups of so many calendar months are looked at. `ages`: the months of age by which k is shown. `months`: how far is
    projected. `revenue_per_user`: of the workspace, per user and month; without it its projection has no revenue.
    """

    window_days: Days = 30
    wait_days: Days = 14
    invite_days: Days = 30
    signup_months: Annotated[int, Field(ge=1, le=36)] = 12
    ages: Annotated[int, Field(ge=1, le=36)] = 12
    goals: Goals = Goals()
    months: Annotated[int, Field(ge=1, le=60)] = 12
    revenue_per_user: Amount | None = None
    example: Example = Example()
    sensitivity: tuple[Sensitivity, ...] = ()

    def config_tables(self) -> dict[str, pa.Table]:
        """`config.viral_goals(measure, goal)`."""
        rows = [{"measure": measure, "goal": goal} for measure, goal in self.goals.model_dump().items()]
        return {"viral_goals": pa.Table.from_pylist(rows, schema=GOALS)}
