"""The activation score, by user and by age, and what its weights are learned from, as known at `as_of`.

Learning and comparing weeks are calls on plain tables, in `learning.py` and `calls.py`; the milestone as a rule is evaluated in
`behavior`.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.activation.policy import ActivationPolicy
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.ingest.known import known_accounts, known_invites, known_users
from plg_orchestration.warehouse import Query, lasting, sql_file


def activation_scores(*, as_of: AsOf, policy: ActivationPolicy) -> Query:
    """Rows of `cohorts.activation_scores`: users from their signup's day (day 0) to day `window_days`.

    Progress is the weighted share of the onboarding steps done, core workflow the core events against the level that retained
    users had by the end of the same day, collaboration the first invite, the first share and a second active user of the account
    (active at most `window_days` days before the user's signup). An input that the workspace cannot show is null, and the others
    count for all. Learned weights are those of `cohorts.activation_weights` of the same day.
    """
    first = as_of.date - dt.timedelta(days=policy.window_days)
    parameters = _parameters(as_of, policy, first, as_of.date)
    requires = (known_users(as_of), known_accounts(as_of), *_scored(as_of, policy))
    return sql_file("cohorts/activation/activation_scores.sql", requires=requires, **parameters)


def activation_by_age(*, as_of: AsOf, policy: ActivationPolicy) -> Query:
    """Rows of `cohorts.activation_by_age`: the last `cohort_weeks` ISO weeks of signups at the end of days 1, 2, 3, 7, 14, 30."""
    parameters = _parameters(as_of, policy, _first_monday(as_of, policy), as_of.date)
    return sql_file("cohorts/activation/activation_by_age.sql", requires=_scored(as_of, policy), **parameters)


def activation_velocity(*, as_of: AsOf, policy: ActivationPolicy) -> Query:
    """Rows of `cohorts.activation_velocity`: hours from signup to the threshold, by signup week.

    A user is watched until the cut, at most until day `window_days` is over. The instant is that of the step, invite, share or
    teammate that brought the score there; where core events did, that of the day's last activity.
    """
    parameters = _parameters(as_of, policy, _first_monday(as_of, policy), as_of.date)
    return sql_file("cohorts/activation/activation_velocity.sql", requires=_scored(as_of, policy), **parameters)


def weight_rows(*, as_of: AsOf, policy: ActivationPolicy) -> Query:
    """What weights are learned from: user_id, cluster (account, else user), retained, progress, workflow, collaboration.

    Users of the last `learning.cohort_days` signup days whose retention is known; inputs at the end of day `learning.age_days`.
    """
    first, last = _mature(as_of, policy, policy.learning.cohort_days)
    parameters = _parameters(as_of, policy, first, last)
    return sql_file("cohorts/activation/weight_rows.sql", requires=_scored(as_of, policy), **parameters)


def shift_rows(*, as_of: AsOf) -> Query:
    """The day's rows of `cohorts.signup_cohorts` for users, in which weeks that differ are looked for."""
    return sql_file("cohorts/activation/shift_rows.sql", requires=(), **as_of.parameters())


def _scored(as_of: AsOf, policy: ActivationPolicy) -> tuple[Query, ...]:
    """Everybody whom one of the tables follows, who of them came back, the score by age, and when it reached the threshold.

    They last, so that the tables of a night share one path; each of these takes the users of its own signup days.
    """
    parameters = _parameters(as_of, policy, as_of.date, as_of.date)
    who = (known_users(as_of), signups(as_of=as_of))
    users = lasting(sql_file("cohorts/activation/score_users.sql", requires=who, **parameters))
    days = sql_file("cohorts/activation/score_days.sql", requires=(users,), **parameters)
    returned = lasting(sql_file("cohorts/activation/score_returned.sql", requires=(days,), **parameters))
    steps = sql_file("cohorts/activation/score_steps.sql", requires=(), **parameters)
    shown = (known_users(as_of), known_invites(as_of), steps)
    terms = sql_file("cohorts/activation/score_terms.sql", requires=shown, **parameters)
    levels = sql_file("cohorts/activation/core_levels.sql", requires=(days, returned), **parameters)
    moved = (known_invites(as_of), users, days, steps, terms)
    changes = sql_file("cohorts/activation/score_changes.sql", requires=moved, **parameters)
    path = sql_file("cohorts/activation/score_path.sql", requires=(users, terms, levels, changes), **parameters)
    ends = lasting(sql_file("cohorts/activation/score_ends.sql", requires=(path, levels), **parameters))
    crossings = lasting(sql_file("cohorts/activation/score_crossings.sql", requires=(path,), **parameters))
    return users, returned, ends, crossings


def _parameters(as_of: AsOf, policy: ActivationPolicy, first: dt.date, last: dt.date) -> dict[str, object]:
    """What the files of this folder name, for a table of users who signed up from `first` to `last`."""
    reference_first, reference_last = _mature(as_of, policy, policy.reference.cohort_days)
    learning_first, _ = _mature(as_of, policy, policy.learning.cohort_days)
    followed = as_of.date - dt.timedelta(days=policy.window_days)
    shared, weights = policy.collaboration, policy.weights
    return as_of.parameters() | {
        "path_first": min(followed, _first_monday(as_of, policy), reference_first, learning_first),
        "first_date": first, "last_date": last, "window_days": policy.window_days, "threshold": policy.threshold,
        "reference_first": reference_first, "reference_last": reference_last, "minimum": policy.reference.minimum,
        "core_per_day": policy.reference.core_events_per_day,
        "retained_day": policy.retained.day, "retained_days": policy.retained.days, "extra_age": policy.learning.age_days,
        "progress_weight": weights["progress"], "workflow_weight": weights["workflow"],
        "collaboration_weight": weights["collaboration"], "invite_points": shared["invite_sent"],
        "share_points": shared["collaboration"], "team_points": shared["second_active_user"],
        "members": policy.high_potential.members, "ideal": policy.high_potential.ideal,
        "trigger_hours": policy.trigger.hours, "cooldown_days": policy.trigger.cooldown_days,
    }  # fmt: skip


def _mature(as_of: AsOf, policy: ActivationPolicy, days: int) -> tuple[dt.date, dt.date]:
    """The first and last of so many signup days whose retention is known."""
    last = as_of.date - dt.timedelta(days=policy.retained.mature_after)
    return last - dt.timedelta(days=days - 1), last


def _first_monday(as_of: AsOf, policy: ActivationPolicy) -> dt.date:
    monday = as_of.date - dt.timedelta(days=as_of.date.weekday())
    return monday - dt.timedelta(weeks=policy.cohort_weeks - 1)
