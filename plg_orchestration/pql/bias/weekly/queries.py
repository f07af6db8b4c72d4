"""The queries behind the weekly audit: live decisions, matured ones, leads as routed, what sales answered, and past audits."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_accounts, known_crm_outcomes, known_users
from plg_orchestration.pql.feedback.queries import target_starts
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, sql_file

WEEK = dt.timedelta(days=7)


def live_decisions(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """One row a user whom the champion scored in the last `decision_days` nights: qualified, handed_over, score, the groups."""
    after = as_of.date - dt.timedelta(days=policy.weekly_bias.decision_days)
    return sql_file("pql/bias/weekly/live_decisions.sql", requires=(), target=target, decided_after=after, **as_of.parameters())


def matured_decisions(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """The same for the first night of each of the newest `matured_weeks` weeks whose outcome windows are over, with labels."""
    declared = policy.targets[target]
    on = as_of.date - dt.timedelta(days=declared.window_days)
    return sql_file(
        "pql/bias/weekly/matured_decisions.sql", requires=(target_starts(as_of=as_of, policy=policy, target=target),),
        target=target, matured_on=on, matured_after=on - policy.weekly_bias.matured_weeks * WEEK, gap_days=declared.gap_days,
        window_days=declared.window_days, **as_of.parameters(),
    )  # fmt: skip


def routed_leads(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """One row a lead of the last `routing_weeks` weeks: held_back, left_alone, breached, hours_to_contact and its groups."""
    after = as_of.date - policy.weekly_bias.routing_weeks * WEEK
    return sql_file("pql/bias/weekly/routed_leads.sql", requires=(), target=target, routed_after=after, **as_of.parameters())


def lead_answers(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """What sales answered in the last `scan_weeks` complete weeks from Monday on: week, origin, accepted, reason, the groups."""
    before = complete_before(as_of.date)
    people = sql_file("pql/features/people.sql", requires=(known_users(as_of), known_accounts(as_of)), **as_of.parameters())
    return sql_file(
        "pql/bias/weekly/lead_answers.sql", requires=(people, known_crm_outcomes(as_of)), target=target,
        answered_from=before - policy.weekly_bias.scan_weeks * WEEK, answered_before=before, **as_of.parameters(),
    )  # fmt: skip


def past_audits(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """The judged contrasts of the last trainings, oldest first, with the dates that each was tested on."""
    return sql_file(
        "pql/bias/weekly/past_audits.sql", requires=(), target=target, trainings=policy.weekly_bias.history_trainings,
        **as_of.parameters(),
    )  # fmt: skip


def complete_before(day: dt.date) -> dt.date:
    """The Monday before which every week is complete at the end of `day`.

    >>> complete_before(dt.date(2025, 3, 30)), complete_before(dt.date(2025, 3, 31))
    (datetime.date(2025, 3, 31), datetime.date(2025, 3, 31))
    """
    following = day + dt.timedelta(days=1)
    return following - dt.timedelta(days=following.weekday())


def live_failures(as_of: AsOf) -> Query:
    """What of the day's live decisions lies beyond a protected limit, in words."""
    text = """select metric || ' of ' || attribute || '=' || grp || ' (' || period || ', ' || stage || '): ' || reason
        from pql.live_bias where as_of = $as_of and status = 'protected' and verdict = 'fail'
        order by period desc, stage desc, attribute, grp, metric"""
    return Query("live_failures", text, as_of.parameters())


def routing_failures(as_of: AsOf) -> Query:
    """How teams treat a protected group worse, in words; a period that is over does not count."""
    text = """select metric || ' of ' || attribute || '=' || grp || ': ' || reason
        from pql.routing_bias where as_of = $as_of and status = 'protected' and verdict = 'fail'
        order by period, metric, attribute, grp"""
    return Query("routing_failures", text, as_of.parameters())


def lasting_gaps(as_of: AsOf) -> Query:
    """The challenger's persistent gaps, in words."""
    text = """select metric || ' of ' || attribute || '=' || grp || ': ' || reason
        from pql.bias_history where as_of = $as_of and status = 'protected' and verdict = 'fail' and scorer = 'model'
        order by metric, attribute, grp"""
    return Query("lasting_gaps", text, as_of.parameters())


def protected_history(as_of: AsOf) -> Query:
    """The challengers' protected selection rates over the nights up to `as_of`, for the chart; a training counts once."""
    text = """select trained_on as as_of, version, attribute, grp, metric, min(difference) as difference, min(ci_low) as ci_low,
            min(ci_high) as ci_high
        from pql.bias_history
        where as_of <= $as_of and status = 'protected' and scorer = 'model' and metric = 'selection_rate'
        group by trained_on, version, attribute, grp, metric
        order by attribute, grp, trained_on"""
    return Query("protected_history", text, as_of.parameters())


def protected_outcomes(as_of: AsOf) -> Query:
    """The shares of protected groups' leads by outcome, for the chart; only groups that are large enough."""
    text = """select period, first_on, last_on, attribute, grp, metric, n, value_group, value_rest, verdict from pql.routing_bias
        where as_of = $as_of and status = 'protected' and metric <> 'hours_to_contact' and value_group is not null
            and (period = 'window' or verdict in ('fail', 'warn'))
        order by metric, attribute, grp, period"""
    return Query("protected_outcomes", text, as_of.parameters())


def live_selection(as_of: AsOf) -> Query:
    """The contrasts of last nights' selection rates, for the chart: single attributes that have figures."""
    text = """select attribute, grp as group_value, difference, ci_low, ci_high, verdict from pql.live_bias
        where as_of = $as_of and period = 'recent' and stage = 'qualified' and metric = 'selection_rate'
            and attribute not like '% & %' and difference is not null and verdict is not null
        order by attribute, grp"""
    return Query("live_selection", text, as_of.parameters())
