"""Planted truth: false alarms as often as promised, also for who looks daily; adjustment, clusters and splits by the theory."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.demo import trials
from plg_orchestration.demo.population import populate
from plg_orchestration.demo.sizes import Calendar, resolve
from plg_orchestration.experiments import Measure, read_out, required_sample_size, sample_ratio, self_check
from plg_orchestration.experiments.estimates import difference
from plg_orchestration.experiments.sequential import always_valid_halfwidth

RUNS = 2000
EVEN = {"control": 1.0, "new": 1.0}


def test_the_fixed_test_raises_a_false_alarm_in_one_of_twenty_runs() -> None:
    rng = np.random.default_rng(20)
    treated = np.arange(1600) % 2 == 0
    rates = (rng.random((RUNS, 1600)) < 0.2).astype(float)
    means = rng.exponential(10, (RUNS, 1600))
    for outcomes, kind in ((rates, "rate"), (means, "mean")):
        alarms = np.mean([difference(one, treated, kind=kind).p_value < 0.05 for one in outcomes])  # type: ignore[arg-type]
        assert 0.04 <= alarms <= 0.06, (kind, alarms)


def peeked(rng: np.random.Generator, rate: float, lift: float, *, days: int = 42, daily: int = 60) -> tuple[float, float]:
    """The share of runs in which some day's look finds an effect: by the ordinary interval, and by the always-valid one."""
    units = daily * np.arange(1, days + 1)
    sums = [np.cumsum(rng.binomial(daily, p, (RUNS, days)), axis=1) / units for p in (rate, rate + lift)]
    gap, error = sums[1] - sums[0], np.sqrt(sum(p * (1 - p) for p in sums) / units)
    half = always_valid_halfwidth(error, 2.0 * units, alpha=0.05, tuned_for=1000)
    looked = units >= 100
    found = [(np.abs(gap) > width)[:, looked].any(axis=1).mean() for width in (1.959964 * error, half)]
    return float(found[0]), float(found[1])


@pytest.mark.parametrize("rate", [0.10, 0.30, 0.50])
def test_daily_peeking_fools_the_fixed_interval_and_not_the_always_valid_one(rate: float) -> None:
    fixed, sequential = peeked(np.random.default_rng(21), rate, 0.0)
    assert fixed > 0.20
    assert sequential <= 0.05


def test_the_always_valid_interval_finds_what_is_there() -> None:
    assert peeked(np.random.default_rng(22), 0.30, 0.08)[1] > 0.95


@pytest.mark.parametrize("rho", [0.3, 0.7, 0.9])
def test_adjustment_leaves_one_minus_rho_squared_of_the_variance(rho: float) -> None:
    rng = np.random.default_rng(23)
    pre = rng.normal(0, 1, (1000, 600))
    after = rho * pre + np.sqrt(1 - rho**2) * rng.normal(0, 1, (1000, 600))
    treated = np.arange(600) % 2 == 0
    made = [difference(y, treated, kind="mean", covariate=x) for y, x in zip(after, pre, strict=True)]
    said = np.mean([one.variance_reduction for one in made if one.variance_reduction is not None])
    plain = np.var([one.value - one.value_control for one in made])
    assert said == pytest.approx(rho**2, abs=0.01)
    assert np.var([one.difference for one in made]) / plain == pytest.approx(1 - rho**2, abs=0.06)
    assert 0.035 <= np.mean([one.p_value < 0.05 for one in made]) <= 0.065


def test_accounts_that_are_alike_need_the_clustered_error() -> None:
    rng = np.random.default_rng(24)
    accounts = np.repeat(np.arange(200), rng.integers(1, 12, 200))
    treated = accounts % 2 == 0
    alarms = []
    for _ in range(1500):
        outcome = (rng.random(len(accounts)) < np.clip(rng.normal(0.3, 0.15, 200), 0, 1)[accounts]).astype(float)
        found = [difference(outcome, treated, kind="rate", clusters=c).p_value < 0.05 for c in (None, accounts)]
        alarms.append(found)
    plain, clustered = np.mean(alarms, axis=0)
    assert plain > 0.09
    assert 0.035 <= clustered <= 0.065


def test_the_design_effect_gives_clustered_plans_their_power() -> None:
    rng = np.random.default_rng(25)
    icc, size = 0.05, 8
    plan = required_sample_size(
        baseline=10, mde=0.5, kind="mean", standard_deviation=2, cluster_size=size, intraclass_correlation=icc
    )  # fmt: skip
    assert plan.clusters_control is not None
    k = plan.clusters_control
    accounts = np.repeat(np.arange(2 * k), size)
    treated = accounts < k
    hits = []
    for _ in range(1500):
        outcome = rng.normal(0, 2 * np.sqrt(icc), 2 * k)[accounts] + rng.normal(0, 2 * np.sqrt(1 - icc), len(accounts))
        hits.append(difference(outcome + 0.5 * treated, treated, kind="mean", clusters=accounts).p_value < 0.05)
    assert np.mean(hits) == pytest.approx(0.80, abs=0.03)


def test_a_fair_split_raises_the_alarm_once_in_a_thousand() -> None:
    draws = np.random.default_rng(26).binomial(5000, 0.5, 10_000)
    alarms = sum(sample_ratio({"control": int(n), "new": 5000 - int(n)}, EVEN).alarm for n in draws)
    assert 2 <= alarms <= 20


def test_the_alarm_is_raised_on_the_demos_broken_split_and_on_no_other() -> None:
    size = resolve("demo", users=None, days=None, events=None)
    calendar = Calendar(dt.date(2025, 1, 1), size.days)
    rows = trials.exposures(trials.expose(populate(size, calendar, 7), calendar, 7), calendar).to_pandas()
    rows["exposed_at"] = pd.to_datetime(rows["exposed_at"], format="ISO8601")
    alarms = {}
    for name, mine in rows.groupby("experiment"):
        control, new = trials.ARMS[str(name)]
        found = read_out(
            mine, pd.DataFrame({"unit_id": [], "seen": []}), arms={control: 0.5, new: 0.5}, control=control,
            measures=[Measure("seen")], as_of=calendar.date(size.days - 1),
        )  # fmt: skip
        alarms[name] = (found.split.alarm, found.split.several_arms, "sample ratio mismatch" in found.reason)
    assert alarms == {trials.PRICING: (True, 0, True), trials.CHECKLIST: (False, trials.CONTAMINATED, False)}


@pytest.mark.parametrize("clustered", [False, True])
def test_resampled_units_without_any_effect_pass_the_check_of_themselves(clustered: bool) -> None:
    rng = np.random.default_rng(27)
    accounts = rng.integers(0, 300, 3000)
    outcome = (rng.random(3000) < rng.beta(2, 6, 300)[accounts]).astype(float)
    found = self_check(outcome, kind="rate", clusters=accounts if clustered else None, rounds=1000, seed=5)
    assert found.passed and 0.04 <= found.false_alarms <= 0.06
    assert found.low <= found.false_alarms <= found.high


def test_the_check_of_units_in_accounts_fails_where_the_accounts_are_forgotten() -> None:
    rng = np.random.default_rng(28)
    accounts = np.repeat(np.arange(200), 15)
    outcome = (rng.random(3000) < rng.beta(0.6, 1.2, 200)[accounts]).astype(float)
    forgotten = self_check(outcome, kind="rate", assigned_by=accounts, rounds=500, seed=5)
    assert not forgotten.passed and forgotten.false_alarms > 0.2
    assert self_check(outcome, kind="rate", clusters=accounts, rounds=500, seed=5).passed
