"""Nights of promotion in small: hand-made candidates over random features, and real model files."""

import datetime as dt
import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from plg_orchestration import STAGES
from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.approvals import Approvals
from plg_orchestration.pql.promotion.champion import NO_APPROVALS, champion
from plg_orchestration.pql.promotion.evaluation import Promotion
from plg_orchestration.pql.promotion.ledger import Entry, append, entries_of, standing
from plg_orchestration.pql.training.artifacts import model_bytes, store_model
from plg_orchestration.pql.training.metrics import Floats
from plg_orchestration.pql.training.model import Model, model_inputs
from plg_orchestration.warehouse import Warehouse, table

POLICY = load_default("pql", PqlPolicy)
START = dt.date(2025, 3, 3)
USERS = 120
OF_OTHER_INPUTS = 99
TARGET = "conversion"
READ = ("pql.features", "pql.candidate", "pql.test_predictions", "pql.bias_audit", "pql.champion", "pql.scores",
        "behavior.user_days", "behavior.milestones", "ingest.coverage", "ingest.subscriptions",
        "ingest.objections")  # fmt: skip


def policy_with(mode: str = "automatic", **changes: object) -> PqlPolicy:
    """The packaged policy with other limits of the promotion."""
    return POLICY.model_copy(update={"promotion": POLICY.promotion.model_copy(update={"mode": mode, **changes})})


def random_features(seed: int, rows: int = USERS) -> pd.DataFrame:
    """Rows of `pql.features` without day: every registered feature at random."""
    generator = np.random.default_rng(seed)
    made: dict[str, object] = {"user_id": [f"u{i:04d}" for i in range(rows)], "account_id": [f"a{i // 2}" for i in range(rows)]}
    for feature in FEATURES:
        if feature.type == "VARCHAR":
            made[feature.name] = generator.choice(["one", "two"], rows)
        elif feature.type == "BOOLEAN":
            made[feature.name] = generator.random(rows) < 0.3
        else:
            made[feature.name] = generator.poisson(2, rows)
    return pd.DataFrame(made).assign(is_paying=False, in_sales=False)


@cache
def fitted(seed: int) -> Model:
    """A small fitted model; another seed gives another one, and `OF_OTHER_INPUTS` one whose inputs are not made any more."""
    from sklearn.linear_model import LogisticRegression

    from plg_orchestration.pql.training.algorithms import new_pipeline

    inputs = model_inputs(random_features(seed, 200))
    if seed == OF_OTHER_INPUTS:
        inputs = inputs.assign(fax_messages_28d=1.0)
    label = np.random.default_rng(seed).random(200) < 0.3
    pipeline = new_pipeline("logistic_regression", {"regularization": 0.01}, seed=seed).fit(inputs, label)
    return Model(pipeline, LogisticRegression().fit(pipeline.decision_function(inputs).reshape(-1, 1), label))


@cache
def tested(seed: int) -> Floats:
    """Scores of other random users by that model: its test part."""
    return fitted(seed).probability(model_inputs(random_features(1000, 400)))


@cache
def packed(seed: int) -> bytes:
    """The bytes of that model."""
    return model_bytes(fitted(seed))


def prepare(warehouse: Warehouse) -> None:
    """The tables that a night of promotion reads, empty when they are new."""
    if warehouse.connection.execute("select count(*) from duckdb_tables() where table_name = 'test_predictions'").fetchall()[0][
        0
    ]:
        return
    for schema in (*STAGES, "config"):
        warehouse.connection.execute(f"create schema if not exists {schema}")
    for name in READ:
        warehouse.ensure(table(name))


class Nights:
    """Nights of one target over a warehouse; `state` holds the model files."""

    def __init__(self, warehouse: Warehouse, state: Path, policy: PqlPolicy = POLICY) -> None:
        self.warehouse, self.state, self.policy = warehouse, state, policy
        self.approvals: Approvals = NO_APPROVALS
        self._template = False
        prepare(warehouse)

    def insert(self, name: str, rows: list[dict[str, object]] | pd.DataFrame) -> None:
        """Rows of `stage.table`; columns that are not named are null."""
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, dtype=object)
        declared = table(name)
        full = frame.assign(**{c: None for c in declared.column_names if c not in frame.columns})
        self.warehouse.insert(declared, full[list(declared.column_names)])

    def train(self, number: int, *, model: int = 1, verdict: str = "pass", gains: tuple[float, float] = (0.05, 0.03),
              best: tuple[float, float] = (0.05, 0.03), **figures: object) -> str:  # fmt: skip
        """What the night left before the judgment; `gains` and `best` are (value, lower bound) over champion and best."""
        day = START + dt.timedelta(days=number)
        version = f"{day}-{model:08d}"
        stored = store_model(self.state / "models" / TARGET / version, packed(model), {"version": version})
        self._known(day)
        ranked = {"rules": (0.1, 0.05), "weighted": (0.08, 0.03), "champion": gains, "best": best}
        gained = {name: {"auc": [value, low, value * 2 - low]} for name, (value, low) in ranked.items()}
        row = {
            "as_of": day, "target": TARGET, "scorer": "model", "algorithm": "logistic_regression", "version": version,
            "status": "trained", "reason": "", "test_to": day - dt.timedelta(days=33), "train_rows": 9000, "train_positives": 90,
            "test_rows": 4000, "test_positives": 40, "threshold": 0.3, "threshold_policy": "capacity", "auc": 0.8,
            "lift": 2.0, "lift_low": 1.5, "lift_high": 2.6, "precision": 0.4, "ece": 0.01, "permutation_p": 0.001, "leaking": "",
            "gains": json.dumps(gained), "artifact": str(stored.folder.relative_to(self.state)), "digest": stored.digest,
            "metrics": "{}",
        }  # fmt: skip
        self.insert("pql.candidate", [{**row, **figures}])
        text = """insert into pql.test_predictions by name
            select $day as as_of, $target as target, 'model' as scorer, $version as version, unnest($scores::double[]) as score"""
        bound = {"day": day, "target": TARGET, "version": version, "scores": tested(model).tolist()}
        self.warehouse.connection.execute(text, bound)
        audited = {"as_of": day, "target": TARGET, "scorer": "model", "version": version, "attribute": "region", "grp": "emea"}
        judged = {"status": "protected", "n": 99, "difference": 0.01, "verdict": verdict, "reason": "difference +0.010"}
        metrics = ("selection_rate", "true_positive_rate")
        self.insert("pql.bias_audit", [{**audited, **judged, "metric": metric} for metric in metrics])
        return version

    def crown(self, number: int, *, model: int = 1) -> str:
        """A night that promoted, as its ledger entry, its row and its model file alone; the version."""
        day = START + dt.timedelta(days=number)
        version = f"{day}-{model:08d}"
        stored = store_model(self.state / "models" / TARGET / version, packed(model), {"version": version})
        now = standing(self.ledger)
        entry = Entry(
            TARGET, "promotion", day, "gates", now.incumbent(self.policy).version, "model", version, "every gate holds", 0.3,
            str(stored.folder.relative_to(self.state)), stored.digest, "capacity", 0.6, best=version, verdict="pass", gates="[]",
            evidence_on=day,
        )  # fmt: skip
        append(self.warehouse, entry)
        judged = {"verdict": "pass", "reason": entry.reason, "gates": "[]", "promoted": True, "outcome": "promoted"}
        row = {"as_of": day, "target": TARGET, "challenger": version, "previous": entry.previous, **judged}
        self.insert("pql.champion", [{**row, **standing(self.ledger).route(self.policy)}])
        return version

    def _known(self, day: dt.date) -> None:
        """Tonight's users, activity of today, and every expected event."""
        execute = self.warehouse.connection.execute
        if not self._template:
            self.warehouse.connection.register("random_features", random_features(1))
            execute("create or replace temp table template as from random_features")
            self._template = True
        execute("insert into pql.features by name select *, $day as as_of from template", {"day": day})
        execute("insert into behavior.user_days by name select $day as received_date, 'u0000' as user_id", {"day": day})
        seen = "select $day as as_of, 'Signed Up' as event, true as expected, true as seen"
        execute(f"insert into ingest.coverage by name {seen}", {"day": day})

    def judge(self, number: int, *, newest: bool = True) -> dict[str, object]:
        """The night's judgment, published in its table as an asset does; the row."""
        day = START + dt.timedelta(days=number)
        self.warehouse.publish(table("pql.champion"), lambda _: self.decide(day, newest)[0], [day])
        return self.row(number)

    def decide(self, day: dt.date, newest: bool) -> tuple[pd.DataFrame, Promotion]:
        """The row and the judgment of the day."""
        return champion(
            self.warehouse, as_of=AsOf(day), policy=self.policy, newest=newest, state=self.state, approvals=self.approvals
        )  # fmt: skip

    def night(self, number: int, **made: object) -> dict[str, object]:
        """A whole night: training and judgment."""
        self.train(number, **made)  # type: ignore[arg-type]
        return self.judge(number)

    def row(self, number: int) -> dict[str, object]:
        """The champion's row of the night."""
        found = self.warehouse.connection.execute(
            "select * from pql.champion where as_of = $d", {"d": START + dt.timedelta(days=number)}
        )  # fmt: skip
        names = [column[0] for column in found.description or []]
        (values,) = found.fetchall()
        return dict(zip(names, values, strict=True))

    def gates(self, number: int) -> dict[str, str]:
        """The verdicts of the night's gates that did not pass."""
        gates = json.loads(str(self.row(number)["gates"]))
        return {gate["name"]: gate["verdict"] for gate in gates if gate["verdict"] != "pass"}

    @property
    def ledger(self) -> tuple[Entry, ...]:
        """All entries."""
        return entries_of(self.warehouse, target=TARGET)

    def leads(self, number: int, version: str, hits: list[bool], *, scorer: str = "model") -> None:
        """Leads of the version on that night, one account each."""
        day = START + dt.timedelta(days=number)
        rows = [
            {"as_of": day, "user_id": f"l{number}-{i}", "account_id": f"p{i}" if hit else f"n{i}", "target": TARGET,
             "scorer": scorer, "version": version, "score": 50.0, "percentile": 50.0, "is_pql": True, "reasons": ""}
            for i, hit in enumerate(hits)
        ]  # fmt: skip
        self.insert("pql.scores", rows)
