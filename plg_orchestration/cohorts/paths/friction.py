"""What the counts of onboarding say: where users stop, what completing a step goes with, and the order of the worst points.

Counting is SQL (`friction_counts.sql`). All of it is observational: nobody was made to complete a step.
"""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from plg_orchestration.cohorts.paths.policy import Friction
from plg_orchestration.cohorts.statistics import Z

SUMS = (
    "reached", "completed", "lost", "at_risk", "activated_without", "activated_with", "sum_with", "sum_without", "sum_spread",
)  # fmt: skip
ACTIVATION = "activation"
COLUMNS = (
    "as_of", "step", "name", "reached", "completed", "lost", "share_lost", "activation_with", "activation_without", "effect",
    "effect_low", "effect_high", "score", "rank", "basis", "sentence", "reason",
)  # fmt: skip


def friction_rows(counts: pd.DataFrame, end: pd.DataFrame, *, as_of: dt.date, policy: Friction) -> pd.DataFrame:
    """Rows of `cohorts.friction` from those of `friction_counts` and of `friction_end`.

    The effect of a step is the share that would activate within the window at the rate of those who have completed it, less
    that at the rate of those who have not yet. The ratio of the two rates is that of Mantel and Haenszel over time and
    segments, with the interval of Greenland and Robins (1985); the share without is 1 - exp(-cumulative hazard). Activation
    itself counts fully.
    """
    if not len(counts):
        return pd.DataFrame(columns=list(COLUMNS))
    steps = counts.groupby(["place", "step"], as_index=False)[list(SUMS)].sum()
    listed = cast("list[dict[str, Any]]", steps.to_dict("records"))
    rows = [effect_of(step, counts[counts["place"] == step["place"]], policy) for step in listed]
    last = end.iloc[0]
    rows.append({
        "step": len(rows) + 1, "name": ACTIVATION, "reached": int(last["reached"]), "completed": int(last["completed"]),
        "lost": int(last["lost"]), "activation_with": 1.0, "activation_without": 0.0, "effect": 1.0,
    })  # fmt: skip
    made = pd.DataFrame(rows).reindex(columns=[name for name in COLUMNS if name != "as_of"])
    made["share_lost"] = made["lost"] / made["reached"].where(made["reached"] > 0)
    made["score"] = made["lost"] * made["effect"].astype(float)
    made["rank"] = made["score"].where(made["score"] > 0).rank(method="first", ascending=False).astype("Int64")
    made["basis"] = "observational"
    made["sentence"] = [said(row, policy) for row in cast("list[dict[str, object]]", made.to_dict("records"))]
    made["as_of"] = as_of
    return made.loc[:, list(COLUMNS)]


def effect_of(step: Mapping[str, Any], strata: pd.DataFrame, policy: Friction) -> dict[str, object]:
    """One step with the shares that would activate with and without it, or the reason why they are not given."""
    row: dict[str, object] = {
        "step": int(step["place"]), "name": step["step"], "reached": int(step["reached"]), "completed": int(step["completed"]),
        "lost": int(step["lost"]),
    }  # fmt: skip
    fewest = min(step["activated_with"], step["activated_without"])
    if fewest < policy.min_activated or not step["sum_with"] > 0 or not step["sum_without"] > 0:
        said_of = f"{step['activated_with']:.0f} activated after it and {step['activated_without']:.0f} without it"
        return row | {"reason": f"{said_of}; an effect needs {policy.min_activated} of each"}
    ratio = step["sum_with"] / step["sum_without"]
    error = np.sqrt(step["sum_spread"] / (step["sum_with"] * step["sum_without"]))
    hazard = strata["hazard"].to_numpy(dtype=float)
    weights = strata["at_risk"].to_numpy(dtype=float) / step["at_risk"]

    def share(times: float) -> float:
        return float(np.sum(weights * -np.expm1(-times * hazard)))

    without = share(1.0)
    low, high = (share(ratio * np.exp(sign * Z * error)) - without for sign in (-1, 1))
    with_it = share(ratio)
    return row | {
        "activation_with": with_it, "activation_without": without, "effect": with_it - without, "effect_low": low,
        "effect_high": high,
    }  # fmt: skip


def said(row: dict[str, object], policy: Friction) -> str | None:
    """One friction point in words; None without anybody who reached it."""
    reached, lost, share, effect = (cast("float", row[name]) for name in ("reached", "lost", "share_lost", "effect"))
    if not reached:
        return None
    who, part = f"{lost:,.0f} of {reached:,.0f} users", f"({100 * share:.0f} %)"
    if row["name"] == ACTIVATION:
        return f"{who} who completed onboarding {part} did not activate within {policy.window_days} days of the signup."
    text = f"{who} who came as far as {row['name']} {part} neither completed it nor activated within {policy.window_days} days"
    if math.isnan(effect):
        return f"{text}."
    with_it, without, low, high = (
        100 * cast("float", row[name]) for name in ("activation_with", "activation_without", "effect_low", "effect_high")
    )
    text += (
        f"; {with_it:.0f} % activate at the pace of those who have completed it, {without:.0f} % at that of those who have not"
    )
    return f"{text} ({100 * effect:+.0f} points, 95 % interval {low:+.0f} to {high:+.0f}; observational)."
