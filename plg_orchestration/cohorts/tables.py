"""The cohorts stage's tables: signup cohorts, retention and the viral coefficient, as known at each as-of day.

Only declarations stand here; the rows come from the SQL file of the same name.
"""

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

VIRAL = Table(
    name="cohorts.viral",
    description="The viral coefficient in three forms over invites whose time to activate is over: playbook (per inviter), "
    "basic (per user) and adjusted (basic × share of referred users active on day 30 or later).",
    columns=columns(
        as_of="DATE: the day of knowledge",
        window_days="INTEGER: length of the window of invites, in days",
        form="VARCHAR: playbook, basic or adjusted",
        users="BIGINT: users who had signed up by the window's end",
        inviters="BIGINT: users who sent an invite in the window",
        invites="BIGINT: invites sent in the window",
        invitees_accepted="BIGINT: of these, accepted in time",
        invitees_activated="BIGINT: of these, those whose invitee activated in time, counted for the first invite accepted",
        referred="BIGINT: referred users whose day 30 fell in the last window_days days",
        referred_retained="BIGINT: of these, those active on day 30 or later",
        invites_each="DOUBLE: invites per inviter (playbook) or per user; null without any",
        conversion="DOUBLE: share of the invites whose invitee activated; null without invites",
        kept="DOUBLE: share of referred users active on day 30 or later; only for the adjusted form",
        k="DOUBLE: the viral coefficient; null when one of its factors is",
        ci_low="DOUBLE: lower end of the 95 % interval (normal, between persons); null without spread",
        ci_high="DOUBLE: upper end of the 95 % interval (normal, between persons); null without spread",
    ),
    key=("as_of", "window_days", "form"),
    owner="team:growth",
    day="as_of",
    needs=("source:invites|role:invite_sent",),
)

TABLES: tuple[Table, ...] = (SIGNUP_COHORTS, RETENTION, VIRAL)
