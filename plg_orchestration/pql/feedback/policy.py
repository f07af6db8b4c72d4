"""How far back decisions are judged, and the least data from which a live figure says something."""

from typing import Annotated

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Share


class FeedbackPolicy(Section):
    """Live figures: the history that is judged, what may be lost against the gate's figures, and the least data."""

    history_days: Annotated[int, Field(ge=7)]
    weeks: AtLeastOne
    precision_loss: Share
    min_accounts: AtLeastOne
    min_holdout_accounts: AtLeastOne
    min_holdout_conversions: AtLeastOne
