"""What the log says of a night's decisions: every field that decided, features in buckets, nothing that identifies a person.

The rows are made in the transaction that publishes `pql.decisions`; how they get into the log is in `appending.py`.
"""

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from plg_orchestration.clock import AsOf
from plg_orchestration.config.fingerprint import canonical_json
from plg_orchestration.governance.actions.people import staff_key
from plg_orchestration.governance.audit_log.outbox import SCHEMA, add, entry_id, prepare, text_digest
from plg_orchestration.governance.audit_log.tables import STATES
from plg_orchestration.pql.features.registry import FEATURES, Feature
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, Warehouse, sql_file

compute: Any = pyarrow.compute
"""pyarrow makes these functions when it is imported, so that no type checker knows them."""
STEPS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Counts are told as the largest of these that they reach."""
WEIGHTED = (
    "active_days_30d", "core_features_ever", "days_since_last_active", "events_30d", "spending_signals", "teammates"
)  # fmt: skip
"""The features of the weighted formula."""
ROUTED = ("is_paying", "on_trial", "segment")
"""What the matrix of routes looks at."""
FIGURE = re.compile(r"(?<!\bin )(?<!\bfirst )(?<!\blast )(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
"""A figure of the user's in a reason; spans of days are none."""
SEVERITY = {"pass": 0, "warn": 1, "insufficient": 2, "fail": 3}
SCORES = {"score": 2, "percentile": 2, "threshold": 6, "holdout_share": 6, "sla_hours": 6}
"""Digits after the point of the figures that are told."""


def logged_decisions(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy) -> pa.Table:
    """Rows of `pql.decisions` for the night, entered into the outbox too; for the transaction that publishes them."""
    from plg_orchestration.pql.routing.night import decisions

    rows = decisions(warehouse, as_of=as_of, policy=policy)
    log_decisions(warehouse, rows, as_of=as_of, policy=policy)
    return rows


def log_decisions(warehouse: Warehouse, rows: pa.Table, *, as_of: AsOf, policy: PqlPolicy) -> int:
    """Enter what changed of the night's decisions into the outbox, inside the transaction that publishes them; how many records.

    `rows` are those of `pql.decisions` for the night, which need not be published yet. A decision that reads otherwise than it
    was last logged is entered again, one that is gone as withdrawn, and the night itself with its number of decisions.
    """
    rows = rows.sort_by("decision_id")
    with warehouse.transaction():
        prepare(warehouse)
        bodies = decision_bodies(warehouse, rows, as_of=as_of, policy=policy)
        entered = _changed(warehouse, "decision", _told(warehouse, rows, bodies, as_of), as_of)
        return entered + _changed(warehouse, "night", _nights(rows, as_of), as_of)


def decision_bodies(warehouse: Warehouse, rows: pa.Table, *, as_of: AsOf, policy: PqlPolicy) -> list[str]:
    """The canonical JSON of each decision: its columns, the features that its scorer used, bias verdicts, approval, override."""
    count = rows.num_rows
    if not count:
        return []
    made = _same(warehouse, rows, as_of)
    made["features"] = _features(warehouse, rows, as_of, policy)
    made["as_of"] = _constant(as_of.date.isoformat(), count)
    made["status"] = _constant("decided", count)
    for name in ("target", "scorer", "version", "route", "policy_route", "suppressed_reason", "due_at", "queued_since"):
        made[name] = _unique_json(rows[name])
    made["top_reasons"] = _unique_json(rows["top_reasons"], bucketed_reason)
    for name, digits in SCORES.items():
        made[name] = pa.array([_number(value, digits) for value in rows[name].to_pylist()])
    for name in ("qualified", "holdout", "handed_over", "queue_rank"):
        made[name] = _unique_json(rows[name])
    made["override"] = _overrides(warehouse, rows)
    parts: list[Any] = []
    for place, name in enumerate(sorted(made)):
        parts += [("{" if place == 0 else ",") + json.dumps(name) + ":", made[name]]
    return compute.binary_join_element_wise(*parts, "}", "").to_pylist()


def bucket(value: float) -> int:
    """The largest step that a count reaches; below zero the smallest that it does not pass.

    >>> bucket(7), bucket(0), bucket(-7)
    (5, 0, -10)
    """
    if value < 0:
        return -next((step for step in STEPS if step >= -value), STEPS[-1])
    return STEPS[int(np.searchsorted(STEPS, value, side="right")) - 1]


def bucketed_reason(reason: str) -> str:
    """The reason with its figures in buckets; spans of days stay.

    >>> bucketed_reason("invites sent in 28 days: 11; active on 12 of the last 30 days")
    'invites sent in 28 days: 10; active on 10 of the last 30 days'
    """
    return FIGURE.sub(lambda found: str(bucket(float(found[0]))), reason)


def used_features(scorer: str, policy: PqlPolicy) -> tuple[Feature, ...]:
    """The features that the scorer and its routes look at, in the registry's order; nothing that describes a person."""
    points = {criterion.feature for criterion in policy.rules.criteria}
    inputs = {feature.name for feature in FEATURES if feature.use == "scoring"}
    used = {"rules": points, "weighted": {*WEIGHTED, *ROUTED}, "hybrid": points | inputs | set(ROUTED)}.get(scorer)
    names = inputs | set(ROUTED) if used is None else used
    return tuple(feature for feature in FEATURES if feature.name in names and not feature.personal)


# -- what the rows say ------------------------------------------------------------------------------------------------


def _told(warehouse: Warehouse, rows: pa.Table, bodies: list[str], as_of: AsOf) -> pa.Table:
    count = rows.num_rows
    rises = _rises(warehouse, as_of)
    overridden = _override_rows(warehouse, rows)
    staff: list[str] = []
    links: list[str] = []
    for version, override in zip(rows["version"].to_pylist(), rows["override_id"].to_pylist(), strict=True):
        who = dict(rises[version].staff) if version in rises else {}
        if override is not None and override in overridden:
            who["override"] = staff_key(str(overridden[override][3]))
        staff.append(canonical_json(who) if who else "{}")
        links.append(canonical_json({"override": override}) if override else "{}")
    keys: list[str] = rows["decision_id"].to_pylist()
    return pa.table(
        {
            "kind": ["decision"] * count, "key": keys, "as_of": [as_of.date] * count, "at": [as_of.cut] * count,
            "state": ["decided"] * count,
            "entry": [entry_id("decision", key, body) for key, body in zip(keys, bodies, strict=True)],
            "user_id": rows["user_id"].to_pylist(), "staff": staff, "links": links, "body": bodies,
        },
        schema=SCHEMA,
    )  # fmt: skip


def _nights(rows: pa.Table, as_of: AsOf) -> pa.Table:
    """One row a target: how many decisions the night has, and how many of these are leads, handed over, held out, left alone."""
    made: list[dict[str, object]] = []
    for target in sorted(set(rows["target"].to_pylist())):
        own = rows.filter(compute.equal(rows["target"], target))
        counts = {name: compute.sum(own[name].cast(pa.int64())).as_py() or 0 for name in ("qualified", "handed_over", "holdout")}
        body = canonical_json({
            "as_of": as_of.date, "target": target, "status": "decided", "decisions": own.num_rows, **counts,
            "suppressed": own.num_rows - own["suppressed_reason"].null_count,
        })  # fmt: skip
        key = f"{as_of.date}:{target}"
        made.append({
            "kind": "night", "key": key, "as_of": as_of.date, "at": as_of.cut, "state": "decided",
            "entry": entry_id("night", key, body), "user_id": None, "staff": "{}", "links": "{}", "body": body,
        })  # fmt: skip
    return pa.Table.from_pylist(made, schema=SCHEMA)


def _changed(warehouse: Warehouse, kind: str, told: pa.Table, as_of: AsOf) -> int:
    """Enter the rows that say otherwise than was last handed in, and what is not said any more as withdrawn; how many."""
    before = {
        str(row[0]): (row[1], str(row[2]))
        for row in warehouse.rows(sql_file("governance/audit_log/states.sql", requires=(), kind=kind, as_of=as_of.date))
    }
    contents: list[str] = [
        _content(entry, staff) for entry, staff in zip(told["entry"].to_pylist(), told["staff"].to_pylist(), strict=True)
    ]
    keys: list[str] = told["key"].to_pylist()
    there = set(keys)
    new = [
        place for place, (key, content) in enumerate(zip(keys, contents, strict=True)) if before.get(key, ("", ""))[1] != content
    ]
    gone = [_withdrawn(kind, key, user, as_of) for key, (user, _) in sorted(before.items()) if key not in there] if before else []
    entered = told.take(pa.array(new, pa.int64())) if len(new) < len(keys) else told
    if gone:
        entered = pa.concat_tables([entered, pa.Table.from_pylist(gone, schema=SCHEMA)])
    if not entered.num_rows:
        return 0
    add(warehouse, entered)
    warehouse.connection.execute(
        f"delete from {STATES.name} where kind = $kind and as_of = $as_of", {"kind": kind, "as_of": as_of.date}
    )
    states = told.select(["kind", "key", "as_of", "user_id"]).append_column("content", pa.array(contents, pa.string()))
    warehouse.insert(STATES, states)
    return entered.num_rows


def _content(entry: str, staff: str) -> str:
    return entry if staff == "{}" else hashlib.sha256(f"{entry}|{staff}".encode()).hexdigest()[:32]


def _withdrawn(kind: str, key: str, user: object, as_of: AsOf) -> dict[str, object]:
    body = canonical_json({"as_of": as_of.date, "status": "withdrawn"})
    return {
        "kind": kind, "key": key, "as_of": as_of.date, "at": as_of.cut, "state": "withdrawn", "entry": entry_id(kind, key, body),
        "user_id": user, "staff": "{}", "links": "{}", "body": body,
    }  # fmt: skip


# -- parts of a decision ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rise:
    """How a version came to route: what the log says of it, who approved it, and what its bias gate said."""

    said: dict[str, object]
    staff: dict[str, str]
    gate: str | None


def _same(warehouse: Warehouse, rows: pa.Table, as_of: AsOf) -> dict[str, pa.Array]:
    """What all decisions of one scorer's version share: the results of its bias audit, and who let it route."""
    rises = _rises(warehouse, as_of)
    pairs: list[tuple[str, str]] = list(zip(rows["scorer"].to_pylist(), rows["version"].to_pylist(), strict=True))
    bias: dict[tuple[str, str], str] = {}
    let: dict[str, str] = {}
    for scorer, version in set(pairs):
        rise = rises.get(version)
        results = bias_results(warehouse, scorer=scorer, version=version, as_of=as_of)
        bias[scorer, version] = canonical_json(results | {"gate": rise.gate if rise else None})
        let[version] = canonical_json(rise.said if rise else None)
    return {
        "bias": pa.array([bias[pair] for pair in pairs]),
        "approval": pa.array([let[version] for _, version in pairs]),
    }


def bias_results(warehouse: Warehouse, *, scorer: str, version: str, as_of: AsOf) -> dict[str, object]:
    """The newest audit of the scorer's version that was known on the night: its day, each protected attribute's worst verdict.

    `contrasts` counts the protected contrasts by verdict; `verdict` is the worst of them, `insufficient` when there is none.
    """
    found: list[tuple[object, ...]] = []
    if warehouse.exists("pql.bias_audit"):
        query = sql_file(
            "governance/audit_log/bias_verdicts.sql", requires=(), scorer=scorer, version=version, **as_of.parameters()
        )  # fmt: skip
        found = warehouse.rows(query)
    verdicts = [str(row[2]) for row in found]
    worst: dict[str, str] = {}
    for _, attribute, verdict in found:
        worst[str(attribute)] = _worst([worst.get(str(attribute), "pass"), str(verdict)])
    return {
        "audited_on": found[0][0] if found else None, "protected": worst, "contrasts": dict(Counter(verdicts)),
        "verdict": _worst(verdicts),
    }  # fmt: skip


def _worst(verdicts: Sequence[str]) -> str:
    return max(verdicts, key=lambda one: SEVERITY.get(one, 3), default="insufficient")


def _rises(warehouse: Warehouse, as_of: AsOf) -> dict[str, _Rise]:
    """How each version came to route by the night, by its newest entry in the ledger."""
    if not warehouse.exists("pql.promotions"):
        return {}
    found = warehouse.rows(sql_file("governance/audit_log/rises.sql", requires=(), **as_of.parameters()))
    made: dict[str, _Rise] = {}
    for version, kind, sequence, promoted, actor, acted_at, approval, gates in found:
        given = json.loads(str(approval)) if approval else {}
        at = given.get("approved_at") or (acted_at.isoformat() if isinstance(acted_at, dt.datetime) else None)
        gate = next((one["verdict"] for one in json.loads(str(gates or "[]")) if one["name"] == "bias"), None)
        said: dict[str, object] = {"kind": kind, "ledger": sequence, "promoted_on": promoted, "at": at}
        made[str(version)] = _Rise(said, {"approver": staff_key(str(actor))} if kind == "approval" else {}, gate)
    return made


def _override_rows(warehouse: Warehouse, rows: pa.Table) -> dict[str, tuple[object, ...]]:
    if rows["override_id"].null_count == rows.num_rows or not warehouse.exists("pql.overrides"):
        return {}
    text = "select override_id, action, until, person, recorded_at, rationale from pql.overrides"
    return {str(row[0]): row for row in warehouse.rows(Query("words", text))}


def _overrides(warehouse: Warehouse, rows: pa.Table) -> pa.Array:
    """What a person's word was, and the digest of the reason: the text itself stays in `pql.overrides`."""
    words = _override_rows(warehouse, rows)
    said = {
        override: canonical_json({
            "action": row[1], "until": row[2], "at": row[4], "rationale_sha256": text_digest(override, str(row[5])),
        })
        for override, row in words.items()
    }  # fmt: skip
    return pa.array([said.get(override, "null") for override in rows["override_id"].to_pylist()], pa.string())


def _features(warehouse: Warehouse, rows: pa.Table, as_of: AsOf, policy: PqlPolicy) -> pa.Array:
    """The used features in buckets; zero and false ones are left out, unknown ones are listed by name under `unknown`."""
    asked = pa.table({"place": pa.array(range(rows.num_rows), pa.int64()), "user_id": rows["user_id"]})
    warehouse.connection.register("decided_users", asked)
    try:
        query = sql_file("governance/audit_log/decided_features.sql", requires=(), **as_of.parameters())
        found = warehouse.arrow(query)
    finally:
        warehouse.connection.unregister("decided_users")
    scorers = sorted(set(rows["scorer"].to_pylist()))
    made = {scorer: _feature_texts(found, used_features(scorer, policy)) for scorer in scorers}
    if len(scorers) == 1:
        return made[scorers[0]]
    texts = {scorer: text.to_pylist() for scorer, text in made.items()}
    return pa.array([texts[scorer][place] for place, scorer in enumerate(rows["scorer"].to_pylist())])


def _feature_texts(rows: pa.Table, features: Sequence[Feature]) -> pa.Array:
    ordered = sorted(features, key=lambda feature: feature.name)
    columns = [rows[feature.name].combine_chunks() for feature in ordered]
    told = [_feature_text(values, feature) for values, feature in zip(columns, ordered, strict=True)]
    missing = [
        compute.if_else(compute.is_null(values), f",{json.dumps(feature.name)}", "")
        for values, feature in zip(columns, ordered, strict=True)
    ]
    known, unknown = _joined(told, rows.num_rows), _joined(missing, rows.num_rows)
    return compute.binary_join_element_wise('{"unknown":[', unknown, '],"used":{', known, "}}", "")


def _joined(parts: Sequence[pa.Array], count: int) -> pa.Array:
    """Of each row the parts, every one of which begins with a comma, without the first comma."""
    if not parts:
        return pa.array([""] * count)
    together = compute.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
    return compute.utf8_ltrim(together, characters=",")


def _feature_text(values: Any, feature: Feature) -> pa.Array:
    """`,"name":value` for each row; null where there is nothing to tell."""
    name = f",{json.dumps(feature.name)}:"
    if feature.type == "VARCHAR":
        return _unique(values, lambda value: name + json.dumps(value, ensure_ascii=False))
    if feature.type == "BOOLEAN":
        return _unique(values, lambda value: name + "true" if value else None)
    if feature.type == "DOUBLE":
        return _unique(compute.round(values, ndigits=1), lambda value: name + repr(value + 0.0) if value else None)
    return _unique(values, lambda value: name + str(bucket(value)) if value else None)


def _unique(values: Any, told: Any) -> pa.Array:
    """`told` of every value, computed once for each distinct one; null for null."""
    coded = compute.dictionary_encode(values)
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    texts = pa.array([told(value) for value in coded.dictionary.to_pylist()], pa.string())
    return texts.take(coded.indices)


def _unique_json(values: Any, change: Any = None) -> pa.Array:
    """Each value as JSON, null as `null`."""
    said = _unique(values, lambda value: canonical_json(change(value) if change else value))
    return compute.fill_null(said, "null")


def _constant(value: str, count: int) -> pa.Array:
    return pa.array([json.dumps(value)] * count)


def _number(value: float | None, digits: int) -> str:
    return "null" if value is None else repr(round(float(value), digits) + 0.0)
