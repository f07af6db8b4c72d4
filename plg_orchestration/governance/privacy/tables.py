"""The table of requests to be forgotten, as officers and auditors read it."""

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

TABLES: tuple[Table, ...] = (PRIVACY,)
