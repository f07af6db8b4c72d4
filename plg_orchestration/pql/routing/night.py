"""A night's routing over all targets: what each table holds for the day, and the figures that people look at first.

Each query is in `queries.py`; an asset hands these rows to the publication.
"""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.csv_text import csv_text
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing import queries
from plg_orchestration.warehouse import Query, Warehouse, table
from plg_orchestration.warehouse.parquet import write_text


def decisions(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy) -> pa.Table:
    """Rows of `pql.decisions` for every nightly target; a target without a champion tonight has none."""
    return _of_targets(warehouse, policy, lambda target: queries.decisions(as_of=as_of, policy=policy, target=target))


def queue_changes(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy) -> pa.Table:
    """Rows of `pql.queue_changes` for every nightly target."""
    return _of_targets(warehouse, policy, lambda target: queries.queue_changes(as_of=as_of, policy=policy, target=target))


def sla(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy) -> pa.Table:
    """Rows of `pql.sla` for every nightly target."""
    return _of_targets(warehouse, policy, lambda target: queries.sla(as_of=as_of, policy=policy, target=target))


def sla_adherence(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy) -> pa.Table:
    """Rows of `pql.sla_adherence` for every nightly target, from the day's `pql.sla`."""
    return _of_targets(warehouse, policy, lambda target: queries.sla_adherence(as_of=as_of, policy=policy, target=target))


def write_lead_queue(rows: pa.Table, *, as_of: AsOf, state: Path) -> Path:
    """Write the queues to `<state>/reports/<as_of>/lead_queue.csv` in one step, the same bytes for the same rows; its path."""
    path = state / "reports" / str(as_of.date) / "lead_queue.csv"
    write_text(path, csv_text(rows.sort_by([(name, "ascending") for name in ("target", "route", "queue_rank")])))
    return path


def _of_targets(warehouse: Warehouse, policy: PqlPolicy, query: Callable[[str], Query]) -> pa.Table:
    warehouse.ensure(table("governance.suspicions"))
    nightly = [name for name, target in policy.targets.items() if target.nightly]
    return pa.concat_tables([warehouse.arrow(query(target)) for target in nightly])
