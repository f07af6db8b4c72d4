"""Opening + movements = closing, to the cent: on random histories and on two data sets that nobody here shaped."""

import datetime as dt
import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration import revenue

JANUARY = dt.date(2025, 1, 1)
DATA = Path(os.environ.get("PLG_DATA", Path(__file__).parents[3] / "shared" / "data"))
Row = tuple[str, int, int, int | None]

histories = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(0, 30_00), st.integers(0, 120), st.one_of(st.none(), st.integers(0, 140))
    ),
    max_size=12,
)  # fmt: skip


def date_of(offset: int) -> dt.date:
    return JANUARY + dt.timedelta(days=offset)


def frame(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame({
        "account_id": pd.Series([row[0] for row in rows], dtype=str),
        "subscription_id": pd.Series([f"s{number}" for number in range(len(rows))], dtype=str),
        "mrr": [Decimal(row[1]) / 100 for row in rows],
        "started_at": [date_of(row[2]) for row in rows],
        "ended_at": [None if row[3] is None else date_of(row[3]) for row in rows],
    })  # fmt: skip


def mrr_on(subscriptions: pd.DataFrame, day: dt.date) -> dict[str, Decimal]:
    """Each account's MRR on a day, straight from the definition."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for row in subscriptions.itertuples():
        if row.started_at <= day and (pd.isna(row.ended_at) or row.ended_at > day):
            total[row.account_id] += row.mrr
    return {account: amount for account, amount in total.items() if amount}


def last_of_month(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


@settings(max_examples=20, deadline=None)
@given(rows=histories, as_of=st.integers(0, 150).map(date_of))
def test_movements_add_up_to_every_accounts_mrr_on_every_day(rows: list[Row], as_of: dt.date) -> None:
    subscriptions = frame(rows)
    movements = revenue.mrr_movements(subscriptions, as_of=as_of)
    balance: dict[str, Decimal] = defaultdict(Decimal)
    seen: set[str] = set()
    by_day = dict(list(movements.groupby("date")))
    for offset in range((as_of - JANUARY).days + 1):
        day = date_of(offset)
        for movement in by_day.get(day, movements.head(0)).itertuples():
            opening, closing = balance[movement.account_id], balance[movement.account_id] + movement.amount
            assert movement.movement == kind_of(opening, closing, movement.account_id in seen)
            balance[movement.account_id] = closing
            seen.add(movement.account_id)
        assert {account: amount for account, amount in balance.items() if amount} == mrr_on(subscriptions, day)
    assert not movements.duplicated(["date", "account_id", "currency"]).any()


def kind_of(opening: Decimal, closing: Decimal, returning: bool) -> str:
    if opening == 0:
        return "reactivation" if returning else "new"
    if closing == 0:
        return "churn"
    return "expansion" if closing > opening else "contraction"


@settings(max_examples=12, deadline=None)
@given(rows=histories)
def test_a_months_movements_are_the_sum_of_its_days(rows: list[Row]) -> None:
    subscriptions, as_of = frame(rows), dt.date(2025, 5, 31)
    daily = revenue.mrr_movements(subscriptions, as_of=as_of)
    monthly = revenue.mrr_movements(subscriptions, grain="month", as_of=as_of)
    summed: dict[tuple[str, dt.date], Decimal] = defaultdict(Decimal)
    for movement in daily.itertuples():
        summed[movement.account_id, movement.date.replace(day=1)] += movement.amount
    found = {(movement.account_id, movement.date): movement.amount for movement in monthly.itertuples()}
    assert found == {key: amount for key, amount in summed.items() if amount}


def playbook() -> pd.DataFrame:
    path = DATA / "mrr_playbook" / "subscription_periods.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    rows = pd.read_csv(path, parse_dates=["start_date", "end_date"])
    return rows.rename(
        columns={"customer_id": "account_id", "monthly_amount": "mrr", "start_date": "started_at", "end_date": "ended_at"}
    )


def ravenstack() -> pd.DataFrame:
    path = DATA / "ravenstack" / "ravenstack_subscriptions.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    rows = pd.read_csv(path, parse_dates=["start_date", "end_date"])
    names = {"mrr_amount": "mrr", "start_date": "started_at", "end_date": "ended_at", "is_trial": "trial"}
    return rows.rename(columns=names)


@pytest.mark.parametrize(("source", "customers"), [(playbook, 55), (ravenstack, 500)])
def test_published_subscriptions_reconcile_for_every_customer_and_month(source: object, customers: int) -> None:
    rows = source()  # pyright: ignore[reportCallIssue]
    assert rows["account_id"].nunique() == customers
    as_of = last_of_month(max(rows["started_at"].max(), rows["ended_at"].max()).date())
    monthly = revenue.mrr_movements(rows, grain="month", as_of=as_of)
    daily = revenue.mrr_movements(rows, grain="day", as_of=as_of)
    first = rows["started_at"].min().to_period("M")
    balance = pd.Series(dtype=object)
    cents = (rows["mrr"] * 100).astype(int)
    checked = 0
    for month in pd.period_range(first, pd.Period(as_of, "M"), freq="M"):
        moved = monthly[monthly["date"] == month.start_time.date()].set_index("account_id")["amount"]
        balance = balance.add(moved, fill_value=Decimal(0))
        by_days = daily[daily["date"] <= month.end_time.date()].groupby("account_id")["amount"].sum()
        end = month.end_time.normalize()
        active = (rows["started_at"] <= end) & (rows["ended_at"].isna() | (rows["ended_at"] > end))
        expected = cents[active].groupby(rows["account_id"].astype(str)[active]).sum()
        for account in rows["account_id"].astype(str).unique():
            closing = Decimal(int(expected.get(account, 0))) / 100
            assert balance.get(account, 0) == closing, (account, month)
            assert by_days.get(account, 0) == closing, (account, month)
            checked += 1
    assert checked == customers * len(pd.period_range(first, pd.Period(as_of, "M"), freq="M"))


@pytest.mark.parametrize("source", [playbook, ravenstack])
def test_published_subscriptions_move_as_a_table_of_closings_says(source: object) -> None:
    """Every customer's month has the one movement that its closings by month, pivoted, give; and no other month has any."""
    rows = source()  # pyright: ignore[reportCallIssue]
    if "trial" in rows:
        rows = rows[~rows["trial"]]
    as_of = last_of_month(max(rows["started_at"].max(), rows["ended_at"].max()).date())
    months = pd.period_range(rows["started_at"].min().to_period("M"), pd.Period(as_of, "M"), freq="M")
    ends = {month: month.end_time.normalize() for month in months}
    cents = (rows["mrr"] * 100).round().astype(int)
    closings = pd.DataFrame({
        month: cents[(rows["started_at"] <= end) & (rows["ended_at"].isna() | (rows["ended_at"] > end))]
        .groupby(rows["account_id"].astype(str)).sum()
        for month, end in ends.items()
    }).fillna(0).astype(int)  # fmt: skip
    openings = closings.shift(axis=1, fill_value=0)
    paid_before = closings.cumsum(axis=1).shift(axis=1, fill_value=0) > 0
    expected = {
        (
            month.start_time.date(),
            account,
            kind_of(Decimal(int(opening)), Decimal(int(closing)), bool(before)),
            (closing - opening),
        )
        for month in months
        for account, opening, closing, before in zip(
            closings.index, openings[month], closings[month], paid_before[month], strict=True
        )
        if opening != closing
    }
    monthly = revenue.mrr_movements(rows, grain="month", as_of=as_of)
    found = {(row.date, row.account_id, row.movement, int(row.amount * 100)) for row in monthly.itertuples()}
    assert found == expected
    assert len(found) == len(monthly)
