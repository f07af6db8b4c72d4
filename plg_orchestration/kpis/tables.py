"""The KPI stage's tables: the snapshot that anybody can recompute, and the benchmarks that it is placed among.

Only declarations stand here; the rows come from the SQL file of the same name.
"""

from plg_orchestration.kpis.alerts.tables import TABLES as ALERTS
from plg_orchestration.kpis.claims.tables import TABLES as CLAIMS
from plg_orchestration.kpis.restatements.tables import TABLES as RESTATEMENTS
from plg_orchestration.kpis.review.tables import TABLES as REVIEW
from plg_orchestration.kpis.standings.tables import TABLES as STANDINGS
from plg_orchestration.kpis.what_if.tables import TABLES as WHAT_IF
from plg_orchestration.warehouse import Table, columns

SNAPSHOT = Table(
    name="kpis.snapshot",
    description="Every KPI of the newest complete day, week, month and quarter for every segment and dimension, as known at the "
    "as-of day, with all "
    "that is needed to recompute it; a KPI whose window closes later is also given for the newest wholly mature period.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        period="VARCHAR: day, week (Monday first), month or quarter, in the workspace's time zone",
        period_start="DATE: the period's first day",
        kpi="VARCHAR: the KPI's name in the registry",
        segment="VARCHAR: all, smb, mid_market or enterprise; all includes accounts whose segment is unknown",
        dimension="VARCHAR: channel, region, device or plan, of all segments together; empty when the row is not broken down",
        dimension_value="VARCHAR: the value of the dimension; empty when the row is not broken down",
        value="DOUBLE: the value in unit; null with a reason, never 0, where it cannot be computed",
        numerator="DOUBLE: what is counted or added up; null for a median",
        denominator="DOUBLE: what it is divided by; null for a count and a median",
        n="BIGINT: size of the population",
        ci_low="DOUBLE: lower end of the 95 % interval, in unit; null where there is none (docs/kpis.md says how each comes "
        "about)",
        ci_high="DOUBLE: upper end of that interval",
        unit="VARCHAR: percent (0 to 100), ratio, days, users, or money as currency_per_month",
        band="VARCHAR: place among the percentile benchmarks of this segment and period: below_p25, p25_p50, p50_p75 or "
        "above_p75, above always being better; below_p50 or above_p50 where the source gives no outer percentile",
        target="DOUBLE: the target of this segment and period, in unit",
        mature_share="DOUBLE: share of the population whose window is over; the value is of that part alone",
        reason="VARCHAR: why there is no value",
        definition_hash="VARCHAR: changes whenever the query, its parameters, the mapping or the time zone does",
    ),
    key=("as_of", "kpi", "period", "period_start", "segment", "dimension", "dimension_value"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

HISTORY = Table(
    name="kpis.history",
    description="Every KPI of the last 35 days, 8 weeks, 3 months and 2 quarters, as far as it names these periods, for every "
    "segment, as known at the as-of day; a first night has a past that way.",
    columns=tuple(column for column in SNAPSHOT.columns if column.name not in ("dimension", "dimension_value", "band", "target")),
    key=("as_of", "kpi", "period", "period_start", "segment"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

BENCHMARKS = Table(
    name="kpis.benchmarks",
    description="Published benchmarks, several a KPI, each with its source; only those of kind percentile make bands, and one "
    "of a month never bands a week.",
    columns=columns(
        kpi="VARCHAR: the KPI's name in the registry",
        segment="VARCHAR: all, smb, mid_market or enterprise",
        dimension="VARCHAR: the dimension that it is about; empty for the whole segment",
        dimension_value="VARCHAR: the value of the dimension; empty for the whole segment",
        period="VARCHAR: the period that it holds for: any, week, month, quarter or year",
        kind="VARCHAR: percentile, range, median or target, as the source states it",
        p25="DOUBLE: the 25th percentile, or the low end",
        p50="DOUBLE: the median, or the middle",
        p75="DOUBLE: the 75th percentile, or the good end",
        unit="VARCHAR: unit of the figures",
        direction="VARCHAR: higher or lower is better, as the source's table states it",
        source="VARCHAR: who published it",
        note="VARCHAR: what the source says beside it; empty when nothing",
    ),
    key=("kpi", "segment", "dimension", "dimension_value", "period", "kind", "source"),
    owner="team:growth",
)

REVISIONS = Table(
    name="kpis.revisions",
    description="What a day's snapshot said before it was built again for the same day with another outcome: files dated up to "
    "the day that were handed in after its night, or another definition. Nothing that was published is lost.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        revision="BIGINT: 1 for the first time that the day's snapshot was replaced by another, and so on",
        kpi="VARCHAR: the KPI's name in the registry",
        period="VARCHAR: day, week, month or quarter",
        period_start="DATE: the period's first day",
        segment="VARCHAR: all, smb, mid_market or enterprise",
        dimension="VARCHAR: channel, region, device or plan; empty when the row is not broken down",
        dimension_value="VARCHAR: the value of the dimension; empty when the row is not broken down",
        published_value="DOUBLE: what the snapshot said, in the KPI's unit; null where it had no value",
        value_now="DOUBLE: what took its place; null where it has no value any more",
        published_numerator="DOUBLE: the numerator of the published value",
        numerator_now="DOUBLE: the numerator that took its place",
        published_denominator="DOUBLE: the denominator of the published value",
        denominator_now="DOUBLE: the denominator that took its place",
        same_definition="BOOLEAN: whether both are by one definition; if not they are not comparable",
    ),
    key=("as_of", "revision", "kpi", "period", "period_start", "segment", "dimension", "dimension_value"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    kept=True,
)

TABLES: tuple[Table, ...] = (
    SNAPSHOT,
    HISTORY,
    REVISIONS,
    BENCHMARKS,
    *STANDINGS,
    *RESTATEMENTS,
    *REVIEW,
    *WHAT_IF,
    *CLAIMS,
    *ALERTS,
)
