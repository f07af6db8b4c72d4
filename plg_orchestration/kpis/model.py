"""What a KPI declaration is, checked when it is made.

The declarations themselves are in `registry.py`; turning them into SQL is in `measures.py`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Period = Literal["day", "week", "month", "quarter"]
Dimension = Literal["channel", "region", "device", "plan"]
DIMENSIONS: tuple[Dimension, ...] = ("channel", "region", "device", "plan")
Measure = Literal["count", "proportion", "ratio", "median", "waiting"]
Group = Literal["acquisition", "activation", "engagement", "monetization", "health"]
CADENCE_PERIODS = {
    "weekly": ("week", "month", "quarter", "day"), "monthly": ("month", "quarter", "week", "day"),
    "quarterly": ("quarter", "month", "week", "day"),
}  # fmt: skip


@dataclass(frozen=True)
class Population:
    """The rows that KPIs count: the result of one query with period, period_start and segment beside its own columns.

    `clock` is the column from which a window runs; `calendar` says that it is a local date and windows are calendar days, else
    it is an instant and a day is 24 hours.
    """

    name: str
    clock: str | None = None
    calendar: bool = False


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """One computed KPI.

    `question` says what it means in plain words, `formula` how it is computed. `measure` is a count (the numerator), a
    proportion (of units; with an interval), a ratio (with an interval where rows add up to it, or where `error` gives its
    standard error), a median (of the numerator's value in each row; with an interval), or waiting: the median time by Kaplan and
    Meier, where the numerator is a row's days until the event, or until now, and the denominator whether the event came.
    `numerator`, `denominator` and `n` are aggregates over the rows of the population `per` (those of medians are plain
    expressions). Rows whose window `matures_after` is still open are left out of all of them. `needs` are the workspace's
    needs without which the KPI is unavailable; `money` says that it adds up amounts and so wants one currency,
    `decided` that it counts what nights decided, so that periods before the first stored night are unknown. `empty` is the
    reason given when the denominator is zero. `dimensions` are those by which it is broken down; one that is not `segmented` is
    not known by segment; one without `history` is known of the newest period alone. `rows_dependent`: rows are no independent
    draws, so that a ratio has no interval. `signed`: a ratio that can be negative, whose interval is symmetric. `unavailable`
    says why nobody's data can tell it yet.
    """

    name: str
    group: Group
    question: str
    formula: str
    kind: Literal["leading", "lagging"]
    measure: Measure
    unit: str
    better: Literal["higher", "lower"]
    cadence: Literal["weekly", "monthly", "quarterly"]
    owner: str
    per: Population
    numerator: str
    denominator: str | None = None
    n: str = "count(*)"
    empty: str
    periods: tuple[Period, ...] = ("week", "month", "quarter")
    dimensions: tuple[Dimension, ...] = DIMENSIONS
    segmented: bool = True
    unavailable: str | None = None
    matures_after: dt.timedelta = dt.timedelta(0)
    needs: tuple[str, ...] = ()
    money: bool = False
    decided: bool = False
    history: bool = True
    error: str | None = None
    rows_dependent: bool = False
    signed: bool = False

    def __post_init__(self) -> None:
        """Refuse a declaration that could not be computed; ValueError names the KPI and the field."""
        if (self.denominator is None) != (self.measure in ("count", "median")):
            raise ValueError(f"KPI {self.name}: denominator: a {self.measure} {'has none' if self.denominator else 'needs one'}")
        if self.matures_after and (self.per.clock is None or self.measure in ("median", "waiting")):
            raise ValueError(f"KPI {self.name}: matures_after: a {self.measure} over {self.per.name} has no window")
        if self.matures_after % dt.timedelta(days=1):
            raise ValueError(f"KPI {self.name}: matures_after: {self.matures_after} is not a number of whole days")

    @property
    def scale(self) -> float:
        """What numerator / denominator is multiplied by: 100 where the unit is percent."""
        return 100.0 if self.unit == "percent" else 1.0

    @property
    def review_period(self) -> Period:
        """The period in which the KPI is reviewed: that of its cadence, else the nearest one in which it is computed."""
        return next(period for period in CADENCE_PERIODS[self.cadence] if period in self.periods)


@dataclass(frozen=True)
class ComingKpi:
    """A KPI that is named and defined but not computed yet."""

    name: str
    group: Group
    question: str
