"""Nights of routing over hand-made scores: a real warehouse, a champion by points, and leads given as points by user."""

import datetime as dt
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing import night, queries
from plg_orchestration.warehouse import Warehouse, table

MONDAY = dt.date(2025, 3, 10)
TABLES = (
    "pql.features", "pql.scores", "pql.champion", "pql.candidate", "pql.decisions", "pql.routes", "pql.overrides",
    "pql.queue_changes", "pql.sla", "pql.sla_adherence", "pql.holdout",
    "governance.suspects", "governance.suspicions", "ingest.objections", "ingest.crm_outcomes",
    "ingest.subscriptions", "behavior.milestones",
)  # fmt: skip
DEFAULT = load_default("pql", PqlPolicy)


def policy(*, share: float = 0.0, **routing: object) -> PqlPolicy:
    """The packaged policy with another holdout share and other parts of `routing`."""
    parts = DEFAULT.model_dump()
    parts["holdout"]["share"] = share
    for name, value in routing.items():
        parts["routing"][name] = {**parts["routing"][name], **value} if isinstance(value, dict) and name != "capacity" else value
    return PqlPolicy.model_validate(parts)


class Nights:
    """Nights in the order in which a test calls them; everything is received when it happens."""

    def __init__(self, warehouse: Warehouse, chosen: PqlPolicy | None = None, timezone: str = "UTC") -> None:
        self.warehouse, self.policy, self.timezone = warehouse, chosen or policy(), timezone
        for name in TABLES:
            warehouse.ensure(table(name))
        for name, rows in self.policy.config_tables().items():
            warehouse.connection.register("config_rows", rows)
            warehouse.connection.execute(f"create or replace table config.{name} as select * from config_rows")
            warehouse.connection.unregister("config_rows")

    def add(self, name: str, **values: object) -> None:
        """One row of a table; columns that are not named are NULL."""
        row = {column: values.get(column) for column in table(name).column_names}
        assert set(values) <= set(row), values
        self.warehouse.insert(table(name), pd.DataFrame([row], dtype=object))

    def as_of(self, day: dt.date) -> AsOf:
        return AsOf(day, self.timezone)

    def scored(
        self, day: dt.date, leads: Mapping[str, int], scorer: str, accounts: Mapping[str, str], **features: object
    ) -> None:
        """The night's features, scores and champion, in place of what was there for the day."""
        for name in ("features", "scores", "champion"):
            self.warehouse.connection.execute(f"delete from pql.{name} where as_of = $day", {"day": day})
        users = list(leads)
        given = {"day": day, "users": users, "accounts": [accounts.get(user) for user in users], "segment": None}
        flags = {"is_paying": False, "in_sales": False, "on_trial": False}
        self.warehouse.connection.execute(
            """insert into pql.features by name select $day as as_of, unnest($users::varchar[]) as user_id,
            unnest($accounts::varchar[]) as account_id, $segment::varchar as segment, $is_paying as is_paying,
            $in_sales as in_sales, $on_trial as on_trial""",
            {**given, **flags, **features},
        )
        points = [float(leads[user]) for user in users]
        ranks = [100 * sum(other <= own for other in points) / len(points) for own in points]
        del given["segment"]
        self.warehouse.connection.execute(
            """insert into pql.scores by name
            select *, score >= 65 as is_pql, cast(score as integer)::varchar || ' points' as reasons from (
                select $day as as_of, 'conversion' as target, $scorer as scorer, 'v1' as version,
                unnest($users::varchar[]) as user_id, unnest($accounts::varchar[]) as account_id,
                unnest($points::double[]) as score, unnest($ranks::double[]) as percentile)""",
            {**given, "scorer": scorer, "points": points, "ranks": ranks},
        )
        champion = {"as_of": day, "target": "conversion", "scorer": scorer, "version": "v1", "threshold": 65.0}
        self.add("pql.champion", **champion)

    def night(
        self,
        day: dt.date,
        leads: Mapping[str, int],
        *,
        scorer: str = "rules",
        accounts: Mapping[str, str] | None = None,
        **features,
    ):
        """Score the leads and route them; the day's decisions by user."""
        self.scored(day, leads, scorer, accounts or {}, **features)
        return self.route(day)

    def route(self, day: dt.date):
        """Route what is scored for the day, again or for the first time; the day's decisions by user."""
        self.publish("pql.decisions", day, night.decisions(self.warehouse, as_of=self.as_of(day), policy=self.policy))
        return self.read("pql.decisions", day)

    def follow(self, day: dt.date) -> None:
        """The day's queues, and what became of those of the night before."""
        self.publish("pql.routes", day, queries.routes(as_of=self.as_of(day)))
        self.publish("pql.queue_changes", day, night.queue_changes(self.warehouse, as_of=self.as_of(day), policy=self.policy))

    def publish(self, name: str, day: dt.date, rows) -> None:
        """Replace the day's rows, as a night does, without the files."""
        self.warehouse.connection.execute(f"delete from {name} where as_of = $day", {"day": day})
        self.warehouse.insert(table(name), rows)

    def read(self, name: str, day: dt.date, index: str = "user_id"):
        text = f"select * from {name} where as_of = $day order by {index}"
        found = self.warehouse.connection.execute(text, {"day": day}).df().set_index(index)
        return found.astype(object).where(found.notna(), None)

    def outcome(self, user: str | None, outcome: str, at: dt.datetime, *, decision: str | None = None) -> None:
        """What sales made of the lead, known at once."""
        ((number,),) = self.warehouse.connection.execute("select count(*) from ingest.crm_outcomes").fetchall()
        self.add("ingest.crm_outcomes", outcome_id=f"o{number}", user_id=user, decision_id=decision, outcome=outcome, at=at,
                 known_at=at, known_date=at.date(), file_id="f", line=number)  # fmt: skip


_IDLE: list[Warehouse] = []
"""Warehouses in memory that no test uses at the moment: making one anew takes longer than most tests."""


@contextmanager
def opened(folder: Path, chosen: PqlPolicy | None = None, timezone: str = "UTC") -> Generator[Nights]:
    """`Nights` over an empty warehouse in memory, whose files go below the folder."""
    if not _IDLE:
        connection = duckdb.connect(":memory:", config={"threads": "1"})
        connection.execute("set timezone = 'UTC'")
        _IDLE.append(Warehouse(connection, folder))
        _IDLE[-1]._prepare()
    warehouse = _IDLE.pop()
    fresh = Warehouse(warehouse.connection, folder / "published")
    fresh.connection.execute("delete from meta.pending; delete from meta.publications")
    made = Nights(fresh, chosen, timezone)
    for name in TABLES:
        fresh.connection.execute(f"delete from {name}")
    yield made
    _IDLE.append(fresh)


@contextmanager
def opened_on_disk(state: Path) -> Generator[Nights]:
    """`Nights` over the warehouse of a state folder, as commands find it."""
    with Warehouse.open(state) as warehouse:
        yield Nights(warehouse)
