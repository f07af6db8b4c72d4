"""Intervals and verdicts on planted truth: coverage, error rates, and the rule by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.cohorts.statistics import share_ratios, wilson
from plg_orchestration.kpis.claims.estimates import Estimate, share, share_ratio, student
from plg_orchestration.kpis.claims.verdicts import judge

ROUNDS = 500
NOMINAL = (0.93, 0.98)


def ones(n: int) -> np.ndarray:
    return np.ones(n)


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_without_clusters_a_share_has_about_wilsons_interval() -> None:
    hits = np.array([1.0] * 30 + [0.0] * 70)
    found = share(hits, ones(100), ones(100))
    low, high = wilson(np.array([30.0]), np.array([100.0]))
    assert (found.value, found.clusters) == (0.3, 100)
    assert (found.low, found.high) == (pytest.approx(low[0], abs=0.004), pytest.approx(high[0], abs=0.004))


def test_without_clusters_a_ratio_has_about_the_log_interval_of_katz() -> None:
    n, hits = np.array([1.0] * 400 + [0.0] * 600), np.zeros(1000)
    hits[:80] = 1
    other_hits = np.zeros(1000)
    other_hits[400:460] = 1
    found = share_ratio(hits, n, other_hits, 1 - n, ones(1000))
    katz = share_ratios(*(np.array([float(value)]) for value in (80, 400, 60, 600)))
    assert found.value == pytest.approx(2)
    assert (found.low, found.high) == (pytest.approx(katz.low[0], rel=0.02), pytest.approx(katz.high[0], rel=0.02))


def test_ten_users_of_one_account_who_do_the_same_count_as_one() -> None:
    hits, n = np.array([10.0] * 30 + [0.0] * 70), np.full(100, 10.0)
    together, single = share(hits, n, ones(100)), share(hits / 10, ones(100), ones(100))
    assert (together.low, together.high) == (pytest.approx(single.low), pytest.approx(single.high))


def test_accounts_that_are_alike_may_stand_in_one_row() -> None:
    many = share_ratio(*(np.repeat(values, 40) for values in ([1.0, 0, 0], [1.0, 1, 0], [0.0, 0, 1], [0.0, 0, 2])), ones(120))
    few = share_ratio(*map(np.array, ([1.0, 0, 0], [1.0, 1, 0], [0.0, 0, 1], [0.0, 0, 2])), np.full(3, 40.0))
    assert few == many


def test_what_cannot_be_formed_is_nan_and_not_zero() -> None:
    nobody = np.array([])
    assert math.isnan(share(nobody, nobody, nobody).value)
    empty_side = share_ratio(np.array([1.0, 0]), ones(2), np.zeros(2), np.zeros(2), ones(2))
    assert math.isnan(empty_side.value) and math.isnan(empty_side.low)
    no_hit = share_ratio(np.zeros(4), np.array([1.0, 1, 0, 0]), np.array([0, 0, 1.0, 0]), np.array([0, 0, 1.0, 1]), ones(4))
    assert no_hit.value == 0 and math.isnan(no_hit.low)


@pytest.mark.parametrize(("degrees", "tabulated"), [(2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (1000, 1.962)])
def test_the_quantile_of_students_t_is_close_to_the_tables(degrees: int, tabulated: float) -> None:
    assert student(degrees) == pytest.approx(tabulated, rel=0.04 if degrees == 2 else 0.01)


# -- coverage ---------------------------------------------------------------------------------------------------------


def covered(estimates: list[tuple[Estimate, float]]) -> float:
    return float(np.mean([found.low <= truth <= found.high for found, truth in estimates]))


@pytest.mark.parametrize(("n", "rate", "other"), [(1000, 0.10, 0.05), (4000, 0.05, 0.01), (400, 0.7, 0.5)])
def test_the_interval_of_a_ratio_covers_the_truth(n: int, rate: float, other: float) -> None:
    draw = np.random.default_rng(7)

    def once() -> tuple[Estimate, float]:
        there = (draw.random(n) < 0.4).astype(float)
        hits, other_hits = (draw.random(n) < rate) * there, (draw.random(n) < other) * (1 - there)
        return share_ratio(hits, there, other_hits, 1 - there, ones(n)), rate / other

    assert NOMINAL[0] <= covered([once() for _ in range(ROUNDS)]) <= NOMINAL[1]


def converting_accounts(draw: np.random.Generator, accounts: int, base: float, lift: float) -> tuple[Estimate, float]:
    """Accounts of 1 and more users that convert as a whole; eager ones convert more often and have more early users."""
    size, eager = draw.poisson(2, accounts) + 1, draw.random(accounts) < 0.4
    early = draw.binomial(size, np.where(eager, 0.8, 0.2))
    paid = draw.random(accounts) < np.where(eager, base * lift, base)
    high, low = 0.32 * base * lift + 0.12 * base, 0.08 * base * lift + 0.48 * base
    truth = (high / 0.44) / (low / 0.56)
    found = share_ratio(early * paid * 1.0, early * 1.0, (size - early) * paid * 1.0, (size - early) * 1.0, ones(accounts))
    return found, truth


@pytest.mark.parametrize("accounts", [300, 1500])
def test_the_interval_covers_where_users_convert_by_account(accounts: int) -> None:
    draw = np.random.default_rng(11)
    assert NOMINAL[0] <= covered([converting_accounts(draw, accounts, 0.04, 5) for _ in range(ROUNDS)]) <= NOMINAL[1]


@pytest.mark.parametrize(("accounts", "rate"), [(60, 0.3), (500, 0.05)])
def test_the_interval_of_a_share_covers_where_users_of_an_account_are_alike(accounts: int, rate: float) -> None:
    draw = np.random.default_rng(13)

    def once() -> tuple[Estimate, float]:
        size = draw.poisson(2, accounts) + 1
        hits = draw.binomial(size, draw.beta(3 * rate, 3 * (1 - rate), accounts))
        return share(hits * 1.0, size * 1.0, ones(accounts)), rate

    assert NOMINAL[0] <= covered([once() for _ in range(ROUNDS)]) <= NOMINAL[1]


@pytest.mark.parametrize(("accounts", "rate"), [(100, 0.6), (400, 0.1)])
def test_the_interval_of_a_share_of_revenue_covers_though_customers_differ_in_size(accounts: int, rate: float) -> None:
    draw = np.random.default_rng(17)

    def once() -> tuple[Estimate, float]:
        money = draw.lognormal(4, 1, accounts)
        return share(money * (draw.random(accounts) < rate), money, ones(accounts), amounts=True), rate

    assert NOMINAL[0] <= covered([once() for _ in range(ROUNDS)]) <= NOMINAL[1]


# -- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "rule", "verdict", "said"),
    [
        (5.0, 9.0, "at_least", "holds", "at or above the low end"),
        (3.2, 4.9, "at_least", "holds", "within what was published"),
        (6.0, 9.0, "at_least", "holds", "above what was published"),
        (1.5, 2.9, "at_least", "does_not_hold", "an effect, but a smaller one"),
        (0.2, 0.9, "at_least", "does_not_hold", "the other way"),
        (0.5, 2.0, "at_least", "does_not_hold", "below what was published"),
        (2.9, 3.1, "at_least", "too_little_data", "figures that do not"),
        (math.nan, math.nan, "at_least", "too_little_data", "no interval"),
        (3.2, 4.9, "within", "holds", "within"),
        (5.1, 9.0, "within", "does_not_hold", "above the published range"),
        (4.0, 6.0, "within", "too_little_data", "figures that do not"),
        (1.0, 2.9, "within", "does_not_hold", "below"),
    ],
)
def test_the_verdict_on_three_to_five_times(low: float, high: float, rule: str, verdict: str, said: str) -> None:
    found = judge(low, high, published_low=3, published_high=5, rule=rule, none=1)
    assert (found.verdict, said in found.reason) == (verdict, True), found.reason


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 20), st.floats(0, 20), st.floats(0.5, 10), st.floats(0, 5), st.sampled_from(["at_least", "within"]))
def test_a_wider_interval_never_turns_one_verdict_into_its_opposite(a: float, b: float, low: float, width: float, rule) -> None:
    inner = sorted((a, b))
    narrow = judge(*inner, published_low=low, published_high=low + width, rule=rule, none=1).verdict
    wide = judge(inner[0] / 2, inner[1] * 2, published_low=low, published_high=low + width, rule=rule, none=1).verdict
    assert {narrow, wide} != {"holds", "does_not_hold"}


@pytest.mark.parametrize(("lift", "wrong", "most"), [(5.0, "any", 0.07), (2.0, "holds", 0.001), (12.0, "does_not_hold", 0.001)])
def test_verdicts_err_as_rarely_as_they_promise(lift: float, wrong: str, most: float) -> None:
    """The published figure is the true ratio at a lift of 5: each verdict comes in some 3 % then, and hardly ever far away."""
    draw = np.random.default_rng(19)
    published = converting_accounts(draw, 10, 0.03, 5)[1]
    said: list[str] = []
    for _ in range(ROUNDS):
        found, _ = converting_accounts(draw, 1000, 0.03, lift)
        said.append(judge(found.low, found.high, published_low=published, published_high=None, rule="at_least", none=1).verdict)
    share_wrong = np.mean([verdict == wrong or (wrong == "any" and verdict != "too_little_data") for verdict in said])
    assert share_wrong <= most
    if wrong == "any":
        assert said.count("holds") / ROUNDS <= 0.04 and said.count("does_not_hold") / ROUNDS <= 0.04
