"""The reference that a training leaves behind: how features, scores and labels were spread among the rows that made the model."""

from typing import TYPE_CHECKING

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.drift import queries
from plg_orchestration.pql.drift.tables import REFERENCES
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.feedback.intervals import independent_rows
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

LABEL = "label"


def training_reference(
    warehouse: Warehouse, rows: pd.DataFrame, scores: pd.DataFrame, *, as_of: AsOf, target: str, version: str, policy: PqlPolicy
) -> pd.DataFrame:
    """Rows of `pql.references` for the model `version`, trained on `as_of`.

    `rows`: the part of the training that `policy.drift.reference` names (columns of `pql.features`, `payer`, `label`). `scores`
    (payer, score): its scores of the tested rows on the scale of `pql.scores`, since those of rows that it was fitted on are
    too sure of themselves.
    """
    population = _arrow(rows, ("payer", *(f.name for f in FEATURES)))
    warehouse.connection.register("handed_population", population)
    warehouse.connection.register("handed_scores", _arrow(scores, ("payer", "score")))
    try:
        bins = queries.reference_bins(
            policy=policy.drift,
            population=Query("reference_population", "select * exclude (payer), payer as payer_id from handed_population"),
            scores=Query("reference_scores", "select payer as payer_id, round(score, 2) as score from handed_scores"),
        )
        made = warehouse.frame(bins)
    finally:
        warehouse.connection.unregister("handed_population")
        warehouse.connection.unregister("handed_scores")
    made = pd.concat([made, _labels(rows)], ignore_index=True)
    made = made.assign(as_of=as_of.date, target=target, version=version, part=policy.drift.reference)
    return made[list(REFERENCES.column_names)].astype(object).where(made.notna(), None)


def no_reference() -> pd.DataFrame:
    """What a night without a training leaves: no rows."""
    return pd.DataFrame(columns=list(REFERENCES.column_names), dtype=object)


def _labels(rows: pd.DataFrame) -> pd.DataFrame:
    """The base rate as two bins: bin 1 holds the rows whose outcome came."""
    positives = int(rows["label"].sum())
    counts = [len(rows) - positives, positives]
    sizes = rows["payer"].value_counts().to_numpy(dtype="float64")
    return pd.DataFrame({
        "feature": LABEL, "kind": LABEL, "bin": [0, 1], "upper": None, "word": None, "rows": counts,
        "share": [count / max(len(rows), 1) for count in counts], "accounts": len(sizes),
        "independent": independent_rows(float(sizes.sum()), float((sizes**2).sum())),
    })  # fmt: skip


def _arrow(rows: pd.DataFrame, names: tuple[str, ...]) -> "pa.Table":
    import pyarrow as pa

    words = {f.name for f in FEATURES if f.type == "VARCHAR"} | {"payer"}
    kinds = [pa.string() if name in words else pa.float64() for name in names]
    arrays = [pa.array(_plain(rows[n], k == pa.string()), k, from_pandas=True) for n, k in zip(names, kinds, strict=True)]
    return pa.table(arrays, names=list(names))


def _plain(values: pd.Series, is_word: bool) -> pd.Series:
    return values if is_word else values.astype("Float64")
