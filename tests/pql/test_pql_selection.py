"""The challenger: the simplest that nobody beats beyond chance, chosen forward in time, the same on every machine."""

import datetime as dt

import numpy as np
import pytest

from plg_orchestration.pql.training.grid import Fold, plan_folds
from plg_orchestration.pql.training.selection import choose
from tests.pql.training_rows import START, part_of, rows_of, training_policy

WEEK = dt.timedelta(days=7)


def weeks(*numbers):
    return tuple(START + WEEK * n for n in numbers)


@pytest.fixture(autouse=True)
def one_thread():
    """As in a training: results do not depend on threads."""
    import sklearn.ensemble
    from threadpoolctl import threadpool_limits

    assert sklearn.ensemble
    with threadpool_limits(limits=1):
        yield


FOLDS = (Fold(weeks(0, 1), weeks(4, 5)), Fold(weeks(0, 1, 2, 3), weeks(6, 7)))


def formulas(part):
    hits = part.rows["limit_hits_28d"].to_numpy(dtype=float)
    return {"rules": np.round(hits / 3), "weighted": hits}


def test_folds_go_forward_with_a_gap_of_one_label_window(policy):
    training = training_policy(temporal_folds=2, fold_dates=4, min_train_dates=4)
    dates = weeks(*range(16))
    found = plan_folds(dates, target=policy.targets["conversion"], training=training)
    assert [(len(f.train), f.valid) for f in found] == [(4, weeks(8, 9, 10, 11)), (8, weeks(12, 13, 14, 15))]
    assert all(f.train[-1] + dt.timedelta(days=31) <= f.valid[0] for f in found)
    assert plan_folds(dates[:8], target=policy.targets["conversion"], training=training) == ()


def test_what_adds_up_is_left_to_the_logistic_regression():
    part = part_of(rows_of(1, drive="sum"))
    found = choose(part, FOLDS, formulas(part), training_policy())
    assert (found.algorithm, found.standing, found.manner) == ("logistic_regression", "logistic_regression", "forward in time")
    gains = {t.contestant: t for t in found.trials if t.best}
    assert gains["logistic_regression"].gain.low > 0 and gains["logistic_regression"].against in ("rules", "weighted")
    assert gains["histogram_gradient_boosting"].gain.low <= 0


def test_a_cross_of_two_signals_is_won_by_trees():
    part = part_of(rows_of(2, drive="cross"))
    found = choose(part, FOLDS, formulas(part), training_policy())
    assert found.algorithm in ("random_forest", "histogram_gradient_boosting") and found.standing == found.algorithm


def test_on_noise_the_simplest_algorithm_challenges_and_the_base_rate_stands():
    stands = [choose(part_of(rows_of(seed, drive="none")), FOLDS, {}, training_policy()) for seed in (3, 4, 5)]
    assert [found.algorithm for found in stands] == ["logistic_regression"] * 3
    assert [found.standing for found in stands].count("base_rate") >= 2


def test_a_spent_time_budget_drops_later_algorithms_with_a_reason_and_never_the_first():
    part = part_of(rows_of(1))
    ticks = iter([0.0, 1.0, 2.0, 700.0])
    found = choose(part, FOLDS, {}, training_policy(time_budget_seconds=600.0), lambda: next(ticks))
    said = {t.contestant: t.reason for t in found.trials if t.status == "skipped"}
    assert (
        set(said) == {"histogram_gradient_boosting"} and "time budget of 600 s was spent" in said["histogram_gradient_boosting"]
    )
    assert found.algorithm == "logistic_regression"


def test_the_budget_of_rows_draws_whole_accounts_and_the_same_ones_again():
    part = part_of(rows_of(1))
    policy = training_policy(search_rows=2500)
    first, again = choose(part, FOLDS, {}, policy), choose(part, FOLDS, {}, policy)
    assert first == again and first != choose(part, FOLDS, {}, training_policy())


def test_without_a_usable_fold_accounts_are_split_instead():
    part = part_of(rows_of(1, dates=3))
    found = choose(part, (), {}, training_policy())
    assert found.manner == "by account" and len(found.splits) == 3 and found.trials[1].auc.value > 0.6


def test_an_algorithm_without_a_grid_does_not_compete():
    policy = training_policy()
    alone = policy.algorithms.model_copy(update={"random_forest": None, "histogram_gradient_boosting": None})
    found = choose(part_of(rows_of(1)), FOLDS, {}, policy.model_copy(update={"algorithms": alone}))
    assert {t.contestant for t in found.trials} == {"base_rate", "logistic_regression"}


def test_a_policy_in_which_nobody_competes_is_refused():
    from plg_orchestration.pql.training.policy import Algorithms

    with pytest.raises(ValueError, match="nobody competes; declare the grid of at least one"):
        Algorithms.model_validate({})
