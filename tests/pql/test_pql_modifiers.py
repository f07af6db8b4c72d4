"""Context by hand: signals that fade, and volume against the user's own segment; as published, nothing of it is in force."""

import math

import pandas as pd
import pytest
from pydantic import ValidationError

from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers.library import rule_score, weighted_score
from plg_orchestration.pql.scorers.queries import rules_over
from plg_orchestration.warehouse import Query

NOTHING = {
    "onboarding_completed": False, "invites_sent": 0, "integration_connected": False, "active_days_first_14": 0,
    "core_features_ever": 0, "items_created": 0, "longest_streak_28d": 0, "limit_hits_28d": 0, "pricing_views_28d": 0,
    "premium_attempts_28d": 0, "payment_info_added": False, "company_size_fit": None, "industry_fit": None,
    "days_since_last_active": 0, "segment": None, "active_days_30d": 0, "events_30d": 0, "spending_signals": 0, "teammates": 0,
}  # fmt: skip


def people(*rows):
    return pd.DataFrame([{"user_id": f"u{i}", **NOTHING, **row} for i, row in enumerate(rows)])


def modified(policy, section, **modifiers):
    changed = {**getattr(policy, section).model_dump(), "modifiers": modifiers}
    return PqlPolicy.model_validate({**policy.model_dump(), section: changed})


def test_the_published_formulas_have_no_modifiers(policy):
    assert not policy.rules.modifiers and not policy.weighted.modifiers
    asked = rules_over(Query("scored_features", "select 1"), policy)
    assert asked.name == "rule_scores"


def test_without_a_modifier_in_reach_the_modified_points_are_the_published_ones(policy):
    rows = people(
        {"limit_hits_28d": 2, "invites_sent": 5, "premium_attempts_28d": 1}, {"invites_sent": 1, "industry_fit": True}, {},
        {"onboarding_completed": True, "company_size_fit": False},
    )  # fmt: skip
    none_fades = modified(policy, "rules", decay=[{"of": ["daily_7"], "age": "days_since_last_active", "half_life_days": 7}])
    assert rules_over(Query("scored_features", "select 1"), none_fades).name == "modified_rule_scores"
    pd.testing.assert_frame_equal(rule_score(rows, none_fades), rule_score(rows, policy), check_dtype=False)


def test_a_signal_counts_for_half_after_its_half_life(policy):
    fading = modified(policy, "rules", decay=[{"of": ["limit_hit"], "age": "days_since_last_active", "half_life_days": 14}])
    rows = people(*({"limit_hits_28d": 1, "premium_attempts_28d": 1, "days_since_last_active": d} for d in (0, 14, 28, 7)))
    scored = rule_score(rows, fading)
    assert scored["points"].tolist() == [50, 20 + 15, 20 + round(7.5), 20 + round(30 * 0.5**0.5)]
    assert scored["reasons"][0] == "hit a limit of the free plan; tried a premium feature"
    assert scored["reasons"][1] == "tried a premium feature; hit a limit of the free plan (15 of 30 points after 14 days)"


def test_an_unknown_age_counts_as_the_registry_says(policy):
    fading = modified(policy, "rules", decay=[{"of": ["limit_hit"], "age": "days_since_last_active", "half_life_days": 400}])
    assert rule_score(people({"limit_hits_28d": 1, "days_since_last_active": None}), fading)["points"].tolist() == [15]


def test_a_lead_may_fade_below_the_threshold(policy):
    fading = modified(policy, "rules", decay=[{"of": ["limit_hit"], "age": "days_since_last_active", "half_life_days": 14}])
    lead = {"limit_hits_28d": 1, "premium_attempts_28d": 1, "active_days_first_14": 5}
    scored = rule_score(people(lead, {**lead, "days_since_last_active": 14}), fading)
    assert scored[["points", "is_pql"]].to_numpy().tolist() == [[65, True], [50, False]]


def test_volume_is_measured_against_the_users_own_segment(policy):
    measured = modified(policy, "rules", norm=[{"of": ["items_10"], "by": "segment", "min_users": 2}])
    rows = people(
        {"segment": "smb", "items_created": 4}, {"segment": "smb", "items_created": 2},
        {"segment": "enterprise", "items_created": 20}, {"segment": "enterprise", "items_created": 10},
        {"segment": "mid_market", "items_created": 14},
    )  # fmt: skip
    scored = rule_score(rows, measured)
    average = (4 + 2 + 20 + 10 + 14) / 5
    own = [4 * average / 3, 2 * average / 3, 20 * average / 15, 10 * average / 15, 14]
    assert own == pytest.approx([40 / 3, 20 / 3, 40 / 3, 20 / 3, 14])
    assert scored["points"].tolist() == [15, 0, 15, 0, 15]
    assert scored["reasons"][0] == "created 10 or more items or projects (4.0 counts as 13.3 in segment smb)"
    assert scored["reasons"][4] == "created 10 or more items or projects"
    assert rule_score(rows, policy)["points"].tolist() == [0, 0, 15, 15, 15]


def test_a_group_in_which_nobody_does_anything_is_measured_as_it_is(policy):
    measured = modified(policy, "rules", norm=[{"of": ["items_10"], "by": "segment", "min_users": 1}])
    assert rule_score(people({"segment": "smb"}, {"segment": None, "items_created": 10}), measured)["points"].tolist() == [0, 15]


def test_the_formulas_volume_is_measured_against_the_segments_average(policy):
    measured = modified(policy, "weighted", norm=[{"of": ["volume"], "by": "segment", "min_users": 2}])
    rows = people(
        {"segment": "smb", "events_30d": 10}, {"segment": "smb", "events_30d": 30}, {"segment": "enterprise", "events_30d": 80}
    )  # fmt: skip
    assert weighted_score(rows, policy)["volume"].tolist() == pytest.approx([25, 75, 100])
    scored = weighted_score(rows, measured)
    assert scored["volume"].tolist() == pytest.approx([50, 100, 100])
    assert "uses the product more than the average user of smb" in scored["reasons"][1]
    assert "of smb" not in scored["reasons"][2]


def test_a_component_of_the_formula_fades_and_says_so(policy):
    decay = [{"of": ["spending"], "age": "days_since_last_active", "half_life_days": 10}]
    row = people({"spending_signals": 1, "days_since_last_active": 10})
    published, faded = weighted_score(row, policy), weighted_score(row, modified(policy, "weighted", decay=decay))
    assert published["score"][0] == pytest.approx(0.05 * 100 + 0.2 * 100 * math.exp(-10 / 7))
    assert published["score"][0] - faded["score"][0] == pytest.approx(0.05 * 50)
    assert faded["against"][0].endswith("faded with time: spending 50.0 %")


@pytest.mark.parametrize(
    ("section", "modifiers", "said"),
    [
        ("rules", {"decay": [{"of": ["x"], "age": "tenure_days", "half_life_days": 1}]}, "'x' cannot be modified"),
        ("rules", {"norm": [{"of": ["limit_hit"], "by": "region"}]}, "no attribute that may be used for scoring"),
        ("rules", {"norm": [{"of": ["payment_info"], "by": "segment"}]}, "'payment_info' cannot be modified"),
        ("rules", {"decay": [{"of": ["limit_hit"], "age": "events_7d", "half_life_days": 1}]}, "no age in days"),
        ("weighted", {"norm": [{"of": ["team"], "by": "segment"}]}, "'team' cannot be modified"),
        ("weighted", {"decay": [{"of": ["team", "team"], "age": "tenure_days", "half_life_days": 1}]}, "stands in two entries"),
    ],
)
def test_a_modifier_that_cannot_work_is_refused(policy, section, modifiers, said):
    with pytest.raises(ValidationError, match=said):
        modified(policy, section, **modifiers)
