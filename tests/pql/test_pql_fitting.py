"""Every algorithm: calibrated, taken apart exactly, stored and read back the same, whatever odd data it meets."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from plg_orchestration.pql.training.artifacts import ALLOWED_TYPES, load_model, model_bytes, store_model, types_named
from plg_orchestration.pql.training.fitting import account_weights, calibrated, fit, fitted
from plg_orchestration.pql.training.metrics import auc
from plg_orchestration.pql.training.model import model_inputs
from tests.pql.training_rows import part_of, rows_of, training_policy

ALGORITHMS = ("logistic_regression", "random_forest", "histogram_gradient_boosting")


def fit_one(algorithm, part, **changes):
    training = training_policy(**changes)
    with threadpool_limits(limits=1):
        return fit(
            part.inputs, part.label, part.cluster, part.weights, algorithm=algorithm,
            settings=training.algorithms.competing()[algorithm][-1], training=training,
        )  # fmt: skip


@pytest.fixture(scope="module")
def part():
    return part_of(rows_of(1, dates=3))


@pytest.fixture(scope="module", params=[(a, n) for a in ALGORITHMS for n in (10, 10_000)], ids=str)
def made(request, part):
    algorithm, isotonic_positives = request.param
    return algorithm, *fit_one(algorithm, part, isotonic_positives=isotonic_positives)


def test_contributions_and_baseline_add_up_to_the_calibrated_log_odds(made, part):
    _, model, _ = made
    parts = model.contributions(part.inputs)
    assert parts.sum(axis=1).to_numpy() == pytest.approx(model.log_odds(part.inputs), abs=1e-9)
    assert model.probability(part.inputs) == pytest.approx(1 / (1 + np.exp(-parts.sum(axis=1))), abs=1e-12)


def test_the_planted_drivers_matter_most_and_raise_the_probability(made, part):
    _, model, _ = made
    found = model.importance(part.inputs).head(2)
    assert set(found["input"]) == {"limit_hits_28d", "pricing_views_28d"} and set(found["direction"]) == {"raises"}


def test_out_of_fold_probabilities_rank_well_and_mean_what_they_say(made, part):
    _, _, unseen = made
    assert auc(part.label, unseen) > 0.7
    assert unseen.mean() == pytest.approx(part.label.mean(), abs=0.02)


def test_the_file_is_canonical_of_allowed_types_only_and_scores_the_same(made, part, tmp_path):
    _, model, _ = made
    content = model_bytes(model)
    assert types_named(content) <= ALLOWED_TYPES
    again = load_model(store_model(tmp_path / "m", content, {"version": "v"}))
    assert np.array_equal(again.log_odds(part.inputs), model.log_odds(part.inputs))
    assert model_bytes(again) == content
    assert again.contributions(part.inputs.head(9)).equals(model.contributions(part.inputs.head(9)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_rows_give_the_same_bytes_again(algorithm, part):
    assert model_bytes(fit_one(algorithm, part)[0]) == model_bytes(fit_one(algorithm, part)[0])


def test_isotonic_calibration_bends_the_line_and_never_falls_or_ties(part):
    generator = np.random.default_rng(0)
    raw = np.sort(generator.normal(size=20_000) * 2)
    label = generator.random(20_000) < 0.05 + 0.25 / (1 + np.exp(-4 * raw))
    training = training_policy()
    settings = {"regularization": 0.1}
    pipeline = fitted(part.inputs, part.label, part.weights, "logistic_regression", settings, training)
    bent, straight = (calibrated(pipeline, raw, label, isotonic=choice) for choice in (True, False))
    assert (np.diff(bent.calibrate(np.linspace(-9, 9, 500))) > 0).all() and len(straight.knots) == 0
    found = []
    for model in (bent, straight):
        probability = 1 / (1 + np.exp(-model.calibrate(raw)))
        gaps = [abs(probability[b].mean() - label[b].mean()) for b in np.array_split(np.arange(20_000), 10)]
        found.append(max(gaps))
    assert found[0] < 0.03 < found[1]


def test_each_account_counts_once_a_date_however_many_users_it_has():
    payer, day = pd.Series(["a", "a", "a", "b", "a"]), pd.Series([1, 1, 1, 1, 2])
    weights = account_weights(payer, day)
    assert weights.mean() == pytest.approx(1.0)
    assert weights[:3].sum() == pytest.approx(weights[3]) == pytest.approx(weights[4])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_odd_values_have_a_defined_meaning(algorithm, part):
    rows = part.rows.assign(events_1d=7, company_size_fit=None)
    rows["events_trend"] = np.where(np.arange(len(rows)) % 3 == 0, np.nan, np.inf)
    odd = part_of(rows)
    assert np.isfinite(odd.inputs.select_dtypes("number").to_numpy()).all()
    model, _ = fit_one(algorithm, odd)
    strange = rows.head(3).assign(segment=["martian", None, "one"], limit_hits_28d=[np.nan, -5, 10**9])
    inputs = model_inputs(strange)
    probability = model.probability(inputs)
    assert np.isfinite(probability).all() and ((probability >= 0) & (probability <= 1)).all()
    parts = model.contributions(inputs)
    assert parts.sum(axis=1).to_numpy() == pytest.approx(model.log_odds(inputs), abs=1e-9)
    assert parts[["events_1d", "company_size_fit"]].abs().to_numpy().max() < 1e-12
