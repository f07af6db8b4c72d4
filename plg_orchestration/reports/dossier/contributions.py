"""A model's exact reasons for one person, computed anew: what each input adds to the log-odds, and whether that is the score.

The model is loaded by the digest that was recorded when it was judged; a file that has another is never executed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plg_orchestration.pql.promotion.ledger import ChampionModel
from plg_orchestration.pql.training.artifacts import UntrustedModel
from plg_orchestration.reports.dossier.trace import EXACT


@dataclass(frozen=True)
class Contribution:
    """What one input adds to the log-odds, against the average user."""

    input: str
    value: object
    adds: float


@dataclass(frozen=True)
class Contributions:
    """The parts, the strongest first; with `baseline` they add up to `log_odds`, whose probability × 100 is `score`."""

    parts: tuple[Contribution, ...]
    baseline: float
    log_odds: float
    reasons: str
    recorded: float

    @property
    def total(self) -> float:
        """Baseline and parts together."""
        return self.baseline + math.fsum(part.adds for part in self.parts)

    @property
    def score(self) -> float:
        """The probability that the parts add up to, times 100."""
        return 100.0 / (1.0 + math.exp(-self.total))

    @property
    def adds_up(self) -> bool:
        """Whether the parts are the model's own output."""
        return abs(self.total - self.log_odds) <= EXACT

    @property
    def agrees(self) -> bool:
        """Whether they give the score that was recorded."""
        return self.adds_up and abs(self.score - self.recorded) <= EXACT


def contributions(model: ChampionModel, features: Mapping[str, Any], *, recorded: float) -> Contributions | str:
    """The reasons of one row of `pql.features`, or why the model cannot be asked any more."""
    import pandas as pd

    from plg_orchestration.pql.scorers.reasons import model_reasons
    from plg_orchestration.pql.training.model import model_inputs

    try:
        loaded = model.load()
    except UntrustedModel as error:
        return str(error)
    row = pd.DataFrame([dict(features)], dtype=object)
    inputs = model_inputs(row)
    made = loaded.contributions(inputs).iloc[0]
    parts = [
        Contribution(str(name), features.get(str(name)), float(adds))
        for name, adds in made.drop("baseline").items()
    ]  # fmt: skip
    parts.sort(key=lambda part: (-abs(part.adds), part.input))
    said = str(model_reasons(loaded, row)["reasons"].iloc[0])
    return Contributions(tuple(parts), float(made["baseline"]), float(loaded.log_odds(inputs)[0]), said, recorded)
