"""Governance in MLflow: one run a day with the register, the controls' evidence and everything else that governance keeps.

The night begins the run with what was judged (`log_governance`) and completes it at its end (`complete_governance`). The tables
come from the warehouse; nothing is judged here. Nobody is named: people, their words and addresses stay in the warehouse.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.tracking.store import NOTE, Tracking, client_of, experiment, quoted
from plg_orchestration.warehouse import Query, Table, Warehouse, table

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

ABOUT = (
    "Governance of each day: the risk register, every control with its evidence, incidents, acceptances, the committee's "
    "metrics, the map of requirements, the KPI snapshot. One run a day and content; open a run's artifacts for the tables, or "
    "compare runs to see figures over days."
)
FINGERPRINT = "plg.fingerprint"
COMPLETED = "plg.fingerprint.completed"
LOGGED: Mapping[str, str] = {
    "risks": "governance.risks", "controls": "governance.controls", "incidents": "governance.incidents",
    "acceptances": "governance.acceptances", "metrics": "governance.metrics", "proposals": "governance.likelihood_proposals",
    "vendors": "governance.vendors", "initiatives": "governance.initiatives", "privacy_requests": "governance.privacy",
    "obligations": "governance.obligations", "experiments": "experiments.registry", "readouts": "experiments.readouts",
    "rollouts": "experiments.rollouts", "kpis": "kpis.snapshot",
}  # fmt: skip
"""Artifacts of the day's run, and the tables that they hold the day's rows of; one that was never built is left out and said."""
WITHHELD = frozenset({
    "person", "requested_by", "acknowledged_by", "accepted_by", "decided_by", "rationale", "acknowledgement", "unit_id",
    "user_id", "email",
})  # fmt: skip
"""Columns that name people or hold their words."""
ADDRESS = re.compile(r"[^\s@<>;,()]+@[^\s@<>;,()]+")


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
        _log_figures(client, run_id, as_of, figures)
        client.set_terminated(run_id, "FINISHED")
        return LoggedGovernance(about, run_id)


def complete_governance(tracking: Tracking, warehouse: Warehouse, *, as_of: AsOf) -> LoggedGovernance:
    """Put everything that governance keeps of the day into its newest run: tables, figures, and a description for a stranger.

    What was logged before in the same words is not logged again. TrackingUnavailable when the store cannot be written.
    """
    tables, absent = governance_tables(warehouse, as_of)
    figures = governance_figures(tables)
    note = described(as_of.date, tables, absent)
    texts = {f"{name}.csv": rows.to_csv(index=False) for name, rows in tables.items()}
    texts["columns.csv"] = _columns(tables)
    content = repr((sorted(texts.items()), sorted(figures.items()), note))
    fingerprint = hashlib.sha256(content.encode()).hexdigest()
    with client_of(tracking) as client:
        about = experiment(client, tracking, "governance", about=ABOUT)
        wanted = (
            f"tags.`plg.as_of` = {quoted(str(as_of.date))} and tags.`plg.kind` = 'governance' and attributes.status = 'FINISHED'"
        )
        found = client.search_runs(
            [about], filter_string=wanted, order_by=["attributes.start_time desc"], max_results=1
        )  # fmt: skip
        run = found[0] if found else _new_run(client, about, as_of.date)
        if run.data.tags.get(COMPLETED) != fingerprint:
            _log_texts(client, run.info.run_id, texts)
            _log_figures(client, run.info.run_id, as_of.date, figures)
            client.set_tag(run.info.run_id, NOTE, note)
            client.set_tag(run.info.run_id, COMPLETED, fingerprint)
        return LoggedGovernance(about, run.info.run_id)


def governance_tables(warehouse: Warehouse, as_of: AsOf) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """The day's rows of every table of `LOGGED` that names nobody, and why others are not there.

    Of a table without a day everything said by then.
    """
    tables: dict[str, pd.DataFrame] = {}
    absent: dict[str, str] = {}
    for name, full in LOGGED.items():
        if not warehouse.exists(full):
            absent[name] = f"{full} has not been built"
            continue
        declared = table(full)
        warehouse.ensure(declared)  # of an earlier release's rows the new columns are null
        rows = warehouse.frame(Query(name, *_of_the_day(declared, as_of)))
        if rows.empty:
            status = warehouse.status(declared, as_of.date) if declared.day else None
            absent[name] = (status[1] if status else None) or f"{full} holds no row for {as_of.date}"
        else:
            tables[name] = rows
    return tables, absent


def governance_figures(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Figures that chart over nights: scores by risk, controls by status and value, incidents, obligations, metrics."""
    made: dict[str, float] = {}
    for row in _records(tables, "risks"):
        made |= {
            f"residual_{row['risk_id']}": float(row["residual_score"]),
            f"inherent_{row['risk_id']}": float(row["inherent_score"]),
        }
    if "risks" in tables:
        made["residual_total"] = float(tables["risks"]["residual_score"].sum())
        made |= _counted(tables["risks"], "status", "risks", ("controlled", "open", "unproven", "accepted", "acceptance_expired"))
    if "controls" in tables:
        made |= _counted(tables["controls"], "status", "controls", ("effective", "degraded", "failed", "no_data"))
    made |= {
        f"control/{row['control_id']}_{row['metric']}": float(row["value"])
        for row in _records(tables, "controls") if pd.notna(row["value"])
    }  # fmt: skip
    if "incidents" in tables:
        made |= _counted(tables["incidents"], "status", "incidents", ("open", "acknowledged"))
        made["incidents_overdue"] = float((tables["incidents"]["response"] == "overdue").sum())
    if "obligations" in tables:
        made["obligations_unanswered"] = float((tables["obligations"]["kind"] == "nothing").sum())
        made["obligations_failed"] = float((tables["obligations"]["status"] == "failed").sum())
    for row in _records(tables, "metrics"):
        if pd.notna(row.get("value")):
            made[f"committee/{row['metric']}"] = float(row["value"])
    return made


def described(as_of: dt.date, tables: Mapping[str, pd.DataFrame], absent: Mapping[str, str]) -> str:
    """The run's description in Markdown: the day in a sentence a risk, and what each artifact is."""
    lines = [
        f"**Governance as known at the end of {as_of}.** One run a day; artifacts are tables as CSV, explained in `columns.csv`.",
        "",
    ]
    for row in _records(tables, "risks"):
        score = f"{row['inherent_score']} before controls, {row['residual_score']} after"
        lines.append(
            f"* **{row['risk_id']}** {row['title']}: **{str(row['status']).replace('_', ' ')}** ({score}). {row['reason']}"
        )
    lines += ["", "| artifact | rows | what it is |", "|---|---|---|"]
    lines += [f"| `{name}.csv` | {len(rows)} | {table(LOGGED[name]).description} |" for name, rows in tables.items()]
    lines += ["| `columns.csv` | | What every column of these files means, with its unit. |"]
    lines += ["| `reports/` | | The pages that people got on that day; open the HTML files. |"]
    lines += ["", *(f"Not here: `{name}.csv`: {reason}." for name, reason in absent.items())]
    lines += [
        "",
        "Metrics: `residual_R…` the score after controls, `controls_…`, `risks_…` and `incidents_…` how many stand so, "
        "`control/…` the figure of each control in the unit of `controls.csv`. People and their words are not here.",
    ]
    return "\n".join(lines)


def _of_the_day(declared: Table, as_of: AsOf) -> tuple[str, dict[str, object]]:
    shown = [column.name for column in declared.columns if column.name not in WITHHELD]
    listed = ", ".join(f'"{name}"' for name in shown)
    day, order = declared.day or "as_of", ", ".join(f'"{name}"' for name in declared.key)
    compared = "=" if declared.day else "<="
    return f"select {listed} from {declared.name} where {day} {compared} $as_of order by {order}", as_of.parameters()


def _columns(tables: Mapping[str, pd.DataFrame]) -> str:
    listed = [
        {"file": f"{name}.csv", "column": column.name, "type": column.type, "meaning": column.description}
        for name, rows in tables.items() for column in table(LOGGED[name]).columns if column.name in rows.columns
    ]  # fmt: skip
    return pd.DataFrame(listed, columns=["file", "column", "type", "meaning"]).to_csv(index=False)


def _new_run(client: "MlflowClient", about: str, as_of: dt.date) -> "Run":
    run = client.create_run(about, run_name=f"governance {as_of}", tags={"plg.as_of": str(as_of), "plg.kind": "governance"})
    client.set_terminated(run.info.run_id, "FINISHED")
    return run


def _log_texts(client: "MlflowClient", run_id: str, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        client.log_text(run_id, ADDRESS.sub("(an address)", text), name)


def _log_figures(client: "MlflowClient", run_id: str, as_of: dt.date, figures: Mapping[str, float]) -> None:
    from mlflow.entities import Metric

    at = int(dt.datetime.combine(as_of, dt.time(), dt.UTC).timestamp() * 1000)
    client.log_batch(run_id, metrics=[Metric(name, value, at, 0) for name, value in figures.items()])


def _records(tables: Mapping[str, pd.DataFrame], name: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", tables[name].to_dict("records")) if name in tables else []


def _counted(rows: pd.DataFrame, column: str, prefix: str, statuses: tuple[str, ...]) -> dict[str, float]:
    return {f"{prefix}_{status}": float((rows[column] == status).sum()) for status in statuses}
