"""A warehouse with the few tables that the behavior stage reads, filled by hand."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration import behavior
from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, Warehouse, table
from tests.warehouses import in_memory

EVENTS = """
create or replace table ingest.events (
    received_date date, event_id varchar, kind varchar, event varchar, user_id varchar, anonymous_id varchar, account_id varchar,
    event_at timestamp, received_at timestamp, session_id varchar, device varchar, locale varchar, country varchar,
    region varchar, app_version varchar, properties varchar, content_hash varchar, file_id varchar, line bigint);
create or replace table config.event_roles (event varchar, role varchar, step integer, item varchar);
create or replace table config.passive_events (event varchar);
create or replace table config.funnel_steps (role varchar, item varchar, event varchar);
create or replace table config.activation_conditions (
    rule varchar, rule_kind varchar, "group" integer, group_kind varchar, position integer, subject varchar, role varchar,
    item varchar, event varchar, count integer, distinct_items boolean, within_days integer, window_days integer, words varchar);
create or replace table config.activation_rules (rule varchar, attribute varchar, value varchar, words varchar);
"""
READ = (
    "ingest.identities", "ingest.users", "behavior.user_days", "behavior.milestones", "behavior.sessions",
    "behavior.step_events", "behavior.activity", "behavior.user_features", "behavior.feature_activity", "behavior.visitor_days",
)  # fmt: skip


class World:
    """Events, identities, users and roles by hand; times are naive UTC in ISO form."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        warehouse.connection.execute(EVENTS)
        for name in READ:
            warehouse.ensure(table(name))

    def clear(self) -> None:
        for name in ("ingest.events", *READ):
            self.warehouse.connection.execute(f"delete from {name}")

    def roles(self, *rows: tuple[str, str, str | None]) -> None:
        for event, role, item in rows:
            self.warehouse.connection.execute("insert into config.event_roles values (?, ?, null, ?)", [event, role, item])

    def passive(self, *events: str) -> None:
        for event in events:
            self.warehouse.connection.execute("insert into config.passive_events values (?)", [event])

    def declares(self, table: str, *rows: tuple[str | None, str | None, str | None]) -> None:
        """Rows (role, item, event) of the declared steps or conditions."""
        for row in rows:
            self.warehouse.connection.execute(f"insert into config.{table} (role, item, event) values (?, ?, ?)", list(row))

    def event(
        self, at: str, name: str, user: str | None = None, *, account: str | None = None, anonymous: str | None = None,
        session: str | None = None, received: str | None = None, kind: str = "track",
    ) -> None:  # fmt: skip
        happened = dt.datetime.fromisoformat(at)
        day = dt.date.fromisoformat(received) if received else happened.date()
        self.warehouse.connection.execute(
            "insert into ingest.events (received_date, kind, event, user_id, anonymous_id, account_id, event_at, received_at,"
            " session_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [day, kind, name, user, anonymous, account, happened, happened, session],
        )

    def insert(self, name: str, **values: object) -> None:
        declared = table(name)
        self.warehouse.insert(declared, pd.DataFrame([values], columns=list(declared.column_names)))

    def identity(self, anonymous: str, user: str, known: str) -> None:
        at = dt.datetime.fromisoformat(known)
        self.insert("ingest.identities", anonymous_id=anonymous, user_id=user, known_at=at, known_date=at.date())

    def user(self, user: str, account: str | None, known: str, origin: str = "source") -> None:
        at = dt.datetime.fromisoformat(known)
        values = {"signup_at": at, "known_at": at, "known_date": at.date(), "file_id": "f", "line": 1, "origin": origin}
        self.insert("ingest.users", user_id=user, account_id=account, **values)

    def active(self, day: str, user: str | None = None, *, account: str | None = None, received: str | None = None,
               qualifying: int = 1, core: int = 0) -> None:  # fmt: skip
        """A row of `behavior.user_days`; received on its own day unless said otherwise."""
        date = dt.date.fromisoformat(day)
        counts = {"events": 2, "qualifying_events": qualifying, "core_events": core, "items_created": 1, "invites_sent": 1,
                  "invites_accepted": 0}  # fmt: skip
        known = dt.date.fromisoformat(received) if received else date
        self.insert("behavior.user_days", received_date=known, event_date=date, user_id=user, account_id=account, **counts)

    def build(self, name: str, *days: dt.date) -> None:
        """Replace the days of `behavior.<name>` one by one, as nights do."""
        for day in days:
            self.build_range(name, day, day)

    def build_range(self, name: str, first: dt.date, last: dt.date) -> None:
        """Replace the days of `behavior.<name>` at once."""
        declared = table(f"behavior.{name}")
        self.warehouse.ensure(declared)
        self.warehouse.connection.execute(f"delete from {declared.name} where {declared.day} between ? and ?", [first, last])
        self.warehouse.insert(declared, getattr(behavior, name)(as_of=AsOf(last), first=first))

    def rows_of(self, name: str) -> list[tuple[object, ...]]:
        """The stored rows of `behavior.<name>`, ordered by all columns."""
        return self.warehouse.connection.execute(f"select * from behavior.{name} order by all").fetchall()

    def records(self, query: Query) -> list[dict[str, object]]:
        """The query's rows as dictionaries, ordered by all columns."""
        rows = self.warehouse.arrow(query).to_pylist()
        return sorted(rows, key=lambda row: [str(value) for value in row.values()])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty world in memory."""
    with in_memory(tmp_path / "published") as warehouse:
        yield World(warehouse)
