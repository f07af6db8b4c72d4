"""Counts per audited attribute, group and account bucket: one pass of SQL over the rows, then arrays.

Everything that the audit says rests on these counts. What is computed from them is in `estimates.py` and `groups.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from plg_orchestration.pql.bias.attributes import UNKNOWN, pair, parts
from plg_orchestration.pql.training.metrics import Codes, Floats
from plg_orchestration.warehouse import Query, Warehouse, sql_file
from plg_orchestration.warehouse.scratch import scratch

if TYPE_CHECKING:
    from sqlglot import exp

COUNTS = (
    "n", "known", "positives", "negatives", "selected", "decided", "tp", "fp", "score", "forecast", "probability", "occurred",
)  # fmt: skip
NEEDED = ("label", "selected", "score", "account_id")


@dataclass(frozen=True)
class Counts:
    """The counts of one attribute or pair: for each of `COUNTS` an array (buckets, groups)."""

    attribute: str
    groups: tuple[str, ...]
    cells: dict[str, Floats]

    @cached_property
    def totals(self) -> dict[str, Floats]:
        """Each count per group."""
        return {name: values.sum(axis=0) for name, values in self.cells.items()}

    def total(self, name: str) -> Floats:
        """The count per group."""
        return self.totals[name]

    def smaller_side(self, place: int) -> float:
        """The rows of the group or of everybody else, whichever are fewer."""
        rows = self.total("n")
        return float(min(rows[place], rows.sum() - rows[place]))


def counted(warehouse: Warehouse, rows: Query, *, attributes: Sequence[str], buckets: int) -> list[Counts]:
    """The counts of each attribute or pair over the relation `audited_rows` that `rows` makes.

    It has cluster (whose rows belong together), label, selected, score, probability and the attributes as columns. Clusters are
    put into at most `buckets` buckets of nearly equal number, by a hash. None without a row.
    """
    asked = tuple(parts(name) for name in attributes)
    columns = columns_behind(asked)
    query = Query("bias_cells", cells_text(columns, asked), {"buckets": buckets}, (rows,))
    return _unpacked(warehouse.arrow(query), columns, asked, attributes)


def counted_frame(predictions: pd.DataFrame, *, attributes: Sequence[str], buckets: int) -> list[Counts]:
    """The counts over a frame of decisions, as `audit_bias` describes it; a row without an account is a cluster of its own."""
    whole = [parts(name, predictions.columns) for name in attributes]
    slots = {name: f"attribute_{place}" for place, name in enumerate(columns_behind(whole))}
    alone = pd.Series([f"row {place}" for place in range(len(predictions))], index=predictions.index)
    cluster = predictions["account_id"].astype(object).where(predictions["account_id"].notna(), alone)
    chance = predictions["probability"] if "probability" in predictions.columns else pd.Series(np.nan, index=predictions.index)
    table = pa.table({
        "cluster": _words(cluster), "label": pa.array(predictions["label"].astype("boolean")),
        "selected": pa.array(predictions["selected"].to_numpy(dtype=bool)),
        "score": pa.array(predictions["score"].to_numpy(dtype=np.float64)),
        "probability": pa.array(chance.astype(float).to_numpy(), pa.float64(), from_pandas=True),
        **{slot: _words(predictions[name]) for name, slot in slots.items()},
    })  # fmt: skip
    asked = tuple(tuple(slots[part] for part in own) for own in whole)
    columns = tuple(slots.values())
    query = Query("bias_cells", cells_text(columns, asked), {"buckets": buckets})
    with scratch(audited_rows=table) as warehouse:
        return _unpacked(warehouse.arrow(query), columns, asked, attributes)


def _words(values: pd.Series) -> pa.Array:
    """The values as words, missing ones as NULL."""
    known = values.notna()
    text = values.astype(str) if known.all() else values.astype(object).where(known, None).map(str, na_action="ignore")
    return pa.array(text, pa.string(), from_pandas=True)


def columns_behind(asked: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The columns of the attributes and pairs, each once, in order of appearance."""
    return tuple(dict.fromkeys(part for own in asked for part in own))


@cache
def cells_text(columns: tuple[str, ...], asked: tuple[tuple[str, ...], ...]) -> str:
    """`bias_cells.sql` with the columns, and a grouping set for each attribute or pair; columns are names of an allow-list."""
    from sqlglot import exp, parse_one

    text = parse_one(sql_file("pql/bias/bias_cells.sql").text, read="duckdb")
    named = [exp.column(name, quoted=True) for name in columns]
    marks = [exp.alias_(exp.func("grouping", one.copy()), f"left_out_{place}") for place, one in enumerate(named)]
    sets = [exp.Tuple(expressions=[exp.column(part, quoted=part != "bucket") for part in ("bucket", *own)]) for own in asked]
    made = cast("exp.Select", text).select(*named, *marks)
    made.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    return made.sql(dialect="duckdb")


def _unpacked(
    found: pa.Table, columns: tuple[str, ...], asked: Sequence[tuple[str, ...]], attributes: Sequence[str]
) -> list[Counts]:
    """The grouping sets taken apart: one `Counts` for each attribute, groups in alphabetical order."""
    if not found.num_rows:
        return []
    bucket = found.column("bucket").to_numpy().astype(np.int64)
    size = int(bucket.max()) + 1
    in_set = {name: found.column(f"left_out_{place}").to_numpy() == 0 for place, name in enumerate(columns)}
    values = {name: np.asarray(found.column(name).to_numpy(), dtype=np.float64) for name in COUNTS}
    codes = {name: pd.factorize(found.column(name).fill_null(UNKNOWN).to_pandas(), sort=True) for name in columns}
    made: list[Counts] = []
    for own, attribute in zip(asked, attributes, strict=True):
        here = np.logical_and.reduce([in_set[name] == (name in own) for name in columns])
        place, groups = _groups([(codes[name][0][here], codes[name][1]) for name in own])
        cell = bucket[here] * len(groups) + place
        cells = {
            name: np.bincount(cell, weights=one[here], minlength=size * len(groups)).reshape(size, -1).astype(np.float64)
            for name, one in values.items()
        }  # fmt: skip
        made.append(Counts(attribute, groups, cells))
    return made


def _groups(coded: list[tuple[Codes, pd.Index]]) -> tuple[Codes, tuple[str, ...]]:
    """The number of each row's group among those that occur, and their names."""
    joint = coded[0][0].astype(np.int64)
    for codes, names in coded[1:]:
        joint = joint * len(names) + codes
    place, present = np.unique(joint, return_inverse=True)[::-1]
    if len(coded) == 1:
        return place.astype(np.int64), tuple(str(coded[0][1][code]) for code in present)
    width = len(coded[1][1])
    crossed = [(str(coded[0][1][code // width]), str(coded[1][1][code % width])) for code in present]
    return place.astype(np.int64), tuple(pair(*names) for names in crossed)
