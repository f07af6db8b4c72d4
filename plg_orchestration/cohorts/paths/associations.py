"""What the counts of use and conversion say: which features go with conversion, adjusted and tested together.

Counting is SQL (`feature_counts.sql`). An association is no cause: whoever is about to buy uses more of everything.
"""

import datetime as dt
import math

import numpy as np
import pandas as pd

from plg_orchestration.cohorts.paths.policy import Associations
from plg_orchestration.cohorts.statistics import benjamini_hochberg, mantel_haenszel

CELLS = ("used_with", "used_without", "unused_with", "unused_without")
COLUMNS = (
    "as_of", "feature", "unit", "n", "converted", "used", "free_share", "paid_share", "odds_ratio", "ci_low", "ci_high", "p", "q",
    "found", "note", "reason",
)  # fmt: skip
NOTE = "association, not cause"


def association_rows(counts: pd.DataFrame, *, as_of: dt.date, policy: Associations) -> pd.DataFrame:
    """Rows of `cohorts.conversion_associations` from those of `feature_counts`.

    The odds ratio is that of Mantel and Haenszel over strata of segment and tenure, with the test of Cochran, Mantel and
    Haenszel; q is the false discovery rate over all features of a unit (Benjamini and Hochberg).
    """
    past, now = counts[counts["period"] == "past"], counts[counts["period"] == "now"]
    keys = sorted({(str(u), str(f)) for u, f in zip(counts["unit"], counts["feature"], strict=True)})
    number = {key: place for place, key in enumerate(keys)}

    def summed(part: pd.DataFrame) -> pd.DataFrame:
        totals = part.groupby(["unit", "feature"])[list(CELLS)].sum()
        return totals.reindex(pd.MultiIndex.from_tuples(keys, names=["unit", "feature"]), fill_value=0).astype(float)

    if not keys:
        return pd.DataFrame(columns=list(COLUMNS))
    groups = np.array([number[u, f] for u, f in zip(past["unit"], past["feature"], strict=True)], dtype=np.int64)
    odds = mantel_haenszel(groups, *(past[cell].to_numpy(dtype=float) for cell in CELLS), count=len(keys))
    rows = summed(past).reset_index()
    used = rows["used_with"] + rows["used_without"]
    unused, converted = rows["unused_with"] + rows["unused_without"], rows["used_with"] + rows["unused_with"]
    enough = (np.minimum(used, unused) >= policy.min_units) & (converted >= policy.min_converted)
    rows["n"], rows["used"], rows["converted"] = used + unused, used, converted
    for name, values in (("odds_ratio", odds.ratio), ("ci_low", odds.low), ("ci_high", odds.high), ("p", odds.p)):
        rows[name] = np.where(enough, values, np.nan)
    rows["q"] = np.nan
    for unit in sorted(set(rows["unit"])):
        inside = (rows["unit"] == unit).to_numpy(dtype=bool)
        rows.loc[inside, "q"] = benjamini_hochberg(rows.loc[inside, "p"].to_numpy(dtype=float))
    rows["found"] = (rows["q"] <= policy.false_discovery_rate).astype("boolean").mask(rows["q"].isna())
    present = summed(now)
    for name, use, rest in (("paid_share", "used_with", "unused_with"), ("free_share", "used_without", "unused_without")):
        size = (present[use] + present[rest]).to_numpy(dtype=float)
        rows[name] = present[use].to_numpy(dtype=float) / np.where(size > 0, size, np.nan)
    rows["reason"] = [reason(u, v, c, o, policy) for u, v, c, o in zip(used, unused, converted, rows["odds_ratio"], strict=True)]
    rows["note"], rows["as_of"] = NOTE, as_of
    return rows.astype(dict.fromkeys(("n", "used", "converted"), "int64")).reindex(columns=list(COLUMNS))


def reason(used: float, unused: float, converted: float, odds: float, policy: Associations) -> str | None:
    """Why there is no odds ratio; None when there is one."""
    if min(used, unused) < policy.min_units:
        return f"{used:.0f} used it and {unused:.0f} did not; a comparison needs {policy.min_units} of each"
    if converted < policy.min_converted:
        return f"{converted:.0f} converted; a comparison needs {policy.min_converted}"
    return None if not math.isnan(odds) else "no stratum has both users who converted and others who did not"
