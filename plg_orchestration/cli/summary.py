"""What a person wants to know after a night, in one screen: what was built, who scores, the KPIs, the risks, where to look.

It reads tables; everything it says stands in them.
"""

import datetime as dt
import json
import math
from pathlib import Path

from rich.console import Console
from rich.table import Table as Listing

from plg_orchestration.config import Workspace
from plg_orchestration.warehouse import Query, Warehouse, all_tables

HEADLINE_KPIS = ("activation_rate", "free_to_paid_conversion", "gross_churn", "arpu", "viral_coefficient", "time_to_value")
TONES = {
    "above_p75": "green", "above_p50": "green", "p50_p75": "green",
    "p25_p50": "yellow", "below_p25": "red", "below_p50": "yellow",
    "controlled": "green", "accepted": "green", "open": "red", "unproven": "yellow", "acceptance_expired": "red",
}  # fmt: skip


def print_summary(console: Console, workspace: Workspace, day: dt.date) -> None:
    """The summary of the night of `day`."""
    with Warehouse.open(workspace.state) as warehouse:
        console.rule(f"{workspace.name}, as known at the end of {day}")
        _print_built(console, warehouse, day)
        _print_champion(console, warehouse, day)
        _print_kpis(console, warehouse, day)
        _print_risks(console, warehouse, day)
    _print_places(console, workspace, day)


def _print_built(console: Console, warehouse: Warehouse, day: dt.date) -> None:
    states = [(table.name, warehouse.status(table, day)) for table in all_tables()]
    built = [name for name, state in states if state and state[0] == "built"]
    lacking = [(name, state[1]) for name, state in states if state and state[0] == "unavailable"]
    lines = "select coalesce(sum(lines), 0), coalesce(sum(quarantined), 0), count(*) from ingest.files"
    total, refused, files = warehouse.rows(Query("lines", lines))[0]
    console.print(
        f"[bold]Built[/]     {len(built)} tables from {total:,} lines of {files:,} files, {refused:,} of them quarantined"
    )
    for name, reason in lacking:
        console.print(f"          [yellow]unavailable[/] {name}: {reason}", soft_wrap=True)


def _print_champion(console: Console, warehouse: Warehouse, day: dt.date) -> None:
    rows = warehouse.rows(
        Query("champion", "select scorer, version, verdict, reason, gates from pql.champion where as_of = $day", {"day": day})
    )
    if not rows:
        console.print("[bold]Champion[/]  none: no user can be scored in this workspace")
        return
    scorer, version, verdict, reason, gates = rows[0]
    console.print(f"[bold]Champion[/]  {scorer} {version}; tonight's challenger: {verdict} ({reason})", soft_wrap=True)
    text = """select scorer, status, auc, auc_low, auc_high, lift, lift_low, lift_high, base_rate from pql.candidate
        where as_of = $day and auc is not null order by auc desc"""
    listing = Listing(
        "scorer", "AUC (95 %)", "lift at capacity (95 %)", "base rate", box=None, padding=(0, 2), header_style="dim"
    )
    for name, _, auc, low, high, lift, lift_low, lift_high, base in warehouse.rows(Query("contest", text, {"day": day})):
        listing.add_row(
            str(name), f"{auc:.3f} ({low:.3f} to {high:.3f})", f"{lift:.2f} ({lift_low:.2f} to {lift_high:.2f})", f"{base:.1%}"
        )
    if listing.row_count:
        console.print(listing)
    failed = [gate for gate in json.loads(str(gates or "[]")) if gate["verdict"] not in ("pass", "warn")]
    for gate in failed:
        console.print(f"          [yellow]{gate['name']}[/] {gate['verdict']}: {gate['reason']}", soft_wrap=True)


def _print_kpis(console: Console, warehouse: Warehouse, day: dt.date) -> None:
    from plg_orchestration.kpis.read import latest

    rows = latest(warehouse, as_of=day)
    chosen = rows[rows["kpi"].isin(HEADLINE_KPIS) & rows["review"]]
    listing = _listing("KPI", "segment", "value", "95 %", "benchmark", "target")
    for row in chosen.to_dict("records"):
        if _missing(row["value"]) or (row["segment"] != "all" and _missing(row["band"])):
            continue
        low, high, band = row["ci_low"], row["ci_high"], "" if _missing(row["band"]) else str(row["band"])
        span = "" if _missing(low) or _missing(high) else f"{low:.3g} to {high:.3g}"
        tone = TONES.get(band, "default")
        target = "" if _missing(row["target"]) else f"{row['target']:g}"
        said = band.replace("_p", " to p", 1) if band.startswith("p") else band.replace("_", " ")
        listing.add_row(
            str(row["kpi"]), str(row["segment"]), _with_unit(row["value"], str(row["unit"])), span, f"[{tone}]{said}[/]", target
        )
    console.print("[bold]KPIs[/]      newest complete period, against published benchmarks")
    console.print(listing)


def _print_risks(console: Console, warehouse: Warehouse, day: dt.date) -> None:
    text = """select risk_id, title, residual_score, inherent_score, status, coalesce(escalation, '') from governance.risks
        where as_of = $day order by risk_id"""
    console.print("[bold]Risks[/]     residual of inherent score, by controls evaluated tonight")
    for risk, title, residual, inherent, status, escalation in warehouse.rows(Query("risks", text, {"day": day})):
        due = f", escalation to {escalation}" if escalation else ""
        console.print(
            f"          {risk} {title}: {residual} of {inherent}, [{TONES.get(str(status), 'default')}]{status}[/]{due}"
        )


def _print_places(console: Console, workspace: Workspace, day: dt.date) -> None:
    here = Path.cwd()
    reports = workspace.state / "reports" / str(day)

    def shown(path: Path) -> str:
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    console.print("[bold]Look[/]      " + shown(reports / "executive.html") + " and tactical.html beside it", soft_wrap=True)
    console.print("          " + shown(workspace.state / "published") + "/<stage>/<table>*.parquet", soft_wrap=True)
    command = "make ui" if shown(workspace.path) == "demo/plg.yaml" else f"plg ui -w {shown(workspace.path)}"
    console.print(f"[bold]UIs[/]       {command}   serves Dagster on http://127.0.0.1:3000 and MLflow on http://127.0.0.1:5000")
    console.rule()


def _listing(*names: str) -> Listing:
    return Listing(*names, box=None, padding=(0, 2), header_style="dim")


def _with_unit(value: float, unit: str) -> str:
    short = {"percent": " %", "ratio": "", "usd_per_month": " USD a month"}
    return f"{value:.3g}{short.get(unit, ' ' + unit.replace('_', ' '))}"


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
