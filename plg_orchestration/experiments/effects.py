"""How the effect on the primary metric grew day by day, with the interval that holds at every look.

The past days are drawn from what is known tonight: what each day's look would have said of the same units.
"""

import datetime as dt
from collections.abc import Iterator

import numpy as np

from plg_orchestration.clock import AsOf
from plg_orchestration.experiments.estimates import difference
from plg_orchestration.experiments.material import MEASURED, Material, measures_of
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
from plg_orchestration.experiments.samples import Sample, sample
from plg_orchestration.experiments.sequential import always_valid_halfwidth

Row = dict[str, object]


def effect_rows(experiment: Experiment, material: Material, policy: ExperimentPolicy) -> Iterator[Row]:
    """Rows of `experiments.effects`: an arm's effect on each day on which units became mature, once there are enough of them."""
    if experiment.metric not in MEASURED:
        return
    exposures, outcomes = material.of(experiment)
    cluster = "account_id" if experiment.unit == "user" else None
    measures = measures_of(experiment, policy)[:1]
    found = sample(
        exposures, outcomes, weights=experiment.arms, cut=material.as_of.cut, measures=measures, cluster=cluster, segments=()
    )  # fmt: skip
    for arm in sorted(arm for arm, weight in experiment.arms.items() if weight > 0 and arm != experiment.control):
        yield from _days(found, experiment, arm, material.as_of, policy)


def _days(found: Sample, experiment: Experiment, arm: str, as_of: AsOf, policy: ExperimentPolicy) -> Iterator[Row]:
    rules = policy.read_out
    measure = measures_of(experiment, policy)[0]
    outcome = found.column(measure.source)
    known = ~np.isnan(outcome) & (found.arm(arm) | found.arm(experiment.control))
    ripe = (found.rows["exposed_at"] + measure.matures_after).to_numpy(dtype="datetime64[us]")
    covariate = found.column(measure.covariate) if measure.covariate else None
    before = -1
    for day in range((as_of.date - experiment.starts).days + 1):
        date = experiment.starts + dt.timedelta(days=day)
        here = known & (ripe <= np.datetime64(AsOf(date, as_of.timezone).cut, "us"))
        treated = found.arm(arm)[here]
        n, n_control = int(treated.sum()), int((~treated).sum())
        if n + n_control == before or min(n, n_control) < rules.min_units:
            continue
        before = n + n_control
        clusters = None if found.clusters is None else np.unique(found.clusters[here], return_inverse=True)[1].astype(np.int64)
        if clusters is not None and min(len(np.unique(clusters[side])) for side in (treated, ~treated)) < rules.min_clusters:
            continue
        made = difference(
            outcome[here], treated, kind=measure.kind, covariate=None if covariate is None else covariate[here], clusters=clusters
        )  # fmt: skip
        if not made.error > 0:
            continue
        half = float(always_valid_halfwidth(made.error, made.independent, alpha=rules.alpha, tuned_for=rules.tuned_for))
        low, high = made.interval(1 - rules.alpha)
        yield {
            "as_of": as_of.date, "experiment": experiment.name, "arm": arm, "metric": measure.name, "date": date, "day": day + 1,
            "n": n, "n_control": n_control, "difference": made.difference, "ci_low": low, "ci_high": high,
            "always_valid_low": made.difference - half, "always_valid_high": made.difference + half,
        }  # fmt: skip
