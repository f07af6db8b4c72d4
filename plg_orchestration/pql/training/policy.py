"""How candidates are trained and tested, and the least data that is enough."""

from collections.abc import Mapping
from itertools import product
from typing import Annotated, Literal

from pydantic import Field, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Days, Share

Positive = Annotated[float, Field(gt=0)]
AlgorithmName = Literal["logistic_regression", "random_forest", "histogram_gradient_boosting"]
Settings = Mapping[str, float]


class OperatingPoint(Section):
    """The wanted precision and recall (at least) and false positive rate (at most), by conservative bounds."""

    precision: Share
    recall: Share
    false_positive_rate: Share


class LeadValues(Section):
    """What a converting lead is worth and what contacting any lead costs, in the workspace's currency."""

    converted: Positive
    contact: Positive

    @model_validator(mode="after")
    def _worth_it(self) -> "LeadValues":
        if self.contact >= self.converted:
            raise ValueError(f"values: a contact costs {self.contact:g}, a conversion brings {self.converted:g}; nobody pays off")
        return self


class RegressionGrid(Section):
    """Logistic regression: inverse strengths (C) of its L2 penalty."""

    regularization: tuple[Positive, ...] = Field(min_length=1)

    def points(self) -> list[Settings]:
        """Every combination, in the declared order."""
        return [{"regularization": value} for value in self.regularization]


class ForestGrid(Section):
    """Random forest: number and depth of trees, rows of a leaf at least, share of inputs that a split may look at."""

    trees: AtLeastOne
    depth: tuple[Annotated[int, Field(ge=1, le=8)], ...] = Field(min_length=1)
    leaf_rows: tuple[AtLeastOne, ...] = Field(min_length=1)
    inputs: Annotated[float, Field(gt=0, le=1)]

    def points(self) -> list[Settings]:
        """Every combination, in the declared order."""
        return [
            {"trees": self.trees, "depth": depth, "leaf_rows": rows, "inputs": self.inputs}
            for depth, rows in product(self.depth, self.leaf_rows)
        ]


class BoostingGrid(Section):
    """Histogram gradient boosting: rounds, leaves of a tree, rows of a leaf at least, learning rate."""

    rounds: tuple[AtLeastOne, ...] = Field(min_length=1)
    leaves: tuple[Annotated[int, Field(ge=2, le=64)], ...] = Field(min_length=1)
    leaf_rows: AtLeastOne
    learning_rate: Positive

    def points(self) -> list[Settings]:
        """Every combination, in the declared order."""
        fixed = {"leaf_rows": self.leaf_rows, "learning_rate": self.learning_rate}
        return [{"rounds": rounds, "leaves": leaves, **fixed} for rounds, leaves in product(self.rounds, self.leaves)]


class Algorithms(Section):
    """The grids of the algorithms that compete, simplest first; one that is left out (null) does not compete."""

    logistic_regression: RegressionGrid | None = None
    random_forest: ForestGrid | None = None
    histogram_gradient_boosting: BoostingGrid | None = None

    @model_validator(mode="after")
    def _anybody(self) -> "Algorithms":
        if not self.competing():
            raise ValueError("algorithms: nobody competes; declare the grid of at least one, such as logistic_regression")
        return self

    def competing(self) -> dict[AlgorithmName, list[Settings]]:
        """The grid points of each algorithm that competes, simplest algorithm first."""
        grids: dict[AlgorithmName, RegressionGrid | ForestGrid | BoostingGrid | None] = {
            "logistic_regression": self.logistic_regression, "random_forest": self.random_forest,
            "histogram_gradient_boosting": self.histogram_gradient_boosting,
        }  # fmt: skip
        return {name: grid.points() for name, grid in grids.items() if grid is not None}


class Training(Section):
    """How candidates are trained: the grid of as-of dates, the splits, the seeds, the budgets and the least data that is enough.

    `search_rows` and `time_budget_seconds` bound the choice of an algorithm: the first by sampling accounts, the same on every
    machine; the second drops later algorithms on a machine that is too slow, and says so.
    """

    seed: int
    cadence_days: AtLeastOne
    max_dates: AtLeastOne
    warmup_days: Days
    min_train_dates: AtLeastOne
    test_dates: AtLeastOne
    folds: Annotated[int, Field(ge=2)]
    temporal_folds: AtLeastOne
    fold_dates: AtLeastOne
    algorithms: Algorithms
    search_rows: AtLeastOne
    selection_rounds: AtLeastOne
    time_budget_seconds: Positive
    isotonic_positives: AtLeastOne
    max_rows: AtLeastOne
    min_train_positives: AtLeastOne
    capacity_share: Annotated[float, Field(gt=0, lt=1)]
    operating_point: OperatingPoint
    values: LeadValues | None = None
    permutations: AtLeastOne
    bootstrap_rounds: AtLeastOne
    leakage_auc: Share
