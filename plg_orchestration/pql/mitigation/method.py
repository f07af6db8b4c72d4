"""What a mitigation is: from the training rows and what failed to variants, each a way to fit a pipeline.

A method sees the protected attributes of training rows only; what it makes predicts without them. The methods stand in modules of
their own, `registry.py` lists them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from plg_orchestration.pql.bias.attributes import AND, parts
from plg_orchestration.pql.mitigation.policy import MitigationPolicy
from plg_orchestration.pql.training.fitting import fitted
from plg_orchestration.pql.training.metrics import Codes, Flags, Floats
from plg_orchestration.pql.training.model import NUMBERS, UNKNOWN
from plg_orchestration.pql.training.policy import AlgorithmName, Settings, Training

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


@dataclass(frozen=True)
class Failure:
    """A protected contrast that is beyond its limit with confidence: `difference` is group minus rest.

    `withheld` says that the audit gives no figure of it, so that a small group cannot be had by subtraction.
    """

    attribute: str
    group: str
    metric: str
    difference: float
    withheld: bool = False

    @property
    def said(self) -> str:
        """The contrast in words."""
        figure = "withheld" if self.withheld else f"{self.difference:+.3f}"
        return f"{self.metric} of {self.attribute}={self.group}: {figure}"


@dataclass(frozen=True)
class TrainingRows:
    """The rows that the plain challenger was fitted on, and how: what every variant starts from.

    `groups` holds the group of each row by protected attribute. `threshold` is the plain challenger's operating threshold.
    """

    inputs: pd.DataFrame
    label: Flags
    cluster: Codes
    weights: Floats
    groups: Mapping[str, pd.Series]
    algorithm: AlgorithmName
    settings: Settings
    training: Training
    threshold: float

    def fit(self, rows: Codes, *, label: Flags | None = None, weights: Floats | None = None) -> "Pipeline":
        """The challenger's algorithm on the rows of these numbers; `label` and `weights` are those of all rows."""
        labels, weighing = self.label if label is None else label, self.weights if weights is None else weights
        return fitted(self.inputs.iloc[rows], labels[rows], weighing[rows], self.algorithm, self.settings, self.training)

    def without(self, names: "tuple[str, ...]") -> "TrainingRows":
        """The same rows with these inputs the same for everybody, so that nothing is learnt from them."""
        same = {name: 0.0 if name in NUMBERS else UNKNOWN for name in names}
        return replace(self, inputs=self.inputs.assign(**same)) if same else self


@dataclass(frozen=True)
class Variant:
    """One way to train the challenger anew; `skipped` says why there is none.

    `fit_rows` gets the numbers of the rows to fit on. `blind_to` lists the inputs that must have no effect on its predictions.
    """

    method: str
    settings: Mapping[str, object]
    fit_rows: "Callable[[Codes], Pipeline] | None" = None
    blind_to: tuple[str, ...] = ()
    skipped: str = ""


class Mitigation(Protocol):
    """A method by its name: deterministic, and without the protected attribute at prediction time."""

    @property
    def name(self) -> str:
        """The method as the policy names it."""
        ...

    def variants(self, rows: TrainingRows, failures: tuple[Failure, ...], policy: MitigationPolicy) -> Iterator[Variant]:
        """The variants to try, or one that says why there is none."""
        ...


def groups_of(rows: pd.DataFrame, attribute: str) -> pd.Series:
    """The group of each row by an attribute or by a pair of them (`a & b`); a missing value is `unknown`."""
    return joined([rows[name].fillna(UNKNOWN).astype(str) for name in parts(attribute, rows.columns)], AND)


def failing_groups(rows: TrainingRows, failures: tuple[Failure, ...]) -> Codes:
    """Each row's group by all attributes that fail, as one number from 0 on."""
    return numbered(rows.groups, failures)


def numbered(groups: Mapping[str, pd.Series], failures: tuple[Failure, ...]) -> Codes:
    """The groups of rows by all attributes that fail, as one number from 0 on."""
    attributes = sorted({failure.attribute for failure in failures})
    return pd.factorize(joined([groups[name] for name in attributes], "\x1f"), sort=True)[0].astype(np.int64)


def joined(values: Sequence[pd.Series], between: str) -> pd.Series:
    """Words put together row by row."""
    made = values[0]
    for more in values[1:]:
        made = made + between + more
    return made
