"""A training finds what was planted, nothing where nothing is, sees no future, and gives the same bytes again."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features import queries as feature_queries
from plg_orchestration.pql.targets import queries as target_queries
from plg_orchestration.pql.training.artifacts import StoredModel, load_model
from plg_orchestration.pql.training.candidate import not_trained, train
from plg_orchestration.pql.training.dataset import first_known_day, load_dataset
from plg_orchestration.pql.training.grid import ColdStart, Grid, plan_grid
from plg_orchestration.pql.training.model import INPUTS, model_inputs


def model_row(training):
    return training.candidate.set_index("scorer").loc["model"]


def test_the_grid_tests_later_dates_after_a_gap_of_one_label_window(policy):
    target = policy.targets["conversion"]
    grid = plan_grid(dt.date(2025, 1, 1), dt.date(2025, 8, 31), target=target, training=policy.training)
    assert isinstance(grid, Grid)
    assert grid.test[-1] <= dt.date(2025, 7, 31) < grid.test[-1] + dt.timedelta(days=7)
    assert len(grid.test) == policy.training.test_dates and grid.train[-1] + dt.timedelta(days=31) <= grid.test[0]
    assert grid.train[0] >= dt.date(2025, 1, 15) and {d.weekday() for d in grid.train + grid.test} == {6}


def test_the_day_that_a_cold_start_names_is_the_first_day_that_can_train(policy):
    target, training = policy.targets["conversion"], policy.training
    first = dt.date(2025, 1, 1)
    cold = plan_grid(first, dt.date(2025, 3, 2), target=target, training=training)
    assert isinstance(cold, ColdStart) and str(cold.possible_on) in cold.reason
    assert isinstance(plan_grid(first, cold.possible_on, target=target, training=training), Grid)
    assert isinstance(plan_grid(first, cold.possible_on - dt.timedelta(days=1), target=target, training=training), ColdStart)


def test_a_label_counts_a_start_of_paying_after_the_gap_and_inside_the_horizon(world, policy):
    as_of = world.as_of.minus(40)
    starts = {"gap": 39, "first": 38, "last": 9, "late": 8, "never": None, "paying": 50}
    for name, ago in starts.items():
        world.user(name, name, days_ago=90)
        if ago is not None:
            world.subscription(name, mrr=10.0, days_ago=ago)
    world.warehouse.prepare(target_queries.outcomes(as_of=world.as_of, target=policy.targets["conversion"]))
    found = world.warehouse.frame(target_queries.labels(as_of=as_of, target=policy.targets["conversion"], policy=policy))
    labels = dict(zip(found["user_id"], found["label"], strict=True))
    assert labels["first"] and labels["last"] and not labels["late"] and not labels["never"]
    assert pd.isna(labels["gap"]) and "paying" not in labels


def test_without_subscriptions_the_upgrade_event_is_the_start_of_paying(world):
    world.reached("u", "plan_upgraded", days_ago=4)
    world.reached("u", "plan_upgraded", days_ago=-1)
    found = world.warehouse.rows(target_queries.paid_starts(as_of=world.as_of))
    assert found == [("u", dt.datetime(2025, 3, 27, 12))]


def test_the_rows_of_a_date_are_in_the_part_of_that_date_alone_and_equal_the_nightly_query(grown):
    warehouse, policy, as_of = grown.world.warehouse, grown.policy, grown.world.as_of
    target = policy.targets["conversion"]
    grid = plan_grid(first_known_day(warehouse, as_of), as_of.date, target=target, training=policy.training)
    assert isinstance(grid, Grid)
    data = load_dataset(warehouse, grid, as_of=as_of, target="conversion", policy=policy)
    warehouse.prepare(target_queries.outcomes(as_of=as_of, target=target))
    for part, dates in ((data.train, grid.train), (data.test, grid.test)):
        assert sorted({moment.date() for moment in part["as_of"]}) == list(dates)
        for date in (dates[0], dates[-1]):
            asked = target_queries.labels(as_of=AsOf(date, as_of.timezone), target=target, policy=policy)
            expected = warehouse.frame(asked).dropna(subset="label").sort_values("user_id")
            found = part[pd.to_datetime(part["as_of"]).dt.date == date]
            assert found["user_id"].tolist() == expected["user_id"].tolist()
            assert found["label"].tolist() == expected["label"].astype(bool).tolist()
            seen = [declared.name for declared in INPUTS]
            pd.testing.assert_frame_equal(found[seen].reset_index(drop=True), expected[seen].reset_index(drop=True))


def test_the_planted_driver_is_found_and_the_model_beats_the_points(grown):
    row = model_row(grown.training)
    assert row["status"] == "trained" and row["auc_low"] > 0.6 and row["permutation_p"] <= 0.01 and row["lift_low"] > 1.2
    model = load_model(StoredModel(grown.state / row["artifact"], row["digest"]))
    assert not model.bends.size
    strongest = {name: direction for name, _, direction in json.loads(row["importance"])[:5]}
    assert strongest.get("account_limit_hits_28d") == "raises"
    assert json.loads(row["gains"])["weighted"]["auc"][0] > 0


def test_every_scorer_is_judged_on_the_same_rows(grown):
    candidate = grown.training.candidate
    assert candidate["scorer"].tolist() == ["model", "hybrid", "rules", "weighted", "base_rate"]
    assert candidate["test_rows"].nunique() == candidate["base_rate"].nunique() == 1
    assert grown.training.predictions.groupby("scorer").size().nunique() == 1


def test_a_training_repeated_gives_the_same_version_bytes_and_figures(grown, tmp_path):
    again = train(grown.world.warehouse, as_of=grown.world.as_of, policy=grown.policy, state=tmp_path)
    assert again.version == grown.training.version and model_row(again)["digest"] == model_row(grown.training)["digest"]
    pd.testing.assert_frame_equal(again.candidate, grown.training.candidate)
    pd.testing.assert_frame_equal(again.predictions, grown.training.predictions)
    for name in ("model.skops", "manifest.json"):
        folder = model_row(again)["artifact"]
        assert (tmp_path / folder / name).read_bytes() == (grown.state / folder / name).read_bytes()


def test_contributions_and_baseline_add_up_to_the_log_odds(grown):
    row = model_row(grown.training)
    model = load_model(StoredModel(grown.state / row["artifact"], row["digest"]))
    features = grown.world.warehouse.frame(feature_queries.features(as_of=grown.world.as_of, policy=grown.policy))
    inputs = model_inputs(features)
    parts = model.contributions(inputs)
    assert parts.sum(axis=1).to_numpy() == pytest.approx(model.log_odds(inputs), abs=1e-9)
    assert model.probability(inputs) == pytest.approx(1 / (1 + np.exp(-parts.sum(axis=1))), abs=1e-12)


def test_a_model_sees_neither_attributes_of_the_audit_nor_the_outcome(grown):
    names = {feature.name for feature in INPUTS}
    assert not names & {"payment_info_added", "spending_signals", "is_paying", "in_sales", "region", "language", "device"}


def test_too_few_conversions_are_a_cold_start_with_words(world, policy, tmp_path, grow_in, quick_policy):
    policy = quick_policy(policy)
    grow_in(world, accounts=20)
    result = train(world.warehouse, as_of=world.as_of, policy=policy, state=tmp_path)
    assert result.status == "cold_start" and result.predictions.empty
    assert f"{policy.training.min_train_positives} accounts have converted" in result.reason
    assert result.candidate["status"].tolist() == ["cold_start"]
    assert not (tmp_path / "models").exists()


def test_without_activity_nothing_is_trained(world, policy, tmp_path):
    result = train(world.warehouse, as_of=world.as_of, policy=policy, state=tmp_path)
    assert (result.status, result.reason) == (
        "cold_start",
        "no activity is known yet; training needs behavior and matured outcomes",
    )


def test_a_past_day_of_a_range_is_recorded_as_not_trained(policy):
    result = not_trained(as_of=AsOf(dt.date(2025, 3, 1)), policy=policy)
    assert result.candidate["status"].tolist() == ["not_trained"] and "only the newest day is trained" in result.reason
