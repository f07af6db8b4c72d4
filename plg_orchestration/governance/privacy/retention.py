"""How long invited people who did not become users are identified: the purge of every store, and the search after it.

What of an invitation is kept, without anybody's name, is who sent it, when, and what came of it: the counts per inviter and day
from which the viral coefficient is computed. The lake is purged in `retention_lake.py`, new lines in `ingest/forgetting.py`.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace
from plg_orchestration.errors import PlgError, Unavailable
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue
from plg_orchestration.governance.privacy.retention_lake import fields_left, purge_lake
from plg_orchestration.governance.privacy.tables import INVITE_RETENTION
from plg_orchestration.ingest.forgetting import FORGOTTEN, PAST, Retention, note_users
from plg_orchestration.ingest.parts import refused_folder
from plg_orchestration.ingest.run import ensure_tables, made_by_another_release
from plg_orchestration.ingest.tables import INVITES, QUARANTINE
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.engine import WHOLE

STORES = ("invitations", "refused lines", "refused files", "events")
"""The stores that may identify an invited person, in the order in which they are purged."""
AGE = "coalesce(cast(f.file_date as timestamp), f.received_to, timestamp '1970-01-01')"
"""When a refused line came at the latest; one that nothing dates is taken for old."""
REFUSED = f"""raw <> $forgotten and (q.source = 'invites' or (q.source = 'events'
    and regexp_matches(coalesce(try(decode(raw)), ''), $event) and regexp_matches(coalesce(try(decode(raw)), ''), $key)))
    and {AGE} < $before"""
COUNTS = """select count(*), cast(coalesce(sum(md5_number_lower(concat_ws('|', inviter_id, cast(sent_on as varchar),
        cast(invites as varchar), cast(accepted as varchar), cast(users as varchar)))), 0) as varchar)
    from (
        select inviter_id, cast((sent_at at time zone 'UTC') at time zone $timezone as date) as sent_on,
            count(distinct invite_id) as invites, count(distinct invite_id) filter (where accepted_at is not null) as accepted,
            count(distinct invitee_user_id) as users
        from ingest.invites group by all
    ) as counted"""
SCHEMA = pa.schema([
    ("as_of", pa.date32()), ("store", pa.string()), ("retention_days", pa.int32()), ("dropped_before", pa.timestamp("us")),
    ("held", pa.int64()), ("dropped", pa.int64()), ("past_retention", pa.int64()), ("oldest_at", pa.timestamp("us")),
    ("inviter_days", pa.int64()), ("counts_digest", pa.string()),
])  # fmt: skip


class CountsChanged(PlgError):
    """A purge that would change what is counted of invitations; nothing was purged."""


@dataclass(frozen=True)
class Earlier:
    """What earlier runs of the same night dropped by store, and the counts that they compared; None when they had to drop no
    invitation.
    """

    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    counts: tuple[int, str] | None = None


@dataclass(frozen=True)
class Left:
    """What a store holds after the purge: fields in all, those whose time is over, and the oldest of people who are no users."""

    held: int
    past: int
    oldest: dt.datetime | None


def retention_of(workspace: Workspace, as_of: AsOf) -> Retention:
    """What is over at the end of the day, by the workspace's policy and its events of sent invitations."""
    policy = workspace.governance.privacy
    events = tuple(sorted({entry.event for entry in workspace.roles.get("invite_sent", ())}))
    return Retention(as_of.minus(policy.invite_retention_days).cut, events, policy.invite_properties)


def newest_retention(warehouse: Warehouse, workspace: Workspace, as_of: AsOf) -> Retention:
    """What is over when a day is taken in: by the day, or by the newest night that purged; what is gone never comes back."""
    purged = warehouse.exists(INVITE_RETENTION.name)
    newest = warehouse.scalar(f"select max(as_of) from {INVITE_RETENTION.name}") if purged else None
    day = max(as_of.date, newest) if isinstance(newest, dt.date) else as_of.date
    return retention_of(workspace, workspace.as_of(day))


def earlier_of(warehouse: Warehouse, as_of: AsOf) -> "Earlier":
    """What earlier runs of the night have dropped: a run again adds to it."""
    if not warehouse.exists(INVITE_RETENTION.name):
        return Earlier()
    text = f"select store, dropped, inviter_days, counts_digest from {INVITE_RETENTION.name} where as_of = $day"
    rows = warehouse.connection.execute(text, {"day": as_of.date}).fetchall()
    counts = [(int(days), str(digest)) for _, _, days, digest in rows if digest is not None]
    return Earlier({str(store): int(dropped) for store, dropped, *_ in rows}, counts[0] if counts else None)


def purge_invites(warehouse: Warehouse, workspace: Workspace, as_of: AsOf, earlier: "Earlier") -> pa.Table:
    """Drop what identifies an invited person for too long from every store; the night's rows of `governance.invite_retention`.

    It joins the caller's transaction. Files (parts of the lake, copies of unreadable files) are replaced one by one: after a kill
    at any moment the same call finishes. CountsChanged, and nothing in the tables, when a count per inviter and day would differ.
    """
    if made_by_another_release(warehouse):
        raise Unavailable("the invitations were taken in by another release; the next night reads them anew and purges them")
    ensure_tables(warehouse)
    retention = retention_of(workspace, as_of)
    with warehouse.transaction():
        dropped = {"events": purge_lake(warehouse, retention)}
        left = search(warehouse, retention)
        before = after = _counts(warehouse, as_of) if left["invitations"].past else None
        due = [store for store in PURGES if left[store].past]
        dropped |= {store: PURGES[store](warehouse, retention) if store in due else 0 for store in PURGES}
        if before is not None and (after := _counts(warehouse, as_of)) != before:
            raise CountsChanged(f"the purge would change the counts of {before[0]} inviters and days; report this as a defect")
        left = search(warehouse, retention) if due else left
        for name, table in (("invitations", INVITES), ("refused lines", QUARANTINE)):
            if dropped[name]:
                warehouse.parts.mark(table, [WHOLE])
                warehouse.forget_lasting(table.name)
        failpoint("retention.dropped")
        total = {store: number + earlier.dropped.get(store, 0) for store, number in dropped.items()}
        rows = _rows(left, total, workspace, retention, as_of, after or earlier.counts)
        _log(warehouse, total, workspace, as_of, after or earlier.counts)
    return rows


def search(warehouse: Warehouse, retention: Retention) -> dict[str, Left]:
    """What each store holds now; it changes nothing."""
    note_users(warehouse)
    past = f"count(*) filter (where {PAST})"
    others = "invitee_hash not in (select invitee_hash from invited_users)"
    invites = f"select count(invitee_hash), {past}, min(sent_at) filter (where {others}) from ingest.invites"
    lines = f"select count(*), count(*), min({AGE}) from ingest.quarantine as q left join ingest.files as f using (file_id)"
    held, due, oldest = fields_left(warehouse, retention.before)
    files = sum(1 for _ in _old_copies(warehouse, retention))
    return {
        "invitations": Left(*_row(warehouse, invites, before=retention.before)),
        "refused lines": Left(*_row(warehouse, f"{lines} where {REFUSED}", **_patterns(retention))),
        "refused files": Left(files, files, None), "events": Left(held, due, oldest),
    }  # fmt: skip


def published_past(warehouse: Warehouse, retention: Retention) -> int:
    """Rows of the published invitations that identify somebody for too long, read from the file as others read it."""
    path = warehouse.published / "ingest" / "invites.parquet"
    if not path.exists():
        return 0
    note_users(warehouse)
    rows = pq.read_table(path, columns=["invitee_hash", "sent_at"])
    warehouse.connection.register("published_invites", rows)
    try:
        return int(_row(warehouse, f"select count(*) from published_invites where {PAST}", before=retention.before)[0])
    finally:
        warehouse.connection.unregister("published_invites")


def _rows(
    left: dict[str, Left], dropped: Mapping[str, int], workspace: Workspace, retention: Retention, as_of: AsOf,
    counts: tuple[int, str] | None,
) -> pa.Table:  # fmt: skip
    rows = [
        {
            "as_of": as_of.date, "store": store, "retention_days": workspace.governance.privacy.invite_retention_days,
            "dropped_before": retention.before, "held": left[store].held, "dropped": dropped[store],
            "past_retention": left[store].past, "oldest_at": left[store].oldest,
            "inviter_days": counts[0] if counts else None, "counts_digest": counts[1] if counts else None,
        }
        for store in STORES
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _log(
    warehouse: Warehouse, dropped: Mapping[str, int], workspace: Workspace, as_of: AsOf, counts: tuple[int, str] | None
) -> None:
    """Tell the audit log of a night that purged something."""
    if not any(dropped.values()):
        return
    body: dict[str, object] = {
        "dropped": dict(dropped), "retention_days": workspace.governance.privacy.invite_retention_days,
        "counts_digest": counts[1] if counts else None,
    }  # fmt: skip
    enqueue(warehouse, [Entry("invite_retention", f"invites-{as_of.date}", body, as_of.cut, as_of=as_of.date)])


def _invitations(warehouse: Warehouse, retention: Retention) -> int:
    return _update(warehouse, f"ingest.invites set invitee_hash = null where {PAST}", before=retention.before)


def _refused_lines(warehouse: Warehouse, retention: Retention) -> int:
    text = f"""ingest.quarantine set raw = $forgotten where (file_id, line) in (
        select (q.file_id, q.line) from ingest.quarantine as q left join ingest.files as f using (file_id) where {REFUSED})"""
    return _update(warehouse, text, **_patterns(retention))


def _refused_files(warehouse: Warehouse, retention: Retention) -> int:
    """Remove copies of unreadable files of invitations; what the source holds is its own."""
    removed = 0
    for path in _old_copies(warehouse, retention):
        failpoint("retention.file")
        path.unlink()
        removed += 1
    return removed


PURGES = {"invitations": _invitations, "refused lines": _refused_lines, "refused files": _refused_files}
"""How each store but the lake is purged; gives how much went."""


def _old_copies(warehouse: Warehouse, retention: Retention) -> list[Any]:
    folder = refused_folder(warehouse)
    if not folder.exists():
        return []
    text = f"select file_id from ingest.files as f where source = 'invites' and {AGE} < $before order by 1"
    old = [str(name) for (name,) in warehouse.connection.execute(text, {"before": retention.before}).fetchall()]
    return [path for name in old for path in sorted(folder.glob(f"{name}*"))]


def _patterns(retention: Retention) -> dict[str, object]:
    def either(names: tuple[str, ...]) -> str:
        return '"(' + "|".join(re.escape(name) for name in names) + ')"' if names else r"\b\B"

    events, keys = either(retention.events), either(retention.keys)
    key = keys + r"\s*:" if retention.keys else keys
    return {"forgotten": FORGOTTEN, "before": retention.before, "event": events, "key": key}


def _counts(warehouse: Warehouse, as_of: AsOf) -> tuple[int, str]:
    number, digest = _row(warehouse, COUNTS, timezone=as_of.timezone)
    return int(number), str(digest)


def _row(warehouse: Warehouse, text: str, **values: object) -> tuple[Any, ...]:
    return warehouse.connection.execute(text, values or None).fetchall()[0]


def _update(warehouse: Warehouse, text: str, **values: object) -> int:
    return int(_row(warehouse, f"update {text}", **values)[0])
