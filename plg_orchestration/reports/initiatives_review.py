"""The quarterly review of initiatives: a page and a table of where each stands and what is to be decided.

It prints `governance.initiatives`, `governance.initiative_kpis` and `governance.roadmap` of the day; nothing is judged anew.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.csv_text import csv_text
from plg_orchestration.errors import Unavailable
from plg_orchestration.reports.drawings import Placed, matrix
from plg_orchestration.reports.executive import Reported
from plg_orchestration.reports.formats import DASH, count, share
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.rows import Chip
from plg_orchestration.warehouse import Query, Warehouse, table
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    from markupsafe import Markup

Rows = Sequence[dict[str, Any]]
READ = ("governance.initiatives", "governance.initiative_kpis", "governance.roadmap")
TONES = {
    "planned": "none", "running": "none", "done": "good", "go": "good", "undecided": "warn", "no_go": "warn",
    "rollback_recommended": "bad", "met": "good", "missed": "bad", "uncertain": "warn", "no_data": "none",
}  # fmt: skip
INKS = {"good": "good", "warn": "warn", "bad": "bad", "none": "ink"}
LEADING = (
    "initiative", "quarter", "owner", "status", "next_decision", "decide_by", "reason", "kpis_said", "milestone_completion",
    "spend_usd", "budget_usd", "budget_used", "roi", "roi_said", "rollback_condition", "rollback_verdict",
)  # fmt: skip
"""Columns of the CSV that come first; the others follow as they are declared."""


def write_initiatives_review(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> pa.Table:
    """Write `<state>/reports/<as_of>/initiatives_review.html` and `.csv`; returns the row of `reports.initiatives_review`.

    Unavailable when the day has no initiatives.
    """
    read = {name: _day(warehouse, name, as_of) for name in READ}
    initiatives = read["governance.initiatives"]
    if not initiatives.num_rows:
        raise Unavailable(f"governance.initiatives holds nothing for {as_of.date}")
    rows = initiatives.to_pylist()
    page = _page(rows, read["governance.initiative_kpis"].to_pylist(), read["governance.roadmap"].to_pylist(), as_of, workspace)
    base = f"reports/{as_of.date}/initiatives_review"
    ordered = [*LEADING, *(name for name in initiatives.column_names if name not in LEADING)]
    write_text(workspace.state / f"{base}.html", page)
    write_text(workspace.state / f"{base}.csv", csv_text(initiatives.select(ordered)))
    content = page.encode()
    return pa.table(
        {
            "as_of": [as_of.date], "path": [f"{base}.html"], "bytes": [len(content)],
            "sha256": [hashlib.sha256(content).hexdigest()], "initiatives": [len(rows)],
            "decisions": [sum(row["status"] in ("go", "no_go", "undecided", "rollback_recommended") for row in rows)],
        }
    )  # fmt: skip


def impact_effort_drawing(rows: Rows) -> "Markup":
    """Initiatives by impact and effort, in the color of their status, for any page; empty without rows.

    `rows`: initiative, impact, effort, status, as in `governance.initiatives` for one day.
    """
    placed = [Placed(_words(row["initiative"]), row["effort"], row["impact"], INKS[TONES[row["status"]]]) for row in rows]
    said = ", ".join(f"{_words(row['initiative'])}: impact {row['impact']}, effort {row['effort']}" for row in rows)
    return matrix(placed, across="effort", upward="impact", label=f"Initiatives by impact and effort: {said}")


def _day(warehouse: Warehouse, name: str, as_of: AsOf) -> pa.Table:
    warehouse.ensure(table(name))
    return warehouse.arrow(Query("day", f"select * from {name} where as_of = $as_of order by 1, 2", as_of.parameters()))


def _page(initiatives: Rows, kpis: Rows, roadmap: Rows, as_of: AsOf, workspace: Reported) -> str:
    import pandas as pd
    from markupsafe import Markup

    from plg_orchestration import charts

    way = charts.initiative_targets(pd.DataFrame(list(kpis)))
    return render(
        "initiatives_review.html.j2", workspace=workspace.name, as_of=as_of.date, timezone=as_of.timezone, version=__version__,
        drawing=impact_effort_drawing(initiatives),
        way=Markup(charts.to_svg(way, label="Bars: share of the way from baseline to target, by initiative and KPI")),
        decisions=[(_words(row["initiative"]), _chip(row["status"]), row["next_decision"], row["decide_by"] or DASH, row["owner"],
                    row["reason"]) for row in initiatives],
        kpis=[_kpi_cells(row) for row in kpis if row["role"] == "target"],
        money=[_money_cells(row) for row in initiatives],
        rollbacks=[(_words(row["initiative"]), row["rollback_condition"], _rollback(row), row["rollback_reason"] or DASH)
                   for row in initiatives if row["rollback_condition"] is not None],
        roadmap=[(row["quarter"], row["milestones"], f"{row['fte']:g}", _usd(row["budget_usd"]), _usd(row["spend_usd"]),
                  share(row["milestone_completion"]), row["said"]) for row in roadmap],
    )  # fmt: skip


def _kpi_cells(row: dict[str, Any]) -> tuple[Any, ...]:
    wanted = f"{row['condition']}{' % change' if row['compared'] == 'change' else ''}"
    now = "" if row["value_low"] is None else f" ({_number(row['value_low'])} to {_number(row['value_high'])})"
    return (
        _words(row["initiative"]), _words(row["named"] or row["kpi"]), _number(row["baseline"]), f"{_number(row['value'])}{now}",
        wanted, share(row["way"]), _chip(row["verdict"]), row["reason"],
    )  # fmt: skip


def _money_cells(row: dict[str, Any]) -> tuple[Any, ...]:
    done = DASH if row["milestones_done"] is None else f"{count(row['milestones_done'])} of {count(row['milestones'])}"
    roi = DASH if row["roi"] is None else f"{share(row['roi'])} ({share(row['roi_low'])} to {share(row['roi_high'])})"
    return (
        _words(row["initiative"]), done, DASH if row["milestones_late"] is None else count(row["milestones_late"]),
        _usd(row["spend_usd"]), _usd(row["budget_usd"]), share(row["budget_used"]), roi, row["roi_said"],
    )  # fmt: skip


def _rollback(row: dict[str, Any]) -> Chip:
    verdict = row["rollback_verdict"] or "not started"
    return Chip(_words(verdict), {"holds": "bad", "uncertain": "warn", "does_not_hold": "good"}.get(verdict, "none"))


def _chip(verdict: str) -> Chip:
    return Chip(_words(verdict), TONES[verdict])


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:.4g}"


def _usd(value: float | None) -> str:
    return DASH if value is None else f"{value:,.0f}"
