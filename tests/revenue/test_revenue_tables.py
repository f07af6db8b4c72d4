"""The published revenue tables from a handful of known subscriptions, each number computed by hand."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.revenue import queries
from plg_orchestration.warehouse import Warehouse, sql_file, table

SUBSCRIPTIONS = """
create table ingest.subscriptions (
    subscription_id varchar, account_id varchar, plan varchar, seats bigint, mrr decimal(18, 2), currency varchar,
    started_at timestamp, ended_at timestamp, trial boolean, billing_period varchar,
    known_at timestamp, known_date date, file_id varchar, line bigint)
"""
Version = tuple[str, str, str, int | None, str | None, str, str | None, bool, str]


def d(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2025-{text}")


class Book:
    """A warehouse whose subscriptions are handed in one version at a time."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        warehouse.connection.execute(SUBSCRIPTIONS)

    def known(self, *versions: Version) -> None:
        for name, account, mrr, seats, currency, started, ended, trial, known in versions:
            values = [name, account, seats, Decimal(mrr), currency, started, ended, trial, known, known]
            text = "insert into ingest.subscriptions values (?, ?, 'Pro', ?, ?, ?, ?, ?, ?, 'month', ?, cast(? as date), 'f', 1)"
            self.warehouse.connection.execute(text, values)

    def daily(self, day: str) -> list[tuple[object, ...]]:
        return sorted(self.warehouse.rows(queries.mrr_daily(as_of=AsOf(d(day)))))

    def movements(self, day: str, timezone: str = "UTC") -> list[tuple[object, ...]]:
        return self.warehouse.rows(queries.mrr_movements(as_of=AsOf(d(day), timezone)))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Warehouse.open(tmp_path) as warehouse:
        yield Book(warehouse)


def test_paid_periods_leave_out_what_is_never_paid_for(book: Book) -> None:
    book.known(
        ("s1", "a", "10.00", 2, None, "2025-01-01", "2025-01-05", False, "2025-01-01"),
        ("trial", "a", "10.00", 2, "USD", "2025-01-01", None, True, "2025-01-01"),
        ("free", "a", "0.00", 2, "USD", "2025-01-01", None, False, "2025-01-01"),
        ("same day", "a", "10.00", 2, "USD", "2025-01-03 08:00", "2025-01-03 20:00", False, "2025-01-03"),
        ("tomorrow", "a", "10.00", 2, "USD", "2025-02-01", None, False, "2025-01-01"),
    )
    rows = book.warehouse.rows(queries.paid_periods(as_of=AsOf(d("01-31"))))
    assert rows == [("a", "s1", Decimal("10.00"), "USD", 2, d("01-01"), d("01-05"))]


def test_mrr_daily_adds_up_an_accounts_subscriptions_per_currency(book: Book) -> None:
    book.known(
        ("s1", "a", "10.10", 2, "USD", "2025-01-01", None, False, "2025-01-01"),
        ("s2", "a", "20.20", 3, "USD", "2025-01-02", "2025-01-04", False, "2025-01-01"),
        ("s3", "a", "7.00", None, "EUR", "2025-01-02", None, False, "2025-01-01"),
        ("s4", "b", "5.00", None, "USD", "2025-01-01", "2025-01-02", False, "2025-01-01"),
    )
    assert book.daily("01-03") == [
        (d("01-03"), "a", Decimal("7.00"), "EUR", None), (d("01-03"), "a", Decimal("30.30"), "USD", 5),
    ]  # fmt: skip
    assert book.daily("01-04") == [
        (d("01-04"), "a", Decimal("7.00"), "EUR", None), (d("01-04"), "a", Decimal("10.10"), "USD", 2),
    ]  # fmt: skip


def test_mrr_movements_of_a_day_compare_it_with_the_day_before(book: Book) -> None:
    book.known(
        ("s1", "a", "10.00", 1, "USD", "2025-01-01", "2025-01-03", False, "2025-01-01"),
        ("s2", "a", "25.00", 1, "USD", "2025-01-03", "2025-01-05", False, "2025-01-01"),
        ("s3", "b", "40.00", 1, "USD", "2025-01-03", None, False, "2025-01-03"),
    )
    assert book.movements("01-02") == []
    assert book.movements("01-03") == [
        (d("01-03"), "a", "expansion", Decimal("15.00"), "USD"), (d("01-03"), "b", "new", Decimal("40.00"), "USD"),
    ]  # fmt: skip
    assert book.movements("01-05") == [(d("01-05"), "a", "churn", Decimal("-25.00"), "USD")]


def test_an_end_that_is_learnt_late_changes_no_stored_movement(book: Book) -> None:
    book.known(
        ("s1", "a", "10.00", 1, "USD", "2025-01-01", None, False, "2025-01-01"),
        ("s1", "a", "10.00", 1, "USD", "2025-01-01", "2025-01-03", False, "2025-01-05"),
    )
    assert book.movements("01-03") == []
    assert book.movements("01-05") == []
    assert book.daily("01-04") == [(d("01-04"), "a", Decimal("10.00"), "USD", 1)]
    assert book.daily("01-05") == []


def test_the_local_day_decides(book: Book) -> None:
    book.known(("s1", "a", "10.00", 1, "USD", "2025-01-01 02:00", None, False, "2024-12-31"))
    assert book.movements("01-01", "America/New_York") == []
    assert [row[2] for row in book.movements("01-01", "Europe/Vienna")] == ["new"]


def test_both_tables_are_published_day_by_day(book: Book) -> None:
    book.known(
        ("s1", "a", "10.00", 1, "USD", "2025-01-01", "2025-01-03", False, "2025-01-01"),
        ("s2", "a", "25.00", 1, "USD", "2025-01-03", None, False, "2025-01-01"),
    )
    days = [d("01-01"), d("01-02"), d("01-03")]
    movements, daily = table("revenue.mrr_movements"), table("revenue.mrr_daily")
    assert book.warehouse.publish(movements, lambda day: queries.mrr_movements(as_of=AsOf(day)), days).rows == 2
    assert book.warehouse.publish(daily, lambda day: queries.mrr_daily(as_of=AsOf(day)), days).rows == 3
    total = "select sum(amount) from revenue.mrr_movements"
    closing = "select mrr from revenue.mrr_daily where date = date '2025-01-03'"
    assert book.warehouse.scalar(total) == book.warehouse.scalar(closing) == Decimal("25.00")


def test_plain_subscriptions_take_the_version_learnt_last(book: Book) -> None:
    book.warehouse.connection.execute("""
        create table subscription_rows as select * from (values
            (0, 'a', 's', 10.0, 'USD', false, timestamp '2025-01-01', null, timestamp '2025-01-01'),
            (1, 'a', 's', 12.0, 'USD', false, timestamp '2025-01-01', null, timestamp '2025-01-02'),
            (2, 'a', 's', 99.0, 'USD', false, timestamp '2025-01-01', null, timestamp '2025-01-09')
        ) as v(position, account_id, subscription_id, mrr, currency, trial, started_at, ended_at, known_at)""")
    query = sql_file("revenue/plain_subscriptions.sql", requires=(), **AsOf(d("01-05")).parameters())
    assert [row[:3] for row in book.warehouse.rows(query)] == [("a", "s", Decimal("12.00"))]
