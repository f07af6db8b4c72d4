"""KPIs of health: how well customers are served. One entry each."""

from plg_orchestration.kpis.declared.rows import (
    ACCOUNT_PERIODS,
    DAY,
    HELP_AND_TICKETS,
    NOBODY_ACTIVE,
    SUPPORT_INCIDENTS,
    SURVEY_ANSWERS,
    THRESHOLD_CROSSINGS,
)
from plg_orchestration.kpis.model import Kpi

HEALTH: tuple[Kpi, ...] = (
    Kpi(
        name="support_deflection", group="health",
        question="What share of the support incidents did users solve by themselves?",
        formula="days on which a user viewed help and no ticket followed on that day or the next / these days + tickets opened",
        kind="lagging", measure="proportion", unit="percent", better="higher", cadence="monthly", owner="team:customer-success",
        per=SUPPORT_INCIDENTS, numerator="count(*) filter (where self_resolved)", denominator="count(*)",
        empty="nobody viewed help or opened a ticket in the period", matures_after=2 * DAY,
        needs=("role:help_viewed", "source:tickets"),
    ),
    Kpi(
        name="activation_score_velocity", group="health",
        question="How many hours did those who reached the activation score's threshold in the week need?",
        formula="median hours from signup to the threshold, over the users who reached it in the week, at most 30 days after "
        "signup",
        kind="leading", measure="median", unit="hours", better="lower", cadence="weekly", owner="team:customer-success",
        per=THRESHOLD_CROSSINGS, numerator="hours_to_threshold",
        n="count(*)",
        empty="nobody reached the threshold in the week", periods=("week",), needs=("actor:user",), history=False,
    ),
    Kpi(
        name="friction_score", group="health", question="How many attempts to help oneself come on one ticket?",
        formula="help views / tickets opened; cohorts.friction has the steps at which people fail",
        kind="lagging", measure="ratio", unit="ratio", better="lower", cadence="monthly", owner="team:customer-success",
        per=HELP_AND_TICKETS, numerator="sum(attempts)",
        denominator="sum(tickets)", n="count(*)",
        empty="no ticket was opened in the period", needs=("role:help_viewed", "source:tickets"),
    ),
    Kpi(
        name="support_resolved_24h", group="health", question="Of the tickets opened, what share was closed within 24 hours?",
        formula="tickets closed within 24 hours of being opened / tickets opened",
        kind="lagging", measure="proportion", unit="percent", better="higher", cadence="monthly", owner="team:customer-success",
        per=HELP_AND_TICKETS, numerator="count(*) filter (where closed_at < opened_at + interval 24 hour)",
        denominator="sum(tickets)", n="sum(tickets)",
        empty="no ticket was opened in the period", matures_after=2 * DAY, needs=("source:tickets",),
    ),
    Kpi(
        name="stakeholder_coverage", group="health", question="How many distinct roles are active in an account?",
        formula="distinct roles of the users active in the period, over all accounts with an active user / these accounts; "
        "users without a role share one",
        kind="lagging", measure="ratio", unit="roles", better="higher", cadence="monthly", owner="team:customer-success",
        per=ACCOUNT_PERIODS, numerator="sum(active_roles)",
        denominator="count(*) filter (where active_users > 0)", n="count(*) filter (where active_users > 0)",
        empty=NOBODY_ACTIVE, needs=("actor:user", "source:users"),
    ),
    Kpi(
        name="power_user_islands", group="health",
        question="Of the accounts with activity, what share rests on one active user?",
        formula="accounts with exactly one active user / accounts with an active user",
        kind="lagging", measure="proportion", unit="percent", better="lower", cadence="monthly", owner="team:customer-success",
        per=ACCOUNT_PERIODS, numerator="count(*) filter (where active_users = 1)",
        denominator="count(*) filter (where active_users > 0)", n="count(*) filter (where active_users > 0)",
        empty=NOBODY_ACTIVE, needs=("actor:user",),
    ),
    Kpi(
        name="nps", group="health",
        question="What share of those who answered would recommend the product, less the share that would not?",
        formula="100 × (answers of 9 and 10 − answers of 0 to 6) / answers",
        kind="lagging", measure="ratio", unit="score", better="higher", cadence="quarterly", owner="team:customer-success",
        per=SURVEY_ANSWERS,
        numerator="100 * (count(*) filter (where kind = 'nps' and score >= 9) - count(*) filter (where kind = 'nps' and score <= "
        "6))",
        denominator="count(*) filter (where kind = 'nps')", n="count(*) filter (where kind = 'nps')",
        empty="nobody answered such a survey in the period", needs=("source:surveys",),
    ),
    Kpi(
        name="csat", group="health", question="How satisfied are those who answered, on a scale from 1 to 5?",
        formula="mean score of the answers",
        kind="lagging", measure="ratio", unit="score_1_5", better="higher", cadence="quarterly", owner="team:customer-success",
        per=SURVEY_ANSWERS, numerator="sum(score) filter (where kind = 'csat')",
        denominator="count(*) filter (where kind = 'csat')", n="count(*) filter (where kind = 'csat')",
        empty="nobody answered such a survey in the period", needs=("source:surveys",),
    ),
)  # fmt: skip
