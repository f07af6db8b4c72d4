"""The published cohort segments: who belongs to which, what became of them, and how sure that is, by hand."""

import csv
import datetime as dt
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from plg_orchestration.charts.growth import wilson
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.segmentation import queries
from plg_orchestration.cohorts.segmentation.tables import COHORT_SEGMENTS
from tests.cohorts.segment_world import DAY, JUNE_30, POLICY, product_with

PUBLISHED = Path(__file__).parent / "reference" / "cohort_benchmarks.csv"
ENTRIES, OUTCOMES = "cohort_entries", "cohort_outcomes"


@pytest.fixture(scope="module")
def shared():
    with product_with("core_feature", "activation") as made:
        yield made


@pytest.fixture
def product(shared):
    return shared.emptied()


def query_of(as_of=JUNE_30, timezone="UTC"):
    return queries.cohort_segments(as_of=AsOf(as_of, timezone), policy=POLICY)


def behind(name, query=None):
    """The query named so among those that the query requires."""
    found = query or query_of()
    for _ in range(3):
        named = {required.name: required for required in found.requires}
        if name in named:
            return named[name]
        found = next(named[other] for other in ("cohort_measures", OUTCOMES) if other in named)
    raise AssertionError(name)


def members(product, *, unit="user", **when):
    """Whom each cohort segment holds."""
    product.write()
    found = {}
    for row in product.world.records(behind(ENTRIES, query_of(**when))):
        if row["unit"] == unit:
            found.setdefault(row["cohort_segment"], []).append(row["unit_id"])
    return {name: sorted(ids) for name, ids in found.items()}


def figures(product, **when):
    """Every row by cohort segment, unit and measure."""
    product.write()
    rows = product.world.records(query_of(**when))
    return {(row["cohort_segment"], row["unit"], row["measure"]): row for row in rows}


def measured(product, measure, **when):
    return figures(product, **when)["overall", "user", measure]


def test_the_packaged_figures_are_the_published_ones():
    names = {"overall_median": "overall"}
    with PUBLISHED.open() as file:
        for row in csv.DictReader(file):
            figures = POLICY.cohorts.benchmarks[names.get(row["cohort_segment"], row["cohort_segment"])]
            published = {
                "activation_24h_pct": row["activation_24h_pct"], "free_to_paid_pct": row["free_to_paid_pct"],
                "avg_days_to_first_key_action": row["avg_days_to_first_key_action"],
                "arpu_delta_per_month": row["arpu_delta_usd_per_month"],
            }  # fmt: skip
            assert dict(figures) == {name: float(value) for name, value in published.items()}
    assert len(POLICY.config_tables()["cohort_segment_benchmarks"]) == 28


def test_engagement_splits_the_signups_whose_first_week_is_over_at_their_median(product):
    for user, core in (("ann", 1), ("bob", 2), ("cem", 3), ("dan", 0)):
        product.world.user(user, "2025-06-01 23:45")
        product.does(user, None, "2025-06-07", core=core)
    product.does("ann", None, "2025-06-08", core=50)  # the eighth calendar day
    product.world.user("eve", "2025-06-24 00:01")  # her seventh day is the 30th
    product.world.user("fay", "2025-06-25 00:01")
    found = members(product)
    # Core events 0, 0, 1, 2, 3: the median is 1.
    assert found["new_signup_high_engagement"] == ["bob", "cem"]
    assert found["new_signup_low_engagement"] == ["ann", "dan", "eve"]
    assert found["overall"] == ["ann", "bob", "cem", "dan", "eve", "fay"]


def test_reactivated_is_active_again_after_30_quiet_days_without_paying(product):
    world = product.world
    for user in ("ann", "bob", "cem", "dan", "eve"):
        world.user(user, "2024-06-01 09:00" if user == "eve" else "2025-03-25 09:00", account_id=f"{user}s")
    for user, first, again in (
        ("ann", "2025-04-01", "2025-05-02"), ("bob", "2025-04-01", "2025-05-01"), ("dan", "2025-04-01", "2025-05-02"),
    ):  # fmt: skip
        product.does(user, f"{user}s", first)
        product.does(user, f"{user}s", again, active_at="15:30")
    product.does("cem", "cems", "2025-06-10", qualifying=0)
    product.does("eve", "eves", "2025-06-10")  # quiet since the signup a year before
    world.account("dans")
    world.subscription("dans", "2025-04-20", 10)
    assert members(product)["reactivated_free"] == ["ann", "eve"]
    assert members(product, unit="account")["reactivated_free"] == ["anns", "eves"]
    rows = world.records(behind(ENTRIES))
    (entry,) = [row for row in rows if (row["cohort_segment"], row["unit_id"]) == ("reactivated_free", "ann")]
    assert (entry["entry_at"], entry["entry_date"]) == (dt.datetime(2025, 5, 2, 15, 30), dt.date(2025, 5, 2))


def test_referred_phones_and_enterprise_trials_may_be_the_same_person(product):
    world = product.world
    world.account("big", "2025-05-01 09:00", segment="enterprise", origin="source")
    world.account("small", "2025-05-01 09:00", segment="smb", origin="source")
    world.subscription("big", "2025-05-20", 0, trial=True)
    world.subscription("small", "2025-05-20", 0, trial=True)
    world.user("ann", "2025-05-01 09:00", account_id="big", device="Mobile", referred_by="zoe")
    world.user("bob", "2025-04-19 23:59", account_id="big", device="desktop", acquisition_channel="Referral")
    world.user("cem", "2025-05-01 09:00", account_id="small", device="ios", acquisition_channel="ads")
    world.user("dan", "2025-05-01 09:00", account_id="small")
    world.invite("cem", "2025-04-30 09:00", "dan", "2025-05-01 09:00")
    found = members(product)
    assert found["referral_driven"] == ["ann", "bob", "dan"]
    assert found["mobile_first"] == ["ann", "cem"]
    assert found["enterprise_trial_drop_in"] == ["ann"]  # bob's trial came after his 30 days
    of_accounts = members(product, unit="account")
    assert of_accounts["enterprise_trial_drop_in"] == ["big"]
    assert of_accounts["mobile_first"] == ["small"]  # an account has the device of its first member: bob's of big


def test_activation_counts_the_mature_part_and_its_interval_is_wilsons(product):
    for n in range(10):
        product.world.user(f"u{n}", "2025-06-01 12:00")
        late = "2025-06-02 12:00" if n == 3 else "2025-06-02 11:59"
        if n < 4:
            product.world.reached("user", f"u{n}", "activation", late)
    product.world.user("new", "2025-06-30 00:01")
    row = measured(product, "activation_24h_pct")
    assert (row["members"], row["mature"], row["n"], row["hits"], row["value"]) == (11, 10, 10, 3, 30)
    low, high = wilson(3, 10)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(100 * low, rel=1e-6), pytest.approx(100 * high, rel=1e-6))
    assert (row["benchmark"], row["difference"], row["verdict"]) == (58, -28, "within")


def test_users_of_one_account_are_no_independent_evidence(product):
    counted = [(10, 10), (10, 0), (1, 1), (1, 0), (2, 1)]
    for account, (users, activated) in enumerate(counted):
        for n in range(users):
            product.world.user(f"u{account}-{n}", "2025-06-01 12:00", account_id=f"a{account}")
            if n < activated:
                product.world.reached("user", f"u{account}-{n}", "activation", "2025-06-01 13:00")
    row = measured(product, "activation_24h_pct")
    n, hits = 24, 12
    between = sum((done - users * hits / n) ** 2 for users, done in counted) / n**2
    design = between / (hits / n * (1 - hits / n) / n)
    low, high = wilson(hits / design, n / design)
    assert design == pytest.approx(50.5 / 6)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(100 * low, rel=1e-6), pytest.approx(100 * high, rel=1e-6))


def test_the_mean_time_is_that_of_those_who_acted_with_students_interval(product):
    hours = [1, 5, 12, 30, 100, 400]
    for n, wait in enumerate(hours):
        product.world.user(f"u{n}", "2025-05-01 00:00")
        at = dt.datetime(2025, 5, 1) + dt.timedelta(hours=wait)
        product.world.reached("user", f"u{n}", "activation", at.isoformat())
    product.world.user("late", "2025-05-01 00:00")
    product.world.reached("user", "late", "activation", "2025-05-31 00:00")  # thirty days are over
    product.world.user("never", "2025-05-01 00:00")
    row = measured(product, "avg_days_to_first_key_action")
    days = np.array(hours) / 24
    half = stats.t.ppf(0.975, 5) * days.std(ddof=1) / math.sqrt(6)
    assert (row["mature"], row["n"], row["value"]) == (8, 6, pytest.approx(days.mean()))
    assert (row["ci_low"], row["ci_high"]) == (0, pytest.approx(days.mean() + half, rel=1e-3))
    assert (row["better"], row["verdict"]) == ("lower", "within")


def test_a_returning_user_who_had_activated_acts_again_with_the_first_core_event(product):
    for user, again in (("ann", 0), ("bob", 3), ("cem", None)):
        product.world.user(user, "2024-06-01 09:00")
        product.world.reached("user", user, "activation", "2024-06-02 09:00")
        product.does(user, None, "2025-05-10")
        if again is not None:
            product.does(user, None, dt.date(2025, 5, 10) + again * DAY, core=1)
    product.world.user("dan", "2025-01-20 09:00")
    product.does("dan", None, "2025-05-10", active_at="20:00")
    product.world.reached("user", "dan", "activation", "2025-05-11 08:00")
    found = figures(product)
    within = found["reactivated_free", "user", "activation_24h_pct"]
    assert (within["n"], within["hits"]) == (4, 2)
    days = found["reactivated_free", "user", "avg_days_to_first_key_action"]
    assert (days["n"], days["value"], days["ci_low"]) == (3, pytest.approx((0 + 3 + 0.5) / 3), None)
    assert days["reason"] == "fewer than 5 accounts make no interval"


def test_who_pays_at_the_entry_was_not_free_and_arpu_compares_converts_with_all(product):
    world = product.world
    for account, started, mrr, users in (
        ("acme", "2025-05-11", 90, 2), ("beta", "2025-05-30", 40, 1), ("corp", "2025-05-31", 70, 1), ("free", None, 0, 1),
        ("old", "2025-04-01", 60, 1),
    ):  # fmt: skip
        world.account(account, "2025-05-01 00:00", origin="source")
        for n in range(users):
            world.user(f"{account}{n}", "2025-05-01 00:00", account_id=account)
        if started:
            world.subscription(account, started, mrr)
    found = figures(product)
    share = found["overall", "account", "free_to_paid_pct"]
    # corp pays on the 31st day, old paid before: two of the four accounts that were free.
    assert (share["members"], share["mature"], share["n"], share["hits"]) == (5, 5, 4, 2)
    of_accounts = found["overall", "account", "arpu_delta_per_month"]
    assert (of_accounts["n"], of_accounts["value"]) == (2, (90 + 40) / 2 - (90 + 40) / 4)
    of_users = found["overall", "user", "arpu_delta_per_month"]
    # A user of acme stands for half of its MRR: 45, 45 and 40 against these and two zeros.
    assert (of_users["n"], of_users["value"]) == (3, pytest.approx(130 / 3 - 130 / 5))
    assert (of_users["unit_of_measure"], of_users["benchmark_unit"], of_users["verdict"]) == (
        "USD per month", "USD per month", "insufficient",
    )  # fmt: skip


def test_an_amount_in_another_currency_is_shown_and_not_compared(product):
    product.world.account("acme", "2025-05-01")
    product.world.insert(
        "ingest.subscriptions", subscription_id="s", account_id="acme", started_at=dt.datetime(2025, 5, 11), mrr=90, trial=False,
        currency="EUR", known_at=dt.datetime(2025, 5, 11), known_date=dt.date(2025, 5, 11),
    )  # fmt: skip
    row = figures(product)["overall", "account", "arpu_delta_per_month"]
    assert (row["unit_of_measure"], row["benchmark"], row["difference"]) == ("EUR per month", 32, None)
    assert (row["verdict"], row["reason"]) == ("insufficient", "the published amount is in another currency")


def test_a_verdict_says_on_which_side_the_whole_interval_lies(product):
    for n in range(16):
        product.world.user(f"u{n}", "2025-05-01 12:00", device="phone" if n < 8 else "desktop")
        if n < 8:
            product.world.reached("user", f"u{n}", "activation", "2025-05-01 13:00")
    found = figures(product)
    assert found["mobile_first", "user", "activation_24h_pct"]["verdict"] == "above"
    assert found["overall", "user", "activation_24h_pct"]["verdict"] == "within"
    assert found["overall", "user", "avg_days_to_first_key_action"]["verdict"] == "below"


def test_a_late_activation_changes_tomorrows_figures_and_not_todays(product):
    product.world.user("ann", "2025-06-01 12:00")
    before = measured(product, "activation_24h_pct")
    product.world.reached("user", "ann", "activation", "2025-06-01 13:00", received="2025-07-01")
    assert measured(product, "activation_24h_pct") == before
    assert measured(product, "activation_24h_pct", as_of=JUNE_30 + DAY)["hits"] == 1


def test_nobody_gives_every_row_with_its_reason_and_no_figure(product):
    rows = product.world.warehouse.arrow(query_of())
    assert (tuple(rows.column_names), rows.num_rows) == (COHORT_SEGMENTS.column_names, 56)
    found = rows.to_pylist()
    assert {row["value"] for row in found} == {None}
    assert {row["reason"] for row in found if row["measure"] == "activation_24h_pct"} == {"nobody entered this segment"}
    assert {row["reason"] for row in found if row["measure"] == "arpu_delta_per_month"} == {"no subscription is known"}


@pytest.mark.parametrize(("timezone", "first"), [("Etc/GMT+12", ["ann"]), ("Pacific/Kiritimati", ["ann", "bob"])])
def test_the_first_of_26_weeks_begins_at_local_midnight(product, timezone, first):
    # Of the 182 days up to 30 June the first is 31 December.
    for user, signup in (("ann", "2024-12-31 12:00"), ("bob", "2024-12-30 10:00"), ("cem", "2024-12-30 09:59")):
        product.world.user(user, signup)
    assert members(product, timezone=timezone)["overall"] == first
