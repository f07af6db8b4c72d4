"""The governance stage's queries: each control metric with its parameters bound; those of a subject stand beside it.

What a figure means for a control is decided in `controls.py`.
"""

from collections.abc import Callable
from importlib import import_module

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.control_metric import ControlMetric
from plg_orchestration.governance.policy import GovernancePolicy, Limits
from plg_orchestration.warehouse import Query, sql_file

MONTH_DAYS = 30


def register_days(*, as_of: AsOf, days: int = 90) -> Query:
    """Each stored day of the last `days`: as_of, risk_id, residual_score, and how many of its controls had failed."""
    return sql_file("governance/register/register_days.sql", requires=(), as_of=as_of.date, after=as_of.minus(days).date)


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
        "watch_date": as_of.minus(limits.exposure_window_days).date,
        "exposure_start": as_of.minus(limits.exposure_window_days).cut,
        "decision_date": as_of.minus(limits.decision_window_days).date,
        "uptime_date": as_of.minus(limits.uptime_window_days).date,
        "month_date": as_of.minus(MONTH_DAYS).date,
        "quarter_date": as_of.minus(90).date,
        "year_date": as_of.minus(365).date,
        "retention_rho2": tightness(limits.retention_alpha, limits.retention_tuned_for),
    }
    return {**limits.model_dump(), **values}


def _known(name: str) -> Callable[[AsOf], Query]:
    return getattr(import_module("plg_orchestration.ingest.known"), name)


def _shared(name: str, *, as_of: AsOf, policy: GovernancePolicy) -> Query:
    from plg_orchestration.experiments.queries import experiment_units
    from plg_orchestration.governance.vendors.queries import registered_vendors

    if name == "experiments.experiment_units":
        return experiment_units(as_of=as_of, watch_days=policy.limits.exposure_window_days)
    if name == "governance.registered_vendors":
        return registered_vendors(as_of=as_of)
    known = "governance.registered_vendors, experiments.experiment_units"
    raise ValueError(f"a control metric cannot read {name!r}; known are {known}")
