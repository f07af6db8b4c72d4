"""Each mitigation does to the rows what its formula says, equals Fairlearn where Fairlearn has it, and is blind at prediction."""

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.pql.mitigation.bounds import share_of_each
from plg_orchestration.pql.mitigation.correlation import correlated_directions
from plg_orchestration.pql.mitigation.method import Failure, TrainingRows, groups_of
from plg_orchestration.pql.mitigation.proxies import proxies
from plg_orchestration.pql.mitigation.reduction import Multiplier, multipliers, signed_weights
from plg_orchestration.pql.mitigation.registry import MITIGATIONS, mitigation
from plg_orchestration.pql.mitigation.reweighing import reweighing
from plg_orchestration.pql.mitigation.silence import effects_of, silenced
from plg_orchestration.pql.training.fitting import cross_fitted
from plg_orchestration.pql.training.model import WORDS
from tests.pql.training_rows import part_of, training_policy
from tests.pql.unfair_rows import POLICY, PROXY, unfair

GROUP = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
LABEL = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0], dtype=bool)
SOUTH = Failure("region", "south", "selection_rate", -0.3)


def rows_of(frame: pd.DataFrame, algorithm: str = "logistic_regression") -> TrainingRows:
    part = part_of(frame)
    settings = (
        {"regularization": 0.1} if algorithm == "logistic_regression" else {"trees": 5, "depth": 3, "leaf_rows": 5, "inputs": 0.5}
    )
    groups = {"region": groups_of(frame, "region")}
    return TrainingRows(
        part.inputs, part.label, part.cluster, part.weights, groups, algorithm, settings, training_policy(), 0.2  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


@pytest.fixture(scope="module")
def unjust() -> TrainingRows:
    return rows_of(unfair(3, accounts=120))


def fitted_by(rows: TrainingRows, name: str):
    (variant,) = mitigation(name).variants(rows, (SOUTH,), POLICY.mitigation)
    assert variant.fit_rows is not None, variant.skipped
    return variant, variant.fit_rows(np.arange(len(rows.label)))


def test_reweighed_rows_make_label_and_group_independent_and_keep_their_sums():
    """Group 0 has 4 of 10 rows and 3 of 4 positives: its positives weigh 0.4 x 0.4 / 0.3, its negative one 0.4 x 0.6 / 0.1."""
    found = reweighing(GROUP, LABEL, np.ones(10))
    assert found[:4] == pytest.approx([0.4 * 0.4 / 0.3] * 3 + [0.4 * 0.6 / 0.1])
    weights = np.linspace(0.5, 2.0, 10)
    made = weights * reweighing(GROUP, LABEL, weights)
    for group in (0, 1):
        own = group == GROUP
        assert made[own].sum() == pytest.approx(weights[own].sum())
        assert made[own & LABEL].sum() / made[own].sum() == pytest.approx((weights[LABEL]).sum() / weights.sum())


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate"])
def test_the_reductions_weights_are_fairlearns(metric: str):
    from fairlearn.reductions import DemographicParity, ErrorRate, TruePositiveRateParity

    generator = np.random.default_rng(4)
    group, label = generator.integers(0, 3, 200), generator.random(200) < 0.3
    kind, event = (DemographicParity, "all") if metric == "selection_rate" else (TruePositiveRateParity, "label=1")
    moment, errors = kind(), ErrorRate(costs={"fp": 0.2, "fn": 0.8})
    inputs = np.zeros((200, 1))
    moment.load_data(inputs, label.astype(int), sensitive_features=group)
    errors.load_data(inputs, label.astype(int), sensitive_features=group)
    multiplier = pd.Series(0.0, index=moment.index)
    multiplier[("-", event, 1)], multiplier[("+", event, 2)] = 0.15, 0.07
    expected = moment.signed_weights(multiplier) + errors.signed_weights()
    over = np.ones(200, dtype=bool) if metric == "selection_rate" else label
    parts = [Multiplier(group == 1, over, 1), Multiplier(group == 2, over, -1)]
    found = signed_weights(label, np.ones(200), parts, {0: 0.15, 1: 0.07}, false_positive=0.2, false_negative=0.8)
    np.testing.assert_allclose(found, expected.fillna(errors.signed_weights()).to_numpy(), rtol=1e-12, atol=1e-12)


def test_fairlearns_grid_search_fits_the_very_same_models():
    from fairlearn.reductions import DemographicParity, GridSearch
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(5)
    inputs, group = generator.normal(size=(300, 3)), generator.integers(0, 2, 300)
    label = generator.random(300) < 1 / (1 + np.exp(-inputs[:, 0] - group))
    moment = DemographicParity()
    moment.load_data(inputs, label.astype(int), sensitive_features=group)
    grid = pd.DataFrame({0: pd.Series(0.0, index=moment.index), 1: pd.Series(0.0, index=moment.index)})
    grid.loc[("-", "all", 0), 1] = 0.3
    search = GridSearch(LogisticRegression(), DemographicParity(), grid=grid)
    search.fit(inputs, label.astype(int), sensitive_features=group)
    signed = signed_weights(label, np.ones(300), [Multiplier(group == 0, np.ones(300, dtype=bool), 1)], {0: 0.3})
    own = LogisticRegression().fit(inputs, signed > 0, sample_weight=np.abs(signed))
    np.testing.assert_allclose(own.coef_, search.predictors_[1].coef_, atol=1e-12)


def test_only_groups_that_have_too_little_are_raised_if_there_are_any(unjust: TrainingRows):
    north = Failure("region", "north", "selection_rate", 0.3)
    assert [m.sign for m in multipliers(unjust, (north, SOUTH))] == [1]
    assert [m.sign for m in multipliers(unjust, (north,))] == [-1]


def test_log_odds_without_the_correlation_have_none_with_the_groups(unjust: TrainingRows):
    _, pipeline = fitted_by(unjust, "correlation_removed")
    south = (unjust.groups["region"] == "south").to_numpy(dtype=float)
    share = unjust.weights / unjust.weights.sum()

    def correlation(fitted) -> float:
        scores = fitted.decision_function(unjust.inputs)
        both = share @ ((scores - share @ scores) * (south - share @ south))
        return float(both / np.sqrt((share @ (scores - share @ scores) ** 2) * (share @ (south - share @ south) ** 2)))

    plain = unjust.fit(np.arange(len(unjust.label)))
    assert abs(correlation(pipeline)) < 1e-10
    assert abs(correlation(plain)) > 0.2


def test_the_directions_removed_are_those_of_the_covariance_with_the_groups():
    prepared = np.column_stack([GROUP.astype(float), np.tile([0.0, 1.0], 5), np.arange(10.0) % 2])
    found = correlated_directions(prepared, GROUP, np.ones(10))
    assert found.shape == (3, 1) and abs(found[0, 0]) == pytest.approx(1.0)


def test_trees_cannot_hold_the_projection_and_say_so():
    (variant,) = mitigation("correlation_removed").variants(
        rows_of(unfair(3, accounts=40), "random_forest"), (SOUTH,), POLICY.mitigation
    )
    assert variant.fit_rows is None and "only a linear model" in variant.skipped


def test_the_proxy_is_the_input_that_tells_the_group(unjust: TrainingRows):
    found = proxies(unjust, (SOUTH,))
    assert max(found, key=lambda name: found[name]) == PROXY and found[PROXY] > 0.9
    assert sorted(found.values())[-2] < POLICY.mitigation.proxy_association
    variant, _ = fitted_by(unjust, "proxies_dropped")
    assert variant.blind_to == (PROXY,)


def test_without_a_proxy_nothing_is_dropped():
    frame = unfair(3, accounts=60)
    frame[PROXY] = 1
    (variant,) = mitigation("proxies_dropped").variants(rows_of(frame), (SOUTH,), POLICY.mitigation)
    assert variant.fit_rows is None and "no input tells a failing group from the rest" in variant.skipped


@pytest.mark.parametrize("algorithm", ["logistic_regression", "random_forest"])
def test_a_dropped_input_has_exactly_no_effect_whatever_its_kind(algorithm: str):
    rows = rows_of(unfair(3, accounts=60), algorithm)
    deaf = (PROXY, WORDS[0])
    blind = rows.without(deaf)
    model, _ = cross_fitted(
        lambda chosen: silenced(blind.fit(chosen), deaf), rows.inputs, rows.label, rows.cluster, training=rows.training
    )
    assert effects_of(model, rows.inputs, deaf) == []
    plain, _ = cross_fitted(rows.fit, rows.inputs, rows.label, rows.cluster, training=rows.training)
    assert effects_of(plain, rows.inputs, (PROXY,)) == [PROXY]
    assert not model.contributions(rows.inputs.head(20))[list(deaf)].to_numpy().any()


def test_group_thresholds_are_those_of_fairlearns_threshold_optimizer():
    """At the selection rate that Fairlearn's optimizer takes, the same rows are selected with the same chances."""
    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.base import BaseEstimator

    generator = np.random.default_rng(6)
    group, score = generator.integers(0, 2, 400), generator.random(400)
    label = (generator.random(400) < score).astype(int)

    class Given(BaseEstimator):
        def fit(self, inputs, labels):
            return self

        def predict(self, inputs):
            return np.asarray(inputs)[:, 0]

        def __sklearn_is_fitted__(self):
            return True

    optimizer = ThresholdOptimizer(
        estimator=Given(), constraints="demographic_parity", objective="balanced_accuracy_score", prefit=True,
        predict_method="predict", grid_size=200,
    )  # fmt: skip
    optimizer.fit(score[:, None], label, sensitive_features=group)
    theirs = optimizer._pmf_predict(score[:, None], sensitive_features=group)[:, 1]
    for code in (0, 1):
        assert theirs[group == code].mean() == pytest.approx(theirs.mean(), abs=1e-6)
    ours = share_of_each(score, group, float(theirs.mean()))
    assert [float(ours[group == code].mean()) for code in (0, 1)] == pytest.approx([theirs.mean()] * 2)
    assert (np.abs(ours - theirs) > 0.5).mean() < 0.01


def test_every_method_that_the_policy_names_is_registered():
    assert {method.name for method in MITIGATIONS} == set(POLICY.mitigation.methods)
    with pytest.raises(ValueError, match="mitigation 'prayer' is unknown"):
        mitigation("prayer")
