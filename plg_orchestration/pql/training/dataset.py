"""The rows that a training sees: features of matured as-of dates by the nightly query, their labels, and a hash of it all.

Nothing is fitted here, and nothing stored is read: the rows are built anew as they were known on each date.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.targets import queries as target_queries
from plg_orchestration.pql.training.grid import Grid
from plg_orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class Dataset:
    """Rows for training and for testing: the columns of `pql.features`, `label` (bool) and `payer` (account, else user).

    Ordered by as_of and user_id. `hash` is a SHA-256 over every value: the training's data snapshot.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    hash: str

    def converting(self, part: pd.DataFrame) -> int:
        """The number of payers with a positive label in `part` (`train` or `test`)."""
        return int(part.loc[part["label"], "payer"].nunique())


def first_known_day(warehouse: Warehouse, as_of: AsOf) -> dt.date | None:
    """The first received day of any activity known on `as_of`; None without activity."""
    text = "select min(received_date) from behavior.user_days where received_date <= $as_of"
    ((day,),) = warehouse.connection.execute(text, {"as_of": as_of.date}).fetchall()
    return day


def load_dataset(warehouse: Warehouse, grid: Grid, *, as_of: AsOf, target: str, policy: PqlPolicy) -> Dataset:
    """The grid's rows with labels as known on `as_of`; rows whose outcome lies in the gap are left out."""
    declared = policy.targets[target]
    dates = [AsOf(date, as_of.timezone) for date in (*grid.train, *grid.test)]
    asked = [target_queries.labels(as_of=date, target=declared, policy=policy) for date in dates]
    parts = warehouse.frames(asked, shared=[target_queries.outcomes(as_of=as_of, target=declared)])

    def rows(parts: list[pd.DataFrame]) -> pd.DataFrame:
        made = pd.concat(parts, ignore_index=True)
        made = made[made["label"].notna()].sort_values(["as_of", "user_id"], ignore_index=True)
        return made.assign(label=made["label"].astype(bool), payer=made["account_id"].fillna(made["user_id"]))

    train = _sampled(rows(parts[: len(grid.train)]), policy)
    test = rows(parts[len(grid.train) :])
    return Dataset(train, test, frame_hash(train, test))


def _sampled(rows: pd.DataFrame, policy: PqlPolicy) -> pd.DataFrame:
    """At most about `max_rows` rows: whole payers, drawn by a seeded hash, so that any night draws the same ones."""
    share = policy.training.max_rows / max(len(rows), 1)
    if share >= 1:
        return rows
    keep = rows["payer"].map(unit_interval(rows["payer"], str(policy.training.seed))) < share
    return rows[keep].reset_index(drop=True)


def unit_interval(ids: pd.Series, salt: str) -> dict[str, float]:
    """For each distinct id a number in [0, 1) that depends on the id and the salt alone (first 8 bytes of SHA-256)."""

    def place(value: str) -> float:
        return int.from_bytes(hashlib.sha256(f"{salt}|{value}".encode()).digest()[:8]) / 2**64

    return {str(value): place(str(value)) for value in ids.unique()}


def frame_hash(*frames: pd.DataFrame) -> str:
    """SHA-256 (hex) over ids, labels and registered features of the frames; floats count to 1e-9, order of rows counts."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(f"{len(frame)};".encode())
        for name in ("as_of", "user_id", "account_id", "label", *(f.name for f in FEATURES)):
            values = frame[name]
            digest.update(f"{name};".encode())
            if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
                digest.update(np.round(values.to_numpy(dtype="float64", na_value=np.nan), 9).tobytes())
            else:
                digest.update("\x1f".join(values.astype(str).where(values.notna(), "\x00")).encode())
    return digest.hexdigest()
