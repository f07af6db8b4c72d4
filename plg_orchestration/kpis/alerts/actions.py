"""What people say of alerts: acknowledged, or snoozed until a day; in the journal in which incidents are acknowledged.

What an incident makes of it is decided in `governance/actions/incidents.py`, what an alert makes of it in `lifecycle.py`.
"""

import datetime as dt

from plg_orchestration.config.problems import choose
from plg_orchestration.config.workspace import Workspace
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.actions import incidents
from plg_orchestration.governance.actions.four_eyes import second_person_lacks
from plg_orchestration.governance.actions.incidents import Acknowledging
from plg_orchestration.governance.actions.records import (
    ACKNOWLEDGED,
    Acknowledgement,
    RefusedAction,
    acknowledgement_entry,
    enter,
    made,
)
from plg_orchestration.governance.actions.tables import ACKNOWLEDGEMENTS
from plg_orchestration.kpis.alerts.nightly import nights_alerts
from plg_orchestration.kpis.alerts.tables import ALERTS
from plg_orchestration.warehouse import Query, Warehouse

NEWEST = """select alert_id, state, state_reason, as_of from kpis.alerts
where as_of = (select max(as_of) from kpis.alerts) order by alert_id"""


def acknowledge(
    warehouse: Warehouse, word: Acknowledging, *, workspace: Workspace, recorded_at: dt.datetime, until: dt.date | None = None
) -> Acknowledgement:
    """Record that a person has taken note of an alert or an incident, or snoozes an alert up to and with a day; the record.

    Shown on the newest day; the rows of earlier nights stay as they were. `recorded_at` is naive UTC. RefusedAction when it
    is not known or over, the day is past, the name or the note is missing, or without a second person where policy asks for one.
    """
    known = {str(row[0]): row for row in _newest(warehouse)}
    named = word.incident_id.strip()
    if named not in known:
        if until is not None:
            running = [name for name, row in known.items() if row[1] != "resolved"]
            remedy = choose(named, running, what="alerts") if running else "there is none"
            raise RefusedAction(f"alert {named!r} is not known; {remedy}; only alerts are snoozed")
        return incidents.acknowledge(warehouse, word, workspace=workspace, recorded_at=recorded_at)
    _, state, reason, day = known[named]
    assert isinstance(day, dt.date)
    _allowed(word, named, str(state), str(reason), day, until, workspace)
    file = workspace.root / workspace.governance.actions.acknowledgements_file
    lines, problems = enter(warehouse, ACKNOWLEDGED, file, acknowledgement_entry)
    if problems:
        raise RefusedAction(f"nothing was recorded: {problems[0]}")
    values = {
        "number": lines.next_number, "incident_id": named, "as_of": day, "person": word.person, "until": until,
        "requested_by": (word.requested_by or "").strip() or None, "recorded_at": recorded_at, "note": word.note,
    }  # fmt: skip
    record = made(Acknowledgement, "acknowledgement_id", values)
    failpoint("acknowledgement.checked")
    ACKNOWLEDGED.append(file, record)
    failpoint("acknowledgement.recorded")
    enter(warehouse, ACKNOWLEDGED, file, acknowledgement_entry)
    failpoint("acknowledgement.entered")
    warehouse.republish([ACKNOWLEDGEMENTS], day)
    policy = workspace.kpis.alerts
    warehouse.publish(ALERTS, lambda _: nights_alerts(warehouse, as_of=workspace.as_of(day), policy=policy).alerts, [day])
    return record


def _newest(warehouse: Warehouse) -> list[tuple[object, ...]]:
    warehouse.ensure(ALERTS)
    return warehouse.rows(Query("newest", NEWEST))


def _allowed(
    word: Acknowledging, alert: str, state: str, reason: str, day: dt.date, until: dt.date | None, workspace: Workspace
) -> None:
    if workspace.governance.actions.demands("acknowledge"):
        lacking = second_person_lacks("acknowledge", word.person, word.requested_by)
        if lacking is not None:
            raise RefusedAction(lacking)
    if state == "resolved":
        raise RefusedAction(f"alert {alert} is over ({reason}); there is nothing to acknowledge")
    if until is not None and until <= day:
        raise RefusedAction(f"--until {until} is not after the newest day {day}; name a later day")
    if until is None and state == "acknowledged":
        raise RefusedAction(f"alert {alert} was {reason} already; to be left alone for some days, snooze it with --until")
