"""The months' waterfall from a handful of subscriptions, each number computed by hand, and as it was known on each day.

Tried here are current_periods, mrr_months and unclosed_months.
"""

from decimal import Decimal

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.revenue import queries
from tests.revenue.books import Books, day


def usd(books: Books, known: str, mrr: float, start: str, end: str | None = None, name: str = "s", account: str = "a") -> None:
    books.pays(known, mrr, start, end, currency="USD", name=name, account=account)


def test_every_month_goes_from_its_opening_to_its_closing(books: Books) -> None:
    usd(books, "01-10", 100, "01-10", "03-05")
    usd(books, "02-01", 50, "02-01", name="b1", account="b")
    usd(books, "03-10", 70, "03-10", name="s2")
    usd(books, "03-15", 80, "03-15", name="b2", account="b")
    usd(books, "03-20", 5, "03-20", "03-25", name="c1", account="c")
    assert books.months("03-31") == [
        ("01", 0, {"new": 100}, 100),
        ("02", 100, {"new": 50}, 150),
        ("03", 150, {"expansion": 80, "contraction": -30}, 200),
    ], "account a left and came back within March, at 70 in place of 100; c stayed within it"
    frame = books.warehouse.frame(queries.mrr_months(as_of=AsOf(day("03-31")), currency="USD"))
    assert frame[["opening_accounts", "new_accounts", "churned_accounts", "closing_accounts"]].values.tolist() == [
        [0, 1, 0, 1], [1, 1, 0, 2], [2, 0, 0, 2],
    ]  # fmt: skip
    assert frame["complete"].tolist() == [True, True, True]


def test_the_running_month_closes_with_the_day(books: Books) -> None:
    usd(books, "01-10", 100, "01-10", "03-05")
    usd(books, "01-10", 70, "03-10", name="s2")
    assert books.months("03-04")[-1] == ("03", 100, {}, 100)
    assert books.months("03-07")[-1] == ("03", 100, {"churn": -100}, 0)
    assert books.months("03-12")[-1] == ("03", 100, {"contraction": -30}, 70)
    frame = books.warehouse.frame(queries.mrr_months(as_of=AsOf(day("03-12")), currency="USD"))
    assert frame["complete"].tolist() == [True, True, False]


def test_who_paid_at_the_end_of_an_earlier_month_comes_back(books: Books) -> None:
    usd(books, "01-10", 100, "01-10", "02-05")
    usd(books, "01-10", 40, "04-02", name="s2")
    usd(books, "01-10", 9, "02-03", "02-20", name="b1", account="b")
    usd(books, "01-10", 9, "04-02", name="b2", account="b")
    assert books.months("04-30") == [
        ("01", 0, {"new": 100}, 100), ("02", 100, {"churn": -100}, 0), ("04", 0, {"new": 9, "reactivation": 40}, 49),
    ]  # fmt: skip


def test_a_year_and_the_month_to_compare_with_are_given(books: Books) -> None:
    usd(books, "01-10", 100, "01-10")
    months = [row[0] for row in books.months("12-31")]
    assert months == [f"{number:02d}" for number in range(1, 13)]
    rows = books.warehouse.rows(queries.mrr_months(as_of=AsOf(day("12-31").replace(year=2026)), currency="USD"))
    assert (len(rows), rows[0][1]) == (13, day("12-01"))


def test_a_refund_known_later_changes_later_nights_and_no_stored_one(books: Books) -> None:
    usd(books, "02-10", 100, "02-10")
    books.night("03-31")
    usd(books, "04-02", 100, "02-10", "02-10")
    books.night("04-02")
    stored = books.warehouse.connection.execute(
        "select as_of, strftime(month, '%m'), opening, closing from revenue.mrr_months order by all"
    ).fetchall()
    assert stored == [(day("03-31"), "02", 0, Decimal(100)), (day("03-31"), "03", Decimal(100), Decimal(100))]
    assert books.months("03-31") == [("02", 0, {"new": 100}, 100), ("03", 100, {}, 100)], "computed again, the same"
    assert books.months("04-02") == [], "as known then, nobody ever paid"


def test_an_end_corrected_later_moves_the_churn_to_its_month(books: Books) -> None:
    usd(books, "01-10", 100, "01-10")
    usd(books, "03-20", 100, "01-10", "03-18")
    usd(books, "04-05", 100, "01-10", "02-20")
    assert books.months("03-19") == [("01", 0, {"new": 100}, 100), ("02", 100, {}, 100), ("03", 100, {}, 100)]
    assert books.months("03-31")[1:] == [("02", 100, {}, 100), ("03", 100, {"churn": -100}, 0)]
    assert books.months("04-05")[1:] == [("02", 100, {"churn": -100}, 0)]


def test_a_month_is_told_in_the_reporting_currency_at_the_rate_of_the_start(books: Books) -> None:
    books.rate("01-01", "01-05", 1.5)
    books.rate("02-01", "02-01", 9.0)
    books.pays("01-10", 100, "01-10")
    assert books.months("02-28") == [("01", 0, {"new": 150}, 150), ("02", 150, {}, 150)]
    books.pays("02-01", 10, "02-10", currency="CHF", name="x", account="x")
    rows = books.warehouse.frame(queries.mrr_months(as_of=AsOf(day("02-28")), currency="USD"))
    assert rows[["currency", "closing"]].values.tolist() == [["USD", 150], ["CHF", 10], ["USD", 150]]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("update revenue.mrr_months set churn = -1 where month = '2025-02-01'", [("02", Decimal(99), Decimal(100))]),
        ("update revenue.mrr_daily set mrr = 90 where date = '2025-03-31'", [("03", Decimal(100), Decimal(100))]),
        ("delete from revenue.mrr_months where month = '2025-03-01'", [("03", None, None)]),
    ],
)
def test_a_month_that_does_not_add_up_is_found(books: Books, damage: str, found: list[object]) -> None:
    usd(books, "01-10", 100, "01-10")
    books.night("03-31")
    assert books.warehouse.frame(queries.unclosed_months(as_of=AsOf(day("03-31")))).empty
    books.warehouse.connection.execute(damage)
    rows = books.warehouse.rows(queries.unclosed_months(as_of=AsOf(day("03-31"))))
    assert [(f"{row[0]:%m}", row[2], row[3]) for row in rows] == found
