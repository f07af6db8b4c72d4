"""Drift (`current_population`, `reference_bins`, `comparisons`): figures against scipy and by hand, error rates by simulation."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.drift import queries
from plg_orchestration.pql.drift.judgments import Side, base_rate_measure, judge, measured, p_value
from plg_orchestration.pql.drift.nightly import drift
from plg_orchestration.pql.drift.references import no_reference, training_reference
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.feedback.estimates import estimates
from plg_orchestration.pql.feedback.live import live_performance
from plg_orchestration.warehouse import Query, table

DAY = dt.date(2025, 3, 31)


def people(rows, **values):
    """Rows like those of `pql.features`, one account each; features that are not given are constant."""
    plain = {f.name: "x" if f.type == "VARCHAR" else 0.0 for f in FEATURES}
    ids = [f"p{i}" for i in range(rows)]
    return pd.DataFrame({**plain, "payer": ids, "score": 1.0, "label": False, **values}, index=range(rows))


def compared(world, before, now):
    """What `comparisons` says of two frames, by subject."""
    made = training_reference(
        world.warehouse,
        before,
        before[["payer", "score"]],
        as_of=world.as_of,
        target="conversion",
        version="v",
        policy=world.policy,
    )
    world.warehouse.connection.register("bins_table", made[made["kind"] != "label"].astype({"upper": float, "word": "string"}))
    world.warehouse.connection.register("now_table", now)
    query = queries.comparisons(
        policy=world.policy.drift, reference=Query("reference_bins", "select * from bins_table"),
        population=Query("current_population", "select * exclude (payer), payer as payer_id from now_table"),
    )  # fmt: skip
    return world.warehouse.frame(query).set_index("subject")


def test_the_index_is_the_one_computed_by_hand_over_groups_of_equal_count(world):
    # Ten values of ten rows each are ten groups; tonight's hundred rows move ten from the lowest value to the highest.
    before = people(100, events_7d=np.repeat(np.arange(10.0), 10))
    now = people(100, events_7d=np.r_[np.full(20, 9.0), np.repeat(np.arange(1.0, 9.0), 10)])
    found = compared(world, before, now).loc["events_7d"]
    p, q = np.full(10, 10.5 / 105), np.r_[0.5, np.full(8, 10.5), 20.5] / 105
    assert found["groups"] == 10
    assert found["population_stability_index"] == pytest.approx(float(np.sum((q - p) * np.log(q / p))), rel=1e-12)
    assert found["kolmogorov_smirnov"] == pytest.approx(0.1) and (found["median"], found["reference_median"]) == (5, 4)


def test_the_distance_is_scipys_where_a_feature_has_few_values_and_close_to_it_where_it_has_many(world):
    generator = np.random.default_rng(1)
    few, moved = generator.poisson(3, 900).astype(float), generator.poisson(4, 700).astype(float)
    many, other = generator.normal(0, 1, 900), generator.normal(0.3, 1.2, 700)
    found = compared(world, people(900, events_7d=few, events_trend=many), people(700, events_7d=moved, events_trend=other))
    exact = stats.ks_2samp(few, moved, method="asymp")
    assert found.loc["events_7d", "kolmogorov_smirnov"] == pytest.approx(exact.statistic, abs=1e-12)
    sides = Side(900, 900, 0), Side(700, 700, 0)
    assert p_value(exact.statistic, *sides) == pytest.approx(stats.kstwobign.sf(exact.statistic * math.sqrt(900 * 700 / 1600)))
    close = stats.ks_2samp(many, other).statistic
    assert close - 0.011 <= found.loc["events_trend", "kolmogorov_smirnov"] <= close + 1e-12


def test_a_constant_that_moves_is_seen_in_both_directions_and_missing_values_are_told_apart(world):
    before = people(200, events_7d=5.0, events_14d=5.0, tenure_days=np.r_[np.full(180, 3.0), np.full(20, np.nan)])
    now = people(200, events_7d=6.0, events_14d=4.0, tenure_days=np.r_[np.full(100, 3.0), np.full(100, np.nan)])
    found = compared(world, before, now)
    assert found.loc[["events_7d", "events_14d"], "kolmogorov_smirnov"].tolist() == [1.0, 1.0]
    assert found.loc["tenure_days", "kolmogorov_smirnov"] == 0.0
    assert found.loc["tenure_days", ["missing", "reference_missing"]].tolist() == [100, 20]


def test_rare_and_new_words_stand_together(world):
    before = people(300, channel=["ads"] * 200 + ["search"] * 98 + ["a", "b"])
    now = people(300, channel=["ads"] * 200 + ["new"] * 100)
    found = compared(world, before, now).loc["channel"]
    p, q = np.array([200.5, 98.5, 2.5]) / 301.5, np.array([200.5, 0.5, 100.5]) / 301.5
    assert found["groups"] == 3 and pd.isna(found["kolmogorov_smirnov"])
    assert found["population_stability_index"] == pytest.approx(float(np.sum((q - p) * np.log(q / p))))


def test_rows_of_one_account_count_for_less(world):
    before = people(90, payer=["big"] * 30 + [f"p{i}" for i in range(60)])
    found = compared(world, before, people(50)).loc["events_7d"]
    assert (found["reference_accounts"], found["accounts"], found["independent"]) == (61, 50, 50)
    assert found["reference_independent"] == pytest.approx(90**2 / (30**2 + 60))


def test_an_alarm_needs_an_effect_and_enough_accounts_to_tell_it_from_chance(policy):
    def verdict(index, accounts, missing=0.0, reference=5000):
        now, before = Side(accounts, accounts, missing), Side(reference, reference, 0.0)
        made = measured(index=index, distance=0.01, groups=10, now=now, before=before, alpha=1e-5, policy=policy.drift)
        return judge(made, accounts=accounts, reference_accounts=reference, policy=policy.drift)

    assert verdict(0.25, 2000).verdict == "drifted" and "0.25, over 0.20" in verdict(0.25, 2000).reason
    assert verdict(0.19, 20000).verdict == "ok"
    assert verdict(0.25, 120).verdict == "insufficient" and "chance alone may reach 0." in verdict(0.25, 120).reason
    assert verdict(0.02, 120).verdict == "insufficient" and verdict(9.0, 120).verdict == "drifted"
    assert verdict(9.0, 49).reason == "49 accounts tonight; 50 are needed"
    assert verdict(0.02, 2000, missing=0.3).verdict == "drifted"
    assert judge((), accounts=900, reference_accounts=900, policy=policy.drift).verdict == "insufficient"


def test_a_base_rate_may_change_by_a_ratio(policy):
    up = base_rate_measure(0.05, 1e-6, 0.03, 1e-6, alpha=1e-3, policy=policy.drift)
    down = base_rate_measure(0.019, 1e-6, 0.03, 1e-6, alpha=1e-3, policy=policy.drift)
    assert (up.limit, down.limit) == (pytest.approx(0.015), pytest.approx(0.01))
    assert [judge((m,), accounts=900, reference_accounts=900, policy=policy.drift).verdict for m in (up, down)] == ["drifted"] * 2


def population(generator, accounts, shift=0.0):
    """Fifty counts of accounts with one to eight alike members, the first of them shifted; rows by feature, and payers."""
    of = np.repeat(np.arange(accounts), generator.integers(1, 9, accounts))
    level = generator.gamma(1.5, 2.0, accounts)[of]
    counts = generator.poisson(level * np.linspace(0.2, 3.0, 50)[:, None])
    counts[0] += generator.poisson(shift, len(of))
    return counts, of


def side(of):
    sizes = np.bincount(of).astype(float)
    return Side(len(sizes), float(sizes.sum() ** 2 / (sizes**2).sum()), 0.0)


def verdicts(before, now, policy):
    """The verdict on each of the fifty counts, with figures by numpy on the groups that the SQL makes."""
    sides, alpha, found = (side(now[1]), side(before[1])), policy.drift.false_alarm / 151, []
    for old, new in zip(before[0], now[0], strict=True):
        top = max(old.max(), new.max()) + 1
        expected, seen = np.bincount(old, minlength=top), np.bincount(new, minlength=top)
        starts = np.cumsum(expected) - expected
        group = np.unique(np.minimum(9, 10 * starts // expected.sum()), return_inverse=True)[1]
        counts = [np.bincount(group, side) + 0.5 for side in (expected, seen)]
        p, q = (c / c.sum() for c in counts)
        distance = np.abs(np.cumsum(expected) / expected.sum() - np.cumsum(seen) / seen.sum()).max()
        made = measured(index=float(np.sum((q - p) * np.log(q / p))), distance=float(distance), groups=len(p), now=sides[0],
                        before=sides[1], alpha=alpha, policy=policy.drift)  # fmt: skip
        found.append(judge(made, accounts=sides[0].accounts, reference_accounts=sides[1].accounts, policy=policy.drift).verdict)
    return found


def test_without_drift_sixty_nights_of_fifty_features_raise_no_alarm_and_a_planted_shift_raises_it(policy):
    generator = np.random.default_rng(7)
    before = population(generator, 700)
    nights = [verdicts(before, population(generator, accounts), policy) for accounts in [90, 250, 700] * 20]
    assert sum(night.count("drifted") for night in nights) == 0
    assert set(nights[2][:40]) == {"ok"} and "ok" not in nights[0]
    for _ in range(5):
        shifted = verdicts(before, population(generator, 700, shift=1.0), policy)
        assert shifted[0] == "drifted" and "drifted" not in shifted[1:]


@pytest.fixture
def trained(world):
    """A night with a model champion whose training left a reference, and a night whose people the caller chooses."""
    for name in ("features", "scores", "champion", "live_performance", "references"):
        world._ensure(f"pql.{name}")
    before = people(400, events_7d=np.tile(np.arange(8.0), 50), label=[True] * 20 + [False] * 380)
    made = training_reference(
        world.warehouse, before, before[["payer", "score"]], as_of=world.as_of.minus(3), target="conversion", version="m1",
        policy=world.policy,
    )  # fmt: skip
    world.keep("pql.references", made)
    return world


def night(world, rows, *, days_ago=0, scorer="model", version="m1"):
    as_of = world.as_of.minus(days_ago)
    known = rows.assign(
        as_of=as_of.date, user_id=rows["payer"], account_id=None, target="conversion", scorer=scorer, version=version,
        percentile=0.0, is_pql=False, reasons="",
    )  # fmt: skip
    for f in FEATURES:
        if f.type == "BOOLEAN":
            known[f.name] = known[f.name].astype(bool)
    for name in ("pql.features", "pql.scores"):
        columns = list(table(name).column_names)
        world.keep(name, known.assign(**{c: None for c in columns if c not in known})[columns])
    champion = dict.fromkeys(table("pql.champion").column_names)
    world.keep(
        "pql.champion",
        pd.DataFrame([{**champion, "as_of": as_of.date, "target": "conversion", "scorer": scorer, "version": version}]),
    )
    return drift(world.warehouse, as_of=as_of, policy=world.policy).set_index("subject")


def test_tonight_is_held_against_the_rows_that_the_champion_was_trained_on(trained):
    found = night(trained, people(300, events_7d=np.tile(np.arange(1.0, 11.0), 30)))
    assert set(found["reference"].dropna()) == {"the tested rows of the training of 2025-03-28"}
    assert found.loc["events_7d", "verdict"] == "drifted" and found.loc["events_14d", "verdict"] == "ok"
    assert (found.loc["events_7d", "median"], found.loc["events_7d", "reference_median"]) == (5, 3)
    assert found.loc["label", "reason"] == "no night's outcomes are known yet" and found.loc["label", "verdict"] == "insufficient"
    assert set(found.index) == {*(f.name for f in FEATURES), "score", "label"}


def test_a_formula_is_held_against_its_own_night_some_weeks_ago(trained):
    rows = people(600, events_7d=np.tile(np.arange(1.0, 11.0), 60))
    first = night(trained, rows, days_ago=30, scorer="rules", version="rules-1")
    assert set(first["verdict"]) == {"insufficient"} and "no night from 2025-01-26 to 2025-02-01" in first.loc["score", "reason"]
    found = night(trained, rows, scorer="rules", version="rules-1")
    assert found.loc["events_7d", "reference"] == "the night of 2025-03-01" and found.loc["events_7d", "verdict"] == "ok"


def test_a_model_without_reference_and_a_night_without_champion_say_so(trained):
    found = night(trained, people(60), version="older")
    assert set(found["verdict"]) == {"insufficient"} and found.loc["score", "reason"].startswith(
        "the training of older left no reference"
    )
    with pytest.raises(Unavailable, match="nobody to hold the night against"):
        drift(trained.warehouse, as_of=AsOf(dt.date(2025, 4, 5)), policy=trained.policy)
    assert no_reference().empty


def test_the_base_rate_of_the_newest_mature_night_is_held_against_the_trainings(trained):
    row = {"as_of": DAY, "target": "conversion", "period": "week", "metric": "base_rate", "kind": "realized", "rows": 9000,
           "accounts": 5000, "decided_on": dt.date(2025, 2, 24), "value": 0.12, "low": 0.11, "high": 0.13}  # fmt: skip
    trained.keep("pql.live_performance", pd.DataFrame([{**dict.fromkeys(table("pql.live_performance").column_names), **row}]))
    found = night(trained, people(60)).loc["label"]
    assert (found["base_rate"], found["reference_base_rate"], found["reference_rows"]) == (0.12, 0.05, 400)
    assert found["verdict"] == "drifted" and found["reason"].startswith("base rate 0.120 on 2025-02-24, 0.050 in the reference")


def test_a_training_leaves_the_distributions_of_the_rows_that_policy_names(grown):
    made, candidate = grown.training.references, grown.training.candidate.iloc[0]
    assert set(made["version"]) == {grown.training.version} and set(made["part"]) == {"tested"}
    assert set(made["feature"]) == {*(f.name for f in FEATURES), "score", "label"}
    rows = made.astype({"rows": int, "share": float}).groupby("feature")[["rows", "share"]].sum()
    assert set(rows["rows"]) == {int(candidate["test_rows"])} and np.allclose(rows["share"], 1.0)
    label = made[(made["feature"] == "label") & (made["bin"] == 1)]["share"].iloc[0]
    assert label == pytest.approx(candidate["base_rate"])


def test_a_target_that_nobody_was_scored_for_has_no_figures(grown):
    for name in ("scores", "champion", "decisions", "estimates"):
        grown.world._ensure(f"pql.{name}")
    asked = {"as_of": grown.world.as_of, "target": "expansion"}
    assert live_performance(grown.world.warehouse, policy=grown.policy, **asked).empty
    assert estimates(grown.world.warehouse, **asked).empty
    with pytest.raises(Unavailable, match=r"pql\.champion holds nothing for expansion"):
        drift(grown.world.warehouse, policy=grown.policy, **asked)
