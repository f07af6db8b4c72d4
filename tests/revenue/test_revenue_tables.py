"""The published revenue tables from a handful of known subscriptions, each number computed by hand."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration import revenue
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
            text = "insert into ingest.subscriptions values (?, ?, 'Pro', ?, ?, ?, ?, ?, ?, 'month', ?, cast(? as date), 'f', ?)"
            self.warehouse.connection.execute(text, [*values, self.warehouse.scalar("select count(*) from ingest.subscriptions")])

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
    (row,) = book.warehouse.rows(queries.paid_periods(as_of=AsOf(d("01-31"))))
    assert row[:7] == ("a", "s1", Decimal("10.00"), "USD", 2, d("01-01"), d("01-05"))


def test_subscription_versions_hold_until_the_next_one_is_known(book: Book) -> None:
    book.known(
        ("s1", "a", "10.00", 2, "USD", "2025-01-01", None, False, "2025-01-02"),
        ("s1", "a", "11.00", 2, "USD", "2025-01-01", None, False, "2025-01-04 08:00"),
        ("s1", "a", "12.00", 2, "USD", "2025-01-01", "2025-01-09", False, "2025-01-04 09:00"),
        ("s1", "a", "99.00", 2, "USD", "2025-01-01", None, False, "2025-01-08"),
    )
    versions = queries.subscription_versions(as_of=AsOf(d("01-07")))
    found = {float(row[2]): row[-2:] for row in book.warehouse.rows(versions)}  # pyright: ignore[reportArgumentType]
    assert found == {10: (d("01-02"), d("01-04")), 11: (d("01-04"), d("01-04")), 12: (d("01-04"), None)}
    periods = book.warehouse.rows(queries.paid_periods(as_of=AsOf(d("01-07"))))
    assert sorted((float(row[2]), *row[9:11]) for row in periods) == [  # pyright: ignore[reportArgumentType]
        (10, d("01-02"), d("01-04")), (12, d("01-04"), d("01-09")),
    ]  # fmt: skip


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


versions = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2", "s3"]), st.sampled_from(["0.00", "10.00", "25.50"]), st.integers(1, 5),
        st.one_of(st.none(), st.integers(1, 7)), st.booleans(), st.integers(1, 6),
    ),
    min_size=3, max_size=8,
)  # fmt: skip


def test_a_history_built_at_once_is_the_one_built_day_by_day(book: Book) -> None:
    days = [d(f"01-{number:02d}") for number in range(1, 7)]

    @settings(max_examples=4, deadline=None)
    @given(versions)
    def same(rows: list[tuple[str, str, int, int | None, bool, int]]) -> None:
        book.warehouse.connection.execute("delete from ingest.subscriptions")
        for name, mrr, start, end, trial, known in rows:
            ended = None if end is None else f"2025-01-{end:02d}"
            account = "b" if name == "s3" else "a"
            book.known((name, account, mrr, 1, "USD", f"2025-01-{start:02d}", ended, trial, f"2025-01-{known:02d}"))
        for build in (queries.mrr_daily, queries.mrr_movements):
            singly = [row for day in days for row in book.warehouse.rows(build(as_of=AsOf(day)))]
            at_once = book.warehouse.rows(build(as_of=AsOf(days[-1]), first=days[0]))
            assert sorted(at_once) == sorted(singly)
        for day in days[2::3]:
            assert moved(book, day) == {row[1]: row[2] for row in book.warehouse.rows(queries.mrr_daily(as_of=AsOf(day)))}

    same()


def moved(book: Book, day: dt.date) -> dict[str, object]:
    """The MRR of each account on the day by the call over what was known then: movements of the whole history, added up."""
    text = """select account_id, subscription_id, mrr, started_at, ended_at, trial from ingest.subscriptions
        where known_date <= $day
        qualify row_number() over (partition by subscription_id order by known_at desc, file_id desc, line desc) = 1"""
    known = book.warehouse.connection.execute(text, {"day": day}).fetch_df()
    amounts = revenue.mrr_movements(known, as_of=day).groupby("account_id")["amount"].sum()
    return {str(account): amount for account, amount in amounts.items() if amount}


def test_plain_subscriptions_take_the_version_learnt_last(book: Book) -> None:
    book.warehouse.connection.execute("""
        create table subscription_rows as select * from (values
            (0, 'a', 's', 10.0, 'USD', false, timestamp '2025-01-01', null, timestamp '2025-01-01'),
            (1, 'a', 's', 12.0, 'USD', false, timestamp '2025-01-01', null, timestamp '2025-01-02'),
            (2, 'a', 's', 99.0, 'USD', false, timestamp '2025-01-01', null, timestamp '2025-01-09')
        ) as v(position, account_id, subscription_id, mrr, currency, trial, started_at, ended_at, known_at)""")
    query = sql_file("revenue/plain_subscriptions.sql", requires=(), **AsOf(d("01-05")).parameters())
    assert [row[:3] for row in book.warehouse.rows(query)] == [("a", "s", Decimal("12.00"))]
