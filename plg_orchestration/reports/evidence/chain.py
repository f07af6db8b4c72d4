"""The part of the decision log that proves a quarter: its days with their signed heads, the public key and the anchors.

The verifier of a bundle (`verify.py`) chains the days anew.
"""

import datetime as dt
import gzip
import os
from collections.abc import Sequence
from pathlib import Path

from plg_orchestration.config.workspace import Workspace
from plg_orchestration.governance.audit_log.anchors import Anchor, anchor_of, outside_anchor
from plg_orchestration.governance.audit_log.heads import FILE, read_heads
from plg_orchestration.governance.audit_log.keeping import anchor_path
from plg_orchestration.governance.audit_log.reading import days_of, file_of
from plg_orchestration.reports.evidence.quarters import Quarter
from plg_orchestration.reports.evidence.verify import ANCHORS, DAYS, HEADS
from plg_orchestration.warehouse import Query, Warehouse


def chain_files(warehouse: Warehouse, log_dir: Path, wanted: Quarter, anchors: Sequence[Anchor]) -> dict[str, bytes]:
    """The log days of the quarter and those with later words about its nights, as far as they are signed, with their heads.

    Nothing when the log has no such day. Of `anchors`, those that can be read are copied up to the last of the days.
    """
    there = days_of(log_dir) if log_dir.exists() else []
    days = [day for day in there if wanted.first <= day <= wanted.last or day in _later(warehouse, wanted)]
    if not days:
        return {}
    heads = [head for head in read_heads(log_dir / FILE).heads if head.day <= days[-1]]
    counts = {head.day: head.count for head in heads}
    files = {HEADS: "".join(head.line() for head in heads).encode()}
    for day in days:
        lines = file_of(log_dir, day).read_bytes().splitlines(keepends=True)[: counts.get(day, 0)]
        files[f"{DAYS}{day}.jsonl.gz"] = gzip.compress(b"".join(lines), mtime=0)
    for anchor in anchors:
        kept = "".join(head.line() for head in anchor.heads if head.day <= days[-1])
        if kept and not anchor.problem:
            files[f"{ANCHORS}{anchor.name.lower().replace(' ', '_')}.jsonl"] = kept.encode()
    return files


def anchors_of(workspace: Workspace) -> list[Anchor]:
    """The anchor outside the operators' reach, where one is configured, and MLflow's, where there is an MLflow store.

    Dagster's copies stand with its runs and are compared by `plg audit verify`.
    """
    path = anchor_path(workspace)
    found = [] if path is None else [outside_anchor(path)]
    if "MLFLOW_TRACKING_URI" not in os.environ and not (workspace.state / "mlflow.db").exists():
        return found
    from plg_orchestration.tracking import TrackingUnavailable, anchored_heads, open_tracking

    try:
        store = open_tracking(uri=workspace.mlflow_tracking_uri, state=workspace.state, workspace=workspace.name)
        return [*found, anchor_of("MLflow", anchored_heads(store))]
    except TrackingUnavailable:
        return found


def _later(warehouse: Warehouse, wanted: Quarter) -> set[dt.date]:
    if not warehouse.exists("governance.audit_log"):
        return set()
    text = "select distinct log_day from governance.audit_log where as_of between $first and $last"
    rows = warehouse.rows(Query("later", text, {"first": wanted.first, "last": wanted.last}))
    return {row[0] for row in rows if isinstance(row[0], dt.date)}
