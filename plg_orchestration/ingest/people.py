"""What a batch's events say about people, accounts and subscriptions: links of ids, traits, signups, first appearances, usage.

Each statement is a file `derived_<name>.sql` that reads `new_events`: the accepted events of a batch with `file` (order of the
files), `place`, `previous_id` and `signup_at`. Each gives what file after file would give, so that it does not matter which files
came in together. Which version holds on a day is decided in `known.py`.
"""

from dataclasses import dataclass

from plg_orchestration.ingest.batch import STAGED
from plg_orchestration.ingest.tables import ACCOUNTS, IDENTITIES, SUBSCRIPTION_USES, USERS
from plg_orchestration.warehouse import Table, Warehouse, sql_file


@dataclass(frozen=True)
class Derivation:
    """Rows derived from events: the file's name, the table they go to, and the kinds of events of which there must be one."""

    name: str
    table: Table
    kinds: frozenset[str]


DERIVATIONS: tuple[Derivation, ...] = (
    Derivation("identities", IDENTITIES, frozenset({"identify", "alias"})),
    Derivation("traits", USERS, frozenset({"identify"})),
    Derivation("companies", ACCOUNTS, frozenset({"group"})),
    Derivation("memberships", USERS, frozenset({"group"})),
    Derivation("signups", USERS, frozenset({"a signup"})),
    Derivation("seen_users", USERS, frozenset({"a user"})),
    Derivation("told_signups", USERS, frozenset({"a signup time"})),
    Derivation("seen_accounts", ACCOUNTS, frozenset({"an account"})),
    Derivation("subscription_uses", SUBSCRIPTION_USES, frozenset({"a use"})),
)
"""Everything that is derived from events, in order."""

PRESENT = f"""
select kind from {STAGED} where problem is null group by kind
union all select 'a signup' where exists (
    select 1 from {STAGED} where problem is null and event in (select event from ingest.signup_events))
union all select 'a use' where exists (
    select 1 from {STAGED} where problem is null and contains(properties, '"subscription_id":"'))
union all select 'a user' where exists (select 1 from {STAGED} where problem is null and user_id is not null)
union all select 'an account' where exists (select 1 from {STAGED} where problem is null and account_id is not null)
union all select 'a signup time' where exists (select 1 from {STAGED} where problem is null and signup_at is not null)
"""
"""The kinds of events that a batch has; what has no event needs no statement."""


def derive_versions(warehouse: Warehouse) -> None:
    """Append what the accepted events of the staged batch say about people and accounts; inside the batch's transaction."""
    present = {str(kind) for (kind,) in warehouse.connection.execute(PRESENT).fetchall()}
    warehouse.connection.execute(f"create or replace temp view new_events as select * from {STAGED} where problem is null")
    for derivation in DERIVATIONS:
        if derivation.kinds & present:
            warehouse.insert_given(derivation.table, sql_file(f"ingest/derived_{derivation.name}.sql"))


def refresh_signups(warehouse: Warehouse, events: tuple[str, ...]) -> None:
    """Let `events` be the names that count as signup; when they changed, derive the signups again from all events."""
    known = warehouse.connection.execute("select event from ingest.signup_events order by event").fetchall()
    if [name for (name,) in known] == sorted(events):
        return
    with warehouse.transaction():
        warehouse.connection.execute("delete from ingest.signup_events")
        for name in sorted(events):
            warehouse.connection.execute("insert into ingest.signup_events values ($name)", {"name": name})
        warehouse.connection.execute("delete from ingest.users where origin = 'signup'")
        warehouse.connection.execute("create or replace temp view new_events as select * from ingest.events")
        warehouse.insert_given(USERS, sql_file("ingest/derived_signups.sql"))
