"""The record of processing: which tables hold personal data, what for, for how long, and who receives it.

It is made of the tables' declarations and of what the workspace states in `governance.privacy.processing`, so that no table can
be forgotten; what nobody stated is said. It claims nothing legal. The page is `reports/privacy/record.py`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from plg_orchestration.config import Workspace
from plg_orchestration.governance.privacy.identifiers import SUBJECTS
from plg_orchestration.governance.privacy.policy import Activity
from plg_orchestration.governance.privacy.stores import STORES
from plg_orchestration.warehouse import Table, all_tables

NOT_STATED = "not stated"
NAMING = re.compile(
    r"(^|_)(user_id|inviter_id|invitee\w*|unit_id|anonymous_id|previous_id|referred_by|visitor_id|email\w*|e_mail\w*|phone\w*|"
    r"contact\w*|first_name|last_name|full_name|address|ip|fingerprint|device_id)$"
)
"""Columns by whose name a person or a contact of an account can be told."""
STAFF = re.compile(r"(^|_)(person|requested_by|reviewer|approver|accepted_by|acknowledged_by|staff|asked_by)$")
"""Columns that name staff of the controller."""
CARRYING = frozenset({"properties", "lead", "raw", "decision_id", "queued_decision_id", "top_reasons", "members"})
"""Columns whose content may name a person, or leads to one."""
CONNECTED = {"csv": "files in a folder", "webhook": "signed requests to an address", "hubspot": "HubSpot"}


@dataclass(frozen=True)
class Processed:
    """A table that holds personal data: by which columns people are told, what else of them stands there, and why."""

    table: str
    holds: str
    identified_by: str
    staff: str
    about_them: str
    activity: str
    purpose: str
    people: str
    legal_basis: str
    retention: str
    region: str
    recipients: str


@dataclass(frozen=True)
class Recipient:
    """Where personal data goes: a destination of leads, or a channel of alerts."""

    name: str
    kind: str
    identity: str
    receives: str


COLUMNS = tuple(field.name for field in fields(Processed))


def personal_columns(table: Table) -> tuple[str, ...]:
    """The columns of the table by which a person can be told, or whose content may name one."""
    texts = [column.name for column in table.columns if column.type.upper().startswith(("VARCHAR", "JSON", "BLOB"))]
    return tuple(name for name in texts if name in SUBJECTS or name in CARRYING or NAMING.search(name) or STAFF.search(name))


def processed(workspace: Workspace, tables: Iterable[Table] | None = None) -> tuple[Processed, ...]:
    """Every declared table with a personal column, by name; a table that no activity names is there too, without a purpose."""
    listed = all_tables() if tables is None else tables
    found = [(table, personal_columns(table)) for table in listed]
    return tuple(_processed(workspace, table, names) for table, names in sorted(found, key=lambda one: one[0].name) if names)


def unnamed(entries: Iterable[Processed]) -> tuple[str, ...]:
    """The tables that no activity names: their purpose is to be stated in `governance.privacy.processing.activities`."""
    return tuple(entry.table for entry in entries if not entry.activity)


def recipients(workspace: Workspace) -> tuple[Recipient, ...]:
    """Where leads and alerts go, as configured."""
    made = [
        Recipient(
            entry.name, CONNECTED.get(entry.kind, entry.kind),
            "pseudonyms" if entry.identity == "pseudonym" else "plain ids", ", ".join(_sent(entry)),
        )
        for entry in workspace.pql.destinations
    ]  # fmt: skip
    return (*made, *_alerts(workspace))


def stores() -> list[tuple[str, str, str]]:
    """Where data lies in the workspace, what is there, and what an erasure does."""
    ways = {
        "lines": "the person's lines become empty", "parts": "the person's rows go", "rows": "the person's rows go",
        "published": "written anew", "files": "mentions are taken out", "unread": "removed when it names the person",
        "sealed": "never changed: people have pseudonyms there", "keys": "the person's key is forgotten",
    }  # fmt: skip
    return [(store.name, store.holds, ways[store.how]) for store in STORES]


def safeguards(workspace: Workspace) -> list[tuple[str, str]]:
    """What protects people, with the figures of this workspace."""
    policy = workspace.governance.privacy
    return [
        ("Pseudonyms", "Ids leave the warehouse (audit log, MLflow, bundles) as HMACs under a random key of each person's."),
        ("Secret", "It comes from the environment." if workspace.pseudonym_key else "It lies beside the keys that it protects."),
        ("Invited people", f"Who became no user is identified for {policy.invite_retention_days} days; a purge sees to it."),
        ("Erasure", "On request within 30 days, from every store, with a certificate and a search; a tombstone keeps them away."),
        ("Objections", "Who objects is in no target's population while the objection holds."),
        ("Audit log", "Chained, signed, anchored; it names nobody otherwise than by pseudonym."),
    ]  # fmt: skip


def _processed(workspace: Workspace, table: Table, names: tuple[str, ...]) -> Processed:
    stated = workspace.governance.privacy.processing
    activity = stated.activity_of(table.name)
    staff = tuple(name for name in names if STAFF.search(name))
    others = [column.name for column in table.columns if column.name not in names and column.name not in (table.day, "line")]
    return Processed(
        table=table.name, holds=table.description, identified_by=", ".join(name for name in names if name not in staff),
        staff=", ".join(staff), about_them=", ".join(others), activity=activity.name if activity else "",
        purpose=activity.purpose if activity else NOT_STATED, people=activity.people if activity else NOT_STATED,
        legal_basis=_stated(activity, "legal_basis"), retention=_stated(activity, "retention"),
        region=activity.region if activity and activity.region else stated.region or NOT_STATED,
        recipients=_recipients(workspace, table, activity),
    )  # fmt: skip


def _stated(activity: Activity | None, name: str) -> str:
    value = getattr(activity, name) if activity else None
    return str(value) if value else NOT_STATED


def _recipients(workspace: Workspace, table: Table, activity: Activity | None) -> str:
    """Whom the activity names, and of what leads are made of, the destinations."""
    named = list(activity.recipients) if activity else []
    if table.name in ("pql.routes", "pql.deliveries"):
        named += [entry.name for entry in workspace.pql.destinations]
    return ", ".join(dict.fromkeys(named)) or "none"


def _sent(entry: object) -> Iterator[str]:
    columns = getattr(entry, "columns", None)
    yield from columns if columns else ("what its properties name of a lead",)


def _alerts(workspace: Workspace) -> Iterator[Recipient]:
    for made in workspace.kpis.alerts.deliver.to:
        yield Recipient(made.name, f"alerts by {made.kind}", "nobody is named", "alerts about figures of many people")
