"""Over which weeks live decisions and routing outcomes are audited, and when a group counts as treated unjustly."""

from typing import Annotated

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.numbers import AtLeastOne


class WeeklyBias(Section):
    """The windows of the weekly audit and the rarity of its alarms.

    `false_alarm` is the chance that a look at `scan_weeks` weeks blames any group where all are treated alike, over every group
    and period that is compared. `independent_trainings` are needed before a gap is called persistent.
    """

    decision_days: Annotated[int, Field(ge=1)]
    matured_weeks: AtLeastOne
    routing_weeks: AtLeastOne
    scan_weeks: Annotated[int, Field(ge=2)]
    scan_rounds: Annotated[int, Field(ge=199)]
    false_alarm: Annotated[float, Field(gt=0, lt=1)]
    history_trainings: AtLeastOne
    independent_trainings: Annotated[int, Field(ge=2)]
    bootstrap_rounds: AtLeastOne
    seed: int

    def sparing(self, policy: BiasPolicy) -> BiasPolicy:
        """The audit's policy with no more draws than a weekly look gets, so that nights stay short."""
        return policy.model_copy(update={"bootstrap_rounds": min(policy.bootstrap_rounds, self.bootstrap_rounds)})
