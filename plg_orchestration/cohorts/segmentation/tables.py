"""Segmentation: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table, columns

SEGMENTS = Table(
    name="cohorts.segments",
    description="Every user and account with the touch that it needs, in words why, and its evidence: high_touch (deep, broad, "
    "collaboration rising), risk_touch (core usage falling with high value or one active user), tech_touch, unclassified. "
    "Percentiles and the median are those among the workspace's units of the same kind that are old enough and used a core "
    "feature; equal values share the middle of their places. Team, champion and value of a user are those of the account.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        unit_id="VARCHAR: the user's or the account's id",
        account_id="VARCHAR: the account; null for a user without one",
        segment="VARCHAR: high_touch, tech_touch, risk_touch or unclassified",
        reason_code="VARCHAR: too_new, no_core_feature, too_little_data, falling_low_value, falling_high_value, "
        "falling_single_user, deep_broad_rising, begun or stable",
        reason="VARCHAR: the reason in words, with its figures",
        signup_at="TIMESTAMP: signup, UTC",
        age_days="BIGINT: local calendar days since the signup",
        breadth="BIGINT: distinct core features used in the last 28 days; null when no event plays the role",
        depth="DOUBLE: core events of the last 28 days, an account's per active user; null when no event plays the role",
        frequency="DOUBLE: active days of the last 28, an account's per active user",
        breadth_percentile="DOUBLE: 0-100 among its peers; null for those who are none",
        depth_percentile="DOUBLE: 0-100 among its peers; null for those who are none",
        frequency_percentile="DOUBLE: 0-100 among its peers; null for those who are none",
        core_events="BIGINT: core events of the last 28 days",
        core_before="BIGINT: core events of the 28 days before them",
        core_change="DOUBLE: change of core events a day to the last 28 days from the 28 before (since the signup), "
        "-0.3 is 30 % less; null without any before",
        collaborations="BIGINT: collaborations, invites sent and invites accepted in the last 28 days",
        collaboration_change="DOUBLE: by how many more than in the 28 days before (scaled up when the signup fell into them)",
        active_users="BIGINT: users of the account active in the last 28 days; null when its events name nobody",
        roles_covered="BIGINT: distinct roles of these users (stakeholder coverage)",
        power_user_island="BOOLEAN: exactly one active user",
        single_threaded="BOOLEAN: the champion has at least the declared share of the usage; null without usage in 56 days",
        champion_user_id="VARCHAR: who did most of the account's qualifying events in the 14 days up to its last active day",
        champion_share="DOUBLE: the champion's share of these events, 0 to 1",
        champion_silent_days="BIGINT: days since the champion was last active",
        champion_churn_exposure="BOOLEAN: the account pays and is single-threaded",
        champion_silent="BOOLEAN: and the champion has been silent for at least the declared days",
        paying="BOOLEAN: the account has a running paid subscription",
        mrr="DECIMAL(18,2): its MRR; null when it does not pay, or in several currencies",
        currency="VARCHAR: of the MRR",
        mrr_exposed="DECIMAL(18,2): the MRR that depends on the champion; null without exposure",
        account_value="DOUBLE: what the account is worth by value_basis",
        value_basis="VARCHAR: mrr; seats when nobody pays, or in several currencies; else activity (core events of 56 days)",
        value_median="DOUBLE: the median of account_value among accounts old enough with core events in 56 days",
        zombie="BOOLEAN: signed up at least 7 days ago and never activated, nor any user of the account; null without that role",
        zombie_days="BIGINT: days since a zombie's signup",
    ),
    key=("as_of", "unit", "unit_id"),
    owner="team:customer-success",
    day="as_of",
    layout="by_day",
)

SEGMENT_MOVEMENTS = Table(
    name="cohorts.segment_movements",
    description="How many users and accounts moved between segments from 7 days before to the day, both by today's thresholds; "
    "from none are new arrivals, to none departures.",
    columns=columns(
        as_of="DATE: the day of knowledge, and the later of the two days",
        week="DATE: the Monday of its ISO week",
        unit="VARCHAR: user or account",
        from_segment="VARCHAR: the segment 7 days before, or none",
        to_segment="VARCHAR: the segment as of the day, or none",
        units="BIGINT: how many",
    ),
    key=("as_of", "unit", "from_segment", "to_segment"),
    owner="team:customer-success",
    day="as_of",
    layout="by_month",
)

COHORT_SEGMENTS = Table(
    name="cohorts.cohort_segments",
    description="The cohort segments with published benchmarks over the entries of the last 26 weeks; a unit may be in several. "
    "High and low engagement: core events of the first 7 calendar days above their median or not; reactivated free: "
    "active again after 30 quiet days without paying, entered on coming back; referral driven: referred by a user, an accepted "
    "invite or a channel of referral; mobile first: the device known for the user is a phone (roll-ups keep no device a day); "
    "enterprise trial drop-in: of an enterprise with a trial within 30 days of the signup. Shares have Wilson's 95 % intervals, "
    "means Student's; as users of one account act together, those of users rest on the spread between accounts.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        cohort_segment="VARCHAR: the segment, or overall (published as overall_median)",
        unit="VARCHAR: user or account",
        measure="VARCHAR: activation_24h_pct, free_to_paid_pct (within 30 days), avg_days_to_first_key_action (of those who "
        "did it within 30 days) or arpu_delta_per_month (first MRR of those who converted less the mean over all free signups; a "
        "user's part of it is an equal one among the users of the account)",
        members="BIGINT: units that entered the segment",
        mature="BIGINT: of these, those whose window is over",
        n="BIGINT: of the mature ones all, those free at the entry, those who acted, or those who converted",
        hits="BIGINT: numerator of a share",
        value="DOUBLE: the workspace's own figure; null with a reason",
        ci_low="DOUBLE: lower end of its 95 % interval; null for means over fewer than 5 accounts",
        ci_high="DOUBLE: upper end of its 95 % interval",
        unit_of_measure="VARCHAR: percent, days, or the currency per month",
        better="VARCHAR: higher or lower",
        benchmark="DOUBLE: the published figure",
        benchmark_unit="VARCHAR: its unit; amounts are published in USD",
        source="VARCHAR: where it was published",
        difference="DOUBLE: value less benchmark; null in another currency",
        verdict="VARCHAR: above or below when the whole interval lies above or below the benchmark, within when the benchmark "
        "lies in it, insufficient without an interval or a comparable benchmark",
        reason="VARCHAR: why there is no value or no verdict",
    ),
    key=("as_of", "cohort_segment", "unit", "measure"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

TABLES: tuple[Table, ...] = (SEGMENTS, SEGMENT_MOVEMENTS, COHORT_SEGMENTS)
