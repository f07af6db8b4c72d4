"""Tiny worlds for this stage's tests: hand-made rows in the tables that ingest and behavior fill in a real night."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from plg_orchestration import STAGES
from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Warehouse, table

DAY = dt.date(2025, 3, 31)
AS_OF = AsOf(DAY)
POLICY = load_default("pql", PqlPolicy)


def at(days_ago: int, hour: int = 12) -> dt.datetime:
    """`hour` o'clock, `days_ago` days before the worlds' day."""
    return dt.datetime.combine(DAY - dt.timedelta(days=days_ago), dt.time(hour))


class World:
    """A warehouse whose input tables are filled row by row; all is received on the day it happens unless told otherwise."""

    def __init__(self, warehouse: Warehouse, policy: PqlPolicy = POLICY) -> None:
        self.warehouse = warehouse
        self.policy = policy
        self.as_of = AS_OF
        warehouse.connection.execute("create table config.event_roles (event varchar, role varchar, step integer, item varchar)")
        for name, rows in policy.config_tables().items():
            warehouse.connection.register("config_rows", rows)
            warehouse.connection.execute(f"create table config.{name} as select * from config_rows")
        for name in REFERENCE:
            self._ensure(f"ingest.{name}")
        for name in ("behavior.user_days", "behavior.user_features", "behavior.milestones"):
            self._ensure(name)

    def received(self, name: str) -> str:
        """The column that says when a row of `stage.table` became known."""
        return "received_date" if name.startswith("behavior.") else "known_date"

    def _ensure(self, name: str) -> None:
        self.warehouse.ensure(table(name))

    def add(self, name: str, **values: object) -> None:
        """One row of `stage.table`; columns that are not named are NULL, counts of `behavior` tables 0."""
        row: dict[str, object] = {}
        for column in table(name).columns:
            empty = 0 if name.startswith("behavior.") and column.type == "BIGINT" else None
            row[column.name] = values.pop(column.name, empty)
        assert not values, f"{name} has no columns {sorted(values)}"
        self.warehouse.insert(table(name), pd.DataFrame([row], dtype=object))

    def user(self, user_id: str, account_id: str | None = None, *, days_ago: int = 20, **values: object) -> None:
        """A user who signed up `days_ago` days before the day."""
        known = at(days_ago)
        self.add("ingest.users", user_id=user_id, account_id=account_id, signup_at=known, known_at=known,
                 known_date=known.date(), **values)  # fmt: skip

    def account(self, account_id: str, *, days_ago: int = 20, **values: object) -> None:
        """An account known since `days_ago` days before the day."""
        self.add("ingest.accounts", account_id=account_id, known_at=at(days_ago), known_date=at(days_ago).date(), **values)

    def active(self, user_id: str, *days_ago: int, received: int | None = None, **counts: object) -> None:
        """One qualifying event (or `counts`) on each of the days; received the same day unless `received` days ago is given."""
        for ago in days_ago:
            day = DAY - dt.timedelta(days=ago)
            known = day if received is None else DAY - dt.timedelta(days=received)
            row: dict[str, object] = {"events": 1, "qualifying_events": 1, "sessions": 1, **counts}
            self.add("behavior.user_days", received_date=known, event_date=day, user_id=user_id, first_at=at(ago),
                     last_at=at(ago), **row)  # fmt: skip

    def invite(self, inviter_id: str, *, days_ago: int, accepted: bool = False) -> None:
        """An invitation sent, and perhaps accepted, that day."""
        ((count,),) = self.warehouse.connection.execute("select count(*) from ingest.invites").fetchall()
        moment = at(days_ago)
        self.add("ingest.invites", invite_id=f"i{count}", inviter_id=inviter_id, sent_at=moment,
                 accepted_at=moment if accepted else None, known_at=moment, known_date=moment.date())  # fmt: skip

    def outcome(self, user_id: str, outcome: str, *, days_ago: int) -> None:
        """What sales made of the user that day."""
        self.add("ingest.crm_outcomes", outcome_id=f"{user_id}-{outcome}-{days_ago}", user_id=user_id, outcome=outcome,
                 at=at(days_ago), known_at=at(days_ago), known_date=at(days_ago).date())  # fmt: skip

    def reached(self, unit_id: str, role: str, item: str = "", *, days_ago: int = 3, events: int = 1, unit: str = "user") -> None:
        """The unit did what plays the role, `events` times."""
        self.add("behavior.milestones", received_date=at(days_ago).date(), unit=unit, unit_id=unit_id, role=role, item=item,
                 first_at=at(days_ago), events=events)  # fmt: skip

    def role(self, event: str, role: str, item: str = "", step: int | None = None) -> None:
        """The mapping says that the event plays the role."""
        values = {"event": event, "role": role, "step": step, "item": item}
        self.warehouse.connection.execute("insert into config.event_roles values ($event, $role, $step, $item)", values)

    def subscription(self, account_id: str, *, mrr: float, days_ago: int, ended: int | None = None, trial: bool = False) -> None:
        """A subscription that started `days_ago` days before the day (negative: after it) and is known since then."""
        self.add("ingest.subscriptions", subscription_id=f"{account_id}-{days_ago}", account_id=account_id, mrr=mrr, trial=trial,
                 started_at=at(days_ago), ended_at=None if ended is None else at(ended), known_at=at(days_ago),
                 known_date=at(days_ago).date())  # fmt: skip


REFERENCE = ("users", "accounts", "subscriptions", "invites", "crm_outcomes")


@pytest.fixture
def policy() -> PqlPolicy:
    """The packaged policy."""
    return POLICY


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty world in memory; its day is 2025-03-31, a Monday."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'")
        for schema in (*STAGES, "config"):
            connection.execute(f"create schema {schema}")
        yield World(Warehouse(connection, tmp_path))
