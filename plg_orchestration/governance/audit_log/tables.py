"""What waits for the log, and the index of what is in it."""

from plg_orchestration.warehouse import Table, columns

AUDIT_LOG = Table(
    name="governance.audit_log",
    description="The index of the decision log: one row for every record of the chained files in `audit/`, without what it says.",
    columns=columns(
        log_day="DATE: the day of the log, which never goes back though nights are built again",
        sequence="BIGINT: place in that day, from 1",
        kind="VARCHAR: decision, night, override, promotion, approval, acknowledgement, acceptance, erasure, ...",
        key="VARCHAR: what the record is about; where that leads to a person, an alias under the person's key (volatile)",
        as_of="DATE: the night that it belongs to; null where it belongs to none",
        at="TIMESTAMP: when that happened, UTC",
        state="VARCHAR: decided or withdrawn, of decisions and nights; null of other kinds",
        entry="VARCHAR: identity of the record's content (volatile)",
        replaces="VARCHAR: the entry whose place it takes; null for a first one (volatile)",
        number="BIGINT: running number of the entry in the outbox",
        hash="VARCHAR: the record's hash in the chain (volatile)",
    ),
    key=("log_day", "sequence"),
    owner="team:governance",
    day="log_day",
    layout="by_day",
    kept=True,
)

OUTBOX = Table(
    name="governance.audit_outbox",
    description="What is to be appended to the log, in the order of its numbers; entered in the transaction that it tells of.",
    columns=columns(
        number="BIGINT: order of appending; goes on over all appends",
        kind="VARCHAR: as in governance.audit_log",
        key="VARCHAR: what the record is about; with a user the log holds an alias of it",
        as_of="DATE: the night that it belongs to; null where it belongs to none",
        at="TIMESTAMP: when that happened, UTC",
        state="VARCHAR: decided or withdrawn, of decisions and nights",
        entry="VARCHAR: identity of kind, key and body",
        user_id="VARCHAR: the user, whom the log knows by pseudonym only",
        staff="VARCHAR: JSON: who acted, by what they did; the log knows them by pseudonym only",
        links="VARCHAR: JSON: other ids of the user's, by what they name; the log holds aliases of them",
        body="VARCHAR: canonical JSON: what the record says",
    ),
    key=("number",),
    owner="team:governance",
    kept=True,
)
"""No asset publishes it: it is empty after every append, and nothing outside the warehouse reads it."""

STATES = Table(
    name="governance.audit_states",
    description="What was last handed to the log about each decision and night, so that only what changes is handed in again.",
    columns=columns(
        kind="VARCHAR: decision or night",
        key="VARCHAR: the decision's id, or night and target",
        as_of="DATE: the night",
        user_id="VARCHAR: the user of a decision; a person's rows go with the person",
        content="VARCHAR: identity of what was said",
    ),
    key=("kind", "key"),
    owner="team:governance",
    kept=True,
)
"""No asset publishes it either."""

TABLES: tuple[Table, ...] = (AUDIT_LOG,)
