"""What a movement is, by tiny histories whose movements are computed by hand."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import pytest

from plg_orchestration import revenue

Subscriptions = Callable[[str], pd.DataFrame]
Movement = tuple[str, str, str, int]
APRIL = dt.date(2025, 4, 30)


def found(frame: pd.DataFrame) -> list[Movement]:
    return [(f"{row.date:%m-%d}", row.account_id, row.movement, int(row.amount)) for row in frame.itertuples()]


HISTORIES = {
    "one that lasts": ("a: 100 from 03-01", [("03-01", "a", "new", 100)]),
    "churn and return": (
        "a: 100 from 03-01 to 03-10; 100 from 03-20",
        [("03-01", "a", "new", 100), ("03-10", "a", "churn", -100), ("03-20", "a", "reactivation", 100)],
    ),
    "consecutive periods are no movement": (
        "a: 50 from 03-01 to 03-15; 50 from 03-15 to 04-02",
        [("03-01", "a", "new", 50), ("04-02", "a", "churn", -50)],
    ),
    "a dearer product on the same day is one expansion": (
        "a: 50 from 03-01 to 03-15; 75 from 03-15",
        [("03-01", "a", "new", 50), ("03-15", "a", "expansion", 25)],
    ),
    "a cheaper product on the same day is one contraction": (
        "a: 50 from 03-01 to 03-15; 20 from 03-15",
        [("03-01", "a", "new", 50), ("03-15", "a", "contraction", -30)],
    ),
    "overlapping periods add up, and the account churns with the last": (
        "a: 50 from 03-01 to 03-20; 30 from 03-10 to 03-25",
        [
            ("03-01", "a", "new", 50), ("03-10", "a", "expansion", 30),
            ("03-20", "a", "contraction", -50), ("03-25", "a", "churn", -30),
        ],
    ),
    "two subscriptions on one day are one new": ("a: 50 from 03-01; 30 from 03-01", [("03-01", "a", "new", 80)]),
    "a trial and a price of zero pay nothing": (
        "a: 90 trial from 03-01 to 03-15; 0 from 03-02; 40 from 03-15",
        [("03-15", "a", "new", 40)],
    ),
    "a subscription that ends on the day it starts never paid": (
        "a: 50 from 03-01 to 03-01; 60 from 04-01",
        [("04-01", "a", "new", 60)],
    ),
    "rows out of order": (
        "a: 70 from 04-01; 50 from 03-01 to 04-01; b: 10 from 02-01 to 03-01",
        [("02-01", "b", "new", 10), ("03-01", "a", "new", 50), ("03-01", "b", "churn", -10), ("04-01", "a", "expansion", 20)],
    ),
    "an end after the as-of day has not happened": ("a: 50 from 03-01 to 05-01; 9 from 05-01", [("03-01", "a", "new", 50)]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), HISTORIES.values(), ids=HISTORIES.keys())
def test_each_change_of_a_day_is_one_movement(text: str, expected: list[Movement], subscriptions: Subscriptions) -> None:
    assert found(revenue.mrr_movements(subscriptions(text), grain="day", as_of=APRIL)) == expected


def test_churn_and_return_in_one_month_is_contraction_free(subscriptions: Subscriptions) -> None:
    movements = revenue.mrr_movements(subscriptions("a: 100 from 03-01 to 03-10; 100 from 03-20"), grain="month", as_of=APRIL)
    assert found(movements) == [("03-01", "a", "new", 100)]


def test_a_month_nets_what_happened_within_it(subscriptions: Subscriptions) -> None:
    text = "a: 100 from 01-05 to 03-10; 60 from 03-20 to 04-02; b: 10 from 02-03 to 02-20; 15 from 04-01"
    assert found(revenue.mrr_movements(subscriptions(text), grain="month", as_of=APRIL)) == [
        ("01-01", "a", "new", 100), ("03-01", "a", "contraction", -40), ("04-01", "a", "churn", -60), ("04-01", "b", "new", 15),
    ]  # fmt: skip


def test_an_account_that_changes_its_currency_neither_churns_nor_is_new(subscriptions: Subscriptions) -> None:
    movements = revenue.mrr_movements(subscriptions("a: 100 USD from 03-01 to 04-01; 90 EUR from 04-01"), as_of=APRIL)
    assert [(m.movement, int(m.amount), m.currency) for m in movements.itertuples()] == [
        ("new", 100, "USD"), ("expansion", 90, "EUR"), ("contraction", -100, "USD"),
    ]  # fmt: skip


def test_rows_learnt_later_do_not_count_yet_and_the_last_version_does() -> None:
    day = pd.Timestamp
    rows = pd.DataFrame({
        "account_id": ["a", "a", "b"], "subscription_id": ["s1", "s1", "s2"], "mrr": [10.0, 10.0, 5.0],
        "started_at": [day("2025-01-01")] * 3, "ended_at": [None, day("2025-01-20"), None],
        "known_at": [day("2025-01-01 08:00"), day("2025-01-22"), day("2025-02-01")],
    })  # fmt: skip
    assert found(revenue.mrr_movements(rows, as_of=dt.date(2025, 1, 21))) == [("01-01", "a", "new", 10)]
    assert found(revenue.mrr_movements(rows, as_of=dt.date(2025, 2, 1))) == [
        ("01-01", "a", "new", 10), ("01-01", "b", "new", 5), ("01-20", "a", "churn", -10),
    ]  # fmt: skip


def test_an_instant_belongs_to_the_local_day() -> None:
    rows = pd.DataFrame({
        "account_id": ["a"], "subscription_id": ["s"], "mrr": [10],
        "started_at": [pd.Timestamp("2025-03-01 02:00")], "ended_at": [pd.NaT],
    })  # fmt: skip
    assert found(revenue.mrr_movements(rows, as_of=APRIL, timezone="America/New_York")) == [("02-28", "a", "new", 10)]
    assert found(revenue.mrr_movements(rows, as_of=APRIL, timezone="Asia/Tokyo")) == [("03-01", "a", "new", 10)]


def test_a_date_stays_that_date_in_every_time_zone(subscriptions: Subscriptions) -> None:
    for zone in ("America/New_York", "Asia/Tokyo", "Africa/Cairo"):
        movements = revenue.mrr_movements(subscriptions("a: 10 from 04-25 to 04-28"), as_of=APRIL, timezone=zone)
        assert [str(date) for date in movements["date"]] == ["2025-04-25", "2025-04-28"]


def test_amounts_are_exact_to_the_cent() -> None:
    rows = pd.DataFrame({
        "account_id": ["a"] * 3, "subscription_id": ["1", "2", "3"], "mrr": [0.1, 0.2, 19.99],
        "started_at": pd.to_datetime(["2025-01-01"] * 3), "ended_at": pd.to_datetime([None, None, "2025-01-05"]),
    })  # fmt: skip
    assert revenue.mrr_movements(rows, as_of=APRIL)["amount"].tolist() == [Decimal("20.29"), Decimal("-19.99")]


def test_no_subscriptions_are_no_movements(subscriptions: Subscriptions) -> None:
    movements = revenue.mrr_movements(subscriptions("a: 100 from 03-01").head(0), as_of=APRIL)
    assert (len(movements), list(movements)) == (0, ["date", "account_id", "movement", "amount", "currency"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mrr": [None, 5.0]}, "subscriptions: mrr of row 0 is missing"),
        ({"mrr": [1.0, -5.0]}, "subscriptions: mrr of row 1 is negative"),
        ({"account_id": ["a", None]}, "subscriptions: account_id of row 1"),
        ({"subscription_id": ["s", "s"]}, "subscriptions: subscription_id repeats"),
        ({"started_at": [pd.NaT, pd.Timestamp("2025-01-01")]}, "subscriptions: started_at of row 0"),
        ({"ended_at": ["soon", "later"]}, "subscriptions: ended_at has the type"),
    ],
)
def test_a_column_that_does_not_fit_is_named(change: dict[str, object], message: str) -> None:
    rows = pd.DataFrame({
        "account_id": ["a", "b"], "subscription_id": ["s", "t"], "mrr": [1.0, 2.0],
        "started_at": pd.to_datetime(["2025-01-01"] * 2), "ended_at": pd.to_datetime([None, None]),
    })  # fmt: skip
    with pytest.raises(ValueError, match=message):
        revenue.mrr_movements(rows.assign(**change), as_of=APRIL)


def test_a_missing_column_and_an_unknown_grain_are_named() -> None:
    with pytest.raises(ValueError, match="subscriptions: no column subscription_id;"):
        revenue.mrr_movements(pd.DataFrame({"account_id": ["a"], "started_at": [APRIL], "ended_at": [None]}), as_of=APRIL)
    with pytest.raises(ValueError, match="grain: 'week'"):
        revenue.mrr_movements(pd.DataFrame(), grain="week", as_of=APRIL)  # pyright: ignore[reportArgumentType]
