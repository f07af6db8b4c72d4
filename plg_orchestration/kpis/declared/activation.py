"""KPIs of activation: who gets what the product promises, and how fast. One entry each."""

from plg_orchestration.kpis.declared.rows import (
    ACTIVATED_USERS,
    ACTIVE_USERS,
    DAY,
    NEW_USERS,
    NEW_USERS_BY_DAY,
    NOBODY_ACTIVE,
    NOBODY_SIGNED_UP,
    TOURED_USERS,
)
from plg_orchestration.kpis.model import Kpi

SAW_IT_ALL = "guided_at < signup_at + interval 7 day"
SAW_NONE = "coalesce(toured_at >= signup_at + interval 7 day, true) and coalesce(guided_at >= signup_at + interval 7 day, true)"
GUIDED, UNGUIDED = (
    f"(1.0 * count(*) filter (where {seen} and activated_at < signup_at + interval 7 day) / nullif(count(*) filter (where "
    f"{seen}), 0))"
    for seen in (SAW_IT_ALL, SAW_NONE)
)

ACTIVATION: tuple[Kpi, ...] = (
    Kpi(
        name="activation_rate", group="activation",
        question="Of the users who signed up in the period, what share reached the activation milestone within 7 days?",
        formula="users activated within 7 × 24 hours of signup / users who signed up",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:growth",
        per=NEW_USERS, numerator="count(*) filter (where activated_at < signup_at + interval 7 day)", denominator="count(*)",
        empty=NOBODY_SIGNED_UP, matures_after=7 * DAY, needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="activation_24h", group="activation",
        question="Of the users who signed up in the period, what share reached the activation milestone within 24 hours?",
        formula="users activated within 24 hours of signup / users who signed up",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:growth",
        per=NEW_USERS, numerator="count(*) filter (where activated_at < signup_at + interval 24 hour)", denominator="count(*)",
        empty=NOBODY_SIGNED_UP, matures_after=DAY, needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="time_to_value", group="activation",
        question="How many days did the users who activated in the period need from signup to activation?",
        formula="median days from signup to the activation milestone over the users who reached it in the period, at most 90 "
        "days after signup; activation_rate says how many do at all",
        kind="leading", measure="median", unit="days", better="lower", cadence="weekly", owner="team:product",
        per=ACTIVATED_USERS, numerator="days_to_value", empty="nobody activated in the period",
        needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="activation_day_1", group="activation", question="Of the new users, what share activated by the end of day 1?",
        formula="users activated on the signup's calendar day or the next / users who signed up",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:growth",
        per=NEW_USERS_BY_DAY, numerator="count(*) filter (where activated_date <= signup_date + 1)", denominator="count(*)",
        empty=NOBODY_SIGNED_UP, matures_after=2 * DAY, needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="onboarding_completion", group="activation",
        question="Of the new users, what share completed the onboarding within 7 days?",
        formula="users who completed the onboarding within 7 × 24 hours of signup / users who signed up; cohorts.onboarding has "
        "each step",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:product",
        per=NEW_USERS, numerator="count(*) filter (where onboarded_at < signup_at + interval 7 day)", denominator="count(*)",
        empty=NOBODY_SIGNED_UP, matures_after=7 * DAY, needs=("actor:user", "role:onboarding_complete"),
    ),
    Kpi(
        name="core_feature_adoption", group="activation", question="Of the active users, what share used a core feature?",
        formula="users with an event of a core feature in the period / users active in it",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS, numerator="count(*) filter (where active_days > 0 and core_events > 0)",
        denominator="count(*) filter (where active_days > 0)", n="count(*) filter (where active_days > 0)",
        empty=NOBODY_ACTIVE, needs=("actor:user", "role:core_feature"),
    ),
    Kpi(
        name="guidance_completion", group="activation",
        question="Of the users who started their first tour, what share finished one within 7 days?",
        formula="users who finished a tour within 7 × 24 hours of the start of their first one / users who first started one",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:product",
        per=TOURED_USERS, numerator="count(*) filter (where completed_at < started_at + interval 7 day)",
        denominator="count(*)", empty="nobody started a first tour in the period", matures_after=7 * DAY,
        needs=("actor:user", "role:tour_started", "role:tour_completed"),
    ),
    Kpi(
        name="activation_dropoff_day_1", group="activation",
        question="Of the new users who had not activated by day 1, what share was not seen in the 14 days after it?",
        formula="users without activation by the end of calendar day 1 after the signup's and without an active day in the "
        "next 14 / users without activation by then",
        kind="leading", measure="proportion", unit="percent", better="lower", cadence="monthly", owner="team:growth",
        per=NEW_USERS_BY_DAY,
        numerator="count(*) filter (where coalesce(activated_date > signup_date + 1, true) and not seen_after_1)",
        denominator="count(*) filter (where coalesce(activated_date > signup_date + 1, true))",
        n="count(*) filter (where coalesce(activated_date > signup_date + 1, true))",
        empty="everybody who signed up in the period had activated by then, or nobody signed up", periods=("month",),
        matures_after=16 * DAY, needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="activation_dropoff_day_3", group="activation",
        question="Of the new users who had not activated by day 3, what share was not seen in the 14 days after it?",
        formula="users without activation by the end of calendar day 3 after the signup's and without an active day in the "
        "next 14 / users without activation by then",
        kind="leading", measure="proportion", unit="percent", better="lower", cadence="monthly", owner="team:growth",
        per=NEW_USERS_BY_DAY,
        numerator="count(*) filter (where coalesce(activated_date > signup_date + 3, true) and not seen_after_3)",
        denominator="count(*) filter (where coalesce(activated_date > signup_date + 3, true))",
        n="count(*) filter (where coalesce(activated_date > signup_date + 3, true))",
        empty="everybody who signed up in the period had activated by then, or nobody signed up", periods=("month",),
        matures_after=18 * DAY, needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="activation_dropoff", group="activation",
        question="Of the new users who had not activated by day 7, what share was not seen in the 14 days after it?",
        formula="users without activation by the end of calendar day 7 after the signup's and without an active day in the "
        "next 14 / users without activation by then",
        kind="leading", measure="proportion", unit="percent", better="lower", cadence="monthly", owner="team:growth",
        per=NEW_USERS_BY_DAY,
        numerator="count(*) filter (where coalesce(activated_date > signup_date + 7, true) and not seen_after_7)",
        denominator="count(*) filter (where coalesce(activated_date > signup_date + 7, true))",
        n="count(*) filter (where coalesce(activated_date > signup_date + 7, true))",
        empty="everybody who signed up in the period had activated by then, or nobody signed up", periods=("month",),
        matures_after=22 * DAY, needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="activation_dropoff_day_10", group="activation",
        question="Of the new users who had not activated by day 10, what share was not seen in the 14 days after it?",
        formula="users without activation by the end of calendar day 10 after the signup's and without an active day in the "
        "next 14 / users without activation by then",
        kind="leading", measure="proportion", unit="percent", better="lower", cadence="monthly", owner="team:growth",
        per=NEW_USERS_BY_DAY,
        numerator="count(*) filter (where coalesce(activated_date > signup_date + 10, true) and not seen_after_10)",
        denominator="count(*) filter (where coalesce(activated_date > signup_date + 10, true))",
        n="count(*) filter (where coalesce(activated_date > signup_date + 10, true))",
        empty="everybody who signed up in the period had activated by then, or nobody signed up", periods=("month",),
        matures_after=25 * DAY, needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="time_to_first_key_action", group="activation",
        question="How many days did the users who activated in the period need on average?",
        formula="mean days from signup to the activation milestone over the users who reached it in the period, at most 90 days "
        "after signup; time_to_value is their median, and activation_rate says how many do at all",
        kind="leading", measure="ratio", unit="days", better="lower", cadence="weekly", owner="team:product",
        per=ACTIVATED_USERS, numerator="sum(days_to_value)", denominator="count(*)", empty="nobody activated in the period",
        needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="time_to_value_with_waiting", group="activation",
        question="After how many days has half of the users who signed up in the period activated?",
        formula="median days from signup to the activation milestone by Kaplan and Meier, over the users who signed up in the "
        "period; "
        "those who have not activated count as waiting until now",
        kind="leading", measure="waiting", unit="days", better="lower", cadence="weekly", owner="team:product",
        per=NEW_USERS, numerator="coalesce(days_to_value, days_known)", denominator="days_to_value is not null",
        empty="less than half of those who signed up in the period have activated so far, or nobody signed up",
        dimensions=(), needs=("actor:user", "role:activation"),
    ),
    Kpi(
        name="guidance_uplift", group="activation",
        question="By how many points do users who finished a tour activate more than users who saw none?",
        formula="share activated within 7 × 24 hours of signup among users who finished a tour in that time − the same share "
        "among "
        "those who started none; observational: nobody was assigned, so it says what goes together and not what causes what",
        kind="leading", measure="ratio", unit="percent", better="higher", cadence="weekly", owner="team:product",
        per=NEW_USERS, numerator=f"coalesce({GUIDED} - {UNGUIDED}, 0)",
        denominator=f"case when {GUIDED} is not null and {UNGUIDED} is not null then 1 end",
        error=f"sqrt({GUIDED} * (1 - {GUIDED}) / nullif(count(*) filter (where {SAW_IT_ALL}), 0) "
        f"+ {UNGUIDED} * (1 - {UNGUIDED}) / nullif(count(*) filter (where {SAW_NONE}), 0))",
        empty="nobody finished a tour in the first 7 days, or everybody started one", matures_after=7 * DAY,
        needs=("actor:user", "role:activation", "role:tour_started", "role:tour_completed"),
    ),
)  # fmt: skip
