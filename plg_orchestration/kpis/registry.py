"""Every KPI: those computed, each one declaration, and those that are named and still to come.

Adding a KPI is one entry here; the snapshot, the bands and the documentation page follow from it. A population is a query in
`populations.py`. Percentages run from 0 to 100, as the published benchmarks do.
"""

import datetime as dt

from plg_orchestration.kpis.coming import COMING
from plg_orchestration.kpis.model import Kpi, Population

NEW_USERS = Population("new_users", clock="signup_at")
ACTIVATED_USERS = Population("activated_users")
ACTIVE_USERS = Population("active_users")
NEW_ACCOUNTS = Population("new_accounts", clock="signup_at")
ACCOUNT_PERIODS = Population("account_periods")
SENT_INVITES = Population("sent_invites", clock="sent_at")
SUPPORT_INCIDENTS = Population("support_incidents", clock="incident_date", calendar=True)

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
NOBODY_SIGNED_UP = "nobody signed up in the period"
NOBODY_PAID = "no account was paying at the period's start"

KPIS: tuple[Kpi, ...] = (
    Kpi(
        name="signups", group="acquisition", question="How many users signed up in the period?",
        formula="users whose signup falls in the period",
        kind="leading", measure="count", unit="users", better="higher", cadence="weekly", owner="team:marketing",
        per=NEW_USERS, numerator="count(*)", empty=NOBODY_SIGNED_UP, periods=("day", "week", "month"), needs=("actor:user",),
    ),
    Kpi(
        name="organic_share", group="acquisition",
        question="Of the users who signed up in the period and whose channel is known, what share came without being paid for?",
        formula="signups of organic channels / signups of the channels that the configuration lists",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:marketing",
        per=NEW_USERS, numerator="count(*) filter (where organic)", denominator="count(*) filter (where organic is not null)",
        empty="nobody signed up in the period through a channel that the configuration lists", needs=("actor:user",),
    ),
    Kpi(
        name="viral_coefficient", group="acquisition",
        question="How many activated users does one inviter bring?",
        formula="invites per inviter × share of invitees, new since the invite, who activate within 14 days of it "
        "= activated invitees / inviters; per inviter, so it is not a reproduction number",
        kind="leading", measure="ratio", unit="ratio", better="higher", cadence="weekly", owner="team:growth",
        per=SENT_INVITES, numerator="count(*) filter (where activated_at < sent_at + interval 14 day)",
        denominator="count(distinct inviter_id)", empty="nobody sent an invite in the period",
        matures_after=14 * DAY, needs=("source:invites|role:invite_sent", "role:activation"),
    ),
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
        name="dau", group="engagement", question="How many users were active on the day?",
        formula="distinct users with an event that is not passive on the day",
        kind="leading", measure="count", unit="users", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS, numerator="count(*) filter (where active_days > 0)",
        n="count(*) filter (where active_days > 0)", empty="nobody was active",
        periods=("day",), needs=("actor:user",),
    ),
    Kpi(
        name="wau", group="engagement", question="How many users were active in the 7 days that end with the period?",
        formula="distinct users with an event that is not passive in these 7 days",
        kind="leading", measure="count", unit="users", better="higher", cadence="weekly", owner="team:product",
        per=ACTIVE_USERS, numerator="count(*) filter (where active_7)", n="count(*) filter (where active_7)",
        empty="nobody was active",
        periods=("day", "week"), needs=("actor:user",),
    ),
    Kpi(
        name="mau", group="engagement", question="How many users were active in the 30 days that end with the period?",
        formula="distinct users with an event that is not passive in these 30 days",
        kind="leading", measure="count", unit="users", better="higher", cadence="monthly", owner="team:product",
        per=ACTIVE_USERS, numerator="count(*) filter (where active_30)", n="count(*) filter (where active_30)",
        empty="nobody was active",
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
        name="free_to_paid_conversion", group="monetization",
        question="Of the accounts on a free plan or trial at the period's start, what share paid for any day of the period?",
        formula="accounts without MRR on the day before the period that have MRR on a day in it / accounts without MRR that day",
        kind="lagging", measure="proportion", unit="percent", better="higher", cadence="monthly", owner="team:growth",
        per=ACCOUNT_PERIODS, numerator="count(*) filter (where existed and opening = 0 and paid_within)",
        denominator="count(*) filter (where existed and opening = 0)", n="count(*) filter (where existed and opening = 0)",
        empty="no account was free at the period's start", needs=("source:subscriptions",),
    ),
    Kpi(
        name="free_to_paid_30d", group="monetization",
        question="Of the accounts that signed up in the period, what share started paying within 30 days?",
        formula="accounts (users, where no account is known) that paid within 30 × 24 hours of signup / accounts that signed up; "
        "without any subscription the first plan_upgraded event counts as paying",
        kind="lagging", measure="proportion", unit="percent", better="higher", cadence="monthly", owner="team:growth",
        per=NEW_ACCOUNTS, numerator="count(*) filter (where paid_at < signup_at + interval 30 day)", denominator="count(*)",
        empty="no account signed up in the period", periods=("month",), matures_after=30 * DAY,
        needs=("source:subscriptions|role:plan_upgraded",),
    ),
    Kpi(
        name="gross_churn", group="monetization",
        question="Of the customers paying at the period's start, what share no longer paid at its end?",
        formula="accounts with MRR on the day before the period and none on its last day / those with MRR on the day before it",
        kind="lagging", measure="proportion", unit="percent", better="lower", cadence="monthly", owner="team:customer-success",
        per=ACCOUNT_PERIODS, numerator="count(*) filter (where opening > 0 and closing = 0)",
        denominator="count(*) filter (where opening > 0)", n="count(*) filter (where opening > 0)",
        empty=NOBODY_PAID, needs=("source:subscriptions",),
    ),
    Kpi(
        name="net_churn", group="monetization",
        question="Of the MRR at the period's start, what share was lost, what its payers added being taken off?",
        formula="(churn + contraction − expansion) / MRR at the start, over the accounts paying at the start, net in the period",
        kind="lagging", measure="ratio", unit="percent", better="lower", cadence="monthly", owner="team:customer-success",
        per=ACCOUNT_PERIODS, numerator="sum(case when opening > 0 then opening - closing else 0 end)", denominator="sum(opening)",
        n="count(*) filter (where opening > 0)", empty=NOBODY_PAID, periods=("month",), needs=("source:subscriptions",),
        money=True,
    ),
    Kpi(
        name="expansion_mrr", group="monetization",
        question="How much MRR did existing customers add, as a share of the MRR at the period's start?",
        formula="Σ of what accounts paying at the start pay more at the end / MRR at the start",
        kind="lagging", measure="ratio", unit="percent", better="higher", cadence="monthly", owner="team:customer-success",
        per=ACCOUNT_PERIODS, numerator="sum(case when opening > 0 and closing > opening then closing - opening else 0 end)",
        denominator="sum(opening)", n="count(*) filter (where opening > 0)", empty=NOBODY_PAID, periods=("month",),
        needs=("source:subscriptions",), money=True,
    ),
    Kpi(
        name="arpu", group="monetization", question="What does one active user of a paying account bring in a month?",
        formula="MRR at the period's end / users of the accounts paying then who were active in the period",
        kind="lagging", measure="ratio", unit="usd_per_month", better="higher", cadence="monthly", owner="team:finance",
        per=ACCOUNT_PERIODS, numerator="sum(closing)", denominator="sum(active_users) filter (where closing > 0)",
        n="count(*) filter (where closing > 0)",
        empty="no user of a paying account was active in the period; arpa is per account",
        periods=("month",), needs=("source:subscriptions", "actor:user"), money=True,
    ),
    Kpi(
        name="arpa", group="monetization", question="What does one paying account bring in a month?",
        formula="MRR at the period's end / accounts with MRR then",
        kind="lagging", measure="ratio", unit="usd_per_month", better="higher", cadence="monthly", owner="team:finance",
        per=ACCOUNT_PERIODS, numerator="sum(closing)", denominator="count(*) filter (where closing > 0)",
        n="count(*) filter (where closing > 0)", empty="no account was paying at the period's end",
        periods=("day", "month"), needs=("source:subscriptions",), money=True,
    ),
    Kpi(
        name="support_deflection", group="health", question="What share of the support incidents did users solve by themselves?",
        formula="days on which a user viewed help and no ticket followed on that day or the next / these days + tickets opened",
        kind="lagging", measure="proportion", unit="percent", better="higher", cadence="monthly", owner="team:customer-success",
        per=SUPPORT_INCIDENTS, numerator="count(*) filter (where self_resolved)", denominator="count(*)",
        empty="nobody viewed help or opened a ticket in the period", matures_after=2 * DAY,
        needs=("role:help_viewed", "source:tickets"),
    ),
)  # fmt: skip


def kpi(name: str) -> Kpi:
    """The computed KPI of that name; ValueError when there is none, saying whether it is still to come."""
    for declared in KPIS:
        if declared.name == name:
            return declared
    coming = any(entry.name == name for entry in COMING)
    raise ValueError(f"KPI {name!r} is {'named, but not computed yet' if coming else 'unknown'}; see docs/kpis.md")


def known_names() -> frozenset[str]:
    """The names of all KPIs, computed and coming: those that targets and benchmarks may name."""
    return frozenset(entry.name for entry in (*KPIS, *COMING))
