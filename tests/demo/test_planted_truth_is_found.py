"""The system, given the raw files alone, finds what was planted: the week, the people who left, and the viral coefficient."""

import datetime as dt
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.activation.published import activation_shifts
from plg_orchestration.cohorts.segmentation.backtest import ChampionBacktest, backtest_champions
from plg_orchestration.cohorts.virality.queries import viral_loop
from plg_orchestration.config import Workspace
from plg_orchestration.pql.features.queries import features
from plg_orchestration.pql.features.replay import without_later_rows
from plg_orchestration.pql.scorers.queries import rules_over, weights_over
from plg_orchestration.warehouse import Query, Warehouse, table
from tests.demo.conftest import Made


def test_the_segment_whose_activation_dropped_and_its_week_come_first(
    demo: Made, warehouse: Warehouse, workspace: Workspace, last: AsOf
):
    planted = demo.truth.activation_drop
    rows = activation_shifts(warehouse, as_of=last, policy=workspace.activation)
    lowest = rows.sort_values("p").iloc[0]
    found = (lowest["dimension"], lowest["dimension_value"], f"{lowest['cohort_week']:%Y-%m-%d}", lowest["verdict"])
    assert found == ("segment", planted.segment, planted.first_day, "fail")
    assert lowest["mature"] == planted.signups
    assert lowest["rate"] == pytest.approx(planted.rate_in_week, abs=0.02)


@pytest.fixture(scope="module")
def backtest(demo: Made, warehouse: Warehouse, workspace: Workspace, last: AsOf) -> ChampionBacktest:
    losses = [
        (loss.account_id, loss.user_id, dt.date.fromisoformat(loss.stopped_date)) for loss in demo.truth.champion_churn
    ]  # fmt: skip
    return backtest_champions(warehouse, losses, policy=workspace.segments, timezone=workspace.timezone, last=last.date)


def test_accounts_that_hang_on_one_person_are_seen_with_that_person_before_they_cancel(backtest: ChampionBacktest):
    alone = [loss for loss in backtest.losses if loss.paying and loss.people == 1]
    assert len(alone) >= 8
    assert all(loss.found for loss in alone), alone
    assert sum(loss.silent for loss in alone) >= 0.8 * len(alone)
    assert backtest.recall is not None
    assert backtest.recall >= 0.6


def test_the_true_viral_coefficient_lies_within_its_interval(demo: Made, warehouse: Warehouse, workspace: Workspace, last: AsOf):
    rows = warehouse.frame(viral_loop(as_of=last, policy=workspace.virality))
    row = rows[(rows["measure"] == "accepted_per_user_so_far") & (rows["cohort"] == "all")].iloc[0]
    assert row["ci_low"] <= demo.truth.viral.k <= row["ci_high"]


def test_nothing_of_the_planted_truth_was_read(workspace: Workspace):
    assert not (Path(workspace.root) / "truth.json").exists()


@pytest.mark.parametrize("every", [80, pytest.param(1, marks=pytest.mark.faults)])
def test_features_and_scores_of_a_past_day_are_those_of_that_night_to_the_last_value(
    warehouse: Warehouse, workspace: Workspace, last: AsOf, every: int
):
    for back in range(1, (last.date - workspace.start).days, every):
        past = last.minus(back)
        rows = features(as_of=past, policy=workspace.pql)
        scored = Query("scored_features", "select * from features", {}, (rows,))
        made = {
            "pql.features": rows,
            "pql.rule_scores": rules_over(scored, workspace.pql),
            "pql.weighted_scores": weights_over(scored, workspace.pql),
        }
        with without_later_rows(warehouse, {name for query in made.values() for name in query.reads()}, past.date) as then:
            that_night = _hashes(then, made)
        with warehouse.beside() as now:
            assert _hashes(now, made) == that_night, past.date


def _hashes(warehouse: Warehouse, made: dict[str, Query]) -> dict[str, str]:
    done: set[str] = set()
    for query in made.values():
        warehouse.prepare(query, done)
    return {name: warehouse.rows_hash(f"temp.{query.name}", table(name).columns) for name, query in made.items()}
