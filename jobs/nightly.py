"""The jobs: which assets run together. When they run is in `schedules.py`.

All jobs run in one process, one run at a time: DuckDB has one writer.
"""

import dagster as dg

ONE_PROCESS = dg.in_process_executor
GROUNDWORK = dg.AssetSelection.groups("ingest", "behavior", "revenue")
TRAINING = dg.AssetSelection.assets(
    ["pql", "features"], ["pql", "candidate"], ["pql", "bias_audit"], ["pql", "champion"], ["reports", "model_card"]
)

REVIEWS = dg.AssetSelection.assets(["kpis", "standings"], ["kpis", "trends"], ["kpis", "reviews"], ["reports", "kpi_csv"])
"""What a review is made of, from the snapshot that the morning has built."""
WEEKLY = dg.AssetSelection.assets(["kpis", "weekly_review"], ["kpis", "claims"], ["kpis", "what_if"])
MONTHLY = dg.AssetSelection.assets(["reports", "drift_review"])
YEARLY = dg.AssetSelection.assets(["reports", "privacy_assessment"])
QUARTERLY = dg.AssetSelection.assets(["reports", "risk_report"], ["reports", "initiatives_review"])

JOBS = (
    dg.define_asset_job(
        "nightly",
        selection=dg.AssetSelection.all() - MONTHLY - QUARTERLY - YEARLY,
        executor_def=ONE_PROCESS,
        description="Everything for one day: ingest to report, training and promotion included.",
    ),
    dg.define_asset_job(
        "retrain",
        selection=TRAINING.required_multi_asset_neighbors(),
        executor_def=ONE_PROCESS,
        description="The training part of a night alone: features, candidate, audit, the decision on the champion, and the card.",
    ),
    dg.define_asset_job(
        "kpi_snapshot",
        selection=GROUNDWORK | dg.AssetSelection.groups("kpis") - WEEKLY,
        executor_def=ONE_PROCESS,
        description="The KPIs of one day and what follows from them, with the ingest and the roll-ups that they rest on.",
    ),
    dg.define_asset_job(
        "governance_checks",
        selection=dg.AssetSelection.groups("governance"),
        executor_def=ONE_PROCESS,
        description="Every control of the risk register, evaluated on what is known, and the risks derived from it.",
    ),
    dg.define_asset_job(
        "monthly_drift_review",
        selection=MONTHLY,
        executor_def=ONE_PROCESS,
        description="The review of a month up to its day: drift, live performance, incidents and what to do.",
    ),
    dg.define_asset_job(
        "weekly_review",
        selection=REVIEWS | WEEKLY,
        executor_def=ONE_PROCESS,
        description="The review of a week that ended with its day: weekly KPIs, the seven layers, claims and what a lift brings.",
    ),
    dg.define_asset_job(
        "monthly_kpi_review",
        selection=REVIEWS,
        executor_def=ONE_PROCESS,
        description="The review of a month that ended with its day: KPIs reviewed monthly, their trends and standings.",
    ),
    dg.define_asset_job(
        "quarterly_kpi_review",
        selection=REVIEWS,
        executor_def=ONE_PROCESS,
        description="The review of a quarter that ended with its day: KPIs reviewed quarterly, their trends and standings.",
    ),
    dg.define_asset_job(
        "risk_committee",
        selection=QUARTERLY,
        executor_def=ONE_PROCESS,
        description="The risk committee's pack of a quarter up to its day: what is to be decided, register, controls, incidents.",
    ),
    dg.define_asset_job(
        "privacy_assessment",
        selection=YEARLY,
        executor_def=ONE_PROCESS,
        description="The evidence of privacy over the 365 days up to its day, for a person to read and sign.",
    ),
)
(
    nightly, retrain, kpi_snapshot, governance_checks, monthly_drift_review, weekly_review, monthly_kpi_review,
    quarterly_kpi_review, risk_committee, privacy_assessment,
) = JOBS  # fmt: skip
