"""KPIs of engagement: who keeps using what. One entry each."""

from plg_orchestration.kpis.declared.rows import (
    ACTIVE_TALLIES,
    ACTIVE_USERS,
    NOBODY_ACTIVE,
)
from plg_orchestration.kpis.model import Kpi

ENGAGEMENT: tuple[Kpi, ...] = (
    Kpi(
        name="dau", group="engagement", question="How many users were active on the day?",
        formula="distinct users with an event that is not passive on the day",
        kind="leading", measure="count", unit="users", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_TALLIES, numerator="sum(users_1)", n="coalesce(sum(users_1), 0)", empty="nobody was active",
        periods=("day",), needs=("actor:user",),
    ),
    Kpi(
        name="wau", group="engagement", question="How many users were active in the 7 days that end with the period?",
        formula="distinct users with an event that is not passive in these 7 days",
        kind="leading", measure="count", unit="users", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_TALLIES, numerator="sum(users_7)", n="coalesce(sum(users_7), 0)", empty="nobody was active",
        periods=("day", "week"), needs=("actor:user",),
    ),
    Kpi(
        name="mau", group="engagement", question="How many users were active in the 30 days that end with the period?",
        formula="distinct users with an event that is not passive in these 30 days",
        kind="leading", measure="count", unit="users", better="higher", cadence="monthly", owner="team:product",
        per=ACTIVE_TALLIES, numerator="sum(users_30)", n="coalesce(sum(users_30), 0)", empty="nobody was active",
        periods=("day", "month"), needs=("actor:user",),
    ),
    Kpi(
        name="dau_mau", group="engagement",
        question="On an average day of the period, what share of the month's users is active?",
        formula="mean daily active users over the period / users active in the 30 days that end with it",
        kind="leading", measure="ratio", unit="percent", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS, numerator="sum(active_days) / max(period_days)", denominator="count(*) filter (where active_30)",
        n="count(*) filter (where active_30)", empty="nobody was active in the 30 days that end with the period",
        needs=("actor:user",),
    ),
    Kpi(
        name="session_frequency", group="engagement", question="How many sessions does a weekly active user have in a week?",
        formula="sessions in the 7 days that end with the period / users active in these days",
        kind="leading", measure="ratio", unit="sessions_per_week", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS, numerator="sum(sessions_7) filter (where active_7)", denominator="count(*) filter (where active_7)",
        n="count(*) filter (where active_7)", empty="nobody was active in the 7 days that end with the period",
        needs=("actor:user",),
    ),
    Kpi(
        name="feature_breadth", group="engagement",
        question="How much of the core features does an active user use, on a scale from 0 to 5?",
        formula="mean over active users of 5 × core features used in the period / core features there are",
        kind="leading", measure="ratio", unit="score_0_5", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS,
        numerator="sum(breadth) filter (where active_days > 0)", denominator="count(*) filter (where active_days > 0)",
        n="count(*) filter (where active_days > 0)", empty=NOBODY_ACTIVE, needs=("actor:user", "role:core_feature"),
    ),
    Kpi(
        name="depth", group="engagement", question="How many core-feature events does an active user have?",
        formula="events of core features in the period / users active in it",
        kind="leading", measure="ratio", unit="events", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS,
        numerator="sum(core_events) filter (where active_days > 0)", denominator="count(*) filter (where active_days > 0)",
        n="count(*) filter (where active_days > 0)", empty=NOBODY_ACTIVE, needs=("actor:user", "role:core_feature"),
    ),
    Kpi(
        name="frequency", group="engagement", question="On how many days of the period is an active user active?",
        formula="active days / users active in the period",
        kind="leading", measure="ratio", unit="days", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS,
        numerator="sum(active_days) filter (where active_days > 0)", denominator="count(*) filter (where active_days > 0)",
        n="count(*) filter (where active_days > 0)", empty=NOBODY_ACTIVE, needs=("actor:user",),
    ),
    Kpi(
        name="inactivity_14d", group="engagement",
        question="Of the users active in the 30 days that end with the period, what share was not seen in the last 14 of them?",
        formula="users without an active day in the 14 days that end with the period / users active in the 30 days that end "
        "with it",
        kind="leading", measure="proportion", unit="percent", better="lower", cadence="weekly", owner="team:customer-success",
        per=ACTIVE_TALLIES, numerator="sum(users_30) - sum(users_14)", denominator="sum(users_30)", n="coalesce(sum(users_30), "
        "0)",
        empty="nobody was active in the 30 days that end with the period", periods=("week", "month"), needs=("actor:user",),
    ),
)  # fmt: skip
