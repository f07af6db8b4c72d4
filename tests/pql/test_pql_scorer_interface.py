"""One interface for four scorers: the same scores as the tables, the hybrid's gate and order by hand, reasons for and against."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration.pql import RuleScorer, Scorer, WeightedScorer, rule_score, score_frame, weighted_score
from plg_orchestration.pql.features import queries as feature_queries
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.scorers import queries as scorer_queries
from plg_orchestration.pql.scorers.reasons import in_words, model_reasons, subject
from plg_orchestration.pql.scorers.scorer import HybridScorer, ModelScorer, contestants, hybrid_score, hybrid_version
from plg_orchestration.pql.scorers.scoring import scores
from plg_orchestration.pql.training.versions import formula_version

DEFAULTS = {f.name: False if f.type == "BOOLEAN" else None if f.type == "VARCHAR" else 0 for f in FEATURES}
LEAD = {"limit_hits_28d": 1, "premium_attempts_28d": 1, "integration_connected": True}


@dataclass(frozen=True)
class Linear:
    """A model by hand: log-odds of -2, plus half a limit hit, minus a tenth of the days since the last activity."""

    def parts(self, inputs):
        made = pd.DataFrame(0.0, index=inputs.index, columns=["limit_hits_28d", "days_since_last_active", "segment", "events_7d",
                                                             "events_28d", "integration_connected"])  # fmt: skip
        made["limit_hits_28d"] = 0.5 * np.expm1(inputs["limit_hits_28d"])
        made["days_since_last_active"] = -0.1 * np.expm1(inputs["days_since_last_active"])
        made["events_7d"], made["events_28d"] = -0.7, 0.8
        made["integration_connected"] = np.where(inputs["integration_connected"] > 0, 0.3, -0.2)
        return made

    def probability(self, inputs):
        return (1 / (1 + np.exp(2.0 - self.parts(inputs).sum(axis=1)))).to_numpy()

    def contributions(self, inputs):
        return self.parts(inputs).assign(baseline=-2.0)


def people(*rows):
    return pd.DataFrame([{**DEFAULTS, "user_id": f"u{i}", "account_id": None, **row} for i, row in enumerate(rows)])


@pytest.fixture
def model():
    return ModelScorer("m1", Linear(), 0.2)  # type: ignore[arg-type]


def test_every_scorer_is_a_scorer_and_the_contest_has_the_model_first(policy, model):
    found = contestants(policy, model)
    assert [scorer.name for scorer in found] == ["model", "hybrid", "rules", "weighted"]
    rows = people(LEAD, {})
    for scorer in found:
        one: Scorer = scorer
        scored = one.score(rows)
        assert scored.score.shape == (2,) and scored.is_pql.dtype == bool and one.version
        assert list(one.reasons(rows).columns) == ["reasons", "against"] and (one.reasons(rows).index == rows.index).all()


def test_rules_and_weighted_score_as_the_library_calls_do(policy):
    rows = people(LEAD, {"core_features_ever": 3, "active_days_30d": 30, "events_30d": 9}).set_index(pd.Index([7, 3]))
    assert RuleScorer(policy).score(rows).score.tolist() == rule_score(rows, policy)["points"].tolist()
    assert WeightedScorer(policy).score(rows).score.tolist() == weighted_score(rows, policy)["score"].tolist()
    framed = score_frame(rows, RuleScorer(policy))
    assert framed.index.tolist() == [7, 3] and framed["is_pql"].tolist() == [True, False]
    assert framed["reasons"].tolist()[0].startswith("hit a limit of the free plan") and framed["reasons"].tolist()[1] == ""


def test_a_model_scores_its_probability_in_percent(model):
    rows = people({"limit_hits_28d": 4}, {"limit_hits_28d": 0})
    scored = model.score(rows)
    expected = [1 / (1 + np.exp(2 - (2.0 + 0.1 - 0.2))), 1 / (1 + np.exp(2 - (0.1 - 0.2)))]
    assert scored.score.tolist() == pytest.approx([100 * p for p in expected], abs=1e-6)
    assert scored.is_pql.tolist() == [True, False]


def test_the_hybrid_puts_who_passes_the_gate_before_everybody_else_and_orders_by_the_model(policy, model):
    rows = people({**LEAD}, {"limit_hits_28d": 5}, {**LEAD, "limit_hits_28d": 3})
    hybrid = HybridScorer(policy, model)
    scored, probability = hybrid.score(rows), model.score(rows).probability
    assert scored.is_pql.tolist() == [True, False, True] and scored.probability is None
    assert scored.score.tolist() == pytest.approx([50 + 50 * probability[0], 50 * probability[1], 50 + 50 * probability[2]])
    assert scored.score[2] > scored.score[0] > scored.score[1]
    assert hybrid.reasons(rows)["reasons"][0].startswith("hit a limit of the free plan; ")


def test_the_mix_is_configuration(policy):
    half = policy.model_copy(update={"hybrid": policy.hybrid.model_copy(update={"model_share": 0.5, "gate_points": 40})})
    found = hybrid_score(np.array([40.0, 39.0, 255.0]), np.array([0.2, 0.9, 0.0]), half)
    assert found.tolist() == pytest.approx(
        [50 + 50 * (0.1 + 0.5 * 40 / 255), 50 * (0.45 + 0.5 * 39 / 255), 50 + 50 * 0.5], abs=1e-9
    )
    assert hybrid_version(half, "m1") != hybrid_version(policy, "m1") != hybrid_version(policy, "m2")


@given(st.floats(0, 400), st.floats(0, 1))
def test_a_hybrid_score_of_50_or_more_is_the_same_as_passing_the_gate(points, probability):
    from plg_orchestration.config.section import load_default
    from plg_orchestration.pql.policy import PqlPolicy

    policy = load_default("pql", PqlPolicy)
    (score,) = hybrid_score(np.array([points]), np.array([probability]), policy)
    assert 0 <= score <= 100 and (score >= 50) == (points >= policy.rules.threshold)


def test_reasons_of_a_model_add_up_windows_and_say_what_is_not_there(model):
    rows = people({"limit_hits_28d": 3, "days_since_last_active": 20, "events_7d": 2, "events_28d": 9})
    found = model_reasons(model.model, rows).iloc[0]
    assert found["reasons"] == "limit hits in 28 days: 3; events in 28 days: 9"
    assert found["against"] == "days since last active: 20; integration connected: no"


def test_an_unknown_value_is_a_reason_neither_for_nor_against(model):
    rows = people({"limit_hits_28d": None, "days_since_last_active": None})
    found = model_reasons(model.model, rows).iloc[0]
    assert "limit" not in found["reasons"] and "days since" not in found["against"]


def test_words_for_a_seller():
    assert in_words("integration_connected", False) == "integration connected: no"
    assert in_words("limit_hits_28d", 0) == "limit hits in 28 days: 0"
    assert subject("events_28d") == subject("events_7d") == "events" != subject("core_events_28d")


def test_what_speaks_against_by_the_points_is_what_is_missing_with_the_most_points(policy):
    scored = rule_score(people({**LEAD, "invites_sent": 2, "company_size_fit": None}), policy).iloc[0]
    assert scored["against"] == (
        "40 points missing: entered payment information; 25 points missing: active on 7 consecutive days; "
        "20 points missing: used 3 or more core features"
    )


def test_an_unknown_criterion_is_not_said_to_be_missing(policy):
    everything = {
        "onboarding_completed": True, "invites_sent": 4, "integration_connected": True, "active_days_first_14": 5,
        "core_features_ever": 3, "items_created": 10, "longest_streak_28d": 7, "limit_hits_28d": 1, "pricing_views_28d": 2,
        "premium_attempts_28d": 1, "payment_info_added": True, "company_size_fit": None, "industry_fit": False,
    }  # fmt: skip
    scored = rule_score(people(everything), policy).iloc[0]
    assert (scored["points"], scored["against"]) == (235, "10 points missing: industry matches a target vertical")


def test_what_speaks_against_by_the_formula_are_low_components(policy):
    scored = weighted_score(people({"core_features_ever": 1, "days_since_last_active": None}), policy).iloc[0]
    said = "used only 1 core feature; no spending signal; active on only 0 of the last 30 days; never active; "
    assert scored["against"].startswith(said)


def test_a_version_changes_with_the_modifiers(policy):
    fading = {"of": ("limit_hit",), "age": "days_since_last_active", "half_life_days": 14}
    rules = type(policy.rules).model_validate({**policy.rules.model_dump(), "modifiers": {"decay": [fading]}})
    assert formula_version("rules", policy.model_copy(update={"rules": rules})) != formula_version("rules", policy)


def test_the_night_scores_the_hybrid_beside_a_model_that_routes_and_explains_it_by_the_points(grown):
    world, warehouse, as_of, policy = grown.world, grown.world.warehouse, grown.world.as_of, grown.policy
    row = grown.training.candidate.set_index("scorer").loc["model"]
    promoted = {"as_of": as_of.date, "target": "conversion", "scorer": "model", "promoted": True}
    promoted |= {name: row[name] for name in ("version", "threshold", "artifact", "digest")}
    names = ("features", "rule_scores", "weighted_scores", "champion")
    for name in names:
        world._ensure(f"pql.{name}")
        warehouse.connection.execute(f"delete from pql.{name}")
    world.keep("pql.features", warehouse.frame(feature_queries.features(as_of=as_of, policy=policy)))
    world.keep("pql.rule_scores", warehouse.frame(scorer_queries.rule_scores(as_of=as_of, policy=policy)))
    world.fill("pql.champion", pd.DataFrame([promoted]))
    made = scores(warehouse, as_of=as_of, policy=policy, state=grown.state).to_pandas()
    for name in names:
        warehouse.connection.execute(f"delete from pql.{name}")
    of = {scorer: rows.set_index("user_id").sort_index() for scorer, rows in made.groupby("scorer")}
    assert set(of) == {"rules", "model", "hybrid"}
    expected = hybrid_score(of["rules"]["score"].to_numpy(), of["model"]["score"].to_numpy() / 100, policy)
    assert of["hybrid"]["score"].tolist() == pytest.approx(expected.tolist(), abs=1e-6)
    assert (of["hybrid"]["is_pql"] == of["rules"]["is_pql"]).all()
    assert (of["hybrid"]["reasons"] == of["rules"]["reasons"]).all()
    assert (of["hybrid"]["version"] == hybrid_version(policy, str(row["version"]))).all()
    leads = of["model"][of["model"]["is_pql"]]
    assert (leads["reasons"] != "").all() and (of["model"].loc[~of["model"]["is_pql"], "against"] == "").all()


def test_the_contest_has_the_hybrid_on_the_same_test_rows(grown):
    judged = grown.training.predictions
    assert {"model", "hybrid", "rules", "weighted"} <= set(judged["scorer"]) and judged["scorer"].value_counts().nunique() == 1
