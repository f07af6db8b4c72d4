"""The outbox: deliveries are planned in one transaction before anything is sent, and marked in another after each answer.

Whatever happens in between, the next run finds what is still pending and sends it under the same key. Nothing is sent here.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import cast

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.destinations import queries
from plg_orchestration.pql.destinations.leads import idempotency_key, outside_view
from plg_orchestration.pql.destinations.tables import DEAD_LETTERS, DELIVERIES, DELIVERY_ATTEMPTS, TABLES
from plg_orchestration.sending.answers import RETRY
from plg_orchestration.sending.deliveries import TYPES, Delivery, Try, canonical
from plg_orchestration.warehouse import Query, Table, Warehouse


class Outbox:
    """The delivery tables of a warehouse in the run of the night `as_of`."""

    def __init__(self, warehouse: Warehouse, *, as_of: AsOf) -> None:
        self.warehouse, self.as_of = warehouse, as_of
        self._to_publish: set[str] = set()
        for table in TABLES:
            warehouse.ensure(table)

    # -- planning -----------------------------------------------------------------------------------------------------

    def plan(self, *, keys: Mapping[str, bytes | None], dry: Sequence[str]) -> int:
        """Enter the night's leads that the destinations in `keys` (with their pseudonym key) have not got yet; how many.

        Destinations in `dry` get rows of state `dry_run`. What is not to be sent any more is withdrawn or given up.
        """
        with self.warehouse.transaction():
            self._settle()
            found = self.warehouse.arrow(queries.deliverable(as_of=self.as_of)).to_pylist()
            rows = [
                self._planned(row, keys[row["destination"]], row["destination"] in dry)
                for row in found
                if row["destination"] in keys
            ]
            if rows:
                self._replace(rows)
                self._settle()
        return sum(row["state"] == "pending" for row in rows)

    def _planned(self, row: dict[str, object], key: bytes | None, dry: bool) -> dict[str, object]:
        lead = outside_view(row, key)
        delivery_key = idempotency_key(str(row["destination"]), str(lead["decision_id"]), str(row["route"]))
        return {
            **{name: row[name] for name in ("destination", "decision_id", "as_of", "target", "route", "queue_rank", "user_id")},
            "idempotency_key": delivery_key, "lead": canonical(lead), "attempts": 0,
            "state": "dry_run" if dry else "pending", "settled_as_of": self.as_of.date if dry else None, "last_status": None,
            "last_answer": "prepared, not sent" if dry else None, "remedy": None,
        }  # fmt: skip

    def _replace(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Enter rows; what was withdrawn, or only prepared, gives way, and its tries go on being counted."""
        text = f"select idempotency_key, max(attempt) from {DELIVERY_ATTEMPTS.name} where sent_as_of >= $as_of group by all"
        found = self.warehouse.rows(Query("tried", text, {"as_of": self.as_of.date}))
        tried = {str(key): attempts for key, attempts in found}
        rows = [{**row, "attempts": tried.get(str(row["idempotency_key"]), 0)} for row in rows]
        self._with_rows(
            _table(DELIVERIES, rows),
            f"""delete from {DELIVERIES.name} as d using given as g
            where d.destination = g.destination and d.decision_id = g.decision_id and d.route = g.route""",
        )
        self.warehouse.insert(DELIVERIES, _table(DELIVERIES, rows))
        self._changed(DELIVERIES)

    def _settle(self) -> None:
        found = self.warehouse.rows(queries.settlements(as_of=self.as_of))
        self._mark([
            {"idempotency_key": key, "state": state, "last_answer": reason, "tries": 0,
             "remedy": f"see why it was not delivered before, raise expire_days, {RETRY}" if state == "dead" else None}
            for key, state, reason in found
        ])  # fmt: skip

    def revive(self, destinations: Sequence[str]) -> int:
        """Make the dead letters of the destinations pending again; how many."""
        text = f"select idempotency_key, destination from {DEAD_LETTERS.name} order by all"
        found = [key for key, destination in self.warehouse.rows(Query("dead", text)) if destination in destinations]
        with self.warehouse.transaction():
            self._mark([
                {"idempotency_key": key, "state": "pending", "last_answer": None, "tries": 0, "remedy": None} for key in found
            ], revived=True)  # fmt: skip
        return len(found)

    # -- sending ------------------------------------------------------------------------------------------------------

    def pending(self, destination: str) -> list[Delivery]:
        """What the destination is still to be sent, oldest night first, in the order of the queues."""
        return self._deliveries(destination, queries.pending(destination=destination))

    def file_leads(self, destination: str, night: dt.date, route: str) -> list[Delivery]:
        """All leads of one night and team, delivered ones included."""
        return self._deliveries(destination, queries.file_leads(destination=destination, night=night, route=route))

    def _deliveries(self, destination: str, query: Query) -> list[Delivery]:
        return [
            Delivery(
                str(key), destination, str(decision), cast("dt.date", night), int(str(attempts)), json.loads(str(lead)),
                route=str(route),
            )
            for key, decision, night, route, attempts, lead in self.warehouse.rows(query)
        ]  # fmt: skip

    def record(self, tries: Sequence[Try], *, now: dt.datetime) -> None:
        """Append the tries and mark the deliveries, in one transaction: delivered, dead after the last try, or still pending."""
        with self.warehouse.transaction():
            self.warehouse.insert(DELIVERY_ATTEMPTS, _table(DELIVERY_ATTEMPTS, [self._attempt(one, now) for one in tries]))
            self._changed(DELIVERY_ATTEMPTS)
            self._mark([_settled(one) for one in tries])

    def _attempt(self, one: Try, now: dt.datetime) -> dict[str, object]:
        return {
            "destination": one.delivery.destination, "decision_id": one.delivery.subject,
            "idempotency_key": one.delivery.key, "attempt": one.delivery.attempts + 1, "sent_as_of": self.as_of.date,
            "batch": one.batch, "result": one.outcome.result, "status": one.outcome.status, "answer": one.outcome.answer,
            "attempted_at": now,
        }  # fmt: skip

    def _mark(self, rows: Sequence[Mapping[str, object]], *, revived: bool = False) -> None:
        """Give deliveries their state; `pql.dead_letters` follows when one of them is dead now, or was."""
        if not rows:
            return
        names = {"tries": pa.int32(), "last_status": pa.int32()}
        columns = ("idempotency_key", "state", "tries", "last_status", "last_answer", "remedy")
        given = pa.table({
            name: pa.array([row.get(name) for row in rows], names.get(name, pa.string())) for name in columns
        })  # fmt: skip
        self._with_rows(
            given,
            f"""update {DELIVERIES.name} as d set state = g.state, attempts = d.attempts + g.tries, remedy = g.remedy,
                settled_as_of = case when g.state <> 'pending' then cast($as_of as date) end,
                last_status = case when g.tries > 0 then g.last_status else d.last_status end,
                last_answer = coalesce(g.last_answer, d.last_answer)
            from given as g where d.idempotency_key = g.idempotency_key""",
            as_of=self.as_of.date,
        )
        self._changed(DELIVERIES)
        if revived or any(row["state"] in ("dead", "withdrawn") for row in rows):
            self._letters()

    def _letters(self) -> None:
        """Let `pql.dead_letters` say what is dead now."""
        dead = self.warehouse.arrow(queries.dead_letters())
        self.warehouse.connection.execute(f"delete from {DEAD_LETTERS.name}")
        self.warehouse.insert(DEAD_LETTERS, dead)
        self._changed(DEAD_LETTERS)

    def _with_rows(self, given: pa.Table, text: str, **parameters: object) -> None:
        connection = self.warehouse.connection
        connection.register("given", given)
        try:
            connection.execute(text, parameters or None)
        finally:
            connection.unregister("given")

    def _changed(self, table: Table) -> None:
        """Note within the transaction that the table's file is to be written; once is enough until the run publishes."""
        self.warehouse.forget_lasting(table.name)
        if table.name not in self._to_publish:
            self._to_publish.add(table.name)
            self.warehouse.parts.mark(table, [self.as_of.date])


def _settled(one: Try) -> dict[str, object]:
    outcome = one.outcome
    state = "delivered" if outcome.result == "delivered" else "dead" if one.last else "pending"
    return {
        "idempotency_key": one.delivery.key, "state": state, "tries": 1,
        "last_status": outcome.status, "last_answer": outcome.answer, "remedy": outcome.remedy if state == "dead" else None,
    }  # fmt: skip


def _table(table: Table, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    return pa.table({column.name: pa.array([row[column.name] for row in rows], TYPES[column.type]) for column in table.columns})
