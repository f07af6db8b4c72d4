"""What the workspace's own past says about its experiments: whether A/A splits look alike, and what a unit more is worth."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.experiments import queries
from plg_orchestration.experiments.estimates import Codes, difference
from plg_orchestration.experiments.material import MEASURED
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
from plg_orchestration.experiments.revenue import Stake
from plg_orchestration.experiments.self_check import SelfCheck, self_check
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse

ROUNDS, SEED, CONFIDENCE = 2000, 7, 0.999
"""The seed is the same every night, so that the check moves with the data and not with the draws."""
LEAST = 200
"""Fewer people with a known outcome say nothing about the machinery."""


def self_check_rows(warehouse: Warehouse, *, as_of: AsOf, policy: ExperimentPolicy) -> list[dict[str, object]]:
    """Rows of `experiments.self_checks`: A/A splits of past people on each metric that read-outs judge.

    Unavailable when nothing is registered, or too few people have signed up.
    """
    if not policy.experiments:
        raise Unavailable("no experiment is registered, so that no read-out has to be checked")
    past = warehouse.frame(queries.past_units(as_of=as_of))
    if len(past) < LEAST:
        raise Unavailable(f"{len(past)} people signed up long enough ago; {LEAST} are needed")
    return list(_checks(past, as_of, policy))


def _checks(past: pd.DataFrame, as_of: AsOf, policy: ExperimentPolicy) -> Iterator[dict[str, object]]:
    clusters, alpha = _accounts(past), policy.read_out.alpha
    for metric in MEASURED:
        outcome = past[metric].to_numpy(dtype=np.float64)
        found = self_check(
            outcome, kind="rate", clusters=clusters, alpha=alpha, rounds=ROUNDS, seed=SEED, confidence=CONFIDENCE
        )  # fmt: skip
        yield {
            "as_of": as_of.date, "metric": metric, "units": len(past), "clusters": int(clusters.max()) + 1, "rounds": ROUNDS,
            "alpha": alpha, "false_alarms": found.false_alarms, "low": found.low, "high": found.high,
            "verdict": str(Verdict.PASS if found.passed else Verdict.WARN), "reason": _said(found, alpha),
        }  # fmt: skip


def _said(found: SelfCheck, alpha: float) -> str:
    share = f"{found.false_alarms:.1%} of {found.rounds:,} A/A splits differ ({found.low:.1%} to {found.high:.1%})"
    if found.passed:
        return f"{share}; {alpha:.0%} are promised"
    more = "more often" if found.false_alarms > alpha else "less often"
    return f"{share}, {more} than the {alpha:.0%} that are promised: read-outs on this metric are not to be trusted"


def stakes(warehouse: Warehouse, *, as_of: AsOf, currency: str) -> dict[str, Stake]:
    """What a unit more is worth, by metric: MRR of people with the outcome less that of people without, cohort size 1.

    Empty where revenue is not known in one currency. It is what went along with the outcome in the past, not proven to follow.
    """
    if not warehouse.exists("revenue.mrr_daily"):
        return {}
    past = warehouse.frame(queries.past_revenue(as_of=as_of, currency=currency))
    if not len(past):
        return {}
    clusters, made = _accounts(past), dict[str, Stake]()
    for metric in MEASURED:
        reached = past[metric].to_numpy(dtype=np.float64) == 1.0
        if min(len(np.unique(clusters[side])) for side in (reached, ~reached)) < 2:
            continue
        gap = difference(past["mrr"].to_numpy(dtype=np.float64), reached, kind="mean", clusters=clusters)
        made[metric] = Stake(gap.difference, 1.0, gap.error)
    return made


def stake_of(experiment: Experiment, worth: dict[str, Stake], cohort: int) -> Stake | None:
    """The stake of an experiment on users: what one of its units is worth, for all of them; None where it is not known."""
    found = worth.get(experiment.metric)
    if found is None or experiment.unit != "user" or not cohort:
        return None
    return Stake(found.arpu_delta, float(cohort), found.arpu_delta_error)


def _accounts(past: pd.DataFrame) -> Codes:
    """A code per account; a person without one is its own."""
    named = past["account_id"].where(past["account_id"].notna(), "\0" + past["unit_id"].astype(str))
    return pd.factorize(named)[0].astype(np.int64)
