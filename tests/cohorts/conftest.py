"""A warehouse with the few tables that the cohorts stage reads, filled by hand."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.warehouse import Query, Warehouse, table
from tests.warehouses import in_memory

READ = (
    "ingest.users", "ingest.accounts", "ingest.subscriptions", "ingest.invites", "behavior.user_days", "behavior.milestones",
)  # fmt: skip


class World:
    """Users, accounts, activity and milestones by hand; times are naive UTC in ISO form, known at once unless said otherwise."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        roles = "create or replace table config.event_roles (event varchar, role varchar, step integer, item varchar)"
        warehouse.connection.execute(roles)
        for name in READ:
            warehouse.ensure(table(name))

    def clear(self) -> None:
        for name in READ:
            self.warehouse.connection.execute(f"delete from {name}")

    def insert(self, name: str, **values: object) -> None:
        declared = table(name)
        self.warehouse.insert(declared, pd.DataFrame([values], columns=list(declared.column_names)))

    def role(self, event: str, role: str) -> None:
        self.warehouse.connection.execute("insert into config.event_roles values (?, ?, null, null)", [event, role])

    def user(self, user: str, signup: str, *, known: str | None = None, **values: object) -> None:
        at = dt.datetime.fromisoformat(signup)
        seen = dt.datetime.fromisoformat(known) if known else at
        self.insert("ingest.users", user_id=user, signup_at=at, known_at=seen, known_date=seen.date(), **values)

    def account(self, account: str, signup: str | None = None, *, known: str = "2024-01-01", **values: object) -> None:
        seen = dt.datetime.fromisoformat(known)
        at = dt.datetime.fromisoformat(signup) if signup else None
        self.insert("ingest.accounts", account_id=account, signup_at=at, known_at=seen, known_date=seen.date(), **values)

    def subscription(self, account: str, started: str, mrr: int, *, trial: bool = False, known: str | None = None) -> None:
        at = dt.datetime.fromisoformat(started)
        seen = dt.datetime.fromisoformat(known) if known else at
        self.insert(
            "ingest.subscriptions", subscription_id=f"{account}-{started}-{mrr}", account_id=account, started_at=at, mrr=mrr,
            trial=trial, known_at=seen, known_date=seen.date(),
        )  # fmt: skip

    def invite(self, inviter: str, sent: str, invitee: str | None = None, accepted: str | None = None) -> None:
        at = dt.datetime.fromisoformat(sent)
        self.insert(
            "ingest.invites", invite_id=f"{inviter}-{sent}-{invitee}", inviter_id=inviter, invitee_user_id=invitee, sent_at=at,
            accepted_at=dt.datetime.fromisoformat(accepted) if accepted else None, known_at=at, known_date=at.date(),
        )  # fmt: skip

    def active(
        self, user: str | None, *days: str, account: str | None = None, received: str | None = None, qualifying: int = 1
    ) -> None:
        for day in days:
            date = dt.date.fromisoformat(day)
            known = dt.date.fromisoformat(received) if received else date
            self.insert(
                "behavior.user_days", received_date=known, event_date=date, user_id=user, account_id=account, events=1,
                qualifying_events=qualifying,
            )  # fmt: skip

    def reached(self, unit: str, unit_id: str, role: str, at: str, *, received: str | None = None) -> None:
        first = dt.datetime.fromisoformat(at)
        known = dt.date.fromisoformat(received) if received else first.date()
        self.insert(
            "behavior.milestones", received_date=known, unit=unit, unit_id=unit_id, role=role, item="", first_at=first, events=1
        )

    def records(self, query: Query) -> list[dict[str, object]]:
        """The query's rows as dictionaries, ordered by all columns."""
        rows = self.warehouse.arrow(query).to_pylist()
        return sorted(rows, key=lambda row: [str(value) for value in row.values()])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with in_memory(tmp_path / "published") as warehouse:
        yield World(warehouse)
