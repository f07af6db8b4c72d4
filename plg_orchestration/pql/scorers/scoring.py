"""The night's scores: points, weighted score and, where a model routes, its probability and the hybrid, with reasons in words.

Training is in `pql/training`; what a score leads to is decided by the SQL of `pql.decisions`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.champion import champion_on, routing_models
from plg_orchestration.pql.scorers import queries as scorer_queries
from plg_orchestration.pql.scorers.reasons import explain, in_words
from plg_orchestration.pql.scorers.scorer import HYBRID_THRESHOLD, ModelScorer, hybrid_score, hybrid_version
from plg_orchestration.pql.targets.queries import population
from plg_orchestration.warehouse import Query, Warehouse

__all__ = ["absent_scorers", "explain", "in_words", "scores"]

MODEL_SCORES = pa.schema([
    ("user_id", pa.string()), ("scorer", pa.string()), ("version", pa.string()), ("score", pa.float64()), ("is_pql", pa.bool_()),
    ("reasons", pa.string()), ("against", pa.string()),
])  # fmt: skip


def scores(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, state: Path, target: str = "conversion") -> pa.Table:
    """Rows of `pql.scores`: every scorer over the users of the target's population.

    Reads the day's features, points, weighted scores and champion. Where a model routes, the hybrid of it is scored beside it. A
    champion whose file is not the promoted one is replaced before, by `routing_models`, and nothing of it is executed.
    """
    routing = routing_models(warehouse, as_of=as_of, policy=policy, target=target, state=state)
    models = [ModelScorer(chosen.version, model, chosen.threshold, name) for name, chosen, model in routing]
    scored = _model_scores(warehouse, models, as_of, policy, target) if models else MODEL_SCORES.empty_table()
    warehouse.connection.register("model_scores", scored)
    try:
        return warehouse.arrow(scorer_queries.scores(as_of=as_of, policy=policy, target=target))
    finally:
        warehouse.connection.unregister("model_scores")


def absent_scorers(warehouse: Warehouse, *, as_of: AsOf, target: str = "conversion") -> dict[str, str]:
    """The scorers without rows in the day's `pql.scores`, each with the reason."""
    text = "select distinct scorer from pql.scores where as_of = $as_of and target = $target"
    there = {str(row[0]) for row in warehouse.rows(Query("there", text, {**as_of.parameters(), "target": target}))}
    row = champion_on(warehouse, as_of=as_of, target=target)
    why = "the day has no champion"
    if row is not None:
        why = f"no model routes ({row['scorer']} do): {row['change'] or row['reason']}"
    return {name: why for name in ("rules", "weighted", "model", "hybrid") if name not in there}


def _model_scores(warehouse: Warehouse, models: Sequence[ModelScorer], as_of: AsOf, policy: PqlPolicy, target: str) -> pa.Table:
    text = """select f.*, r.points
        from pql.features as f
        inner join population as p on p.user_id = f.user_id
        left join pql.rule_scores as r on r.as_of = f.as_of and r.user_id = f.user_id
        where f.as_of = $as_of
        order by f.user_id"""
    required = (population(as_of=as_of, target=policy.targets[target]),)
    rows = warehouse.frame(Query("scored_people", text, as_of.parameters(), required))
    if rows.empty:
        return MODEL_SCORES.empty_table()
    parts: list[pa.Table] = []
    for model in models:
        scored = model.score(rows)
        words = pd.DataFrame("", index=rows.index, columns=["reasons", "against"], dtype=object)
        if model.name != "shadow":
            words[scored.is_pql] = model.reasons(rows[scored.is_pql])
        name = "shadow" if model.name == "shadow" else "model"
        parts.append(_part(rows, name, model.version, scored.score, scored.is_pql, words))
        if model.name != "shadow" and scored.probability is not None:
            pointed = rows["points"].notna().to_numpy(dtype=bool)
            points = rows.loc[pointed, "points"].to_numpy(dtype=np.float64)
            mixed = np.round(hybrid_score(points, scored.probability[pointed], policy), 9)
            version = hybrid_version(policy, model.version)
            parts.append(_part(rows[pointed], "hybrid", version, mixed, mixed >= HYBRID_THRESHOLD, None))
    return pa.concat_tables(parts)


def _part(
    rows: pd.DataFrame, scorer: str, version: str, score: np.ndarray, leads: np.ndarray, words: pd.DataFrame | None
) -> pa.Table:
    said = [None] * len(rows), [None] * len(rows)
    reasons, against = said if words is None else (words["reasons"], words["against"])
    values = [rows["user_id"], [scorer] * len(rows), [version] * len(rows), score, leads, reasons, against]
    arrays = [pa.array(v, f.type, from_pandas=True) for v, f in zip(values, MODEL_SCORES, strict=True)]
    return pa.table(arrays, schema=MODEL_SCORES)
