"""What goes before staying, leaving and paying: the counts over bounded windows, as known at `as_of`.

What the counts say (lifts, effects, intervals) is in `golden.py`, `friction.py`, `gates.py` and `associations.py`; calls on plain
tables stand in `calls.py`. `stored`: whether `behavior.activity` holds the day, so that it need not be computed.
"""

import datetime as dt

from plg_orchestration.behavior.queries import activity, feature_activity
from plg_orchestration.clock import AsOf, midnight
from plg_orchestration.cohorts.paths.policy import Associations, Friction, Gates, GoldenPath
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.ingest.known import known_subscriptions
from plg_orchestration.warehouse import Query, sql_file

EVER = dt.date(1900, 1, 2)


def path_span(as_of: AsOf, policy: GoldenPath) -> dict[str, object]:
    """The parameters of the golden path: its first and last day of signups, and its windows."""
    last = as_of.date - dt.timedelta(days=policy.stay_day + policy.wait_days)
    first = last - dt.timedelta(days=policy.cohort_days - 1)
    windows: dict[str, object] = {"first_days": policy.first_days, "stay_day": policy.stay_day}
    return as_of.parameters() | windows | {"first_date": first, "last_date": last}


def friction_span(as_of: AsOf, policy: Friction) -> dict[str, object]:
    """The parameters of friction: the first day of signups and the window."""
    first = as_of.date - dt.timedelta(days=policy.cohort_days + policy.window_days - 1)
    return as_of.parameters() | {"first_date": first, "window_days": policy.window_days}


def path_counts(*, as_of: AsOf, policy: GoldenPath, stored: bool = False) -> Query:
    """How many of those who stayed, and of the others, took each step and each transition.

    Columns: kind, from_step, to_step, place, stayers_did, stayers, others_did, others, median_hours.
    """
    span = path_span(as_of, policy)
    reached = sql_file("cohorts/paths/path_activations.sql", requires=(), **span)
    required = (signups(as_of=as_of), reached, activity(as_of=as_of, stored=stored))
    members = sql_file("cohorts/paths/path_members.sql", requires=required, **span)
    steps = sql_file("cohorts/paths/path_steps.sql")
    times = sql_file("cohorts/paths/path_times.sql", requires=(members, steps), **span)
    return sql_file("cohorts/paths/path_counts.sql", requires=(times,), **span)


def friction_counts() -> Query:
    """Per onboarding step and stratum (segment): who reached, completed and left it, and the sums of the comparison over time.

    Reads the relations of `friction_parts`. Columns: place, step, stratum, reached, completed, lost, at_risk, activated_without,
    activated_with, sum_with, sum_without, sum_spread, hazard.
    """
    return sql_file("cohorts/paths/friction_counts.sql")


def friction_end() -> Query:
    """Who completed every onboarding step, activated, and did not: reached, completed, lost; reads those relations too."""
    return sql_file("cohorts/paths/friction_end.sql")


def friction_parts(*, as_of: AsOf, policy: Friction) -> tuple[Query, ...]:
    """The relations friction_steps, friction_members and friction_times."""
    span = friction_span(as_of, policy)
    reached = sql_file("cohorts/paths/path_activations.sql", requires=(), **span)
    steps = sql_file("cohorts/paths/friction_steps.sql")
    members = sql_file("cohorts/paths/friction_members.sql", requires=(signups(as_of=as_of), reached), **span)
    times = sql_file("cohorts/paths/friction_times.sql", requires=(steps, members), **span)
    return (steps, members, times)


def paid_spans(*, as_of: AsOf) -> Query:
    """When each account, or user without one, pays: unit, unit_id, paid_from, paid_until."""
    requires = (known_subscriptions(as_of), signups(as_of=as_of))
    return sql_file("cohorts/paths/paid_spans.sql", requires=requires, **as_of.parameters())


def gates(*, as_of: AsOf, policy: Gates, stored: bool = False) -> Query:
    """Exposures to limits, the price, prompts and guidance, and what followed, beside those not exposed.

    Columns: kind, item, bucket, window_days, exposed, mature_exposed, converted, others, others_converted, persons_per_other.
    """
    first = as_of.date - dt.timedelta(days=policy.exposure_days - 1)
    parameters = as_of.parameters() | {
        "exposed_from": midnight(first, as_of.timezone), "lookback_days": policy.lookback_days, "first_date": EVER,
        "before_from": first - dt.timedelta(days=policy.lookback_days), "guidance_days": policy.guidance_days,
        "weeks": policy.exposure_days // 7, "windows": list(policy.windows),
    }  # fmt: skip
    firsts = sql_file("cohorts/paths/first_prompts.sql", requires=(signups(as_of=as_of),), **parameters)
    reached = sql_file("cohorts/paths/path_activations.sql", requires=(), **parameters)
    paid = paid_spans(as_of=as_of)
    exposures = sql_file("cohorts/paths/gate_exposures.sql", requires=(paid, firsts, reached), **parameters)
    weeks = sql_file("cohorts/paths/gate_weeks.sql", requires=(paid, activity(as_of=as_of, stored=stored)), **parameters)
    compared = sql_file("cohorts/paths/gate_comparisons.sql", requires=(exposures, weeks), **parameters)
    return sql_file("cohorts/paths/gates.sql", requires=(exposures, compared), **parameters)


def feature_counts(*, as_of: AsOf, policy: Associations, stored: bool = False, features_stored: bool = False) -> Query:
    """Per core feature, unit, period (past: use before conversion; now: use by who pays) and stratum, the four counts.

    Columns: feature, unit, period, stratum, used_with, used_without, unused_with, unused_without.
    `features_stored`: whether `behavior.feature_activity` holds the day.
    """
    used_to = as_of.date - dt.timedelta(days=policy.conversion_days)
    parameters = as_of.parameters() | {
        "conversion_days": policy.conversion_days, "used_to": used_to,
        "usage_mask": (1 << policy.usage_days) - 1,
        "converted_from": midnight(used_to + dt.timedelta(days=1), as_of.timezone),
    }  # fmt: skip
    required = (paid_spans(as_of=as_of), activity(as_of=as_of, stored=stored))
    units = sql_file("cohorts/paths/feature_units.sql", requires=required, **parameters)
    masks = feature_activity(as_of=as_of, stored=features_stored)
    used = sql_file("cohorts/paths/feature_use.sql", requires=(masks,), **parameters)
    return sql_file("cohorts/paths/feature_counts.sql", requires=(units, used), **parameters)
