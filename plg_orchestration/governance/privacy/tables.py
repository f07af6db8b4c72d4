"""The tables of privacy, as officers and auditors read them: requests to be forgotten, and the purge of invited people."""

from plg_orchestration.warehouse import Table, columns

PRIVACY = Table(
    name="governance.privacy",
    description="Requests to be forgotten on each day: when each is due, whether and when it was done, and what is left.",
    columns=columns(
        as_of="DATE: day of knowledge",
        request_id="VARCHAR: the erasure's certificate, or the request's record in the source",
        origin="VARCHAR: erasure (done by this system, with a certificate) or governance_records (told by the source)",
        requested_at="TIMESTAMP: when it was asked for, UTC",
        due_on="DATE: the last day on which it is in time",
        done_at="TIMESTAMP: when it was done, UTC; null while it is not",
        persons="BIGINT: people in the request; null when the source does not say",
        removed="BIGINT: lines, rows and files removed or changed; null for the source's requests",
        findings="BIGINT: places that still named somebody, or could not be dealt with; null for the source's requests",
        status="VARCHAR: done, late (done after it was due), incomplete, open or overdue",
        reason="VARCHAR: the status in words",
    ),
    key=("as_of", "request_id"),
    owner="team:legal",
    day="as_of",
)

INVITE_RETENTION = Table(
    name="governance.invite_retention",
    description="The nightly purge of what identifies invited people who did not become users: what went, and what is left.",
    columns=columns(
        as_of="DATE: day of knowledge",
        store="VARCHAR: invitations, refused lines, refused files (copies of unreadable ones) or events (of the lake)",
        retention_days="INTEGER: so many days an invited person is identified",
        dropped_before="TIMESTAMP: invitations sent before it identify nobody any more who is no user, UTC",
        held="BIGINT: rows that identify an invited person after the purge: those in time, and those of users; of refused lines "
        "and files only those whose time is over",
        dropped="BIGINT: rows, events or files that lost what identifies somebody, in all runs of the night",
        past_retention="BIGINT: rows that still identify somebody for too long, by a search after the purge; of events: parts",
        oldest_at="TIMESTAMP: when the oldest invitation was sent that still identifies somebody who is no user, UTC",
        inviter_days="BIGINT: counts per inviter and day, the same before and after; null when no invitation was purged",
        counts_digest="VARCHAR: digest of these counts",
    ),
    key=("as_of", "store"),
    owner="team:legal",
    day="as_of",
    layout="by_month",
    needs=("source:invites|role:invite_sent",),
    kept=True,
)
INVITE_PARTS = Table(
    name="governance.invite_parts",
    description="Which parts of the lake hold events that identify invited people, and since when.",
    columns=columns(
        part="VARCHAR: the part",
        looked_for="VARCHAR: digest of the events and properties that were looked for",
        fields="BIGINT: events that identify an invited person",
        oldest_at="TIMESTAMP: the earliest of them, UTC; null without any",
    ),
    key=("part",),
    owner="team:legal",
    kept=True,
)
"""Kept by the purge alone; no asset publishes it."""

TABLES: tuple[Table, ...] = (PRIVACY, INVITE_RETENTION)
