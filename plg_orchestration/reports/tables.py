"""The tables of the reports stage: which report was written for which day. The reports themselves are files of the state."""

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

TABLES: tuple[Table, ...] = (EXECUTIVE, DRIFT_REVIEW)
