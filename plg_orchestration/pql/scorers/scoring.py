"""The night's scores: points, weighted score and, when a model is champion, its probability with exact reasons in words.

Training is in `candidate.py`; what a score leads to is decided by the SQL of `pql.decisions`.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features.registry import feature
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.champion import ChampionModel, champion_on, model_of
from plg_orchestration.pql.scorers import queries as scorer_queries
from plg_orchestration.pql.training.model import Model, model_inputs
from plg_orchestration.warehouse import Query, Warehouse

TOP_REASONS = 3
MODEL_SCORES = pa.schema([
    ("user_id", pa.string()), ("version", pa.string()), ("score", pa.float64()), ("is_pql", pa.bool_()), ("reasons", pa.string()),
])  # fmt: skip


def scores(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, state: Path, target: str = "conversion") -> pa.Table:
    """Rows of `pql.scores`: every scorer over users whose account neither pays nor is in a sales conversation.

    Reads the day's features, points, weighted scores and champion. UntrustedModel when the champion's file is not the promoted
    one: then nothing of it is executed.
    """
    champion = model_of(champion_on(warehouse, as_of=as_of, target=target), state)
    scored = MODEL_SCORES.empty_table() if champion is None else _model_scores(warehouse, champion, as_of)
    warehouse.connection.register("model_scores", scored)
    try:
        return warehouse.arrow(scorer_queries.scores(as_of=as_of, policy=policy, target=target))
    finally:
        warehouse.connection.unregister("model_scores")


def _model_scores(warehouse: Warehouse, champion: ChampionModel, as_of: AsOf) -> pa.Table:
    text = "select * from pql.features where as_of = $as_of and not is_paying and not in_sales order by user_id"
    rows = warehouse.frame(Query("population", text, as_of.parameters()))
    if rows.empty:
        return MODEL_SCORES.empty_table()
    model = champion.load()
    probability = model.probability(model_inputs(rows))
    leads = probability >= champion.threshold
    reasons = pd.Series("", index=rows.index)
    reasons[leads] = explain(model, rows[leads])
    values = [rows["user_id"], [champion.version] * len(rows), np.round(probability * 100, 9), leads, reasons]
    arrays = [pa.array(v, f.type, from_pandas=True) for v, f in zip(values, MODEL_SCORES, strict=True)]
    return pa.table(arrays, schema=MODEL_SCORES)


def explain(model: Model, rows: pd.DataFrame, *, top: int = TOP_REASONS) -> pd.Series:
    """For each row of `pql.features` the `top` features that raise its probability most against the average user, in words.

    The contributions are exact: with the baseline they add up to the calibrated log-odds. A feature that the user does not show
    (zero, or unknown) is no reason to tell a seller and is passed over.
    """
    if rows.empty:
        return pd.Series([], index=rows.index, dtype=object)
    parts = model.contributions(model_inputs(rows)).drop(columns="baseline")
    names = [str(name) for name in parts.columns]
    weights = parts.to_numpy(dtype=np.float64)
    order = np.argsort(-weights, axis=1, kind="stable")
    columns = [rows[name].tolist() for name in names]
    made: list[str] = []
    for place in range(len(rows)):
        raising = [c for c in order[place].tolist() if weights[place, c] > 0 and _present(columns[c][place])]
        made.append("; ".join(in_words(names[c], columns[c][place]) for c in raising[:top]))
    return pd.Series(made, index=rows.index, dtype=object)


def in_words(name: str, value: object) -> str:
    """A feature's value as a seller would say it: 'limit hits in 28 days: 3', 'integration connected', 'segment: enterprise'."""
    declared = feature(name)
    spoken = declared.said or name.replace("_", " ")
    if declared.type == "BOOLEAN":
        return spoken
    if isinstance(value, str):
        return f"{spoken}: {value}"
    return f"{spoken}: {float(str(value)):.3g}"


def _present(value: object) -> bool:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return False
    return value not in (0, 0.0, False)
