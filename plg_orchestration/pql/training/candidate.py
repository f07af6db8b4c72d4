"""The nightly training: one challenger, chosen inside the training part, judged beside the formulas on rows it never saw.

It writes the model's files and returns rows for `pql.candidate`, `pql.contest` and `pql.test_predictions`. Who routes leads
afterwards is decided in `promotion`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.drift.references import no_reference, training_reference
from plg_orchestration.pql.features.registry import CATEGORIES
from plg_orchestration.pql.mitigation.contest import Challenger, Contested, challenger_of, mitigate
from plg_orchestration.pql.mitigation.contest import Night as MitigationNight
from plg_orchestration.pql.mitigation.tables import MITIGATION
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.pointers import best_model, incumbent_model
from plg_orchestration.pql.scorers.library import rule_score, weighted_score
from plg_orchestration.pql.scorers.scorer import ModelScorer, contestants
from plg_orchestration.pql.scorers.suggestions import suggestions
from plg_orchestration.pql.training import artifacts
from plg_orchestration.pql.training.dataset import Dataset, first_known_day, load_dataset
from plg_orchestration.pql.training.evaluation import Contestant, Result, contest, leaking_features, row_keys
from plg_orchestration.pql.training.fitting import account_weights, fit
from plg_orchestration.pql.training.grid import ColdStart, Grid, plan_folds, plan_grid
from plg_orchestration.pql.training.metrics import permutation_null
from plg_orchestration.pql.training.model import NUMBERS, Model, model_inputs
from plg_orchestration.pql.training.selection import Part, Selection, choose, settings_json
from plg_orchestration.pql.training.tables import CANDIDATE, CONTEST, TEST_PREDICTIONS
from plg_orchestration.pql.training.thresholds import Threshold
from plg_orchestration.pql.training.versions import config_hash, model_version
from plg_orchestration.warehouse import Warehouse

BENCHMARKS = ("champion", "best")
"""Models that the challenger is paired with on the test rows; they get no rows of their own."""
KEPT_INPUTS = 15


@dataclass(frozen=True)
class Training:
    """What a night's training gave: `trained`, `cold_start` or `not_trained` with the reason, and the rows of its tables."""

    status: str
    reason: str
    version: str
    candidate: pd.DataFrame
    predictions: pd.DataFrame
    contest: pd.DataFrame
    suggestions: pd.DataFrame | str = ""
    """Rows of `pql.suggestions`, or why there are none."""
    references: pd.DataFrame = field(default_factory=no_reference)
    """Rows of `pql.references`."""
    mitigation: pd.DataFrame = field(default_factory=lambda: _frame([], MITIGATION.column_names))
    """Rows of `pql.mitigation`."""


def train(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, state: Path, target: str = "conversion",
    clock: Callable[[], float] | None = None,
) -> Training:  # fmt: skip
    """Choose, fit, calibrate and test the night's challenger as known on `as_of`; files go to `state/models/<target>/<version>`.

    The same inputs, policy and code give the same version, bytes and figures on every run. `clock` (seconds) lets the time budget
    of the policy drop algorithms; without it there is none. Too little history, too few converting accounts or one class only
    give a `cold_start` that says when training becomes possible.
    """
    day = first_known_day(warehouse, as_of)
    grid = plan_grid(day, as_of.date, target=policy.targets[target], training=policy.training)
    if isinstance(grid, ColdStart):
        return untrained("cold_start", as_of=as_of, cold=grid, policy=policy, target=target)
    data = load_dataset(warehouse, grid, as_of=as_of, target=target, policy=policy)
    found, wanted = data.converting(data.train), policy.training.min_train_positives
    if found < wanted or data.train["label"].all() or not data.test["label"].any() or data.test["label"].all():
        reason = (
            f"training becomes possible once {wanted} accounts have converted after the dates {grid.train[0]} to "
            f"{grid.train[-1]} and both outcomes occur in the test part; {found} have, and {data.converting(data.test)} in the "
            "test part; it is tried again every night"
        )
        return untrained("cold_start", as_of=as_of, cold=ColdStart(reason, None), policy=policy, target=target)
    import sklearn.ensemble
    from threadpoolctl import threadpool_limits

    _ = sklearn.ensemble  # its OpenMP library must be loaded before threads are limited
    with threadpool_limits(limits=1):
        return _Night(warehouse, data, grid, as_of, policy, state, target).trained(clock)


def untrained(status: str, *, as_of: AsOf, cold: ColdStart, policy: PqlPolicy, target: str = "conversion") -> Training:
    """A training that did not take place (`cold_start`, or `not_trained` for a past day of a range), with its reason."""
    row: dict[str, object] = {
        "as_of": as_of.date, "target": target, "scorer": "model", "algorithm": "", "version": f"{as_of.date}-{status}",
        "status": status, "reason": cold.reason, "possible_on": cold.possible_on, "config_hash": config_hash(policy),
        "code_version": artifacts.code_version(),
    }  # fmt: skip
    empty = (_frame([], table.column_names) for table in (TEST_PREDICTIONS, CONTEST))
    return Training(status, cold.reason, str(row["version"]), _frame([row], CANDIDATE.column_names), *empty)


def not_trained(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Training:
    """The record of a past day in a range: only the newest day trains, since only it may move the champion."""
    reason = f"{as_of.date} is a past day of the range; only the newest day is trained"
    return untrained("not_trained", as_of=as_of, cold=ColdStart(reason, None), policy=policy, target=target)


@dataclass(frozen=True)
class _Night:
    """One training on its data."""

    warehouse: Warehouse
    data: Dataset
    grid: Grid
    as_of: AsOf
    policy: PqlPolicy
    state: Path
    target: str

    def trained(self, clock: Callable[[], float] | None) -> Training:
        policy, training, rows = self.policy, self.policy.training, self.data.train
        cluster = pd.factorize(rows["payer"], sort=True)[0].astype(np.int64)
        label, weights = rows["label"].to_numpy(dtype=bool), account_weights(rows["payer"], rows["as_of"])
        part = Part(rows, model_inputs(rows), label, cluster, weights)
        selection = self._selected(part, clock)
        version = model_version(self.as_of.date, self.data.hash, policy)
        model, unseen = fit(
            part.inputs, label, cluster, weights, algorithm=selection.algorithm, settings=selection.settings, training=training
        )
        plain = challenger_of(model, unseen, part, test_dates=training.test_dates, night=policy)
        judged, results = self._met(version, plain)
        contested = self._mitigated(plain, results["model"], part, selection, version, clock)
        made = contested.challenger
        if made is not plain:
            judged, results = self._met(version, made)
        described = {
            **self._summary(), "version": version, "algorithm": selection.algorithm, "settings": dict(selection.settings),
            "threshold": made.threshold.value, "inputs": list(part.inputs.columns), "mitigation": contested.variant,
        }  # fmt: skip
        folder = self.state / "models" / self.target / version
        stored = artifacts.store_model(folder, artifacts.model_bytes(made.model), described)
        own = {
            **_own(selection, made.model, made.threshold), **self._null(judged[0]), "mitigation": contested.variant,
            "artifact": str(stored.folder.relative_to(self.state)),
            "digest": stored.digest, "notes": json.dumps(_notes(part, selection, contested)),
            "leaking": ", ".join(leaking_features(part.inputs, label, training.leakage_auc)),
            "importance": _importance(made.model, self.data.test),
        }  # fmt: skip
        candidates = [
            {
                **self._summary(), "scorer": name, "version": result.version, "status": "trained", "reason": "",
                "algorithm": name, **result.columns, **(own if name == "model" else {}),
            }
            for name, result in results.items() if name not in BENCHMARKS
        ]  # fmt: skip
        return Training(
            "trained", "", version, _frame(candidates, CANDIDATE.column_names), self._predictions(judged),
            self._trials(selection), suggestions=self._suggestions(), references=self._reference(version, judged[0]),
            mitigation=contested.rows,
        )  # fmt: skip

    def _met(self, version: str, made: Challenger) -> tuple[list[Contestant], dict[str, Result]]:
        """Everybody on the test rows with this challenger, and their figures."""
        judged = self._judged(ModelScorer(version, made.model, made.threshold.value))
        return judged, contest(judged, self.data.test, self.policy.training)[0]

    def _mitigated(
        self, plain: Challenger, figures: Result, part: Part, selection: Selection, version: str,
        clock: Callable[[], float] | None,
    ) -> Contested:  # fmt: skip
        return mitigate(
            MitigationNight(
                plain, part, self.data.test, selection, figures.columns, self.policy, self.as_of.date, self.target, version, clock
            )
        )

    def _suggestions(self) -> pd.DataFrame | str:
        try:
            return suggestions(self.data.train, as_of=self.as_of, policy=self.policy, target=self.target)
        except Unavailable as error:
            return str(error)

    def _reference(self, version: str, challenger: Contestant) -> pd.DataFrame:
        """What later nights are held against: rows of the training, and the challenger's scores of those it never saw."""
        unseen = pd.DataFrame({"payer": self.data.test["payer"], "score": 100 * challenger.score})
        rows = self.data.test if self.policy.drift.reference == "tested" else self.data.train
        return training_reference(
            self.warehouse, rows, unseen, as_of=self.as_of, target=self.target, version=version, policy=self.policy
        )

    def _selected(self, part: Part, clock: Callable[[], float] | None) -> Selection:
        formulas = {
            "rules": rule_score(part.rows, self.policy)["points"].to_numpy(dtype=np.float64),
            "weighted": weighted_score(part.rows, self.policy)["score"].to_numpy(dtype=np.float64),
        }
        folds = plan_folds(self.grid.train, target=self.policy.targets[self.target], training=self.policy.training)
        return choose(part, folds, formulas, self.policy.training, clock)

    def _judged(self, challenger: ModelScorer) -> list[Contestant]:
        """Everybody who meets the test rows, the challenger first; a benchmark whose file is not the promoted one stays away."""
        rows = self.data.test
        found = [_of_model("model", challenger.version, challenger.model, rows, challenger.threshold)]
        for scorer in contestants(self.policy, challenger)[1:]:
            scored = scorer.score(rows)
            found.append(Contestant(scorer.name, scorer.version, scored.score, scored.probability, scored.is_pql))
        flat = np.full(len(rows), float(self.data.train["label"].mean()))
        found.append(Contestant("base_rate", f"base-rate-{flat[0]:.6f}", flat, flat, np.zeros(len(rows), dtype=np.bool_)))
        for name, read in zip(BENCHMARKS, (incumbent_model, best_model), strict=True):
            known = read(self.warehouse, as_of=self.as_of, policy=self.policy, target=self.target, state=self.state)
            if known is not None:
                try:
                    found.append(_of_model(name, known.version, known.load(), rows, known.threshold))
                except artifacts.UntrustedModel:
                    continue
        return found

    def _null(self, challenger: Contestant) -> dict[str, object]:
        training, rows = self.policy.training, self.data.test
        keys, label = row_keys(rows), rows["label"].to_numpy(dtype=bool)
        null = permutation_null(
            label, challenger.score, keys.cluster, keys.date, rounds=training.permutations, seed=training.seed
        )  # fmt: skip
        return {"permutation_p": null.p_value, "permutation_95": null.percentile_95}

    def _summary(self) -> dict[str, object]:
        data, grid, training = self.data, self.grid, self.policy.training
        return {
            "as_of": str(self.as_of.date), "target": self.target, "train_from": str(grid.train[0]),
            "train_to": str(grid.train[-1]), "test_from": str(grid.test[0]), "test_to": str(grid.test[-1]),
            "train_rows": len(data.train), "test_rows": len(data.test), "train_positives": data.converting(data.train),
            "test_positives": data.converting(data.test), "capacity_share": training.capacity_share, "data_hash": data.hash,
            "config_hash": config_hash(self.policy), "code_version": artifacts.code_version(), "seed": training.seed,
        }  # fmt: skip

    def _predictions(self, judged: list[Contestant]) -> pd.DataFrame:
        rows = self.data.test
        ids = rows[["user_id", "account_id", "label", *CATEGORIES]]
        ids = ids.assign(as_of=self.as_of.date, target=self.target, row_as_of=rows["as_of"])
        parts = [
            ids.assign(scorer=c.name, version=c.version, score=np.round(c.score, 9), selected=c.selected)
            for c in judged
            if c.name not in (*BENCHMARKS, "base_rate")
        ]
        return pd.concat(parts, ignore_index=True)[list(TEST_PREDICTIONS.column_names)]

    def _trials(self, selection: Selection) -> pd.DataFrame:
        rows: list[dict[str, object]] = []
        for trial in selection.trials:
            auc, gain = trial.auc.rounded(), trial.gain.rounded()
            rows.append({
                "as_of": self.as_of.date, "target": self.target, "contestant": trial.contestant,
                "settings": settings_json(trial.settings), "status": trial.status, "reason": trial.reason,
                "selection": selection.manner, "folds": json.dumps(selection.splits), "against": trial.against,
                "best": trial.best, "stands": trial.stands, "chosen": trial.chosen,
                **dict(zip(("auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high"), (*auc, *gain), strict=True)),
            })  # fmt: skip
        return _frame(rows, CONTEST.column_names)


def _of_model(name: str, version: str, model: Model, rows: pd.DataFrame, threshold: float) -> Contestant:
    probability = model.probability(model_inputs(rows))
    return Contestant(name, version, probability, probability, probability >= threshold)


def _own(selection: Selection, model: Model, threshold: Threshold) -> dict[str, object]:
    return {
        "algorithm": selection.algorithm, "settings": settings_json(selection.settings),
        "calibration": "isotonic" if len(model.knots) else "sigmoid", "selection": selection.manner,
        "standing": selection.standing, "threshold": threshold.value, "threshold_policy": threshold.policy,
        "thresholds": threshold.as_json(),
    }  # fmt: skip


def _importance(model: Model, rows: pd.DataFrame) -> str:
    """The strongest inputs on at most 2,000 evenly spaced test rows, as JSON."""
    spread = rows.iloc[np.unique(np.linspace(0, len(rows) - 1, 2000).astype(int))]
    found = model.importance(model_inputs(spread)).head(KEPT_INPUTS)
    listed = zip(found["input"], found["importance"].round(9), found["direction"], strict=True)
    return json.dumps([list(one) for one in listed])


def _notes(part: Part, selection: Selection, contested: Contested) -> list[str]:
    """What was met in the data and the choice, in words."""
    constant = [name for name in NUMBERS if part.inputs[name].nunique() <= 1]
    notes = [f"the same for everybody, so without effect: {', '.join(constant)}"] if constant else []
    notes += [f"{t.contestant}: {t.reason}" for t in selection.trials if t.status == "skipped"]
    if selection.manner != "forward in time":
        notes.append("the history is too short for a split forward in time inside the training part; accounts were split instead")
    if selection.standing != selection.algorithm:
        notes.append(f"on the validation rows no algorithm is better than {selection.standing} beyond chance")
    if len(contested.rows) > 1:
        notes.append(f"mitigation tried, {contested.variant} taken: {contested.reason}")
    return notes


def _frame(rows: list[dict[str, object]], names: tuple[str, ...]) -> pd.DataFrame:
    made = [{name: row.get(name) for name in names} for row in rows]
    return pd.DataFrame(made, columns=list(names), dtype=object)
