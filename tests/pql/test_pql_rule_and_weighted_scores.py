"""Points and the weighted formula, compared with the published tables by hand."""

import math

import pandas as pd
import pytest

from plg_orchestration.pql.scorers.library import rule_score, weighted_score

EVERY_SIGNAL = {
    "user_id": "all", "onboarding_completed": True, "invites_sent": 4, "integration_connected": True, "active_days_first_14": 5,
    "core_features_ever": 3, "items_created": 10, "longest_streak_28d": 7, "limit_hits_28d": 1, "pricing_views_28d": 2,
    "premium_attempts_28d": 1, "payment_info_added": True, "company_size_fit": True, "industry_fit": True,
}  # fmt: skip
NO_SIGNAL = {
    "user_id": "none", "onboarding_completed": False, "invites_sent": 0, "integration_connected": False,
    "active_days_first_14": 4,
    "core_features_ever": 2, "items_created": 9, "longest_streak_28d": 6, "limit_hits_28d": 0, "pricing_views_28d": 1,
    "premium_attempts_28d": 0, "payment_info_added": False, "company_size_fit": None, "industry_fit": False,
}  # fmt: skip
USAGE = {
    "active_days_30d": 0, "core_features_ever": 0, "days_since_last_active": None, "events_30d": 0, "spending_signals": 0,
    "teammates": 0,
}  # fmt: skip


def rules(policy, *people):
    return rule_score(pd.DataFrame(list(people)), policy).set_index("user_id")


def weighted(policy, *people):
    rows = pd.DataFrame([{"user_id": str(i), **USAGE, **person} for i, person in enumerate(people)])
    return weighted_score(rows, policy)


def test_every_signal_gives_255_points_since_four_invites_exclude_the_lower_tier(policy):
    scored = rules(policy, EVERY_SIGNAL, NO_SIGNAL)
    assert scored.loc["all", "points"] == 255 and scored.loc["all", "is_pql"]
    assert "invited_4_plus" in scored.loc["all", "criteria"] and "invited_1_3" not in scored.loc["all", "criteria"]
    assert (scored.loc["none", "points"], scored.loc["none", "criteria"], bool(scored.loc["none", "is_pql"])) == (0, "", False)


def test_onboarding_three_features_a_limit_and_payment_info_give_100_points(policy):
    person = {**NO_SIGNAL, "onboarding_completed": True, "core_features_ever": 3, "limit_hits_28d": 1, "payment_info_added": True}
    scored = rules(policy, person).loc["none"]
    assert scored["points"] == 100
    assert scored["criteria"] == "onboarding_completed, core_features_3, limit_hit, payment_info"
    assert scored["reasons"].split("; ")[0] == "entered payment information"


def test_one_invite_earns_the_lower_tier_and_65_points_make_a_lead_but_64_do_not(policy):
    lead = {**NO_SIGNAL, "invites_sent": 1, "limit_hits_28d": 1, "premium_attempts_28d": 1}
    assert rules(policy, lead).loc["none", ["points", "is_pql"]].tolist() == [65, True]
    stricter = policy.model_copy(update={"rules": policy.rules.model_copy(update={"threshold": 66})})
    assert not rules(stricter, lead).loc["none", "is_pql"]


def test_each_criterion_alone_gives_its_points(policy):
    def person(criterion):
        reached = True if isinstance(EVERY_SIGNAL[criterion.feature], bool) else criterion.threshold
        return {**NO_SIGNAL, "user_id": criterion.signal, criterion.feature: reached}

    scored = rules(policy, *(person(criterion) for criterion in policy.rules.criteria))
    assert scored["points"].to_dict() == {c.signal: c.points for c in policy.rules.criteria}
    assert scored["criteria"].to_dict() == {c.signal: c.signal for c in policy.rules.criteria}


def test_weighted_score_equals_the_formula(policy):
    scored = weighted(
        policy,
        {
            "core_features_ever": 3, "active_days_30d": 12, "days_since_last_active": 0, "events_30d": 90, "teammates": 2,
            "spending_signals": 1,
        },
        {"core_features_ever": 2, "active_days_30d": 3, "days_since_last_active": 10, "events_30d": 30, "teammates": 1},
        {},
    )  # fmt: skip
    average = (90 + 30 + 0) / 3
    expected = [
        0.4 * 100 + 0.2 * 12 / 30 * 100 + 0.2 * 100 + 0.1 * 100 + 0.05 * 100 + 0.05 * 100,
        0.2 * 3 / 30 * 100 + 0.2 * 100 * math.exp(-10 / 7) + 0.1 * 30 / average * 100 + 0.05 * 50,
        0.0,
    ]
    assert scored["score"].tolist() == pytest.approx(expected, abs=1e-9)
    assert scored["is_pql"].tolist() == [True, False, False]
    assert scored["volume"].tolist() == pytest.approx([100, 75, 0], abs=1e-9)


def test_exactly_seventy_is_no_weighted_lead(policy):
    scored = weighted(policy, {"core_features_ever": 3, "active_days_30d": 30, "days_since_last_active": None, "events_30d": 5})
    assert scored["score"].tolist() == pytest.approx([70.0], abs=1e-9) and not scored["is_pql"].any()


def test_nobody_active_has_no_volume_and_averages_are_taken_per_day(policy):
    assert weighted(policy, {}, {})["volume"].tolist() == [0.0, 0.0]
    days = (("2025-01-05", 4), ("2025-01-12", 400))
    rows = pd.DataFrame([{"user_id": "u", "as_of": day, **USAGE, "events_30d": events} for day, events in days])
    assert weighted_score(rows, policy)["volume"].tolist() == [100.0, 100.0]


def test_a_missing_column_and_a_repeated_user_are_named(policy):
    with pytest.raises(ValueError, match="no column 'active_days_first_14'"):
        rule_score(pd.DataFrame([{"user_id": "u", "invites_sent": 1}]), policy)
    with pytest.raises(ValueError, match="a user stands twice"):
        weighted(policy, {"user_id": "u"}, {"user_id": "u"})


def test_scores_keep_the_order_of_the_rows_handed_in(policy):
    people = [{**NO_SIGNAL, "user_id": name} for name in ("z", "a", "m")]
    assert rule_score(pd.DataFrame(people), policy)["user_id"].tolist() == ["z", "a", "m"]
