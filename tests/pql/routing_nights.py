"""Nights of routing over hand-made scores: a real warehouse, a champion by points, and leads given as points by user."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing import night, queries
from plg_orchestration.warehouse import Warehouse, table

MONDAY = dt.date(2025, 3, 10)
TABLES = (
    "pql.features", "pql.scores", "pql.champion", "pql.candidate", "pql.decisions", "pql.routes", "pql.overrides",
    "pql.queue_changes", "pql.sla", "pql.sla_adherence", "pql.holdout",
    "governance.suspects", "ingest.objections", "ingest.crm_outcomes",
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
        blank = {f.name: False if f.type == "BOOLEAN" else None if f.type == "VARCHAR" else 0 for f in FEATURES}
        who = [{"as_of": day, "user_id": user, "account_id": accounts.get(user)} for user in leads]
        if who:
            self.warehouse.insert(table("pql.features"), pd.DataFrame([{**blank, **w, **features} for w in who], dtype=object))
            ranks = pd.Series(leads, dtype=float).rank(pct=True)
            given = [
                {**dict.fromkeys(table("pql.scores").column_names), **w, "target": "conversion", "scorer": scorer,
                 "version": "v1", "score": float(points), "percentile": 100 * ranks[user], "is_pql": points >= 65,
                 "reasons": f"{points} points"}
                for w, (user, points) in zip(who, leads.items(), strict=True)
            ]  # fmt: skip
            self.warehouse.insert(table("pql.scores"), pd.DataFrame(given, dtype=object))
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
        as_of = self.as_of(day)
        self.publish("pql.decisions", day, night.decisions(self.warehouse, as_of=as_of, policy=self.policy))
        self.publish("pql.routes", day, queries.routes(as_of=as_of))
        self.publish("pql.queue_changes", day, night.queue_changes(self.warehouse, as_of=as_of, policy=self.policy))
        return self.read("pql.decisions", day)

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


def opened(folder: Path, chosen: PqlPolicy | None = None, timezone: str = "UTC"):
    """A context with `Nights` over a new warehouse in the folder."""
    from contextlib import contextmanager

    @contextmanager
    def made():
        with Warehouse.open(folder / "state", settings={"threads": "1"}) as warehouse:
            yield Nights(warehouse, chosen, timezone)

    return made()
