"""Entries of the outbox as records of the log: people by pseudonym, their ids by alias, and each content once.

What a record is chained with is in `framing.py`; writing it, in `appending.py`.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.audit_log.outbox import entry_id
from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.governance.privacy.secret import Secret
from plg_orchestration.warehouse import Warehouse, sql_file

Row = dict[str, Any]
Said = tuple[str, str | None]
"""An entry's identity, and that of the one which it replaces."""


@dataclass(frozen=True)
class Named:
    """The pseudonym of every key of the keyring that the entries name, and the alias of every id, by person and id."""

    people: dict[str | None, str | None]
    aliases: dict[tuple[str, str], str]

    def key(self, row: Row) -> str:
        """What the record is about, as the log calls it."""
        return row["key"] if row["user_id"] is None else self.aliases[row["user_id"], row["key"]]


def named(rows: Sequence[Row], state: Path, secret: Secret) -> Named:
    """Pseudonyms and aliases for all that the rows name; the keys are saved before anything is written with them."""
    people = {person for row in rows for person in (row["user_id"], *json.loads(row["staff"]).values()) if person}
    wanted = {
        (row["user_id"], text) for row in rows if row["user_id"] for text in (row["key"], *json.loads(row["links"]).values())
    }
    if not people:
        return Named({None: None}, {})
    listed = sorted(people)
    with open_keyring(state, secret) as keys:
        names = keys.pseudonyms(listed)
        aliases = {(person, text): keys.alias(person, text) for person, text in sorted(wanted)}
    failpoint("audit.named")
    return Named({None: None, **dict(zip(listed, names, strict=True))}, aliases)


def new_entries(warehouse: Warehouse, rows: Sequence[Row], names: Named) -> list[tuple[Row, Said]]:
    """The rows that the log does not say already, each with its identity and what it replaces.

    A decision or night that reads as it did last is passed over, otherwise it replaces what was said last; of other kinds the
    same content is said once. What an append before a kill has written is known by its number.
    """
    keys = [names.key(row) for row in rows]
    numbers, latest, known = _logged(warehouse, rows, keys)
    found: list[tuple[Row, Said]] = []
    for row, key in zip(rows, keys, strict=True):
        kind, body = row["kind"], row["body"]
        done = numbers.get(row["number"])
        if done is not None and entry_id(kind, key, body, done[1]) == done[0]:
            continue
        if row["state"] is None:
            said: Said = (entry_id(kind, key, body), None)
            if said[0] in known:
                continue
            known.add(said[0])
        else:
            former = latest.get((kind, key))
            if former is not None and entry_id(kind, key, body, former[1]) == former[0]:
                continue
            replaces = former[0] if former else None
            said = latest[kind, key] = (entry_id(kind, key, body, replaces), replaces)
        found.append((row, said))
    return found


def _logged(
    warehouse: Warehouse, rows: Sequence[Row], keys: Sequence[str]
) -> tuple[dict[int, Said], dict[tuple[str, str], Said], set[str]]:  # fmt: skip
    """What the index knows of the rows: by number, the last by kind and key, and every entry of the keys."""
    asked = pa.table({"kind": [row["kind"] for row in rows], "key": list(keys)}, schema=ASKED)
    warehouse.connection.register("asked_keys", asked)
    try:
        found = warehouse.rows(sql_file("governance/audit_log/logged_keys.sql", requires=(), first=rows[0]["number"]))
    finally:
        warehouse.connection.unregister("asked_keys")
    numbers: dict[int, Said] = {}
    latest: dict[tuple[str, str], Said] = {}
    known: set[str] = set()
    for kind, key, entry, replaces, number in found:
        said = (str(entry), None if replaces is None else str(replaces))
        latest[str(kind), str(key)] = said
        numbers[int(str(number))] = said
        known.add(str(entry))
    return numbers, latest, known


ASKED = pa.schema([("kind", pa.string()), ("key", pa.string())])


def record_texts(entries: Sequence[tuple[Row, Said]], names: Named) -> list[bytes]:
    """The canonical JSON of each record: keys in order, the body as entered, people by pseudonym and their ids by alias."""
    times: dict[dt.datetime, str] = {}
    staff: dict[str, str] = {}
    made: list[bytes] = []
    for row, (entry, replaces) in entries:
        at, acted, user = row["at"], row["staff"], row["user_id"]
        time = times.get(at) or times.setdefault(at, at.isoformat())
        who = staff.get(acted)
        if who is None:
            who = staff[acted] = _compact({role: names.people[person] for role, person in json.loads(acted).items()})
        links = row["links"]
        if links != "{}":
            links = _compact({name: names.aliases[user, text] if user else text for name, text in json.loads(links).items()})
        person = f'"{names.people[user]}"' if user else "null"
        key = f'"{names.aliases[user, row["key"]]}"' if user else _compact(row["key"])
        before = f'"{replaces}"' if replaces else "null"
        made.append(
            f'{{"at":"{time}","body":{row["body"]},"entry":"{entry}","key":{key},"kind":"{row["kind"]}","links":{links},'
            f'"number":{row["number"]},"person":{person},"replaces":{before},"staff":{who}}}'.encode()
        )
    return made


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
