"""How surprising a figure is: tails by hand, and what the past's scatter makes of them."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration.kpis.alerts import statistics
from plg_orchestration.kpis.alerts.statistics import Dispersion, chance, dispersion, fit_counts

SURE = Dispersion(1.0, 1e9)


def p(z: float) -> float:
    return NormalDist().cdf(z)


def test_tails_are_exact() -> None:
    assert p(statistics.share_z(1, 4, 0.5, upper=False)) == pytest.approx(5 / 16)
    assert p(statistics.share_z(3, 4, 0.5, upper=True)) == pytest.approx(5 / 16)
    assert p(statistics.count_z(0, 2.0, upper=False)) == pytest.approx(math.exp(-2))
    assert p(statistics.count_z(1, 2.0, upper=True)) == pytest.approx(1 - math.exp(-2))
    assert p(statistics.two_shares_z(0, 5, 5, 5, upper=False)) == pytest.approx(1 / 252)
    assert p(statistics.two_shares_z(5, 5, 0, 5, upper=True)) == pytest.approx(1 / 252)


@given(st.integers(0, 40), st.integers(1, 40), st.floats(0.01, 0.99))
def test_a_value_and_all_below_and_all_above_add_up(hits: int, more: int, rate: float) -> None:
    total = hits + more
    below, above = (statistics.share_z(hits, total, rate, upper=upper) for upper in (False, True))
    assert p(below) + p(above) >= 1 - 1e-9


def test_a_past_that_scatters_four_times_as_much_halves_the_z_score() -> None:
    wide = Dispersion(4.0, 1e9)
    assert chance(-4.0, wide) == pytest.approx(p(-2.0), rel=1e-6)
    assert chance(-4.0, SURE, cost=3.0) == pytest.approx(p(-2.0), rel=1e-6)


def test_the_spread_is_never_below_independent_draws_and_one_incident_does_not_widen_it() -> None:
    prior = Dispersion(1.0, 4.0)
    calm = np.zeros(8)
    assert dispersion(calm, parameters=1, prior=prior).factor == 1
    usual = np.array([-1.2, 0.9, -0.4, 1.1, -0.8, 0.3, -0.2])
    with_incident = np.append(usual, -9.0)
    assert dispersion(with_incident, parameters=1, prior=prior).factor < 1.7
    assert dispersion(3 * usual, parameters=1, prior=prior).factor > 3


def test_winsorized_normal_draws_keep_their_variance_on_average() -> None:
    rng = np.random.default_rng(5)
    for number in (7, 20, 60):
        found = [float((statistics.winsorized(rng.standard_normal(number)) ** 2).sum()) / number for _ in range(3000)]
        assert np.mean(found) / statistics.kept_by_winsorizing(number) == pytest.approx(1, abs=0.12)


def test_a_day_is_expected_to_be_as_its_weekday_along_the_trend() -> None:
    days = np.arange(28.0)
    weekday = np.where(np.mod(days, 7) >= 5, 40.0, 100.0)
    counts = weekday * 1.02 ** (days / 7)
    monday, saturday = (fit_counts(days, counts, season=7).at(day).expected for day in (28.0, 33.0))
    assert monday == pytest.approx(100 * 1.02**4, rel=0.01)
    assert saturday == pytest.approx(40 * 1.02 ** (33 / 7), rel=0.02)


def test_an_outage_in_the_past_hardly_moves_what_is_expected() -> None:
    days = np.arange(35.0)
    counts = np.where(np.mod(days, 7) >= 5, 40.0, 100.0)
    before = fit_counts(days, counts, season=7).at(35.0).expected
    counts[21] = 3
    assert fit_counts(days, counts, season=7).at(35.0).expected == pytest.approx(before, rel=0.01)


def test_a_steady_rate_leaves_out_the_most_unusual_period() -> None:
    hits, totals = np.array([40.0, 42, 38, 41, 39, 2]), np.full(6, 100.0)
    assert statistics.steady_rate(hits, totals) == pytest.approx(0.40)
