"""A night's decisions in an empty warehouse, and destinations over them."""

import atexit
import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import default_document
from plg_orchestration.pql.destinations.deliver import Delivered, deliver
from plg_orchestration.pql.destinations.policy import destination_tables
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.sending.means import Means
from plg_orchestration.warehouse import Query, Warehouse, table
from plg_orchestration.warehouse.engine import META
from tests.sending.still import KEY, StillClock

NIGHT = dt.date(2025, 3, 31)
TOKEN = "pat-na1-7c1b7e3a-secret"
SECRETS = {"PLG_HOOK_KEY": KEY, "PLG_CRM_TOKEN": TOKEN, "PLG_PSEUDONYM_KEY": "a long enough pseudonym key"}


class Leads:
    """Decisions of nights up to `NIGHT`, and deliveries of them."""

    def __init__(self, folder: Path, *destinations: dict[str, Any], hosts: tuple[str, ...] = ("127.0.0.1",)) -> None:
        connection = emptied_connection()
        self.folder = folder
        self.warehouse = Warehouse(connection, folder / "published")
        self.warehouse.ensure(table("pql.decisions"))
        self.clock = StillClock()
        self.environment = dict(SECRETS)
        self.configure(*destinations, hosts=hosts)

    def configure(self, *destinations: dict[str, Any], hosts: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self.policy = policy_with(*destinations, hosts=hosts)
        for name, rows in destination_tables(self.policy.destinations).items():
            self.warehouse.connection.register("config_rows", rows)
            self.warehouse.connection.execute(f"create or replace table config.{name} as select * from config_rows")

    def decide(self, *users: str, night: dt.date = NIGHT, **values: Any) -> None:
        """These users are handed over that night, in this order, unless `values` say otherwise."""
        rows = [
            dict.fromkeys(table("pql.decisions").column_names) | {
                "decision_id": f"d-{user}-{night}", "as_of": night, "user_id": user, "account_id": f"of-{user}",
                "target": "conversion", "scorer": "rules", "version": "v1", "score": 70.0, "percentile": 90.0, "threshold": 65.0,
                "qualified": True, "route": "inside_sales", "sla_hours": 4.0, "due_at": dt.datetime(2025, 4, 1, 4),
                "holdout": False, "queue_rank": place, "handed_over": True, "top_reasons": "hit a limit of the free plan",
                **values,
            }
            for place, user in enumerate(users, start=1)
        ]  # fmt: skip
        self.warehouse.insert(table("pql.decisions"), pd.DataFrame(rows, dtype=object))

    def undecide(self, user: str) -> None:
        self.warehouse.connection.execute("delete from pql.decisions where user_id = $u", {"u": user})

    def deliver(self, night: dt.date = NIGHT, **options: Any) -> dict[str, Delivered]:
        means = Means(self.folder, self.environment, self.clock)
        done = deliver(self.warehouse, as_of=AsOf(night), policy=self.policy, means=means, **options)
        return {one.destination: one for one in done}

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        return self.warehouse.rows(Query("asked", text))

    def states(self, destination: str | None = None) -> dict[str, str]:
        """State by user, of one destination or all."""
        where = f"where destination = '{destination}'" if destination else ""
        return dict(self.rows(f"select user_id, state from pql.deliveries {where} order by as_of, user_id"))

    def attempts(self) -> list[tuple[Any, ...]]:
        """(user, attempt, result, status) of every try."""
        text = "select split_part(decision_id, '-', 2), attempt, result, status from pql.delivery_attempts order by 1, 2"
        return self.rows(text)

    def everything(self) -> str:
        """All that the delivery tables hold, as one text."""
        names = ("deliveries", "delivery_attempts", "dead_letters")
        return "\n".join(str(self.rows(f"select * from pql.{name} order by all")) for name in names)


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:")
    made.execute("set timezone = 'UTC'; set threads = 1")
    made.execute(META)
    atexit.register(_close)
    return made


def _close() -> None:
    _connection().close()
    _connection.cache_clear()


def emptied_connection() -> duckdb.DuckDBPyConnection:
    """One warehouse for all tests of a process, of which one uses it at a time: making one takes longer than most of them."""
    made = _connection()
    for schema in ("pql", "config"):
        made.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
    made.execute("delete from meta.pending; delete from meta.publications; delete from meta.parts")
    return made


def policy_with(*destinations: dict[str, Any], hosts: tuple[str, ...] = ("127.0.0.1",)) -> PqlPolicy:
    section = {"destination_hosts": list(hosts), "destinations": list(destinations)}
    return PqlPolicy.model_validate(default_document("pql").data | section)


def hook(address: str, **values: Any) -> dict[str, Any]:
    """A webhook that is sent as fast as it answers."""
    return {
        "name": "hook", "kind": "webhook", "url": f"{address}/leads", "key_from": "PLG_HOOK_KEY", "timeout_seconds": 5,
        "requests_per_second": 1000, "burst": 1000, **values,
    }  # fmt: skip


def crm(address: str, **values: Any) -> dict[str, Any]:
    """A CRM with three properties."""
    properties = {"plg_route": "route", "plg_score": "score", "plg_due_at": "due_at"}
    return {
        "name": "crm", "kind": "hubspot", "url": address, "token_from": "PLG_CRM_TOKEN", "id_property": "plg_user_id",
        "properties": properties, "timeout_seconds": 5, "requests_per_second": 1000, "burst": 1000, **values,
    }  # fmt: skip
