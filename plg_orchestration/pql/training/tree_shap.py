"""Exact Shapley values of sums of decision trees (path-dependent TreeSHAP), as tables per leaf that many rows look up.

A leaf asks few features. For each of the 2^d answers to its d features the Shapley values are computed once, so that a row
costs one look-up a leaf. Values that a coalition does not know are averaged over both branches by the training rows that
went there. What a model does with the values is in `model.py`.
"""

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plg_orchestration.pql.training.metrics import Floats

Ints = NDArray[np.int64]
CHUNK = 2_000_000
"""Answers of leaves that are held in memory at once."""


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes: go `left` when x[feature] <= threshold, else `right`; a leaf has `left` -1.

    `cover` is the weight of training rows in the node, `value` what a leaf adds to the sum.
    """

    left: Ints
    right: Ints
    feature: Ints
    threshold: Floats
    value: Floats
    cover: Floats


@dataclass(frozen=True)
class _Path:
    """The way to a leaf: per distinct feature the interval (low, high] that leads there, and the share of rows that go along."""

    features: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    share: tuple[float, ...]
    value: float


def shap_values(trees: list[Tree], rows: Floats) -> tuple[Floats, float]:
    """([rows, features], baseline): per row they add up to the trees' sum; the baseline is its mean by the leaves' covers."""
    paths = [path for tree in trees for path in _paths(tree)]
    baseline = sum(path.value * float(np.prod(path.share)) for path in paths)
    made = np.zeros(rows.shape, dtype=np.float64)
    for width in sorted({len(path.features) for path in paths} - {0}):
        _add(made, rows, [path for path in paths if len(path.features) == width])
    return made, baseline


def trees_of(estimator: Any) -> tuple[list[Tree], float]:
    """The trees of a fitted forest or boosting whose leaves add up to its output, and the constant beside them.

    A forest's output is its probability, a boosting's its log-odds. TypeError for any other estimator.
    """
    kind = type(estimator).__name__
    if kind == "RandomForestClassifier":
        count = len(estimator.estimators_)
        return [_of_forest(one.tree_, count) for one in estimator.estimators_], 0.0
    if kind == "HistGradientBoostingClassifier":
        constant = float(np.ravel(estimator._baseline_prediction)[0])
        return [_of_boosting(round_[0].nodes) for round_ in estimator._predictors], constant
    raise TypeError(f"{kind} is no sum of trees")


def _of_forest(tree: Any, count: int) -> Tree:
    share = tree.value[:, 0, 1] / tree.value[:, 0, :].sum(axis=1)
    left, right, feature = (np.asarray(a, dtype=np.int64) for a in (tree.children_left, tree.children_right, tree.feature))
    return Tree(left, right, feature, np.asarray(tree.threshold), share / count, np.asarray(tree.weighted_n_node_samples))


def _of_boosting(nodes: Any) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    feature, cover = nodes["feature_idx"].astype(np.int64), nodes["count"].astype(np.float64)
    return Tree(left, right, feature, nodes["num_threshold"].astype(np.float64), nodes["value"].astype(np.float64), cover)


def _paths(tree: Tree) -> list[_Path]:
    found: list[_Path] = []
    waiting: list[tuple[int, dict[int, tuple[float, float, float]]]] = [(0, {})]
    while waiting:
        node, asked = waiting.pop()
        if tree.left[node] < 0:
            low, high, share = zip(*asked.values(), strict=True) if asked else ((), (), ())
            found.append(_Path(tuple(asked), low, high, share, float(tree.value[node])))
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        low, high, share = asked.get(feature, (-np.inf, np.inf, 1.0))
        for child, bounds in ((tree.left[node], (low, min(high, threshold))), (tree.right[node], (max(low, threshold), high))):
            went = share * float(tree.cover[child] / tree.cover[node])
            waiting.append((int(child), {**asked, feature: (*bounds, went)}))
    return found


def _add(made: Floats, rows: Floats, paths: list[_Path]) -> None:
    """Add the values of leaves that ask equally many features."""
    from scipy.sparse import csr_array

    width = len(paths[0].features)
    features = np.array([path.features for path in paths])
    low, high = np.array([path.low for path in paths]), np.array([path.high for path in paths])
    table = _tables(np.array([path.share for path in paths]), np.array([path.value for path in paths]))
    places = np.arange(features.size)
    owner = csr_array((np.ones(features.size), (places, features.ravel())), shape=(features.size, rows.shape[1]))
    powers = 1 << np.arange(width)
    leaves = np.arange(len(paths))[None, :]
    for start in range(0, len(rows), max(1, CHUNK // features.size)):
        part = slice(start, start + max(1, CHUNK // features.size))
        asked = rows[part][:, features]
        answer = ((asked > low) & (asked <= high)) @ powers
        made[part] += (owner.T @ table[leaves, answer].reshape(len(asked), -1).T).T


def _tables(share: Floats, value: Floats) -> Floats:
    """[leaves, 2^d, d]: the Shapley values of each feature of a leaf for every combination of answers."""
    leaves, width = share.shape
    answers = (np.arange(2**width)[:, None] >> np.arange(width)) & 1
    made = np.empty((leaves, 2**width, width))
    weight = np.array([factorial(k) * factorial(width - 1 - k) / factorial(width) for k in range(width)])
    for own in range(width):
        by_size = np.zeros((leaves, 2**width, width))
        by_size[:, :, 0] = 1.0
        for other in (o for o in range(width) if o != own):
            joined = by_size[:, :, :-1] * answers[None, :, other, None]
            by_size *= share[:, other, None, None]
            by_size[:, :, 1:] += joined
        made[:, :, own] = (answers[None, :, own] - share[:, own, None]) * (by_size @ weight) * value[:, None]
    return made
