"""How users bring users: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table, columns

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
        invitees_activated="BIGINT: of the invites, those whose invitee, new since the invite, activated in time; counted for "
        "the first invite accepted",
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

VIRAL_LOOP = Table(
    name="cohorts.viral_loop",
    description="How fast and how often members invite and what comes of it, in all, by the inviter's signup month and by months "
    "since signup: mature part only, with 95 % intervals and goals.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        measure="VARCHAR: time_to_invite (median over those who invited in their first days), time_to_invite_with_waiting (by "
        "Kaplan and Meier, over all), inviting_share, invites_per_inviter, invites_per_member, acceptance_rate, "
        "invite_to_activation, k_per_member (activated invitees per member), accepted_per_user_so_far, referral_share",
        cohort_by="VARCHAR: all, signup_month or age_months; the first days after signup count, or those of that age",
        cohort="VARCHAR: all, the month as YYYY-MM, or the age in whole months of 30 days",
        value="DOUBLE: the measure; null without anybody mature, or for a median that is not reached",
        numerator="DOUBLE: what is counted; for a median those who invited",
        denominator="DOUBLE: among whom or what; for a median the members",
        n="BIGINT: values on which it rests",
        ci_low="DOUBLE: lower end of the 95 % interval (Wilson, normal between persons, or of a median); null without one",
        ci_high="DOUBLE: upper end of the 95 % interval; null without one",
        unit="VARCHAR: days, share, invites or users",
        mature_share="DOUBLE: share of the cohort whose window is over; the rest is not counted",
        goal="DOUBLE: what is aimed at; null without a goal",
    ),
    key=("as_of", "measure", "cohort_by", "cohort"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("source:invites|role:invite_sent",),
)

INVITE_RATES = Table(
    name="cohorts.invite_rates",
    description="Who invited in the last 30 days and how often, in all and on the busiest day; the caps of governance are held "
    "against these numbers.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the inviter",
        account_id="VARCHAR: the inviter's account; null without one",
        invites_30_days="BIGINT: invites sent in the 30 days up to the day",
        inviting_days="BIGINT: days on which any was sent",
        busiest_day_invites="BIGINT: invites sent on the day with the most",
        invites_on_day="BIGINT: invites sent on the day itself",
    ),
    key=("as_of", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("role:invite_sent",),
)

VIRAL_PROJECTION = Table(
    name="cohorts.viral_projection",
    description="Users that k would bring month by month: the published example, and the workspace's own k with its interval; by "
    "the published form, where everybody invites again each month, and with one round of invitations.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        scenario="VARCHAR: published_example, workspace (the measured k), workspace_low or workspace_high (its interval's ends)",
        form="VARCHAR: published (k × all users before) or one_round (k × the last month's new users)",
        month="INTEGER: month, from 1, in which those who start stand",
        k="DOUBLE: the viral coefficient: of the workspace, activated invitees per member in the first days after signup",
        new_users="BIGINT: new users of the month, rounded half up",
        cumulative_users="BIGINT: users in all",
        revenue="DOUBLE: of the month, users × revenue per user; null without such a figure. The published example's own revenue "
        "column does not follow from its figures",
    ),
    key=("as_of", "scenario", "form", "month"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

VIRAL_SENSITIVITY = Table(
    name="cohorts.viral_sensitivity",
    description="What k and the growth become under other invite conversions, beside the multipliers that were printed, which do "
    "not follow from the printed formula.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        invite_conversion="DOUBLE: share of invites accepted",
        k="DOUBLE: invites per user × this × share who activate",
        months="INTEGER: the month whose users are compared with the first month's",
        published_users="BIGINT: users then, by the published form",
        published_multiplier="DOUBLE: these / users at the start",
        one_round_users="BIGINT: users then, with one round of invitations",
        one_round_multiplier="DOUBLE: these / users at the start",
        printed_arr_multiplier="DOUBLE: the 12-month multiplier of ARR that was printed, as printed; null when none was",
    ),
    key=("as_of", "invite_conversion"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
)

TABLES: tuple[Table, ...] = (VIRAL, VIRAL_LOOP, INVITE_RATES, VIRAL_PROJECTION, VIRAL_SENSITIVITY)
