"""The outbox of alerts: what is to be told is planned in one transaction before anything is sent, and marked in another after.

Whatever happens in between, the next night finds what is still pending and sends it under the same key. What was refused stays
pending too: it is tried again until it expires.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.alerts.tables import ALERT_DELIVERIES, ALERTS
from plg_orchestration.kpis.alerts.telling.messages import message_of
from plg_orchestration.kpis.alerts.telling.policy import Receiver
from plg_orchestration.sending.answers import RETRY
from plg_orchestration.sending.deliveries import TYPES, Delivery, Try, canonical
from plg_orchestration.warehouse import Query, Warehouse, sql_file

SEVERITIES = ("info", "warn", "high")
AGAIN = "the next night tries again"
MARK = """update kpis.alert_deliveries set delivery = $delivery, attempts = attempts + $tries, last_status = $status,
    last_answer = $answer, remedy = $remedy, settled_as_of = $settled, attempted_at = coalesce($now, attempted_at)
    where idempotency_key = $key"""


class AlertOutbox:
    """`kpis.alert_deliveries` in the run of the night `as_of`."""

    def __init__(self, warehouse: Warehouse, *, as_of: AsOf, workspace: str) -> None:
        self.warehouse, self.as_of, self._workspace = warehouse, as_of, workspace
        for table in (ALERTS, ALERT_DELIVERIES):
            warehouse.ensure(table)

    def plan(self, receivers: Sequence[Receiver]) -> int:
        """Enter tonight's states of alerts that the receivers take and have not got, and settle what is out of date; how many.

        A state is told of with the night on which it began, so that an alert which opens again is told again. That an alert is
        over is told only to those who were told that it was open.
        """
        with self.warehouse.transaction():
            alerts = self._rows(sql_file("kpis/alerts/telling/nights_alerts.sql", requires=(), as_of=self.as_of.date))
            self._settle({row["alert_id"]: row["state"] for row in alerts}, {made.name: made.expire_days for made in receivers})
            known = self._rows(
                Query("known", "select idempotency_key, receiver, alert_id, state, delivery from kpis.alert_deliveries")
            )
            keys = {row["idempotency_key"] for row in known}
            told = {
                (row["receiver"], row["alert_id"]) for row in known if row["state"] == "open" and row["delivery"] == "delivered"
            }
            rows = [
                self._planned(made, alert) for made in receivers for alert in alerts
                if _takes(made, alert) and (alert["state"] != "resolved" or (made.name, alert["alert_id"]) in told)
            ]  # fmt: skip
            new = [row for row in rows if row["idempotency_key"] not in keys]
            if new:
                names = ALERT_DELIVERIES.columns
                table = pa.table({c.name: pa.array([row[c.name] for row in new], TYPES[c.type]) for c in names})
                self.warehouse.insert(ALERT_DELIVERIES, table)
                self._changed()
        return len(new)

    def pending(self, receiver: str) -> list[Delivery]:
        """What one receiver is still to be told, oldest night first."""
        rows = self._rows(sql_file("kpis/alerts/telling/pending_alerts.sql", receiver=receiver))
        return [
            Delivery(
                row["idempotency_key"], receiver, row["alert_id"], row["as_of"], row["attempts"],
                json.loads(row["message"]),
            )
            for row in rows
        ]  # fmt: skip

    def record(self, tries: Sequence[Try], *, now: dt.datetime) -> None:
        """Mark what was tried, in one transaction."""
        with self.warehouse.transaction():
            for one in tries:
                outcome, arrived = one.outcome, one.outcome.result == "delivered"
                remedy = None if arrived or outcome.remedy is None else outcome.remedy.replace(RETRY, AGAIN)
                self._mark(
                    one.delivery.key, "delivered" if arrived else "pending", outcome.answer, tries=1, status=outcome.status,
                    remedy=remedy, now=now,
                )  # fmt: skip

    def states(self) -> list[dict[str, Any]]:
        """receiver, delivery and how many, of all nights, and `lately`, settled in the run of the day."""
        return self._rows(sql_file("kpis/alerts/telling/told_states.sql", requires=(), as_of=self.as_of.date))

    def _planned(self, made: Receiver, alert: Mapping[str, Any]) -> dict[str, object]:
        said = f"plg alert\n{made.name}\n{alert['alert_id']}\n{alert['state']}\n{alert['state_since']}"
        return {
            "receiver": made.name, "alert_id": alert["alert_id"], "state": alert["state"], "as_of": alert["state_since"],
            "idempotency_key": hashlib.sha256(said.encode()).hexdigest(),
            "message": canonical(message_of(alert, workspace=self._workspace)), "delivery": "pending", "attempts": 0,
            **dict.fromkeys(("settled_as_of", "last_status", "last_answer", "remedy", "attempted_at")),
        }  # fmt: skip

    def _settle(self, states: Mapping[str, str], expire_days: Mapping[str, int]) -> None:
        waiting = "select idempotency_key, receiver, alert_id, state, as_of from kpis.alert_deliveries where delivery = 'pending'"
        for row in self._rows(Query("waiting", waiting)):
            days = expire_days.get(row["receiver"])
            now = states.get(row["alert_id"], "no longer listed")
            if days is None:
                self._mark(row["idempotency_key"], "withdrawn", "the receiver is no longer configured")
            elif now != row["state"]:
                self._mark(row["idempotency_key"], "withdrawn", f"the alert is {now} by now")
            elif (self.as_of.date - cast("dt.date", row["as_of"])).days > days:
                self._mark(
                    row["idempotency_key"], "dead", f"not delivered within {days} days", remedy="see why, raise expire_days"
                )

    def _mark(
        self, key: str, delivery: str, answer: str, *, tries: int = 0, status: int | None = None, remedy: str | None = None,
        now: dt.datetime | None = None,
    ) -> None:  # fmt: skip
        values = {
            "key": key, "delivery": delivery, "answer": answer, "tries": tries, "status": status, "remedy": remedy, "now": now,
            "settled": None if delivery == "pending" else self.as_of.date,
        }  # fmt: skip
        self.warehouse.connection.execute(MARK, values)
        self._changed()

    def _changed(self) -> None:
        self.warehouse.forget_lasting(ALERT_DELIVERIES.name)
        self.warehouse.parts.mark(ALERT_DELIVERIES, [self.as_of.date])

    def _rows(self, query: Query) -> list[dict[str, Any]]:
        return self.warehouse.arrow(query).to_pylist()


def _takes(made: Receiver, alert: Mapping[str, Any]) -> bool:
    severe = SEVERITIES.index(alert["severity"]) >= SEVERITIES.index(made.severity)
    return severe and alert["state"] in made.states and (not made.owners or alert["owner"] in made.owners)
