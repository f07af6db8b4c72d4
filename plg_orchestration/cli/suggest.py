"""`plg suggest`: the points that outcomes suggest, and a person's approval of them."""

import datetime as dt
from pathlib import Path
from typing import Any

from rich.table import Table as Listing

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.config import Workspace
from plg_orchestration.warehouse import Query, Warehouse, table

NEWEST = """select * from pql.suggestions
    where as_of = (select max(as_of) from pql.suggestions) and target = (select min(target) from pql.suggestions)
    order by signal = 'threshold', lift_low desc nulls last, signal"""
NAMED = "select * from pql.suggestions where suggestion = $suggestion and as_of = (select max(as_of) from pql.suggestions)"


def suggest_and_print(workspace: Path | None) -> int:
    """Print the newest suggestion beside what is in force; 0 when there is one, else 1 with the reason."""
    from plg_orchestration.pql.scorers.suggestions import SHARED

    console, here = open_console(), enter(workspace)
    rows, reason = _rows(here, Query("newest", NEWEST))
    if not rows:
        console.print(f"No points are suggested: {reason}", markup=False, soft_wrap=True)
        return 1
    first = rows[0]
    span = f"{first['rows_from']} to {first['rows_to']}"
    console.print(f"[bold]suggestion {first['suggestion']}[/] of {first['as_of']}, from users as known on {span}", soft_wrap=True)
    listing = Listing("signal", "points", "suggested", "met", "lift (95 %)", "of the top", "of others", "why", box=None)
    declared = {c.signal: c.points for c in here.pql.rules.criteria}
    for row in rows:
        now = declared.get(str(row["signal"]), int(here.pql.rules.threshold))
        changed = "" if now == row["suggested"] else "[bold]"
        listing.add_row(
            str(row["signal"]), str(now), f"{changed}{row['suggested']}", f"{row['met']:,}", _lift(row),
            _percent(row["top_share"]), _percent(row["others_share"]), "" if row["reason"] == SHARED else str(row["reason"]),
        )  # fmt: skip
    console.print(listing)
    console.print(f"In force only when a person approves: plg suggest --approve {first['suggestion']} --by NAME --reason WHY")
    return 0


def approve_and_print(workspace: Path | None, suggestion: str, *, reviewer: str, rationale: str) -> int:
    """Put the suggestion into force for the nights to come; the file that says so is named."""
    from plg_orchestration.pql.scorers.approval import approve

    console, here = open_console(), enter(workspace)
    rows, _ = _rows(here, Query("named", NAMED, {"suggestion": suggestion}))
    now = dt.datetime.now(dt.UTC)
    path = approve(here.root, rows, suggestion=suggestion, reviewer=reviewer, rationale=rationale, at=now, policy=here.pql)
    console.print(f"{path}: these points hold from the next night on; delete the file to go back", markup=False, soft_wrap=True)
    return 0


def _rows(workspace: Workspace, query: Query) -> tuple[list[dict[str, Any]], str]:
    """The query's rows, and why the newest training left none."""
    declared = table("pql.suggestions")
    with Warehouse.open(workspace.state) as warehouse:
        if not warehouse.exists(declared.name):
            return [], "no night has trained yet; run `plg run`"
        made = warehouse.arrow(query).to_pylist()
        text = "select reason from meta.publications where table_name = $t order by day desc limit 1"
        reason = warehouse.scalar(text, t=declared.name)
    return made, str(reason or "no night has trained yet")


def _lift(row: dict[str, Any]) -> str:
    if row["lift"] is None:
        return ""
    bounds = "" if row["lift_low"] is None else f" ({row['lift_low']:.2f} to {row['lift_high']:.2f})"
    return f"{row['lift']:.2f}{bounds}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
