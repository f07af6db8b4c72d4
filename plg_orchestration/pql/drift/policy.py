"""From which effect a distribution counts as drifted, and how rarely chance may cause an alarm."""

from typing import Annotated, Literal

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Share


class DriftPolicy(Section):
    """The limits of the effects, the chance of a false alarm over a whole night, and what nights are held against.

    `reference`: `tested` rows are those on which the champion's promises rest; `trained` ones, on which it was fitted, are months
    older, so that in a growing product whatever ages with its users has drifted from the first night on.

    `false_alarm` is shared among all comparisons of a night (Bonferroni): with 0.001, a night without any drift raises one or
    more alarms at most once in a thousand nights. Formulas have no training; they are held against the night `formula_weeks`
    earlier, or the newest one stored in the `slack_days` before it.
    """

    reference: Literal["tested", "trained"]
    population_stability_index: Annotated[float, Field(gt=0)]
    kolmogorov_smirnov: Annotated[float, Field(gt=0, lt=1)]
    missing_change: Annotated[float, Field(gt=0, lt=1)]
    base_rate_ratio: Annotated[float, Field(gt=1)]
    false_alarm: Annotated[float, Field(gt=0, lt=1)]
    min_accounts: Annotated[int, Field(ge=20)]
    bins: Annotated[int, Field(ge=2, le=50)]
    reference_bins: Annotated[int, Field(ge=10, le=1000)]
    rare_category: Share
    formula_weeks: AtLeastOne
    slack_days: Annotated[int, Field(ge=0, le=27)]
