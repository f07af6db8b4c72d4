"""Governance in MLflow: one run a day with the register, the controls' evidence and whatever else the caller hands in.

The tables come from the warehouse; nothing is judged here.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from plg_orchestration.tracking.store import NOTE, Tracking, client_of, experiment, quoted

ABOUT = "Risk register, control evidence and KPI snapshot of each day, as tables; one run a day and content."
FINGERPRINT = "plg.fingerprint"


@dataclass(frozen=True)
class LoggedGovernance:
    """Where a day's governance stands in MLflow."""

    experiment_id: str
    run_id: str


def log_governance(
    tracking: Tracking,
    *,
    as_of: dt.date,
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, float],
    dagster_run_id: str = "",
) -> LoggedGovernance:
    """Log the day's tables as CSV and `figures` as metrics, or find the run that has exactly this content.

    `tables` are by name (`controls`, `risks`, ...). Nothing in them may name a person. TrackingUnavailable when the store cannot
    be written.
    """
    texts = {name: rows.to_csv(index=False) for name, rows in sorted(tables.items())}
    content = repr((str(as_of), sorted(texts.items()), sorted(figures.items())))
    fingerprint = hashlib.sha256(content.encode()).hexdigest()
    with client_of(tracking) as client:
        about = experiment(client, tracking, "governance", about=ABOUT)
        same = f"tags.`{FINGERPRINT}` = {quoted(fingerprint)} and attributes.status = "
        found = client.search_runs([about], filter_string=f"{same}'FINISHED'", max_results=1)
        if found:
            return LoggedGovernance(about, found[0].info.run_id)
        for dead in client.search_runs([about], filter_string=f"{same}'RUNNING'"):
            client.set_terminated(dead.info.run_id, "KILLED")
        tags = {FINGERPRINT: fingerprint, "plg.as_of": str(as_of), "plg.kind": "governance", NOTE: f"Governance as of {as_of}."}
        if dagster_run_id:
            tags["plg.dagster_run_id"] = dagster_run_id
        run_id = client.create_run(about, run_name=f"governance {as_of}", tags=tags).info.run_id
        for name, text in texts.items():
            client.log_text(run_id, text, f"{name}.csv")
        from mlflow.entities import Metric

        at = int(dt.datetime.combine(as_of, dt.time(), dt.UTC).timestamp() * 1000)
        client.log_batch(run_id, metrics=[Metric(name, value, at, 0) for name, value in figures.items()])
        client.set_terminated(run_id, "FINISHED")
        return LoggedGovernance(about, run_id)
