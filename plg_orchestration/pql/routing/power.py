"""What a holdout can detect: the power of comparing conversion in two arms, exactly, for the accounts there are.

The accounts are counted by `holdout_accounts.sql`; whether there is a lift is judged elsewhere.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing import queries
from plg_orchestration.pql.routing.tables import HOLDOUT
from plg_orchestration.warehouse import Warehouse

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
PRECISION = 1e-4


@dataclass(frozen=True)
class Detectable:
    """The smallest effect that is found with the wanted power: treated rate less, and over, the base rate; None when none is."""

    difference: float | None
    lift: float | None
    reason: str


def detectable_lift(*, treated: int, held_out: int, base_rate: float, alpha: float, power: float) -> Detectable:
    """The smallest lift of the treated arm over `base_rate` that is detected with probability `power`.

    Detected means: the two-sided interval at level `alpha` of the difference of the two shares (Newcombe 1998, method 10) lies
    above zero. The power is the exact sum over both binomial distributions, so it also holds for a handful of accounts.
    """
    if held_out < 1 or treated < 1:
        return Detectable(None, None, f"{held_out} accounts held out and {treated} treated: an arm is empty")
    if not 0 <= base_rate < 1:
        raise ValueError(f"base_rate {base_rate} leaves no room for a lift; give a share from 0 to below 1")
    least = _least_hits(treated, held_out, alpha)
    weights = _binomial(held_out, base_rate)

    def reached(rate: float) -> float:
        chances = _binomial(treated, rate)
        at_least = np.append(np.cumsum(chances[::-1])[::-1], 0.0)
        return float(weights @ at_least[least])

    if reached(1.0) < power:
        return Detectable(None, None, f"{held_out} accounts held out and {treated} treated are too few to detect any lift")
    low, high = base_rate, 1.0
    while high - low > PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) >= power else (middle, high)
    lift = high / base_rate if base_rate else None
    return Detectable(high - base_rate, lift, "")


def holdout_rows(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy) -> pd.DataFrame:
    """Rows of `pql.holdout`: for every nightly target the arms of each quarter and the lift that they can detect.

    The base rate is the held-out accounts' own when `min_accounts` of them are mature, else that of both arms, else what the
    champion's leads did in its last test.
    """
    rows: list[dict[str, object]] = []
    for target in [name for name, declared in policy.targets.items() if declared.nightly]:
        rows += _of_target(warehouse, as_of, policy, target)
    return pd.DataFrame(rows, columns=list(HOLDOUT.column_names), dtype=object)


def _of_target(warehouse: Warehouse, as_of: AsOf, policy: PqlPolicy, target: str) -> list[dict[str, object]]:
    counted = warehouse.frame(queries.holdout_accounts(as_of=as_of, policy=policy, target=target))
    tested = warehouse.rows(queries.tested_precision(as_of=as_of, target=target))
    precision = None if not tested or tested[0][0] is None else float(str(tested[0][0]))
    rows: list[dict[str, object]] = []
    for record in counted.to_dict("records"):
        found = {str(name): value for name, value in record.items()}
        rate, source = _base_rate(found, precision, policy.holdout.min_accounts)
        able = Detectable(None, None, "no base rate is known yet: no account is mature, and nothing was tested")
        if rate is not None and rate < 1:
            able = detectable_lift(
                treated=int(found["treated"]), held_out=int(found["held_out"]), base_rate=rate, alpha=policy.holdout.alpha,
                power=policy.holdout.power,
            )  # fmt: skip
        rows.append({
            **found, "as_of": as_of.date, "target": target, "base_rate": rate, "base_rate_of": source,
            "detectable_difference": able.difference, "detectable_lift": able.lift, "reason": able.reason,
        })  # fmt: skip
    return rows


def _base_rate(found: dict[str, object], precision: float | None, least: int) -> tuple[float | None, str]:
    held, treated = int(str(found["mature_held_out"])), int(str(found["mature_treated"]))
    hits, other_hits = int(str(found["converted_held_out"])), int(str(found["converted_treated"]))
    if held >= least:
        return hits / held, "held_out"
    if held + treated >= least:
        return (hits + other_hits) / (held + treated), "both"
    return precision, "test" if precision is not None else "none"


def _least_hits(treated: int, held_out: int, alpha: float) -> Counts:
    """For each number of hits of the held-out arm the least number of the treated arm whose interval lies above zero."""
    others = np.arange(held_out + 1, dtype=np.float64)
    low: Counts = np.zeros(held_out + 1, dtype=np.int64)
    high: Counts = np.full(held_out + 1, treated + 1, dtype=np.int64)
    z = NormalDist().inv_cdf(1 - alpha / 2)
    for _ in range((treated + 1).bit_length() + 1):
        middle = (low + high) // 2
        hits = np.minimum(middle, treated).astype(np.float64)
        above = (_lower_end(hits, treated, others, held_out, z) > 0) & (middle <= treated)
        high = np.where((low < high) & above, middle, high)
        low = np.where((low < high) & ~above, middle + 1, low)
    return low


def _lower_end(hits: Numbers, n: int, other_hits: Numbers, other_n: int, z: float) -> Numbers:
    rate, other = hits / n, other_hits / other_n
    low, _ = _wilson(rate, n, z)
    _, high = _wilson(other, other_n, z)
    return rate - other - np.sqrt((rate - low) ** 2 + (high - other) ** 2)


def _wilson(rate: Numbers, n: int, z: float) -> tuple[Numbers, Numbers]:
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def _binomial(n: int, rate: float) -> Numbers:
    """The probabilities of 0 to n hits."""
    if rate <= 0 or rate >= 1:
        certain = np.zeros(n + 1)
        certain[n if rate >= 1 else 0] = 1.0
        return certain
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    hits = np.arange(n + 1)
    return np.exp(logs[n] - logs - logs[::-1] + hits * math.log(rate) + (n - hits) * math.log1p(-rate))
