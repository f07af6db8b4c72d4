"""Who signed up together: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table, columns

SIGNUP_COHORTS = Table(
    name="cohorts.signup_cohorts",
    description="Signups of the last 26 ISO weeks by channel, segment, region and device, and what became of them; every "
    "outcome counts only the members whose window is over. Windows are rolling hours and days from the signup.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        cohort_week="DATE: the Monday of the signup's week, in the workspace's time zone",
        channel="VARCHAR: acquisition channel; unknown when not known",
        segment="VARCHAR: smb, mid_market, enterprise, or unknown",
        region="VARCHAR: region; unknown when not known",
        device="VARCHAR: device of the signup (an account's: its first member's); unknown when not known",
        signups="BIGINT: members of the cohort",
        activated_24h="BIGINT: of mature_24h, those activated within 24 hours; null without an activation role",
        mature_24h="BIGINT: members whose 24 hours are over",
        activated_7d="BIGINT: of mature_7d, those activated within 7 days; null without an activation role",
        mature_7d="BIGINT: members whose 7 days are over",
        paid_30d="BIGINT: of mature_30d, those paying within 30 days (a user pays with the account); null when unknowable",
        mature_30d="BIGINT: members whose 30 days are over",
    ),
    key=("as_of", "unit", "cohort_week", "channel", "segment", "region", "device"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

TABLES: tuple[Table, ...] = (SIGNUP_COHORTS,)
