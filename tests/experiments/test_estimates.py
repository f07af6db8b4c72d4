"""Differences are statsmodels' to nine digits; clusters and pre-periods are those of the textbook's regressions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.proportion import test_proportions_2indep as compared
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from plg_orchestration.experiments import sample_ratio
from plg_orchestration.experiments.estimates import difference
from plg_orchestration.experiments.sequential import always_valid_halfwidth, always_valid_p

RNG = np.random.default_rng(3)
TREATED = RNG.random(3000) < 0.4
PRE = RNG.normal(10, 3, 3000)
SPEND = PRE + RNG.normal(0, 2, 3000) + 0.3 * TREATED
CONVERTED = (RNG.random(3000) < 0.2 + 0.05 * TREATED).astype(float)
ACCOUNTS = RNG.integers(0, 300, 3000)


def test_a_mean_is_the_two_sample_z() -> None:
    found = difference(SPEND, TREATED, kind="mean")
    theirs = CompareMeans(DescrStatsW(SPEND[TREATED]), DescrStatsW(SPEND[~TREATED]))
    assert found.p_value == pytest.approx(theirs.ztest_ind(usevar="unequal")[1], abs=1e-9)
    assert found.interval(0.95) == pytest.approx(theirs.zconfint_diff(usevar="unequal"), abs=1e-9)


def test_a_rate_is_the_two_sample_z_of_proportions() -> None:
    found = difference(CONVERTED, TREATED, kind="rate")
    counts = (CONVERTED[TREATED].sum(), TREATED.sum(), CONVERTED[~TREATED].sum(), (~TREATED).sum())
    theirs = compared(*counts, method="wald", compare="diff")
    assert found.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
    assert found.interval(0.95) == pytest.approx(confint_proportions_2indep(*counts, method="wald"), abs=1e-9)


def test_thirty_against_thirty_six_percent_by_hand() -> None:
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [360, 640, 300, 700])
    found = difference(outcome, np.repeat([True, False], 1000), kind="rate")
    assert (found.value, found.value_control, found.n, found.n_control) == (0.36, 0.30, 1000, 1000)
    assert found.error == pytest.approx(np.sqrt(0.36 * 0.64 / 1000 + 0.3 * 0.7 / 1000))
    assert found.relative == pytest.approx(0.2)
    assert found.relative_error == pytest.approx(np.sqrt(0.36 * 0.64 / 1000 + 1.2**2 * 0.3 * 0.7 / 1000) / 0.3)


def test_the_adjusted_difference_is_the_coefficient_of_the_regression_on_the_pre_period() -> None:
    found = difference(SPEND, TREATED, kind="mean", covariate=PRE)
    fit = OLS(SPEND, np.column_stack([np.ones(3000), TREATED, PRE])).fit()
    assert (found.theta, found.difference) == pytest.approx((fit.params[2], fit.params[1]), abs=1e-9)
    assert found.error == pytest.approx(fit.bse[1], rel=0.02)
    assert found.correlation is not None and found.variance_reduction == pytest.approx(found.correlation**2, abs=0.02)
    assert (found.value, found.value_control) == (SPEND[TREATED].mean(), SPEND[~TREATED].mean())


def test_a_missing_pre_period_counts_as_its_mean_and_a_constant_one_changes_nothing() -> None:
    holes = np.where(RNG.random(3000) < 0.3, np.nan, PRE)
    filled = np.where(np.isnan(holes), np.nanmean(holes), holes)
    assert difference(SPEND, TREATED, kind="mean", covariate=holes) == difference(SPEND, TREATED, kind="mean", covariate=filled)
    plain = difference(SPEND, TREATED, kind="mean")
    for useless in (np.full(3000, 7.0), np.full(3000, np.nan)):
        found = difference(SPEND, TREATED, kind="mean", covariate=useless)
        assert (found.theta, found.difference) == (0.0, pytest.approx(plain.difference))


def test_accounts_assigned_whole_have_the_linearized_variance_of_their_means() -> None:
    treated = ACCOUNTS % 2 == 0
    found = difference(SPEND, treated, kind="mean", clusters=ACCOUNTS)
    expected = 0.0
    for side in (treated, ~treated):
        sums = pd.DataFrame({"a": ACCOUNTS[side], "y": SPEND[side]}).groupby("a")["y"].agg(["sum", "size"])
        mean, k = sums["sum"].sum() / sums["size"].sum(), len(sums)
        expected += k / (k - 1) * ((sums["sum"] - mean * sums["size"]) ** 2).sum() / sums["size"].sum() ** 2
    assert found.error == pytest.approx(np.sqrt(expected), abs=1e-12)
    assert (found.independent, found.freedom) == (300, 298)


def test_users_assigned_within_accounts_have_the_clustered_variance_of_the_regression() -> None:
    crossed = pd.DataFrame({"a": ACCOUNTS, "t": TREATED}).groupby("a")["t"].nunique().eq(2)
    inside = np.isin(ACCOUNTS, crossed.index[crossed])
    outcome, treated, accounts = SPEND[inside], TREATED[inside], pd.factorize(ACCOUNTS[inside])[0].astype(np.int64)
    fit = OLS(outcome, np.column_stack([np.ones(len(treated)), treated])).fit(
        cov_type="cluster", cov_kwds={"groups": accounts, "use_correction": False}
    )  # fmt: skip
    k = int(accounts.max()) + 1
    found = difference(outcome, treated, kind="mean", clusters=accounts)
    assert found.error == pytest.approx(fit.bse[1] * np.sqrt(k / (k - 1)), rel=1e-9)


def test_clusters_of_one_are_no_clusters_but_for_students_t() -> None:
    alone, plain = (difference(SPEND, TREATED, kind="mean", clusters=c) for c in (np.arange(3000), None))
    assert (alone.difference, alone.error) == pytest.approx((plain.difference, plain.error))
    assert alone.p_value == pytest.approx(plain.p_value, abs=1e-3) and alone.p_value > plain.p_value


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.float64, 40, elements=st.floats(-100, 100, width=32)), st.floats(-50, 50))
def test_swapping_the_arms_turns_the_sign_and_a_shift_changes_nothing(outcome: np.ndarray, shift: float) -> None:
    treated = np.arange(40) % 3 == 0
    one, other, shifted = (
        difference(y, t, kind="mean") for y, t in ((outcome, treated), (outcome, ~treated), (outcome + shift, treated))
    )
    assert one.difference == pytest.approx(-other.difference, abs=1e-9)
    assert (one.difference, one.error) == pytest.approx((shifted.difference, shifted.error), abs=1e-6)


def test_a_control_mean_that_may_be_zero_has_no_relative_difference() -> None:
    sure, unsure = (difference(SPEND - shift, TREATED, kind="mean") for shift in (0.0, SPEND[~TREATED].mean()))
    assert np.isfinite(sure.relative) and np.isnan(unsure.relative) and np.isnan(unsure.relative_error)


def test_too_few_units_are_named_and_what_does_not_vary_has_no_p_value() -> None:
    with pytest.raises(ValueError, match="1 treated and 2 control units; each arm needs two"):
        difference(np.array([1.0, 2.0, 3.0]), np.array([True, False, False]), kind="mean")
    with pytest.raises(ValueError, match="clusters: an arm has 1; each arm needs two"):
        difference(np.arange(4.0), np.array([True, True, False, False]), kind="mean", clusters=np.array([0, 0, 1, 2]))
    assert np.isnan(difference(np.ones(4), np.array([True, True, False, False]), kind="mean").p_value)


def test_the_always_valid_interval_is_that_of_the_nightly_control() -> None:
    """At 1,000 units of both arms, tuned for 1,000: 3.035 standard errors, where a single look takes 1.96."""
    half = always_valid_halfwidth(1.0, 1000, alpha=0.05, tuned_for=1000)
    rho2 = 0.0079359
    assert half == pytest.approx(
        np.sqrt(2 * (1000 * rho2 + 1) / (1000 * rho2) * np.log(np.sqrt(1000 * rho2 + 1) / 0.05)), rel=1e-4
    )
    assert half == pytest.approx(3.035, abs=1e-3)
    widths = always_valid_halfwidth(1 / np.sqrt([250.0, 1000.0, 4000.0]), np.array([250, 1000, 4000]), alpha=0.05, tuned_for=1000)
    assert (np.diff(widths) < 0).all()


def test_the_always_valid_p_value_is_the_level_at_which_the_interval_leaves_out_zero() -> None:
    half = float(always_valid_halfwidth(0.01, 3000, alpha=0.05, tuned_for=1000))
    assert always_valid_p(half, 0.01, 3000, alpha=0.05, tuned_for=1000) == pytest.approx(0.05)
    assert always_valid_p(0.0, 0.01, 3000, alpha=0.05, tuned_for=1000) == 1.0


def test_a_split_is_compared_with_its_plan() -> None:
    even = sample_ratio({"a": 5100, "b": 4900, "off": 3}, {"a": 1, "b": 1, "off": 0})
    assert (even.chi_square, round(even.p_value, 6), even.alarm) == (4.0, 0.0455, False)
    assert (even.units, even.expected) == ({"a": 5100, "b": 4900}, {"a": 5000.0, "b": 5000.0})
    assert sample_ratio({"a": 5200, "b": 4800}, {"a": 1, "b": 1}).alarm
    assert not sample_ratio({"a": 9000, "b": 1000}, {"a": 9, "b": 1}).alarm
    assert sample_ratio({"a": 100}, {"a": 1, "b": 1}).alarm, "an arm without any unit is a mismatch"
    nobody = sample_ratio({}, {"a": 1, "b": 1})
    assert np.isnan(nobody.p_value) and not nobody.alarm
    with pytest.raises(ValueError, match="weights: 1 arm has weight"):
        sample_ratio({"a": 1}, {"a": 1, "b": 0})
