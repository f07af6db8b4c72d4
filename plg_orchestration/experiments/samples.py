"""Plain tables as one sample: who is in which arm since when, what became of them, and what may not be counted.

A unit's anchor is its first exposure. How arms are compared is in `estimates.py`; the nightly tables read `experiment_units.sql`,
which follows the same rules.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from plg_orchestration.cohorts.frames import Frame, arrow, text_columns
from plg_orchestration.experiments.estimates import Codes, Flags, Floats, Kind

Role = Literal["primary", "secondary", "guardrail"]


@dataclass(frozen=True)
class Measure:
    """A metric of a read-out: its column in the outcomes, and how it is judged.

    A `rate` holds 0 and 1 (or false and true), a `mean` numbers; missing means that the outcome is not known. `better` says which
    way is good. A guardrail has a `margin`, the absolute loss that is still borne. `covariate` is a column of the same units
    from before their exposure. The outcome of a unit is complete so long after its exposure: `matures_after`.
    """

    name: str
    kind: Kind = "rate"
    role: Role = "primary"
    better: Literal["higher", "lower"] = "higher"
    margin: float | None = None
    column: str | None = None
    covariate: str | None = None
    matures_after: dt.timedelta = dt.timedelta(0)

    @property
    def source(self) -> str:
        """The column that holds it."""
        return self.column or self.name


@dataclass(frozen=True)
class Sample:
    """Units in one arm each, in the order of their ids, with their outcomes beside them; `clusters` codes begin at 0."""

    rows: pd.DataFrame
    several_arms: int
    other_arms: int
    cut: dt.datetime
    clusters: Codes | None

    def units(self) -> dict[str, int]:
        """Units by arm."""
        return {str(arm): int(count) for arm, count in self.rows["arm"].value_counts().sort_index().items()}

    def arm(self, name: str) -> Flags:
        """Which units are in the arm."""
        return self.rows["arm"].to_numpy() == name

    def mature(self, measure: Measure) -> Flags:
        """Which units were exposed long enough ago."""
        return (self.rows["exposed_at"] + measure.matures_after <= self.cut).to_numpy()

    def column(self, name: str) -> Floats:
        """A column of the outcomes as numbers, NaN where it is not known."""
        return self.rows[name].to_numpy(dtype=np.float64, na_value=np.nan)


def sample(
    exposures: Frame, outcomes: Frame, *, weights: Mapping[str, float], cut: dt.datetime, measures: Sequence[Measure],
    cluster: str | None, segments: Sequence[str],
) -> Sample:  # fmt: skip
    """The sample of exposures before `cut` (naive UTC); ValueError names the table, the column and what is wrong with it."""
    wanted = [column for measure in measures for column in (measure.source, measure.covariate) if column is not None]
    others = [*([cluster] if cluster else []), *segments]
    seen = _exposures(exposures)
    seen = seen[seen["exposed_at"] < cut]
    units = seen.groupby("unit_id", sort=True).agg(
        arm=("arm", "min"), arms=("arm", "nunique"), exposed_at=("exposed_at", "min")
    )  # fmt: skip
    single = units[units["arms"] == 1]
    known = single[single["arm"].isin([arm for arm, weight in weights.items() if weight > 0])].reset_index()
    rows = known.drop(columns="arms").merge(_outcomes(outcomes, wanted, others), on="unit_id", how="left", validate="1:1")
    for measure in measures:
        _check(rows, measure)
    codes = _clusters(rows[cluster], rows["unit_id"]) if cluster else None
    return Sample(rows, int((units["arms"] > 1).sum()), len(single) - len(known), cut, codes)


def _exposures(exposures: Frame) -> pd.DataFrame:
    table = arrow("exposures", exposures, ("unit_id", "arm", "exposed_at")).select(["unit_id", "arm", "exposed_at"])
    for name in table.column_names:
        if missing := table.column(name).null_count:
            raise ValueError(f"exposures: {name} is missing in {missing} of {table.num_rows} rows; leave them out first")
    column = table.column("exposed_at")
    if table.num_rows and not pa.types.is_timestamp(column.type):
        raise ValueError(f"exposures: exposed_at has the type {column.type}; give timestamps (naive ones are read as UTC)")
    frame = text_columns(table, ("unit_id", "arm")).to_pandas()
    instants = pd.to_datetime(frame["exposed_at"], utc=True).dt.tz_localize(None).astype("datetime64[us]")
    return frame.assign(exposed_at=instants)


def _outcomes(outcomes: Frame, wanted: Sequence[str], others: Sequence[str]) -> pd.DataFrame:
    names = list(dict.fromkeys(["unit_id", *wanted, *others]))
    table = text_columns(arrow("outcomes", outcomes, names).select(names), ("unit_id", *others))
    frame = table.to_pandas()
    twice = frame.loc[frame["unit_id"].duplicated(), "unit_id"]
    if len(twice):
        raise ValueError(f"outcomes: unit {twice.iloc[0]!r} stands there more than once; give one row per unit")
    for name in dict.fromkeys(wanted):
        try:
            frame[name] = frame[name].astype("Float64")
        except (TypeError, ValueError) as error:
            raise ValueError(f"outcomes: {name} is not a number in every row ({error}); leave unknown ones empty") from None
    return frame


def _check(rows: pd.DataFrame, measure: Measure) -> None:
    values = rows[measure.source].to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[~np.isnan(values)]
    if not np.isfinite(known).all():
        raise ValueError(f"outcomes: {measure.source} has infinite values; a figure that is unknown is left empty")
    if measure.kind == "rate" and not np.isin(known, (0.0, 1.0)).all():
        raise ValueError(f"outcomes: {measure.source} is a rate, but holds other values than 0 and 1; declare it a mean")


def _clusters(clusters: "pd.Series[str]", units: "pd.Series[str]") -> Codes:
    """A code per cluster; a unit without one is its own."""
    own = clusters.isna()
    codes, found = pd.factorize(clusters.where(~own, None))
    made = codes.astype(np.int64)
    made[own.to_numpy()] = len(found) + np.arange(int(own.sum()))
    if len(made) != len(units):
        raise ValueError("outcomes: the clusters do not fit the units")
    return made
