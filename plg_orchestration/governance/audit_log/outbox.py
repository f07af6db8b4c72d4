"""The outbox: what is to be logged, entered in the transaction that makes it true; nothing is in the log before it was here.

Moving entries into the log is in `appending.py`; what a night's decisions say, in `decisions.py`.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from plg_orchestration.config.fingerprint import canonical_json
from plg_orchestration.governance.audit_log.framing import frame
from plg_orchestration.governance.audit_log.tables import AUDIT_LOG, OUTBOX, STATES
from plg_orchestration.warehouse import Query, Warehouse, sql_file

KIND = re.compile(r"[a-z][a-z_]{0,39}")
ENTRY = b"plg-audit-entry/1"
SCHEMA = pa.schema([
    ("kind", pa.string()), ("key", pa.string()), ("as_of", pa.date32()), ("at", pa.timestamp("us")), ("state", pa.string()),
    ("entry", pa.string()), ("user_id", pa.string()), ("staff", pa.string()), ("links", pa.string()), ("body", pa.string()),
])  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One thing to be logged: what kind it is of and what it is about (`key`), when it happened (naive UTC), and what it says.

    `user_id` and `staff` (who acted, by what they did: `{"approver": staff_key("Dana")}`) are keys of the keyring; the log holds
    their pseudonyms. With a user, the log holds aliases under the user's key of `key` and of `links` (other ids by what they
    name, `{"decision": ...}`), since such ids would lead back to the user. The body names nobody otherwise than by pseudonym and
    holds no free text: a digest stands for it. `as_of` is the night that it belongs to and becomes part of the body.
    """

    kind: str
    key: str
    body: Mapping[str, object]
    at: dt.datetime
    as_of: dt.date | None = None
    user_id: str | None = None
    staff: Mapping[str, str] = field(default_factory=dict[str, str])
    links: Mapping[str, str] = field(default_factory=dict[str, str])


def entry_id(kind: str, key: str, body: str, replaces: str | None = None) -> str:
    """The identity of an entry's content: 32 hex digits of the SHA-256 of kind, key, what it replaces and the canonical body."""
    said = frame(ENTRY, kind.encode(), key.encode(), (replaces or "").encode(), body.encode())
    return hashlib.sha256(said).hexdigest()[:32]


def text_digest(about: str, text: str) -> str:
    """What stands in the log for a free text: the SHA-256 of the id that it belongs to and of the text.

    Whoever has both can compare; nobody reads the text out of it.
    """
    return hashlib.sha256(frame(about.encode(), text.encode())).hexdigest()


def enqueue(warehouse: Warehouse, records: Sequence[Entry]) -> int:
    """Enter the records inside the caller's transaction; how many are new.

    An entry that waits already (same kind, key and body) is passed over, and one that is logged already is passed over at the
    latest when it would be appended. ValueError when a kind is no name.
    """
    made: list[dict[str, object]] = []
    for record in records:
        if not KIND.fullmatch(record.kind):
            raise ValueError(f"kind {record.kind!r} is no name; write a word of small letters and underscores")
        if record.at.tzinfo is not None:
            raise ValueError(f"{record.kind} {record.key}: `at` has a time zone; hand in UTC without one")
        dated = {} if record.as_of is None else {"as_of": record.as_of}
        body = canonical_json({**record.body, **dated})
        as_of = json.loads(body, parse_constant=_refuse).get("as_of")
        made.append({
            "kind": record.kind, "key": record.key, "as_of": dt.date.fromisoformat(as_of) if as_of else None,
            "at": record.at, "state": None,
            "entry": entry_id(record.kind, record.key, body), "user_id": record.user_id,
            "staff": canonical_json(dict(record.staff)), "links": canonical_json(dict(record.links)), "body": body,
        })  # fmt: skip
    with warehouse.transaction():
        prepare(warehouse)
        entries = list({str(row["entry"]): row for row in made}.values())
        known = {str(row[0]) for row in warehouse.rows(_known([str(row["entry"]) for row in entries]))}
        new = [row for row in entries if row["entry"] not in known]
        if new:
            add(warehouse, pa.Table.from_pylist(new, schema=SCHEMA))
    return len(new)


def add(warehouse: Warehouse, rows: pa.Table) -> None:
    """Enter rows of `SCHEMA` behind what waits, in their order, inside the caller's transaction."""
    used = "select max(number) as n from governance.audit_outbox union all select max(number) from governance.audit_log"
    first = int(str(warehouse.scalar(f"select max(n) from ({used}) as used") or 0)) + 1
    numbers = pa.array(range(first, first + rows.num_rows), pa.int64())
    warehouse.insert(OUTBOX, rows.append_column("number", numbers))


def waiting(warehouse: Warehouse) -> int:
    """How many entries are not in the log yet."""
    return int(str(warehouse.scalar("select count(*) from governance.audit_outbox"))) if warehouse.exists(OUTBOX.name) else 0


def prepare(warehouse: Warehouse) -> None:
    """Make the tables of the log where they are missing."""
    for table in (OUTBOX, AUDIT_LOG, STATES):
        warehouse.ensure(table)


def _refuse(constant: str) -> None:
    raise ValueError(f"a body holds {constant}, which is no number in JSON; hand in None where nothing is known")


def _known(entries: list[str]) -> Query:
    return sql_file("governance/audit_log/known_entries.sql", requires=(), entries=entries)
