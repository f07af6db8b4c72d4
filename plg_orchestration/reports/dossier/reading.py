"""Everything that is known of one decision, gathered from the warehouse: as it was on its night, and what came after.

Rows and recomputed figures only; how they are told is in `then.py` and `after.py`.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_crm_outcomes, known_invites, known_objections
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.ledger import RISES, ChampionModel, Entry, entries_of
from plg_orchestration.pql.scorers.signals import SOURCE, rule_signals
from plg_orchestration.pql.targets.queries import outcomes
from plg_orchestration.pql.training.artifacts import MANIFEST_FILE, StoredModel
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.reports.dossier.contributions import Contributions, contributions
from plg_orchestration.reports.dossier.trace import RuleTrace, Signal, WeightedTrace, trace_rules, trace_weights
from plg_orchestration.warehouse import Query, Warehouse, sql_file

Row = dict[str, Any]
FORMULAS = ("rules", "weighted")


class Explained(Protocol):
    """What a dossier needs of a workspace."""

    @property
    def name(self) -> str:
        """The workspace's name."""
        ...

    @property
    def state(self) -> Path:
        """The folder that everything computed lives in."""
        ...

    @property
    def pql(self) -> PqlPolicy:
        """The policy of scoring and routing, as it is today."""
        ...

    def as_of(self, day: dt.date) -> AsOf:
        """The end of the day in the workspace's time zone."""
        ...


@dataclass(frozen=True)
class Then:
    """What stood on the night: the person's features and scores, how the scorer came to its score, who was champion and why."""

    features: Row | None
    scores: tuple[Row, ...]
    rules: RuleTrace | str
    weights: WeightedTrace | str
    model: Contributions | str | None
    """The exact reasons when a model decided; in words why they cannot be computed; None when a formula did."""
    stored: StoredModel | None
    entries: tuple[Entry, ...]
    """The ledger's entries about the version up to the night."""
    training: Row | None
    audit: tuple[Row, ...]
    invites: tuple[Row, ...]
    objections: tuple[Row, ...]
    suspicions: tuple[Row, ...]
    overrides: tuple[Row, ...]


@dataclass(frozen=True)
class After:
    """What became of the decision, as known on the newest night."""

    day: AsOf
    sla: Row | None
    outcomes: tuple[Row, ...]
    conversions: tuple[dt.datetime, ...]
    objections: tuple[Row, ...]
    others: tuple[Row, ...]
    """Every decision on the person for the target, this one among them."""


@dataclass(frozen=True)
class Found:
    """One decision with everything around it."""

    decision: Row
    day: AsOf
    then: Then
    after: After
    tracked: Row = field(default_factory=dict[str, Any])
    """Where the version stands in MLflow (`reports.model_card`)."""
    night: Row = field(default_factory=dict[str, Any])
    """The night's own row there, which names its Dagster run."""


def decision_of(warehouse: Warehouse, decision_id: str) -> Row | None:
    """The decision's row with its night's figures; None when no night that is stored has decided it."""
    query = _file("decision", decision_id=decision_id)
    found = _rows(warehouse, query, "pql.decisions", "pql.scores", "pql.routes")
    return found[0] if found else None


def people(warehouse: Warehouse) -> list[str]:
    """Everybody whom a night's features or decisions still name."""
    return [row["user_id"] for row in _rows(warehouse, _file("people"), "pql.features", "pql.decisions")]


def decisions_beside(warehouse: Warehouse, person: str) -> tuple[Row, ...]:
    """Every decision on the person: decision_id, as_of, target, scorer, version."""
    return _rows(warehouse, _file("decisions_beside", user_id=person), "pql.decisions")


def newest_night(warehouse: Warehouse, target: str) -> dt.date | None:
    """The newest night that had a champion; None before the first."""
    if not warehouse.exists("pql.champion"):
        return None
    newest = warehouse.scalar("select max(as_of) from pql.champion where target = $t", t=target)
    return newest if isinstance(newest, dt.date) else None


def read(warehouse: Warehouse, decision: Row, workspace: Explained) -> Found:
    """Gather everything about the decision; a table that is not there gives nothing."""
    day = workspace.as_of(decision["as_of"])
    known = workspace.as_of(max(newest_night(warehouse, decision["target"]) or decision["as_of"], decision["as_of"]))
    then = _then(warehouse, decision, day, workspace)
    after = _after(warehouse, decision, day, known, workspace.pql)
    return Found(decision, day, then, after, *_tracked(warehouse, decision))


def _then(warehouse: Warehouse, decision: Row, day: AsOf, workspace: Explained) -> Then:
    policy, who = workspace.pql, _who(decision, day)
    features = _first(_rows(warehouse, _file("person_features", **who), "pql.features"))
    scores = _rows(warehouse, _file("person_scores", **who), "pql.scores", "pql.rule_scores")
    entries = _entries(warehouse, decision)
    training = _first(_rows(warehouse, _file("version_training", **who), "pql.candidate"))
    stored = _stored(entries, training, workspace.state) if decision["scorer"] == "model" else None
    if training is None and stored is not None:
        training = _manifest(stored)
    suspected = day.minus(policy.suppression.suspected_days).date
    asked = who | {"suspected_after": suspected, "override_id": decision["override_id"]}
    return Then(
        features=features, scores=scores, rules=_rules(warehouse, scores, features, day, who, policy),
        weights=_weights(warehouse, scores, who, policy), model=_model(decision, features, stored), stored=stored,
        entries=entries, training=training, audit=_rows(warehouse, _file("version_audit", **who), "pql.bias_audit"),
        invites=_rows(warehouse, _file("person_invites", known_invites(day), **who), "ingest.invites"),
        objections=_rows(warehouse, _file("person_objections", known_objections(day), **who), "ingest.objections"),
        suspicions=_rows(warehouse, _file("person_suspicions", **asked), "governance.suspects"),
        overrides=_rows(warehouse, _file("decision_overrides", **asked), "pql.overrides"),
    )  # fmt: skip


def _after(warehouse: Warehouse, decision: Row, day: AsOf, known: AsOf, policy: PqlPolicy) -> After:
    who = _who(decision, known) | {"decided_at": day.cut}
    target = policy.targets.get(decision["target"])
    happened: tuple[Row, ...] = ()
    if target is not None:
        query = _file("later_conversions", outcomes(as_of=known, target=target), **who)
        happened = _rows(warehouse, query, "ingest.subscriptions", "behavior.milestones")
    return After(
        day=known, sla=_first(_rows(warehouse, _file("decision_sla", **who), "pql.sla")),
        outcomes=_rows(warehouse, _file("later_outcomes", known_crm_outcomes(known), **who), "ingest.crm_outcomes"),
        conversions=tuple(row["happened_at"] for row in happened),
        objections=_rows(warehouse, _file("person_objections", known_objections(known), **who), "ingest.objections"),
        others=_rows(warehouse, _file("person_decisions", **who), "pql.decisions"),
    )  # fmt: skip


def _who(decision: Row, day: AsOf) -> dict[str, object]:
    """What the files name: the person, their payer, the decision's own names, and the day of knowledge."""
    payer = decision["account_id"] or decision["user_id"]
    names = ("decision_id", "user_id", "account_id", "target", "scorer", "version")
    return {**day.parameters(), **{name: decision[name] for name in names}, "payer_id": payer}


def _rules(
    warehouse: Warehouse, scores: tuple[Row, ...], features: Row | None, day: AsOf, who: Mapping[str, object], policy: PqlPolicy
) -> RuleTrace | str:  # fmt: skip
    recorded = next((row for row in scores if row["scorer"] == "rules"), None)
    if features is None or recorded is None:
        return "the night's features or points of this person are not stored any more"
    if recorded["version"] != (today := formula_version("rules", policy)):
        return (
            f"the points table was {recorded['version']} on the night and is {today} today; the criteria that counted then: "
            f"{recorded['criteria'] or 'none'} ({recorded['points']} points)"
        )
    alone = "" if policy.rules.modifiers.norm else " and user_id = $user_id"
    source = Query(SOURCE, f"select * from pql.features where as_of = $as_of{alone}", {**who})
    signals = rule_signals(policy.rules, source)
    text = "select priority, value, factor, age, note from rule_signals where user_id = $user_id order by priority"
    seen = warehouse.arrow(Query("own_signals", text, {"user_id": who["user_id"]}, (signals,))).to_pylist()
    found = [Signal(row["value"], float(row["factor"]), row["note"] or "") for row in seen]
    return trace_rules(policy.rules, found, recorded=recorded["points"])


def _weights(
    warehouse: Warehouse, scores: tuple[Row, ...], who: Mapping[str, object], policy: PqlPolicy
) -> WeightedTrace | str:  # fmt: skip
    recorded = next((row for row in scores if row["scorer"] == "weighted"), None)
    row = _first(_rows(warehouse, _file("person_weights", **who), "pql.weighted_scores"))
    if row is None or recorded is None:
        return "the night's weighted score of this person is not stored any more"
    if recorded["version"] != (today := formula_version("weighted", policy)):
        return f"the weighted formula was {recorded['version']} on the night and is {today} today; it gave {row['score']:.1f}"
    return trace_weights(policy.weighted, row)


def _model(decision: Row, features: Row | None, stored: StoredModel | None) -> Contributions | str | None:
    if decision["scorer"] in FORMULAS:
        return None
    if decision["scorer"] != "model":
        return f"a {decision['scorer']} decided, whose parts are the points and a model's probability"
    if features is None:
        return "the night's features of this person are not stored any more"
    if stored is None:
        return f"no record of {decision['version']} names its file and digest, so it is not loaded"
    model = ChampionModel(decision["version"], decision["threshold"] / 100.0, stored)
    return contributions(model, features, recorded=decision["score"])


def _entries(warehouse: Warehouse, decision: Row) -> tuple[Entry, ...]:
    if not warehouse.exists("pql.promotions"):
        return ()
    entries = entries_of(warehouse, target=decision["target"], through=decision["as_of"])
    return tuple(entry for entry in entries if entry.version == decision["version"])


def _stored(entries: tuple[Entry, ...], training: Row | None, state: Path) -> StoredModel | None:
    """The file and the digest that were recorded when the version was promoted, else when it was trained."""
    risen = next((e for e in reversed(entries) if e.kind in RISES and e.artifact and e.digest), None)
    if risen is not None:
        return StoredModel(state / str(risen.artifact), str(risen.digest))
    if training is not None and training["artifact"] and training["digest"]:
        return StoredModel(state / training["artifact"], training["digest"])
    return None


def _manifest(stored: StoredModel) -> Row | None:
    """What the manifest beside the model's file says of its training, when the day's record was replaced by another training."""
    try:
        said: Row = json.loads((stored.folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {**said, "settings": json.dumps(said.get("settings", {})), "thresholds": None, "from_manifest": True}


def _tracked(warehouse: Warehouse, decision: Row) -> tuple[Row, Row]:
    """What the cards recorded of the version, and of the night."""
    named = {name: decision[name] for name in ("target", "version", "as_of")}
    rows = _rows(warehouse, _file("tracked", **named), "reports.model_card")
    of_version = [row for row in rows if row["version"] == decision["version"]]
    of_night = [row for row in rows if row["as_of"] == decision["as_of"]]
    return of_version[-1] if of_version else {}, of_night[-1] if of_night else {}


def _file(name: str, *requires: Query, **parameters: object) -> Query:
    return sql_file(f"reports/dossier/{name}.sql", requires=requires, **parameters)


def _rows(warehouse: Warehouse, query: Query, *tables: str) -> tuple[Row, ...]:
    """The rows as plain values; none where a table that it needs is not there."""
    if not all(warehouse.exists(name) for name in tables):
        return ()
    return tuple(warehouse.arrow(query).to_pylist())


def _first(rows: tuple[Row, ...]) -> Row | None:
    return rows[0] if rows else None
