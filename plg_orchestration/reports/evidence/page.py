"""The bundle's page: what an auditor looks at first, with links to every file of the bundle. All figures come from its tables."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from plg_orchestration import __version__
from plg_orchestration.clock import days_between
from plg_orchestration.reports.evidence.parts import PARTS
from plg_orchestration.reports.evidence.quarters import Quarter
from plg_orchestration.reports.formats import DASH, count, decimal, figure, known, words
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.rows import TONES, Chip

Row = dict[str, Any]
SHOWN = 25
NAME = re.compile(r"\b([px]_[0-9a-f]{8})[0-9a-f]{24}\b")
"""Pseudonyms and aliases: the page shows how they begin, the tables all of them."""
WORST = ("pass", "insufficient", "warn", "fail")
MORE_TONES = {
    **TONES, "open": "bad", "acknowledged": "warn", "closed": "good", "in_time": "good", "late": "bad", "overdue": "bad",
    "waiting": "warn", "unanswered": "warn", "approval": "good", "promotion": "good", "rollback": "warn",
    "automatic_rollback": "warn", "shadow": "none",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A table on the page: its columns, its rows, and how many more the CSV has."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: int = 0


def index_page(
    tables: Mapping[str, pa.Table], absent: Mapping[str, str], *, papers: Sequence[str], chain: Sequence[str], quarter: Quarter,
    nights: Sequence[dt.date], workspace: str, timezone: str, key: str,
) -> str:  # fmt: skip
    """The page as one self-contained text of HTML."""
    rows = {name: table.to_pylist() for name, table in tables.items()}
    parts = [(part.name, part.title) for part in PARTS] + [("approvals", "Approvals of models")]
    return render(
        "evidence.html.j2", workspace=workspace, timezone=timezone, quarter=quarter, nights=nights, key=key, version=__version__,
        headlines=headlines(rows, chain), risks=_risks(rows), grid=_grid(rows, quarter), incidents=_incidents(rows),
        acceptances=_acceptances(rows), ledger=_ledger(rows), approvals=_approvals(rows), overrides=_overrides(rows),
        fairness=_fairness(rows), kpis=_kpis(rows), papers=papers, chain=chain, absent=absent,
        files=[(f"tables/{name}.csv", title, len(rows[name])) for name, title in parts if name in rows],
    )  # fmt: skip


def headlines(rows: Mapping[str, list[Row]], chain: Sequence[str]) -> list[tuple[str, str]]:
    """The quarter in a few sentences, each with its tone."""
    made: list[tuple[str, str]] = []
    risks = _newest(rows.get("risks", []))
    bad = [row for row in risks if row["status"] in ("open", "acceptance_expired")]
    named = ", ".join(row["risk_id"] for row in bad)
    said = f"At the end {len(bad)} of {len(risks)} risks were open, or accepted until a day that has passed ({named})."
    made.append(("bad", said) if bad else ("good", "No risk was open at the end."))
    incidents = rows.get("incidents", [])
    late = [row for row in incidents if row["response"] not in ("in_time", "waiting")]
    if incidents:
        still = sum(row["status"] != "closed" for row in incidents)
        answered = f"{count(len(late))} not answered in time" if late else "all answered in time"
        made.append(
            ("warn" if late or still else "good", f"{_counted(len(incidents), 'incident')}: {answered}, {still} not closed.")
        )
    else:
        made.append(("good", "No incident: no control newly failed."))
    moves = [row for row in rows.get("promotions", []) if row["kind"] != "shadow"]
    champions = _newest(rows.get("champions", []))
    routed = (
        f"{champions[0]['scorer']} {champions[0]['version']} routed leads at the end" if champions else "no champion is known"
    )
    made.append(("none", f"{routed}; the ledger has {_counted(len(moves), 'change')} of champion up to then."))
    verdicts = Counter(row["verdict"] for row in rows.get("bias_audits", []) if row["verdict"] and row["status"] == "protected")
    if verdicts:
        listed = ", ".join(f"{verdicts[name]} {name}" for name in reversed(WORST) if verdicts[name])
        tone = "bad" if verdicts["fail"] else "warn" if verdicts["warn"] else "good"
        made.append((tone, f"Contrasts of protected attributes, over all scorers and candidates: {listed}."))
    overridden = len(rows.get("overrides", []))
    made.append(("none", f"People changed {_counted(overridden, 'decision')}." if overridden else "Nobody changed a decision."))
    days = sum(name.startswith("chain/days/") for name in chain)
    text = (
        f"{_counted(days, 'day')} of the decision log in chain/, signed and chained."
        if days
        else "The decision log has no day in it."
    )
    return [*made, ("good" if days else "warn", text)]


def _risks(rows: Mapping[str, list[Row]]) -> Shown:
    columns = ("Risk", "What may go wrong", "Inherent", "Residual", "Status", "Owner", "To be told", "Why")
    return _shown(columns, [
        (r["risk_id"], r["title"], r["inherent_score"], r["residual_score"], _chip(r["status"]), r["owner"],
         r["escalation"] or DASH, r["reason"])
        for r in _newest(rows.get("risks", []))
    ])  # fmt: skip


def _grid(rows: Mapping[str, list[Row]], quarter: Quarter) -> dict[str, Any]:
    """One line a control, one cell a day: what a reader sees at a glance."""
    found = {(row["control_id"], row["as_of"]): row for row in rows.get("controls", [])}
    days = list(days_between(quarter.first, quarter.last))
    months = Counter(day.strftime("%B") for day in days)
    lines = []
    for control in sorted({name for name, _ in found}):
        own = [row for (name, _), row in found.items() if name == control]
        cells = [_cell(found.get((control, day)), day) for day in days]
        lines.append({"id": control, "metric": own[-1]["metric"].replace("_", " "), "cells": cells})
    return {"lines": lines, "months": list(dict(months).items())}


def _cell(row: Row | None, day: dt.date) -> tuple[str, str]:
    if row is None:
        return "", f"{day}: not evaluated"
    return MORE_TONES.get(row["status"], "none"), f"{day}: {row['status'].replace('_', ' ')}"


def _incidents(rows: Mapping[str, list[Row]]) -> Shown:
    columns = ("Incident", "Severity", "What", "Status", "Answer", "Hours to it", "By", "Closed", "Concerns")
    return _shown(columns, [
        (r["incident_id"], r["severity"], r["evidence"] or r["metric"], _chip(r["status"]), _chip(r["response"]),
         DASH if known(r["response_hours"]) is None else decimal(r["response_hours"], 1), r["acknowledged_by"] or DASH,
         r["closed_on"] or DASH, r["escalation"] or DASH)
        for r in rows.get("incidents", [])
    ])  # fmt: skip


def _acceptances(rows: Mapping[str, list[Row]]) -> Shown:
    columns = ("Risk", "What", "On", "Until", "Owner", "By", "Asked by", "Why")
    return _shown(columns, [
        (r["risk_id"], r["action"], r["as_of"], r["until"] or DASH, r["owner"], r["person"], r["requested_by"] or DASH,
         r["rationale"])
        for r in rows.get("acceptances", [])
    ])  # fmt: skip


def _ledger(rows: Mapping[str, list[Row]]) -> Shown:
    columns = ("Day", "What", "By", "From", "To", "Verdict", "Why")
    return _shown(columns, [
        (r["as_of"], _chip(r["kind"]), r["actor"], r["previous"], r["version"], _chip(r["verdict"]) if r["verdict"] else DASH,
         r["reason"])
        for r in rows.get("promotions", [])
    ])  # fmt: skip


def _approvals(rows: Mapping[str, list[Row]]) -> Shown:
    columns = ("Version", "Approved", "Until", "By", "Asked by", "Why")
    return _shown(columns, [
        (r["version"], str(r["approved_at"])[:16].replace("T", " "), r["expires_on"], r["reviewer"], r["requested_by"],
         r["rationale"])
        for r in rows.get("approvals", [])
    ])  # fmt: skip


def _overrides(rows: Mapping[str, list[Row]]) -> Shown:
    columns = ("Day", "Decision", "What", "Was", "Is", "By", "Why")
    return _shown(columns, [
        (r["as_of"], r["decision_id"], r["action"], f"{r['was_status']} ({r['was_route']})".replace("_", " "),
         f"{r['now_status']} ({r['now_route']})".replace("_", " "), r["person"], r["rationale"])
        for r in rows.get("overrides", [])
    ])  # fmt: skip


def _fairness(rows: Mapping[str, list[Row]]) -> Shown:
    """One line for each audit of a scorer in use and attribute: its worst verdict, and the contrast that it comes from."""
    used = {(row["target"], row["version"]) for row in rows.get("champions", [])}
    worst: dict[tuple[Any, ...], Row] = {}
    for row in rows.get("bias_audits", []):
        if row["verdict"] is None or (row["target"], row["version"]) not in used:
            continue
        key = (row["as_of"], row["scorer"], row["version"], row["attribute"])
        if key not in worst or _weight(row) > _weight(worst[key]):
            worst[key] = row
    columns = ("Audit of", "Scorer", "Attribute", "Status", "Worst verdict", "Group", "Metric", "Group minus rest", "95 %")
    listed = sorted(worst.items(), key=lambda item: (item[1]["status"] != "protected", -WORST.index(item[1]["verdict"]), item[0]))
    return _shown(columns, [
        (key[0], f"{key[1]} {key[2]}", key[3].replace("_", " "), row["status"], _chip(row["verdict"]), row["grp"],
         row["metric"].replace("_", " "), decimal(row["difference"], 3), _interval(row))
        for key, row in listed
    ])  # fmt: skip


def _kpis(rows: Mapping[str, list[Row]]) -> Shown:
    whole = [r for r in rows.get("kpis", []) if r["segment"] == "all" and not r["dimension"] and r["period"] == "month"]
    columns = ("KPI", "Month", "Value", "Target", "Among benchmarks", "n")
    return Shown(columns, [
        (words(r["kpi"]), f"{r['period_start']:%Y-%m}", figure(r["value"], r["unit"]), figure(r["target"], r["unit"]),
         (r["band"] or DASH).replace("_", " "), count(r["n"]))
        for r in _newest(whole) if known(r["value"]) is not None
    ])  # fmt: skip


def _counted(number: int, noun: str) -> str:
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def _weight(row: Row) -> tuple[int, float]:
    return WORST.index(row["verdict"]), abs(known(row["difference"]) or 0.0)


def _interval(row: Row) -> str:
    low, high = known(row["ci_low"]), known(row["ci_high"])
    return DASH if low is None or high is None else f"{decimal(low, 3)} to {decimal(high, 3)}"


def _newest(rows: Sequence[Row]) -> list[Row]:
    last = max((row["as_of"] for row in rows), default=None)
    return [row for row in rows if row["as_of"] == last]


def _shown(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Shown:
    short = [tuple(NAME.sub(r"\1…", cell) if isinstance(cell, str) else cell for cell in row) for row in rows[:SHOWN]]
    return Shown(columns, short, max(len(rows) - SHOWN, 0))


def _chip(status: object) -> Chip:
    text = str(status)
    return Chip(text.replace("_", " "), MORE_TONES.get(text, "none"))
