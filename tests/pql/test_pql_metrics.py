"""The vectorized metrics equal scikit-learn's, and the permutation null knows noise from signal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.pql.training.metrics import Scored, account_draws, auc, estimate, evaluate, permutation_null


def sample(seed, size=300, clusters=40, signal=1.0, ties=False):
    generator = np.random.default_rng(seed)
    cluster = generator.integers(0, clusters, size)
    label = generator.random(size) < 0.3
    score = generator.normal(size=size) + signal * label
    score = np.round(score) if ties else score
    probability = 1 / (1 + np.exp(-score))
    return Scored(
        label, score, probability, probability > 0.6, score > np.quantile(score, 0.9), np.unique(cluster, return_inverse=True)[1]
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_metrics_equal_scikit_learn_also_with_ties(seed, ties):
    from sklearn import metrics as reference

    scored = sample(seed, ties=ties)
    found = {
        name: values[0]
        for name, values in evaluate(scored, account_draws(int(scored.cluster.max()) + 1, rounds=2, seed=1)).items()
    }
    expected = {
        "auc": reference.roc_auc_score(scored.label, scored.score),
        "pr_auc": reference.average_precision_score(scored.label, scored.score),
        "brier": reference.brier_score_loss(scored.label, scored.probability),
        "log_loss": reference.log_loss(scored.label, scored.probability),
        "precision": reference.precision_score(scored.label, scored.selected, zero_division=np.nan),
        "recall": reference.recall_score(scored.label, scored.selected),
        "precision_at_capacity": scored.label[scored.worked].mean(),
        "lift": scored.label[scored.worked].mean() / scored.label.mean(),
        "base_rate": scored.label.mean(),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert auc(scored.label, scored.score) == pytest.approx(expected["auc"], abs=1e-12)


def test_a_draw_equals_the_metric_of_the_rows_drawn():
    from sklearn.metrics import average_precision_score, roc_auc_score

    scored = sample(3)
    draws = account_draws(int(scored.cluster.max()) + 1, rounds=5, seed=2)
    found = evaluate(scored, draws)
    for place in range(1, 6):
        weights = draws[place][scored.cluster]
        assert found["auc"][place] == pytest.approx(roc_auc_score(scored.label, scored.score, sample_weight=weights))
        assert found["pr_auc"][place] == pytest.approx(average_precision_score(scored.label, scored.score, sample_weight=weights))


def test_a_perfectly_calibrated_score_has_little_calibration_error_and_a_shifted_one_much():
    generator = np.random.default_rng(1)
    probability = generator.random(20000)
    label = generator.random(20000) < probability
    cluster = np.arange(20000)
    flags = probability > 0.5
    draws = np.ones((1, 20000))
    assert evaluate(Scored(label, probability, probability, flags, flags, cluster), draws)["ece"][0] < 0.02
    shifted = np.clip(probability + 0.2, 0, 1)
    assert evaluate(Scored(label, shifted, shifted, flags, flags, cluster), draws)["ece"][0] > 0.1


def test_one_class_has_no_auc_rather_than_half():
    scored = sample(1)
    alone = Scored(np.zeros(300, dtype=bool), scored.score, None, scored.selected, scored.worked, scored.cluster)
    found = estimate(evaluate(alone, account_draws(40, rounds=10, seed=1))["auc"])
    assert np.isnan(found.value) and found.rounded() == [None, None, None]


def test_the_permutation_null_separates_signal_from_noise_and_respects_accounts():
    generator = np.random.default_rng(4)
    accounts, dates = 120, 4
    cluster = np.tile(np.repeat(np.arange(accounts), 2), dates)
    date = np.repeat(np.arange(dates), accounts * 2)
    account_label = generator.random(accounts) < 0.25
    label = account_label[cluster]
    noise = generator.normal(size=accounts)[cluster]
    nothing = permutation_null(label, noise, cluster, date, rounds=500, seed=1)
    something = permutation_null(label, noise + 2.0 * label, cluster, date, rounds=500, seed=1)
    assert nothing.p_value > 0.05 and something.p_value == pytest.approx(1 / 501)
    assert something.percentile_95 > 0.55, "repeated rows of an account must widen the null"


def test_the_permutation_null_rejects_noise_about_as_often_as_it_should():
    def p_value(seed):
        generator = np.random.default_rng(seed)
        cluster, date = np.tile(np.arange(80), 3), np.repeat(np.arange(3), 80)
        label = (generator.random(80) < 0.3)[cluster]
        return permutation_null(label, generator.normal(size=80)[cluster], cluster, date, rounds=99, seed=seed).p_value

    assert np.mean([p_value(seed) <= 0.05 for seed in range(200)]) <= 0.09
