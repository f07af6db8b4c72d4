"""The mitigation contest: when the challenger fails a protected contrast, variants meet it on the same folds and test rows.

One is chosen on validation rows and takes the challenger's place; the gates then judge it as they judge anybody. On a night on
which nothing fails, nothing is fitted.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from plg_orchestration.pql.bias.attributes import parts
from plg_orchestration.pql.mitigation.bounds import TestRows, bound
from plg_orchestration.pql.mitigation.choice import Choice, Standing, choose_variant, why_left
from plg_orchestration.pql.mitigation.fairness import Fairness, fairness_of
from plg_orchestration.pql.mitigation.method import TrainingRows, Variant, groups_of
from plg_orchestration.pql.mitigation.registry import mitigation
from plg_orchestration.pql.mitigation.silence import effects_of, silenced
from plg_orchestration.pql.mitigation.tables import MITIGATION
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.training.evaluation import Contestant, contest
from plg_orchestration.pql.training.fitting import cross_fitted
from plg_orchestration.pql.training.metrics import Floats
from plg_orchestration.pql.training.model import Model, model_inputs
from plg_orchestration.pql.training.selection import Part, Selection
from plg_orchestration.pql.training.thresholds import Threshold, threshold_for

PLAIN = "plain"
NEVER = "a bound, never a model: it draws lots, or treats groups by thresholds of their own"
VALIDATION_ROUNDS = 50
"""Bootstrap rounds of figures on validation rows, whose intervals nobody reads."""


@dataclass(frozen=True)
class Challenger:
    """A fitted model, its out-of-fold probabilities of the training rows, and the threshold chosen on them."""

    model: Model
    unseen: Floats
    threshold: Threshold


@dataclass(frozen=True)
class Contested:
    """Tonight's challenger, how it was made (`plain` or the variant), and the rows of `pql.mitigation`."""

    challenger: Challenger
    variant: str
    reason: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Night:
    """What the contest is about: the plain challenger, the rows that it was fitted and tested on, and the policy.

    `test` has label, payer, as_of, user_id, account_id and features; `figures` are the plain challenger's of `pql.candidate`.
    """

    plain: Challenger
    part: Part
    test: pd.DataFrame
    selection: Selection
    figures: Mapping[str, object]
    policy: PqlPolicy
    as_of: dt.date
    target: str
    version: str
    clock: Callable[[], float] | None = None

    @property
    def protected(self) -> list[str]:
        """The protected attributes."""
        return [a.attribute for a in self.policy.bias.attributes if a.status == "protected"]

    @cached_property
    def test_inputs(self) -> pd.DataFrame:
        """The inputs of the test rows."""
        return model_inputs(self.test)


@dataclass(frozen=True)
class _Tried:
    """A contestant with what came of it."""

    variant: str
    method: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    kind: str = "variant"
    reason: str = ""
    challenger: Challenger | None = None
    chance: Floats | None = None
    validation: Fairness | None = None
    tested: Fairness | None = None
    at_prediction: bool | None = None
    figures: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def standing(self) -> Standing:
        """What the choice looks at."""
        lift = self.figures.get("validation_lift")
        found = self.validation
        return Standing(
            self.variant, float(str(lift)) if lift is not None else np.nan, found.disparity if found else None,
            found.verdict if found else "", self.reason,
        )  # fmt: skip


def challenger_of(model: Model, unseen: Floats, part: Part, *, test_dates: int, night: PqlPolicy) -> Challenger:
    """The challenger with the operating threshold chosen on its out-of-fold probabilities."""
    latest = part.rows["as_of"].isin(sorted(part.rows["as_of"].unique())[-test_dates:]).to_numpy(dtype=bool)
    return Challenger(model, unseen, threshold_for(unseen, part.label, part.cluster, latest, night.training))


def mitigate(night: Night) -> Contested:
    """Tonight's challenger: the plain one when it fails no protected contrast or when no variant mends it, else the variant."""
    plain = _tested(night, _Tried(PLAIN, PLAIN, kind=PLAIN, figures=_own_figures(night.figures)), night.plain)
    tested = plain.tested
    if tested is None or not tested.failures:
        return _nothing_tried(night, plain)
    failing = "; ".join(failure.said for failure in tested.failures)
    rows = _training_rows(night)
    tried = [_validated(night, replace(plain, at_prediction=bool(_protected_inputs(night, rows))))]
    tried += [_validated(night, one) for one in _variants(night, rows, tested)]
    tried = _measured(night, tried)
    kept = night.policy.mitigation.lift_given_up
    choice = choose_variant(tried[0].standing, [one.standing for one in tried[1:]], lift_given_up=kept)
    chosen = next((one for one in tried if one.variant == choice.variant and one.challenger is not None), tried[0])
    bounds = list(_bounds(night, rows, tested))
    made = _frame(night, [*tried, *bounds], replace(choice, reason=f"fails on test rows: {failing}; {choice.reason}"), chosen)
    return Contested(chosen.challenger or night.plain, chosen.variant, choice.reason, made)


def _nothing_tried(night: Night, plain: _Tried) -> Contested:
    reason = "no protected contrast is beyond its limit with confidence; nothing was tried"
    if not night.protected:
        reason = "no attribute is protected; nothing was tried"
    at_prediction = bool({n for a in night.protected for n in parts(a)} & set(night.part.inputs.columns))
    plain = replace(plain, at_prediction=at_prediction)
    return Contested(night.plain, PLAIN, reason, _frame(night, [plain], Choice(None, reason), plain))


def _tested(night: Night, one: _Tried, made: Challenger) -> _Tried:
    """The contestant with its challenger's probabilities of the test rows and the protected contrasts there."""
    chance = made.model.probability(night.test_inputs)
    if not night.protected:
        return replace(one, challenger=made, chance=chance)
    chosen = chance >= made.threshold.value
    found = fairness_of(night.test, chance, chosen, attributes=night.protected, policy=night.policy.bias)
    return replace(one, challenger=made, chance=chance, tested=found)


def _protected_inputs(night: Night, rows: TrainingRows) -> tuple[str, ...]:
    """Protected attributes that are inputs of the model themselves."""
    return tuple(sorted({n for a in night.protected for n in parts(a)} & set(rows.inputs.columns)))


def _training_rows(night: Night) -> TrainingRows:
    part, chosen = night.part, night.selection
    groups = {name: groups_of(part.rows, name).reset_index(drop=True) for name in night.protected}
    return TrainingRows(
        part.inputs, part.label, part.cluster, part.weights, groups, chosen.algorithm, chosen.settings, night.policy.training,
        night.plain.threshold.value,
    )  # fmt: skip


def _variants(night: Night, rows: TrainingRows, tested: Fairness) -> Iterator[_Tried]:
    """Every variant fitted on the folds of the plain challenger, as long as the time budget lasts."""
    policy, clock = night.policy.mitigation, night.clock
    begun = clock() if clock else 0.0
    blind = () if policy.attribute_at_prediction else _protected_inputs(night, rows)
    for name in policy.methods:
        for variant in mitigation(name).variants(rows.without(blind), tested.failures, policy):
            made = _Tried(_label(variant), variant.method, variant.settings)
            spent = clock() - begun if clock else 0.0
            if variant.skipped or variant.fit_rows is None:
                yield replace(made, reason=variant.skipped)
            elif spent > policy.time_budget_seconds:
                yield replace(made, reason=f"the time budget of {policy.time_budget_seconds:g} s was spent; it was not tried")
            else:
                yield _fitted(night, rows, made, variant, blind)


def _fitted(night: Night, rows: TrainingRows, made: _Tried, variant: Variant, blind: tuple[str, ...]) -> _Tried:
    fit_rows, deaf = variant.fit_rows, (*blind, *variant.blind_to)
    if fit_rows is None:
        return made
    try:
        model, unseen = cross_fitted(
            lambda chosen: silenced(fit_rows(chosen), deaf), rows.without(deaf).inputs, rows.label, rows.cluster,
            training=night.policy.training,
        )  # fmt: skip
    except ValueError as error:
        return replace(made, reason=str(error))
    seen = effects_of(model, night.test_inputs, _protected_inputs(night, rows))
    if seen and not night.policy.mitigation.attribute_at_prediction:
        return replace(made, at_prediction=True, reason=f"its predictions use a protected attribute: {', '.join(seen)}")
    if heard := effects_of(model, night.test_inputs, deaf):
        return replace(made, reason=f"inputs that must have no effect have one: {', '.join(heard)}")
    challenger = challenger_of(model, unseen, night.part, test_dates=night.policy.training.test_dates, night=night.policy)
    return _tested(night, replace(made, at_prediction=bool(seen)), challenger)


def _validated(night: Night, one: _Tried) -> _Tried:
    made = one.challenger
    if made is None:
        return one
    chosen = made.unseen >= made.threshold.value
    found = fairness_of(night.part.rows, made.unseen, chosen, attributes=night.protected, policy=night.policy.bias)
    return replace(one, validation=found)


def _measured(night: Night, tried: list[_Tried]) -> list[_Tried]:
    """The contestants with their lift on validation and on test rows."""
    training = night.policy.training
    able = [(one.variant, one.challenger, one.chance) for one in tried if one.challenger is not None and one.chance is not None]
    validation = [Contestant(name, "", m.unseen, m.unseen, m.unseen >= m.threshold.value) for name, m, _ in able]
    quick = training.model_copy(update={"bootstrap_rounds": VALIDATION_ROUNDS})
    before, _ = contest(validation, night.part.rows, quick)
    tested = [Contestant(name, "", chance, chance, chance >= m.threshold.value) for name, m, chance in able]
    later, _ = contest(tested, night.test, training)
    return [
        replace(one, figures={**_own_figures(later[one.variant].columns), "validation_lift": before[one.variant].columns["lift"]})
        if one.challenger is not None else one
        for one in tried
    ]  # fmt: skip


def _own_figures(columns: Mapping[str, object]) -> dict[str, object]:
    return {name: columns.get(name) for name in ("auc", "lift", "lift_low", "lift_high")}


def _bounds(night: Night, rows: TrainingRows, tested: Fairness) -> Iterator[_Tried]:
    groups = {name: groups_of(night.test, name).reset_index(drop=True) for name in night.protected}
    test = TestRows(
        night.test_inputs, night.test["label"].to_numpy(dtype=bool), groups, night.plain.model.probability(night.test_inputs)
    )
    for name in night.policy.mitigation.bounds:
        made = _Tried(name, name, kind="bound", reason=NEVER)
        try:
            found = bound(name, rows, tested.failures, test, night.policy.bias)
        except ValueError as error:
            yield replace(made, reason=str(error))
            continue
        figures = {
            "lift": found.lift, "selection_rate": found.selection_rate, "disparity": found.disparity,
            "parity_difference": found.parity_difference,
        }  # fmt: skip
        yield replace(made, at_prediction=name == "group_thresholds", figures=figures)


def _frame(night: Night, tried: list[_Tried], choice: Choice, chosen: _Tried) -> pd.DataFrame:
    """Rows of `pql.mitigation`."""
    rows: list[dict[str, object]] = []
    for one in tried:
        own = one.tested
        row: dict[str, object] = {
            "as_of": night.as_of, "target": night.target, "version": night.version, "variant": one.variant, "method": one.method,
            "settings": json.dumps(dict(one.settings), sort_keys=True), "kind": one.kind,
            "status": "evaluated" if one.figures else "skipped", **one.figures, "attribute_at_prediction": one.at_prediction,
            "chosen": one is chosen,
            "reason": choice.reason if one is chosen else one.reason or why_left(one.standing, chosen.standing),
        }  # fmt: skip
        if one.validation is not None:
            row |= {"validation_disparity": one.validation.disparity, "validation_verdict": one.validation.verdict}
        if one.challenger is not None and one.chance is not None:
            row["selection_rate"] = float((one.chance >= one.challenger.threshold.value).mean())
        if own is not None:
            row |= {
                "disparity": own.disparity, "parity_difference": own.parity_difference, "parity_ratio": own.parity_ratio,
                "opportunity_difference": own.opportunity_difference, "verdict": own.verdict, "contrasts": own.contrasts,
            }  # fmt: skip
        rows.append({name: _rounded(row.get(name)) for name in MITIGATION.column_names})
    return pd.DataFrame(rows, columns=list(MITIGATION.column_names), dtype=object)


def _rounded(value: object) -> object:
    return round(value, 9) if isinstance(value, float) and np.isfinite(value) else None if isinstance(value, float) else value


def _label(variant: Variant) -> str:
    """The variant's name: the method, with its strength where it has one."""
    strength = variant.settings.get("strength")
    return variant.method if strength is None else f"{variant.method} {strength:g}"
