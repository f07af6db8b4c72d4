"""Accounts and their usage by hand, for the tests of segments: who did how much in the last four weeks and in those before."""

import datetime as dt
from contextlib import contextmanager

import pandas as pd

from plg_orchestration import STAGES
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.segmentation import queries
from plg_orchestration.cohorts.segmentation.policy import SegmentPolicy
from plg_orchestration.config.section import load_default
from plg_orchestration.warehouse import table
from plg_orchestration.warehouse.scratch import scratch
from tests.cohorts.conftest import World

JUNE_30 = dt.date(2025, 6, 30)
DAY = dt.timedelta(days=1)
POLICY = load_default("segments", SegmentPolicy)


class Product:
    """A product of which the cohorts stage's world knows users, accounts, money and milestones; usage is written in bulk."""

    def __init__(self, world, policy=POLICY):
        self.world, self.policy = world, policy
        self.days, self.features = [], []
        for name in ("behavior.user_features", "ingest.exchange_rates"):
            world.warehouse.ensure(table(name))
        for name, rows in policy.config_tables().items():
            world.warehouse.connection.register("given", rows)
            world.warehouse.connection.execute(f"create or replace table config.{name} as select * from given")
            world.warehouse.connection.unregister("given")

    def does(
        self, user, account, date, *, core=0, features=(), collaborations=0, received=None, qualifying=1, times=1,
        active_at="12:00",
    ):  # fmt: skip
        """`times` days from `date` on, each with so much of everything."""
        start = dt.date.fromisoformat(date) if isinstance(date, str) else date
        for day in (start + n * DAY for n in range(times)):
            known = dt.date.fromisoformat(received) if received else day
            at = dt.datetime.combine(day, dt.time.fromisoformat(active_at))
            self.days.append({
                "received_date": known, "event_date": day, "user_id": user, "account_id": account,
                "events": max(core, qualifying), "qualifying_events": qualifying, "core_events": core,
                "collaborations": collaborations, "invites_sent": 0, "invites_accepted": 0, "first_at": at,
                "first_active_at": at if qualifying else None,
            })  # fmt: skip
            self.features += [
                {"received_date": known, "event_date": day, "user_id": user, "account_id": account, "feature": f, "events": 1}
                for f in features
            ]

    def member(self, user, account, *, recent=0, before=0, features=1, collaborations=(0, 0), as_of=JUNE_30, signup="2025-01-06"):
        """A user with core events in the last four weeks and in the four before, on one day each, and collaborations in both."""
        if signup:
            self.world.user(user, f"{signup} 09:00", account_id=account)
        if before:
            self.does(user, account, as_of - 35 * DAY, core=before, collaborations=collaborations[0])
        if recent:
            names = [f"feature {n}" for n in range(features)]
            self.does(user, account, as_of - 3 * DAY, core=recent, features=names, collaborations=collaborations[1])

    def write(self):
        for name, rows in (("behavior.user_days", self.days), ("behavior.user_features", self.features)):
            if rows:
                columns = list(table(name).column_names)
                frame = pd.DataFrame(rows).reindex(columns=columns)
                self.world.warehouse.insert(table(name), frame)
        self.days, self.features = [], []

    def emptied(self):
        """The same product with nobody in it."""
        self.world.clear()
        self.world.warehouse.connection.execute("delete from behavior.user_features")
        self.days, self.features = [], []
        return self

    def teams(self, as_of=JUNE_30, *, timezone="UTC"):
        """The accounts' teams, champions and money, from which the rows of segments take them, by account."""
        self.write()
        query = queries.account_teams(as_of=AsOf(as_of, timezone), policy=self.policy)
        return {row["account_id"]: row for row in self.world.records(query)}

    def segments(self, as_of=JUNE_30, *, timezone="UTC", unit="account", policy=None, currency=None):
        """The rows of one kind of unit by id."""
        self.write()
        query = queries.segments(as_of=AsOf(as_of, timezone), policy=policy or self.policy, currency=currency)
        return {row["unit_id"]: row for row in self.world.records(query) if row["unit"] == unit}


@contextmanager
def product_with(*roles):
    """A product in memory in which an event named like it plays each role."""
    with scratch() as warehouse:
        warehouse.connection.execute("set threads = 1")
        for schema in (*STAGES, "config"):
            warehouse.connection.execute(f"create schema {schema}")
        world = World(warehouse)
        for role in roles:
            world.role(role, role)
        yield Product(world)
