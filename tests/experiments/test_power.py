"""Sample sizes are the textbook's and statsmodels'; clusters cost their design effect; what cannot be computed is named."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower, TTestIndPower, zt_ind_solve_power
from statsmodels.stats.proportion import proportion_effectsize, samplesize_proportions_2indep_onetail

from plg_orchestration import experiments
from plg_orchestration.experiments.power import Formula, detectable_effect, required_sample_size

CONVERSION: dict[str, Any] = {"baseline": 0.03, "mde": 0.20, "mde_kind": "relative"}


@pytest.mark.parametrize(("formula", "units"), [("unpooled", 13_911), ("pooled", 13_914), ("arcsine", 13_887)])
def test_three_percent_to_three_point_six_needs_so_many_by_each_formula(formula: Formula, units: int) -> None:
    size = experiments.required_sample_size(**CONVERSION, formula=formula)
    assert (size.control, size.treatment, size.total) == (units, units, 2 * units)
    assert size.effect == pytest.approx(0.006)


def test_rounded_quantiles_retrace_a_published_figure() -> None:
    assert round(required_sample_size(**CONVERSION, quantiles=(1.96, 0.84)).exact) == 13_895


def test_thirteen_to_fifteen_percent_needs_about_4720() -> None:
    sizes = [required_sample_size(baseline=0.13, mde=0.02, formula=f).control for f in ("unpooled", "pooled", "arcsine")]
    assert sizes == [4722, 4724, 4720]


def test_statsmodels_agrees_on_pooled_arcsine_and_t() -> None:
    h = proportion_effectsize(0.036, 0.03)
    for ratio in (0.5, 1.0, 3.0):
        pooled = samplesize_proportions_2indep_onetail(-0.006, 0.036, 0.8, ratio=ratio)
        assert required_sample_size(**CONVERSION, formula="pooled", ratio=ratio).exact == pytest.approx(pooled, abs=1e-6)
        arcsine = NormalIndPower().solve_power(h, alpha=0.05, power=0.8, ratio=ratio)
        assert required_sample_size(**CONVERSION, formula="arcsine", ratio=ratio).exact == pytest.approx(arcsine, rel=1e-9)
        mean = {"baseline": 20.0, "mde": 6.0, "kind": "mean", "standard_deviation": 40.0, "ratio": ratio}
        t = TTestIndPower().solve_power(6 / 40, alpha=0.05, power=0.8, ratio=ratio)
        z = zt_ind_solve_power(6 / 40, alpha=0.05, power=0.8, ratio=ratio)
        assert required_sample_size(**mean, formula="t").exact == pytest.approx(t, rel=1e-9)  # type: ignore[arg-type]
        assert required_sample_size(**mean).exact == pytest.approx(z, rel=1e-3)  # type: ignore[arg-type]


def test_planned_units_find_the_effect_eight_times_of_ten() -> None:
    size = required_sample_size(baseline=0.30, mde=0.05)
    rng = np.random.default_rng(11)
    control, treatment = (rng.binomial(size.control, rate, 20_000) / size.control for rate in (0.30, 0.35))
    error = np.sqrt((control * (1 - control) + treatment * (1 - treatment)) / size.control)
    assert np.mean(np.abs(treatment - control) > 1.959964 * error) == pytest.approx(0.80, abs=0.01)


def test_accounts_that_are_assigned_whole_cost_their_design_effect() -> None:
    size = required_sample_size(
        baseline=0.30, mde=0.05, cluster_size=10, cluster_variation=0.5, intraclass_correlation=0.02
    )  # fmt: skip
    assert size.design_effect == pytest.approx(1 + (1.25 * 10 - 1) * 0.02)
    assert size.control == math.ceil(size.exact * 1.23)
    assert size.clusters_control == math.ceil(size.exact * 1.23 / 10)
    assert required_sample_size(baseline=0.30, mde=0.05).clusters_control is None


def test_more_of_one_arm_spares_the_other() -> None:
    even, double = (required_sample_size(baseline=0.30, mde=0.05, ratio=ratio) for ratio in (1.0, 2.0))
    assert double.control < even.control and double.total > even.total
    assert double.treatment == math.ceil(2 * double.exact)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 0.9), st.floats(0.005, 0.09))
def test_what_is_needed_for_an_effect_is_what_finds_it(baseline: float, effect: float) -> None:
    exact = required_sample_size(baseline=baseline, mde=effect).exact
    assert detectable_effect(units=exact, baseline=baseline) == pytest.approx(effect, rel=1e-6)


def test_a_few_units_find_nothing_and_a_mean_finds_by_its_spread() -> None:
    assert detectable_effect(units=2, baseline=0.5) is None
    found = detectable_effect(units=800, baseline=20, kind="mean", standard_deviation=40, sign=-1)
    assert found is not None
    assert required_sample_size(baseline=20, mde=found, kind="mean", standard_deviation=40).control == 800


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"baseline": 3.0}, "baseline: 3 is not a rate between 0 and 1; write 3 % as 0.03"),
        ({"mde": 0.0}, "mde: 0 of a baseline of 0.03 is no difference"),
        ({"mde": 40.0}, "mde: the treatment's rate would be 1.23"),
        ({"mde": math.nan}, "mde: nan of a baseline of 0.03"),
        ({"kind": "mean"}, "standard_deviation: None is not a positive number"),
        ({"alpha": 5.0}, "alpha: 5 does not lie between 0 and 1"),
        ({"power": 0.01}, "power: 0.01 is not above alpha"),
        ({"ratio": 0.0}, "ratio: 0 is not a positive number"),
        ({"formula": "t"}, "formula: 't' is not for a rate; give one of unpooled, pooled, arcsine"),
        ({"formula": "arcsine", "quantiles": (1.96, 0.84)}, "quantiles: the formula 'arcsine' takes none"),
        ({"cluster_size": 0.5}, "cluster_size: 0.5 is under 1"),
        ({"cluster_variation": -1.0}, "cluster_variation: -1 is negative"),
        ({"intraclass_correlation": 1.5}, "intraclass_correlation: 1.5 does not lie between 0 and 1"),
        ({"intraclass_correlation": 0.1}, "intraclass_correlation: it says nothing without cluster_size"),
    ],
)
def test_what_cannot_be_computed_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        required_sample_size(**{**CONVERSION, **changes})
