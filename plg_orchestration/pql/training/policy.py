"""How candidates are trained and tested, and the least data that is enough."""

from typing import Annotated

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Days, Share


class OperatingPoint(Section):
    """The wanted precision and recall (at least) and false positive rate (at most), by conservative bounds."""

    precision: Share
    recall: Share
    false_positive_rate: Share


class Training(Section):
    """How candidates are trained: the grid of as-of dates, the split, the seeds and the least data that is enough."""

    seed: int
    cadence_days: AtLeastOne
    max_dates: AtLeastOne
    warmup_days: Days
    min_train_dates: AtLeastOne
    test_dates: AtLeastOne
    folds: Annotated[int, Field(ge=2)]
    regularization: Annotated[float, Field(gt=0)]
    max_rows: AtLeastOne
    min_train_positives: AtLeastOne
    capacity_share: Annotated[float, Field(gt=0, lt=1)]
    operating_point: OperatingPoint
    permutations: AtLeastOne
    bootstrap_rounds: AtLeastOne
    leakage_auc: Share
