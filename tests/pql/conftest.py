"""Tiny worlds for this stage's tests: hand-made rows in the tables that ingest and behavior fill in a real night."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from plg_orchestration import STAGES
from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.pql.bias.audit import bias_audit
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.training.candidate import Training, train
from plg_orchestration.pql.training.policy import Algorithms
from plg_orchestration.warehouse import Warehouse, table
from plg_orchestration.warehouse.engine import META

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
        for name in (
            "behavior.user_days",
            "behavior.user_features",
            "behavior.milestones",
            "governance.suspects",
            "governance.suspicions",
            "pql.overrides",
        ):
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

    def fill(self, name: str, rows: pd.DataFrame) -> None:
        """Many rows of `stage.table` at once; columns that are not in the frame are NULL, counts 0."""
        empty = {c.name: 0 if c.type == "BIGINT" and name.startswith("behavior.") else None for c in table(name).columns}
        full = rows.assign(**{column: value for column, value in empty.items() if column not in rows.columns})
        self.warehouse.insert(table(name), full)

    def keep(self, name: str, rows: pd.DataFrame) -> None:
        """Rows of a published table of this stage."""
        self._ensure(name)
        self.warehouse.insert(table(name), rows)

    def user(self, user_id: str, account_id: str | None = None, *, days_ago: int = 20, **values: object) -> None:
        """A user who signed up `days_ago` days before the day."""
        known = at(days_ago)
        self.add("ingest.users", user_id=user_id, account_id=account_id, signup_at=known, known_at=known,
                 known_date=known.date(), origin="source", **values)  # fmt: skip

    def account(self, account_id: str, *, days_ago: int = 20, **values: object) -> None:
        """An account known since `days_ago` days before the day."""
        self.add("ingest.accounts", account_id=account_id, known_at=at(days_ago), known_date=at(days_ago).date(),
                 origin="source", **values)  # fmt: skip

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

    def ticket(self, ticket_id: str, *, opened: int, closed: int | None = None, **values: object) -> None:
        """A support ticket that was opened, and perhaps closed, so many days ago; what is known of it is known at once."""
        self.add("ingest.tickets", ticket_id=ticket_id, opened_at=at(opened), closed_at=None if closed is None else at(closed),
                 known_at=at(opened), known_date=at(opened).date(), **values)  # fmt: skip

    def reached(self, unit_id: str, role: str, item: str = "", *, days_ago: int = 3, events: int = 1, unit: str = "user") -> None:
        """The unit did what plays the role, `events` times."""
        day = at(days_ago).date()
        self.add("behavior.milestones", received_date=day, unit=unit, unit_id=unit_id, role=role, item=item,
                 first_at=at(days_ago), times=events)  # fmt: skip
        if role in COUNTED:
            self.add("behavior.user_days", received_date=day, event_date=day, **{f"{unit}_id": unit_id, COUNTED[role]: events})

    def role(self, event: str, role: str, item: str = "", step: int | None = None) -> None:
        """The mapping says that the event plays the role."""
        values = {"event": event, "role": role, "step": step, "item": item}
        self.warehouse.connection.execute("insert into config.event_roles values ($event, $role, $step, $item)", values)

    def subscription(self, account_id: str, *, mrr: float, days_ago: int, ended: int | None = None, trial: bool = False) -> None:
        """A subscription that started `days_ago` days before the day (negative: after it) and is known since then."""
        self.add("ingest.subscriptions", subscription_id=f"{account_id}-{days_ago}", account_id=account_id, mrr=mrr, trial=trial,
                 started_at=at(days_ago), ended_at=None if ended is None else at(ended), known_at=at(days_ago),
                 known_date=at(days_ago).date())  # fmt: skip


COUNTED = {"item_created": "items_created", "invite_sent": "invites_sent", "invite_accepted": "invites_accepted"}
REFERENCE = ("users", "accounts", "subscriptions", "invites", "crm_outcomes", "objections", "tickets")


@pytest.fixture
def policy() -> PqlPolicy:
    """The packaged policy."""
    return POLICY


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty world in memory; its day is 2025-03-31, a Monday."""
    made = open_world(tmp_path)
    yield made
    made.warehouse.connection.close()


def grow(world: World, *, accounts: int = 320, days: int = 150, seed: int = 5, drive: float = 1.2) -> None:
    """A product's history up to the worlds' day: users of two per account, active at random, whose limit hits make accounts pay.

    `drive` is how much a week's limit hits raise the account's chance to start paying in the week after; 0 makes conversion
    independent of everything that users do.
    """
    generator = np.random.default_rng(seed)
    start = DAY - dt.timedelta(days=days - 1)
    members = np.repeat(np.arange(accounts), 2)
    joined = np.repeat(generator.integers(0, days - 40, accounts), 2)
    eager = np.repeat(generator.gamma(3.0, 0.33, accounts), 2)
    active = generator.random((len(members), days)) < np.clip(0.25 * eager, 0, 0.9)[:, None]
    active &= np.arange(days)[None, :] >= joined[:, None]
    hits = (generator.random(active.shape) < 0.12) & active
    paid = np.full(accounts, days + 99)
    for week in range(7, days, 7):
        lately = np.bincount(members, weights=hits[:, max(0, week - 21) : week].sum(axis=1), minlength=accounts)
        chance = 1 / (1 + np.exp(5.0 - drive * lately)) if drive else np.full(accounts, 0.02)
        ready = (paid > days) & (joined[::2] < week) & (generator.random(accounts) < chance)
        paid[ready] = week + 2
    people, when = np.nonzero(active)
    date = pd.to_datetime([start + dt.timedelta(days=int(d)) for d in range(days)]).to_numpy()
    ids = np.array([f"u{i:04d}" for i in range(len(members))])
    teams = np.array([f"a{i:04d}" for i in range(accounts)])
    region = np.array(["emea", "amer", "apac"])[np.arange(accounts) % 3]

    counts = {
        "received_date": date[when], "event_date": date[when], "user_id": ids[people], "account_id": teams[members[people]],
        "events": 2, "qualifying_events": 2, "core_events": 1, "sessions": 1, "limit_hits": hits[people, when].astype(int),
        "pricing_views": (generator.random(len(people)) < 0.05).astype(int), "first_at": date[when], "last_at": date[when],
    }  # fmt: skip
    world.fill("behavior.user_days", pd.DataFrame(counts))
    since = {"known_at": date[joined], "known_date": date[joined], "signup_at": date[joined], "origin": "source"}
    device = np.array(["phone", "desktop"])[np.arange(len(ids)) % 2]
    world.fill("ingest.users", pd.DataFrame({"user_id": ids, "account_id": teams[members], "device": device, **since}))
    of_account = {name: values if isinstance(values, str) else values[::2] for name, values in since.items()}
    segment = np.array(["smb", "mid_market"])[np.arange(accounts) % 2]
    described = {"account_id": teams, "segment": segment, "industry": "saas", "region": region, **of_account}
    world.fill("ingest.accounts", pd.DataFrame(described))
    pays = np.flatnonzero(paid < days)
    starts = date[paid[pays]]
    bought = {"subscription_id": teams[pays], "account_id": teams[pays], "mrr": 40, "trial": False, "started_at": starts}
    world.fill("ingest.subscriptions", pd.DataFrame({**bought, "known_at": starts, "known_date": starts}))


@dataclass
class Grown:
    """A grown world, the state folder beside it, the quick policy that it was trained with, and the training."""

    world: World
    state: Path
    policy: PqlPolicy
    training: Training


def quick(policy: PqlPolicy, **training: object) -> PqlPolicy:
    """The policy with fewer dates and draws, so that a training takes a second."""
    small = {
        "logistic_regression": {"regularization": [0.01, 0.1]},
        "random_forest": {"trees": 5, "depth": [3], "leaf_rows": [20], "inputs": 0.3},
        "histogram_gradient_boosting": {"rounds": [10], "leaves": [4], "leaf_rows": 20, "learning_rate": 0.2},
    }
    cut = {
        "max_dates": 12, "test_dates": 3, "folds": 3, "permutations": 300, "bootstrap_rounds": 200, "selection_rounds": 100,
        "min_train_dates": 2, "temporal_folds": 1, "fold_dates": 1, "algorithms": Algorithms.model_validate(small), **training,
    }  # fmt: skip
    return policy.model_copy(update={
        "training": policy.training.model_copy(update=cut), "bias": policy.bias.model_copy(update={"bootstrap_rounds": 200}),
    })  # fmt: skip


def open_world(state: Path) -> World:
    """A world in memory whose models lie in `state`."""
    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'; set threads = 1")
    connection.execute(META)
    for schema in (*STAGES, "config"):
        connection.execute(f"create schema {schema}")
    return World(Warehouse(connection, state))


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    """A world in which limit hits make accounts pay, trained once for all tests; its day is filled up to the audit."""
    state = tmp_path_factory.mktemp("state")
    world = open_world(state)
    grow(world)
    policy = quick(POLICY)
    training = train(world.warehouse, as_of=AS_OF, policy=policy, state=state)
    made = Grown(world, state, policy, training)
    world.keep("pql.candidate", training.candidate)
    world.keep("pql.contest", training.contest)
    world.keep("pql.test_predictions", training.predictions)
    world.keep("pql.bias_audit", bias_audit(world.warehouse, as_of=AS_OF, policy=policy))
    yield made
    world.warehouse.connection.close()


@pytest.fixture
def grow_in() -> Callable[..., None]:
    """`grow`, for tests that need a world of their own."""
    return grow


@pytest.fixture
def quick_policy() -> Callable[..., PqlPolicy]:
    """`quick`, for tests that change the training."""
    return quick
