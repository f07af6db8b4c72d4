"""The parts of the pack's page: each a sentence, drawings and tables of what was gathered."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plg_orchestration.reports.committee.decisions import changes, day_of
from plg_orchestration.reports.committee.drawn import Placed, Row, calendar, heat_map, tone_of
from plg_orchestration.reports.committee.material import OF_THE_DAY, Material
from plg_orchestration.reports.formats import DASH, condition, count, date, decimal, figure, share, words
from plg_orchestration.reports.rows import TONES, Chip
from plg_orchestration.reports.sheets import Cell, Component, Figure, Sheet, columns, count_cell, text_cell, value_cell

WORDS = {
    "met": "good", "missed": "bad", "no_data": "none", "proposed": "warn", "confirmed": "good", "uncertain": "none",
    "filed": "good", "filed late": "warn", "due": "warn", "overdue": "bad", "acknowledged": "warn", "closed": "good",
    "done": "good", "late": "warn", "incomplete": "bad", "roll back": "bad", "hold": "warn", "advance": "good", "start": "none",
    "running": "good", "planned": "none", "rollback_recommended": "bad", "go": "good", "no_go": "bad", "undecided": "warn",
    "evidenced": "good", "written": "good", "missing": "none", "unanswered": "bad", "rolled back": "bad", "in_time": "good",
    "waiting": "warn", "unanswered_incident": "bad", "expired": "bad", "valid": "good", "ship": "good",
}  # fmt: skip
FRAMEWORK_NOTE = "It claims nothing legal. A status is about the evidence and does not say that a provision is met."


def marked(status: object) -> Cell:
    """A status as a chip; a dash without one."""
    if status is None:
        return text_cell(None)
    text = str(status)
    return Cell("", text, chip=Chip(text.replace("_", " "), WORDS.get(text) or TONES.get(text, "none")))


def components(material: Material, frameworks: Mapping[str, Any]) -> list[Component]:
    """Every part of the page after the decisions, in its order."""
    return [
        _heat(material), _trend(material), _register(material), _controls(material), _incidents(material), _metrics(material),
        _proposals(material), _experiments(material), _vendors(material), _privacy(material), _abuse(material),
        _initiatives(material), _changes(material), _acceptances(material), _obligations(material, frameworks),
    ]  # fmt: skip


def _part(
    material: Material, name: str, title: str, *needs: str, said: str = "", tone: str = "none",
    figures: tuple[Figure, ...] = (), sheets: Sequence[Sheet] = (),
) -> Component:  # fmt: skip
    shown = tuple(one for one in sheets if one.rows)
    return Component(name, title, said, figures, shown, material.lacking(*needs), tone)


def _sheet(
    material: Material, name: str, caption: str, headings: Sequence[str], row: Callable[[dict[str, Any]], Sequence[Cell]],
    *, rows: Sequence[dict[str, Any]] | None = None, note: str = "", source: str = "",
) -> Sheet:  # fmt: skip
    listed = material.rows(name) if rows is None else rows
    full = source or OF_THE_DAY.get(name, "")
    return Sheet(f"sheet-{name}", caption, columns(*headings), tuple(tuple(row(one)) for one in listed), full, note=note)


def _heat(material: Material) -> Component:
    risks = material.rows("register")
    inherent = [Placed(r["risk_id"], r["likelihood"], r["impact"]) for r in risks]
    residual = [Placed(r["risk_id"], max(1, round(r["residual_score"] / r["impact"])), r["impact"]) for r in risks]
    said = lambda placed: "; ".join(f"{p.name} likelihood {p.likelihood}, impact {p.impact}" for p in placed)  # noqa: E731
    drawn = (
        Figure(heat_map(inherent, label=f"Heat map before controls: {said(inherent)}"), "Inherent: before controls"),
        Figure(heat_map(residual, label=f"Heat map after controls: {said(residual)}"), "Residual: what controls leave"),
    )
    held = [r["risk_id"] for r in risks if r["residual_score"] < r["inherent_score"]]
    text = f"Controls lower {len(held)} of {len(risks)} risks" + (f": {', '.join(held)}." if held else ".")
    return _part(material, "heat", "Where the risks stand", "register", said=text if risks else "",
                 figures=drawn if risks else ())  # fmt: skip


def _trend(material: Material) -> Component:
    lines: dict[tuple[str, str], dict[dt.date, tuple[str, str]]] = {}
    for row in material.rows("committee_history"):
        risk, day = row["kind"] == "risk", day_of(row["as_of"])
        tone = tone_of(int(row["score"])) if risk else TONES.get(row["status"], "none")
        said = f"{row['status']}".replace("_", " ") + (f", score {int(row['score'])}" if risk else "")
        if day:
            lines.setdefault((row["kind"], row["id"]), {})[day] = (tone, said)
    drawn: list[Figure] = []
    if len({day for days in lines.values() for day in days}) == 1:
        said = "Controls were kept on one day of the quarter so far; from the second day on they are drawn here by day."
        return _part(material, "trend", "The quarter by day", "committee_history", said=said)
    for kind, caption in (("risk", "Residual score of each risk"), ("control", "Status of each control")):
        rows = [Row(name, days) for (of, name), days in sorted(lines.items(), key=_numbered) if of == kind]
        if rows:
            last = "; ".join(f"{row.name} {row.days[max(row.days)][1]}" for row in rows)
            label = f"{caption} by day, {material.quarter.first} to {material.as_of}; newest: {last}"
            drawn.append(Figure(calendar(rows, first=material.quarter.first, last=material.as_of, label=label), caption))
    key = "Low marks are good (green) or without data (gray), half-high ones a warning (score 3 or 4, degraded), high ones bad "
    said = f"{key}(score 6 or 9, failed). Blank days were not stored: {len(material.stored)} of {material.days} are."
    return _part(material, "trend", "The quarter by day", "committee_history", said=said if drawn else "", figures=tuple(drawn))


def _numbered(line: tuple[tuple[str, str], object]) -> list[tuple[int, str]]:
    """The order of names whose numbers count as numbers: R4-C3 stands before R4-C20."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", line[0][1])]


def _register(material: Material) -> Component:
    sheet = _sheet(
        material, "register", "Every risk", ("Risk", "Owner", "Inherent#", "Residual#", "Status", "To be told",
        "Accepted until#", "Review due#", "Why"),
        lambda r: (Cell(r["risk_id"], note=r["title"]), text_cell(r["owner"]), count_cell(r["inherent_score"]),
                   count_cell(r["residual_score"]), marked(r["status"]), text_cell(r["escalation"]),
                   text_cell(date(r["accepted_until"])), text_cell(date(r["review_due"])), text_cell(r["reason"])),
    )  # fmt: skip
    return _part(material, "register", "The register", "register", sheets=[sheet])


def _controls(material: Material) -> Component:
    rows = material.rows("committee_controls")
    lacking = [row for row in rows if row["status"] != "effective"]
    days = len(material.stored)
    sheet = _sheet(
        material, "committee_controls", "Every control", ("Control", "Figure#", "Limit#", "Status",
        "Failed since#", "Days failed#", "Degraded#", "No data#", "Owner", "Evidence"),
        lambda r: (Cell(r["control_id"], note=r["question"]), value_cell(r["value"], r["unit"]),
                   Cell(condition(r["threshold"], r["unit"]), note="" if r["mandatory"] else "not mandatory"),
                   marked(r["status"]), text_cell(date(r["failed_since"])), count_cell(r["days_failed"]),
                   count_cell(r["days_degraded"]), count_cell(r["days_no_data"]), text_cell(r["owner"]),
                   text_cell(r["evidence"])),
        source="governance.controls",
        note=f"Days are counted among the stored days of the quarter: {days}.",
    )  # fmt: skip
    said = f"{len(rows) - len(lacking)} of {len(rows)} controls are effective" + (
        f"; not so {', '.join(row['control_id'] for row in lacking)}." if lacking else ".")  # fmt: skip
    return _part(material, "controls", "Controls", "committee_controls", said=said if rows else "",
                 tone="bad" if any(r["status"] == "failed" for r in lacking) else "warn" if lacking else "good",
                 sheets=[sheet])  # fmt: skip


def _incidents(material: Material) -> Component:
    sheet = _sheet(
        material, "committee_incidents", "Incidents of the quarter", ("Incident", "Severity", "Status", "Opened", "Acknowledged",
        "Hours to respond#", "Response", "Closed", "Concerns", "Evidence"),
        lambda r: (Cell(r["incident_id"], note=words(str(r["metric"]))), text_cell(r["severity"]), marked(r["status"]),
                   text_cell(_instant(r["opened_at"])), text_cell(_instant(r["acknowledged_at"])),
                   Cell(DASH if r["response_hours"] is None else decimal(r["response_hours"], 1)), marked(r["response"]),
                   text_cell(date(r["closed_on"])), text_cell(r["escalation"]), text_cell(r["evidence"])),
        source="governance.incidents", note="Times are UTC. An incident opens at the end of the day on which its control failed.",
    )  # fmt: skip
    rows = material.rows("committee_incidents")
    waiting = sum(row["status"] == "open" for row in rows)
    number = "1 incident" if len(rows) == 1 else f"{count(len(rows))} incidents"
    said = f"{number} in the quarter; {waiting or 'none'} still without an acknowledgement." if rows else ""
    return _part(material, "incidents", "Incidents and their clocks", "committee_incidents", said=said, sheets=[sheet])


def _metrics(material: Material) -> Component:
    rows = sorted(material.rows("metrics"), key=lambda r: ("committee" not in str(r["source_area"]), str(r["source_area"])))
    sheet = _sheet(
        material, "metrics", "Governance metrics and their targets", ("Metric", "Figure#", "Target", "Status", "Area", "Why"),
        lambda r: (text_cell(words(str(r["metric"]))), value_cell(r["value"], r["unit"]), text_cell(r["target"]),
                   marked(r["status"]), text_cell(r["source_area"]), text_cell(r["reason"])), rows=rows,
    )  # fmt: skip
    return _part(material, "metrics", "Governance metrics", "metrics", sheets=[sheet])


def _proposals(material: Material) -> Component:
    sheet = _sheet(
        material, "proposals", "What observed breaches say of the likelihoods", ("Risk", "Register", "Used", "Observed",
        "Share of days#", "Verdict", "Why"),
        lambda r: (text_cell(r["risk_id"]), text_cell(r["registered_level"]), text_cell(r["used_level"]),
                   text_cell(r["observed_level"]),
                   Cell(share(r["share"]), note=f"{r['breach_days']} of {r['evaluated_days']} days"), marked(r["verdict"]),
                   text_cell(r["reason"])),
    )  # fmt: skip
    return _part(material, "proposals", "Proposed likelihoods", "proposals", sheets=[sheet])


def _experiments(material: Material) -> Component:
    rollouts = _sheet(
        material, "rollouts", "Rollouts", ("Experiment", "Status", "Traffic#", "Move", "Retention#", "Errors#",
        "Feedback#", "Why"),
        lambda r: (text_cell(r["experiment"]), marked(r["status"]), Cell(f"{count(r['traffic'])} %"), marked(r["move"]),
                   value_cell(r["retention"], "share"), value_cell(r["error_rate"], "share"), value_cell(r["feedback"], "score"),
                   text_cell(r["reason"])),
    )  # fmt: skip
    stages = _sheet(
        material, "stages", "Stages that were entered, and post-mortems", ("Experiment", "Since", "From#", "To#", "Earned",
        "Post-mortem", "Due", "Filed", "Judged by"),
        lambda r: (text_cell(r["experiment"]), text_cell(date(r["since"])), Cell(f"{count(r['before'])} %"),
                   Cell(f"{count(r['traffic'])} %"), text_cell({True: "yes", False: "no"}.get(r["earned"])),
                   marked(r["post_mortem"]), text_cell(_instant(r["post_mortem_due"])),
                   text_cell(_instant(r["post_mortem_filed"])), text_cell(r["judged_by"])),
    )  # fmt: skip
    verdicts: dict[tuple[str, str], dict[str, Any]] = {}
    for row in material.rows("readouts"):
        verdicts.setdefault((row["experiment"], row["arm"]), row)
    readouts = _sheet(
        material, "readouts", "What the read-outs say", ("Experiment", "Arm", "Verdict", "Why"),
        lambda r: (text_cell(r["experiment"]), text_cell(r["arm"]), marked(r["verdict"]), text_cell(r["reason"])),
        rows=list(verdicts.values()),
    )  # fmt: skip
    return _part(material, "experiments", "Experiments", "rollouts", "stages", "readouts", sheets=[rollouts, stages, readouts])


def _vendors(material: Material) -> Component:
    sheet = _sheet(
        material, "vendors", "The register of third parties", ("Vendor", "Status", "Fit#", "Certificate", "Days left#",
        "Open vulnerabilities#", "Uptime#", "Oldest key#", "Review due#", "Why"),
        lambda r: (Cell(r["vendor"], note=str(r["category"] or "")), marked(r["status"]),
                   Cell(decimal(r["fit"], 1), note="not all known" if r["fit_unknown"] else ""), text_cell(r["certificate"]),
                   count_cell(r["certificate_days_left"]), count_cell(r["open_vulnerabilities"]),
                   Cell(share(r["uptime"], 2)), value_cell(r["key_age_days"], "days"), text_cell(date(r["review_due"])),
                   text_cell(r["reason"])),
        note="Fit is from 1 to 10, weighted over the criteria that are known.",
    )  # fmt: skip
    return _part(material, "vendors", "Third parties", "vendors", sheets=[sheet])


def _privacy(material: Material) -> Component:
    requests = _sheet(
        material, "privacy_requests", "Requests to be forgotten", ("Request", "Origin", "Asked", "Due", "Done", "Status", "Why"),
        lambda r: (text_cell(r["request_id"]), text_cell(words(str(r["origin"]))), text_cell(date(day_of(r["requested_at"]))),
                   text_cell(date(r["due_on"])), text_cell(date(day_of(r["done_at"]))), marked(r["status"]),
                   text_cell(r["reason"])),
    )  # fmt: skip
    purge = _sheet(
        material, "invite_retention", "The purge of what identifies invited people", ("Store", "Kept for#", "Held#", "Dropped#",
        "Too long#", "Oldest"),
        lambda r: (text_cell(r["store"]), value_cell(r["retention_days"], "days"), count_cell(r["held"]),
                   count_cell(r["dropped"]), count_cell(r["past_retention"]), text_cell(_instant(r["oldest_at"]))),
    )  # fmt: skip
    return _part(material, "privacy", "Privacy", "privacy_requests", "invite_retention", sheets=[requests, purge])


def _abuse(material: Material) -> Component:
    leakage = _sheet(
        material, "leakage", "Estimated revenue leakage", ("Part", "Units#", "Amount#", "95 %", "How"),
        lambda r: (text_cell(words(str(r["part"]))), count_cell(r["units"]), value_cell(r["amount"], str(r["currency"]).lower()),
                   text_cell(f"{figure(r['ci_low'], str(r['currency']).lower())} to "
                             f"{figure(r['ci_high'], str(r['currency']).lower())}"), text_cell(r["formula"])),
    )  # fmt: skip
    screening = _sheet(
        material, "abuse_screening", "What the screening of signups found", ("Rule", "Suspects#", "By the model too#",
        "Assessed#", "Signups#", "Note"),
        lambda r: (text_cell(words(str(r["rule"]))), count_cell(r["suspects"]), count_cell(r["also_by_model"]),
                   count_cell(r["assessed"]), count_cell(r["signups"]), text_cell(r["note"])),
    )  # fmt: skip
    return _part(material, "abuse", "Abuse of the free plan", "leakage", "abuse_screening", sheets=[leakage, screening])


def _initiatives(material: Material) -> Component:
    sheet = _sheet(
        material, "initiatives", "Initiatives", ("Initiative", "Status", "Milestones#", "Budget used#", "KPIs met#", "Experiment",
        "Next", "By", "Why"),
        lambda r: (Cell(words(str(r["initiative"])), note=f"{r['quarter']}, impact {r['impact']}, effort {r['effort']}"),
                   marked(r["status"]), Cell(share(r["milestone_completion"], 0)), Cell(share(r["budget_used"], 0)),
                   Cell(f"{count(r['kpis_met'])} of {count(r['kpis'])}"), marked(r["experiment_verdict"]),
                   text_cell(r["next_decision"]), text_cell(date(r["decide_by"])), text_cell(r["reason"])),
    )  # fmt: skip
    return _part(material, "initiatives", "Initiatives", "initiatives", sheets=[sheet])


def _changes(material: Material) -> Component:
    before = material.rows("committee_before")
    if not before:
        reason = material.lacking("committee_before")[0] if material.lacking("committee_before") else ""
        unbuilt = material.found["committee_before"].unbuilt
        why = reason if unbuilt else f"no day before {material.quarter.first} is stored, so nothing can be compared"
        return Component("changes", "Since the quarter before", absent=(why,))
    on = max(day for row in before if (day := day_of(row["as_of"])))
    found = changes(material)
    sheet = _sheet(
        material, "changes", f"What stands otherwise than on {on}", ("What", "Then", "Score then#", "Now", "Score now#"),
        lambda r: (text_cell(r["id"]), marked((r["was"] or {}).get("status")), count_cell((r["was"] or {}).get("score")),
                   marked((r["now"] or {}).get("status")), count_cell((r["now"] or {}).get("score"))),
        rows=found, source="governance.risks",
    )  # fmt: skip
    said = f"{len(found)} risks and controls stand otherwise than on {on}." if found else f"Everything stands as it did on {on}."
    return _part(material, "changes", "Since the quarter before", said=said, sheets=[sheet])


def _acceptances(material: Material) -> Component:
    sheet = _sheet(
        material, "acceptances", "What was said about accepting risks", ("Number#", "Risk", "Said", "On", "Until", "Owner"),
        lambda r: (count_cell(r["number"]), text_cell(r["risk_id"]), text_cell(r["action"]), text_cell(date(r["as_of"])),
                   text_cell(date(r["until"])), text_cell(r["owner"])),
        note="Who accepted and why stands in governance.acceptances and in the decision log; pages name nobody.",
    )  # fmt: skip
    return _part(material, "acceptances", "Accepted risks", "acceptances", sheets=[sheet])


def _obligations(material: Material, frameworks: Mapping[str, Any]) -> Component:
    rows = material.rows("obligations")
    asked = [(key, framework.title, requirements_of(rows, key)) for key, framework in frameworks.items()]
    counted = [
        (text_cell(title), count_cell(len(found)), count_cell(sum(_worst(one) in GOOD for one in found)),
         count_cell(sum(_worst(one) not in GOOD and one[0]["kind"] != "nothing" for one in found)),
         count_cell(sum(one[0]["kind"] == "nothing" for one in found)))
        for _, title, found in asked if found
    ]  # fmt: skip
    headings = columns("Framework", "Requirements#", "All evidence good#", "Some failed or lacking#", "Answered by nothing#")
    summary = Sheet("sheet-frameworks", "By framework", headings, tuple(counted), OF_THE_DAY["obligations"])
    lacking = [(title, one) for _, title, found in asked for one in found if _worst(one) in ("failed", "unanswered")]
    shown = tuple(
        (Cell(one[0]["requirement"], note=title), text_cell(one[0]["title"]), marked(_worst(one)),
         text_cell("; ".join(f"{r['answered_by']}: {r['evidence']}" for r in one if r["status"] == "failed") or one[0]["gap"]))
        for title, one in lacking
    )  # fmt: skip
    listed = Sheet("sheet-lacking", "Failed, or answered by nothing", columns("Requirement", "Asks", "Status", "Why"), shown,
                   note=f"The whole map with the date of each piece of evidence is in {MAP}.")  # fmt: skip
    return _part(material, "obligations", "What frameworks ask", "obligations", said=FRAMEWORK_NOTE if rows else "",
                 sheets=[summary, listed])  # fmt: skip


MAP = "risk_report/obligations.html"
GOOD = ("effective", "evidenced", "written")
GRAVITY = ("unanswered", "failed", "degraded", "no_data", "missing")


def requirements_of(rows: Sequence[dict[str, Any]], framework: str) -> list[list[dict[str, Any]]]:
    """The framework's rows by requirement, in its order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted((r for r in rows if r["framework"] == framework), key=lambda r: r["place"]):
        found.setdefault(row["requirement"], []).append(row)
    return list(found.values())


def _worst(rows: Sequence[dict[str, Any]]) -> str:
    statuses = {row["status"] for row in rows}
    return next((status for status in GRAVITY if status in statuses), rows[0]["status"])


def obligations_map(material: Material, frameworks: Mapping[str, Any]) -> list[Component]:
    """The page of the whole map: a part for each framework."""
    rows = material.rows("obligations")
    made: list[Component] = []
    for key, framework in frameworks.items():
        listed = [
            (Cell(row["requirement"], note="" if place else row["title"]),
             text_cell(row["answered_by"] or "nothing", note=row["kind"] if row["answered_by"] else ""), marked(row["status"]),
             text_cell(date(row["evidence_date"])), text_cell(row["evidence"]), text_cell("" if place else row["gap"]))
            for found in requirements_of(rows, key) for place, row in enumerate(found)
        ]  # fmt: skip
        headings = columns("Requirement", "Answered by", "Status", "Evidence of#", "Evidence", "Left open")
        sheet = Sheet(f"sheet-{key}", framework.title, headings, tuple(listed), OF_THE_DAY["obligations"])
        made.append(_part(material, key, framework.title, "obligations", said=framework.about, sheets=[sheet]))
    return made


def _instant(value: object) -> str | None:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, dt.datetime) else None
