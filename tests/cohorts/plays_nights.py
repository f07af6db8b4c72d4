"""Hand-made nights for the plays: scores, segments, leads and activity by hand, and the plays of the nights computed in turn."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.plays import queries
from plg_orchestration.cohorts.plays.policy import PlayPolicy
from plg_orchestration.config.section import default_document
from plg_orchestration.warehouse import Warehouse, table

DAY = dt.timedelta(days=1)
BY_HAND = {
    "cohorts.activation_scores": "as_of date, user_id varchar, account_id varchar, signup_at timestamp, age_hours double, "
    "score double, threshold double, triggered boolean, high_potential boolean, activated_at timestamp",
    "cohorts.segments": "as_of date, unit varchar, unit_id varchar, account_id varchar, segment varchar, reason varchar, "
    "active_users bigint, power_user_island boolean, champion_user_id varchar, champion_share double, "
    "champion_silent_days integer, single_threaded boolean, champion_silent boolean, zombie boolean, signup_at timestamp, "
    "account_value double, core_change double",
    "pql.decisions": "as_of date, user_id varchar, account_id varchar, score double, percentile double, qualified boolean, "
    "holdout boolean, suppressed_reason varchar",
}
READ = (
    "ingest.subscriptions", "ingest.tickets", "behavior.user_days", "behavior.milestones", "cohorts.plays",
)  # fmt: skip


def policy(**changes: Any) -> PlayPolicy:
    """The packaged policy with top-level keys replaced; `catalog` entries are merged by name, one level deep."""
    data = json.loads(json.dumps(default_document("plays").data))
    for name, entry in changes.pop("catalog", {}).items():
        data["catalog"][name] = {**data["catalog"].get(name, {}), **entry}
    for key, value in changes.items():
        data[key] = {**data[key], **value} if isinstance(value, dict) else value
    return PlayPolicy.model_validate(data)


def only(*names: str, **changes: Any) -> PlayPolicy:
    """The packaged policy with these plays alone enabled and nobody held out, unless said otherwise."""
    catalog = {name: {"enabled": name in names, "holdout": 0} for name in default_document("plays").data["catalog"]}
    for name, entry in changes.pop("catalog", {}).items():
        catalog[name] = {**catalog.get(name, {}), **entry}
    return policy(catalog=catalog, **changes)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


class Nights:
    """A warehouse in which nights are made by hand."""

    def __init__(self, warehouse: Warehouse, chosen: PlayPolicy, *, timezone: str = "UTC") -> None:
        self.warehouse, self.timezone = warehouse, timezone
        self.built, self.unmet = set(BY_HAND), dict[str, str]()
        warehouse.connection.execute("set threads = 1")
        for name, columns in BY_HAND.items():
            warehouse.connection.execute(f"create or replace table {name} ({columns})")
        for name in READ:
            warehouse.ensure(table(name))
            warehouse.connection.execute(f"delete from {name}")
        self.configure(chosen)

    def configure(self, chosen: PlayPolicy) -> None:
        self.policy = chosen
        for name, rows in chosen.config_tables().items():
            self.warehouse.connection.register("rows_of_config", rows)
            self.warehouse.connection.execute(f"create or replace table config.{name} as select * from rows_of_config")
            self.warehouse.connection.unregister("rows_of_config")

    # -- what is known ------------------------------------------------------------------------------------------------

    def put(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        frame = pd.DataFrame(list(rows))
        if len(frame):
            self.warehouse.connection.register("rows_by_hand", frame)
            self.warehouse.connection.execute(f"insert into {name} by name select * from rows_by_hand")
            self.warehouse.connection.unregister("rows_by_hand")

    def score(self, day: dt.date, user: str, **values: Any) -> None:
        row = {
            "as_of": day, "user_id": user, "account_id": f"account of {user}", "age_hours": 50.0, "score": 30.0,
            "threshold": 60.0, "triggered": True, "high_potential": False,
        }  # fmt: skip
        self.put("cohorts.activation_scores", [row | values])

    def segment(self, day: dt.date, unit_id: str, *, unit: str = "account", **values: Any) -> None:
        row = {
            "as_of": day, "unit": unit, "unit_id": unit_id, "account_id": unit_id if unit == "account" else None,
            "segment": "tech_touch", "power_user_island": False, "champion_silent": False, "champion_silent_days": 0,
            "zombie": False,
        }  # fmt: skip
        self.put("cohorts.segments", [row | values])

    def lead(self, day: dt.date, user: str, **values: Any) -> None:
        row = {"as_of": day, "user_id": user, "score": 80.0, "percentile": 99.0, "qualified": True, "holdout": False}
        self.put("pql.decisions", [row | values])

    def did(self, user: str, day: dt.date, *, account: str | None = None, known: dt.date | None = None, **counts: int) -> None:
        zeros = dict.fromkeys(("core_events", "limit_hits", "errors_shown", "help_views"), 0)
        row = {"received_date": known or day, "event_date": day, "user_id": user, "account_id": account, "events": 1}
        self.put("behavior.user_days", [row | {"qualifying_events": 1} | zeros | counts])

    def reached(self, user: str, role: str, when: str, *, item: str = "", unit: str = "user") -> None:
        first = at(when)
        row = {"received_date": first.date(), "unit": unit, "unit_id": user, "role": role, "item": item, "first_at": first}
        self.put("behavior.milestones", [row])

    def ticket(self, user: str, opened: str, closed: str | None = None) -> None:
        row = {
            "ticket_id": f"{user} {opened}", "user_id": user, "opened_at": at(opened), "known_at": at(opened),
            "known_date": at(opened).date(), "closed_at": at(closed) if closed else None,
        }  # fmt: skip
        self.put("ingest.tickets", [row])

    def pays(self, account: str, mrr: int, since: str, until: str | None = None) -> None:
        row = {
            "subscription_id": f"{account} {since} {mrr}", "account_id": account, "mrr": mrr, "started_at": at(since),
            "ended_at": at(until) if until else None, "trial": False, "known_at": at(since), "known_date": at(since).date(),
        }  # fmt: skip
        self.put("ingest.subscriptions", [row])

    # -- what is computed ---------------------------------------------------------------------------------------------

    def as_of(self, day: dt.date) -> AsOf:
        return AsOf(day, self.timezone)

    def night(self, day: dt.date) -> list[dict[str, Any]]:
        """The plays of the night, stored as the night would store them, ordered by play and unit."""
        query = queries.plays(
            as_of=self.as_of(day), policy=self.policy, has=self.built.__contains__, missing=self.unmet.get
        )  # fmt: skip
        rows = self.warehouse.arrow(query)
        self.warehouse.connection.execute("delete from cohorts.plays where as_of = ?", [day])
        self.warehouse.insert(table("cohorts.plays"), rows)
        return sorted(rows.to_pylist(), key=lambda row: (row["play"], row["unit_id"], str(row["started_on"])))

    def results(self, day: dt.date) -> list[dict[str, Any]]:
        rows = self.warehouse.arrow(queries.play_results(as_of=self.as_of(day), policy=self.policy)).to_pylist()
        return sorted(rows, key=lambda row: (row["play"], row["cohort"], row["arm"] != "play"))

    def queue(self, day: dt.date) -> list[dict[str, Any]]:
        return self.warehouse.arrow(queries.play_queue(as_of=self.as_of(day))).to_pylist()
