"""Ratios, differences, stratified odds and many tests at once: against numbers worked out by hand, scipy and planted truths."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from plg_orchestration import cohorts
from plg_orchestration.cohorts import statistics

SMALL = settings(max_examples=30, deadline=None)


def numbers(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_the_katz_interval_is_the_textbook_one():
    # 20 of 40 against 10 of 50: ratio 2.5, error of its logarithm sqrt(1/20 - 1/40 + 1/10 - 1/50) = 0.324037.
    found = statistics.share_ratios(numbers(20), numbers(40), numbers(10), numbers(50))
    error = math.sqrt(1 / 20 - 1 / 40 + 1 / 10 - 1 / 50)
    assert found.ratio[0] == pytest.approx(2.5)
    assert found.low[0] == pytest.approx(2.5 * math.exp(-1.959964 * error), rel=1e-6)
    assert found.high[0] == pytest.approx(2.5 * math.exp(1.959964 * error), rel=1e-6)
    assert found.p[0] == pytest.approx(2 * stats.norm.sf(math.log(2.5) / error), rel=1e-9)


def test_a_ratio_with_an_empty_cell_is_finite_and_one_with_two_is_none():
    found = statistics.share_ratios(numbers(5, 0, 3, 8), numbers(10, 10, 0, 8), numbers(0, 0, 1, 8), numbers(10, 10, 10, 8))
    assert found.ratio[0] == pytest.approx(5.5 / 10.5 / (0.5 / 10.5))
    assert found.low[0] > 0
    assert math.isnan(found.ratio[1])
    assert math.isnan(found.ratio[2])
    assert (found.ratio[3], found.low[3], found.high[3], found.p[3]) == (1, 1, 1, 1)


@SMALL
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=20)
)
def test_an_interval_holds_its_estimate(cells):
    a, b, c, d = (numbers(*values) for values in zip(*cells, strict=True))
    ratios = statistics.share_ratios(a, a + b, c, c + d)
    low, high = statistics.wilson(a, a + b)
    below, above = statistics.newcombe(a, a + b, c, c + d)
    for place in range(len(cells)):
        if not math.isnan(ratios.ratio[place]):
            assert ratios.low[place] <= ratios.ratio[place] <= ratios.high[place]
            assert 0 <= ratios.p[place] <= 1
        if a[place] + b[place]:
            rate = a[place] / (a[place] + b[place])
            assert 0 <= low[place] <= rate + 1e-12
            assert rate - 1e-12 <= high[place] <= 1
        if a[place] + b[place] and c[place] + d[place]:
            difference = a[place] / (a[place] + b[place]) - c[place] / (c[place] + d[place])
            assert below[place] - 1e-12 <= difference <= above[place] + 1e-12


def test_the_difference_interval_is_newcombes_published_example():
    # Newcombe (1998), table II: 56 of 70 against 48 of 80 gives 0.2 with 0.0524 to 0.3339 by method 10.
    low, high = statistics.newcombe(numbers(56), numbers(70), numbers(48), numbers(80))
    assert (round(low[0], 4), round(high[0], 4)) == (0.0524, 0.3339)


@SMALL
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_false_discovery_rates_are_scipys(p):
    assert statistics.benjamini_hochberg(np.array(p)) == pytest.approx(stats.false_discovery_control(p), abs=1e-12)


def test_what_was_not_tested_does_not_count_as_a_test():
    q = statistics.benjamini_hochberg(numbers(0.02, math.nan, 0.5))
    assert q[0] == pytest.approx(0.04)
    assert math.isnan(q[1])
    assert len(statistics.benjamini_hochberg(numbers())) == 0


def test_one_stratum_gives_the_plain_odds_ratio_with_woolfs_interval():
    odds = statistics.mantel_haenszel(np.zeros(1, np.int64), numbers(12), numbers(8), numbers(5), numbers(15), count=1)
    error = math.sqrt(1 / 12 + 1 / 8 + 1 / 5 + 1 / 15)
    assert odds.ratio[0] == pytest.approx(12 * 15 / (8 * 5))
    assert odds.low[0] == pytest.approx(4.5 * math.exp(-1.959963984540054 * error))
    # The uncorrected chi-square statistic times (n - 1) / n.
    chi2 = stats.chi2_contingency([[12, 8], [5, 15]], correction=False).statistic * 39 / 40
    assert odds.p[0] == pytest.approx(stats.chi2.sf(chi2, 1))


def test_two_strata_give_the_sums_worked_out_by_hand():
    # Strata (a, b, c, d): (10, 20, 5, 25) and (30, 10, 20, 20), n = 60 and 80.
    odds = statistics.mantel_haenszel(
        np.zeros(2, np.int64), numbers(10, 30), numbers(20, 10), numbers(5, 20), numbers(25, 20), count=1
    )
    r, s = (250 / 60, 600 / 80), (100 / 60, 200 / 80)
    same, crossed = (35 / 60, 50 / 80), (25 / 60, 30 / 80)
    ratio = sum(r) / sum(s)
    variance = sum(x * y for x, y in zip(same, r, strict=True)) / (2 * sum(r) ** 2)
    variance += sum(x * w + y * z for x, y, z, w in zip(same, crossed, r, s, strict=True)) / (2 * sum(r) * sum(s))
    variance += sum(y * w for y, w in zip(crossed, s, strict=True)) / (2 * sum(s) ** 2)
    surplus = (10 - 30 * 15 / 60) + (30 - 40 * 50 / 80)
    spread = 30 * 30 * 15 * 45 / (60**2 * 59) + 40 * 40 * 50 * 30 / (80**2 * 79)
    assert odds.ratio[0] == pytest.approx(ratio)
    assert odds.high[0] == pytest.approx(ratio * math.exp(1.959963984540054 * math.sqrt(variance)))
    assert odds.p[0] == pytest.approx(stats.chi2.sf(surplus**2 / spread, 1))


def test_strata_undo_simpsons_paradox():
    # Within each size the feature goes with conversion (odds 2.25); large accounts use it rarely and convert often.
    small = (
        [(True, True, "small")] * 18
        + [(True, False, "small")] * 72
        + [(False, True, "small")] * 1
        + [(False, False, "small")] * 9
    )
    large = (
        [(True, True, "large")] * 9
        + [(True, False, "large")] * 1
        + [(False, True, "large")] * 72
        + [(False, False, "large")] * 18
    )
    units = pd.DataFrame([*small, *large], columns=["exports", "converted", "size"])
    raw = cohorts.conversion_associations(units, features=["exports"], min_units=5).iloc[0]
    adjusted = cohorts.conversion_associations(units, features=["exports"], strata=["size"], min_units=5).iloc[0]
    assert raw["odds_ratio"] == pytest.approx(27 * 27 / (73 * 73))
    assert adjusted["odds_ratio"] == pytest.approx(2.25)
    assert raw["odds_ratio"] < 1 < adjusted["odds_ratio"]
    assert (adjusted["n"], adjusted["used"], adjusted["converted"]) == (200, 100, 100)


SEGMENTS = ((240, 0.7, 0.27), (360, 0.3, 0.08))
"""Accounts, share that uses a feature and share that converts, of two segments; the segment confounds the two."""


def simulated(seed: int, runs: int, features: int, effect: float) -> tuple[np.ndarray, ...]:
    """The four counts per run, feature and segment; the odds of feature 0 are exp(effect) times those without it."""
    draw = np.random.default_rng(seed)
    shape = (runs, features)
    cells: list[np.ndarray] = []
    for accounts, use, converts in SEGMENTS:
        used = draw.binomial(accounts, use, shape)
        odds = np.full(shape, converts / (1 - converts))
        odds[:, 0] *= math.exp(effect)
        a, c = draw.binomial(used, odds / (1 + odds)), draw.binomial(accounts - used, converts)
        cells.append(np.stack([a, used - a, c, accounts - used - c], axis=-1))
    stacked = np.stack(cells, axis=2).reshape(-1, 4).astype(np.float64)
    return tuple(stacked.T)


def findings(seed: int, runs: int, features: int, effect: float) -> tuple[statistics.Ratios, np.ndarray]:
    """The odds ratios of all runs, and which features each run finds at a false discovery rate of 5 %."""
    count = runs * features
    odds = statistics.mantel_haenszel(np.repeat(np.arange(count), 2), *simulated(seed, runs, features, effect), count=count)
    q = [statistics.benjamini_hochberg(p) for p in odds.p.reshape(runs, features)]
    return odds, np.array(q) <= 0.05


def test_a_planted_association_is_found_and_its_odds_are_covered():
    odds, found = findings(seed=7, runs=300, features=8, effect=1.0)
    assert found[:, 0].mean() > 0.95
    covered = (odds.low <= math.e) & (math.e <= odds.high)
    assert 0.92 <= covered.reshape(300, 8)[:, 0].mean() <= 0.98
    false = found[:, 1:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    assert false.mean() <= 0.06


def test_without_an_association_the_false_discovery_rate_is_held():
    # With eight true null hypotheses it is the share of runs that find anything; two standard errors of 600 runs are 1.8 %.
    _, found = findings(seed=8, runs=600, features=8, effect=0.0)
    assert found.any(axis=1).mean() <= 0.05 + 0.018


def test_a_planted_association_is_found_on_plain_tables():
    draw = np.random.default_rng(11)
    segment = draw.random(900) < 0.4
    units = pd.DataFrame({f"f{k}": draw.random(900) < np.where(segment, 0.7, 0.3) for k in range(5)})
    units["converted"] = draw.random(900) < 1 / (1 + np.exp(np.where(segment, 1.0, 2.5) - 1.2 * units["f0"]))
    features = [f"f{k}" for k in range(5)]
    rows = cohorts.conversion_associations(units.assign(segment=segment), features=features, strata=["segment"])
    assert rows["found"].tolist() == [True, False, False, False, False]
    assert rows["note"].unique().tolist() == ["association, not cause"]


def test_too_little_data_has_a_reason_and_no_number():
    units = pd.DataFrame({"exports": [True, False] * 15, "converted": [True] + [False] * 29})
    row = cohorts.conversion_associations(units, features=["exports"]).iloc[0]
    assert math.isnan(row["odds_ratio"])
    assert row["found"] is pd.NA
    assert row["reason"] == "15 used it and 15 did not; a comparison needs 20 of each"
    few = cohorts.conversion_associations(units, features=["exports"], min_units=5).iloc[0]
    assert few["reason"] == "1 converted; a comparison needs 10"
    empty = cohorts.conversion_associations(units.iloc[:0], features=["exports"]).iloc[0]
    assert (empty["n"], empty["reason"]) == (0, "0 used it and 0 did not; a comparison needs 20 of each")


def test_wrong_arguments_are_named():
    units = pd.DataFrame({"exports": [True, None], "converted": [True, False]})
    with pytest.raises(ValueError, match="units: exports is missing in 1 rows"):
        cohorts.conversion_associations(units, features=["exports"])
    with pytest.raises(ValueError, match="units: no column segment"):
        cohorts.conversion_associations(units, features=["exports"], strata=["segment"])
    with pytest.raises(ValueError, match="features: names no column"):
        cohorts.conversion_associations(units, features=[])
    with pytest.raises(ValueError, match="min_unit: Extra inputs"):
        cohorts.conversion_associations(units, features=["exports"], min_unit=3)
