"""The report's other parts: champion, bias, queue, risks and controls, ledger, findings, and what could not be computed.

Pure functions of the extracts; every status and verdict is that of its table.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plg_orchestration.ingest.reasons import MEANING
from plg_orchestration.reports.extracts import Extracted
from plg_orchestration.reports.formats import DASH, condition, count, decimal, figure, known, share, words
from plg_orchestration.reports.rows import Chip, chip, records

SCORERS = {
    "rules": "the points table",
    "weighted": "the weighted formula",
    "model": "the model",
    "hybrid": "points and model together",
}
MEANINGS = {reason.value: meaning for reason, meaning in MEANING.items()}
"""What each reason of refusal means; what the refused lines say stays in quarantine."""
LEVELS = {1: "low", 2: "medium", 3: "high"}


@dataclass(frozen=True)
class Gate:
    """One gate of the promotion, ready to print; iterating gives its cells in the order of the table."""

    name: str
    figure: str
    limit: str
    verdict: Chip
    reason: str

    def __iter__(self) -> Iterator[str | Chip]:
        """Name, figure, limit, verdict and reason."""
        return iter((self.name, self.figure, self.limit, self.verdict, self.reason))


@dataclass(frozen=True)
class Champion:
    """Who scores and since when, and the newest judgment on a challenger with its gates."""

    scorer: str
    version: str
    target: str
    since: str
    threshold: str
    judged_on: str
    promoted: bool
    verdict: Chip
    reason: str
    gates: list[Gate]


def champion(extract: Extracted) -> Champion | None:
    """The newest judgment on who scores; None when there is none."""
    rows = records(extract.rows)
    if not rows:
        return None
    row = rows[0]
    since, scorer = row.get("promoted_on"), str(row["scorer"])
    return Champion(
        scorer=SCORERS.get(scorer, scorer), version=str(row["version"] or ""), target=str(row["target"] or ""),
        since="" if since is None else f"{since:%Y-%m-%d}", threshold=_number(row.get("threshold")),
        judged_on=f"{row['as_of']:%Y-%m-%d}", promoted=bool(row.get("promoted")), verdict=chip(row.get("verdict")),
        reason=str(row.get("reason") or ""), gates=[_gate(gate) for gate in _gates(row.get("gates"))],
    )  # fmt: skip


def contest(extract: Extracted) -> tuple[list[tuple[str, str, str, str, str, str]], str]:
    """The newest contest: scorer, ranking (AUC), lift, precision at capacity, recall, calibration error; and what it rests on."""
    rows = records(extract.rows)
    listed = [
        (SCORERS.get(str(row["scorer"]), str(row["scorer"])), _spread(row, "auc", 2), _spread(row, "lift", 2),
         share(row["precision_at_capacity"]), share(row["recall"]), decimal(row["ece"], 3))
        for row in rows if known(row["auc"]) is not None
    ]  # fmt: skip
    if listed:
        rows = [row for row in rows if known(row["test_rows"]) is not None]
        basis = f"{count(rows[0]['test_rows'])} unseen rows, {share(rows[0]['base_rate'])} of which converted" if rows else ""
        return listed, basis
    return [], "; ".join(dict.fromkeys(str(row["reason"]) for row in rows if row["reason"]))


def _spread(row: Mapping[str, Any], name: str, digits: int) -> str:
    low, high = known(row[f"{name}_low"]), known(row[f"{name}_high"])
    spread = "" if low is None or high is None else f" ({decimal(low, digits)} to {decimal(high, digits)})"
    return decimal(row[name], digits) + spread


def known_number(value: object) -> bool:
    """Whether the value is a finite number (and no truth value)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and known(value) is not None


def _gates(text: object) -> list[dict[str, Any]]:
    try:
        found = json.loads(str(text)) if text else []
    except ValueError:
        return []
    return [gate for gate in found if isinstance(gate, dict)] if isinstance(found, list) else []


def _gate(gate: Mapping[str, Any]) -> Gate:
    return Gate(
        words(str(gate.get("name", ""))), _number(gate.get("figure")), _number(gate.get("limit")), chip(gate.get("verdict")),
        str(gate.get("reason") or ""),
    )  # fmt: skip


def _number(value: object) -> str:
    if not known_number(value):
        return DASH if value is None else str(value)
    number = float(value)  # type: ignore[arg-type]
    return count(number) if number == int(number) and abs(number) >= 1 else decimal(number, 3)


def bias_verdicts(extract: Extracted) -> list[tuple[str, str, Chip, int, str]]:
    """The worst verdict of each attribute: attribute, status, verdict, groups judged, and the reason of the worst group."""
    order = ("fail", "warn", "insufficient", "pass")
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in records(extract.rows):
        status = "monitored" if row["status"] != "protected" else "protected"
        grouped.setdefault((str(row["attribute"]), status), []).append(row)
    made: list[tuple[str, str, Chip, int, str]] = []
    for (attribute, status), rows in sorted(grouped.items(), key=lambda item: (item[0][1] != "protected", item[0][0])):
        worst = min(rows, key=lambda row: (order.index(str(row["verdict"])), str(row["group_value"])))
        groups = len({row["group_value"] for row in rows})
        reason = f"{worst['group_value']}, {words(str(worst['metric'])).lower()}: {worst['reason']}"
        made.append((words(attribute), status, chip(worst["verdict"]), groups, reason))
    return made


def queue(extract: Extracted) -> tuple[list[tuple[str, str, str, str, str]], int]:
    """The night's routes (route, time allowed, people, held out, suppressed) and the number of people who qualified."""
    rows = records(extract.rows)
    listed = [
        (
            words(str(row["route"])),
            _hours(row["sla_hours"]),
            count(row["people"]),
            count(row["holdout"]),
            count(row["suppressed"]),
        )
        for row in rows
    ]
    return listed, sum(int(row["people"]) for row in rows if row["qualified"])


def _hours(value: object) -> str:
    return DASH if known(value) is None else f"{count(value)} h"


@dataclass(frozen=True)
class RiskRow:
    """A risk, ready to print, with its controls."""

    id: str
    title: str
    owner: str
    likelihood: str
    impact: str
    scores: str
    status: Chip
    escalation: str
    reason: str
    controls: list[dict[str, Any]]


def risks(register: Extracted, controls: Extracted) -> list[RiskRow]:
    """The register, the worst residual score first, each risk with its controls, the worst first."""
    own: dict[str, list[dict[str, Any]]] = {}
    for row in records(controls.rows):
        own.setdefault(str(row["risk_id"]), []).append({
            **row, "chip": chip(row["status"]), "shown": figure(row["value"], _printable(row["unit"])),
            "limit": condition(str(row["threshold"]), str(row["unit"])),
        })  # fmt: skip
    return [
        RiskRow(
            id=str(row["risk_id"]), title=str(row["title"]), owner=str(row["owner"]), likelihood=LEVELS[int(row["likelihood"])],
            impact=LEVELS[int(row["impact"])], scores=f"{row['residual_score']} of {row['inherent_score']}",
            status=chip(row["status"]), escalation=str(row["escalation"] or ""), reason=str(row["reason"]),
            controls=own.get(str(row["risk_id"]), []),
        )
        for row in records(register.rows)
    ]  # fmt: skip


def _printable(unit: object) -> str:
    return str(unit) if unit in ("share", "days") else ""


@dataclass(frozen=True)
class Ledger:
    """What became of every line: the equation, the same by source, refusals by reason, and the stretch of the events."""

    equation: str
    holds: bool
    sources: list[tuple[str, ...]]
    refusals: list[tuple[str, str, str, str]]
    window: str
    lines: int
    files: int


def ledger(sources: Extracted, refusals: Extracted) -> Ledger | None:
    """The ledger's account; None without a file."""
    rows = records(sources.rows)
    if not rows:
        return None
    outcomes = ("lines", "accepted", "duplicates", "quarantined", "blank", "erased")
    total = {name: sum(int(row[name] or 0) for row in rows) for name in outcomes}
    holds = total["lines"] == sum(total[name] for name in outcomes[1:])
    terms = " + ".join(f"{count(total[name])} {name}" for name in outcomes[1:])
    events = next((row for row in rows if row["source"] == "events"), rows[0])
    window = (
        f"{events['received_from']:%Y-%m-%d} to {events['received_to']:%Y-%m-%d}"
        if events["received_from"] is not None and events["received_to"] is not None
        else ""
    )
    return Ledger(
        equation=f"{count(total['lines'])} lines {'=' if holds else '≠'} {terms}", holds=holds,
        sources=[(words(str(row["source"])), count(row["files"]), *(count(row[name]) for name in outcomes)) for row in rows],
        refusals=[
            (str(row["reason"]).replace("_", " "), count(row["lines"]), count(row["files"]), MEANINGS.get(str(row["reason"]), ""))
            for row in records(refusals.rows)
        ],
        window=window, lines=total["lines"], files=sum(int(row["files"]) for row in rows),
    )  # fmt: skip


def findings(extract: Extracted) -> list[tuple[str, str, str, str, str]]:
    """What the sources say that cannot all be true: finding, source, rows, share, in words."""
    return [
        (words(str(row["finding"])), str(row["source"]), count(row["rows"]), share(row["share"]), str(row["detail"] or ""))
        for row in records(extract.rows)
    ]


def unavailable(found: Mapping[str, Extracted]) -> list[tuple[str, str, str]]:
    """Everything that could not be computed: kind, name, reason; tables first, then KPIs, then controls."""
    outputs, controls, history = found["unavailable_outputs"], found["control_rows"], found["kpi_history"]
    said = {str(row["table_name"]): str(row["reason"]) for row in records(outputs.rows)}
    unbuilt = {extract.unbuilt: extract.reason for extract in found.values() if extract.unbuilt}
    listed = [("table", name, reason) for name, reason in sorted({**unbuilt, **said}.items())]
    listed += sorted(_kpis_without_value(records(history.rows)))
    listed += [
        ("control", f"{row['control_id']} {words(str(row['metric'])).lower()}", str(row["evidence"]))
        for row in records(controls.rows)
        if row["status"] == "no_data"
    ]
    return listed


def _kpis_without_value(rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    every = [row for row in rows if row["segment"] == "all"]
    valued = {row["kpi"] for row in every if known(row["value"]) is not None}
    newest: dict[str, Mapping[str, Any]] = {}
    for row in every:
        if row["kpi"] not in valued and row["reason"]:
            kept = newest.get(str(row["kpi"]))
            newest[str(row["kpi"])] = row if kept is None or row["period_start"] > kept["period_start"] else kept
    return {("KPI", words(name), str(row["reason"])) for name, row in newest.items()}
