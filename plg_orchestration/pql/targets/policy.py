"""The declaration of an outcome to predict: for whom, what counts, and when."""

from typing import Literal

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Days

Population = Literal["free", "paying"]
"""`free`: the account neither pays nor is in a sales conversation; `paying`: it pays."""
Outcome = Literal["paid", "expansion"]
"""`paid`: the account begins to pay; `expansion`: its recurring revenue grows."""


class Target(Section):
    """An outcome to predict: it counts when it happens in [cut + gap, cut + gap + horizon) days.

    Rows are users of the population; the outcome is their account's (their own without one), so intervals are clustered by
    account. The night trains, scores and routes the target that is `nightly`; every other has labels and can be trained, judged
    and scored by the same calls with its name as `target`.
    """

    population: Population
    outcome: Outcome
    gap_days: Days
    horizon_days: AtLeastOne
    nightly: bool = False

    @property
    def window_days(self) -> int:
        """Days after the cut until the label is mature."""
        return self.gap_days + self.horizon_days
