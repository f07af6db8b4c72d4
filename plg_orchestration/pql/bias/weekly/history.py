"""Whether a gap persists over trainings: the newest run beyond the limit, since when, and what independent trainings say.

Trainings a night apart are tested on nearly the same rows, so a run of thirty is one finding, not thirty. Only trainings whose
test rows and outcome windows do not overlap are pooled.
"""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.bias.weekly.queries import past_audits
from plg_orchestration.pql.bias.weekly.tables import BIAS_HISTORY
from plg_orchestration.pql.mitigation.fairness import multiple
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse

Z = 1.959963984540054


@dataclass(frozen=True)
class Past:
    """A group's contrast in one training."""

    trained_on: dt.date
    version: str
    difference: float
    low: float
    high: float
    ratio: float | None
    test_from: dt.date
    test_to: dt.date


@dataclass(frozen=True)
class Pooled:
    """A difference pooled over trainings with its 95 % limits."""

    value: float
    low: float
    high: float


def bias_history(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.bias_history` from the audits of the newest trainings; groups that never had figures have none."""
    audits = warehouse.frame(past_audits(as_of=as_of, policy=policy, target=target))
    shown = audits[audits["difference"].notna() & audits["ci_low"].notna()]
    gap = policy.targets[target].window_days
    rows = [
        {**dict(zip(("scorer", "attribute", "grp", "metric"), key, strict=True)), **row}
        for key, own in shown.groupby(["scorer", "attribute", "grp", "metric"], sort=True)
        for row in _history(own, str(key[3]), gap, policy)
    ]
    made = pd.DataFrame(rows, dtype=object).assign(as_of=as_of.date, target=target)
    return made.reindex(columns=list(BIAS_HISTORY.column_names)).astype(object)


def _history(own: pd.DataFrame, metric: str, gap_days: int, policy: PqlPolicy) -> Iterator[dict[str, object]]:
    past = [
        Past(
            _date(r["as_of"]), str(r["version"]), float(r["difference"]), float(r["ci_low"]), float(r["ci_high"]),
            None if pd.isna(r["ratio"]) else float(r["ratio"]), _date(r["test_from"]), _date(r["test_to"]),
        )
        for r in own.to_dict("records")
    ]  # fmt: skip
    newest, run = past[-1], newest_run(past, metric, policy.bias)
    apart = independent(past, gap_days=gap_days)
    together = pooled(apart)
    verdict, reason = judged(apart, together, run, metric, policy)
    yield {
        "status": own["status"].iloc[-1], "trained_on": newest.trained_on, "version": newest.version,
        "difference": newest.difference, "ci_low": newest.low, "ci_high": newest.high, "trainings": len(past), "run": len(run),
        "since": run[0].trained_on if run else None, "independent": len(apart), "pooled": round(together.value, 9),
        "pooled_low": round(together.low, 9), "pooled_high": round(together.high, 9), "verdict": verdict.value, "reason": reason,
    }  # fmt: skip


def newest_run(past: list[Past], metric: str, policy: BiasPolicy) -> list[Past]:
    """The newest trainings in a row whose gap is beyond the limit on the same side, oldest first."""
    run: list[Past] = []
    for one in reversed(past):
        beyond = multiple(metric, one.difference, one.ratio, policy) >= 1
        if not beyond or (run and (one.difference < 0) != (run[0].difference < 0)):
            break
        run.append(one)
    return run[::-1]


def independent(past: list[Past], *, gap_days: int) -> list[Past]:
    """The newest training and, going back, every one whose test rows and outcome windows end before the next test begins."""
    chosen: list[Past] = []
    for one in reversed(past):
        if not chosen or one.test_to + dt.timedelta(days=gap_days) <= chosen[-1].test_from:
            chosen.append(one)
    return chosen[::-1]


def pooled(past: list[Past]) -> Pooled:
    """The random-effects estimate of DerSimonian and Laird (1986); of a single training its own interval."""
    if len(past) == 1:
        return Pooled(past[0].difference, past[0].low, past[0].high)
    variances = [max(((one.high - one.low) / (2 * Z)) ** 2, 1e-12) for one in past]
    weights = [1 / v for v in variances]
    fixed = sum(w * one.difference for w, one in zip(weights, past, strict=True)) / sum(weights)
    spread = sum(w * (one.difference - fixed) ** 2 for w, one in zip(weights, past, strict=True))
    scale = sum(weights) - sum(w * w for w in weights) / sum(weights)
    between = max((spread - (len(past) - 1)) / scale, 0.0)
    weights = [1 / (v + between) for v in variances]
    value = sum(w * one.difference for w, one in zip(weights, past, strict=True)) / sum(weights)
    reach = Z / math.sqrt(sum(weights))
    return Pooled(value, value - reach, value + reach)


def judged(apart: list[Past], together: Pooled, run: list[Past], metric: str, policy: PqlPolicy) -> tuple[Verdict, str]:
    """Whether the gap is persistent: the pooled interval lies beyond the limit, over enough independent trainings."""
    limit = policy.bias.parity_difference if metric == "selection_rate" else policy.bias.equal_opportunity_difference
    wanted = policy.weekly_bias.independent_trainings
    figures = f"pooled difference {together.value:+.3f} [{together.low:+.3f}, {together.high:+.3f}], limit {limit:g}"
    lasting = f"; beyond a limit in the last {len(run)} trainings, since {run[0].trained_on}" if run else ""
    if len(apart) < wanted:
        few = f"trainings overlap: {len(apart)} of them independent, {wanted} are needed to call a gap persistent"
        return Verdict.INSUFFICIENT, f"{few}; {figures}{lasting}"
    if max(together.low, -together.high) > limit:
        return Verdict.FAIL, f"persistent over {len(apart)} independent trainings: {figures}{lasting}"
    if abs(together.value) >= limit or run:
        return Verdict.WARN, f"not surely persistent: {figures}{lasting}"
    return Verdict.PASS, figures


def _date(value: object) -> dt.date:
    return pd.Timestamp(str(value)).date()
