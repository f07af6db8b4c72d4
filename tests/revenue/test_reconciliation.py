"""Opening + movements = closing, to the cent, on two data sets that nobody here shaped."""

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration import revenue

DATA = Path(os.environ.get("PLG_DATA", Path(__file__).parents[3] / "shared" / "data"))


def last_of_month(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def kind_of(opening: Decimal, closing: Decimal, returning: bool) -> str:
    if opening == 0:
        return "reactivation" if returning else "new"
    if closing == 0:
        return "churn"
    return "expansion" if closing > opening else "contraction"


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
