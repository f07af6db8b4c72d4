"""All KPIs of one night: the snapshot and the history, computed together from what the night has stored (KPIs).

How often each stored table is read stands beside the seconds.
"""

import datetime as dt
import time
from pathlib import Path
from typing import Any


def prepare_night(file: str, *_: str) -> tuple[Any]:
    """Import what a night of KPIs needs, and open the workspace."""
    from plg_orchestration.config import load_workspace
    from plg_orchestration.kpis import queries
    from plg_orchestration.warehouse import Warehouse

    imported = queries.snapshot
    assert imported is not None
    workspace = load_workspace(Path(file))
    return ((workspace, Warehouse.open(workspace.state)),)


def night(_: str, day: str, which: str, opened: tuple[Any, Any]) -> dict[str, Any]:
    """KPIs: the rows of `kpis.snapshot`, and with `which` history those of `kpis.history` too; seconds, and the scans."""
    from plg_orchestration.config import write_config_tables
    from plg_orchestration.kpis import queries
    from plg_orchestration.kpis.pages import scans_of
    from plg_orchestration.kpis.periods import HISTORY, NEWEST

    workspace, opening = opened
    with opening as warehouse:
        write_config_tables(warehouse, workspace)
        warehouse.reuse = True
        as_of = workspace.as_of(dt.date.fromisoformat(day))
        started, spent = time.perf_counter(), time.process_time()
        if which == "history":
            made = [make(as_of=as_of, workspace=workspace, back=HISTORY) for make in (queries.snapshot, queries.history)]
        else:
            made = [queries.snapshot(as_of=as_of, workspace=workspace, back=NEWEST)]
        rows = sum(warehouse.arrow(query).num_rows for query in made)
        took = {"seconds": time.perf_counter() - started, "processor": time.process_time() - spent}
    scans = {name: count for name, count in scans_of(*made).items() if not name.startswith("config.")}
    return {**took, "rows": rows, "scans": scans}
