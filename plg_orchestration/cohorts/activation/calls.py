"""Weeks in which activation differs, asked of a plain table: pandas or Arrow in, pandas out.

The published rows of a workspace come from its signup cohorts by `queries.shift_rows`; learning weights is in `learning.py`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from plg_orchestration.cohorts.frames import Frame, arrow
from plg_orchestration.cohorts.statistics import benjamini_hochberg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DIMENSIONS = ("segment", "channel", "region", "device")


def activation_shifts(
    cohorts: Frame, *, dimensions: Sequence[str] = DIMENSIONS, false_discovery: float = 0.05, minimum: int = 20
) -> pd.DataFrame:
    """Weeks in which a segment's, channel's, region's or device's 7-day activation differs from its own other weeks.

    `cohorts` has cohort_week, activated_7d, mature_7d and the `dimensions`, any number of rows a week, as
    `cohorts.signup_cohorts`. A cell is one value of one dimension in one week. Its p value is that of Fisher's exact test
    (two-sided, by doubling) against the other weeks of the same value, and q that of Benjamini and Hochberg over all tested
    cells of all dimensions. Cells of two dimensions share users, so their tests are positively dependent, under which the
    procedure still holds. Users of one account are taken as independent; strong teams make p too small.

    Gives dimension, dimension_value, cohort_week, activated, mature, rate, rate_before (of the weeks before; missing for the
    first), rate_elsewhen (all other weeks), expected (activated users at that rate), z (0 is no difference), p, q, verdict (fail:
    fewer activated; warn: more; pass: no difference shown; insufficient: fewer than `minimum` mature signups in the week or
    outside it) and reason, the most striking first. ValueError names the argument that is wrong.
    """
    if not 0 < false_discovery < 1:
        raise ValueError(f"false_discovery: {false_discovery} is no share between 0 and 1")
    rows = arrow("cohorts", cohorts, ("cohort_week", "activated_7d", "mature_7d", *dimensions)).to_pandas()
    parts = [_cells(rows, name) for name in dimensions]
    cells = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=KEYS)
    judged = _tested(cells, minimum)
    judged["verdict"] = np.select(
        [judged["p"].isna(), (judged["q"] <= false_discovery) & (judged["z"] < 0), judged["q"] <= false_discovery],
        ["insufficient", "fail", "warn"], default="pass",
    )  # fmt: skip
    judged["reason"] = [_said(row, false_discovery, minimum) for row in judged.to_dict("records")]
    order = ["p", "dimension", "dimension_value", "cohort_week"]
    return judged.sort_values(order, na_position="last", ignore_index=True)[COLUMNS]


KEYS = ["dimension", "dimension_value", "cohort_week", "activated", "mature"]
COLUMNS = [*KEYS, "rate", "rate_before", "rate_elsewhen", "expected", "z", "p", "q", "verdict", "reason"]


def _cells(rows: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """One row per value and week: activated and mature users; a null count (no milestone is known) counts nothing."""
    known = rows[rows["activated_7d"].notna() & (rows["mature_7d"] > 0)]
    summed = known.groupby([dimension, "cohort_week"], as_index=False, sort=True)[["activated_7d", "mature_7d"]].sum()
    summed = summed.rename(columns={dimension: "dimension_value", "activated_7d": "activated", "mature_7d": "mature"})
    counts = {"activated": "int64", "mature": "int64"}
    return summed.assign(dimension=dimension).astype(counts)[KEYS]


def _tested(cells: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """The cells with their rates and tests; cells that are too small have no p and take no part in q."""
    made = cells.copy()
    activated, mature = made["activated"].to_numpy(dtype=np.float64), made["mature"].to_numpy(dtype=np.float64)
    value = [made["dimension"], made["dimension_value"]]
    whole = made.groupby(value, sort=False)[["activated", "mature"]].transform("sum").to_numpy(dtype=np.float64)
    before = made.groupby(value, sort=False)[["activated", "mature"]].cumsum().to_numpy(dtype=np.float64)
    before = before - np.column_stack([activated, mature])
    others, outside = whole[:, 0] - activated, whole[:, 1] - mature
    made["rate"] = activated / mature
    made["rate_before"] = _ratio(before[:, 0], before[:, 1])
    made["rate_elsewhen"] = _ratio(others, outside)
    made["expected"] = made["rate_elsewhen"] * mature
    pooled = _ratio(whole[:, 0], whole[:, 1])
    spread = np.sqrt(pooled * (1 - pooled) * (_ratio(np.ones_like(mature), mature) + _ratio(np.ones_like(mature), outside)))
    made["z"] = _ratio((made["rate"] - made["rate_elsewhen"]).to_numpy(dtype=np.float64), spread)
    enough = (mature >= minimum) & (outside >= minimum)
    made["p"] = np.where(enough, _fisher(activated, mature, whole[:, 0], whole[:, 1]), np.nan)
    made["q"] = benjamini_hochberg(made["p"].to_numpy(dtype=np.float64))
    return made


def _ratio(above: "Floats", below: "Floats") -> "Floats":
    """The quotient, missing where nothing stands below."""
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def _fisher(activated: "Floats", mature: "Floats", all_activated: "Floats", all_mature: "Floats") -> "Floats":
    """Fisher's exact test of a week against the other weeks, two-sided by doubling the smaller tail."""
    from scipy.stats import hypergeom

    if not len(activated):
        return np.zeros(0)
    fewer = np.asarray(hypergeom.cdf(activated, all_mature, all_activated, mature), dtype=np.float64)
    more = np.asarray(hypergeom.sf(activated - 1, all_mature, all_activated, mature), dtype=np.float64)
    return np.minimum(1.0, 2.0 * np.minimum(fewer, more))


def _said(row: Mapping[Any, Any], false_discovery: float, minimum: int) -> str:
    """The cell's finding in words."""
    if row["verdict"] == "insufficient":
        return f"{row['mature']} mature signups in the week or too few outside it; {minimum} are needed on both sides"
    figures = f"{row['activated']} of {row['mature']} activated, {row['expected']:.1f} expected from its other weeks"
    differs = {"fail": "fewer than in its other weeks", "warn": "more than in its other weeks"}
    said = differs.get(row["verdict"], "no difference shown")
    return f"{said}: {figures} (q {row['q']:.2g}, limit {false_discovery:g})"
