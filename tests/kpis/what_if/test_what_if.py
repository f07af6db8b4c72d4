"""The what-if by hand on a tiny world, its properties, the coverage of its interval, and the published table."""

import datetime as dt
import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.errors import Unavailable
from plg_orchestration.kpis.claims.policy import ClaimPolicy
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.what_if.calls import SUMS, effect_row, inputs_of, project_arr, resampled
from plg_orchestration.kpis.what_if.model import LEVERS, Inputs, arr_after, arr_effect
from plg_orchestration.kpis.what_if.policy import PublishedEffect, WhatIfPolicy
from plg_orchestration.kpis.what_if.published import what_if
from plg_orchestration.kpis.what_if.queries import what_if_accounts

LAST = "2025-06-30"
DAY = AsOf(dt.date(2025, 6, 30))
SQL_FILES = ("what_if_accounts", "what_if_now")


def number(value: float) -> np.ndarray:
    return np.array([float(value)])


TINY = Inputs(
    users=number(100), activation=number(0.4), converts_activated=number(0.2), converts_others=number(0.05), price=number(10),
    kept=number(0.9), referred=number(0.5), mrr=number(1000),
)  # fmt: skip
"""100 new users a month, of whom 40 × 0.2 + 60 × 0.05 = 11 convert and bring 110 MRR; 0.9 of all MRR is kept."""


def effect(lever: str, change: float, *, months: int = 2, inputs: Inputs = TINY) -> float:
    return float(arr_effect(inputs, lever=lever, change=change, months=months)[0])


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_arr_without_a_change_by_hand() -> None:
    assert arr_after(TINY, months=2)[0] == pytest.approx(12 * (1000 * 0.81 + 110 * 0.9 + 110))


def test_a_tenth_more_activation_moves_four_users_a_month_by_hand() -> None:
    moved = 100 * 0.04 * (0.2 - 0.05) * 10
    assert effect("activation", 10) == pytest.approx(12 * (moved * 0.9 + moved))


def test_a_tenth_more_conversion_is_a_tenth_more_new_mrr_by_hand() -> None:
    assert effect("conversion", 10) == pytest.approx(12 * (11 * 0.9 + 11))


def test_a_tenth_more_k_brings_five_users_then_seven_and_three_quarters_by_hand() -> None:
    """50 come alone; with k 0.55 the first month has 50 + 55 users, the second 50 + 0.55 × 105 = 107.75."""
    each = 0.11 * 10
    assert effect("viral_coefficient", 10) == pytest.approx(12 * (5 * each * 0.9 + 7.75 * each))


def test_a_share_stops_at_one() -> None:
    assert effect("activation", 1000) == pytest.approx(effect("activation", 150))


def test_who_activates_without_converting_more_often_brings_nothing() -> None:
    same = Inputs(**{**vars(TINY), "converts_others": TINY.converts_activated})
    assert effect("activation", 10, inputs=same) == pytest.approx(0)


# -- properties -------------------------------------------------------------------------------------------------------

shares = st.floats(0.01, 0.99)
worlds = st.builds(
    lambda users, activation, low, more, price, kept, referred, mrr: Inputs(
        users=number(users), activation=number(activation), converts_activated=number(low + (1 - low) * more),
        converts_others=number(low), price=number(price), kept=number(kept), referred=number(referred), mrr=number(mrr),
    ),
    st.floats(1, 1e5), shares, shares, shares, st.floats(0.1, 1e3), shares, shares, st.floats(0, 1e7),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(worlds, st.sampled_from(LEVERS), st.floats(0, 100), st.floats(0, 100), st.integers(1, 24))
def test_no_lift_brings_nothing_and_a_larger_lift_no_less(inputs: Inputs, lever: str, a: float, b: float, months: int) -> None:
    low, high = sorted((a, b))
    size = abs(float(arr_after(inputs, months=months)[0]))
    assert effect(lever, 0, inputs=inputs, months=months) == pytest.approx(0, abs=1e-9 * size)
    assert effect(lever, low, inputs=inputs, months=months) <= effect(lever, high, inputs=inputs, months=months) + 1e-9 * size


@settings(max_examples=30, deadline=None)
@given(worlds, st.sampled_from(LEVERS), st.floats(0, 9))
def test_the_effect_grows_with_the_price(inputs: Inputs, lever: str, more: float) -> None:
    dearer = Inputs(**{**vars(inputs), "price": inputs.price * (1 + more)})
    assert effect(lever, 10, inputs=dearer) == pytest.approx(effect(lever, 10, inputs=inputs) * (1 + more), rel=1e-6, abs=1e-3)


@pytest.mark.parametrize(("lever", "change", "said"), [("prices", 10, "lever: 'prices'"), ("activation", -1, "change: -1")])
def test_a_wrong_lever_or_change_is_named(lever: str, change: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        effect(lever, change)


# -- the call ---------------------------------------------------------------------------------------------------------


def accounts(draw: np.random.Generator, size: float) -> pd.DataFrame:
    """Accounts that arrive by chance with 1 and more users; a third are eager: they activate and convert more often."""
    count = draw.poisson(size)
    users, eager = draw.poisson(1, count) + 1, draw.random(count) < 1 / 3
    activated = draw.binomial(users, np.where(eager, 0.7, 0.25))
    paid, seat = draw.random(count) < np.where(eager, 0.3, 0.08), draw.choice([8.0, 12.0, 25.0], count, p=[0.5, 0.3, 0.2])
    opening = np.where(draw.random(count) < 0.15, draw.lognormal(4, 0.6, count), 0.0)
    return pd.DataFrame({
        "users": users, "activated": activated, "converted_activated": activated * paid,
        "converted_others": (users - activated) * paid, "referred": draw.binomial(users, 0.35), "new_mrr": users * paid * seat,
        "opening": opening, "kept": opening * np.where(draw.random(count) < 0.2, 0.0, 1.0),
    })  # fmt: skip


def expected(size: float) -> np.ndarray:
    """What the sums come to on average: a third eager, 2 users an account."""
    sums = np.zeros(len(SUMS))
    for share, activation, paid in ((1 / 3, 0.7, 0.3), (2 / 3, 0.25, 0.08)):
        users, price = 2 * share * size, 0.5 * 8 + 0.3 * 12 + 0.2 * 25
        opening = 0.15 * share * size * math.exp(4 + 0.18)
        sums += np.array([
            users, users * activation, users * activation * paid, users * (1 - activation) * paid, users * 0.35,
            users * paid * price, opening, opening * 0.8,
        ])  # fmt: skip
    return sums


CALL = {"mrr": 20_000.0, "cohort_days": 120, "churn_days": 90}


def coverage(size: float, *, worlds: int, rounds: int) -> dict[str, float]:
    """How often the interval of each lever's effect in percent holds the true one."""
    truth, hits = inputs_of(expected(size), **CALL), dict.fromkeys(LEVERS, 0)
    base = arr_after(truth, months=12)
    true = {lever: float((100 * arr_effect(truth, lever=lever, change=10, months=12) / base)[0]) for lever in LEVERS}
    draw = np.random.default_rng(3)
    for seed in range(worlds):
        alike = accounts(draw, size).value_counts(sort=False).rename("accounts").reset_index()
        sample = resampled(pa.Table.from_pandas(alike, preserve_index=False), rounds=rounds, seed=seed)
        for lever in LEVERS:
            row = effect_row(sample, lever=lever, change=10, months=12, min_events=10, **CALL)
            hits[lever] += row["percent_low"] <= true[lever] <= row["percent_high"]
    return {lever: count / worlds for lever, count in hits.items()}


def test_the_interval_covers_the_true_effect() -> None:
    """Of 600 such worlds with 500 resamples 93.7 to 95.2 %; here of as many as there is time for."""
    found = coverage(400, worlds=60, rounds=120)
    assert all(0.89 <= share <= 0.99 for share in found.values()), found


def test_the_call_is_seeded_and_tells_its_assumptions() -> None:
    rows = accounts(np.random.default_rng(5), 800)
    once, again = (project_arr(rows, lever="conversion", seed=4, **CALL) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    row, told = once.iloc[0], json.loads(str(once["assumptions"].iloc[0]))
    assert row["ci_low"] < row["arr_effect"] < row["ci_high"]
    assert {figure["name"] for figure in told["figures"]} == set(vars(TINY)) and told["months"] == 12 and len(told["held"]) == 4
    figures = {figure["name"]: number(figure["value"]) for figure in told["figures"]}
    by_hand = arr_effect(Inputs(**figures), lever="conversion", change=10, months=12)[0]
    assert row["arr_effect"] == pytest.approx(by_hand, rel=1e-6), "the published assumptions recompute the effect"


def test_accounts_that_are_alike_may_stand_in_one_row() -> None:
    one = pd.DataFrame([dict.fromkeys(SUMS, 4) | {"activated": 2, "converted_activated": 1, "converted_others": 1}])
    repeated = project_arr(pd.concat([one] * 50), **CALL).iloc[0]
    counted = project_arr(one.assign(accounts=50), **CALL).iloc[0]
    assert counted["arr_effect"] == pytest.approx(repeated["arr_effect"])


def test_too_few_outcomes_and_unknown_inputs_are_said() -> None:
    few = pd.DataFrame([dict.fromkeys(SUMS, 2) | {"activated": 1, "converted_activated": 1, "converted_others": 1}])
    assert project_arr(few, **CALL)["reason"].iloc[0] == "1 activated users converted and 1 others; a comparison needs 10 of each"
    for name, value, said in (("opening", 0, "no account paid"), ("users", 0, "no user's window"), ("activated", 2, "cannot be")):
        row = project_arr(few.assign(**{name: value}), **CALL).iloc[0]
        assert said in row["reason"] and math.isnan(row["arr_effect"]) and math.isnan(row["ci_low"])


@pytest.mark.parametrize(("wrong", "said"), [({"mrr": -1}, "mrr: -1"), ({"cohort_days": 0}, "cohort_days: 0")])
def test_a_wrong_argument_of_the_call_is_named(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        project_arr(accounts(np.random.default_rng(1), 50), **{**CALL, **wrong})
    with pytest.raises(ValueError, match="accounts: no column"):
        project_arr(pd.DataFrame({"users": [1]}), **CALL)


# -- the published table ----------------------------------------------------------------------------------------------

POLICY = WhatIfPolicy(
    levers={"activation": 10, "conversion": 5}, rounds=100,
    published={lever: PublishedEffect(change=10, low=15, high=20, source="hand") for lever in ("activation", "conversion")},
)  # fmt: skip


def furnished(world) -> None:
    """Three accounts of a cohort, of which one with two users converts at 60, and one that pays 100 and then 70."""
    for name, users in (("a", 2), ("b", 1), ("c", 1)):
        world.account(name, "2025-03-01")
        for place in range(users):
            world.user(f"{name}{place}", "2025-03-01 10:00", name, referred_by="x" if place else None)
    world.activates("a0", "2025-03-02")
    world.activates("b0", "2025-03-02")
    world.pays("a", 60, "2025-03-20 12:00")
    world.account("old", "2025-01-01")
    world.pays("old", 100, "2025-01-02", "2025-05-01")
    world.pays("old", 70, "2025-05-01")


def test_the_counts_by_account_by_hand(world) -> None:
    furnished(world)
    rows = world.warehouse.frame(what_if_accounts(as_of=DAY, policy=POLICY, windows_of=ClaimPolicy()))
    found = sorted(tuple(row) for row in rows[[*SUMS, "accounts"]].itertuples(index=False))
    assert found == [
        (0, 0, 0, 0, 0, 0, 100, 70, 1), (1, 0, 0, 0, 0, 0, 0, 0, 1), (1, 1, 0, 0, 0, 0, 0, 0, 1), (2, 1, 1, 1, 1, 60, 60, 60, 1),
    ]  # fmt: skip


def project(world, **changed: object) -> pd.DataFrame:
    policy = POLICY.model_copy(update=changed)
    return what_if(world.warehouse, as_of=DAY, policy=policy, windows_of=ClaimPolicy(), currency="USD").set_index("lever")


def test_the_published_table_is_the_model_on_these_counts(world) -> None:
    furnished(world)
    rows = project(world)
    sums = np.array([4, 2, 1, 1, 1, 60, 160, 130], dtype=float)
    inputs = inputs_of(sums, mrr=130.0, cohort_days=120, churn_days=90)
    assert (inputs.users[0], inputs.price[0], inputs.kept[0]) == (1, 30, pytest.approx((130 / 160) ** (1 / 3)))
    for lever, change in POLICY.levers.items():
        wanted = arr_effect(inputs, lever=lever, change=change, months=12)[0]
        assert rows.loc[lever, "arr_effect"] == pytest.approx(wanted)
    assert rows.loc["activation", ["published_low", "published_high", "currency"]].tolist() == [15, 20, "USD"]
    assert math.isnan(rows.loc["conversion", "published_low"]), "published was an effect of 10 %, not of 5 %"


def test_what_becomes_known_later_does_not_count(world) -> None:
    furnished(world)
    before = project(world)
    world.activates("c0", "2025-03-02", received="2025-07-01")
    world.user("late", "2025-03-01", "c", known="2025-07-01")
    pd.testing.assert_frame_equal(before, project(world))


def test_an_empty_workspace_has_its_rows_with_the_reason(world) -> None:
    rows = project(world)
    assert rows["arr_effect"].isna().all() and set(rows["reason"]) == {"no user's window is over"}


def test_several_currencies_without_a_rate_make_it_unavailable(world) -> None:
    furnished(world)
    world.pays("b", 10, "2025-05-01", currency="EUR")
    with pytest.raises(Unavailable, match="several currencies"):
        project(world)


def test_the_packaged_levers_are_ten_percent_each_beside_the_published_effect() -> None:
    policy = load_default("kpis", KpiPolicy).what_if
    assert dict(policy.levers) == dict.fromkeys(LEVERS, 10)
    assert (policy.published["activation"].low, policy.published["activation"].high) == (15, 20)
    with pytest.raises(ValidationError, match=r"low 3\.0 is above high 2\.0"):
        PublishedEffect(change=10, low=3, high=2, source="hand")
