"""What the committee has to decide, in plain sentences: a pure reading of the pack's rows.

Each sentence says what stands, since when or until when, and what can be done about it.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plg_orchestration.reports.committee.material import Material
from plg_orchestration.reports.formats import count, date, words

ORDER = ("bad", "warn", "none")
AHEAD = dt.timedelta(days=92)
"""What ends before the next quarter's pack is decided now."""
COMMITTEE = "risk committee (quarterly)"


@dataclass(frozen=True)
class Decision:
    """One thing to decide: a sentence, how grave it is (bad, warn or none), and the part of the page that shows it."""

    text: str
    tone: str
    part: str


def decisions(material: Material) -> list[Decision]:
    """Everything that waits for the committee, the gravest first."""
    made = [
        *_risks(material), *_incidents(material), *_proposals(material), *_metrics(material), *_experiments(material),
        *_initiatives(material), *_people(material), *_vendors(material),
    ]  # fmt: skip
    return sorted(made, key=lambda one: ORDER.index(one.tone))


def day_of(value: object) -> dt.date | None:
    """A date of a row; None when there is none."""
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else None


def _risks(material: Material) -> Iterator[Decision]:
    for risk in material.rows("register"):
        name, until = f"{risk['risk_id']} ({risk['title']})", day_of(risk.get("accepted_until"))
        if risk["status"] == "acceptance_expired":
            said = f"{name}: its acceptance ended on {until}. Treat it, accept it anew or take the acceptance back."
            yield Decision(said, "bad", "register")
        elif risk["status"] == "open":
            said = f"{name} is open at score {risk['residual_score']}: {risk['reason']}. Treat it, or accept it until a day."
            yield Decision(said, "bad", "register")
        elif risk["status"] == "unproven":
            yield Decision(f"{name} cannot be shown to be controlled: {risk['reason']}. Get the data.", "warn", "register")
        elif risk["status"] == "accepted" and until and until <= material.as_of + AHEAD:
            yield Decision(f"{name} is accepted until {until}, before the next pack. Renew it or treat it.", "warn", "register")
        due = day_of(risk.get("review_due"))
        if due is not None and due < material.as_of:
            last = f"the last was on {date(risk['reviewed_at'])}" if risk.get("reviewed_at") else "none is on record"
            yield Decision(f"{name}: its review was due on {due}; {last}.", "warn", "register")
        if risk.get("lowered_from"):
            said = (
                f"{name} fell from {risk['lowered_from']} to {risk['residual_score']} on {date(risk.get('lowered_on'))} without"
            )
            yield Decision(
                f"{said} an effective control: {risk.get('lowered_why')}. Confirm it or take it back.", "bad", "register"
            )
        told = risk.get("escalation")
        if told and not str(told).startswith("team:") and "@" not in str(told):
            yield Decision(f"{name} has reached the {told}: a control has failed for longer than its owner may keep it.", "bad",
                           "controls")  # fmt: skip


def _incidents(material: Material) -> Iterator[Decision]:
    for row in material.rows("committee_incidents"):
        if row["status"] == "open":
            overdue = row["response"] == "overdue"
            late = "and the time to respond has passed" if overdue else "and is still within the time to respond"
            said = f"Incident {row['incident_id']} ({words(str(row['metric'])).lower()}) is open since {date(row['opened_on'])}, "
            yield Decision(f"{said}nobody has acknowledged it, {late}.", "bad" if overdue else "warn", "incidents")


def _proposals(material: Material) -> Iterator[Decision]:
    for row in material.rows("proposals"):
        if row.get("verdict") == "proposed":
            said = f"Observed breaches speak for a {row.get('observed_level')} likelihood of {row['risk_id']}, where the register"
            yield Decision(f"{said} uses {row.get('used_level')}: {row.get('reason')}. Accept the proposal or leave it.", "warn",
                           "proposals")  # fmt: skip


def _metrics(material: Material) -> Iterator[Decision]:
    for row in material.rows("metrics"):
        if row.get("source_area") == COMMITTEE and row.get("status") != "met":
            missed = row["status"] == "missed"
            said = f"{words(str(row['metric']))} (target {row['target']}) " + ("is missed" if missed else "cannot be told")
            yield Decision(f"{said}: {row['reason']}.", "bad" if missed else "warn", "metrics")


def _experiments(material: Material) -> Iterator[Decision]:
    for row in material.rows("rollouts"):
        if row.get("move") == "roll back" and row.get("status") != "rolled back":
            said = f"Experiment {row['experiment']} is to be rolled back from {row.get('traffic')} % of the traffic"
            yield Decision(f"{said}: {row.get('reason')}.", "bad", "experiments")
    for row in material.rows("stages"):
        if row.get("post_mortem") in ("due", "overdue"):
            said = f"The post-mortem of {row['experiment']}, rolled back on {date(row['since'])}, is {row['post_mortem']}."
            yield Decision(said, "bad" if row["post_mortem"] == "overdue" else "warn", "experiments")


def _initiatives(material: Material) -> Iterator[Decision]:
    for row in material.rows("initiatives"):
        by, grave = day_of(row.get("decide_by")), row.get("status") in ("rollback_recommended", "no_go")
        if row.get("next_decision") and (grave or (by is not None and by <= material.as_of + AHEAD)):
            when = f" by {by}" if by else ""
            said = f"Initiative {row['initiative']}: {row['next_decision']}{when}; {row.get('reason')}."
            yield Decision(said, "bad" if grave else "warn", "initiatives")


def _people(material: Material) -> Iterator[Decision]:
    waiting = [row for row in material.rows("privacy_requests") if row["status"] in ("overdue", "incomplete")]
    if waiting:
        named = ", ".join(str(row["request_id"]) for row in waiting[:5])
        said = f"{count(len(waiting))} requests to be forgotten are overdue or were not done wholly: {named}."
        yield Decision(said, "bad", "privacy")
    for row in material.rows("invite_retention"):
        if row.get("past_retention"):
            said = f"{count(row['past_retention'])} {row['store']} still identify invited people for too long."
            yield Decision(said, "bad", "privacy")


def _vendors(material: Material) -> Iterator[Decision]:
    for row in material.rows("vendors"):
        due = day_of(row.get("review_due"))
        if row["status"] == "fail":
            yield Decision(f"Vendor {row['vendor']}: {row['reason']}. Have it mended, or part with it.", "bad", "vendors")
        elif due is not None and due <= material.as_of:
            yield Decision(f"The review of vendor {row['vendor']} was due on {due}.", "warn", "vendors")


def changes(material: Material) -> list[dict[str, Any]]:
    """Risks and controls that stand otherwise than on the last stored day before the quarter: what, before, now."""
    now = {(r["kind"], r["id"]): r for r in material.rows("committee_history") if day_of(r["as_of"]) == material.as_of}
    before = {(r["kind"], r["id"]): r for r in material.rows("committee_before")}
    made: list[dict[str, Any]] = []
    for key in sorted({*now, *before}, key=lambda one: (one[0] != "risk", one[1])):
        was, is_now = before.get(key), now.get(key)
        told = [None if row is None else (row["status"], row["score"]) for row in (was, is_now)]
        if told[0] != told[1]:
            made.append({"kind": key[0], "id": key[1], "was": was, "now": is_now})
    return made
