"""Who came back, how often, and who is new or lost: the tables. Only declarations stand here; rows come from SQL files."""

from plg_orchestration.warehouse import Table, columns

RETENTION = Table(
    name="cohorts.retention",
    description="Of the units that entered in a period, the share active in the n-th interval after it (bounded) or in it or "
    "later (unbounded), over the members whose n-th interval is over. Clock calendar: days, weeks and months of the "
    "workspace's time zone, over for a whole cohort at once. Clock rolling_24h: 24-hour days from each member's own signup, for "
    "cohorts of one ISO week, over for one member after the other.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        entry="VARCHAR: first_time (the period of the signup) or recurring (every active period)",
        mode="VARCHAR: bounded or unbounded",
        period="VARCHAR: the intervals' length: day, week (Monday first) or month",
        clock="VARCHAR: calendar or rolling_24h",
        cohort="DATE: the first day of the calendar period of entry; by rolling_24h the Monday of the signup's week",
        size="BIGINT: units that entered in it",
        index="INTEGER: intervals after the entry",
        retained="BIGINT: of the members whose interval is over, those active; of a running calendar period, those active so far",
        rate="DOUBLE: retained / mature_size, a share from 0 to 1; null while nobody's interval is over",
        mature="BOOLEAN: whether the index-th interval is over for every member",
        mature_size="BIGINT: members whose index-th interval is over",
        immature_share="DOUBLE: share of the members whose index-th interval is not over, from 0 to 1",
    ),
    key=("as_of", "unit", "entry", "mode", "clock", "period", "cohort", "index"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
)

LIFECYCLE = Table(
    name="cohorts.lifecycle",
    description="How many units were new, returning, resurrected or dormant in each of the last 30 days, 26 ISO weeks and 12 "
    "months (calendar periods in the workspace's time zone, the running one marked). New, returning and resurrected together "
    "are the period's active units.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        period="VARCHAR: day, week (Monday first) or month",
        period_start="DATE: the period's first day",
        status="VARCHAR: new (active for the first time ever), returning (also in the period before), resurrected (not in "
        "that, but earlier) or dormant (active in the period before, not in this one)",
        users="BIGINT: units of that status, also 0; in a running period as far as known",
        complete="BOOLEAN: whether the period is over; the dormant of a running one may still come",
    ),
    key=("as_of", "unit", "period", "period_start", "status"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

STICKINESS = Table(
    name="cohorts.stickiness",
    description="Of the units active in a period, how many were active in exactly n of its intervals: the days of each of the "
    "last 8 complete ISO weeks and of the last complete month, and that month's weeks (calendar days in the workspace's "
    "time zone). The units of a period add up to its active units.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        period="VARCHAR: week (Monday first) or month, always complete",
        period_start="DATE: the period's first day",
        interval="VARCHAR: what is counted: day, or week (ISO weeks, those at the month's edges with their days in it only)",
        active_intervals="INTEGER: n, in how many of the period's intervals a unit was active, from 1 up",
        intervals="INTEGER: how many intervals the period has",
        units="BIGINT: units that were active in exactly n, also 0",
        share="DOUBLE: of all units active in the period, from 0 to 1",
    ),
    key=("as_of", "unit", "period", "period_start", "interval", "active_intervals"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

TABLES: tuple[Table, ...] = (RETENTION, LIFECYCLE, STICKINESS)
