"""Funnels: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table, columns

FUNNEL = Table(
    name="cohorts.funnel",
    description="How far units get through each declared funnel, by dimension, for the attempts of each week and of the whole "
    "span. Each unit counts once a row with its best attempt: the furthest, then the earliest. Rates, intervals and times come "
    "from attempts whose window, counted from the first step, is over.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        funnel="VARCHAR: the funnel, as declared in the configuration",
        unit="VARCHAR: user or account",
        dimension="VARCHAR: all, channel, segment, region or device",
        dimension_value="VARCHAR: its value; all for the dimension all, unknown when not known",
        cohort_week="DATE: the Monday of the local week in which the attempt began; null for the whole span",
        step="INTEGER: the step's place in the funnel, from 1; steps that are left out keep theirs",
        name="VARCHAR: the step; in an unordered funnel how many of the steps",
        ordering="VARCHAR: ordered, strict or unordered",
        window_days="DOUBLE: the conversion window in days of 24 hours, from the attempt's first step",
        entrants="BIGINT: units that reached the step, the window over or not; null for a step that is left out",
        mature_entrants="BIGINT: units that reached it in an attempt whose window is over",
        rate_from_first="DOUBLE: mature_entrants / those of the first step; null without any",
        ci_low="DOUBLE: lower end of the 95 % Wilson interval of rate_from_first; null for the first step",
        ci_high="DOUBLE: upper end of that interval",
        rate_from_previous="DOUBLE: mature_entrants / those of the previous step; null for the first step and without any",
        previous_ci_low="DOUBLE: lower end of the 95 % Wilson interval of rate_from_previous",
        previous_ci_high="DOUBLE: upper end of that interval",
        from_first_p25="DOUBLE: lower quartile of the seconds from the first step to this one, of the mature entrants",
        from_first_p50="DOUBLE: median of these seconds",
        from_first_p75="DOUBLE: upper quartile of these seconds",
        from_previous_p25="DOUBLE: lower quartile of the seconds from the previous step to this one, of the mature entrants",
        from_previous_p50="DOUBLE: median of these seconds",
        from_previous_p75="DOUBLE: upper quartile of these seconds",
        immature="BIGINT: of the entrants, those with no attempt whose window is over; no rate counts them",
        waiting="BIGINT: of the immature, those who have not reached the last step",
        immature_share="DOUBLE: immature / entrants; null without entrants",
        reason="VARCHAR: why the step is left out of the funnel; null when it is not",
    ),
    key=("as_of", "funnel", "unit", "dimension", "dimension_value", "cohort_week", "step"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

ONBOARDING = Table(
    name="cohorts.onboarding",
    description="Of those who signed up in a week (or in all weeks kept), the share that did each onboarding step in time (by "
    "default 7 days), whatever the order, and how many are lost between two steps. Windows are days of 24 hours.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        cohort_week="DATE: the Monday of the signup's week, in the workspace's time zone; null for all weeks together",
        step="INTEGER: the step's place in the onboarding, from 1",
        name="VARCHAR: the step, by its item in the mapping",
        signups="BIGINT: units that signed up",
        mature_signups="BIGINT: of these, those whose time for the steps is over",
        completed="BIGINT: of mature_signups, those who did the step in time",
        rate="DOUBLE: completed / mature_signups; null without any",
        ci_low="DOUBLE: lower end of the 95 % Wilson interval of rate",
        ci_high="DOUBLE: upper end of that interval",
        completed_through="BIGINT: of mature_signups, those who did this step and every one before it in time",
        rate_through="DOUBLE: completed_through / mature_signups; it never grows from step to step",
        drop_from_previous="DOUBLE: of those who did the previous step in time, the share that missed this one; null for step 1",
        in_order_share="DOUBLE: of those who did both, the share that did this one no earlier; null for the first step",
        from_signup_p50="DOUBLE: median seconds from signup to the step, of the completed",
        immature_share="DOUBLE: share of the signups whose time for the steps is not over",
    ),
    key=("as_of", "unit", "cohort_week", "step"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("role:onboarding_step",),
)

DROPOFF = Table(
    name="cohorts.dropoff",
    description="Of those who signed up in the last weeks and had not activated by the n-th day after, the share without "
    "activity in the quiet days (by default 14) that follow, against the published share. Days are local calendar days.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        day="INTEGER: n, in days after the day of the signup",
        signups="BIGINT: units that signed up",
        mature_signups="BIGINT: of these, those whose quiet days after day n are over",
        waiting="BIGINT: of mature_signups, those not activated by the end of day n; null without an activation role",
        lost="BIGINT: of waiting, those without a qualifying event in the quiet days after day n",
        dropoff="DOUBLE: lost / waiting; null without any",
        ci_low="DOUBLE: lower end of the 95 % Wilson interval of dropoff",
        ci_high="DOUBLE: upper end of that interval",
        published="DOUBLE: the published share",
        verdict="VARCHAR: above, within or below: where our interval lies seen from the published share",
        cause="VARCHAR: the common cause that the source names",
        note="VARCHAR: what is to be said about the published figure; empty without",
        immature_share="DOUBLE: share of the signups whose quiet days are not over; null without signups",
        reason="VARCHAR: why there is no share; null when there is one",
    ),
    key=("as_of", "unit", "day"),
    owner="team:growth",
    day="as_of",
)

TABLES: tuple[Table, ...] = (FUNNEL, ONBOARDING, DROPOFF)
