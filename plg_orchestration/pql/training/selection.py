"""Which algorithm challenges: chosen inside the training part, forward in time, the simplest unless the interval says otherwise.

Grid points and formulas are compared on the validation dates of temporal folds. The test part is never looked at here.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from plg_orchestration.pql.training.dataset import unit_interval
from plg_orchestration.pql.training.fitting import fitted
from plg_orchestration.pql.training.grid import Fold
from plg_orchestration.pql.training.metrics import (
    NO_ESTIMATE,
    Codes,
    Estimate,
    Flags,
    Floats,
    account_draws,
    auc_replicates,
    estimate,
    joined,
)
from plg_orchestration.pql.training.model import raw_output
from plg_orchestration.pql.training.policy import AlgorithmName, Settings, Training

MIN_FOLD_POSITIVES = 3
"""Converting accounts on each side of a fold; with fewer, the fold compares noise."""


@dataclass(frozen=True)
class Part:
    """The training part: rows with inputs, labels, accounts by number, weights, and their ids (`payer`, `as_of`)."""

    rows: pd.DataFrame
    inputs: pd.DataFrame
    label: Flags
    cluster: Codes
    weights: Floats


@dataclass(frozen=True)
class Split:
    """One comparison: rows to fit on, rows to rank, and in words when they are."""

    fit: Flags
    valid: Flags
    said: str


@dataclass(frozen=True)
class Trial:
    """What a contestant achieved on the validation rows, and its gain over whoever stood before it (`against`).

    `settings` is empty for formulas. `status` is evaluated or skipped with the reason. `best` marks the grid point that stands
    for its algorithm, `stands` the simplest contestant that nobody beats beyond chance, `chosen` tonight's challenger.
    """

    contestant: str
    settings: Settings
    status: str
    reason: str = ""
    auc: Estimate = NO_ESTIMATE
    against: str = ""
    gain: Estimate = NO_ESTIMATE
    best: bool = False
    stands: bool = False
    chosen: bool = False


@dataclass(frozen=True)
class Selection:
    """The night's challenger, how it was chosen (`forward in time` or `by account`) and every trial."""

    algorithm: AlgorithmName
    settings: Settings
    manner: str
    splits: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def standing(self) -> str:
        """The simplest contestant, formulas included, that nobody beats beyond chance on the validation rows."""
        return next((t.contestant for t in self.trials if t.stands), "")


def choose(
    part: Part, folds: tuple[Fold, ...], formulas: Mapping[str, Floats], training: Training,
    clock: Callable[[], float] | None = None,
) -> Selection:  # fmt: skip
    """Compare `formulas` (scores of the part's rows by name, simplest first) and the declared algorithms; choose a challenger.

    Without a usable temporal fold accounts are split instead. `clock` (seconds) bounds the wall time: an algorithm that would
    begin after `time_budget_seconds` is skipped, never the first one.
    """
    splits, manner = _splits(part, folds, training)
    clusters = joined(part.cluster)
    draws = account_draws(int(clusters.max()) + 1, rounds=training.selection_rounds, seed=training.seed)

    def replicates(scores: list[Floats]) -> Floats:
        parts = [auc_replicates(part.label[s.valid], x, clusters[s.valid], draws) for s, x in zip(splits, scores, strict=True)]
        return np.mean(parts, axis=0)

    found: list[tuple[Trial, Floats]] = [(Trial("base_rate", {}, "evaluated", best=True), np.full(len(draws), 0.5))]
    for name, scores in formulas.items():
        found.append((Trial(name, {}, "evaluated", best=True), replicates([scores[s.valid] for s in splits])))
    begun = clock() if clock else 0.0
    for place, (algorithm, points) in enumerate(training.algorithms.competing().items()):
        spent = clock() - begun if clock else 0.0
        if place and spent > training.time_budget_seconds:
            reason = f"the time budget of {training.time_budget_seconds:g} s was spent after {spent:.0f} s; it was not tried"
            found.append((Trial(algorithm, {}, "skipped", reason), np.full(len(draws), np.nan)))
            continue
        found += list(_search(part, splits, algorithm, points, training, replicates))
    trials = tuple(_ranked(found, tuple(training.algorithms.competing())))
    winner = next(t for t in trials if t.chosen)
    return Selection(cast("AlgorithmName", winner.contestant), winner.settings, manner, tuple(s.said for s in splits), trials)


def _search(
    part: Part, splits: list[Split], algorithm: AlgorithmName, points: list[Settings], training: Training,
    replicates: Callable[[list[Floats]], Floats],
) -> Iterator[tuple[Trial, Floats]]:  # fmt: skip
    """Every grid point on every fold; the one with the highest mean AUC is best, the first declared one when equal."""
    used = [_affordable(part, split.fit, len(points) * len(splits), training) for split in splits]
    made: list[tuple[Trial, Floats]] = []
    for settings in points:
        scores = []
        for split, rows in zip(splits, used, strict=True):
            one = fitted(part.inputs[rows], part.label[rows], part.weights[rows], algorithm, settings, training)
            scores.append(raw_output(one, part.inputs[split.valid]))
        made.append((Trial(algorithm, settings, "evaluated"), replicates(scores)))
    first = int(np.argmax([np.nan_to_num(values[0], nan=-1.0) for _, values in made]))
    return ((replace(trial, best=place == first), values) for place, (trial, values) in enumerate(made))


def _affordable(part: Part, rows: Flags, fits: int, training: Training) -> Flags:
    """The rows, or whole accounts drawn from them by a seeded hash, so that all fits together read at most `search_rows`."""
    share = training.search_rows / max(int(rows.sum()) * fits, 1)
    if share >= 1:
        return rows
    places = part.rows["payer"].map(unit_interval(part.rows["payer"], f"search {training.seed}")).to_numpy(dtype=np.float64)
    drawn = rows & (places < share)
    return drawn if _enough(part, drawn) else rows


def _ranked(found: list[tuple[Trial, Floats]], algorithms: tuple[str, ...]) -> Iterator[Trial]:
    """The trials with their gains: from the simplest on, one takes over only when the interval of its gain is above 0."""
    best = [(t.contestant, values) for t, values in found if t.best]
    stands, standing = best[0]
    chosen, challenging = next((name, values) for name, values in best if name in algorithms)
    against = {stands: ("", NO_ESTIMATE)}
    for name, values in best[1:]:
        gained = estimate(values - standing)
        against[name] = (stands, gained)
        if gained.low > 0:
            stands, standing = name, values
        if name in algorithms and estimate(values - challenging).low > 0:
            chosen, challenging = name, values
    for trial, values in found:
        over, gained = against.get(trial.contestant, ("", NO_ESTIMATE)) if trial.best else ("", NO_ESTIMATE)
        yield replace(
            trial, auc=estimate(values), against=over, gain=gained, stands=trial.best and trial.contestant == stands,
            chosen=trial.best and trial.contestant == chosen,
        )  # fmt: skip


def _splits(part: Part, folds: tuple[Fold, ...], training: Training) -> tuple[list[Split], str]:
    dates = part.rows["as_of"].dt.date
    forward = [
        Split(
            dates.isin(fold.train).to_numpy(dtype=bool), dates.isin(fold.valid).to_numpy(dtype=bool),
            f"{fold.train[0]} to {fold.train[-1]}, then {fold.valid[0]} to {fold.valid[-1]}",
        )
        for fold in folds
    ]  # fmt: skip
    usable = [split for split in forward if _enough(part, split.fit) and _enough(part, split.valid)]
    if usable:
        return usable, "forward in time"
    from sklearn.model_selection import StratifiedGroupKFold

    split = StratifiedGroupKFold(training.folds, shuffle=True, random_state=training.seed)
    made: list[Split] = []
    for place, (_, left_out) in enumerate(split.split(part.inputs, part.label, part.cluster), start=1):
        valid = np.zeros(len(part.label), dtype=np.bool_)
        valid[left_out] = True
        made.append(Split(~valid, valid, f"accounts of fold {place} left out"))
    return made, "by account"


def _enough(part: Part, rows: Flags) -> bool:
    return len(np.unique(part.cluster[rows & part.label])) >= MIN_FOLD_POSITIVES and not part.label[rows].all()


def settings_json(settings: Settings) -> str:
    """The settings as canonical JSON; {} for a formula."""
    return json.dumps(dict(settings), sort_keys=True)
