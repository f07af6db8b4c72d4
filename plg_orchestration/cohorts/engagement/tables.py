"""Who came back: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table, columns

RETENTION = Table(
    name="cohorts.retention",
    description="Of the units that entered in a day, week or month, the share active in the n-th one after it (bounded) or in "
    "it or later (unbounded). Calendar periods in the workspace's time zone; a rate is given once the n-th period is over.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        entry="VARCHAR: first_time (the period of the signup) or recurring (every active period)",
        mode="VARCHAR: bounded or unbounded",
        period="VARCHAR: day, week (Monday first) or month",
        cohort="DATE: the first day of the period of entry",
        size="BIGINT: units that entered in it",
        index="INTEGER: periods after the entry",
        retained="BIGINT: of these units, those active, as far as known",
        rate="DOUBLE: retained / size, a share from 0 to 1; null until the period is over",
        mature="BOOLEAN: whether the index-th period is over",
    ),
    key=("as_of", "unit", "entry", "mode", "period", "cohort", "index"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
)

TABLES: tuple[Table, ...] = (RETENTION,)
