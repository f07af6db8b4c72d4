"""The ingest stage's tables: the ledger of files, what became of their lines, and every version of the reference rows.

All of them only grow: a correction is a new version with a later `known_at`. Which version holds on a day is decided in
`known.py`; the events themselves lie in the lake (`parts.py`) and `ingest.events` is a view of its committed parts.
"""

import pyarrow as pa

from plg_orchestration.ingest.billing_tables import RECORD_COLUMNS
from plg_orchestration.ingest.instrumentation_tables import COVERAGE, PROPERTY_DRIFT
from plg_orchestration.warehouse.tables import Table, columns

OWNER = "team:data"

EVENT_COLUMNS = columns(
    received_date="DATE: local date of received_at in the workspace's time zone",
    event_id="VARCHAR: identity of the event within a window of received days",
    kind="VARCHAR: track, page, screen, identify, group or alias",
    event="VARCHAR: the product's own name of what happened",
    user_id="VARCHAR: who did it, when known by name",
    anonymous_id="VARCHAR: who did it, before being known by name",
    account_id="VARCHAR: the account in which it was done",
    event_at="TIMESTAMP: when it happened (UTC)",
    received_at="TIMESTAMP: when it was learnt (UTC)",
    session_id="VARCHAR: the producer's session",
    device="VARCHAR: kind of device",
    locale="VARCHAR: language tag of the client",
    country="VARCHAR: country as sent",
    region="VARCHAR: region as sent",
    app_version="VARCHAR: version of the product's client",
    properties="VARCHAR: the event's own properties as JSON text",
    content_hash="VARCHAR: MD5 over the canonical columns; equal for a redelivery of the same content",
    file_id="VARCHAR: the file that brought it",
    line="BIGINT: its line in that file",
)

EVENTS = Table(
    name="ingest.events",
    description="Every accepted event, as a view of the lake's committed parts.",
    columns=EVENT_COLUMNS,
    key=("received_date", "event_id"),
    owner=OWNER,
    day="received_date",
    layout="by_day",
    needs=("source:events",),
)

FILES = Table(
    name="ingest.files",
    description="The ledger: each file by its SHA-256; lines = accepted + duplicates + quarantined + blank + erased.",
    columns=columns(
        file_id="VARCHAR: SHA-256 of the file's bytes (of a scanner's report: of these and the date in its path)",
        source="VARCHAR: the source that named it",
        path="VARCHAR: where it was first found, relative to the workspace when inside",
        file_date="DATE: the date in its path; NULL when it names none",
        bytes="BIGINT: size in bytes",
        lines="BIGINT: lines (records of CSV and Parquet)",
        accepted="BIGINT: lines that became rows",
        duplicates="BIGINT: lines whose content was already known",
        quarantined="BIGINT: lines refused with a reason",
        blank="BIGINT: lines that are empty or spaces only",
        erased="BIGINT: lines about people who were erased, dropped on the way in or later",
        received_from="TIMESTAMP: earliest received_at or known_at among its rows",
        received_to="TIMESTAMP: latest received_at or known_at among its rows",
        note="VARCHAR: what is to be said about the whole file (empty, refused and why)",
    ),
    key=("file_id",),
    owner=OWNER,
)

PATHS = Table(
    name="ingest.paths",
    description="Every path at which a file was seen last, with the size and time of change that spare hashing it again.",
    columns=columns(
        source="VARCHAR: the source",
        path="VARCHAR: where the file stands",
        bytes="BIGINT: size in bytes",
        changed_ns="BIGINT: time of its last change in nanoseconds (volatile)",
        file_id="VARCHAR: SHA-256 of its bytes",
        note="VARCHAR: 'copy of PATH' when the same bytes were known under another name",
    ),
    key=("source", "path"),
    owner=OWNER,
)

REWRITTEN = Table(
    name="ingest.rewritten",
    description="Files of the ledger whose bytes were written anew by an erasure; by their new bytes they are known too.",
    columns=columns(
        sha256="VARCHAR: SHA-256 of the file's bytes since then",
        file_id="VARCHAR: the file, by the bytes that it was taken in with",
        path="VARCHAR: where it stands",
    ),
    key=("sha256",),
    owner=OWNER,
)

PARTS = Table(
    name="ingest.parts",
    description="The Parquet parts of the lake that count; a file of the lake that is not named here is litter.",
    columns=columns(
        part="VARCHAR: path inside the lake's events folder",
        file_id="VARCHAR: the file that brought its rows",
        received_date="DATE: the received day of all its rows",
        rows="BIGINT: rows",
    ),
    key=("part",),
    owner=OWNER,
)

QUARANTINE = Table(
    name="ingest.quarantine",
    description="Every refused line with its reason and its bytes as they came.",
    columns=columns(
        file_id="VARCHAR: the file",
        source="VARCHAR: the source",
        path="VARCHAR: where the file was found",
        line="BIGINT: the line in the file (for CSV the physical line where the record begins); 0 for the whole file",
        reason="VARCHAR: a code of reasons.py",
        detail="VARCHAR: what exactly was wrong",
        raw="BLOB: the line's bytes without its line feed",
    ),
    key=("file_id", "line"),
    owner=OWNER,
)

IDENTITIES = Table(
    name="ingest.identities",
    description="Which anonymous id belongs to which user, and since when that is known (from identify and alias).",
    columns=columns(
        anonymous_id="VARCHAR: the anonymous id",
        user_id="VARCHAR: the user",
        known_at="TIMESTAMP: when it was learnt (UTC)",
        known_date="DATE: local date of known_at",
    ),
    key=("anonymous_id", "user_id", "known_at"),
    owner=OWNER,
)

SUBSCRIPTION_USES = Table(
    name="ingest.subscription_uses",
    description="How often events named a subscription in their properties, by day of use; held against the subscription.",
    columns=columns(
        received_date="DATE: the received day",
        subscription_id="VARCHAR: the subscription named",
        used_on="DATE: UTC date of event_at",
        uses="BIGINT: events",
        file_id="VARCHAR: the file that brought them",
    ),
    key=("file_id", "received_date", "subscription_id", "used_on"),
    owner=OWNER,
)

SIGNUPS = Table(
    name="ingest.signup_events",
    description="The event names that counted as signup when versions of users were last derived.",
    columns=columns(event="VARCHAR: an event name"),
    key=("event",),
    owner=OWNER,
)

LINEAGE = columns(
    known_at="TIMESTAMP: when this version was learnt (UTC)",
    known_date="DATE: local date of known_at",
    file_id="VARCHAR: the file that brought it",
    line="BIGINT: its line in that file",
)

ORIGIN = columns(origin="VARCHAR: source (a reference row), identify, group, signup or seen (derived from events)")


def _reference(name: str, key: str, description: str, /, *, with_origin: bool = False, **described: str) -> Table:
    return Table(
        name=f"ingest.{name}",
        description=f"{description} Every version ever received.",
        columns=(*columns(**described), *LINEAGE, *(ORIGIN if with_origin else ())),
        key=(*key.split(), "known_at", "file_id", "line", *(("origin",) if with_origin else ())),
        owner=OWNER,
        needs=(f"source:{name}|source:events",) if with_origin else (f"source:{name}",),
    )


BILLING_RECORDS = Table(
    name="ingest.billing_records",
    description="Rows of Stripe's exported tables, every version ever received; ingest.subscriptions is derived from them.",
    columns=(*RECORD_COLUMNS, *LINEAGE),
    key=("record", "record_id", "known_at", "file_id", "line"),
    owner=OWNER,
    needs=("source:subscriptions",),
)

USERS = _reference(
    "users", "user_id", "Users, from the source and derived from events.", with_origin=True,
    user_id="VARCHAR: the user",
    account_id="VARCHAR: the user's account",
    signup_at="TIMESTAMP: signup (UTC); for origin seen the earliest event",
    role="VARCHAR: role in the account",
    email_domain="VARCHAR: domain of the e-mail address, never the address",
    country="VARCHAR: country",
    region="VARCHAR: region",
    language="VARCHAR: language tag",
    device="VARCHAR: kind of device",
    acquisition_channel="VARCHAR: the channel that brought the user",
    referred_by="VARCHAR: the user who invited",
)  # fmt: skip
ACCOUNTS = _reference(
    "accounts", "account_id", "Accounts, from the source and derived from events.", with_origin=True,
    account_id="VARCHAR: the account",
    name="VARCHAR: its name",
    industry="VARCHAR: its industry",
    employees="BIGINT: number of employees",
    segment="VARCHAR: smb, mid_market or enterprise as given",
    country="VARCHAR: country",
    region="VARCHAR: region",
    residency_region="VARCHAR: where its data must stay",
    signup_at="TIMESTAMP: when it was created (UTC); for origin seen the earliest event",
    acquisition_channel="VARCHAR: the channel that brought it",
    churned="BOOLEAN: the source's own flag that the account has churned",
)  # fmt: skip
SUBSCRIPTIONS = _reference(
    "subscriptions", "subscription_id", "Subscriptions.",
    subscription_id="VARCHAR: the subscription",
    account_id="VARCHAR: the account that pays",
    plan="VARCHAR: its plan",
    seats="BIGINT: seats",
    mrr="DECIMAL(18,2): monthly recurring revenue in currency; of a price by its billing period, a month when it names none",
    price="DECIMAL(18,2): the price of one billing period, where the source states that",
    currency="VARCHAR: ISO 4217",
    started_at="TIMESTAMP: start (UTC)",
    ended_at="TIMESTAMP: end (UTC), exclusive; NULL while it runs",
    trial="BOOLEAN: whether it is a trial",
    billing_period="VARCHAR: day, week, month, quarter or year, as the source words it",
    per_seat="BOOLEAN: whether the price is that of one seat",
)  # fmt: skip
INVITES = _reference(
    "invites", "invite_id", "Invitations.",
    invite_id="VARCHAR: the invitation",
    inviter_id="VARCHAR: the inviting user",
    invitee_hash="VARCHAR: hash of the invited address",
    invitee_user_id="VARCHAR: the invited user, once signed up",
    sent_at="TIMESTAMP: when sent (UTC)",
    accepted_at="TIMESTAMP: when accepted (UTC)",
    opt_in_at="TIMESTAMP: when the invited agreed (UTC)",
    double_opt_in_at="TIMESTAMP: when the agreement was confirmed (UTC)",
    region="VARCHAR: region of the invited",
)  # fmt: skip
TICKETS = _reference(
    "tickets", "ticket_id", "Support tickets.",
    ticket_id="VARCHAR: the ticket",
    account_id="VARCHAR: the account",
    user_id="VARCHAR: the user",
    opened_at="TIMESTAMP: opened (UTC)",
    closed_at="TIMESTAMP: closed (UTC)",
    topic="VARCHAR: topic",
    satisfaction="DOUBLE: satisfaction as rated",
)  # fmt: skip
SURVEYS = _reference(
    "surveys", "survey_id", "Survey answers.",
    survey_id="VARCHAR: the answer",
    kind="VARCHAR: nps or csat",
    user_id="VARCHAR: who answered",
    score="DOUBLE: score on the kind's scale",
    answered_at="TIMESTAMP: when (UTC)",
)  # fmt: skip
SPEND = _reference(
    "spend", "channel month", "Acquisition spend.",
    channel="VARCHAR: the acquisition channel",
    month="DATE: first day of the month",
    amount="DECIMAL(18,2): money spent in currency",
    currency="VARCHAR: ISO 4217",
)  # fmt: skip
EXCHANGE_RATES = _reference(
    "exchange_rates", "currency day", "Exchange rates.",
    currency="VARCHAR: ISO 4217",
    day="DATE: the day for which the rate holds",
    rate="DOUBLE: units of the reporting currency for one of this currency",
)  # fmt: skip
FINANCE = _reference(
    "finance", "month", "Gross margin by month.",
    month="DATE: first day of the month",
    gross_margin="DOUBLE: (revenue - cost of providing it) / revenue, from 0 to 1",
)  # fmt: skip
CRM_OUTCOMES = _reference(
    "crm_outcomes", "outcome_id", "What sales made of a lead.",
    outcome_id="VARCHAR: the outcome",
    decision_id="VARCHAR: the decision that routed the lead",
    user_id="VARCHAR: the lead",
    outcome="VARCHAR: accepted, rejected, opportunity, won or lost",
    reason="VARCHAR: reason given",
    at="TIMESTAMP: when (UTC)",
    origin="VARCHAR: pql or mql",
)  # fmt: skip
OBJECTIONS = _reference(
    "objections", "objection_id", "Objections to being contacted (opt-outs), of a person or of a whole account.",
    objection_id="VARCHAR: the objection",
    user_id="VARCHAR: who objects; null when the whole account does",
    account_id="VARCHAR: the account that objects; null when one person does",
    at="TIMESTAMP: since when (UTC)",
    withdrawn_at="TIMESTAMP: until when (UTC), exclusive; null while it holds",
    reason="VARCHAR: reason given",
)  # fmt: skip
EXPOSURES = _reference(
    "exposures", "experiment unit_id", "Exposures to experiments.",
    experiment="VARCHAR: the experiment",
    unit_id="VARCHAR: the user or account",
    arm="VARCHAR: the arm shown",
    exposed_at="TIMESTAMP: first exposure (UTC)",
)  # fmt: skip
VENDORS = _reference(
    "vendors", "vendor", "Third parties.",
    vendor="VARCHAR: the vendor",
    category="VARCHAR: what it does for us",
    certificate="VARCHAR: its security certificate",
    certificate_expires="DATE: last day of the certificate",
    reviewed_at="TIMESTAMP: last review (UTC)",
    residency="VARCHAR: where it keeps data",
    owner="VARCHAR: who answers for it",
    volume="DOUBLE: requests (or records) that it can handle a month",
    latency_ms="DOUBLE: how long it takes to answer, in milliseconds (95th percentile)",
    privacy_certificates="VARCHAR: its certificates of privacy, separated by semicolons",
    integration_days="DOUBLE: person-days that connecting it took or takes",
    monthly_cost="DECIMAL(18,2): what it costs a month, in the reporting currency",
    packages="VARCHAR: packages or scan targets that are the vendor's, separated by semicolons",
    keys="VARCHAR: keys to it, as subjects of key_rotation records name them, separated by semicolons",
)  # fmt: skip
VULNERABILITIES = _reference(
    "vulnerabilities", "vulnerability_id", "Known vulnerabilities.",
    vulnerability_id="VARCHAR: the vulnerability",
    package="VARCHAR: the affected package",
    severity="VARCHAR: low, medium, high or critical; unknown counts as medium",
    found_at="TIMESTAMP: when found (UTC)",
    fixed_at="TIMESTAMP: when fixed (UTC)",
    scanned_at="TIMESTAMP: the scan that reported it (UTC)",
    tool="VARCHAR: the scanner, where a report named the finding",
    target="VARCHAR: what was scanned",
    advisory="VARCHAR: the advisory's or rule's own id",
    version="VARCHAR: the version that was found",
    detail="VARCHAR: aliases and fixed versions, or what the scan says of itself",
    record="VARCHAR: finding, scan (a scan's own row) or unfinished_scan; NULL for a finding of a plain table",
)  # fmt: skip
UPTIME = _reference(
    "uptime", "vendor day", "Availability of third parties by day.",
    vendor="VARCHAR: the vendor",
    day="DATE: the day",
    minutes_up="DOUBLE: minutes available",
    minutes="DOUBLE: minutes measured",
)  # fmt: skip
GOVERNANCE_RECORDS = _reference(
    "governance_records", "record_id", "Assessments, post-mortems, initiative milestones and other records.",
    record_id="VARCHAR: the record",
    kind="VARCHAR: what it is",
    at="TIMESTAMP: its date (UTC)",
    owner="VARCHAR: who answers for it",
    subject="VARCHAR: what it is about",
    detail="VARCHAR: text or JSON",
    due_at="TIMESTAMP: due (UTC)",
    closed_at="TIMESTAMP: closed (UTC)",
)  # fmt: skip

FINDINGS = Table(
    name="ingest.findings",
    description="What the sources say that cannot all be true, counted and shown, never smoothed over.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        finding="VARCHAR: the rule that found it",
        source="VARCHAR: the source whose rows are at fault",
        rows="BIGINT: rows at fault",
        of_rows="BIGINT: rows examined",
        share="DOUBLE: rows / of_rows; NULL when nothing was examined",
        example="VARCHAR: one of the rows at fault",
        detail="VARCHAR: what the rule says, in words, with the figures of both sides where two are compared",
    ),
    key=("as_of", "finding", "source"),
    owner=OWNER,
    day="as_of",
)

REFERENCES: dict[str, Table] = {
    table.short_name: table
    for table in (
        USERS, ACCOUNTS, SUBSCRIPTIONS, INVITES, TICKETS, SURVEYS, SPEND, EXCHANGE_RATES, FINANCE, CRM_OUTCOMES, OBJECTIONS,
        EXPOSURES, VENDORS, VULNERABILITIES, UPTIME, GOVERNANCE_RECORDS,
    )
}  # fmt: skip
"""The reference tables by the name of their source."""

LEDGER: tuple[Table, ...] = (
    FILES, PATHS, REWRITTEN, PARTS, QUARANTINE, IDENTITIES, SIGNUPS, SUBSCRIPTION_USES, BILLING_RECORDS, *REFERENCES.values(),
)  # fmt: skip
"""The tables that ingestion itself writes; they stand or fall together."""

TABLES: tuple[Table, ...] = (
    EVENTS, FILES, PARTS, QUARANTINE, IDENTITIES, *REFERENCES.values(), FINDINGS, COVERAGE, PROPERTY_DRIFT,
)  # fmt: skip

ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"), "BLOB": pa.binary(), "DECIMAL(18,2)": pa.decimal128(18, 2),
}  # fmt: skip


def key_columns(table: Table) -> tuple[str, ...]:
    """The columns that name the thing which a reference row describes: the table's key without the version."""
    return tuple(name for name in table.key if name not in ("known_at", "file_id", "line", "origin"))


def has_origin(table: Table) -> bool:
    """Whether versions of the table also come from events; `origin` then tells them apart."""
    return "origin" in table.key
