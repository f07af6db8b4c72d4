"""The roadmap's rows: each quarter as published beside its initiatives, the printed total beside the sum, the goals reached."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.governance.initiatives.policy import Quarter, Roadmap
from plg_orchestration.governance.initiatives.rows import declared_rows
from plg_orchestration.governance.initiatives.tables import ROADMAP
from plg_orchestration.governance.registry import metric
from plg_orchestration.warehouse import Warehouse, sql_file

if TYPE_CHECKING:
    from plg_orchestration.governance.initiatives.published import Planned

Row = dict[str, Any]


def roadmap_rows(roadmap: Roadmap, initiatives: Sequence[Row], *, success: tuple[float | None, str], as_of: AsOf) -> pa.Table:
    """The rows of `governance.roadmap`, from the day's rows of `governance.initiatives`; Unavailable without a roadmap.

    `success` is the experiment success rate with its figures in words. An initiative belongs to the quarter in which it begins.
    """
    if not roadmap.quarters:
        raise Unavailable("no roadmap is configured; add `governance.roadmap.quarters` to plg.yaml (docs/initiatives.md)")
    rows: list[Row] = []
    for name, quarter in roadmap.quarters.items():
        mine = list(initiatives) if name == "cross" else [row for row in initiatives if str(row["quarter"]).startswith(name)]
        row = {"as_of": as_of.date, "quarter": name, **_published(quarter), **_planned(mine), "said": _named(mine)}
        if name == "cross":
            row |= _goals(roadmap, mine, success)
            row |= dict.fromkeys(("initiatives", "initiatives_fte", "initiatives_tooling_usd", "spend_usd"))
        rows.append(row)
    if roadmap.printed_total is not None:
        rows.append(_total(roadmap, roadmap.printed_total, initiatives, success, as_of))
    return declared_rows(ROADMAP, rows)


def roadmap_of(warehouse: Warehouse, initiatives: Sequence[Row], *, as_of: AsOf, workspace: "Planned") -> pa.Table:
    """The rows of `governance.roadmap` for a day whose rows of `governance.initiatives` are given."""
    entry = metric("experiment_success_rate")
    lacking = [reason for need in entry.needs if (reason := workspace.missing(need))]
    lacking += [f"{name} has not been built" for name in entry.tables if not warehouse.exists(name)]
    success: tuple[float | None, str] = (None, "; ".join(lacking))
    if not lacking:
        found = warehouse.arrow(sql_file(entry.path, requires=(), **as_of.parameters(), **entry.constants)).to_pylist()[0]
        success = (found["value"], str(found["detail"]))
    return roadmap_rows(workspace.governance.roadmap, initiatives, success=success, as_of=as_of)


def totals(roadmap: Roadmap) -> tuple[float, float]:
    """People and US dollars of all rows together."""
    return (
        math.fsum(quarter.fte for quarter in roadmap.quarters.values()),
        math.fsum(quarter.budget_usd for quarter in roadmap.quarters.values()),
    )


def _total(roadmap: Roadmap, printed: Quarter, initiatives: Sequence[Row], success: tuple[float | None, str], as_of: AsOf) -> Row:
    fte, usd = totals(roadmap)
    parts = [_compared("full-time people", printed.fte, fte), _compared("USD", printed.budget_usd, usd)]
    without = fte - roadmap.quarters["cross"].fte if "cross" in roadmap.quarters else fte
    if parts[0] and without == printed.fte:
        parts[0] += f"; the quarters alone make {without:g}"
    hours = math.fsum(row["hours_budgeted"] for row in initiatives)
    people = math.fsum(row["fte"] for row in initiatives)
    said = [part for part in parts if part] or ["the printed total is the sum of the rows"]
    said.append(f"the initiatives plan {people:g} full-time people and {hours:,.0f} hours")
    agrees = not any(parts)
    return {
        "as_of": as_of.date, "quarter": "total", **_published(printed), **_planned(initiatives), "fte_summed": fte,
        "budget_summed_usd": usd, "experiment_success_rate": success[0], "agrees": agrees, "said": "; ".join(said),
    }  # fmt: skip


def _compared(what: str, printed: float, summed: float) -> str:
    return "" if math.isclose(printed, summed) else f"{printed:,g} {what} are printed, and the rows sum to {summed:,g}"


def _goals(roadmap: Roadmap, initiatives: Sequence[Row], success: tuple[float | None, str]) -> Row:
    found = _planned(initiatives)["milestone_completion"]
    rate, told = success
    known = [
        figure >= goal - 1e-9
        for figure, goal in ((found, roadmap.milestone_completion), (rate, roadmap.experiment_success_rate))
        if figure is not None
    ]
    done = "no milestone has come due" if found is None else f"{found:.0%} of the milestones that came due are done"
    said = f"{done} (goal {roadmap.milestone_completion:.0%}); {told} (goal {roadmap.experiment_success_rate:.0%})"
    return {"experiment_success_rate": rate, "agrees": all(known) if len(known) == 2 else None, "said": said}


def _published(quarter: Quarter) -> Row:
    return {
        "milestones": quarter.milestones, "deliverables": quarter.deliverables, "kpis": quarter.kpis, "fte": quarter.fte,
        "budget_usd": quarter.budget_usd,
    }  # fmt: skip


def _planned(initiatives: Sequence[Row]) -> Row:
    spent = [row["spend_usd"] for row in initiatives if row["spend_usd"] is not None]
    started = [row for row in initiatives if row["status"] != "planned" and row["milestones_late"] is not None]
    due = sum(row["milestones_due"] for row in started)
    late = sum(row["milestones_late"] for row in started)
    return {
        "initiatives": len(initiatives), "initiatives_fte": math.fsum(row["fte"] for row in initiatives),
        "initiatives_tooling_usd": math.fsum(row["tooling_budgeted_usd"] for row in initiatives),
        "spend_usd": math.fsum(spent) if spent else None, "milestones_due": due, "milestones_late": late,
        "milestone_completion": (due - late) / due if due else None,
    }  # fmt: skip


def _named(initiatives: Sequence[Row]) -> str:
    if not initiatives:
        return "no initiative begins in this quarter"
    return "; ".join(f"{row['initiative']}: {str(row['status']).replace('_', ' ')}" for row in initiatives)
