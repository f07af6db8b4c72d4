"""How far a selection of rows lies from the limits on its protected contrasts: one figure for the contest, and the evidence.

The contrasts are those of the audit (`bias`); limits and minimum sizes are its policy.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from plg_orchestration.pql.bias.attributes import parts
from plg_orchestration.pql.bias.contrasts import audit_bias
from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.mitigation.method import Failure, groups_of
from plg_orchestration.pql.training.metrics import Flags, Floats
from plg_orchestration.verdicts import Verdict

ORDER = (Verdict.FAIL, Verdict.INSUFFICIENT, Verdict.WARN, Verdict.PASS)
EVIDENCE = ("attribute", "grp", "metric", "difference", "ratio", "verdict")
LOWEST_RATIO = 0.01
"""Ratios count as no farther from 1 than this, so that a group without a single selection gives a number."""


@dataclass(frozen=True)
class Fairness:
    """The protected contrasts of a selection: the worst verdict, what fails, and the largest gaps of those that are formed.

    `disparity` is the largest gap as a multiple of its limit (1 is at the limit); None without any formed contrast.
    """

    verdict: str
    failures: tuple[Failure, ...]
    disparity: float | None
    parity_difference: float | None
    parity_ratio: float | None
    opportunity_difference: float | None
    contrasts: str


def fairness_of(
    rows: pd.DataFrame, score: Floats, selected: Flags, *, attributes: Sequence[str], policy: BiasPolicy
) -> Fairness:  # fmt: skip
    """The protected contrasts on `rows` (label, account_id and the attributes' columns) when `selected` are the leads."""
    names = sorted({name for attribute in attributes for name in parts(attribute)})
    predictions = rows[["label", "account_id", *names]].assign(score=score, selected=selected)
    audit = audit_bias(predictions, attributes=list(attributes), policy=policy)
    judged: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()}
        for row in audit.astype(object).where(audit.notna(), None).to_dict("records")
        if row["status"] == "protected" and row["verdict"] is not None
    ]
    found = {row["verdict"] for row in judged}
    formed = [row for row in judged if row["difference"] is not None]
    parity = [row for row in formed if row["metric"] == "selection_rate"]
    opportunity = [abs(row["difference"]) for row in formed if row["metric"] == "true_positive_rate"]
    return Fairness(
        next((v.value for v in ORDER if v.value in found), Verdict.INSUFFICIENT.value),
        tuple(_failure(row, predictions) for row in judged if _fails(row, policy)),
        max((multiple(row["metric"], row["difference"], row["ratio"], policy) for row in formed), default=None),
        max((abs(row["difference"]) for row in parity), default=None),
        min((folded(row["ratio"]) for row in parity), default=None), max(opportunity, default=None),
        json.dumps([{name: row[name] for name in EVIDENCE} for row in judged]),
    )  # fmt: skip


def multiple(metric: str, difference: float, ratio: float | None, policy: BiasPolicy) -> float:
    """The gap as a multiple of its limit: over 1 it is beyond, 0 is parity. A selection rate has two limits; the worse counts.

    >>> from plg_orchestration.config.section import load_default
    >>> from plg_orchestration.pql.policy import PqlPolicy
    >>> multiple("selection_rate", -0.05, 0.64, load_default("pql", PqlPolicy).bias)
    2.0
    """
    if metric != "selection_rate":
        return round(abs(difference) / policy.equal_opportunity_difference, 9)
    by_ratio = math.log(folded(ratio)) / math.log(policy.parity_ratio) if 0 < policy.parity_ratio < 1 else 0.0
    return round(max(abs(difference) / policy.parity_difference, by_ratio), 9)


def folded(ratio: float | None) -> float:
    """A ratio or its inverse, whichever is under 1; no ratio (nobody else was selected) is as far as can be."""
    if ratio is None or ratio <= LOWEST_RATIO:
        return LOWEST_RATIO
    return max(min(ratio, 1 / ratio), LOWEST_RATIO)


def _fails(row: dict[str, Any], policy: BiasPolicy) -> bool:
    """Whether the contrast gates promotion, is beyond its limit with confidence and is not excused."""
    return row["verdict"] == Verdict.FAIL.value and row["metric"] in policy.gating(row["attribute"]) and not row.get("exception")


def _failure(row: dict[str, Any], predictions: pd.DataFrame) -> Failure:
    """The failing contrast; where its figures are withheld the gap is counted anew, for the direction of the remedy alone."""
    difference = row["difference"]
    withheld = difference is None
    if withheld:
        over = predictions if row["metric"] == "selection_rate" else predictions[predictions["label"].astype(bool)]
        own = (groups_of(over, row["attribute"]) == row["grp"]).to_numpy(dtype=bool)
        chosen = over["selected"].to_numpy(dtype=bool)
        difference = float(chosen[own].mean() - chosen[~own].mean())
    return Failure(row["attribute"], row["grp"], row["metric"], float(difference), withheld)
