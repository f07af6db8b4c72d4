"""A company's third quarter, made by hand: controls that fail, people who act, audits, a decision log; and needles everywhere."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from plg_orchestration.clock import days_between
from plg_orchestration.config import Workspace, load_workspace, write_config_tables
from plg_orchestration.governance.actions.acceptance import Accepting, accept_risk
from plg_orchestration.governance.actions.incidents import Acknowledging, acknowledge, incidents
from plg_orchestration.governance.actions.people import staff_key
from plg_orchestration.governance.actions.records import LikelihoodAcceptance, made
from plg_orchestration.governance.audit_log.appending import append_waiting
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue
from plg_orchestration.governance.privacy.secret import Secret, secret_in
from plg_orchestration.governance.risks import risks_on
from plg_orchestration.pql.routing.records import Override, append_record, override_id, read_records, restore
from plg_orchestration.warehouse import Warehouse, table

FIRST, LAST = dt.date(2025, 7, 1), dt.date(2025, 9, 30)
NEEDLES = [f"needle-{number:02d}-person" for number in range(50)]
STAFF = ("Grace Hopper", "grace@corp.example", "Ada Lovelace")
SECRET = "a secret of the tests, long enough"
PLG_YAML = """\
workspace: Tidemark
start: 2025-01-01
state: state
sources:
  events: {path: "*.jsonl", format: segment}
governance:
  audit_log: {anchor: outside.jsonl}
"""
APPROVALS = """\
approvals:
  - target: conversion
    version: model-0801
    requested_by: Ada Lovelace
    reviewer: grace@corp.example
    approved_at: "2025-08-01T09:00:00Z"
    expires_on: 2025-10-30
    rationale: Ada Lovelace showed that needle-03-person and others are treated alike
"""


def decision_of(user: str) -> str:
    """The id of every decision on the user: what whoever knows the user can compute."""
    return hashlib.md5(user.encode()).hexdigest()


def put(warehouse: Warehouse, name: str, rows: list[dict[str, Any]]) -> None:
    """Insert the rows into the declared table; columns that a row leaves out are null."""
    declared = table(name)
    warehouse.ensure(declared)
    warehouse.insert(declared, pd.DataFrame(rows, columns=list(declared.column_names)).astype(object))


def build(root: Path, *, every: int = 10) -> tuple[Workspace, Secret]:
    """The company's workspace in the folder with a night every so many days, needles in every place where people stand."""
    (root / "plg.yaml").write_text(PLG_YAML)
    (root / "approvals.yaml").write_text(APPROVALS)
    here = load_workspace(root)
    secret = secret_in(here.state, SECRET)
    nights = list(days_between(FIRST, LAST))[::every]
    with Warehouse.open(here.state) as warehouse:
        write_config_tables(warehouse, here)
        _register(warehouse, here, nights)
        _models(warehouse, nights)
        _people(warehouse, here, nights)
        _figures(warehouse, nights)
        _papers(warehouse, here, nights)
        _log(warehouse, here, secret, nights)
    return here, secret


def _status(control: str, night: dt.date) -> str:
    after = (night - FIRST).days
    if control == "R2-C1":
        return "failed" if 20 <= after < 31 else "degraded" if 31 <= after < 45 else "effective"
    if control == "R5-C2":
        return "failed" if after % 30 in (11, 12) else "effective"
    if control == "R4-C1":
        return "no_data" if after < 40 else "effective"
    return "failed" if control == "R1-C1" and after >= 80 else "effective"


def _register(warehouse: Warehouse, here: Workspace, nights: list[dt.date]) -> None:
    """Each night's controls, incidents and risks."""
    controls = here.governance.controls
    put(warehouse, "governance.controls", [
        {"as_of": night, "control_id": name, "risk_id": c.risk, "question": c.question, "metric": c.metric, "unit": "share",
         "value": 0.5, "judged": 0.5, "threshold": c.passes_when, "alert": c.fails_when, "status": _status(name, night),
         "evidence": f"{NEEDLES[5]} and 4 others of 471", "severity": c.severity, "mandatory": c.mandatory, "owner": c.owner}
        for night in nights for name, c in controls.items()
    ])  # fmt: skip
    for name in ("acknowledgements", "acceptances", "likelihoods"):
        warehouse.ensure(table(f"governance.{name}"))
    said = (NEEDLES[7], STAFF[0])
    values: dict[str, object] = {
        "number": 1, "risk_id": "R2", "as_of": nights[-1],
        "registered": here.governance.risks["R2"].likelihood, "level": "medium",
        "proposal": "2 of 60 days with a breach", "person": STAFF[1], "requested_by": STAFF[2],
        "recorded_at": dt.datetime.combine(nights[-1], dt.time(9)), "rationale": f"nothing was seen of {NEEDLES[8]}",
    }  # fmt: skip
    put(warehouse, "governance.likelihoods", [made(LikelihoodAcceptance, "likelihood_id", values).model_dump()])
    for name in ("incidents", "risks"):
        warehouse.ensure(table(f"governance.{name}"))
    for night in nights:
        as_of, rules, after = here.as_of(night), here.governance, (night - FIRST).days
        warehouse.insert(table("governance.incidents"), incidents(as_of=as_of, policy=rules.actions))
        warehouse.insert(table("governance.risks"), risks_on(warehouse, rules, as_of))
        at = dt.datetime.combine(night, dt.time(9)) + dt.timedelta(days=1)
        if after == 20:
            word = Acknowledging(f"R2-C1-{night}", STAFF[0], f"asked {said[0]} and {said[1]}, see the log")
            acknowledge(warehouse, word, workspace=here, recorded_at=at)
        if after == 50:
            asked = Accepting("R4", STAFF[1], f"too small for {NEEDLES[8]}", night + dt.timedelta(days=30), STAFF[2])
            accept_risk(warehouse, asked, workspace=here, recorded_at=at)


def _models(warehouse: Warehouse, nights: list[dt.date]) -> None:
    """Who routed, why, and how fair it was found."""
    model = {"scorer": "model", "version": "model-0801", "threshold": 0.3, "digest": "d" * 64, "verdict": "pass"}
    gates = json.dumps([{"name": "approval", "reason": f"approved by {STAFF[1]} for {NEEDLES[9]}"}])
    approval = json.dumps({
        "target": "conversion", "version": "model-0801", "requested_by": STAFF[2], "reviewer": STAFF[1],
        "approved_at": "2025-08-01T09:00:00Z", "expires_on": "2025-10-30",
        "rationale": "Ada Lovelace showed that needle-03-person and others are treated alike",
    })  # fmt: skip
    put(warehouse, "pql.promotions", [
        {"target": "conversion", "sequence": 1, "kind": "approval", "as_of": dt.date(2025, 8, 1), "actor": STAFF[1],
         "previous": "rules-1", "reason": f"every gate holds, said {STAFF[1]}", "gates": gates, "approval": approval, **model},
        {"target": "conversion", "sequence": 2, "kind": "automatic_rollback", "as_of": dt.date(2025, 9, 20),
         "actor": "live outcomes", "previous": "model-0801", "scorer": "rules", "version": "rules-1", "reason": "too many false"},
    ])  # fmt: skip
    rules = {"scorer": "rules", "version": "rules-1", "threshold": 65.0, "verdict": "insufficient"}
    put(warehouse, "pql.champion", [
        {"as_of": night, "target": "conversion", "reason": "stands", "gates": gates, "promoted": False, "outcome": "rejected",
         **(model if dt.date(2025, 8, 1) <= night < dt.date(2025, 9, 20) else rules)} for night in nights
    ])  # fmt: skip
    audits = [("EMEA", 4000, "pass", 0.01), ("APAC", 900, "warn", 0.12), ("ANZ", 12, "insufficient", 0.7315)]
    put(warehouse, "pql.bias_audit", [
        {"as_of": night, "target": "conversion", "scorer": scorer, "version": version, "attribute": "region", "grp": group,
         "status": "protected", "metric": "selection_rate", "n": n, "positives": n // 10, "value_group": gap, "value_rest": 0.2,
         "difference": gap, "ci_low": gap - 0.03, "ci_high": gap + 0.03, "verdict": verdict, "reason": f"gap {gap}",
         "hidden": "too_small" if n < 30 else None}
        for night in nights[::3] for scorer, version in (("model", "model-0801"), ("rules", "rules-1"))
        for group, n, verdict, gap in audits
    ])  # fmt: skip
    common = {"target": "conversion", "attribute": "region", "grp": "EMEA", "metric": "selection_rate", "verdict": "pass"}
    seen = {**common, "period": "recent", "stage": "qualified", "difference": 0.01}
    for name in ("pql.live_bias", "pql.routing_bias"):
        given = {key: value for key, value in seen.items() if key in table(name).column_names}
        put(warehouse, name, [
            {**given, "as_of": night, "grp": group, "n": n, "value_group": 0.7315 if n < 30 else 0.2}
            for night in nights for group, n in (("LATAM", 12), ("EMEA", 300))
        ])  # fmt: skip
    put(warehouse, "pql.bias_history", [{**common, "as_of": night, "scorer": "rules", "trainings": 3} for night in nights])
    put(warehouse, "pql.mitigation", [
        {"as_of": nights[1], "target": "conversion", "version": "model-0801", "variant": "plain", "kind": "plain", "chosen": True}
    ])  # fmt: skip
    put(warehouse, "pql.bias_groups", [
        {"as_of": night, "target": "conversion", "scorer": "model", "version": "model-0801", "attribute": "region", "grp": group,
         "n": n, "selection_rate": gap, "reason": "as counted"} for night in nights[::3] for group, n, _, gap in audits
    ])  # fmt: skip


def _people(warehouse: Warehouse, here: Workspace, nights: list[dt.date]) -> None:
    """Users, decisions about them, and what people decided otherwise."""
    put(warehouse, "ingest.users", [{"user_id": user, "known_date": nights[0]} for user in NEEDLES])
    put(warehouse, "pql.decisions", [
        {"decision_id": decision_of(user), "as_of": night, "user_id": user, "target": "conversion", "scorer": "rules",
         "version": "rules-1", "score": 70.0, "qualified": True, "handed_over": True, "holdout": False}
        for night in nights[::4] for user in NEEDLES
    ])  # fmt: skip
    file = here.root / here.pql.routing.overrides.file
    for number, user in enumerate(NEEDLES, start=1):
        decision = decision_of(user)
        append_record(file, Override(
            number=number, override_id=override_id(number, decision, "hold", "sales", STAFF[2]), decision_id=decision,
            as_of=nights[0], target="conversion", user_id=user, action="hold", was_route="sales", was_status="handed_over",
            was_reason=None, now_route="sales", now_status="suppressed", until=nights[-1], person=STAFF[2],
            recorded_at=dt.datetime.combine(nights[0], dt.time(12)),
            rationale=f"{user} ({user}@mail.example) asked for {STAFF[0]}; decision {decision}",
        ))  # fmt: skip
    warehouse.ensure(table("pql.overrides"))
    assert restore(warehouse, read_records(file)) == ()


def _figures(warehouse: Warehouse, nights: list[dt.date]) -> None:
    """KPIs of each month's end and drift."""
    ends = [max(night for night in nights if night.month == month) for month in (7, 8, 9)]
    put(warehouse, "kpis.snapshot", [
        {"as_of": end, "kpi": kpi, "period": "month", "period_start": end.replace(day=1), "segment": "all", "unit": "percent",
         "dimension": dimension, "dimension_value": value, "value": rate, "n": n, "target": 35.0, "band": "p50_p75"}
        for end in ends for kpi, rate in (("activation_rate", 31.5), ("gross_churn", 4.2))
        for dimension, value, n in (("", "", 400), ("region", "ANZ", 12), ("region", "EMEA", 300))
    ])  # fmt: skip
    put(warehouse, "pql.drift", [
        {"as_of": night, "target": "conversion", "scorer": "rules", "version": "rules-1", "subject": "score", "kind": "number",
         "rows": 900, "population_stability_index": 0.04, "verdict": "ok", "reason": "0.04 is within chance"}
        for night in nights[::10]
    ])  # fmt: skip


def _papers(warehouse: Warehouse, here: Workspace, nights: list[dt.date]) -> None:
    """What nights wrote as files, with names in it."""
    card = here.state / "reports/model_cards/conversion/model-0801.html"
    review = here.state / "reports" / str(nights[-1]) / "drift_review.md"
    certificate = here.state / "certificates/2025-08-11-1.json"
    for path, text in (
        (card, f"<p>approved by {STAFF[1]}, {STAFF[2]} asked; not for {NEEDLES[11]}</p>"),
        (card.with_suffix(".md"), f"approved by {STAFF[1]}"), (review, f"nothing drifted, says {STAFF[0]}"),
        (certificate, json.dumps({"at": "2025-08-11T09:00:00", "person": "p_" + "0" * 32})),
    ):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    put(warehouse, "reports.model_card", [
        {"as_of": dt.date(2025, 8, 1), "target": "conversion", "version": "model-0801", "trained_on": dt.date(2025, 8, 1),
         "outcome": "promoted", "path": str(card.relative_to(here.state))}
    ])  # fmt: skip


def _log(warehouse: Warehouse, here: Workspace, secret: Secret, nights: list[dt.date]) -> None:
    """The decision log, appended night by night, with copies of its heads outside."""
    for after, night in enumerate(nights[::3]):
        at = dt.datetime.combine(night, dt.time(3)) + dt.timedelta(days=1)
        enqueue(warehouse, [
            Entry("decision", f"{after}-{user}", {"score": 70 + after}, at=at, as_of=night, user_id=user,
                  staff={"approver": staff_key(STAFF[1])}) for user in NEEDLES[:5]
        ])  # fmt: skip
        done = append_waiting(warehouse, state=here.state, secret=secret, day=night, at=at)
    (here.root / "outside.jsonl").write_text("".join(head.line() for head in done.heads))
