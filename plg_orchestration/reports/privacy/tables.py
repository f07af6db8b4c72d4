"""The tables of the privacy pages: which page was written for which day."""

from plg_orchestration.warehouse import Table, columns

RECORD_OF_PROCESSING = Table(
    name="reports.record_of_processing",
    description="The record of processing of each day: every table with personal data, purposes and recipients, as page and CSV.",
    columns=columns(
        as_of="DATE: day of knowledge",
        path="VARCHAR: the page, relative to the state folder; .csv lies beside it",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
        tables="INTEGER: tables with personal data",
        unnamed="INTEGER: of these, tables that no activity names",
        digest="VARCHAR: digest of what is processed: it changes when the processing does",
    ),
    key=("as_of",),
    owner="team:legal",
    day="as_of",
    layout="by_month",
    kept=True,
)

PRIVACY_ASSESSMENT = Table(
    name="reports.privacy_assessment",
    description="The yearly privacy assessment: a page and a CSV of the year's evidence, for a person to sign.",
    columns=columns(
        as_of="DATE: the last day of the year that it is about",
        path="VARCHAR: the page, relative to the state folder; .csv lies beside it",
        bytes="BIGINT: size of the page",
        sha256="VARCHAR: SHA-256 of the page",
        controls="INTEGER: controls of privacy that were evaluated in the year",
        not_effective="INTEGER: nights on which one of them failed, was degraded or had no data, over all controls",
        requests="INTEGER: requests to be forgotten",
        purges="INTEGER: nights that purged invited people",
        changes="INTEGER: days on which the processing was another than the day before",
    ),
    key=("as_of",),
    owner="team:legal",
    day="as_of",
    kept=True,
)

TABLES: tuple[Table, ...] = (RECORD_OF_PROCESSING, PRIVACY_ASSESSMENT)
