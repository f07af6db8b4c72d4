"""The governance stage's queries: devices, suspected signups, and each control metric with its parameters bound.

What a figure means for a control is decided in `controls.py`.
"""

import datetime as dt
from collections.abc import Callable
from importlib import import_module

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.control_metric import ControlMetric
from plg_orchestration.governance.policy import GovernancePolicy, Limits
from plg_orchestration.warehouse import Query, sql_file

MONTH_DAYS = 30


def fingerprints(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `governance.fingerprints` received on the day, or from `first` to it: user, device, first time a day."""
    return sql_file("governance/abuse/fingerprints.sql", requires=(), **as_of.parameters(), first=first or as_of.date)


def suspects(*, as_of: AsOf, policy: GovernancePolicy) -> Query:
    """Rows of `governance.suspects`: signups of the window that a rule takes for fake, with the evidence.

    Rules: a throw-away mail domain; more signups on one device within 24 hours than `signups_per_device`; a ring of at least
    `ring_members` people on one device who sent each other at least `ring_invites` invitations.
    """
    from plg_orchestration.ingest.known import known_invites, known_users

    requires = (known_users(as_of), known_invites(as_of))
    return sql_file(
        "governance/abuse/suspects.sql", requires=requires, **as_of.parameters(), **limit_parameters(policy.limits, as_of)
    )


def metric_query(metric: ControlMetric, *, as_of: AsOf, policy: GovernancePolicy) -> Query:
    """The query of a control metric: one row of value, numerator, denominator, detail and, for some, judged."""
    requires = (
        *(_known(name)(as_of) for name in metric.known),
        *(_shared(name, as_of=as_of, policy=policy) for name in metric.shared),
    )
    parameters = {**as_of.parameters(), **limit_parameters(policy.limits, as_of), **metric.constants}
    return sql_file(metric.path, requires=requires, **parameters)


def limit_parameters(limits: Limits, as_of: AsOf) -> dict[str, object]:
    """What the SQL files name: limits as they are, and windows as their first instant (`_start`) or the day before (`_date`)."""
    from plg_orchestration.experiments.sequential import tightness

    values: dict[str, object] = {
        "consent_start": as_of.minus(limits.consent_window_days).cut,
        "signup_start": as_of.minus(limits.signup_window_days).cut,
        "signup_date": as_of.minus(limits.signup_window_days - 1).date,
        "watch_date": as_of.minus(limits.exposure_window_days).date,
        "exposure_start": as_of.minus(limits.exposure_window_days).cut,
        "decision_date": as_of.minus(limits.decision_window_days).date,
        "uptime_date": as_of.minus(limits.uptime_window_days).date,
        "month_date": as_of.minus(MONTH_DAYS).date,
        "retention_rho2": tightness(limits.retention_alpha, limits.retention_tuned_for),
    }
    return {**limits.model_dump(), **values}


def _known(name: str) -> Callable[[AsOf], Query]:
    return getattr(import_module("plg_orchestration.ingest.known"), name)


def _shared(name: str, *, as_of: AsOf, policy: GovernancePolicy) -> Query:
    from plg_orchestration.experiments.queries import experiment_units

    if name == "governance.suspects":
        return suspects(as_of=as_of, policy=policy)
    if name == "experiments.experiment_units":
        return experiment_units(as_of=as_of, watch_days=policy.limits.exposure_window_days)
    raise ValueError(f"a control metric cannot read {name!r}; known are governance.suspects, experiments.experiment_units")
