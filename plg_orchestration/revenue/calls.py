"""MRR movements of a plain table of subscriptions, without a workspace: pandas or Arrow in, pandas out.

The published tables of a workspace are in `queries.py`; both use the same SQL.
"""

import dataclasses
import datetime as dt
from typing import Literal, TypeAlias

import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf, midnight
from plg_orchestration.revenue.queries import GRAINS, movements, paid_periods
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch

Column: TypeAlias = pa.Array | pa.ChunkedArray
NEEDED = ("account_id", "subscription_id", "mrr", "started_at", "ended_at")
OPTIONAL: dict[str, pa.DataType] = {"currency": pa.string(), "trial": pa.bool_(), "known_at": pa.timestamp("us")}
EARLIEST = dt.date(1, 1, 1)


def mrr_movements(
    subscriptions: pd.DataFrame | pa.Table,
    *,
    grain: Literal["day", "month"] = "day",
    as_of: dt.date,
    timezone: str = "UTC",
    currency: str = "USD",
) -> pd.DataFrame:
    """Every change of each account's MRR up to the end of `as_of`, each of exactly one type.

    `subscriptions` has account_id, subscription_id, mrr (monthly price), started_at, ended_at (excluded; missing while it
    runs) and optionally currency (missing values mean `currency`), trial, and known_at: rows learnt after `as_of` do not
    count, and of several versions of one subscription the last learnt does. Dates are local days of `timezone`;
    naive timestamps are UTC instants.

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
    paid = paid_periods(as_of=clock, versions=dataclasses.replace(plain, name="subscription_versions"))
    with scratch(subscription_rows=rows) as warehouse:
        found = warehouse.arrow(movements(paid, as_of=clock, first=EARLIEST, grain=grain))
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
    made["mrr"] = _prices(table.column("mrr"))
    for name, kind in OPTIONAL.items():
        given = table.column(name) if name in table.column_names else pa.nulls(table.num_rows, kind)
        made[name] = _instants(name, given, clock) if name == "known_at" else given.cast(kind)
    made["currency"] = made["currency"].fill_null(currency)
    dated = made["known_at"].null_count < table.num_rows
    if not dated and len(made["subscription_id"].unique()) != table.num_rows:
        raise ValueError("subscriptions: subscription_id repeats; give known_at to say which version was learnt last")
    return pa.table(made)


def _prices(column: Column) -> Column:
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)):
        raise ValueError(f"subscriptions: mrr has the type {kind}; give numbers")
    _refuse("mrr", column.cast(pa.float64()).is_null(nan_is_null=True), "is missing; an unknown price cannot be added up")
    _refuse("mrr", pa.array([price < 0 for price in column.to_pylist()], pa.bool_()), "is negative; a credit is no subscription")
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
