"""The monthly drift review: a page, a text and a table of what moved, what came of the leads, and what to do about it.

It reads and prints what the nights of the month left; a table that is missing or empty is said and never stops it.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.csv_text import csv_text
from plg_orchestration.reports.drift_actions import Action, actions
from plg_orchestration.reports.executive import Headline, Reported
from plg_orchestration.reports.extracts import Extract, Extracted, read_extract
from plg_orchestration.reports.formats import DASH, count, decimal, known, share
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.rows import Chip, records
from plg_orchestration.reports.tables import DRIFT_REVIEW
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    import pandas as pd

EXTRACTS: tuple[Extract, ...] = (
    Extract("review_drift", ("pql.drift",)),
    Extract("review_nights", ("pql.drift",)),
    Extract("review_live", ("pql.live_performance",)),
    Extract("review_reasons", ("pql.outcomes",)),
    Extract("review_incidents", ("pql.drift", "pql.champion", "meta.publications")),
)
TONES = {"ok": "good", "drifted": "bad", "insufficient": "none", "pass": "good", "warn": "warn"}
SHOWN = 20
METRICS = ("precision", "recall", "auc", "base_rate")
LABELS = {
    "strips": "Heat map: population stability index of the subjects that moved most, by night",
    "precision": "Dot plot: precision by week as promised and as it came, with intervals",
    "lift": "Dot plot: lift of contacted accounts over accounts held back, with intervals",
}  # fmt: skip


def write_drift_review(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> "pd.DataFrame":
    """Write `<state>/reports/<as_of>/drift_review.html`, `.md` and `.csv`; returns the row of `reports.drift_review`.

    The review is about the month of `as_of` up to that day.
    """
    import pandas as pd
    import pyarrow as pa

    first = as_of.date.replace(day=1)
    found = {extract.name: read_extract(warehouse, extract, as_of, first=first) for extract in EXTRACTS}
    context = _context(found, first, as_of, workspace)
    page = _page(context, found)
    base = f"reports/{as_of.date}/drift_review"
    rows = found["review_drift"].rows
    write_text(workspace.state / f"{base}.html", page)
    write_text(workspace.state / f"{base}.md", markdown(context))
    write_text(workspace.state / f"{base}.csv", csv_text(pa.Table.from_pandas(rows, preserve_index=False)) if len(rows) else "\n")
    content = page.encode()
    drifted = sum(row["verdict"] == "drifted" for row in records(rows))
    row = {
        "as_of": as_of.date, "path": f"{base}.html", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "drifted": drifted, "actions": len(context["actions"]),
    }  # fmt: skip
    return pd.DataFrame([row], columns=list(DRIFT_REVIEW.column_names))


def _context(found: dict[str, Extracted], first: dt.date, as_of: AsOf, workspace: Reported) -> dict[str, Any]:
    drift, live, reasons = (records(found[name].rows) for name in ("review_drift", "review_live", "review_reasons"))
    todo = actions(drift, live, reasons)
    return {
        "workspace": workspace.name, "first": first, "as_of": as_of.date, "timezone": as_of.timezone, "version": __version__,
        "headlines": headlines(drift, live, todo), "actions": todo,
        "champion": f"{drift[0]['scorer']} {drift[0]['version']}" if drift else "",
        "reference": next((row["reference"] for row in drift if row["reference"] and row["kind"] != "label"), ""),
        "drift_columns": ("Subject", "Index", "Worst of the month", "Nights drifted", "Median", "Missing", "Verdict", "Why"),
        "drift": [_drift_cells(row) for row in drift if row["kind"] != "label"][:SHOWN],
        "drift_count": sum(row["kind"] != "label" for row in drift),
        "label": [_label_cells(row) for row in drift if row["kind"] == "label"],
        "label_columns": ("Target", "Base rate", "95 %", "In the reference", "Verdict", "Why"),
        "weeks": _weeks([row for row in live if row["period"] == "week"]),
        "week_columns": ("Week", "Metric", "Promised", "Came", "Tested", "Rows", "Version"),
        "versions": [_version_cells(row) for row in live if row["period"] != "week"],
        "version_columns": ("Version", "Metric", "Value", "95 %", "Promised or wanted", "Rows", "Mature", "Verdict", "Why"),
        "reasons": [_reason_cells(row) for row in reasons[:SHOWN]],
        "reason_columns": ("Version", "Sales said", "Reason", "Leads", "Share of the false ones"),
        "incidents": [
            (r["kind"], str(r["what"]).replace("_", " "), _span(r["first_on"], r["last_on"]), count(r["nights"]), r["reason"])
            for r in records(found["review_incidents"].rows)
        ],
        "incident_columns": ("Kind", "What", "When", "Nights", "Why"),
        "absent": {name: extract.reason for name, extract in found.items()},
    }  # fmt: skip


def headlines(drift: Sequence[dict[str, Any]], live: Sequence[dict[str, Any]], todo: Sequence[Action]) -> list[Headline]:
    """The review in a few sentences: what drifted, how good the leads are, whether contacting them helps, and what to do."""
    made: list[Headline] = []
    if drift:
        drifted = [str(row["subject"]).replace("_", " ") for row in drift if row["verdict"] == "drifted"]
        unclear = sum(row["verdict"] == "insufficient" for row in drift)
        text = f"{len(drifted)} of {len(drift)} subjects have drifted" + (f": {', '.join(drifted[:6])}" if drifted else "")
        text += f" and {len(drifted) - 6} more" if len(drifted) > 6 else ""
        text += f"; {unclear} cannot be judged." if unclear else "."
        made.append(Headline(text, "bad" if drifted else "none" if unclear else "good"))
    for row in live:
        if row["metric"] == "false_discovery_rate" or (row["metric"], row["period"]) == ("lift", "history"):
            name = f"Leads of {row['version']}" if row["metric"] == "false_discovery_rate" else "Lift over accounts held back"
            made.append(Headline(f"{name}: {row['reason']}.", TONES.get(str(row["verdict"]), "none")))
    urgent = sum(action.tone == "bad" for action in todo)
    made.append(
        Headline(f"{len(todo)} things to do, {urgent} of them urgent." if todo else "Nothing to do.", "warn" if todo else "good")
    )
    return made


def _drift_cells(row: dict[str, Any]) -> tuple[Any, ...]:
    nights = f"{count(row['drifted_nights'])} of {count(row['nights'])}"
    median = f"{_plain(row['reference_median'])} → {_plain(row['median'])}" if row["kind"] == "number" else DASH
    missing = f"{share(row['reference_missing'])} → {share(row['missing'])}" if row["missing"] is not None else DASH
    index, worst = decimal(row["population_stability_index"]), decimal(row["worst"])
    return (str(row["subject"]).replace("_", " "), index, worst, nights, median, missing, _chip(row["verdict"]), row["reason"])


def _label_cells(row: dict[str, Any]) -> tuple[Any, ...]:
    span = _interval(row["base_rate_low"], row["base_rate_high"], percent=True)
    before = share(row["reference_base_rate"])
    return (row["target"], share(row["base_rate"]), span, before, _chip(row["verdict"]), row["reason"])


def _weeks(rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """One line for each week, metric and version: what was promised beside what came."""
    found: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in rows:
        key = (row["target"], row["period_start"], METRICS.index(row["metric"]), row["version"])
        found.setdefault(key, {})[row["kind"]] = row
    made: list[tuple[Any, ...]] = []
    for (_, week, place, version), kinds in sorted(found.items()):
        newest = kinds.get("realized") or kinds["estimated"]
        percent = METRICS[place] != "auc"
        tested = share(newest["expected"]) if percent else decimal(newest["expected"])
        cells = (_figure(kinds.get(kind), percent=percent) for kind in ("estimated", "realized"))
        name = METRICS[place].replace("_", " ").replace("auc", "AUC")
        made.append((f"{week:%Y-%m-%d}", name, *cells, tested, count(newest["rows"]), version))
    return made


def _figure(row: dict[str, Any] | None, *, percent: bool) -> str:
    if row is None:
        return "not known yet"
    if known(row["value"]) is None:
        return str(row["reason"]) or DASH
    return f"{share(row['value']) if percent else decimal(row['value'])} ({_interval(row['low'], row['high'], percent=percent)})"


def _version_cells(row: dict[str, Any]) -> tuple[Any, ...]:
    percent = row["metric"] != "lift"
    value, promised = (share(row[name]) if percent else decimal(row[name]) for name in ("value", "expected"))
    name = "all versions" if row["version"] == "all" else row["version"]
    metric = str(row["metric"]).replace("_", " ")
    mature = share(row["mature_share"], 0)
    span = _interval(row["low"], row["high"], percent=percent)
    return (name, metric, value, span, promised, count(row["rows"]), mature, _chip(row["verdict"]), row["reason"])


def _reason_cells(row: dict[str, Any]) -> tuple[Any, ...]:
    said = "nothing" if row["outcome"] == "none" else row["outcome"]
    return (row["version"], said, str(row["reason"]).replace("_", " ") or DASH, count(row["leads"]), share(row["share"]))


def _interval(low: Any, high: Any, *, percent: bool) -> str:
    if known(low) is None or known(high) is None:
        return DASH
    return f"{share(low)} to {share(high)}" if percent else f"{decimal(low)} to {decimal(high)}"


def _plain(value: Any) -> str:
    number = known(value)
    return DASH if number is None else f"{number:.3g}"


def _span(first: Any, last: Any) -> str:
    begun, ended = f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
    return begun if begun == ended else f"{begun} to {ended}"


def _chip(verdict: object) -> Chip:
    return Chip(str(verdict), TONES.get(str(verdict), "none"))


def _page(context: dict[str, Any], found: dict[str, Extracted]) -> str:
    from markupsafe import Markup

    from plg_orchestration import charts

    live = found["review_live"]
    precision = live.rows[live.rows["metric"] == "precision"] if len(live.rows) else live.rows
    lift = live.rows[live.rows["metric"] == "lift"] if len(live.rows) else live.rows
    drawn = {
        "strips": charts.drift_strips(found["review_nights"].rows, reason=found["review_nights"].reason),
        "precision": charts.live_precision(precision, reason=live.reason),
        "lift": charts.holdout_lift(lift, reason=live.reason),
    }
    pictures = {name: Markup(charts.to_svg(chart, label=LABELS[name])) for name, chart in drawn.items()}
    return render("drift_review.html.j2", **context, pictures=pictures)


def markdown(context: dict[str, Any]) -> str:
    """The review as Markdown: the same tables as on the page, without pictures."""
    lines = [f"# Drift review of {context['workspace']}, {context['first']} to {context['as_of']}", ""]
    lines += [f"- {line.text}" for line in context["headlines"]]
    todo = [(a.what, a.owner, a.why) for a in context["actions"]]
    parts = (
        ("What to do", ("What", "Owner", "Why"), todo),
        ("Drift by subject", context["drift_columns"], context["drift"]),
        ("Labels", context["label_columns"], context["label"]),
        ("Live performance by week", context["week_columns"], context["weeks"]),
        ("Versions and lift", context["version_columns"], context["versions"]),
        ("False positives", context["reason_columns"], context["reasons"]),
        ("Incidents", context["incident_columns"], context["incidents"]),
    )
    for title, names, rows in parts:
        lines += ["", f"## {title}", "", *(_table(names, rows) if rows else ["Nothing."])]
    return "\n".join(lines) + "\n"


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    def cell(value: Any) -> str:
        return str(value.text if isinstance(value, Chip) else value).replace("|", "\\|").replace("\n", " ")

    head = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return head + ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
