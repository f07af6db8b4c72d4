"""What the counts of steps and transitions say: lifts with intervals, the path, and sentences.

Counting is SQL (`path_counts.sql`); the statistics are in `statistics.py`.
"""

import datetime as dt
import math
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from plg_orchestration.cohorts.paths.policy import GoldenPath
from plg_orchestration.cohorts.statistics import benjamini_hochberg, share_ratios

if TYPE_CHECKING:
    from collections.abc import Sequence

START = "signup"
COLUMNS = (
    "as_of", "kind", "from_step", "to_step", "position", "stayers_did", "stayers", "others_did", "others", "stayers_share",
    "others_share", "lift", "ci_low", "ci_high", "q", "median_hours", "on_path", "sentence", "reason",
)  # fmt: skip


def golden_path_rows(counts: pd.DataFrame, *, as_of: dt.date, policy: GoldenPath) -> pd.DataFrame:
    """Rows of `cohorts.golden_path` from those of `path_counts`.

    A step is on the path when it sets those who stayed apart (lift above 1 at the false discovery rate, its interval too) and at
    least the typical share of them took it; of more than `longest` those with the highest lower end of the lift are taken. The
    path is these steps by their median time, and the transitions between its neighbors.
    """
    rows = counts.reset_index(drop=True).copy()
    stayers = int(rows["stayers"].iloc[0]) if len(rows) else 0
    others = int(rows["others"].iloc[0]) if len(rows) else 0
    reason = too_few(stayers, others, policy)
    did = rows[["stayers_did", "others_did"]].to_numpy(dtype=float)
    sizes = rows[["stayers", "others"]].to_numpy(dtype=float)
    rows["stayers_share"], rows["others_share"] = (did / np.where(sizes > 0, sizes, np.nan)).T
    compared = (did.sum(axis=1) >= policy.min_users) & (reason is None)
    ratios = share_ratios(did[:, 0], sizes[:, 0], did[:, 1], sizes[:, 1])
    for name, values in (("lift", ratios.ratio), ("ci_low", ratios.low), ("ci_high", ratios.high)):
        rows[name] = np.where(compared, values, np.nan)
    rows["q"] = benjamini_hochberg(np.where(compared, ratios.p, np.nan))
    few = f"fewer than {policy.min_users} users did it"
    rows["reason"] = [None if fine else reason or few for fine in compared]
    path = path_of(rows, policy)
    places = {step: place for place, step in enumerate(path, start=1)}
    before = dict(zip(path, [START, *path], strict=False))
    steps = rows["kind"] == "step"
    rows["on_path"] = [
        to in places and (is_step or before[to] == came)
        for to, came, is_step in zip(rows["to_step"], rows["from_step"], steps, strict=True)
    ]
    rows["position"] = pd.array(
        [places[to] if on else None for to, on in zip(rows["to_step"], rows["on_path"], strict=True)], "Int64"
    )
    rows["sentence"] = [said(row, policy) for row in cast("list[dict[str, object]]", rows.to_dict("records"))]
    whole = whole_path(rows, path, stayers, others, reason, policy)
    done = pd.concat([pd.DataFrame([whole]), rows], ignore_index=True) if len(rows) else rows
    done["as_of"] = as_of
    whole_numbers = dict.fromkeys(("position", "stayers_did", "stayers", "others_did", "others"), "Int64")
    return done.reindex(columns=list(COLUMNS)).astype({**whole_numbers, "median_hours": "float64"})


def too_few(stayers: int, others: int, policy: GoldenPath) -> str | None:
    """Why nothing is compared, or None when there are enough on both sides."""
    if min(stayers, others) >= policy.min_members:
        return None
    return f"{stayers} users stayed and {others} did not; a comparison needs {policy.min_members} of each"


def path_of(rows: pd.DataFrame, policy: GoldenPath) -> list[str]:
    """The steps of the path in their order."""
    steps = rows[(rows["kind"] == "step") & (rows["q"] <= policy.false_discovery_rate) & (rows["ci_low"] > 1)]
    typical = steps[steps["stayers_share"] >= policy.typical_share]
    strongest = typical.sort_values(["ci_low", "to_step"], ascending=[False, True]).head(policy.longest)
    return list(strongest.sort_values(["median_hours", "place", "to_step"])["to_step"])


def whole_path(
    rows: pd.DataFrame, path: "Sequence[str]", stayers: int, others: int, reason: str | None, policy: GoldenPath
) -> dict[str, object]:
    """The row of the whole path: its sentence, or the reason why there is none."""
    hours = rows[rows["kind"] == "step"].set_index("to_step")["median_hours"]
    legs = [f"{step} within {duration(float(hours[step]))}" for step in path]
    sentence = None
    if legs:
        legs[0] += " of the signup"
        sentence = f"Those who stay typically reach {', then '.join(legs)}. Medians of {stayers:,} users who stayed, each step"
        sentence += f" taken more often than by {others:,} who did not; an association, not a cause."
    if reason is None and not legs:
        reason = f"no step that at least {100 * policy.typical_share:.0f} % of those who stayed took sets them apart"
    return {
        "kind": "path", "from_step": "", "to_step": "", "stayers": stayers, "others": others, "on_path": bool(legs),
        "sentence": sentence, "reason": reason,
    }  # fmt: skip


def said(row: dict[str, object], policy: GoldenPath) -> str | None:
    """One step or transition in words."""
    lift = cast("float", row["lift"])
    if math.isnan(lift):
        return None
    what = row["to_step"] if row["kind"] == "step" else f"{row['from_step']}, then {row['to_step']}"
    own, other, low, high = (cast("float", row[name]) for name in ("stayers_share", "others_share", "ci_low", "ci_high"))
    text = f"{what}: {100 * own:.0f} % of those who stayed, {100 * other:.0f} % of the others, within {policy.first_days} days"
    return f"{text} ({lift:.2f} times as many, 95 % interval {low:.2f} to {high:.2f})."


def duration(hours: float) -> str:
    """A time in the unit that reads best.

    >>> duration(0.05), duration(1.0), duration(30.0), duration(96.0)
    ('3 minutes', '1 hour', '30 hours', '4 days')
    """
    if hours < 1:
        number, unit = max(round(60 * hours), 1), "minute"
    elif hours < 48:
        number, unit = round(hours), "hour"
    else:
        number, unit = round(hours / 24), "day"
    return f"{number} {unit}{'' if number == 1 else 's'}"
