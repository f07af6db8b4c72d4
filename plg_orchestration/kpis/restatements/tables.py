"""The table of restatements: what snapshots said about a period, what is known now, and why they differ."""

from plg_orchestration.warehouse import Table, columns

RESTATEMENTS = Table(
    name="kpis.restatements",
    description="Every value that an earlier snapshot published of a closed period and that is known otherwise tonight: "
    "published value, value now, and the late or corrected rows, the erasure or the changed definition behind it. KPIs named "
    "..._with_waiting are left out: an estimate over those who still wait moves every night (docs/restatements.md).",
    columns=columns(
        as_of="DATE: day of knowledge",
        kpi="VARCHAR: the KPI's name in the registry",
        period="VARCHAR: day, week, month or quarter",
        period_start="DATE: the period's first day",
        segment="VARCHAR: all, smb, mid_market or enterprise",
        published_on="DATE: the first snapshot that said so; of another definition the newest one",
        published_until="DATE: the last snapshot in a row that said so",
        published_value="DOUBLE: what was published, in unit; null when it was published without a value",
        value_now="DOUBLE: what is known tonight; null under another definition, or when there is no value any more",
        change="DOUBLE: value_now less published_value; null when one of them is",
        unit="VARCHAR: unit of the values",
        published_low="DOUBLE: lower end of the published 95 % interval; null without one",
        published_high="DOUBLE: upper end of that interval",
        late_rows="BIGINT: late events and rows that belong to the period and were received after published_until",
        first_received="DATE: the first day on which they were received",
        last_received="DATE: the last day on which they were received",
        cause="VARCHAR: late_events, corrected_rows, suspicions, erasure, several of these joined by ', ', definition (not "
        "compared), or unexplained when no row received since belongs to the period",
        evidence="VARCHAR: which tables and files, how many rows, received when",
        material="BOOLEAN: outside the published interval; without one, beyond the configured share of the published value",
        since="DATE: the first night that stated the value now",
    ),
    key=("as_of", "kpi", "period", "period_start", "segment", "published_on"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

TABLES: tuple[Table, ...] = (RESTATEMENTS,)
