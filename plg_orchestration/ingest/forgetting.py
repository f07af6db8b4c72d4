"""Fields of invited people whose time is over: taken out of what comes in, and of no account when lines are compared.

What is stored already is purged by `governance/privacy/retention.py`; people who asked to be forgotten are in `erased.py`.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plg_orchestration.ingest.batch import STAGED, Batch
from plg_orchestration.ingest.tables import EVENTS, INVITES
from plg_orchestration.warehouse import Table, Warehouse

FORGOTTEN = b"[forgotten]"
"""What stands in the quarantine for a line that may identify an invited person."""
PAST = "invitee_hash is not null and sent_at < $before and invitee_hash not in (select invitee_hash from invited_users)"
"""Whether a row of invitations identifies somebody for too long, by the table `invited_users`."""
HOLDS = "event in (select unnest($events)) and list_has_any(json_keys(properties), $keys)"
"""Whether an event identifies an invited person."""


@dataclass(frozen=True)
class Retention:
    """Invitations sent before `before` (naive UTC) identify nobody any more who did not become a user.

    `keys` are the properties of the events `events` that identify the invited.
    """

    before: dt.datetime
    events: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def applies(self, event: object, event_at: object) -> bool:
        """Whether the event is an invitation whose time is over."""
        return event in self.events and isinstance(event_at, dt.datetime) and event_at < self.before

    def without(self, properties: str) -> str:
        """The properties (JSON) without the keys that identify somebody; unchanged when there are none."""
        said = json.loads(properties)
        if not isinstance(said, dict) or not any(key in said for key in self.keys):
            return properties
        return json.dumps({k: v for k, v in said.items() if k not in self.keys}, ensure_ascii=False, separators=(",", ":"))


def note_users(warehouse: Warehouse, *, staged: bool = False) -> None:
    """Make `invited_users`: the hashes of the invited who became users, who may be known by them."""
    known = "select invitee_hash from ingest.invites where invitee_user_id is not null and invitee_hash is not null"
    coming = known.replace("ingest.invites", STAGED) + " and problem is null"
    text = f"{known} union {coming}" if staged else f"select distinct * from ({known})"
    warehouse.connection.execute(f"create or replace temp table invited_users as {text}").fetchall()


def forget_on_the_way_in(warehouse: Warehouse, batch: Batch, table: Table, retention: Retention) -> None:
    """Take what identifies an invited person for too long out of the staged rows and refused lines; no line is lost by it."""
    if table is INVITES:
        last = retention.before.date()
        for file in batch.files:
            if file.date is not None and file.date < last:
                file.refused = [replace(refusal, raw=FORGOTTEN) for refusal in file.refused]
    if not batch.staged:
        return
    if table is INVITES:
        note_users(warehouse, staged=True)
        text = f"update {STAGED} set invitee_hash = null where problem is null and {PAST}"
        warehouse.connection.execute(text, {"before": retention.before}).fetchall()
    elif table is EVENTS and retention.events and retention.keys:
        values = {
            "before": retention.before, "events": list(retention.events), "keys": list(retention.keys),
            "nothing": json.dumps(dict.fromkeys(retention.keys)),
        }  # fmt: skip
        warehouse.connection.execute(
            f"update {STAGED} set properties = cast(json_merge_patch(properties, $nothing) as varchar) "
            f"where problem is null and event_at < $before and {HOLDS}", values,
        ).fetchall()  # fmt: skip


def compared(values: Sequence[object], retention: Retention | None, names: Sequence[str]) -> list[object]:
    """An event's values (named, `event_at` last) as far as they are compared with another line of the same id."""
    made = list(values)
    if retention is not None and retention.applies(made[names.index("event")], made[-1]):
        place = names.index("properties")
        made[place] = retention.without(str(made[place]))
    return made
