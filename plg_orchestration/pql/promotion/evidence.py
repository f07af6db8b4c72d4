"""A challenger's figures as the night's tables and its stored model give them.

Only exactly its version counts: figures of another one are missing. What is good enough is decided in `gates.py`.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.evaluation import Contrast, Evaluation
from plg_orchestration.pql.promotion.ledger import records
from plg_orchestration.pql.promotion.stability import population_stability_index
from plg_orchestration.pql.targets.queries import population
from plg_orchestration.pql.training.artifacts import StoredModel, UntrustedModel, load_model
from plg_orchestration.pql.training.evaluation import gain
from plg_orchestration.pql.training.metrics import Estimate
from plg_orchestration.pql.training.model import Model, model_inputs
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Query, Warehouse

Row = dict[str, Any]
SAMPLE = 20_000
"""Of tonight's users so many are scored for the stability of scores: the same ones each time, by a hash of their id."""
EXPLAINED = 50
"""And of so many the reasons are added up."""
TONIGHT = """select f.* from pql.features as f
    inner join population as p on p.user_id = f.user_id
    where f.as_of = $as_of
    order by md5(f.user_id), f.user_id limit $sample"""
COVERED = """select event, seen from ingest.coverage where as_of = $as_of and expected order by event"""


def candidate_on(warehouse: Warehouse, day: dt.date, target: str) -> Row:
    """The challenger's row of `pql.candidate` on the day; empty when there is none."""
    text = "select * from pql.candidate where as_of = $day and target = $target and scorer = 'model'"
    return next(iter(records(warehouse, text, day=day, target=target)), {})


def evaluation_of(
    warehouse: Warehouse, candidate: Row, *, day: dt.date, as_of: AsOf, policy: PqlPolicy, state: Path | None
) -> Evaluation:
    """The figures of the candidate row of `day`, for a judgment on `as_of`; with `state` None its file cannot be read."""
    if not candidate or candidate["status"] != "trained":
        reason = str(candidate["reason"]) if candidate else f"no candidate was trained on {day}"
        return Evaluation(day, str(candidate.get("version", "")), str(candidate.get("status", "missing")), reason)
    lift = Estimate(*(_number(candidate[name]) for name in ("lift", "lift_low", "lift_high")))
    return Evaluation(
        as_of=day, version=candidate["version"], status="trained",
        train_rows=int(candidate["train_rows"]), train_positives=int(candidate["train_positives"]),
        test_rows=int(candidate["test_rows"]), test_positives=int(candidate["test_positives"]),
        test_age=_test_age(candidate, day, policy), permutation_p=_number(candidate["permutation_p"]), lift=lift,
        calibration_error=_number(candidate["ece"]), gain_over_rules=gain(candidate["gains"], "rules"),
        gain_over_weighted=gain(candidate["gains"], "weighted"),
        gain_over_champion=gain(candidate["gains"], "champion"), gain_over_best=gain(candidate["gains"], "best"),
        threshold_policy=candidate["threshold_policy"], false_discovery_rate=1.0 - _number(candidate["precision"]),
        leaking=tuple(filter(None, (candidate["leaking"] or "").split(", "))),
        **_bias(warehouse, candidate, day, policy.bias), **_data(warehouse, as_of),
        **_of_model(warehouse, candidate, day=day, as_of=as_of, policy=policy, state=state),
    )  # fmt: skip


def _test_age(candidate: Row, day: dt.date, policy: PqlPolicy) -> float:
    tested = candidate["test_to"]
    if tested is None:
        return np.nan
    newest = day - dt.timedelta(days=policy.targets[candidate["target"]].window_days)
    age = (newest - tested).days
    return float(age) if age >= 0 else np.nan


def _bias(warehouse: Warehouse, candidate: Row, day: dt.date, policy: BiasPolicy) -> dict[str, Any]:
    """The candidate's contrasts on the declared pairs, and what the policy says of them."""
    protected = tuple(a.attribute for a in policy.attributes if a.status == "protected")
    gating = tuple((attribute, metric) for attribute in protected for metric in policy.gating(attribute))
    text = """select * from pql.bias_audit where as_of = $day and target = $target and scorer = 'model' and version = $version
        and status = 'protected' and verdict is not null order by attribute, grp, metric"""
    audit = records(warehouse, text, day=day, target=candidate["target"], version=candidate["version"])
    contrasts = tuple(
        Contrast(
            row["attribute"], row["grp"], row["metric"], Verdict(row["verdict"]), row["reason"],
            row["difference"] is not None if row["formed"] is None else row["formed"],
        )
        for row in audit if (row["attribute"], row["metric"]) in gating
    )  # fmt: skip
    return {
        "protected": protected, "gating": gating, "contrasts": contrasts, "exceptions": policy.exceptions,
        "unjudged_blocks": policy.unjudged == "block",
    }  # fmt: skip


def _data(warehouse: Warehouse, as_of: AsOf) -> dict[str, Any]:
    """How old the newest activity is, and which expected events came."""
    text = "select max(received_date) from behavior.user_days where received_date <= $as_of"
    newest = warehouse.scalar(text, as_of=as_of.date)
    age = float((as_of.date - newest).days) if isinstance(newest, dt.date) else np.nan
    covered = records(warehouse, COVERED, as_of=as_of.date) if warehouse.exists("ingest.coverage") else []
    unseen = tuple(str(row["event"]) for row in covered if not row["seen"])
    share = 1.0 - len(unseen) / len(covered) if covered else np.nan
    return {"activity_age": age, "coverage": share, "unseen": unseen}


def _of_model(
    warehouse: Warehouse, candidate: Row, *, day: dt.date, as_of: AsOf, policy: PqlPolicy, state: Path | None
) -> dict[str, Any]:
    """What only the model itself can tell: whether its file is the recorded one, how its scores shifted, whether they add up."""
    if state is None or candidate["artifact"] is None:
        return {"unreadable": "no model file is on record"}
    try:
        model = load_model(StoredModel(state / candidate["artifact"], candidate["digest"]))
    except UntrustedModel as error:
        return {"unreadable": str(error).replace(f"{state}/", "")}
    required = (population(as_of=as_of, target=policy.targets[candidate["target"]]),)
    rows = warehouse.frame(Query("tonight", TONIGHT, {**as_of.parameters(), "sample": SAMPLE}, required))
    if rows.empty:
        return {"tonight": 0}
    inputs = model_inputs(rows)
    parameters = {"day": day, "target": candidate["target"], "version": candidate["version"]}
    text = """select score from pql.test_predictions where as_of = $day and target = $target and scorer = 'model'
        and version = $version"""
    tested = warehouse.frame(Query("tested", text, parameters))["score"].to_numpy(dtype=np.float64)
    return {
        "tonight": len(rows), "stability": population_stability_index(tested, model.probability(inputs)),
        "unexplained": unexplained(model, inputs.head(EXPLAINED)),
    }  # fmt: skip


def unexplained(model: Model, inputs: pd.DataFrame) -> float:
    """The largest gap between a row's calibrated log-odds and the sum of its contributions; NaN when one is no number."""
    gaps = model.contributions(inputs).to_numpy(dtype=np.float64).sum(axis=1) - model.log_odds(inputs)
    return float(np.abs(gaps).max()) if len(gaps) and np.isfinite(gaps).all() else np.nan


def _number(value: object) -> float:
    return float("nan") if value is None else float(np.float64(str(value)))
