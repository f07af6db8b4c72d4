"""What the counts of exposures say: rates and differences with their intervals.

Counting is SQL (`gates.sql`). All of it is observational: nobody was exposed by chance.
"""

import datetime as dt

import numpy as np
import pandas as pd

from plg_orchestration.cohorts.paths.policy import Gates
from plg_orchestration.cohorts.statistics import newcombe, wilson

WEEKLY = "free users active in the weeks before, who had not met it"
COMPARED = {
    ("gate", "all"): WEEKLY,
    ("pricing", "all"): WEEKLY,
    ("nudge", "shown to goal"): WEEKLY,
    ("nudge", "clicked to goal"): "users who were shown it and did not click",
    ("guidance", "all"): "new users who saw no guidance, from their signup",
    ("plain", "all"): "those who were not exposed",
}
OTHER_BUCKETS = "the other buckets"
COLUMNS = (
    "as_of", "kind", "item", "bucket", "place", "window_days", "exposed", "mature_exposed", "converted", "rate", "ci_low",
    "ci_high", "compared_with", "baseline_exposed", "baseline_rate", "difference", "difference_low", "difference_high", "basis",
    "reason",
)  # fmt: skip


def gate_rows(counts: pd.DataFrame, *, as_of: dt.date, policy: Gates) -> pd.DataFrame:
    """Rows of `cohorts.gates` from those of `gates.sql`.

    Wilson's interval for a rate; Newcombe's for a difference, in which the weekly baseline counts as many persons as there are,
    not as many weeks. A bucket is compared with the other buckets of its item.
    """
    rows = counts.reset_index(drop=True).copy()
    labels = [COMPARED.get((kind, bucket)) for kind, bucket in zip(rows["kind"], rows["bucket"], strict=True)]
    in_bucket = (rows["kind"].isin(["gate", "timing"]) & (rows["bucket"] != "all")).to_numpy(dtype=bool)
    rows["compared_with"] = [OTHER_BUCKETS if inside else label for inside, label in zip(in_bucket, labels, strict=True)]
    key = [rows["kind"], rows["item"], rows["window_days"], pd.Series(in_bucket, index=rows.index)]
    others = {name: rows.groupby(key)[name].transform("sum") - rows[name] for name in ("mature_exposed", "converted")}
    mature, converted = rows["mature_exposed"].to_numpy(dtype=float), rows["converted"].to_numpy(dtype=float)
    base = np.where(in_bucket, others["mature_exposed"], rows["others"]).astype(float)
    base_converted = np.where(in_bucket, others["converted"], rows["others_converted"]).astype(float)
    persons = np.where(in_bucket, 1.0, np.minimum(rows["persons_per_other"].astype(float), 1.0))
    enough = mature >= policy.min_exposed
    known = enough & (base >= policy.min_exposed) & rows["compared_with"].notna().to_numpy(dtype=bool)
    rows["rate"] = np.where(enough, converted, np.nan) / np.where(enough, mature, 1.0)
    rows["ci_low"], rows["ci_high"] = wilson(np.where(enough, converted, np.nan), np.where(enough, mature, 0.0))
    rows["baseline_exposed"] = pd.array(np.where(rows["compared_with"].isna(), np.nan, base), "Int64")
    rows["baseline_rate"] = np.where(known, base_converted, np.nan) / np.where(known, base, 1.0)
    rows["difference"] = rows["rate"] - rows["baseline_rate"]
    seen = np.where(known, mature, 0.0)
    low, high = newcombe(np.where(known, converted, np.nan), seen, base_converted * persons, np.where(known, base * persons, 0.0))
    rows["difference_low"], rows["difference_high"] = low, high
    rows["basis"] = "observational"
    rows["reason"] = [reason(m, b, label, policy) for m, b, label in zip(mature, base, rows["compared_with"], strict=True)]
    rows["as_of"] = as_of
    return rows.reindex(columns=list(COLUMNS))


def reason(mature: float, base: float, label: object, policy: Gates) -> str | None:
    """Why there is no rate or no difference; None when there is nothing to say."""
    if mature < policy.min_exposed:
        return f"{mature:.0f} exposures have their whole window; a rate needs {policy.min_exposed}"
    if isinstance(label, str) and base < policy.min_exposed:
        return f"{base:.0f} to compare with; a difference needs {policy.min_exposed}"
    return None
