"""How users bring users, over a bounded window of invites, as known at `as_of`.

Calls on plain tables, without a warehouse, stand in `calls.py`.
"""

import datetime as dt
from dataclasses import replace

from plg_orchestration.clock import AsOf, midnight
from plg_orchestration.cohorts.virality.policy import ViralityPolicy
from plg_orchestration.ingest.known import known_invites, known_users
from plg_orchestration.warehouse import Query, sql_file

MONTH_DAYS = 30


def viral(*, as_of: AsOf, window_days: int = 30, wait_days: int = 14) -> Query:
    """Rows of `cohorts.viral`: k in three forms over the invites of `window_days` days that ended `wait_days` days ago.

    An invite has `wait_days` days to bring an activated user, so that no open window counts as a failure. The adjusted form's
    factor covers the referred users whose day 30 fell in the last `window_days` days.

    The playbook form is the KPI `viral_coefficient` over another window: the KPI's is a week or a month of the calendar.
    """
    members = viral_members(as_of=as_of, window_days=window_days, wait_days=wait_days)
    return sql_file("cohorts/virality/viral.sql", requires=(members,), **members.parameters)


def viral_members(*, as_of: AsOf, window_days: int = 30, wait_days: int = 14) -> Query:
    """Everybody whom `viral` averages: user_id, invites, invitees_accepted, invitees_activated, retained (null unless a referred
    user whose day 30 fell in the window).
    """
    sent_to = midnight(as_of.date + dt.timedelta(days=1 - wait_days), as_of.timezone)
    sent_from = midnight(as_of.date + dt.timedelta(days=1 - wait_days - window_days), as_of.timezone)
    window: dict[str, object] = {
        "window_days": window_days, "wait_days": wait_days, "sent_from": sent_from, "sent_to": sent_to,
    }  # fmt: skip
    parameters = as_of.parameters() | window
    requires = (known_users(as_of), viral_invites(as_of=as_of))
    return sql_file("cohorts/virality/viral_members.sql", requires=requires, **parameters)


def viral_invites(*, as_of: AsOf) -> Query:
    """Every invite and what came of it: invite_id, inviter_id, invitee_user_id, sent_at, accepted_at, counts, activated_at.

    `counts`: it is the first one that the invitee accepted, who had not signed up before it; only then has it `activated_at`.
    """
    requires = (known_users(as_of), known_invites(as_of))
    return sql_file("cohorts/virality/viral_invites.sql", requires=requires, **as_of.parameters())


def viral_loop(*, as_of: AsOf, policy: ViralityPolicy) -> Query:
    """Rows of `cohorts.viral_loop`: how fast and how often members invite, and what comes of it, all with intervals.

    Members are the users who signed up in the last `policy.signup_months` calendar months, this one included.
    """
    month = as_of.date.year * 12 + as_of.date.month - policy.signup_months
    signup_from = midnight(dt.date(month // 12, month % 12 + 1, 1), as_of.timezone)
    windows: dict[str, object] = {
        "signup_from": signup_from, "invite_days": policy.invite_days, "wait_days": policy.wait_days, "ages": policy.ages,
    }  # fmt: skip
    parameters = as_of.parameters() | windows
    invites = viral_invites(as_of=as_of)
    units = sql_file("cohorts/virality/viral_units.sql", requires=(known_users(as_of), invites), **parameters)
    parts = ("viral_tallies", "viral_medians")
    made = [sql_file(f"cohorts/virality/{name}.sql", requires=(units, invites), **parameters) for name in parts]
    return sql_file("cohorts/virality/viral_loop.sql", requires=(units, *made, viral_waiting(units)), **parameters)


def viral_waiting(*given: Query) -> Query:
    """The median days to the first invite, those who wait counted, of the relation `viral_units`, which `given` makes.

    Columns: cell (cohort_by), code (cohort), n, median, ci_low, ci_high.
    """
    waits = replace(sql_file("cohorts/virality/viral_waits.sql", requires=given), name="sample_groups")
    return replace(sql_file("cohorts/sample_waits.sql", requires=(waits,)), name="viral_waiting")


def invite_rates(*, as_of: AsOf) -> Query:
    """Rows of `cohorts.invite_rates`: who invited in the last 30 days, how often, and how often on the busiest day.

    The caps themselves stand with the limits of governance alone (`invites_per_day`, `invites_per_month`), whose control counts
    the same rows in the same way.
    """
    parameters = as_of.parameters() | {"month_date": as_of.minus(MONTH_DAYS).date}
    return sql_file("cohorts/virality/invite_rates.sql", requires=(), **parameters)


def projection_inputs(*, as_of: AsOf) -> Query:
    """What the workspace's projection starts from: k, k_low, k_high of `cohorts.viral_loop`, and new_users of 30 days."""
    lately = midnight(as_of.date + dt.timedelta(days=1 - MONTH_DAYS), as_of.timezone)
    requires = (known_users(as_of),)
    return sql_file("cohorts/virality/projection_inputs.sql", requires=requires, lately=lately, **as_of.parameters())
