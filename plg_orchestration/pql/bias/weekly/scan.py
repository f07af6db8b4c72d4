"""Which group was treated worse, and from when to when: a scan over all groups and periods, with one level for all of them.

The statistic of a group and a period is the excess of the group's bad answers over what its share of each stratum (week and kind
of lead) would bring, in standard errors (Mantel and Haenszel). Dealing the answers out anew inside each stratum gives the
distribution of the largest one over all groups and periods (Kulldorff's scan), so that looking everywhere costs power alone.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.pql.training.metrics import Codes, Flags, Floats

LEAST_VARIANCE = 0.5
"""A period whose excess varies less says nothing; it is left out."""


@dataclass(frozen=True)
class Found:
    """A group's worst period: weeks `first` to `last` (places, both included), the excess in standard errors, and its chance.

    `p_value` is the share of deals in which any group has a period as bad. Without a period that is large enough `first` is -1.
    """

    group: int
    first: int
    last: int
    excess: float
    p_value: float


def scan(
    week: Codes, stratum: Codes, group: Codes, bad: Flags, *, weeks: int, groups: int, least: int, rounds: int, seed: int
) -> list[Found]:  # fmt: skip
    """The worst period of each group among all periods in which it and the rest have at least `least` answers each.

    Each answer has a week (place from 0), a stratum (numbers from 0; each lies in one week), a group and whether it was bad.
    """
    excess, variance = _dealt(week, stratum, group, bad, weeks=weeks, groups=groups, rounds=rounds, seed=seed)
    seen = _cumulated(np.bincount(group * weeks + week, minlength=weeks * groups).reshape(groups, weeks).astype(np.float64))
    summed, spread = _cumulated(excess), _cumulated(variance)
    best = np.full((rounds + 1, groups), -np.inf)
    where = np.full((groups, 2), -1, dtype=np.int64)
    for first in range(weeks):
        own = seen[:, first + 1 :] - seen[:, [first]]
        rest = own.sum(axis=0) - own
        width = spread[:, first + 1 :] - spread[:, [first]]
        able = (own >= least) & (rest >= least) & (width >= LEAST_VARIANCE)
        if not able.any():
            continue
        moved = summed[:, :, first + 1 :] - summed[:, :, [first]]
        errors = np.where(able, moved / np.sqrt(np.maximum(width, LEAST_VARIANCE)), -np.inf)
        top = errors[0].max(axis=1)
        where[top > best[0]] = np.column_stack([np.full(groups, first), first + errors[0].argmax(axis=1)])[top > best[0]]
        best = np.maximum(best, errors.max(axis=2))
    worst = best[1:].max(axis=1)
    chance = [float((1 + (worst >= own - 1e-12).sum()) / (rounds + 1)) for own in best[0]]
    return [
        Found(code, int(first), int(last), float(best[0, code]), chance[code])
        if first >= 0
        else Found(code, -1, -1, np.nan, np.nan)
        for code, (first, last) in enumerate(where)
    ]


def _dealt(
    week: Codes, stratum: Codes, group: Codes, bad: Flags, *, weeks: int, groups: int, rounds: int, seed: int
) -> tuple[Floats, Floats]:  # fmt: skip
    """The excess of bad answers by (round, group, week), as it was in round 0 and as dealt anew in the others; its variance."""
    excess, variance = np.zeros((rounds + 1, groups, weeks)), np.zeros((groups, weeks))
    generator = np.random.default_rng(seed)
    for code in np.unique(stratum):
        rows = stratum == code
        place, sizes = int(week[rows][0]), np.bincount(group[rows], minlength=groups)
        count, failed = int(sizes.sum()), int(bad[rows].sum())
        if count < 2 or failed in (0, count):
            continue
        share = sizes / count
        own = np.bincount(group[rows], weights=bad[rows].astype(np.float64), minlength=groups)
        dealt = generator.multivariate_hypergeometric(sizes, failed, size=rounds, method="marginals")
        excess[:, :, place] += np.vstack([own, dealt]) - failed * share
        variance[:, place] += share * (1 - share) * failed * (count - failed) / (count - 1)
    return excess, variance


def strata_of(answers: pd.DataFrame) -> Codes:
    """A number for each week and origin: answers are compared with those of the same week and kind of lead."""
    return answers.groupby(["week", "origin"], sort=True).ngroup().to_numpy().astype(np.int64)


def week_places(answers: pd.DataFrame) -> tuple[Codes, list[pd.Timestamp]]:
    """The place of each answer's week among all calendar weeks from the first to the last, and their Mondays."""
    weeks = pd.to_datetime(answers["week"])
    mondays = list(pd.date_range(weeks.min(), weeks.max(), freq="7D"))
    return ((weeks - mondays[0]).dt.days // 7).to_numpy().astype(np.int64), mondays


def reasons_given(answers: pd.DataFrame, *, most: int) -> tuple[str, ...]:
    """The commonest reasons of rejections, the commonest first."""
    given = answers.loc[~answers["accepted"].astype(bool) & (answers["reason"] != ""), "reason"].value_counts()
    counts = {str(name): int(n) for name, n in given.items()}
    return tuple(sorted(counts, key=lambda name: (-counts[name], name))[:most])


def _cumulated(values: Floats) -> Floats:
    """Sums over the weeks before each place, along the last axis; one place more than weeks."""
    return np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
