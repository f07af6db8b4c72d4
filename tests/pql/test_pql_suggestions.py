"""Suggested points: planted drivers get the points, silent data change nothing, and only an approval puts them into force."""

import datetime as dt
import shutil

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.errors import PlgError, Unavailable
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.scorers.approval import FILE, approve, in_force
from plg_orchestration.pql.scorers.suggestions import (
    Suggested,
    basis_of,
    no_suggestions,
    ridge_log_odds,
    suggest,
    suggested_points,
    suggested_threshold,
    suggestions,
    top_activated,
)

NOW = dt.datetime(2025, 4, 1, 9, 30, tzinfo=dt.UTC)


def planted(rows=3000, seed=4):
    """One user an account; a limit hit raises the odds of converting tenfold, a pricing view threefold, nothing else does."""
    generator = np.random.default_rng(seed)
    defaults = {f.name: False if f.type == "BOOLEAN" else None if f.type == "VARCHAR" else 0 for f in FEATURES}
    made = pd.DataFrame([{**defaults, "user_id": f"u{i:05d}", "account_id": f"a{i:05d}"} for i in range(rows)])
    hits, views, onboarded = (generator.random(rows) < share for share in (0.1, 0.1, 0.5))
    odds = 0.03 * np.where(hits, 10.0, 1.0) * np.where(views, 3.0, 1.0)
    made["limit_hits_28d"], made["pricing_views_28d"] = hits.astype(int), 2 * views
    made["onboarding_completed"], made["activated"] = onboarded, onboarded
    made["core_events_28d"] = generator.integers(0, 40, rows) + 40 * hits
    return made.assign(label=generator.random(rows) < odds / (1 + odds), as_of=pd.Timestamp("2025-01-05"))


@pytest.fixture(scope="module")
def rows():
    return planted()


def by_signal(found):
    return found.set_index("signal")


def test_what_drives_conversion_gets_the_points_and_what_does_not_keeps_them(policy, rows):
    found = by_signal(suggest(rows, policy))
    hit, view = found.loc["limit_hit"], found.loc["pricing_2"]
    assert hit["lift_low"] > 3 and hit["weight"] == pytest.approx(np.log(10), abs=0.5)
    assert view["weight"] == pytest.approx(np.log(3), abs=0.5)
    assert hit["suggested"] + view["suggested"] == 45 and hit["suggested"] == 30 and hit["suggested"] > view["suggested"]
    assert found.loc["onboarding_completed", ["points", "suggested"]].tolist() == [10, 10]
    assert "do not tell" in found.loc["onboarding_completed", "reason"]
    assert found.loc["payment_info", "reason"] == "kept: met 0 times, and 30 are needed"
    assert found.loc["payment_info", ["lift", "rate", "suggested"]].tolist() == [None, None, 40]


def test_lift_is_the_rate_of_who_meets_it_over_the_rate_of_all(policy, rows):
    hit = by_signal(suggest(rows, policy)).loc["limit_hit"]
    has = rows["limit_hits_28d"] > 0
    assert hit["met"] == has.sum() and hit["rate"] == pytest.approx(rows["label"][has].mean())
    assert hit["lift"] == pytest.approx(rows["label"][has].mean() / rows["label"].mean())
    top = top_activated(rows, "core_events_28d", 0.2)
    assert hit["top_share"] == pytest.approx(has[top].mean()) and hit["others_share"] == pytest.approx(has[~top].mean())


def test_the_top_fifth_is_of_those_who_activated():
    rows = pd.DataFrame({"activated": [True] * 10 + [False], "events": [*range(10), 99]})
    assert np.flatnonzero(top_activated(rows, "events", 0.2)).tolist() == [8, 9]
    assert not top_activated(rows.assign(activated=False), "events", 0.2).any()


def test_the_threshold_is_the_lowest_that_the_teams_can_work():
    totals = np.array([0, 10, 20, 30, 40, 50, 60, 70, 80, 90], dtype=float)
    assert suggested_threshold(totals, 0.2, 5) == 75 and suggested_threshold(totals, 0.1, 5) == 85
    assert suggested_threshold(np.zeros(4), 0.1, 5) == 5


def test_shared_points_add_up_and_a_higher_tier_never_earns_less(policy):
    signals = [c.signal for c in policy.rules.criteria]
    weights = np.zeros(len(signals))
    weights[[signals.index("invited_1_3"), signals.index("limit_hit")]] = 1.0
    verdicts = ["shared" if s in ("invited_1_3", "limit_hit") else "dropped" if s == "daily_7" else "kept" for s in signals]
    found = suggested_points(weights, verdicts, policy.rules, 5)
    assert found["invited_1_3"] + found["limit_hit"] == 45 + 5 and found["daily_7"] == 0 and found["pricing_2"] == 15
    assert found["invited_4_plus"] == max(25, found["invited_1_3"])
    weights[signals.index("invited_1_3")] = 9.0
    higher = suggested_points(weights, verdicts, policy.rules, 5)
    assert higher["invited_1_3"] == 40 == higher["invited_4_plus"]


def test_the_ridge_gives_the_log_odds_ratio_of_one_criterion():
    met, label = np.repeat([1.0, 0.0], 100)[:, None], np.r_[np.arange(100) < 50, np.arange(100) < 20]
    (weight,) = ridge_log_odds(met, label, 1e-9)
    assert weight == pytest.approx(np.log((50 / 50) / (20 / 80)), abs=1e-6)
    assert 0 < ridge_log_odds(met, label, 50.0)[0] < weight


def test_too_few_conversions_suggest_nothing(policy, rows):
    with pytest.raises(Unavailable, match="once 25 accounts have converted; 3 have"):
        few = rows.assign(label=False)
        few.loc[[1, 2, 3], "label"] = True
        suggest(few, policy)


def test_only_some_dates_are_looked_at_and_each_row_says_which(policy, rows):
    dates = [pd.Timestamp("2025-01-05") + pd.Timedelta(days=7 * n) for n in range(9)]
    train = pd.concat([rows.head(800).assign(as_of=date) for date in dates], ignore_index=True)
    found = suggestions(train, as_of=AsOf(dt.date(2025, 6, 1)), policy=policy)
    assert found["rows_from"].tolist()[0] == dt.date(2025, 1, 5) and found["rows_to"].tolist()[0] == dt.date(2025, 3, 2)
    looked = train["as_of"].isin([dates[n] for n in (0, 2, 4, 6, 8)])
    assert by_signal(found).loc["limit_hit", "met"] == (train[looked]["limit_hits_28d"] > 0).sum()
    assert no_suggestions().columns.tolist() == found.columns.tolist()


def test_the_training_hands_its_suggestion_over(grown):
    made = grown.training.suggestions
    assert isinstance(made, pd.DataFrame) and "limit_hit" in made["signal"].tolist()


def records(policy, rows):
    return suggest(rows, policy).to_dict("records")


def test_an_approved_suggestion_is_in_force_and_names_who_and_why(policy, rows, tmp_path):
    listed = records(policy, rows)
    named = str(listed[0]["suggestion"])
    assert in_force(policy, tmp_path) is policy
    path = approve(tmp_path, listed, suggestion=named, reviewer="Ada", rationale="reviewed with sales", at=NOW, policy=policy)
    text = path.read_text()
    assert path == tmp_path / FILE and "reviewer: Ada" in text and "2025-04-01T09:30:00+00:00" in text and named in text
    points = {c.signal: c.points for c in in_force(policy, tmp_path).rules.criteria}
    suggested = {row["signal"]: row["suggested"] for row in listed}
    assert points == {signal: suggested[signal] for signal in points}
    assert in_force(policy, tmp_path).rules.threshold == suggested["threshold"]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("limit_hit: ", "limit_hit: 9", "are not those of suggestion"), ("reviewer: Ada", "reviewer: ''", "reviewer"),
        ("basis: ", "basis: 0", "are not those of suggestion"), ("rationale: ", "reason: ", "rationale"),
        ("points:", "points: [", "YAML"),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_by_hand_is_refused(policy, rows, tmp_path, was, now, said):
    listed = records(policy, rows)
    path = approve(tmp_path, listed, suggestion=str(listed[0]["suggestion"]), reviewer="Ada", rationale="reviewed with sales",
                   at=NOW, policy=policy)  # fmt: skip
    path.write_text(path.read_text().replace(was, now, 1))
    with pytest.raises(InvalidConfiguration, match=said):
        in_force(policy, tmp_path)


def test_an_approval_does_not_outlive_its_criteria(policy, rows, tmp_path):
    listed = records(policy, rows)
    approve(tmp_path, listed, suggestion=str(listed[0]["suggestion"]), reviewer="Ada", rationale="reviewed with sales", at=NOW,
            policy=policy)  # fmt: skip
    fewer = policy.model_copy(update={"rules": policy.rules.model_copy(update={"criteria": policy.rules.criteria[1:]})})
    with pytest.raises(InvalidConfiguration, match="have changed since the suggestion"):
        in_force(fewer, tmp_path)
    with pytest.raises(PlgError, match="for other criteria"):
        approve(tmp_path, listed, suggestion=str(listed[0]["suggestion"]), reviewer="Ada", rationale="reviewed with sales",
                at=NOW, policy=fewer)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"suggestion": "0"}, "'0' is not known"),
        ({"reviewer": " "}, "reviewer"),
        ({"rationale": "yes"}, "rationale"),
    ],
)
def test_an_approval_needs_a_known_suggestion_a_person_and_a_reason(policy, rows, tmp_path, given, said):
    listed = records(policy, rows)
    values = {"suggestion": str(listed[0]["suggestion"]), "reviewer": "Ada", "rationale": "reviewed with sales", **given}
    with pytest.raises(PlgError, match=said):
        approve(tmp_path, listed, at=NOW, policy=policy, **values)
    assert not (tmp_path / FILE).exists()


def test_a_workspace_is_loaded_with_the_approved_points(policy, tmp_path):
    (tmp_path / "plg.yaml").write_text(
        'workspace: w\nstart: 2025-01-01\nsources:\n  events: {path: "e/*.jsonl", format: segment}\n'
    )
    before = load_workspace(tmp_path)
    changed = {c.signal: c.points + 5 for c in policy.rules.criteria}
    suggested = Suggested(changed, 70.0, basis_of(policy.rules))
    listed = [{"suggestion": suggested.hash, "signal": s, "suggested": p} for s, p in {**changed, "threshold": 70}.items()]
    approve(tmp_path, listed, suggestion=suggested.hash, reviewer="Ada", rationale="reviewed with sales", at=NOW, policy=policy)
    after = load_workspace(tmp_path)
    assert after.pql.rules.threshold == 70 and after.config_tables()["rule_points"]["points"].to_pylist()[0] == 15
    assert after.fingerprint != before.fingerprint
    (tmp_path / FILE).unlink()
    assert load_workspace(tmp_path).pql == before.pql
    shutil.rmtree(tmp_path)
