"""Activation: the tables. Only declarations stand here; the rows come from the SQL file or the call of the same name."""

from plg_orchestration.warehouse import Table, columns

ACTIVATION_WEIGHTS = Table(
    name="cohorts.activation_weights",
    description="The activation score's weights: declared, and learned by logistic regression of retention at day 30 on the "
    "inputs at a fixed age. Associations, not effects.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        input="VARCHAR: progress, workflow or collaboration",
        declared="DOUBLE: the weight in the configuration",
        learned="DOUBLE: the regression's coefficient over the sum of the positive ones, at least 0; null with the reason",
        ci_low="DOUBLE: lower end of the learned weight's 95 % interval",
        ci_high="DOUBLE: upper end of the learned weight's 95 % interval",
        coefficient="DOUBLE: log-odds of being retained per 10 points of the input",
        n="BIGINT: users whose retention is known",
        retained="BIGINT: of these, those retained",
        auc="DOUBLE: area under the ROC curve out of sample, accounts kept together; null when nothing was learned",
        reason="VARCHAR: why there is no learned weight; null when there is one",
    ),
    key=("as_of", "input"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("actor:user",),
)

ACTIVATION_SCORES = Table(
    name="cohorts.activation_scores",
    description="The activation score of everybody from the signup's day (day 0) to day 30, and whom the 48-hour trigger names. "
    "Days are calendar days in the workspace's time zone, hours are exact.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        persona="VARCHAR: the user's role; null when not known",
        segment="VARCHAR: the account's segment, or unknown",
        signup_at="TIMESTAMP: when the user signed up, UTC",
        age_hours="DOUBLE: hours from the signup to the end of the as-of day",
        age_days="BIGINT: calendar days from the signup's day to the as-of day",
        progress="DOUBLE: 0-100, weighted share of the onboarding steps done; null when no step is mapped",
        workflow="DOUBLE: 0-100, core events against core_level; null when no core feature is mapped",
        collaboration="DOUBLE: 0-100, points for an invite, a share and a second active user; null when none can be shown",
        core_events="BIGINT: events of a core feature since the signup's day",
        core_level="DOUBLE: the core events that retained users had by the end of the same day (median), or the declared level",
        level_source="VARCHAR: retained users, or declared when these are too few",
        level_users="BIGINT: retained users behind the level",
        score="DOUBLE: 0-100, the inputs by the declared weights; inputs that are null leave their weight to the others",
        learned_score="DOUBLE: 0-100, the inputs by the learned weights; null when none were learned",
        threshold="DOUBLE: the score from which a user is on the way",
        reached_at="TIMESTAMP: when the score first reached the threshold, UTC; null while it has not",
        hours_to_threshold="DOUBLE: hours from the signup to reached_at",
        activated_at="TIMESTAMP: when the user reached the activation milestone, UTC; null while not",
        high_potential="BOOLEAN: the account is worth a human, by segment, number of users or ideal customer profile",
        triggered="BOOLEAN: has never reached the threshold, 48 hours are over and the cooldown is not",
        reason="VARCHAR: why the user is triggered, or why not",
    ),
    key=("as_of", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
    needs=("actor:user",),
)

ACTIVATION_BY_AGE = Table(
    name="cohorts.activation_by_age",
    description="The activation score at the end of days 1, 2, 3, 7, 14 and 30 after the signup's day, by signup week; only "
    "users whose day is over count.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        cohort_week="DATE: the Monday of the signup's week, in the workspace's time zone",
        age_days="INTEGER: calendar days after the signup's day",
        users="BIGINT: users who signed up in the week",
        mature="BIGINT: of these, those whose day is over",
        median_score="DOUBLE: median score of the mature ones; null without any",
        over_threshold="BIGINT: of the mature ones, those with a score of the threshold or more at that age",
        share_over_threshold="DOUBLE: their share; null without any mature user",
        ci_low="DOUBLE: lower end of the share's 95 % interval (Wilson)",
        ci_high="DOUBLE: upper end of the share's 95 % interval (Wilson)",
        threshold="DOUBLE: the score's threshold",
    ),
    key=("as_of", "cohort_week", "age_days"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("actor:user",),
)

ACTIVATION_VELOCITY = Table(
    name="cohorts.activation_velocity",
    description="Hours from signup to the activation score's threshold, by signup week, with the share that reached it.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        cohort_week="DATE: the Monday of the signup's week, in the workspace's time zone",
        users="BIGINT: users who signed up in the week",
        reached="BIGINT: of these, those who have reached the threshold so far",
        mature="BIGINT: users whose last day of the score is over",
        mature_reached="BIGINT: of these, those who reached the threshold",
        share_reached="DOUBLE: mature_reached / mature; null without any",
        median_hours="DOUBLE: median by Kaplan-Meier, with those still waiting; null while fewer than half have reached it",
        median_hours_of_reached="DOUBLE: median of those who reached it alone, which flatters",
    ),
    key=("as_of", "cohort_week"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("actor:user",),
)

ACTIVATION_SHIFTS = Table(
    name="cohorts.activation_shifts",
    description="Weeks in which the 7-day activation of a segment, channel, region or device differs from its own other weeks: "
    "Fisher's exact test, false discoveries held by Benjamini and Hochberg over all cells.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        dimension="VARCHAR: segment, channel, region or device",
        dimension_value="VARCHAR: its value",
        cohort_week="DATE: the Monday of the signup's week, in the workspace's time zone",
        activated="BIGINT: of the mature signups, those activated within 7 days",
        mature="BIGINT: signups whose 7 days are over",
        rate="DOUBLE: activated / mature",
        rate_before="DOUBLE: the rate of the same value in the weeks before; null in the first",
        rate_elsewhen="DOUBLE: the rate of the same value in all its other weeks; null without any",
        expected="DOUBLE: activated signups at rate_elsewhen",
        z="DOUBLE: difference from rate_elsewhen in standard errors; negative is fewer",
        p="DOUBLE: p value of Fisher's exact test, two-sided; null when there are too few signups",
        q="DOUBLE: the false discovery rate at which the cell would be a finding; null when not tested",
        verdict="VARCHAR: fail (fewer), warn (more), pass (no difference shown) or insufficient",
        reason="VARCHAR: the finding in words",
    ),
    key=("as_of", "dimension", "dimension_value", "cohort_week"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("role:activation",),
)

TABLES: tuple[Table, ...] = (
    ACTIVATION_WEIGHTS, ACTIVATION_SCORES, ACTIVATION_BY_AGE, ACTIVATION_VELOCITY, ACTIVATION_SHIFTS,
)  # fmt: skip
