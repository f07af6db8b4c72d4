"""What the audit promises of chance: intervals cover, the gate gives few false alarms at the limit, and finds what is planted."""

import numpy as np
import pytest

from tests.pql.bias_draws import POLICY, Side, audit_of, intervals

DESIGNS = {
    "equal groups": (Side(600, 0.3), Side(600, 0.3)),
    "unequal groups": (Side(100, 0.15), Side(900, 0.15)),
    "rows alike within accounts": (Side(60, 0.13, 6, 0.2), Side(300, 0.13, 6, 0.2)),
    "a dozen accounts": (Side(12, 0.3, 6, 0.3), Side(200, 0.3, 6, 0.3)),
    "ten accounts on either side": (Side(10, 0.5, 6, 0.2), Side(10, 0.5, 6, 0.2)),
    "large accounts": (Side(20, 0.13, 15, 0.2), Side(200, 0.13, 15, 0.2)),
    "rates that differ": (Side(150, 0.05, 6, 0.1), Side(600, 0.3, 6, 0.1)),
    "hardly any event": (Side(50, 0.02), Side(300, 0.1)),
}
FULL = {"three thousand each": (Side(3000, 0.3), Side(3000, 0.3)), "a twentieth": (Side(500, 0.1), Side(9500, 0.1)),
        "many accounts": (Side(1000, 0.126, 4, 0.2), Side(3000, 0.126, 4, 0.2))}  # fmt: skip


def coverage(group, rest, rounds=1000):
    """Shares of 1,000 samples whose intervals of difference and ratio hold the truth."""
    made = intervals(group, rest, samples=1000, seed=11, rounds=rounds)
    difference, ratio = group.rate - rest.rate, group.rate / rest.rate
    within = (made.low <= difference) & (difference <= made.high), (made.ratio_low <= ratio) & (ratio <= made.ratio_high)
    return [float(hit.mean()) for hit in within]


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_of_nominal_95_percent_cover_at_least_93(design):
    """With 250 draws each, which keeps the test quick; the full number is in the slower test below."""
    assert min(coverage(*DESIGNS[design], rounds=250)) >= 0.93


@pytest.mark.faults
@pytest.mark.parametrize("design", [*DESIGNS, *FULL])
def test_intervals_cover_with_all_draws_and_in_large_groups(design):
    assert min(coverage(*{**DESIGNS, **FULL}[design])) >= 0.93


AT_THE_LIMIT = {
    "two groups": {"amer": Side(1500, 0.4), "emea": Side(1500, 0.5)},
    "accounts of many rows": {"amer": Side(300, 0.4, 5, 0.2), "emea": Side(600, 0.5, 5, 0.2)},
    "three groups": {"amer": Side(500, 0.4, 3, 0.1), "apac": Side(900, 0.5, 3, 0.1), "emea": Side(900, 0.5, 3, 0.1)},
}
PLANTED = {
    "single rows": {"amer": Side(3000, 0.25), "apac": Side(3000, 0.5), "emea": Side(3000, 0.5)},
    "accounts of four rows": {name: Side(750, rate, 4, 0.1) for name, rate in (("amer", 0.25), ("apac", 0.5), ("emea", 0.5))},
}


def alarms(sides, samples, rounds):
    """In which share of samples a declared contrast fails."""
    generator = np.random.default_rng(5)
    policy = POLICY.model_copy(update={"bootstrap_rounds": rounds, "buckets": 300})
    found = (audit_of(sides, generator, policy) for _ in range(samples))
    return np.mean([((one["correction"] == "holm") & (one["verdict"] == "fail")).any() for one in found])


def test_disparity_exactly_at_the_limit_seldom_fails_and_a_planted_gap_nearly_always_does():
    """Difference 0.10 and ratio 0.80 at once, in selection and in true positives; then 0.15 over the limit."""
    assert alarms(AT_THE_LIMIT["accounts of many rows"], 60, 200) <= 0.05
    assert alarms(PLANTED["accounts of four rows"], 8, 200) == 1.0


@pytest.mark.faults
@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_false_alarms_at_the_limit_are_at_most_5_percent_of_1000_audits(name):
    assert alarms(AT_THE_LIMIT[name], 1000, 1000) <= 0.05


@pytest.mark.faults
@pytest.mark.parametrize("name", PLANTED)
def test_a_gap_of_15_points_over_the_limit_is_found_with_power_of_90_percent(name):
    assert alarms(PLANTED[name], 200, 1000) >= 0.90
