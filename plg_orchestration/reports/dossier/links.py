"""Where else the decision can be followed: the version in MLflow, the night's run in Dagster, the model card.

Addresses are those that `plg ui` serves, unless `PLG_MLFLOW_URL` and `PLG_DAGSTER_URL` name others.
"""

import os

from plg_orchestration.reports.dossier.reading import Found
from plg_orchestration.reports.shapes import Fact, Section

MLFLOW, DAGSTER = "http://127.0.0.1:5000", "http://127.0.0.1:3000"


def links(found: Found) -> Section:
    """The links, as the nights recorded them; what was not recorded says how to find it."""
    row, tracked, night = found.decision, found.tracked, found.night
    facts: list[Fact] = []
    if tracked.get("mlflow_run_id"):
        run = f"experiments/{tracked['mlflow_experiment_id']}/runs/{tracked['mlflow_run_id']}"
        facts.append(Fact("Training in MLflow", str(tracked["mlflow_run_id"]), link=mlflow_url(run)))
    if tracked.get("mlflow_version"):
        said = f"{tracked['mlflow_model']} version {tracked['mlflow_version']}"
        facts.append(
            Fact(
                "Registered version",
                said,
                link=mlflow_url(f"models/{tracked['mlflow_model']}/versions/{tracked['mlflow_version']}"),
            )
        )
    if tracked.get("path"):
        facts.append(Fact("Model card", str(tracked["path"])))
    if not facts and row["scorer"] == "model":
        facts.append(Fact("Training in MLflow", f"search for the tag plg.version = {row['version']}"))
    if night.get("dagster_run_id"):
        facts.append(
            Fact("The night in Dagster", str(night["dagster_run_id"]), link=dagster_url(f"runs/{night['dagster_run_id']}"))
        )
    where = f"assets/pql/decisions?partition={row['as_of']}"
    facts.append(Fact("Table in Dagster", f"pql/decisions, partition {row['as_of']}", link=dagster_url(where)))
    facts.append(Fact("Command", f"plg explain {row['decision_id']}"))
    return Section("Where else it is shown", tuple(facts))


def mlflow_url(path: str) -> str:
    """A page of the MLflow UI."""
    return f"{os.environ.get('PLG_MLFLOW_URL', MLFLOW)}/#/{path}"


def dagster_url(path: str) -> str:
    """A page of the Dagster UI."""
    return f"{os.environ.get('PLG_DAGSTER_URL', DAGSTER)}/{path}"
