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

TABLES: tuple[Table, ...] = (EXECUTIVE,)
