"""Incidents: what the controls' history makes of them, and a person's acknowledgement, which stops the response clock.

An acknowledgement does not make a control effective: the incident stays open, and goes on escalating, until it is.
"""

import datetime as dt
from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.config.problems import choose
from plg_orchestration.config.workspace import Workspace
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.actions.four_eyes import second_person_lacks
from plg_orchestration.governance.actions.policy import ActionPolicy
from plg_orchestration.governance.actions.records import (
    ACKNOWLEDGED,
    Acknowledgement,
    RefusedAction,
    acknowledgement_entry,
    enter,
    made,
)
from plg_orchestration.governance.actions.tables import ACKNOWLEDGEMENTS, INCIDENTS
from plg_orchestration.warehouse import Query, Warehouse, sql_file


@dataclass(frozen=True)
class Acknowledging:
    """What a person says of an incident: who, the note, and who asked for it where four eyes are required."""

    incident_id: str
    person: str
    note: str
    requested_by: str | None = None


def incidents(*, as_of: AsOf, policy: ActionPolicy) -> Query:
    """Rows of `governance.incidents`: open on the day, or closed in the last `incident_days`.

    An incident opens on the first day on which a control fails, and closes on the first on which it is effective again; degraded
    or without data it stays open. Reads `governance.controls`, `governance.acknowledgements` and `config.escalation_steps`.
    """
    oldest = as_of.minus(policy.incident_days).date
    return sql_file(
        "governance/actions/incidents.sql", requires=(), **as_of.parameters(), oldest=oldest,
        response_hours=policy.response_hours,
    )  # fmt: skip


def acknowledge(warehouse: Warehouse, word: Acknowledging, *, workspace: Workspace, recorded_at: dt.datetime) -> Acknowledgement:
    """Record that a person has taken note of an incident, and show it on the newest day; the record.

    `recorded_at` is a naive UTC time. RefusedAction when the incident is not known, closed or acknowledged already, when the name
    or the note is missing, or without a second person where policy asks for one.
    """
    policy = workspace.governance.actions
    if policy.demands("acknowledge") and (lacking := second_person_lacks("acknowledge", word.person, word.requested_by)):
        raise RefusedAction(lacking)
    file = workspace.root / policy.acknowledgements_file
    lines, problems = enter(warehouse, ACKNOWLEDGED, file, acknowledgement_entry)
    if problems:
        raise RefusedAction(f"nothing was recorded: {problems[0]}")
    incident = word.incident_id.strip()
    day = _still_open(warehouse, incident)
    values = {
        "number": lines.next_number, "incident_id": incident, "as_of": day, "person": word.person,
        "requested_by": (word.requested_by or "").strip() or None, "recorded_at": recorded_at, "note": word.note,
    }  # fmt: skip
    record = made(Acknowledgement, "acknowledgement_id", values)
    failpoint("acknowledgement.checked")
    ACKNOWLEDGED.append(file, record)
    failpoint("acknowledgement.recorded")
    enter(warehouse, ACKNOWLEDGED, file, acknowledgement_entry)
    failpoint("acknowledgement.entered")
    warehouse.republish([ACKNOWLEDGEMENTS], day)
    warehouse.publish(INCIDENTS, lambda _: incidents(as_of=workspace.as_of(day), policy=policy), [day])
    return record


def _still_open(warehouse: Warehouse, incident: str) -> dt.date:
    """The newest day of incidents, on which this one waits for a word."""
    warehouse.ensure(INCIDENTS)
    text = """select incident_id, status, acknowledged_by, closed_on, as_of from governance.incidents
        where as_of = (select max(as_of) from governance.incidents) order by incident_id"""
    found = {str(row[0]): row for row in warehouse.rows(Query("newest", text))}
    if incident not in found:
        waiting = [name for name, row in found.items() if row[1] == "open"]
        remedy = choose(incident, waiting, what="open incidents") if waiting else "no incident is open"
        raise RefusedAction(f"incident {incident!r} is not known; {remedy}")
    _, status, person, closed_on, day = found[incident]
    if status == "closed":
        raise RefusedAction(f"incident {incident} was closed on {closed_on}; there is nothing to acknowledge")
    if status == "acknowledged":
        raise RefusedAction(f"incident {incident} was acknowledged by {person} already")
    assert isinstance(day, dt.date)
    return day
