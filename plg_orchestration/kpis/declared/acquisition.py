"""KPIs of acquisition: who comes, through whom, and what it costs. One entry each."""

from plg_orchestration.kpis.declared.rows import (
    ACQUISITION_ROWS,
    DAY,
    FIRST_INVITERS,
    NEW_USERS,
    NO_VISITORS,
    NOBODY_SIGNED_UP,
    SENT_INVITES,
    VIRAL_PEOPLE,
    VISITORS,
)
from plg_orchestration.kpis.model import Kpi

ACQUISITION: tuple[Kpi, ...] = (
    Kpi(
        name="signups", group="acquisition", question="How many users signed up in the period?",
        formula="users whose signup falls in the period",
        kind="leading", measure="count", unit="users", better="higher", cadence="weekly", owner="team:marketing",
        per=NEW_USERS,
        numerator="count(*)", empty=NOBODY_SIGNED_UP, periods=("day", "week", "month", "quarter"), needs=("actor:user",),
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
        name="signup_conversion_rate", group="acquisition", question="How many users signed up for each hundred unique visitors?",
        formula="signups / unique visitors: the anonymous ids with an event of the period that names no user, and linked to no "
        "user (identify, alias) before the first of these. A ratio and no share, since a signup may come without a visit or from "
        "a visitor of an earlier period, and one person may be several visitors",
        kind="leading", measure="ratio", unit="percent", better="higher", cadence="weekly", owner="team:marketing",
        per=VISITORS, numerator="sum(signups)", denominator="sum(visitors)", n="sum(visitors)", empty=NO_VISITORS,
        dimensions=(), segmented=False, needs=("actor:user", "actor:visitor"),
    ),
    Kpi(
        name="time_to_first_signup", group="acquisition",
        question="How many seconds pass from a visitor's first page view to the signup?",
        formula="median seconds from the first event of an anonymous id in the 90 days before the signup to the signup, over the "
        "users who signed up in the period and to whom such an id is linked (identify, alias) as known at the as-of day; on a "
        "shared device only what came after the link to somebody before counts",
        kind="leading", measure="median", unit="seconds", better="lower", cadence="weekly", owner="team:marketing",
        per=VISITORS, numerator="seconds_to_signup",
        empty="nobody signed up in the period whose visits before are linked to them", needs=("actor:user", "actor:visitor"),
    ),
    Kpi(
        name="referral_share", group="acquisition", question="Of the signups, what share was referred?",
        formula="users who name a referrer, or whom an invite names / users who signed up",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:growth",
        per=NEW_USERS, numerator="count(*) filter (where referred)", denominator="count(*)", empty=NOBODY_SIGNED_UP,
        needs=("actor:user", "source:users|source:invites"),
    ),
    Kpi(
        name="referral_conversion", group="acquisition", question="Of the referrals sent, what share was accepted?",
        formula="invites accepted within 14 × 24 hours / invites sent; a new user's signup accepts an invite that says nothing",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:growth",
        per=SENT_INVITES, numerator="count(*) filter (where accepted_at < sent_at + interval 14 day)", denominator="count(*)",
        empty="nobody sent an invite in the period", matures_after=14 * DAY, needs=("source:invites",),
    ),
    Kpi(
        name="invite_to_activation", group="acquisition",
        question="Of the invites accepted, what share brought an activated user?",
        formula="invites whose new user activated within 14 × 24 hours of the invite / invites accepted within that time",
        kind="leading", measure="proportion", unit="percent", better="higher", cadence="weekly", owner="team:growth",
        per=SENT_INVITES,
        numerator="count(*) filter (where accepted_at < sent_at + interval 14 day and activated_at < sent_at + interval 14 day)",
        denominator="count(*) filter (where accepted_at < sent_at + interval 14 day)",
        n="count(*) filter (where accepted_at < sent_at + interval 14 day)",
        empty="no invite of the period was accepted in time", matures_after=14 * DAY,
        needs=("source:invites", "role:activation"),
    ),
    Kpi(
        name="time_to_invite", group="acquisition",
        question="How many days after signup did those who first invited somebody in the period do so?",
        formula="median days from signup to the first invite sent, over the users who sent it in the period; the goal is under 7",
        kind="leading", measure="median", unit="days", better="lower", cadence="weekly", owner="team:growth",
        per=FIRST_INVITERS, numerator="days_to_invite", empty="nobody sent a first invite in the period",
        needs=("source:invites",),
    ),
    Kpi(
        name="cac_by_channel", group="acquisition", question="What does one new paying customer of a channel cost?",
        formula="spend of the period's months / accounts that first paid in the period; by channel, and over all of them",
        kind="lagging", measure="ratio", unit="usd", better="lower", cadence="quarterly", owner="team:marketing",
        per=ACQUISITION_ROWS, numerator="sum(spent)",
        denominator="case when count(distinct spend_month) = max(months) then count(*) filter (where won) end",
        n="count(*) filter (where won)",
        empty="no account first paid in the period, or the spend of its months is not all known",
        periods=("month", "quarter"), dimensions=("channel",), segmented=False,
        needs=("source:spend", "source:subscriptions"), money=True,
    ),
    Kpi(
        name="cac_payback", group="acquisition",
        question="After how many months has a customer's gross margin paid for acquiring it?",
        formula="CAC / (ARPA at the period's end × gross margin)",
        kind="lagging", measure="ratio", unit="months", better="lower", cadence="quarterly", owner="team:finance",
        per=ACQUISITION_ROWS, numerator="coalesce(sum(spent) / nullif(count(*) filter (where won), 0), 0)",
        denominator="case when count(distinct spend_month) = max(months) and count(*) filter (where won) > 0 "
        "and count(*) filter (where closing > 0) > 0 "
        "then max(gross_margin) * sum(closing) / count(*) filter (where closing > 0) end",
        n="count(*) filter (where won)",
        empty="no account first paid in the period, none pays at its end, or spend or gross margin is not known",
        periods=("month", "quarter"), dimensions=(), segmented=False,
        needs=("source:spend", "source:subscriptions", "source:finance"), money=True,
    ),
    Kpi(
        name="ltv_to_cac", group="acquisition",
        question="How often does a customer's lifetime margin cover what acquiring it cost?",
        formula="(ARPA × gross margin / share of paying accounts lost in the month) / CAC",
        kind="lagging", measure="ratio", unit="ratio", better="higher", cadence="quarterly", owner="team:finance",
        per=ACQUISITION_ROWS,
        numerator="coalesce(max(gross_margin) * sum(closing) / nullif(count(*) filter (where closing > 0), 0), 0)",
        denominator="case when count(distinct spend_month) = max(months) and max(gross_margin) is not null "
        "and count(*) filter (where won) > 0 and count(*) filter (where closing > 0) > 0 "
        "and count(*) filter (where opening > 0) > 0 "
        "then (1.0 * count(*) filter (where opening > 0 and closing = 0) / count(*) filter (where opening > 0)) "
        "* sum(spent) / count(*) filter (where won) end",
        n="count(*) filter (where won)",
        empty="nobody was won or lost in the month, or spend or gross margin is not known",
        periods=("month",), dimensions=(), segmented=False,
        needs=("source:spend", "source:subscriptions", "source:finance"), money=True,
    ),
    Kpi(
        name="referral_signups", group="acquisition", question="How many of the users who signed up were referred?",
        formula="users who signed up in the period and name a referrer, or whom an invite names",
        kind="leading", measure="count", unit="users", better="higher", cadence="weekly", owner="team:growth",
        per=NEW_USERS, numerator="count(*) filter (where referred)", empty=NOBODY_SIGNED_UP,
        needs=("actor:user", "source:users|source:invites"),
    ),
    Kpi(
        name="k_basic", group="acquisition", question="How many activated users does one user bring?",
        formula="invites per user × share of invitees who activate within 14 days = activated invitees / users, over the "
        "invites of "
        "the 30 days that ended 14 days ago; the form `basic` of cohorts.viral",
        kind="leading", measure="ratio", unit="ratio", better="higher", cadence="weekly", owner="team:growth",
        per=VIRAL_PEOPLE, numerator="sum(invitees_activated)", denominator="case when sum(invites) > 0 then count(*) end",
        error="stddev_samp(invitees_activated) / sqrt(count(*))", empty="nobody sent an invite in these 30 days",
        periods=("day",), needs=("actor:user", "source:invites|role:invite_sent", "role:activation"), history=False,
    ),
    Kpi(
        name="k_retention_adjusted", group="acquisition",
        question="How many activated users does one user bring, those counted that stay?",
        formula="k_basic × share of referred users active on or after day 30, of those whose day 30 fell in the last 30 days; "
        "the "
        "form `adjusted` of cohorts.viral",
        kind="leading", measure="ratio", unit="ratio", better="higher", cadence="weekly", owner="team:growth",
        per=VIRAL_PEOPLE,
        numerator="coalesce(sum(invitees_activated) * (1.0 * count(*) filter (where retained) / nullif(count(retained), 0)), 0)",
        denominator="case when sum(invites) > 0 and count(retained) > 0 then count(*) end",
        error="sqrt(power(1.0 * count(*) filter (where retained) / nullif(count(retained), 0), 2) * var_samp(invitees_activated) "
        "/ count(*) + power(1.0 * sum(invitees_activated) / count(*), 2) * (1.0 * count(*) filter (where retained) "
        "/ nullif(count(retained), 0)) * (1 - 1.0 * count(*) filter (where retained) / nullif(count(retained), 0)) "
        "/ nullif(count(retained), 0))",
        empty="nobody sent an invite in these 30 days, or no referred user's day 30 fell in the last 30",
        periods=("day",), needs=("actor:user", "source:invites|role:invite_sent", "role:activation"), history=False,
    ),
)  # fmt: skip
