"""What leads to a person: ids, linked anonymous ids, invitation hashes, decisions, addresses, and values that nobody else has.

Read from the warehouse before anything is removed. Looking for them in bytes is `needles.py`.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from plg_orchestration.governance.privacy.needles import SHORTEST
from plg_orchestration.warehouse import Warehouse

SUBJECTS: dict[str, str] = {
    "user_id": "users", "inviter_id": "users", "invitee_user_id": "users", "unit_id": "users", "anonymous_id": "anonymous",
    "previous_id": "anonymous", "invitee_hash": "invitees", "decision_id": "decisions", "queued_decision_id": "decisions",
}  # fmt: skip
"""The columns that say whom a row is about, in every table and source, and which ids stand there."""
VALUES = (
    "dimension_value", "grp", "group_value", "event", "property", "channel", "region", "country", "device", "language", "locale",
    "industry", "role", "email_domain", "topic", "nearest_known",
)  # fmt: skip
"""Columns of tables about nobody in particular that repeat what sources say, so that a cell may be one person's alone."""
PLAIN = re.compile(r"[-+]?[\d.,]+%?|\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?")
TELLING = re.compile(r"[\d@]|[^\x00-\x7f]|\w\s+\w")
NOT_TELLING = frozenset({"received_date", "kind", "origin", "file_id", "content_hash"})
SHORTEST_TELLING = 8
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Identifiers:
    """What leads to the people of an erasure. `shared` anonymous ids belong to others too and stay.

    `addresses` are e-mail addresses that the people gave, `telling` long values that nobody else has, `words` short ones.
    """

    users: tuple[str, ...]
    anonymous: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    invitees: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def of(self, kind: str) -> frozenset[str]:
        """The ids of a kind: users, anonymous, invitees or decisions."""
        return frozenset(getattr(self, kind))

    @property
    def tombs(self) -> tuple[str, ...]:
        """What gets a tombstone: the ids by which a line of a later file could be about these people."""
        return (*self.users, *self.anonymous, *self.invitees, *self.decisions)

    @property
    def names(self) -> tuple[str, ...]:
        """The ids and addresses that lead to these people wherever they stand."""
        return (*self.tombs, *self.addresses)

    @property
    def all_texts(self) -> tuple[str, ...]:
        """Everything that is looked for in stores that were derived from the sources."""
        return (*self.names, *self.telling)

    @property
    def short(self) -> bool:
        """Whether some id is too short to be looked for in bytes."""
        return any(len(name.encode()) < SHORTEST for name in self.tombs)


def identifiers_of(warehouse: Warehouse, people: Sequence[str]) -> Identifiers:
    """What leads to the people, as the warehouse knows it."""
    users = tuple(sorted(set(people)))
    _put(warehouse, "erased_users", users)
    linked = _texts(warehouse, _linked(warehouse))
    _put(warehouse, "erased_anonymous", linked)
    shared = set(_texts(warehouse, _others(warehouse)))
    own = tuple(name for name in linked if name not in shared)
    _put(warehouse, "erased_anonymous", own)
    invitees = _column(warehouse, "ingest.invites", "invitee_hash", "invitee_user_id")
    tables = ("pql.decisions", "pql.routes", "pql.deliveries", "pql.overrides")
    decisions = sorted({name for table in tables for name in _column(warehouse, table, "decision_id", "user_id")})
    found = Identifiers(users, own, tuple(sorted(shared)), tuple(invitees), tuple(decisions))
    values, addresses = _values(warehouse, found)
    alone = [value for value in _alone(warehouse, values - set(found.tombs)) if value not in addresses]
    telling = tuple(value for value in alone if len(value.encode()) >= SHORTEST_TELLING and TELLING.search(value))
    words = tuple(value for value in alone if value not in set(telling))
    return Identifiers(users, own, found.shared, found.invitees, found.decisions, tuple(sorted(addresses)), telling, words)


def subjects_of(warehouse: Warehouse, table: str) -> dict[str, str]:
    """The columns of the table that say whom a row is about, with the kind of ids."""
    schema, name = table.split(".")
    text = "select column_name from duckdb_columns() where schema_name = $s and table_name = $t order by column_index"
    columns = [str(column) for (column,) in warehouse.connection.execute(text, {"s": schema, "t": name}).fetchall()]
    return {column: SUBJECTS[column] for column in columns if column in SUBJECTS}


def about(subjects: dict[str, str]) -> str:
    """SQL: whether a row is about one of the people, by the tables `erased_<kind>`."""
    return " or ".join(
        f'coalesce("{column}" in (select text from erased_{kind}), false)' for column, kind in subjects.items()
    ) or "false"  # fmt: skip


def put_ids(warehouse: Warehouse, found: Identifiers) -> None:
    """Make the temporary tables `erased_users`, `erased_anonymous`, `erased_invitees` and `erased_decisions`."""
    for kind in ("users", "anonymous", "invitees", "decisions"):
        _put(warehouse, f"erased_{kind}", getattr(found, kind))


def leaves(text: str) -> Iterable[str]:
    """The texts in a JSON text: keys and values, at any depth; nothing when it is no JSON."""
    try:
        waiting: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            yield value


def _put(warehouse: Warehouse, name: str, texts: Iterable[str]) -> None:
    warehouse.connection.register("given_texts", pa.table({"text": pa.array(sorted(set(texts)), pa.string())}))
    warehouse.connection.execute(f"create or replace temp table {name} as select text from given_texts")
    warehouse.connection.unregister("given_texts")


def _texts(warehouse: Warehouse, text: str) -> list[str]:
    return sorted({str(found) for (found,) in warehouse.connection.execute(text).fetchall() if found})


def _column(warehouse: Warehouse, table: str, column: str, person: str) -> list[str]:
    if not warehouse.exists(table):
        return []
    return _texts(warehouse, f"select distinct {column} from {table} where {person} in (select text from erased_users)")


def _linked(warehouse: Warehouse) -> str:
    return """
        select anonymous_id from ingest.identities where user_id in (select text from erased_users)
        union select anonymous_id from ingest.events where user_id in (select text from erased_users)"""


def _others(warehouse: Warehouse) -> str:
    others = "anonymous_id in (select text from erased_anonymous) and user_id not in (select text from erased_users)"
    return f"""
        select anonymous_id from ingest.identities where {others}
        union select anonymous_id from ingest.events where {others}"""


def _sources(warehouse: Warehouse) -> list[tuple[str, list[str]]]:
    """The tables that hold what sources said, with their columns of text."""
    from plg_orchestration.ingest.tables import EVENTS, REFERENCES

    tables = [EVENTS, *REFERENCES.values()]
    return [
        (table.name, [c.name for c in table.columns if c.type == "VARCHAR" and c.name not in NOT_TELLING]) for table in tables
    ]


def _values(warehouse: Warehouse, found: Identifiers) -> tuple[set[str], set[str]]:
    """Every text in the people's own rows, and the e-mail addresses that they gave of themselves."""
    put_ids(warehouse, found)
    values: set[str] = set()
    addresses: set[str] = set()
    for table, columns in _sources(warehouse):
        own = about(subjects_of(warehouse, table))
        if own == "false":
            continue
        for column in columns:
            if column == "properties":
                continue
            values.update(_texts(warehouse, f'select distinct "{column}" from {table} where {own}'))
    own = about({"user_id": "users", "anonymous_id": "anonymous"})
    for kind, text in warehouse.connection.execute(f"select distinct kind, properties from ingest.events where {own}").fetchall():
        said = set(leaves(text or "{}"))
        values |= said
        addresses |= {value for value in said if kind == "identify" and ADDRESS.fullmatch(value)}
    fit = {value for value in values if len(value) >= 3 and not PLAIN.fullmatch(value)}
    return fit - addresses, addresses


def _alone(warehouse: Warehouse, values: set[str]) -> list[str]:
    """Those of the values that stand in nobody else's rows and in no configuration."""
    _put(warehouse, "erased_values", values)
    known: set[str] = set()
    for table, columns in _sources(warehouse):
        others = f"not ({about(subjects_of(warehouse, table))})"
        for column in columns:
            if column != "properties":
                known.update(_texts(warehouse, f'select distinct "{column}" from {table} semi join erased_values '
                                               f'on "{column}" = text where {others}'))  # fmt: skip
    others = f"not ({about({'user_id': 'users', 'anonymous_id': 'anonymous'})})"
    for inside in ("json_keys(properties)", "json_extract_string(properties, '$.*')"):
        known.update(
            _texts(
                warehouse,
                f"select distinct said from (select unnest({inside}) as said from (select distinct properties from ingest.events "
                f"where {others})) semi join erased_values on said = text",
            )
        )
    configured = "select table_name, column_name from duckdb_columns() where schema_name = 'config' and data_type = 'VARCHAR'"
    for table, column in warehouse.connection.execute(configured).fetchall():
        known.update(
            _texts(warehouse, f'select distinct "{column}" from config.{table} semi join erased_values on "{column}" = text')
        )
    return sorted(values - known)
