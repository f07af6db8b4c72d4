"""A few people over real tables: features put by hand, scored, decided and logged by the functions that nights use."""

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance.audit_log.appending import append_waiting
from plg_orchestration.governance.audit_log.decisions import log_decisions
from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.governance.privacy.secret import Secret
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing import night, queries
from plg_orchestration.pql.scorers import queries as scorers
from plg_orchestration.pql.scorers.scoring import scores
from plg_orchestration.pql.training.artifacts import store_model
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.reports.dossier import Dossier, Fact, dossier
from plg_orchestration.warehouse import Query, Warehouse, table
from tests.pql.champion_nights import packed

from .conftest import put

MONDAY = dt.date(2025, 3, 10)
DAY = dt.timedelta(days=1)
POLICY = load_default("pql", PqlPolicy)
SECRET = Secret(b"7" * 32, "environment")
LOW = 0.0001
MODEL = "2025-03-09-abcd1234"
NEEDED = (
    "pql.features", "pql.rule_scores", "pql.weighted_scores", "pql.scores", "pql.champion", "pql.candidate", "pql.decisions",
    "pql.routes", "pql.overrides", "pql.sla", "pql.bias_audit", "pql.promotions", "governance.suspects", "ingest.objections",
    "ingest.crm_outcomes", "ingest.invites", "ingest.subscriptions", "behavior.milestones",
)  # fmt: skip
ZERO = {f.name: "x" if f.type == "VARCHAR" else False if f.type == "BOOLEAN" else 0 for f in FEATURES}
EAGER = {
    "onboarding_completed": True, "invites_sent": 2, "invites_accepted": 2, "active_days_first_14": 9, "core_features_ever": 4,
    "limit_hits_28d": 3, "events_30d": 40, "events_28d": 40, "active_days_30d": 12, "teammates": 2,
}  # fmt: skip


@dataclass
class Small:
    """A workspace as a dossier sees it, with its nights."""

    state: Path
    warehouse: Warehouse
    name: str = "Acme <&>"
    secret: Secret = SECRET
    pql: PqlPolicy = POLICY
    first: dict[str, str] = field(default_factory=dict)
    """The decision ids of Monday, by user."""
    people: dict[str, dict[str, Any]] = field(default_factory=lambda: {"ann": {**EAGER}, "bob": {}, "eve": {"limit_hits_28d": 1}})

    def __post_init__(self) -> None:
        if self.first:
            return
        for name in NEEDED:
            self.warehouse.ensure(table(name))
        for name, rows in self.pql.config_tables().items():
            self.warehouse.connection.register("config_rows", rows)
            self.warehouse.connection.execute(f"create or replace table config.{name} as select * from config_rows")

    def as_of(self, day: dt.date) -> AsOf:
        return AsOf(day, "UTC")

    def put(self, name: str, **row: Any) -> None:
        put(self.warehouse, name, [row])

    def promote(self, seed: int = 1, version: str = MODEL, **more: Any) -> None:
        """A model whose file is stored, trained and entered into the ledger, and by which everybody is a lead."""
        folder = self.state / "models" / "conversion" / version
        stored = store_model(folder, packed(seed), {"inputs": [f.name for f in FEATURES if f.use == "scoring"]})
        artifact = str(folder.relative_to(self.state))
        thresholds = {"applied": "capacity", "capacity": {"met": True, "best": {
            "threshold": 0.2, "precision": [0.2, 0.1, 0.3], "recall": [0.7, 0.6, 0.8], "fpr": [0.1, 0.05, 0.15]}}}  # fmt: skip
        self.put(
            "pql.candidate", as_of=MONDAY - DAY, target="conversion", scorer="model", version=version, status="trained",
            reason="", algorithm="logistic_regression", settings="{}", calibration="sigmoid", train_rows=200, test_rows=90,
            threshold=LOW, threshold_policy="capacity", thresholds=json.dumps(thresholds), artifact=artifact,
            digest=stored.digest, data_hash="d" * 64, config_hash="c" * 64, code_version="0.1", **more,
        )  # fmt: skip
        self.put(
            "pql.promotions", target="conversion", sequence=1, kind="promotion", as_of=MONDAY - DAY, actor="gates",
            previous="rules-1", scorer="model", version=version, threshold=LOW, artifact=artifact, digest=stored.digest,
            reason="every gate holds",
        )  # fmt: skip

    def night(self, day: dt.date = MONDAY, *, model: bool = False) -> dict[str, str]:
        """Score, decide and log the day, in place of what was there; decision ids by user."""
        as_of = self.as_of(day)
        rows = [{"as_of": day, "user_id": user, "account_id": f"of-{user}", **ZERO, **seen} for user, seen in self.people.items()]
        self._replace("pql.features", day, rows)
        self._insert("pql.rule_scores", day, scorers.rule_scores(as_of=as_of, policy=self.pql))
        self._insert("pql.weighted_scores", day, scorers.weighted_scores(as_of=as_of, policy=self.pql))
        self._replace("pql.champion", day, [self._champion(day, model=model)])
        self._insert("pql.scores", day, scores(self.warehouse, as_of=as_of, policy=self.pql, state=self.state))
        decided = night.decisions(self.warehouse, as_of=as_of, policy=self.pql)
        with self.warehouse.transaction():
            self._insert("pql.decisions", day, decided)
            log_decisions(self.warehouse, decided, as_of=as_of, policy=self.pql)
        self._insert("pql.routes", day, queries.routes(as_of=as_of))
        append_waiting(self.warehouse, state=self.state, secret=self.secret, day=day, at=as_of.cut)
        return dict(zip(decided["user_id"].to_pylist(), decided["decision_id"].to_pylist(), strict=True))

    def explain(self, decision_id: str, *, named: bool = False) -> Dossier:
        with open_keyring(self.state, self.secret) as keys:
            return dossier(self.warehouse, decision_id, workspace=self, keys=keys, named=named)

    def _champion(self, day: dt.date, *, model: bool) -> dict[str, Any]:
        if not model:
            threshold, version = float(self.pql.rules.threshold), formula_version("rules", self.pql)
            return {"as_of": day, "target": "conversion", "scorer": "rules", "version": version, "threshold": threshold}
        text = "select version, threshold, artifact, digest from pql.promotions order by sequence desc limit 1"
        version, threshold, artifact, digest = self.warehouse.rows(Query("risen", text))[0]
        return {"as_of": day, "target": "conversion", "scorer": "model", "version": version, "threshold": threshold,
                "artifact": artifact, "digest": digest}  # fmt: skip

    def _replace(self, name: str, day: dt.date, rows: list[dict[str, Any]]) -> None:
        self.warehouse.connection.execute(f"delete from {name} where as_of = $day", {"day": day})
        put(self.warehouse, name, rows)

    def _insert(self, name: str, day: dt.date, rows: Any) -> None:
        made = self.warehouse.arrow(rows) if isinstance(rows, Query) else rows
        self.warehouse.connection.execute(f"delete from {name} where as_of = $day", {"day": day})
        self.warehouse.insert(table(name), made)


def said(made: Dossier, label: str, section: str = "") -> list[str]:
    """The values of all facts with the label, of one section where it is named."""
    return [fact.value for title, fact in made.facts() if fact.label == label and section in ("", title)]


def fact(made: Dossier, label: str, section: str = "") -> Fact:
    """The only fact with the label."""
    (found,) = [fact for title, fact in made.facts() if fact.label == label and section in ("", title)]
    return found


def cells(made: Dossier, section: str) -> list[tuple[str, ...]]:
    """All rows of the section's tables."""
    return [row for one in made.sections if one.title == section for grid in one.grids for row in grid.rows]
