"""Shapley values of trees equal the definition, add up, and stay exact through forests, boosting and calibration."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from plg_orchestration.pql.training.tree_shap import Tree, shap_values, trees_of


def expected(tree, row, known, node=0):
    """The tree's output when only the features in `known` are known: unknown ones follow the training rows into both branches."""
    if tree.left[node] < 0:
        return tree.value[node]
    left, right = tree.left[node], tree.right[node]
    if tree.feature[node] in known:
        return expected(tree, row, known, left if row[tree.feature[node]] <= tree.threshold[node] else right)
    return (
        tree.cover[left] * expected(tree, row, known, left) + tree.cover[right] * expected(tree, row, known, right)
    ) / tree.cover[node]


def by_definition(trees, row):
    """Each feature's mean gain over all orders in which features become known."""
    orders = list(permutations(range(len(row))))
    gained = np.zeros(len(row))
    for order in orders:
        for place, feature in enumerate(order):
            before, after = set(order[:place]), set(order[: place + 1])
            gained[feature] += sum(expected(t, row, after) - expected(t, row, before) for t in trees)
    return gained / len(orders)


def sample(seed, rows=120, features=4):
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 4, (rows, features)).astype(np.float64)
    chance = 1 / (1 + np.exp(-(values[:, 0] - 1.5 + values[:, 1] * (values[:, 2] > 1) - 1)))
    label = generator.random(rows) < chance
    label[:2] = [True, False]
    return values, label


def test_a_tree_of_one_question_gives_what_the_answer_moves():
    tree = Tree(
        np.array([1, -1, -1]), np.array([2, -1, -1]), np.array([0, -2, -2]), np.array([0.5, -2, -2]), np.array([0.0, 1.0, 5.0]),
        np.array([4.0, 3.0, 1.0]),
    )  # fmt: skip
    values, baseline = shap_values([tree], np.array([[0.0, 9.0], [1.0, 9.0]]))
    assert baseline == pytest.approx(2.0) and values.tolist() == [[pytest.approx(-1.0), 0.0], [pytest.approx(3.0), 0.0]]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_values_equal_the_definition_over_all_orders(seed, boosting):
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    values, label = sample(seed)
    if boosting:
        model = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=6, min_samples_leaf=5, early_stopping=False)
    else:
        model = RandomForestClassifier(3, max_depth=4, min_samples_leaf=2, random_state=0)
    with threadpool_limits(limits=1):
        model.fit(values, label)
    trees, constant = trees_of(model)
    found, baseline = shap_values(trees, values[:5])
    for place, row in enumerate(values[:5]):
        assert found[place] == pytest.approx(by_definition(trees, row), abs=1e-12)
    output = model.decision_function(values[:5]) if boosting else model.predict_proba(values[:5])[:, 1]
    assert baseline + constant + found.sum(axis=1) == pytest.approx(output, abs=1e-12)


def test_weighted_rows_count_by_their_weight():
    from sklearn.ensemble import RandomForestClassifier

    values, label = sample(7)
    weights = np.where(label, 3.0, 0.5)
    model = RandomForestClassifier(4, max_depth=3, bootstrap=False, random_state=1).fit(values, label, weights)
    trees, _ = trees_of(model)
    _, baseline = shap_values(trees, values[:1])
    assert baseline == pytest.approx((weights * label).sum() / weights.sum())


def test_many_rows_in_pieces_give_what_each_alone_gives(monkeypatch):
    from sklearn.ensemble import RandomForestClassifier

    from plg_orchestration.pql.training import tree_shap

    values, label = sample(3)
    trees, _ = trees_of(RandomForestClassifier(5, max_depth=4, random_state=0).fit(values, label))
    whole, _ = shap_values(trees, values)
    monkeypatch.setattr(tree_shap, "CHUNK", 100)
    assert np.array_equal(shap_values(trees, values)[0], whole)


def test_what_is_no_sum_of_trees_is_refused():
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(TypeError, match="LogisticRegression is no sum of trees"):
        trees_of(LogisticRegression())
