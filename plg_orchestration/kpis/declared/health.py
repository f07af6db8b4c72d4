"""KPIs of health: how well customers are served. One entry each."""

from plg_orchestration.kpis.declared.rows import (
    ACCOUNT_PERIODS,
    DAY,
    HELP_AND_TICKETS,
    HELPED_USERS,
    NOBODY_ACTIVE,
    SCORED_USERS,
    SUPPORT_INCIDENTS,
    SURVEY_ANSWERS,
    THRESHOLD_CROSSINGS,
)
from plg_orchestration.kpis.model import Kpi

NOBODY_KNOWS_WHO_WAS_ASKED = "surveys name those who answered; nobody knows who was asked"

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
        name="activation_score_velocity_with_waiting", group="health",
        question="After how many hours has half of the users who signed up in the week reached the activation score's threshold?",
        formula="median hours from signup to the threshold by Kaplan and Meier, over the users who signed up in the week; those "
        "who have not reached it count as waiting until now",
        kind="leading", measure="waiting", unit="hours", better="lower", cadence="weekly", owner="team:customer-success",
        per=SCORED_USERS, numerator="hours_waited", denominator="reached",
        empty="less than half of those who signed up in the week have reached the threshold so far, or nobody signed up",
        periods=("week",), dimensions=(), needs=("actor:user",), history=False,
    ),
    Kpi(
        name="friction_score", group="health", question="How many attempts to help oneself come on one ticket?",
        formula="help views / tickets opened; cohorts.friction has the steps at which people fail",
        kind="lagging", measure="ratio", unit="ratio", better="lower", cadence="monthly", owner="team:customer-success",
        per=HELP_AND_TICKETS, numerator="sum(attempts)",
        denominator="sum(tickets)", n="count(*)",
        empty="no ticket was opened in the period", needs=("role:help_viewed", "source:tickets"), rows_dependent=True,
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
        empty="nobody answered such a survey in the period", needs=("source:surveys",), signed=True,
    ),
    Kpi(
        name="csat", group="health", question="How satisfied are those who answered, on a scale from 1 to 5?",
        formula="mean score of the answers",
        kind="lagging", measure="ratio", unit="score_1_5", better="higher", cadence="quarterly", owner="team:customer-success",
        per=SURVEY_ANSWERS, numerator="sum(score) filter (where kind = 'csat')",
        denominator="count(*) filter (where kind = 'csat')", n="count(*) filter (where kind = 'csat')",
        empty="nobody answered such a survey in the period", needs=("source:surveys",),
    ),
    Kpi(
        name="support_escalation", group="health",
        question="Of the tickets opened, what share came after the user had looked for help in vain?",
        formula="tickets opened on a day on which the user viewed help, or the day after / tickets opened; of a ticket that "
        "names no "
        "user the help that anybody of its account viewed counts",
        kind="lagging", measure="proportion", unit="percent", better="lower", cadence="monthly", owner="team:customer-success",
        per=SUPPORT_INCIDENTS, numerator="count(*) filter (where escalated)",
        denominator="count(*) filter (where not self_resolved)", n="count(*) filter (where not self_resolved)",
        empty="no ticket was opened in the period", needs=("role:help_viewed", "source:tickets"),
    ),
    Kpi(
        name="self_service_resolution", group="health",
        question="Of the users who viewed help in the period, what share opened no ticket in it at all?",
        formula="users who viewed help and opened no ticket in the period / users who viewed help in it",
        kind="lagging", measure="proportion", unit="percent", better="higher", cadence="monthly", owner="team:customer-success",
        per=HELPED_USERS, numerator="count(*) filter (where tickets = 0)", denominator="count(*)",
        empty="nobody viewed help in the period", periods=("month", "quarter"), needs=("role:help_viewed", "source:tickets"),
    ),
    Kpi(
        name="support_first_response", group="health", question="After how many hours are tickets first answered?",
        formula="median hours from a ticket's opening to its first answer", kind="lagging", measure="median", unit="hours",
        better="lower", cadence="monthly", owner="team:customer-success", per=HELP_AND_TICKETS, numerator="null",
        empty="no ticket was opened in the period", dimensions=(), unavailable="tickets do not say when they were first answered",
    ),
    Kpi(
        name="support_cost_per_seat", group="health", question="What does support cost for one paid seat?",
        formula="cost of support in the period / paid seats", kind="lagging", measure="ratio", unit="usd", better="lower",
        cadence="quarterly", owner="team:finance", per=HELP_AND_TICKETS, numerator="count(*)", denominator="count(*)",
        empty="no seat is paid for", periods=("month", "quarter"), dimensions=(),
        unavailable="no source says what support costs",
    ),
    Kpi(
        name="nps_response_rate", group="health", question="Of those asked whether they would recommend the product, what "
        "share answers?",
        formula="answers / people asked", kind="lagging", measure="proportion", unit="percent", better="higher",
        cadence="quarterly", owner="team:customer-success", per=SURVEY_ANSWERS, numerator="count(*)", denominator="count(*)",
        empty="nobody was asked", dimensions=(), unavailable=NOBODY_KNOWS_WHO_WAS_ASKED,
    ),
    Kpi(
        name="csat_response_rate", group="health", question="Of those asked how satisfied they are, what share answers?",
        formula="answers / people asked", kind="lagging", measure="proportion", unit="percent", better="higher",
        cadence="quarterly", owner="team:customer-success", per=SURVEY_ANSWERS, numerator="count(*)", denominator="count(*)",
        empty="nobody was asked", dimensions=(), unavailable=NOBODY_KNOWS_WHO_WAS_ASKED,
    ),
    Kpi(
        name="cs_efficiency", group="health", question="How many customers does one person of customer success serve?",
        formula="paying accounts / people in customer success", kind="lagging", measure="ratio", unit="accounts", better="higher",
        cadence="quarterly", owner="team:customer-success", per=ACCOUNT_PERIODS, numerator="count(*)", denominator="count(*)",
        empty="nobody works in customer success", periods=("month", "quarter"), dimensions=(),
        unavailable="no source says how many people work in customer success",
    ),
    Kpi(
        name="query_time", group="health", question="How long do the product's own queries take?",
        formula="median seconds of the queries that the product runs for its users", kind="lagging", measure="median",
        unit="seconds", better="lower", cadence="quarterly", owner="team:product", per=HELP_AND_TICKETS, numerator="null",
        empty="no query was run", dimensions=(), unavailable="no source says how long queries take",
    ),
    Kpi(
        name="data_accuracy", group="health", question="What share of the collected data is right?",
        formula="values that agree with a second source / values compared", kind="lagging", measure="proportion", unit="percent",
        better="higher", cadence="quarterly", owner="team:product", per=HELP_AND_TICKETS, numerator="count(*)",
        denominator="count(*)", empty="nothing was compared", dimensions=(),
        unavailable="no second source is there to compare with; ingest.coverage and ingest.quarantine say what was read",
    ),
)  # fmt: skip
