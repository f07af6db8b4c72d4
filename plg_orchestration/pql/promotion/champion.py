"""Who routes leads after each night: the incumbent until a challenger passes every gate on the newest day.

The judgment is in `promotion.py`; here figures are read from the night's tables and the row of `pql.champion` is made.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.gates import Contrast, Evaluation, Incumbent, Promotion, decide
from plg_orchestration.pql.promotion.tables import CHAMPION, PROMOTIONS
from plg_orchestration.pql.training.artifacts import StoredModel, load_model
from plg_orchestration.pql.training.evaluation import gain
from plg_orchestration.pql.training.metrics import Estimate
from plg_orchestration.pql.training.model import Model
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse

Row = dict[str, Any]


@dataclass(frozen=True)
class ChampionModel:
    """A model that routes leads: its version, threshold on the probability, and the stored file with the promoted digest."""

    version: str
    threshold: float
    stored: StoredModel

    def load(self) -> Model:
        """The model; UntrustedModel when the file is not the promoted one."""
        return load_model(self.stored)


def champion(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, newest: bool, target: str = "conversion"
) -> tuple[pd.DataFrame, Promotion]:
    """The row of `pql.champion` for the day and the judgment behind it; a promotion is also entered into `pql.promotions`.

    Reads the day's `pql.candidate` and `pql.bias_audit` and the promotions before the day. Only the newest day is judged for
    promotion: a past day that once promoted keeps its promotion as it was recorded, any other keeps the incumbent.
    """
    warehouse.ensure(PROMOTIONS)
    incumbent = _promoted(warehouse, as_of.date, policy, target)
    found = _records(warehouse, "select * from pql.candidate where as_of = $day and target = $target and scorer = 'model'",
                     day=as_of.date, target=target)  # fmt: skip
    candidate = found[0] if found else {}
    challenger = _evaluation(warehouse, candidate, as_of.date, policy)
    standing = Incumbent(incumbent["scorer"], incumbent["version"], _date(incumbent["promoted_on"]))
    promotion = decide(challenger, standing, policy.promotion, newest=newest)
    row = {
        "as_of": as_of.date, "target": target, **incumbent, "verdict": promotion.verdict.value, "reason": promotion.reason,
        "gates": json.dumps([asdict(gate) for gate in promotion.gates], sort_keys=True), "promoted": promotion.promoted,
        "challenger": candidate.get("version"), "previous": incumbent["version"],
    }  # fmt: skip
    if promotion.promoted:
        row |= {name: candidate[name] for name in ("version", "threshold", "artifact", "digest")}
        row |= {"scorer": "model", "promoted_on": as_of.date}
    recorded = _records(warehouse, "select * from pql.promotions where target = $target and promoted_on = $day",
                        day=as_of.date, target=target)  # fmt: skip
    if newest:
        _enter(warehouse, row, as_of.date, target)
    elif recorded:
        row |= {**recorded[0], "promoted": True, "challenger": recorded[0]["version"]}
    return pd.DataFrame([{name: row[name] for name in CHAMPION.column_names}], dtype=object), promotion


def _enter(warehouse: Warehouse, row: Row, day: dt.date, target: str) -> None:
    """The ledger's entry of the day: replaced by the same day's judgment, never touched by another day's."""
    with warehouse.transaction():
        gone = "delete from pql.promotions where target = $target and promoted_on = $day"
        warehouse.connection.execute(gone, {"target": target, "day": day})
        if row["promoted"]:
            entry = pd.DataFrame([{name: row[name] for name in PROMOTIONS.column_names}], dtype=object)
            warehouse.insert(PROMOTIONS, entry)
        warehouse.parts.mark(PROMOTIONS, [day])


def champion_on(warehouse: Warehouse, *, as_of: AsOf, target: str = "conversion") -> Row | None:
    """The champion's row of the day; None when the day was not built."""
    text = "select * from pql.champion where as_of = $day and target = $target"
    found = _records(warehouse, text, day=as_of.date, target=target)
    return found[0] if found else None


def model_of(row: Row | None, state: Path) -> ChampionModel | None:
    """The model that a champion row names; None when the row names a formula."""
    if row is None or row["scorer"] != "model":
        return None
    return ChampionModel(row["version"], float(row["threshold"]), StoredModel(state / row["artifact"], row["digest"]))


def incumbent_model(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str, state: Path) -> ChampionModel | None:
    """The model that routed before `as_of`; None when a formula did."""
    warehouse.ensure(PROMOTIONS)
    return model_of(_promoted(warehouse, as_of.date, policy, target), state)


def _promoted(warehouse: Warehouse, day: dt.date, policy: PqlPolicy, target: str) -> Row:
    """Who routes before the day's judgment: the last promotion, or the rules when nothing was ever promoted."""
    text = """select scorer, version, promoted_on, threshold, artifact, digest from pql.promotions
        where promoted_on < $day and target = $target order by promoted_on desc limit 1"""
    found = _records(warehouse, text, day=day, target=target)
    if found:
        return found[0]
    return {
        "scorer": "rules", "version": formula_version("rules", policy), "promoted_on": None,
        "threshold": float(policy.rules.threshold), "artifact": None, "digest": None,
    }  # fmt: skip


def _evaluation(warehouse: Warehouse, candidate: Row, day: dt.date, policy: PqlPolicy) -> Evaluation:
    """The challenger's figures from its stored row and the audit of exactly its version."""
    if not candidate or candidate["status"] != "trained":
        reason = str(candidate["reason"]) if candidate else f"no candidate was trained on {day}"
        return Evaluation(day, str(candidate.get("version", "")), str(candidate.get("status", "missing")), reason)
    text = """select * from pql.bias_audit where as_of = $day and target = $target and scorer = 'model' and version = $version
        and status = 'protected' and verdict is not null order by attribute, grp, metric"""
    audit = _records(warehouse, text, day=day, target=candidate["target"], version=candidate["version"])
    return Evaluation(
        as_of=day, version=candidate["version"], status="trained", train_positives=int(candidate["train_positives"]),
        test_positives=int(candidate["test_positives"]), permutation_p=_number(candidate["permutation_p"]),
        lift=Estimate(*(_number(candidate[name]) for name in ("lift", "lift_low", "lift_high"))),
        calibration_error=_number(candidate["ece"]), gain_over_rules=gain(candidate["gains"], "rules"),
        gain_over_champion=gain(candidate["gains"], "champion"), threshold_policy=candidate["threshold_policy"],
        leaking=tuple(filter(None, candidate["leaking"].split(", "))),
        protected=tuple(a.attribute for a in policy.bias.attributes if a.status == "protected"),
        contrasts=tuple(
            Contrast(row["attribute"], row["grp"], row["metric"], Verdict(row["verdict"]), row["reason"], _formed(row))
            for row in audit
        ),
    )  # fmt: skip


def _formed(row: Row) -> bool:
    return row["difference"] is not None


def _records(warehouse: Warehouse, text: str, **parameters: object) -> list[Row]:
    done = warehouse.connection.execute(text, parameters)
    names = [column[0] for column in done.description or []]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def _number(value: object) -> float:
    return float("nan") if value is None else float(np.float64(str(value)))


def _date(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) else None
