"""On whom an account depends, and what is at stake when that user falls silent."""

import datetime as dt

import pytest

from plg_orchestration.cohorts.segmentation.backtest import backtest_champions
from tests.cohorts.segment_world import DAY, JUNE_30, POLICY, product_with

FLAGS = ("single_threaded", "champion_churn_exposure", "champion_silent")


@pytest.fixture(scope="module")
def shared():
    with product_with("core_feature") as made:
        yield made


@pytest.fixture
def product(shared):
    shared.emptied()
    for user in ("ann", "bob", "cem"):
        shared.world.user(user, "2025-01-06 09:00", account_id="acme")
    return shared


def pays(product, account="acme", mrr=120, **times):
    product.world.account(account)
    product.world.subscription(account, "2025-02-01", mrr, **times)


def champion(row):
    return row["champion_user_id"], row["champion_share"], row["champion_silent_days"]


def test_the_champion_has_most_of_the_usage_up_to_the_accounts_last_active_day(product):
    pays(product)
    product.does("ann", "acme", "2025-06-12", qualifying=8)
    product.does("bob", "acme", "2025-06-15", qualifying=2)
    product.does("bob", "acme", "2025-06-01", qualifying=50)  # 15 days before the last active day: outside the two weeks
    row = product.segments()["acme"]
    assert champion(row) == ("ann", 0.8, 18)
    assert tuple(row[flag] for flag in FLAGS) == (True, True, True)
    assert (row["mrr"], row["mrr_exposed"], row["currency"]) == (120, 120, "USD")
    assert (row["active_users"], row["power_user_island"]) == (2, False)


def test_a_colleague_with_a_little_more_ends_the_dependence(product):
    pays(product)
    product.does("ann", "acme", "2025-06-29", qualifying=79)
    product.does("bob", "acme", "2025-06-29", qualifying=21)
    row = product.teams()["acme"]
    assert champion(row) == ("ann", 0.79, 1)
    assert tuple(row[flag] for flag in FLAGS) == (False, False, False)


def test_a_free_account_and_one_on_trial_expose_no_money(product):
    product.does("ann", "acme", "2025-06-29")
    product.world.account("beta")
    product.world.user("dan", "2025-01-06", account_id="beta")
    product.does("dan", "beta", "2025-06-29")
    product.world.subscription("beta", "2025-06-01", 50, trial=True)
    rows = product.segments()
    assert {unit: tuple(row[flag] for flag in FLAGS) for unit, row in rows.items()} == dict.fromkeys(
        ("acme", "beta"), (True, False, False)
    )
    assert not any(row["paying"] for row in rows.values())


def test_a_champion_is_silent_after_seven_days_and_forgotten_after_56(product):
    pays(product)
    product.does("ann", "acme", "2025-05-06")
    product.write()
    seen = {after: product.teams(dt.date(2025, 5, 6) + after * DAY)["acme"] for after in (0, 6, 7, 27, 28, 55, 56)}
    assert [after for after, row in seen.items() if row["champion_silent"]] == [7, 27, 28, 55]
    assert [row["champion_silent_days"] for row in seen.values()] == [0, 6, 7, 27, 28, 55, None]
    assert [row["active_users"] for row in seen.values()] == [1, 1, 1, 1, 0, 0, 0]
    assert seen[56]["champion_churn_exposure"] is False


def test_of_two_with_the_same_usage_the_one_seen_last_leads_then_the_first_by_name(product):
    product.does("ann", "acme", "2025-06-28", qualifying=3)
    product.does("bob", "acme", "2025-06-29", qualifying=3)
    assert champion(product.teams()["acme"]) == ("bob", 0.5, 1)
    product.does("ann", "acme", "2025-06-29", qualifying=3)
    product.does("bob", "acme", "2025-06-28", qualifying=3)
    assert champion(product.teams()["acme"]) == ("ann", 0.5, 1)


def test_passive_events_and_usage_of_nobody_known_make_no_champion_but_unnamed_usage_counts_in_the_whole(product):
    product.does("ann", "acme", "2025-06-29", qualifying=0, core=0)
    product.does("bob", "acme", "2025-06-29", qualifying=1)
    product.does(None, "acme", "2025-06-29", qualifying=3)
    assert champion(product.teams()["acme"]) == ("bob", 0.25, 1)


def test_everybody_in_the_account_is_told_of_its_champion(product):
    pays(product)
    product.does("ann", "acme", "2025-06-29", core=6)
    rows = product.segments(unit="user")
    assert {user: (row["champion_user_id"], row["paying"]) for user, row in rows.items()} == dict.fromkeys(
        ("ann", "bob", "cem"), ("ann", True)
    )


@pytest.mark.parametrize(("timezone", "paying"), [("UTC", True), ("Etc/GMT+12", False), ("Pacific/Kiritimati", True)])
def test_an_account_pays_until_the_day_before_the_local_one_on_which_its_subscription_ends(product, timezone, paying):
    product.does("ann", "acme", "2025-06-29")
    product.world.account("acme")
    product.world.insert(
        "ingest.subscriptions", subscription_id="s", account_id="acme", started_at=dt.datetime(2025, 2, 1), mrr=50, trial=False,
        ended_at=dt.datetime(2025, 7, 1, 9), known_at=dt.datetime(2025, 6, 1), known_date=dt.date(2025, 6, 1),
    )  # fmt: skip
    assert product.teams(timezone=timezone)["acme"]["paying"] is paying


def test_known_losses_are_looked_for_as_of_days_after_the_champion_stopped(product):
    world = product.world
    for account in ("acme", "beta", "corp", "free"):
        for n in (1, 2):
            world.user(f"{account}{n}", "2025-01-06", account_id=account)
        if account != "free":
            pays(product, account)
        product.does(f"{account}1", account, "2025-05-20", times=12, qualifying=9)
    product.does("beta2", "beta", "2025-05-30", times=20, qualifying=9)
    stopped = dt.date(2025, 6, 1)
    losses = [(account, f"{account}1", stopped) for account in ("acme", "beta", "free")]
    product.write()
    found = backtest_champions(world.warehouse, losses, policy=POLICY, timezone="UTC", last=JUNE_30, days_after=8)
    assert {loss.account_id: (loss.paying, loss.exposed, loss.found, loss.silent) for loss in found.losses} == {
        "acme": (True, True, True, True), "beta": (True, False, False, False), "free": (False, False, False, False),
    }  # fmt: skip
    assert {loss.as_of for loss in found.losses} == {dt.date(2025, 6, 9)}
    # corp's champion fell silent too, but is no known loss.
    assert (found.recall, found.flagged, found.confirmed, found.precision) == (0.5, 2, 1, 0.5)


def test_a_backtest_without_losses_has_neither_recall_nor_precision(product):
    found = backtest_champions(product.world.warehouse, [], policy=POLICY, timezone="UTC", last=JUNE_30)
    assert (found.losses, found.recall, found.precision) == ((), None, None)
    with pytest.raises(ValueError, match="days_after"):
        backtest_champions(product.world.warehouse, [], policy=POLICY, timezone="UTC", last=JUNE_30, days_after=-1)
