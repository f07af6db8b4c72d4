"""The jobs: which assets run together. When they run is in `schedules.py`.

All jobs run in one process, one run at a time: DuckDB has one writer.
"""

import dagster as dg

EVERYTHING = dg.AssetSelection.all()
GROUNDWORK = dg.AssetSelection.groups("ingest", "behavior", "revenue")


def _job(name: str, selection: dg.AssetSelection, description: str) -> dg.UnresolvedAssetJobDefinition:  # pyright: ignore[reportPrivateImportUsage]
    return dg.define_asset_job(
        name, selection=selection, description=description, executor_def=dg.in_process_executor,
        tags={"dagster/max_retries": "0"},
    )  # fmt: skip


nightly = _job("nightly", EVERYTHING, "Everything for one day: ingest to report, training and promotion included.")
retrain = _job(
    "retrain",
    dg.AssetSelection.assets(["pql", "features"], ["pql", "candidate"], ["pql", "bias_audit"], ["pql", "champion"]),
    "The training part of a night alone: features, candidate, bias audit and the decision on the champion.",
)
kpi_snapshot = _job(
    "kpi_snapshot",
    GROUNDWORK | dg.AssetSelection.groups("kpis"),
    "The KPI snapshot of one day, with the ingest and the roll-ups that it rests on.",
)
governance_checks = _job(
    "governance_checks",
    dg.AssetSelection.groups("governance"),
    "Every control of the risk register, evaluated on what is known, and the risks derived from it.",
)

JOBS = (nightly, retrain, kpi_snapshot, governance_checks)
