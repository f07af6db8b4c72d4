"""How well scores rank and forecast: vectorized metrics, intervals clustered by account, and the permutation null.

Numbers in, numbers out; what is good enough is decided in `pql/promotion/gates.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]
BINS = 10
CHUNK = 250
MOST_CLUSTERS = 2000
"""Accounts are joined into at most so many clusters for the bootstrap: they do not depend on each other, and memory is saved."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; NaN where the data give none."""

    value: float
    low: float
    high: float

    def rounded(self) -> list[float | None]:
        """[value, low, high] to nine digits, None for NaN: how figures are stored."""
        return [None if np.isnan(v) else round(float(v), 9) for v in (self.value, self.low, self.high)]


NO_ESTIMATE = Estimate(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Scored:
    """One scorer's result on rows: label, score (higher is more likely), probability when it has one, and two selections.

    `selected` is by the scorer's own threshold, `worked` the best by score within capacity. `cluster` numbers the accounts.
    """

    label: Flags
    score: Floats
    probability: Floats | None
    selected: Flags
    worked: Flags
    cluster: Codes


def joined(account: Codes) -> Codes:
    """Accounts by number, joined into at most `MOST_CLUSTERS` clusters."""
    return account % MOST_CLUSTERS


def account_draws(clusters: int, *, rounds: int, seed: int) -> Floats:
    """Bootstrap weights (rounds + 1, clusters): row 0 is all ones (the data as they are), the rest multinomial draws."""
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(clusters, np.full(clusters, 1.0 / clusters), size=rounds)
    return np.vstack([np.ones((1, clusters)), drawn.astype(np.float64)])


def evaluate(scored: Scored, draws: Floats) -> dict[str, Floats]:
    """Every metric for every draw, each an array of `len(draws)` whose first entry is the figure itself.

    auc, pr_auc, brier, log_loss, ece (ten equal-count bins), base_rate, precision, recall, fpr and selection_rate at the
    scorer's threshold, precision_at_capacity, recall_at_capacity and lift (precision at capacity over the base rate).
    Metrics of probabilities are NaN for a scorer without them.
    """
    ranked = [_ranked(scored, part) for part in _chunks(draws)]
    made = {"auc": np.concatenate([r[0] for r in ranked]), "pr_auc": np.concatenate([r[1] for r in ranked])}
    return made | _probability_metrics(scored, draws) | _selection_metrics(scored, draws)


def auc_replicates(label: Flags, score: Floats, cluster: Codes, draws: Floats) -> Floats:
    """The area under the ROC curve for every draw; the first entry is the figure itself."""
    scored = Scored(label, score, None, label, label, cluster)
    return np.concatenate([_ranked(scored, part)[0] for part in _chunks(draws)])


def estimate(replicates: Floats) -> Estimate:
    """The figure (first entry) with the 2.5 and 97.5 percentiles of the draws; NaN limits when no draw gives a number."""
    drawn = replicates[1:][np.isfinite(replicates[1:])]
    if not len(drawn) or not np.isfinite(replicates[0]):
        return Estimate(float(replicates[0]) if np.isfinite(replicates[0]) else np.nan, np.nan, np.nan)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(replicates[0]), float(low), float(high))


def _chunks(draws: Floats) -> Iterator[Floats]:
    for start in range(0, len(draws), CHUNK):
        yield draws[start : start + CHUNK]


def _ranked(scored: Scored, draws: Floats) -> tuple[Floats, Floats]:
    """(ROC-AUC, average precision) per draw, ties shared: from weights summed over each distinct score, highest first."""
    order = np.argsort(-scored.score, kind="stable")
    ordered, label = scored.score[order], scored.label[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)]
    group = np.repeat(np.arange(len(starts)), ends - starts)
    tied, place = np.unique(group[label], return_inverse=True)
    cluster = scored.cluster[order]
    positive = _grouped(cluster[label], place, len(tied), draws)
    edges = np.unique(np.r_[0, starts[tied], ends[tied]])
    part = np.searchsorted(edges, np.arange(len(ordered)), side="right") - 1
    summed = np.cumsum(_grouped(cluster, part + 1, len(edges) + 1, draws), axis=1)
    above, seen = np.cumsum(positive, axis=1), summed[:, np.searchsorted(edges, ends[tied])]
    before = summed[:, np.searchsorted(edges, starts[tied])]
    positives = positive.sum(axis=1)
    negatives = summed[:, -1] - positives
    beside = seen - before - positive
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = np.sum(positive * (negatives[:, None] - (seen - above) + beside / 2), axis=1) / (positives * negatives)
        precision = np.where(seen > 0, above / seen, 0.0)
        average = np.sum(positive * precision, axis=1) / positives
    return auc, average


def _grouped(cluster: Codes, group: Codes, groups: int, draws: Floats) -> Floats:
    """The weight of each group's rows per draw, [draws, groups]: a sparse product over (cluster, group) counts."""
    from scipy.sparse import csr_array

    counts = csr_array((np.ones(len(cluster)), (group, cluster)), shape=(groups, draws.shape[1]))
    return np.asarray(counts @ draws.T).T


def _sums(values: Floats | Flags, cluster: Codes, draws: Floats) -> Floats:
    return draws @ np.bincount(cluster, weights=values.astype(np.float64), minlength=draws.shape[1])


def _probability_metrics(scored: Scored, draws: Floats) -> dict[str, Floats]:
    if scored.probability is None:
        return {name: np.full(len(draws), np.nan) for name in ("brier", "log_loss", "ece")}
    clipped = np.clip(scored.probability, 1e-12, 1 - 1e-12)
    label = scored.label.astype(np.float64)
    loss = -(label * np.log(clipped) + (1 - label) * np.log(1 - clipped))
    rows = _sums(np.ones(len(label)), scored.cluster, draws)
    order = np.argsort(clipped, kind="stable")
    bins = np.empty(len(order), dtype=np.int64)
    bins[order] = np.arange(len(order)) * BINS // len(order)
    gaps = [np.abs(_sums((clipped - label) * (bins == b), scored.cluster, draws)) for b in range(BINS)]
    return {
        "brier": _sums((clipped - label) ** 2, scored.cluster, draws) / rows,
        "log_loss": _sums(loss, scored.cluster, draws) / rows,
        "ece": np.sum(gaps, axis=0) / rows,
    }


def _selection_metrics(scored: Scored, draws: Floats) -> dict[str, Floats]:
    def total(values: Floats | Flags) -> Floats:
        return _sums(values, scored.cluster, draws)

    rows, positives = total(np.ones(len(scored.label))), total(scored.label)
    chosen, hit = total(scored.selected), total(scored.selected & scored.label)
    worked, worked_hit = total(scored.worked), total(scored.worked & scored.label)
    with np.errstate(invalid="ignore", divide="ignore"):
        base = positives / rows
        at_capacity = worked_hit / worked
        return {
            "base_rate": base, "precision": hit / chosen, "recall": hit / positives, "fpr": (chosen - hit) / (rows - positives),
            "selection_rate": chosen / rows, "precision_at_capacity": at_capacity, "recall_at_capacity": worked_hit / positives,
            "lift": at_capacity / base,
        }  # fmt: skip


@dataclass(frozen=True)
class PermutationNull:
    """The AUC against labels that were dealt out anew: share of deals as good (`p_value`), and their 95th percentile."""

    auc: float
    p_value: float
    percentile_95: float


def permutation_null(label: Flags, score: Floats, cluster: Codes, date: Codes, *, rounds: int, seed: int) -> PermutationNull:
    """Deal the positive labels of each as-of date to random accounts, `rounds` times, and compare the AUC.

    Whole accounts get a label, and one random order of accounts serves all dates of a deal, so an account that is positive on one
    date tends to be so on the others: the null keeps the dependence that real labels have. Counts per date stay.
    """
    clusters = int(cluster.max()) + 1
    ranks = _midranks(score)
    keys = np.random.default_rng(seed).random((rounds, clusters))
    size, rank_sum = np.zeros(rounds), np.zeros(rounds)
    for day in np.unique(date):
        rows = date == day
        accounts, first = np.unique(cluster[rows], return_index=True)
        of_account = np.searchsorted(accounts, cluster[rows])
        members = np.bincount(of_account).astype(np.float64)
        ranked = np.bincount(of_account, weights=ranks[rows])
        positive = int(label[rows][first].sum())
        if positive == 0:
            continue
        dealt = np.argpartition(keys[:, accounts], min(positive, len(accounts) - 1), axis=1)[:, :positive]
        size += members[dealt].sum(axis=1)
        rank_sum += ranked[dealt].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        null = (rank_sum - size * (size + 1) / 2) / (size * (len(label) - size))
        positives = int(label.sum())
        auc = (ranks[label].sum() - positives * (positives + 1) / 2) / (positives * (len(label) - positives))
    if not np.isfinite(auc) or not np.isfinite(null).all():
        return PermutationNull(np.nan, np.nan, np.nan)
    return PermutationNull(float(auc), float((1 + np.sum(null >= auc)) / (1 + rounds)), float(np.quantile(null, 0.95)))


def _midranks(score: Floats) -> Floats:
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def auc(label: Flags, score: Floats) -> float:
    """The area under the ROC curve, ties shared; NaN when one class is missing."""
    positives = int(label.sum())
    pairs = positives * (len(label) - positives)
    return float((_midranks(score)[label].sum() - positives * (positives + 1) / 2) / pairs) if pairs else float("nan")
