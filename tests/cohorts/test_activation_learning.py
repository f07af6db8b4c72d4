"""Learned weights and weeks that differ: planted truths are found, and nothing is found where nothing is."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from plg_orchestration import cohorts
from plg_orchestration.cohorts.activation.learning import _normalized, _regression

DECLARED = {"progress": 0.4, "workflow": 0.4, "collaboration": 0.2}
TRUTH = np.array([0.5, 0.3, 0.2])
WEEK = dt.date(2025, 6, 2)


def people(seed, n=1500, weights=TRUTH, spread=0.0, team=1):
    """Inputs from 0 to 100 and retention by the true weights; `spread` is what an account's users have in common."""
    rng = np.random.default_rng(seed)
    account = np.arange(n) // team
    inputs = np.clip(rng.normal(55, 30, (n, 3)) + spread * 20 * rng.standard_normal((n, 3))[account], 0, 100)
    odds = -3.0 + 0.06 * inputs @ weights + spread * rng.standard_normal(n)[account]
    retained = rng.random(n) < 1 / (1 + np.exp(-odds))
    frame = pd.DataFrame(inputs, columns=list(DECLARED))
    return frame.assign(retained=retained, cluster=[f"a{number}" for number in account])


@pytest.mark.parametrize(("spread", "team"), [(0.0, 1), (0.8, 5)])
def test_true_weights_lie_in_their_intervals_as_often_as_promised(spread, team):
    inside, total = 0, 0
    for seed in range(50):
        rows = people(seed, n=800, spread=spread, team=team)
        inputs, codes = rows[list(DECLARED)].to_numpy() / 10, rows["cluster"].factorize()[0]
        coefficients, covariance = _regression(inputs, rows["retained"].to_numpy(), codes)
        weights, low, high = _normalized(coefficients, covariance, 500, 7)
        assert weights is not None
        inside += int(((low <= TRUTH) & (high >= TRUTH)).sum())
        total += 3
    assert 0.90 <= inside / total <= 0.99


def test_learned_weights_add_up_to_one_and_stand_beside_the_declared():
    found = cohorts.activation_weights(people(1), declared=DECLARED)
    assert list(found.columns) == [
        "input", "declared", "learned", "ci_low", "ci_high", "coefficient", "n", "retained", "auc", "reason",
    ]  # fmt: skip
    assert found["learned"].sum() == pytest.approx(1)
    assert found["declared"].tolist() == [0.4, 0.4, 0.2]
    assert (found["ci_low"] <= found["learned"]).all() and (found["learned"] <= found["ci_high"]).all()
    assert found["n"].tolist() == [1500] * 3
    assert 0.65 < found["auc"].iloc[0] < 0.85
    assert found["reason"].isna().all()


def test_the_same_users_in_another_order_give_the_same_weights():
    rows = people(2, n=600)
    first = cohorts.activation_weights(rows, declared=DECLARED)
    again = cohorts.activation_weights(rows, declared=DECLARED)
    turned = cohorts.activation_weights(rows.iloc[::-1], declared=DECLARED)
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first.drop(columns="auc"), turned.drop(columns="auc"), rtol=1e-6)


def test_an_input_that_goes_with_leaving_has_no_weight():
    found = cohorts.activation_weights(people(3, weights=np.array([0.8, 0.4, -0.3])), declared=DECLARED).set_index("input")
    assert found.loc["collaboration", "learned"] == 0
    assert found.loc["collaboration", "coefficient"] < 0
    assert found["learned"].sum() == pytest.approx(1)


def test_an_input_that_cannot_be_shown_leaves_its_weight_to_the_others():
    found = cohorts.activation_weights(people(4).assign(collaboration=np.nan), declared=DECLARED).set_index("input")
    assert np.isnan(found.loc["collaboration", "learned"])
    assert found.loc["collaboration", "reason"].startswith("the input does not vary or cannot be shown")
    assert found.loc[["progress", "workflow"], "learned"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (people(5, n=0), "0 users whose retention is known; 300 are needed"),
        (people(5, n=299), "299 users whose retention is known; 300 are needed"),
        (people(5, n=400).assign(retained=False), "0 of 400 users were retained; 50 of each outcome are needed"),
        (people(5, n=400).assign(progress=1.0, workflow=2.0, collaboration=3.0), "no input varies between users"),
        (people(5, n=900, weights=-TRUTH), "no input goes with retention"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_says_why(rows, reason):
    if len(rows) == 900:
        rows = rows.assign(retained=~people(5, n=900)["retained"])
    found = cohorts.activation_weights(rows, declared=DECLARED)
    assert found["learned"].isna().all()
    assert found["reason"].str.startswith(reason).all()
    assert found["declared"].tolist() == [0.4, 0.4, 0.2]


def test_arguments_of_weights_that_are_wrong_are_named():
    with pytest.raises(ValueError, match="users: no column cluster"):
        cohorts.activation_weights(people(6).drop(columns="cluster"), declared=DECLARED)
    with pytest.raises(ValueError, match="declared: must name exactly progress"):
        cohorts.activation_weights(people(6), declared={"progress": 1.0})
    with pytest.raises(ValueError, match="draws: 10 draws give no interval"):
        cohorts.activation_weights(people(6), declared=DECLARED, draws=10)


# -- weeks that differ ------------------------------------------------------------------------------------------------

VALUES = {"segment": ["smb", "enterprise"], "channel": ["ads", "search", "partner"], "region": ["EU", "NA"], "device": ["pc"]}


def signups(seed, weeks=10, each=120, dropped=None):
    """Signup cohorts in which everybody activates alike; of the `dropped` cell (dimension, value, week) a seventh does."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({name: rng.choice(values, weeks * each) for name, values in VALUES.items()})
    rows["cohort_week"] = np.repeat([WEEK + dt.timedelta(weeks=week) for week in range(weeks)], each)
    chance = np.full(len(rows), 0.42)
    if dropped:
        dimension, value, week = dropped
        chance[(rows[dimension] == value) & (rows["cohort_week"] == WEEK + dt.timedelta(weeks=week))] /= 7
    rows["activated_7d"], rows["mature_7d"] = (rng.random(len(rows)) < chance).astype(int), 1
    return rows.groupby([*VALUES, "cohort_week"], as_index=False).sum()


def test_the_planted_cell_comes_first():
    found = cohorts.activation_shifts(signups(1, dropped=("segment", "smb", 6)))
    first = found.iloc[0]
    assert (first["dimension"], first["dimension_value"], first["cohort_week"]) == (
        "segment",
        "smb",
        WEEK + dt.timedelta(weeks=6),
    )
    assert first["verdict"] == "fail"
    assert first["z"] < -3
    assert first["q"] < 0.001
    assert first["reason"].startswith("fewer than in its other weeks: ")


def test_where_nothing_changed_hardly_anything_is_found():
    wrong, small, tested = 0, 0, 0
    for seed in range(24):
        found = cohorts.activation_shifts(signups(seed))
        wrong += int(found["verdict"].isin(["fail", "warn"]).any())
        small += int((found["p"] <= 0.05).sum())
        tested += int(found["p"].notna().sum())
    assert wrong <= 2
    assert small / tested <= 0.055


def test_a_cell_is_compared_with_its_own_other_weeks():
    weeks = [WEEK + dt.timedelta(weeks=week) for week in range(3)]
    rows = pd.DataFrame({"segment": "smb", "cohort_week": weeks, "activated_7d": [10, 12, 3], "mature_7d": [20, 30, 30]})
    found = cohorts.activation_shifts(rows, dimensions=["segment"]).set_index("cohort_week").loc[weeks[2]]
    assert (found["activated"], found["mature"], found["rate"]) == (3, 30, 0.1)
    assert (found["rate_before"], found["rate_elsewhen"], found["expected"]) == pytest.approx((22 / 50, 22 / 50, 13.2))
    pooled = 25 / 80
    assert found["z"] == pytest.approx((0.1 - 0.44) / np.sqrt(pooled * (1 - pooled) * (1 / 30 + 1 / 50)))
    from scipy.stats import fisher_exact

    one_sided = fisher_exact([[3, 27], [22, 28]], alternative="less").pvalue
    assert found["p"] == pytest.approx(2 * one_sided)
    assert found["q"] == pytest.approx(3 * found["p"])


def test_the_first_week_has_none_before_it_and_a_single_week_nothing_to_compare_with():
    rows = pd.DataFrame({"segment": ["smb"], "cohort_week": [WEEK], "activated_7d": [10], "mature_7d": [40]})
    (only,) = cohorts.activation_shifts(rows, dimensions=["segment"]).to_dict("records")
    assert (only["verdict"], only["rate"]) == ("insufficient", 0.25)
    assert all(np.isnan(only[name]) for name in ("rate_before", "rate_elsewhen", "expected", "z", "p", "q"))
    assert only["reason"] == "40 mature signups in the week or too few outside it; 20 are needed on both sides"


def test_weeks_without_mature_signups_or_without_a_milestone_are_no_cells():
    rows = pd.DataFrame({
        "segment": "smb", "cohort_week": [WEEK, WEEK + dt.timedelta(weeks=1)], "activated_7d": [None, 0], "mature_7d": [9, 0],
    })  # fmt: skip
    assert cohorts.activation_shifts(rows, dimensions=["segment"]).empty
    empty = cohorts.activation_shifts(rows.iloc[:0], dimensions=["segment"])
    assert list(empty.columns)[:5] == ["dimension", "dimension_value", "cohort_week", "activated", "mature"]


def test_a_value_where_everybody_activated_shows_no_difference():
    weeks = [WEEK, WEEK + dt.timedelta(weeks=1)]
    rows = pd.DataFrame({"segment": "smb", "cohort_week": weeks, "activated_7d": [30, 30], "mature_7d": [30, 30]})
    found = cohorts.activation_shifts(rows, dimensions=["segment"])
    assert found["verdict"].tolist() == ["pass", "pass"]
    assert found["p"].tolist() == [1.0, 1.0]


def test_arguments_of_shifts_that_are_wrong_are_named():
    with pytest.raises(ValueError, match="cohorts: no column region"):
        cohorts.activation_shifts(signups(1).drop(columns="region"))
    with pytest.raises(ValueError, match="false_discovery: 2 is no share"):
        cohorts.activation_shifts(signups(1), false_discovery=2)
