"""Prices of every period and currency as monthly ones in the reporting currency, refunds and corrections, by hand.

Tried here are booked_periods, exchange_rate_versions, plain_exchange_rates and mrr_reconciliation.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration import revenue
from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.ingest import ingest_files
from plg_orchestration.revenue import queries
from plg_orchestration.revenue.billing import PERIODS, monthly, monthly_sql
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.scratch import scratch
from tests.revenue.books import Books, day

Subscriptions = Callable[[str], pd.DataFrame]
APRIL = dt.date(2025, 4, 30)


def rates(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame([(currency, day(date), rate) for currency, date, rate in rows], columns=["currency", "day", "rate"])


def found(frame: pd.DataFrame) -> list[tuple[str, str, Decimal, str]]:
    return [(f"{row.date:%m-%d}", row.movement, row.amount, row.currency) for row in frame.itertuples()]


# -- prices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "period", "expected"),
    [
        ("10.00", "week", "43.33"),
        ("120.00", "year", "10.00"),
        ("100.00", "annual", "8.33"),
        ("0.06", "year", "0.01"),
        ("30.00", "quarter", "10.00"),
        ("1.00", "day", "30.42"),
        ("9.99", None, "9.99"),
        ("9.99", "Monthly", "9.99"),
    ],
)
def test_a_price_counts_by_the_month(price: str, period: str | None, expected: str) -> None:
    assert monthly(Decimal(price), period) == Decimal(expected)


def test_an_unknown_billing_period_is_named() -> None:
    with pytest.raises(ValueError, match="billing_period 'fortnight' is none of day"):
        monthly(Decimal(1), "fortnight")


def test_the_price_of_a_column_is_that_of_a_value() -> None:
    with scratch() as warehouse:

        @given(st.integers(0, 10**9), st.sampled_from([*PERIODS, None, "fortnight"]))
        def same(cents: int, period: str | None) -> None:
            price = Decimal(cents) / 100
            text = f"select {monthly_sql('cast($price as decimal(18, 2))', '$period')}"
            values = {"price": price, "period": period}
            (sql,) = warehouse.connection.execute(text, values).fetchone() or ()
            assert sql == (None if period == "fortnight" else monthly(price, period))

        same()


def test_subscriptions_may_state_prices_instead_of_mrr() -> None:
    rows = pd.DataFrame({
        "account_id": ["a", "b"], "subscription_id": ["s", "t"], "price": [Decimal("1200.00"), Decimal("30.00")],
        "billing_period": ["year", "week"], "started_at": [day("03-01")] * 2, "ended_at": [None, None],
    })  # fmt: skip
    assert revenue.mrr_movements(rows, as_of=APRIL)["amount"].tolist() == [Decimal("100.00"), Decimal("130.00")]
    with pytest.raises(ValueError, match="row 1: billing_period 'moon'"):
        revenue.mrr_movements(rows.assign(billing_period=["year", "moon"]), as_of=APRIL)
    with pytest.raises(ValueError, match="no column mrr, nor price"):
        revenue.mrr_movements(rows.drop(columns="price"), as_of=APRIL)


def test_a_price_handed_in_becomes_mrr_and_an_unreadable_period_is_refused(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("")
    (tmp_path / "subscriptions.csv").write_text(
        "subscription_id,account_id,price,billing_period,started_at\n"
        "s,a,520.00,year,2025-03-01\nt,b,30.00,week,2025-03-01\nu,c,1.00,moon,2025-03-01\n"
    )
    (tmp_path / "plg.yaml").write_text(
        "workspace: tiny\nstart: 2025-01-01\nsources:\n  events: {path: events.jsonl, format: segment}\n"
        "  subscriptions: {path: subscriptions.csv, format: csv}\n"
    )
    with Warehouse.open(tmp_path / ".plg") as warehouse:
        ingest_files(warehouse, load_workspace(tmp_path), through=APRIL)
        found = warehouse.connection.execute("select subscription_id, mrr, price from ingest.subscriptions order by 1")
        assert found.fetchall() == [("s", Decimal("43.33"), Decimal(520)), ("t", Decimal("130.00"), Decimal(30))]
        refused = warehouse.connection.execute("select line, reason, detail from ingest.quarantine").fetchall()
        assert refused == [(4, "type", "billing_period moon")]


def test_a_price_per_seat_counts_for_every_seat_and_the_cents_are_rounded_once() -> None:
    rows = pd.DataFrame({
        "account_id": ["a", "b", "c"], "subscription_id": ["s", "t", "u"],
        "price": [Decimal("100.00"), Decimal("7.50"), Decimal("9.99")],
        "billing_period": ["year", "week", "month"], "seats": [7, 4, 3], "per_seat": [True, True, False],
        "started_at": [day("03-01")] * 3, "ended_at": [None] * 3,
    })  # fmt: skip
    amounts = revenue.mrr_movements(rows, as_of=APRIL)["amount"].tolist()
    assert amounts == [Decimal("58.33"), Decimal("130.00"), Decimal("9.99")], "700 / 12; 30 × 52/12; as it is"
    with pytest.raises(ValueError, match="subscriptions: seats of row 1 is missing, and the price is per seat"):
        revenue.mrr_movements(rows.assign(seats=[7, None, None]), as_of=APRIL)


def test_a_price_per_seat_handed_in_counts_for_every_seat(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("")
    (tmp_path / "subscriptions.csv").write_text(
        "subscription_id,account_id,price,billing_period,seats,per_seat,started_at\n"
        "s,a,100.00,year,7,yes,2025-03-01\nt,b,9.99,month,3,no,2025-03-01\nu,c,9.99,month,,yes,2025-03-01\n"
        "v,d,9.99,month,,,2025-03-01\n"
    )
    (tmp_path / "plg.yaml").write_text(
        "workspace: tiny\nstart: 2025-01-01\nsources:\n  events: {path: events.jsonl, format: segment}\n"
        "  subscriptions: {path: subscriptions.csv, format: csv}\n"
    )
    with Warehouse.open(tmp_path / ".plg") as warehouse:
        ingest_files(warehouse, load_workspace(tmp_path), through=APRIL)
        found = warehouse.connection.execute("select subscription_id, mrr, price from ingest.subscriptions order by 1")
        assert found.fetchall() == [
            ("s", Decimal("58.33"), Decimal(100)), ("t", Decimal("9.99"), Decimal("9.99")),
            ("v", Decimal("9.99"), Decimal("9.99")),
        ]  # fmt: skip
        refused = warehouse.connection.execute("select line, reason, detail from ingest.quarantine").fetchall()
        assert refused == [(4, "missing", "seats, of a price per seat")]


# -- currencies -------------------------------------------------------------------------------------------------------


def test_a_price_is_converted_once_and_a_rate_that_moves_makes_no_movement(subscriptions: Subscriptions) -> None:
    moving = rates(("EUR", "03-01", 1.10), ("EUR", "03-10", 1.25), ("EUR", "04-01", 0.90))
    movements = revenue.mrr_movements(subscriptions("a: 100 EUR from 03-01 to 04-20"), as_of=APRIL, exchange_rates=moving)
    assert found(movements) == [("03-01", "new", Decimal("110.00"), "USD"), ("04-20", "churn", Decimal("-110.00"), "USD")]


def test_the_newest_rate_up_to_the_start_counts_and_an_old_one_does_not(subscriptions: Subscriptions) -> None:
    known = rates(("EUR", "01-01", 2.0), ("EUR", "03-20", 1.2), ("EUR", "03-22", 1.3))
    text = "a: 100 EUR from 03-21; b: 10 EUR from 02-15"
    movements = revenue.mrr_movements(subscriptions(text), as_of=APRIL, exchange_rates=known)
    assert found(movements) == [("02-15", "new", Decimal("10.00"), "EUR"), ("03-21", "new", Decimal("120.00"), "USD")]


def test_a_change_of_currency_is_one_movement_once_rates_are_known(subscriptions: Subscriptions) -> None:
    known = rates(("EUR", "04-01", 1.5))
    movements = revenue.mrr_movements(
        subscriptions("a: 100 USD from 03-01 to 04-01; 90 EUR from 04-01"), as_of=APRIL, exchange_rates=known
    )
    assert found(movements) == [("03-01", "new", Decimal("100.00"), "USD"), ("04-01", "expansion", Decimal("35.00"), "USD")]


def test_rates_that_cannot_be_are_named(subscriptions: Subscriptions) -> None:
    rows = subscriptions("a: 1 EUR from 03-01")
    with pytest.raises(ValueError, match="exchange_rates: rate of row 0 is not above 0"):
        revenue.mrr_movements(rows, as_of=APRIL, exchange_rates=rates(("EUR", "03-01", 0.0)))
    with pytest.raises(ValueError, match="exchange_rates: no column day"):
        revenue.mrr_movements(rows, as_of=APRIL, exchange_rates=rates(("EUR", "03-01", 1.0)).drop(columns="day"))


# -- as known at, in a warehouse ------------------------------------------------------------------------------------------


def test_a_rate_corrected_later_changes_no_price(books: Books) -> None:
    books.rate("03-01", "03-01", 1.1)
    books.pays("03-02", 100, "03-02")
    books.rate("03-05", "03-02", 9.9)
    books.rate("03-05", "03-01", 9.9)
    assert books.closing("03-04") == books.closing("03-10") == [(Decimal("110.00"), "USD")]


def test_without_a_rate_the_price_waits_in_its_own_currency(books: Books) -> None:
    books.pays("03-02", 100, "03-02")
    books.rate("03-05", "03-01", 1.5)
    assert books.closing("03-04") == [(Decimal("100.00"), "EUR")]
    assert books.closing("03-05") == [(Decimal("150.00"), "USD")]
    assert books.night("03-05")["difference"].tolist() == [0], "the day before is converted as well: no movement"
    assert books.warehouse.scalar("select count(*) from revenue.mrr_movements") == 0


def test_a_history_with_rates_built_at_once_is_the_one_built_day_by_day(books: Books) -> None:
    books.pays("03-02", 100, "03-02")
    books.rate("03-04", "03-01", 1.5)
    books.pays("03-06", 80, "03-02")
    days = [day(f"03-{number:02d}") for number in range(1, 9)]
    for build in (queries.mrr_daily, queries.mrr_movements):
        singly = [row for date in days for row in books.warehouse.rows(build(as_of=AsOf(date), currency="USD"))]
        assert sorted(books.warehouse.rows(build(as_of=AsOf(days[-1]), first=days[0], currency="USD"))) == sorted(singly)


def test_a_full_refund_is_a_correction_known_later(books: Books) -> None:
    books.pays("03-02", 100, "03-02", currency="USD")
    assert books.closing("03-04") == [(Decimal("100.00"), "USD")]
    books.pays("03-05", 100, "03-02", "03-02", currency="USD")
    assert books.closing("03-04") == [(Decimal("100.00"), "USD")], "the day as known then stays what it was"
    assert books.closing("03-05") == []
    assert books.night("03-05").empty, "the refund is a restatement, and no churn"


def test_opening_and_movements_make_closing_and_a_lost_movement_is_found(books: Books) -> None:
    books.pays("03-02", 100, "03-02", "03-08", currency="USD")
    assert books.night("03-02")[["opening", "moved", "closing", "difference"]].values.tolist() == [[0, 100, 100, 0]]
    assert books.night("03-05")[["opening", "moved", "closing", "difference"]].values.tolist() == [[100, 0, 100, 0]]
    assert books.night("03-08")[["opening", "moved", "closing", "difference"]].values.tolist() == [[100, -100, 0, 0]]
    books.warehouse.connection.execute("delete from revenue.mrr_movements where date = date '2025-03-08'")
    assert books.warehouse.frame(queries.mrr_reconciliation(as_of=AsOf(day("03-08"))))["difference"].tolist() == [100]
