"""A warehouse into which subscriptions and rates are written as they become known."""

import datetime as dt

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest import ensure_tables
from plg_orchestration.revenue import queries
from plg_orchestration.warehouse import Warehouse, table

BUILDS = (("mrr_daily", queries.mrr_daily), ("mrr_movements", queries.mrr_movements), ("mrr_months", queries.mrr_months))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2025-{text}")


class Books:
    """A warehouse into which subscriptions and rates are written as they become known."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        ensure_tables(warehouse)

    def put(self, name: str, known: str, **values: object) -> None:
        line = self.warehouse.scalar(f"select count(*) from ingest.{name}")
        row = {**values, "known_at": day(known), "known_date": day(known), "file_id": "f", "line": line}
        marks = ", ".join("?" for _ in row)
        self.warehouse.connection.execute(f"insert into ingest.{name} ({', '.join(row)}) values ({marks})", list(row.values()))

    def pays(
        self, known: str, mrr: float, start: str, end: str | None = None, *, currency: str = "EUR", name: str = "s",
        account: str = "a",
    ) -> None:  # fmt: skip
        self.put(
            "subscriptions", known, subscription_id=name, account_id=account, mrr=mrr, currency=currency, started_at=day(start),
            ended_at=day(end) if end else None, trial=False,
        )  # fmt: skip

    def rate(self, known: str, date: str, rate: float) -> None:
        self.put("exchange_rates", known, currency="EUR", day=day(date), rate=rate)

    def months(self, date: str) -> list[tuple[object, ...]]:
        """The waterfall as known on the day: month, opening, the movements that are not 0, closing."""
        frame = self.warehouse.frame(queries.mrr_months(as_of=AsOf(day(date)), currency="USD"))
        kinds = ("new", "expansion", "contraction", "churn", "reactivation")
        return [
            (
                f"{row.month:%m}",
                int(row.opening),
                {kind: int(getattr(row, kind)) for kind in kinds if getattr(row, kind)},
                int(row.closing),
            )
            for row in frame.itertuples()
        ]

    def closing(self, date: str) -> list[tuple[object, ...]]:
        rows = self.warehouse.rows(queries.mrr_daily(as_of=AsOf(day(date)), currency="USD"))
        return [(row[2], row[3]) for row in rows]

    def night(self, date: str) -> pd.DataFrame:
        """Both tables published for the day, and what they do not add up to."""
        as_of = AsOf(day(date))
        for name, build in BUILDS:
            self.warehouse.publish(table(f"revenue.{name}"), lambda _, b=build: b(as_of=as_of, currency="USD"), [as_of.date])
        return self.warehouse.frame(queries.mrr_reconciliation(as_of=as_of, currency="USD"))
