"""MRR movements of a plain table of subscriptions, without a workspace: pandas or Arrow in, pandas out.

The published tables of a workspace are in `queries.py`; both use the same SQL.
"""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Literal, TypeAlias

import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf, midnight
from plg_orchestration.revenue.billing import monthly
from plg_orchestration.revenue.queries import GRAINS, booked_periods, movements
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch

Column: TypeAlias = pa.Array | pa.ChunkedArray
NEEDED = ("account_id", "subscription_id", "started_at", "ended_at")
RATES = pa.schema([("currency", pa.string()), ("day", pa.date32()), ("rate", pa.float64())])
OPTIONAL: dict[str, pa.DataType] = {"currency": pa.string(), "trial": pa.bool_(), "known_at": pa.timestamp("us")}
EARLIEST = dt.date(1, 1, 1)


def mrr_movements(
    subscriptions: pd.DataFrame | pa.Table,
    *,
    grain: Literal["day", "month"] = "day",
    as_of: dt.date,
    timezone: str = "UTC",
    currency: str = "USD",
    exchange_rates: pd.DataFrame | pa.Table | None = None,
) -> pd.DataFrame:
    """Every change of each account's MRR up to the end of `as_of`, each of exactly one type.

    `subscriptions` has account_id, subscription_id, mrr (monthly price), started_at, ended_at (excluded; missing while it
    runs) and optionally currency (missing values mean `currency`), trial, and known_at: rows learnt after `as_of` do not
    count, and of several versions of one subscription the last learnt does. Dates are local days of `timezone`;
    naive timestamps are UTC instants. In place of mrr it may have price and billing_period (day, week, month, quarter, year), and
    per_seat, which says that the price is that of one of the `seats`.

    `exchange_rates` has currency, day and rate (units of `currency` for one): every price is then converted once, at the rate of
    the day on which it starts or the newest of the 31 days up to it, so that a rate which moves makes no movement. A currency
    without such a rate, and every currency when no rates are given, stays as it is.

    Gives date (of grain month: the month's first day), account_id, movement (new, expansion, contraction, churn,
    reactivation), amount (Decimal, two places) and currency, ordered by date and account. The amounts of an account add up to
    its MRR at the end of `as_of`. A month's movement is net: a return within the month is no churn, and `new` means that no
    earlier month closed with MRR. ValueError names the argument that is wrong.
    """
    if grain not in GRAINS:
        raise ValueError(f"grain: {grain!r} is none of {', '.join(GRAINS)}")
    clock = AsOf(as_of, timezone)
    rows = subscription_rows(subscriptions, clock=clock, currency=currency)
    plain = sql_file("revenue/plain_subscriptions.sql", requires=(), **clock.parameters())
    versions = dataclasses.replace(plain, name="subscription_versions")
    known = dataclasses.replace(sql_file("revenue/plain_exchange_rates.sql", requires=()), name="exchange_rate_versions")
    booked = booked_periods(as_of=clock, currency=currency, versions=versions, rates=known)
    with scratch(subscription_rows=rows, exchange_rate_rows=rate_rows(exchange_rates)) as warehouse:
        found = warehouse.arrow(movements(booked, as_of=clock, first=EARLIEST, grain=grain))
    return found.to_pandas(date_as_object=True)


def subscription_rows(subscriptions: pd.DataFrame | pa.Table, *, clock: AsOf, currency: str) -> pa.Table:
    """The table with all columns of their types and each row's position; ValueError names the column that does not fit."""
    table = subscriptions
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise ValueError(f"subscriptions: no column {', '.join(missing)}; it has {', '.join(table.column_names) or 'none'}")
    made: dict[str, Column] = {"position": pa.array(range(table.num_rows), pa.int64())}
    for name in ("account_id", "subscription_id"):
        made[name] = table.column(name).cast(pa.string())
        _refuse(name, made[name].is_null(), "is missing; give every row its id")
    for name in ("started_at", "ended_at"):
        made[name] = _instants(name, table.column(name), clock)
    _refuse("started_at", made["started_at"].is_null(), "is missing; a subscription starts on a day")
    made["mrr"] = _monthly_prices(table)
    for name, kind in OPTIONAL.items():
        given = table.column(name) if name in table.column_names else pa.nulls(table.num_rows, kind)
        made[name] = _instants(name, given, clock) if name == "known_at" else given.cast(kind)
    made["currency"] = made["currency"].fill_null(currency)
    dated = made["known_at"].null_count < table.num_rows
    if not dated and len(made["subscription_id"].unique()) != table.num_rows:
        raise ValueError("subscriptions: subscription_id repeats; give known_at to say which version was learnt last")
    return pa.table(made)


def rate_rows(rates: pd.DataFrame | pa.Table | None) -> pa.Table:
    """The exchange rates with their columns of their types; ValueError names what does not fit."""
    if rates is None:
        return RATES.empty_table()
    table = pa.Table.from_pandas(rates, preserve_index=False) if isinstance(rates, pd.DataFrame) else rates
    missing = [name for name in RATES.names if name not in table.column_names]
    if missing:
        raise ValueError(f"exchange_rates: no column {', '.join(missing)}; it needs {', '.join(RATES.names)}")
    typed = table.select(RATES.names).cast(RATES, safe=False)
    wrong = [row for row, rate in enumerate(typed.column("rate").to_pylist()) if rate is None or not rate > 0]
    if wrong:
        raise ValueError(f"exchange_rates: rate of row {wrong[0]} is not above 0; give units of the reporting currency for one")
    return typed


def _monthly_prices(table: pa.Table) -> Column:
    if "mrr" in table.column_names:
        return _prices("mrr", table.column("mrr"))
    if "price" not in table.column_names:
        raise ValueError(f"subscriptions: no column mrr, nor price; it has {', '.join(table.column_names)}")
    prices = _prices("price", table.column("price")).to_pylist()
    periods = table.column("billing_period").to_pylist() if "billing_period" in table.column_names else [None] * len(prices)
    made: list[Decimal] = []
    for row, (price, period, seats) in enumerate(zip(prices, periods, _seats(table), strict=True)):
        try:
            made.append(monthly(Decimal(str(price)) * seats, period))
        except ValueError as error:
            raise ValueError(f"subscriptions: row {row}: {error}") from None
    return pa.array(made, pa.decimal128(18, 2))


def _seats(table: pa.Table) -> list[int]:
    """By how many seats each row's price is multiplied: one, unless it is a price per seat."""
    if "per_seat" not in table.column_names:
        return [1] * table.num_rows
    per_seat = [bool(said) for said in table.column("per_seat").to_pylist()]
    counts = table.column("seats").to_pylist() if "seats" in table.column_names else [None] * table.num_rows
    wrong = pa.array(
        [said and (count is None or not count >= 0) for said, count in zip(per_seat, counts, strict=True)], pa.bool_()
    )
    _refuse("seats", wrong, "is missing, and the price is per seat")
    return [int(count) if said else 1 for said, count in zip(per_seat, counts, strict=True)]


def _prices(name: str, column: Column) -> Column:
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)):
        raise ValueError(f"subscriptions: {name} has the type {kind}; give numbers")
    _refuse(name, column.cast(pa.float64()).is_null(nan_is_null=True), "is missing; an unknown price cannot be added up")
    _refuse(name, pa.array([price < 0 for price in column.to_pylist()], pa.bool_()), "is negative; a credit is no subscription")
    return column


def _instants(name: str, column: Column, clock: AsOf) -> Column:
    """Naive UTC instants; a date is its local midnight, so that it stays that date in the workspace's time zone."""
    kind = column.type
    if column.null_count == len(column):
        return pa.nulls(len(column), pa.timestamp("us"))
    if pa.types.is_date(kind):
        starts = {date: midnight(date, clock.timezone) for date in column.unique().to_pylist() if date is not None}
        return pa.array([starts.get(date) for date in column.to_pylist()], pa.timestamp("us"))
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.timestamp("us"))
    raise ValueError(f"subscriptions: {name} has the type {kind}; give dates or timestamps")


def _refuse(name: str, wrong: Column, why: str) -> None:
    row = wrong.index(True).as_py()
    if row >= 0:
        raise ValueError(f"subscriptions: {name} of row {row} {why}")
