"""The page `start_here.html` of a night: what MLflow holds, the candidates of the last trainings, and the ten questions.

No person is named in it, and no decision. Where it is shown is decided in `tracking/guide.py` and by the asset.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.weekly.queries import protected_history
from plg_orchestration.reports.auditors.pages import filled, in_words
from plg_orchestration.reports.auditors.questions import questions
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.rows import records
from plg_orchestration.reports.tables import START_HERE
from plg_orchestration.warehouse import Query, Warehouse, sql_file, table
from plg_orchestration.warehouse.parquet import write_text

AUDITS = ("bias_history", "live_bias", "routing_bias")
NIGHTS = 12
"""So many trainings are listed."""


class Audited(Protocol):
    """What the page needs of a workspace: its name and its state folder."""

    @property
    def name(self) -> str:
        """The workspace's name."""
        ...

    @property
    def state(self) -> Path:
        """The folder that everything computed lives in."""
        ...


@dataclass(frozen=True)
class Guide:
    """What an auditor is shown of a night: the page, and rows for a comparison: every candidate of the last trainings."""

    page: str
    candidates: pd.DataFrame


def guide(warehouse: Warehouse, *, as_of: AsOf, workspace: str, model: str, target: str = "conversion") -> Guide:
    """The guide as of a night; `model` is the registered model's name.

    `candidates` has a row per night and scorer: as_of, scorer, algorithm, version, auc with its interval, lift with its interval,
    ece, outcome of the night's challenger and the reason.
    """
    rows = warehouse.frame(recent_candidates(as_of=as_of, target=target))
    challengers = [_training(row) for row in records(rows) if row["scorer"] == "model"]
    routing = warehouse.rows(Query("routing", ROUTING, {**as_of.parameters(), "target": target}))
    values = {
        "workspace": workspace, "day": str(as_of.date), "target": target, "decision": "DECISION_ID",
        "version": challengers[0]["version"] if challengers else "VERSION",
    }  # fmt: skip
    routes = " ".join(str(value) for value in routing[0]) if routing else "nobody yet"
    return Guide(_page(values, challengers, routes=routes, model=model), rows)


def write_guide(
    warehouse: Warehouse, *, as_of: AsOf, workspace: Audited, model: str, target: str = "conversion"
) -> tuple[pd.DataFrame, dict[str, bytes]]:  # fmt: skip
    """Write the page to `<state>/reports/<as_of>/start_here.html`; its row of `reports.start_here` and MLflow's files by name."""
    made = guide(warehouse, as_of=as_of, workspace=workspace.name, model=model, target=target)
    path = f"reports/{as_of.date}/start_here.html"
    write_text(workspace.state / path, made.page)
    files = {"start_here.html": made.page.encode(), "candidates.csv": made.candidates.to_csv(index=False).encode()}
    files |= _fairness(warehouse, as_of)
    page = files["start_here.html"]
    row = (as_of.date, path, len(page), hashlib.sha256(page).hexdigest(), len(made.candidates["as_of"].unique()))
    return pd.DataFrame([row], columns=list(START_HERE.column_names)), files


def _fairness(warehouse: Warehouse, as_of: AsOf) -> dict[str, bytes]:
    """The gaps of protected groups over trainings as a picture, and the audits of live decisions and of routing as rows."""
    from plg_orchestration import charts

    for name in AUDITS:
        warehouse.ensure(table(f"pql.{name}"))
    drawn = charts.bias_history(warehouse.frame(protected_history(as_of)))
    files = {"bias_history.png": charts.to_png(drawn)}
    for name in AUDITS:
        rows = warehouse.frame(Query(name, f"select * from pql.{name} where as_of = $as_of order by all", as_of.parameters()))
        files[f"{name}.csv"] = rows.to_csv(index=False).encode()
    return files


ROUTING = "select scorer, version from pql.champion where as_of = $as_of and target = $target"


def recent_candidates(*, as_of: AsOf, target: str) -> Query:
    """The candidates of the last trainings up to the day, newest first, each night's challenger first."""
    return sql_file("reports/recent_candidates.sql", requires=(), target=target, nights=NIGHTS, **as_of.parameters())


def _training(row: Mapping[str, Any]) -> dict[str, str]:
    def interval(name: str) -> str:
        value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
        if value is None:
            return "–"
        return f"{value:.3f}" if low is None else f"{value:.3f} ({low:.3f} to {high:.3f})"

    named = {name: "" if row[name] is None else str(row[name]) for name in ("version", "algorithm", "outcome", "reason")}
    return {**named, "as_of": f"{row['as_of']:%Y-%m-%d}", "auc": interval("auc"), "lift": interval("lift")}


def _page(values: dict[str, str], trainings: list[dict[str, str]], *, routes: str, model: str) -> str:
    asked = [
        {
            "asked": q.asked, "answer": q.answer.replace("`", ""),
            "commands": [filled(command, values) for command in q.commands],
            "places": [in_words(place, values).replace("`", "") for place in (*q.mlflow, *q.dagster)],
        }
        for q in questions()
    ]  # fmt: skip
    return render(
        "start_here.html.j2", values=values, trainings=trainings, questions=asked, routes=routes, model=model, made_by=__version__
    )
