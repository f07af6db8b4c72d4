"""The tables of the reports stage: which report was written for which day. The reports themselves are files of the state."""

from plg_orchestration.reports.privacy import tables as privacy
from plg_orchestration.warehouse import Table, columns

EXECUTIVE = Table(
    name="reports.executive",
    description="The executive report of each day: one self-contained HTML page, by where it lies and what it weighs.",
    columns=columns(
        as_of="DATE: day of knowledge",
        path="VARCHAR: the file, relative to the state folder",
        bytes="BIGINT: size of the file",
        sha256="VARCHAR: SHA-256 of the file",
        unavailable="INTEGER: parts that say why they have nothing to show",
    ),
    key=("as_of",),
    owner="team:growth",
    day="as_of",
)

TACTICAL = Table(
    name="reports.tactical",
    description="The tactical report of each day: one self-contained HTML page, by where it lies and what it weighs.",
    columns=columns(
        as_of="DATE: day of knowledge",
        path="VARCHAR: the file, relative to the state folder",
        bytes="BIGINT: size of the file",
        sha256="VARCHAR: SHA-256 of the file",
        components="INTEGER: components that show something",
        empty="INTEGER: components that say why they have nothing, or not all, to show",
    ),
    key=("as_of",),
    owner="team:growth",
    day="as_of",
)

DRIFT_REVIEW = Table(
    name="reports.drift_review",
    description="The monthly drift review: a page, its text and its figures as files, by where they lie and what they found.",
    columns=columns(
        as_of="DATE: the last day of the review, which begins with that day's month",
        path="VARCHAR: the page, relative to the state folder; .md and .csv lie beside it",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
        drifted="INTEGER: subjects that had drifted on the newest night",
        actions="INTEGER: things that the review asks somebody to do",
    ),
    key=("as_of",),
    owner="team:data",
    day="as_of",
)

START_HERE = Table(
    name="reports.start_here",
    description="The auditor's first page of each day: what MLflow holds, the last candidates, ten questions and their answers.",
    columns=columns(
        as_of="DATE: day of knowledge",
        path="VARCHAR: the page, relative to the state folder",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
        trainings="INTEGER: trainings that it lists",
    ),
    key=("as_of",),
    owner="team:governance",
    day="as_of",
)

MODEL_CARD = Table(
    name="reports.model_card",
    description="The model cards that a day wrote, of its training and of versions whose place changed, and where each is shown.",
    columns=columns(
        as_of="DATE: day of knowledge",
        target="VARCHAR: the outcome that is predicted",
        version="VARCHAR: version label of the model",
        trained_on="DATE: the day of its training",
        outcome="VARCHAR: what the judgment on that day made of it",
        path="VARCHAR: the page, relative to the state folder; the same text as .md lies beside it",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
        mlflow_experiment_id="VARCHAR: MLflow's experiment (volatile)",
        mlflow_run_id="VARCHAR: the training's run in MLflow (volatile)",
        mlflow_model="VARCHAR: name of the registered model; null when nothing was trained",
        mlflow_version="VARCHAR: number of the registered version (volatile)",
        dagster_run_id="VARCHAR: the Dagster run of the day that wrote it (volatile)",
    ),
    key=("as_of", "target", "version"),
    owner="team:data",
    day="as_of",
)

KPI_CSV = Table(
    name="reports.kpi_csv",
    description="The KPI sheet of each day: every KPI with formula, benchmarks, threshold, notes and values, as one CSV.",
    columns=columns(
        as_of="DATE: day of knowledge",
        path="VARCHAR: the file, relative to the state folder",
        bytes="BIGINT: size of the file",
        sha256="VARCHAR: SHA-256 of the file",
        rows="BIGINT: rows of the sheet, the header not counted",
    ),
    key=("as_of",),
    owner="team:growth",
    day="as_of",
)

RISK_REPORT = Table(
    name="reports.risk_report",
    description="The risk committee's pack of a quarter: one HTML page and its CSV files, by where they lie and what they hold.",
    columns=columns(
        as_of="DATE: the last day of the pack, which begins with that day's quarter",
        quarter="VARCHAR: the quarter, such as 2025Q3",
        path="VARCHAR: the page, relative to the state folder; the files lie in the folder of its name beside it",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
        files="INTEGER: CSV files beside the page",
        decisions="INTEGER: things that the committee is asked to decide",
        days_stored="INTEGER: days of the quarter on which controls were evaluated",
        days="INTEGER: days of the quarter up to the pack's day",
        absent="INTEGER: parts that say why they have nothing to show",
    ),
    key=("as_of",),
    owner="team:governance",
    day="as_of",
)

EXPERIMENTS = Table(
    name="reports.experiments",
    description="The read-out of each watched experiment on one page: where it lies, and what it says.",
    columns=columns(
        as_of="DATE: day of knowledge",
        experiment="VARCHAR: the experiment",
        verdict="VARCHAR: ship, hold or roll back",
        reason="VARCHAR: why",
        path="VARCHAR: the page, relative to the state folder",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
    ),
    key=("as_of", "experiment"),
    owner="team:product",
    day="as_of",
)

INITIATIVES_REVIEW = Table(
    name="reports.initiatives_review",
    description="The quarterly review of initiatives: a page and a CSV of where each stands and what is to be decided.",
    columns=columns(
        as_of="DATE: day of knowledge",
        path="VARCHAR: the page, relative to the state folder; .csv lies beside it",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
        initiatives="BIGINT: initiatives that it lists",
        decisions="BIGINT: those that somebody must decide upon now",
    ),
    key=("as_of",),
    owner="team:product",
    day="as_of",
)

TABLES: tuple[Table, ...] = (
    EXPERIMENTS,
    KPI_CSV,
    START_HERE,
    EXECUTIVE,
    TACTICAL,
    DRIFT_REVIEW,
    INITIATIVES_REVIEW,
    MODEL_CARD,
    RISK_REPORT,
    *privacy.TABLES,
)
