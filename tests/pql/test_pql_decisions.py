"""Scores become routes: bands and matrix, holdout, suppression, capacity and due times, by hand."""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features import queries as feature_queries
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.promotion.champion import champion
from plg_orchestration.pql.routing import queries as routing_queries
from plg_orchestration.pql.scorers import queries as scorer_queries
from plg_orchestration.pql.scorers.scoring import explain, in_words, scores
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.warehouse import Query


def without_holdout(policy, share=0.0):
    return policy.model_copy(update={"holdout": policy.holdout.model_copy(update={"share": share})})


class Night:
    """A night with hand-made features and a champion, run through points, scores, decisions and routes."""

    def __init__(self, world, policy, tmp_path, *, scorer="rules"):
        self.world, self.policy, self.state, self.scorer = world, without_holdout(policy), tmp_path, scorer
        world._ensure("pql.candidate")
        world._ensure("pql.bias_audit")
        for name in ("features", "rule_scores", "weighted_scores", "scores", "champion", "decisions", "routes"):
            world._ensure(f"pql.{name}")

    def run(self, *people, as_of=None):
        as_of = as_of or self.world.as_of
        defaults = {f.name: False if f.type == "BOOLEAN" else None if f.type == "VARCHAR" else 0 for f in FEATURES}
        rows = [{**defaults, "account_id": None, "as_of": as_of.date, **person} for person in people]
        self.world.keep("pql.features", pd.DataFrame(rows, dtype=object))
        self.keep("rule_scores", scorer_queries.rule_scores(as_of=as_of, policy=self.policy))
        self.keep("weighted_scores", scorer_queries.weighted_scores(as_of=as_of, policy=self.policy))
        row, _ = champion(self.world.warehouse, as_of=as_of, policy=self.policy, newest=True)
        if self.scorer == "weighted":
            row = row.assign(scorer="weighted", version=formula_version("weighted", self.policy), threshold=70.0)
        self.world.keep("pql.champion", row)
        self.keep("scores", scores(self.world.warehouse, as_of=as_of, policy=self.policy, state=self.state))
        self.keep("decisions", routing_queries.decisions(as_of=as_of, policy=self.policy))
        self.keep("routes", routing_queries.routes(as_of=as_of))
        return self.read("decisions", as_of)

    def keep(self, name, rows):
        from plg_orchestration.warehouse import table

        self.world.warehouse.insert(table(f"pql.{name}"), rows)

    def read(self, name, as_of=None):
        text = f"select * from pql.{name} where as_of = $day order by user_id"
        day = (as_of or self.world.as_of).date
        return self.world.warehouse.connection.execute(text, {"day": day}).df().set_index("user_id")


@pytest.fixture
def night(world, policy, tmp_path):
    return Night(world, policy, tmp_path)


LEAD = {"limit_hits_28d": 1, "premium_attempts_28d": 1, "integration_connected": True}
TOP = {**LEAD, "payment_info_added": True}


def test_points_route_by_bands_and_the_default_route_makes_no_decision(night):
    found = night.run(
        {"user_id": "lead70", **LEAD}, {"user_id": "top110", **TOP}, {"user_id": "cold30", "limit_hits_28d": 1},
        {"user_id": "near50", "limit_hits_28d": 1, "premium_attempts_28d": 1},
        {"user_id": "pays", **TOP, "is_paying": True}, {"user_id": "talks", **TOP, "in_sales": True},
    )  # fmt: skip
    assert found["route"].to_dict() == {"lead70": "inside_sales", "top110": "account_executive", "near50": "upgrade_campaign"}
    assert found["qualified"].to_dict() == {"lead70": True, "top110": True, "near50": False}
    assert found["score"].to_dict() == {"lead70": 70, "top110": 110, "near50": 50}
    assert found.loc["top110", "due_at"] == pd.Timestamp("2025-04-01 11:00") and pd.isna(found.loc["near50", "due_at"])
    assert found.loc["lead70", "top_reasons"].startswith("hit a limit of the free plan; ")
    assert (found["threshold"] == 65).all() and found["decision_id"].is_unique


def test_scores_cover_every_scorer_over_the_population_with_percentiles(night):
    night.run({"user_id": "a", **TOP}, {"user_id": "b", **LEAD}, {"user_id": "c"}, {"user_id": "pays", "is_paying": True})
    found = night.read("scores").reset_index()
    assert found.groupby("scorer")["user_id"].apply(list).to_dict() == {"rules": ["a", "b", "c"], "weighted": ["a", "b", "c"]}
    rules = found[found["scorer"] == "rules"].set_index("user_id")
    assert rules["percentile"].to_dict() == {"a": 100.0, "b": 50.0, "c": 0.0}


def test_weighted_scores_route_by_the_matrix_and_the_first_matching_row_wins(world, policy, tmp_path):
    night = Night(world, policy, tmp_path, scorer="weighted")
    full = {
        "core_features_ever": 3,
        "active_days_30d": 30,
        "days_since_last_active": 0,
        "events_30d": 100,
        "teammates": 2,
        "spending_signals": 1,
    }
    found = night.run(
        {"user_id": "enterprise", **full, "segment": "enterprise", "on_trial": True},
        {"user_id": "trial", **full, "on_trial": True},
        {"user_id": "free", **full}, {"user_id": "middle", **full, "active_days_30d": 15, "teammates": 0},
        {"user_id": "half", **full, "active_days_30d": 0, "events_30d": 0, "teammates": 0, "spending_signals": 0},
    )  # fmt: skip
    routes = {"enterprise": "account_executive", "trial": "sales", "free": "account_manager", "half": "self_service"}
    assert {user: found.loc[user, "route"] for user in routes} == routes
    assert found.loc["middle", "score"] == pytest.approx(85.0) and found.loc["middle", "route"] == "account_manager"
    assert found.loc["enterprise", "sla_hours"] == 2 and not found.loc["half", "qualified"]


def test_a_team_gets_as_many_leads_as_it_can_start_on_best_first(night):
    routing = night.policy.routing.model_copy(update={"capacity": {"inside_sales": 2}})
    night.policy = night.policy.model_copy(update={"routing": routing})
    night.world.warehouse.connection.execute(
        "delete from config.route_capacity; insert into config.route_capacity values ('inside_sales', 2)"
    )
    night.run(
        {"user_id": "a", **LEAD}, {"user_id": "b", **LEAD, "pricing_views_28d": 2},
        {"user_id": "c", **LEAD, "core_features_ever": 3}, {"user_id": "d", **TOP},
    )  # fmt: skip
    queue = night.read("routes").sort_values(["route", "queue_rank"])
    assert list(zip(queue.index, queue["route"], queue["queue_rank"], queue["status"], strict=True)) == [
        ("d", "account_executive", 1, "handed_over"), ("c", "inside_sales", 1, "handed_over"),
        ("b", "inside_sales", 2, "handed_over"), ("a", "inside_sales", 3, "queued"),
    ]  # fmt: skip


def test_a_lead_handed_over_lately_rests_unless_a_better_route_opens_and_a_queued_one_does_not(night):
    night.run({"user_id": "same", **LEAD}, {"user_id": "rises", **LEAD}, as_of=night.world.as_of.minus(5))
    found = night.run({"user_id": "same", **LEAD}, {"user_id": "rises", **TOP}, {"user_id": "new", **LEAD})
    assert found.loc["same", "suppressed_reason"] == "handed to the same team lately" and pd.isna(found.loc["same", "queue_rank"])
    assert found.loc[["rises", "new"], "suppressed_reason"].isna().all()
    later = night.run({"user_id": "same", **LEAD}, as_of=AsOf(night.world.as_of.date + dt.timedelta(days=26)))
    assert later.loc["same", "suppressed_reason"] is None or pd.isna(later.loc["same", "suppressed_reason"])


def test_a_lead_that_sales_rejected_is_left_alone_for_a_while(night):
    night.world.outcome("u", "rejected", days_ago=30)
    night.world.outcome("old", "rejected", days_ago=95)
    found = night.run({"user_id": "u", **LEAD}, {"user_id": "old", **LEAD})
    assert found.loc["u", "suppressed_reason"] == "rejected by sales lately" and pd.isna(found.loc["old", "suppressed_reason"])


def test_the_holdout_is_drawn_by_account_near_its_share_and_anew_each_quarter(night):
    night.policy = without_holdout(night.policy, 0.2)
    people = [{"user_id": f"u{i}", "account_id": f"a{i // 2}", **LEAD} for i in range(1000)]
    found = night.run(*people)
    assert 0.14 < found["holdout"].mean() < 0.26 and (found["holdout_share"] == 0.2).all()
    assert (found.groupby("account_id")["holdout"].nunique() == 1).all()
    assert found.loc[found["holdout"], "queue_rank"].isna().all() and not (found["holdout"] & found["handed_over"]).any()
    again = night.run(*people, as_of=AsOf(dt.date(2025, 4, 1)))
    joined = found.loc[:, ["holdout"]].join(again[["holdout"]], rsuffix="_next")
    assert 0.01 < (joined["holdout"] & joined["holdout_next"]).mean() < 0.08


def test_the_share_of_the_holdout_may_be_nothing_or_everything(night):
    assert not night.run({"user_id": "u", **LEAD})["holdout"].any()
    night.policy = without_holdout(night.policy, 1.0)
    assert night.run({"user_id": "u", **LEAD}, as_of=night.world.as_of.minus(40))["holdout"].all()


def test_a_model_champion_scores_in_percent_with_reasons_and_routes_by_percentile(grown):
    world, warehouse, as_of = grown.world, grown.world.warehouse, grown.world.as_of
    row = grown.training.candidate.iloc[0]
    promoted = {"as_of": as_of.date, "target": "conversion", "scorer": "model", "promoted": True}
    promoted |= {name: row[name] for name in ("version", "threshold", "artifact", "digest")}
    for name in ("features", "rule_scores", "weighted_scores", "champion", "scores", "decisions"):
        world._ensure(f"pql.{name}")
    warehouse.connection.execute("delete from pql.features; delete from pql.champion")
    world.keep("pql.features", warehouse.frame(feature_queries.features(as_of=as_of, policy=grown.policy)))
    world.fill("pql.champion", pd.DataFrame([promoted]))
    made = scores(warehouse, as_of=as_of, policy=grown.policy, state=grown.state).to_pandas()
    leads = made[made["is_pql"]]
    assert set(made["scorer"]) == {"model"} and made["score"].between(0, 100).all() and 0 < len(leads) < len(made)
    assert leads["score"].min() >= 100 * row["threshold"] > made.loc[~made["is_pql"], "score"].max()
    assert (leads["reasons"].str.count("; ") <= 2).all() and leads["reasons"].str.contains("limit hits").mean() > 0.5
    warehouse.connection.execute("delete from pql.scores; delete from pql.decisions")
    world.keep("pql.scores", made)
    decided = warehouse.frame(routing_queries.decisions(as_of=as_of, policy=without_holdout(grown.policy)))
    best = decided.sort_values("score").iloc[-1]
    assert (
        best["percentile"] == 100
        and best["route"] == "account_manager"
        and best["threshold"] == pytest.approx(100 * row["threshold"])
    )
    assert (decided.loc[decided["route"] == "self_service", "percentile"] < 70).all()
    (grown.state / "spoiled").mkdir(exist_ok=True)
    (grown.state / "spoiled" / "model.skops").write_bytes(b"something else")
    warehouse.connection.execute("update pql.champion set artifact = 'spoiled'")
    assert scores(warehouse, as_of=as_of, policy=grown.policy, state=grown.state).num_rows == 0
    assert warehouse.rows(Query("who", "select scorer from pql.champion")) == [("rules",)]


def test_reasons_are_said_as_a_seller_would():
    assert in_words("limit_hits_28d", 3) == "limit hits in 28 days: 3"
    assert in_words("integration_connected", True) == "integration connected"
    assert in_words("segment", "enterprise") == "segment: enterprise"
    assert explain(None, pd.DataFrame({"user_id": []})).empty  # type: ignore[arg-type]
