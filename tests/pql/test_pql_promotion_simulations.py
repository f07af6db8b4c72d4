"""Many nights by simulation: noise never ratchets the champion down, equals rise at the nominal rate, the better one rises."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest

from plg_orchestration.pql.promotion.evaluation import Incumbent
from plg_orchestration.pql.promotion.gates import decide
from plg_orchestration.pql.promotion.stability import population_stability_index
from plg_orchestration.pql.training.metrics import Estimate, Scored, account_draws, estimate, evaluate
from tests.pql.champion_nights import POLICY
from tests.pql.test_pql_gates import GOOD

START = dt.date(2025, 1, 6)
NIGHTS = 365
ACCOUNTS = 200
TRIES = 60
NOMINAL = 0.025
"""A lower bound of 95 % lies above the truth as often."""
ERROR = 0.008
"""Standard error of a paired difference of AUC, as on the demonstration's test part."""


def measured(generator: np.random.Generator, difference: float) -> Estimate:
    seen = difference + generator.normal(0, ERROR)
    return Estimate(seen, seen - 1.96 * ERROR, seen + 1.96 * ERROR)


def career(seed: int, *, yardstick: bool, nights: int = NIGHTS) -> list[float]:
    """The champion's true AUC after every night, from 0.80 on, when every challenger is a slightly worse copy of who routes.

    Without the `yardstick`, a challenger is only held against who routes.
    """
    generator = np.random.default_rng(seed)
    champion = best = 0.80
    standing = Incumbent("model", "first", START, best="first" if yardstick else None)
    path: list[float] = []
    for night in range(1, nights + 1):
        day = START + dt.timedelta(days=night)
        path.append(champion)
        if (day - (standing.promoted_on or START)).days < POLICY.promotion.cooldown_days:
            continue
        quality = champion - 0.006 + generator.normal(0, 0.004)
        over_best = measured(generator, quality - best)
        over_champion = over_best if standing.best == standing.version else measured(generator, quality - champion)
        challenger = replace(
            GOOD, as_of=day, version=str(night), gain_over_champion=over_champion, gain_over_best=over_best,
            gain_over_rules=measured(generator, quality - 0.65),
        )  # fmt: skip
        if decide(challenger, standing, POLICY.promotion, newest=True).promoted:
            champion, mark = quality, standing.best
            if yardstick and over_best.low > 0:
                best, mark = quality, str(night)
            standing = Incumbent("model", str(night), day, best=mark)
    return [*path, champion]


def test_nights_of_slightly_worse_copies_do_not_ratchet_the_champion_down():
    kept = [career(seed, yardstick=True) for seed in range(12)]
    loose = [career(seed, yardstick=False) for seed in range(12)]
    margin = POLICY.promotion.non_inferiority
    assert np.mean([path[-1] for path in kept]) > 0.80 - margin, "a year of it costs no more than the margin"
    assert min(min(path) for path in kept) > 0.80 - margin - ERROR, "and chance adds little to that"
    assert np.mean([path[-1] for path in loose]) < 0.80 - 2 * margin, "against who routes alone, it goes on step by step"


def test_equals_take_the_place_of_a_fresh_champion_at_the_nominal_rate_at_most():
    generator = np.random.default_rng(20250401)
    standing = Incumbent("model", "v1", START, best="v1")
    nights = 2000
    risen = 0
    for _ in range(nights):
        equal = replace(GOOD, as_of=START + dt.timedelta(days=10), gain_over_champion=measured(generator, 0.0))
        risen += decide(equal, standing, POLICY.promotion, newest=True).promoted
    assert risen / nights < NOMINAL + 3 * math.sqrt(NOMINAL * (1 - NOMINAL) / nights)


def contested(generator: np.random.Generator, drawn_better: float, draws: np.ndarray) -> Estimate:
    """The paired gain in AUC of one scorer over another on fresh rows, three users an account, by the contest's bootstrap."""
    cluster = np.repeat(np.arange(ACCOUNTS), 3)
    label = np.repeat(generator.random(ACCOUNTS) < 0.3, 3)
    shared = np.repeat(generator.normal(0, 1, ACCOUNTS), 3) + label
    scores = [shared * (1 + gain) + generator.normal(0, 1, 3 * ACCOUNTS) for gain in (drawn_better, 0.0)]
    found = [evaluate(Scored(label, score, None, score > 1, score > 1, cluster), draws)["auc"] for score in scores]
    return estimate(found[0] - found[1])


@pytest.mark.parametrize(
    ("better", "least", "most"), [(0.0, 0.0, NOMINAL + 3 * (NOMINAL * (1 - NOMINAL) / TRIES) ** 0.5), (6.0, 0.6, 1.0)]
)
def test_the_paired_bootstrap_by_account_promotes_equals_seldom_and_a_truly_better_one(better, least, most):
    generator = np.random.default_rng(20250402)
    draws = account_draws(ACCOUNTS, rounds=200, seed=1)
    standing = Incumbent("model", "v1", START, best="v1")
    promoted = [
        decide(
            replace(GOOD, as_of=START + dt.timedelta(days=10), gain_over_champion=contested(generator, better, draws)),
            standing, POLICY.promotion, newest=True,
        ).promoted
        for _ in range(TRIES)
    ]  # fmt: skip
    assert least <= np.mean(promoted) <= most


def test_a_truly_better_challenger_rises_within_its_first_nights():
    generator = np.random.default_rng(20250403)
    standing = Incumbent("model", "v1", START, best="v1")
    better = [
        replace(GOOD, as_of=START + dt.timedelta(days=10), gain_over_champion=measured(generator, 0.03)) for _ in range(500)
    ]
    risen = np.mean([decide(challenger, standing, POLICY.promotion, newest=True).promoted for challenger in better])
    assert risen > 0.9


def test_stability_is_zero_for_equal_shares_and_as_computed_by_hand_for_shifted_ones():
    reference = np.arange(1000) / 1000
    assert population_stability_index(reference, reference) == 0.0
    halves = population_stability_index(np.array([0.0, 1.0] * 50), np.array([0.0] * 25 + [1.0] * 75), bins=2)
    assert halves == pytest.approx(sum((p - q) * math.log(p / q) for p, q in ((50.5, 25.5), (50.5, 75.5))) / 101)
    assert population_stability_index(reference, np.concatenate([reference, reference])) < 1e-3
    assert math.isnan(population_stability_index(reference, np.array([])))
    assert math.isnan(population_stability_index(reference, np.array([np.nan])))


def test_stability_of_two_draws_of_one_population_seldom_looks_shifted():
    generator = np.random.default_rng(20250404)
    found = [population_stability_index(generator.beta(1, 20, 4000), generator.beta(1, 20, 100)) for _ in range(300)]
    assert np.mean(np.array(found) < POLICY.promotion.stability) > 0.95
    shifted = population_stability_index(generator.beta(1, 20, 4000), generator.beta(2, 20, 1000))
    assert shifted > POLICY.promotion.stability
