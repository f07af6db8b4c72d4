"""A small company's warehouse, made by hand: one row or a few in every table that the report reads."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Warehouse, table
from tests.reports.tactical_world import fill_tactical

DAY = dt.date(2025, 8, 31)


@pytest.fixture(scope="module")
def day() -> AsOf:
    return AsOf(DAY)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path) as opened:
        yield opened


def put(warehouse: Warehouse, name: str, rows: list[dict[str, Any]]) -> None:
    """Insert the rows into the declared table; columns that a row leaves out are null."""
    declared = table(name)
    warehouse.ensure(declared)
    warehouse.insert(declared, pd.DataFrame(rows, columns=list(declared.column_names)).astype(object))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The company with everything that the tactical report reads."""
    with Warehouse.open(tmp_path_factory.mktemp("whole")) as opened:
        fill_company(opened)
        fill_tactical(opened, put)
        yield opened


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path_factory.mktemp("state")) as opened:
        fill_company(opened)
        yield opened


def fill_company(warehouse: Warehouse) -> None:
    """The company as known on `DAY`."""
    warehouse.connection.execute(
        "create or replace table config.benchmarks as select * from (values"
        " ('activation_rate', 'smb', 'percentile', 15.0, 40.0, 'percent', 'higher'),"
        " ('activation_rate', 'enterprise', 'percentile', 10.0, 35.0, 'percent', 'higher'),"
        " ('gross_churn', 'smb', 'percentile', 8.0, 3.0, 'percent', 'lower'))"
        " as t (kpi, segment, kind, p25, p75, unit, direction)"
    )
    put(warehouse, "kpis.benchmarks", [
        {"kpi": "activation_rate", "segment": segment, "dimension": "", "dimension_value": "", "period": "any",
         "kind": "percentile", "p25": p25, "p50": p50, "p75": p75, "unit": "percent", "direction": "higher",
         "source": "Amplitude 2023"}
        for segment, p25, p50, p75 in (
            ("smb", 15.0, 25.0, 40.0), ("mid_market", 20.0, 28.0, 45.0), ("enterprise", 20.0, 30.0, 40.0))
    ])  # fmt: skip
    _kpis(warehouse)
    _growth(warehouse)
    _scoring(warehouse)
    _governance(warehouse)
    _ledger(warehouse)


def _kpi(name: str, period: str, start: dt.date, value: float | None, unit: str, **more: Any) -> dict[str, Any]:
    base = {"as_of": DAY, "kpi": name, "period": period, "period_start": start, "value": value, "unit": unit, "segment": "all",
            "dimension": "", "dimension_value": "", "n": 400, "mature_share": 1.0}  # fmt: skip
    return {**base, **more}


def _kpis(warehouse: Warehouse) -> None:
    monday, august, july = dt.date(2025, 8, 18), dt.date(2025, 8, 1), dt.date(2025, 7, 1)
    week = dt.timedelta(days=7)
    bands = (("smb", 0.9, "p25_p50", 25.0), ("mid_market", 1.2, "p50_p75", 30.0), ("enterprise", 0.7, "below_p25", 20.0))
    activation = [
        _kpi("activation_rate", "week", monday, 24.3, "percent", ci_low=20.1, ci_high=29.0),
        _kpi("activation_rate", "week", monday - week, 22.8, "percent", as_of=DAY - week),
        _kpi("activation_rate", "week", monday + week, 3.0, "percent", mature_share=0.2),
        *(
            _kpi("activation_rate", "week", monday, 24.3 * f, "percent", segment=s, band=b, target=t, n=90)
            for s, f, b, t in bands
        ),
    ]
    others = [
        _kpi("free_to_paid_conversion", "month", august, 4.1, "percent", ci_low=3.2, ci_high=5.2),
        _kpi("free_to_paid_conversion", "month", july, 4.6, "percent", as_of=dt.date(2025, 7, 31)),
        _kpi("gross_churn", "month", august, 2.9, "percent", ci_low=1.4, ci_high=5.8, target=5.0),
        _kpi("arpu", "month", august, 53.2, "usd_per_month"),
        _kpi("arpu", "month", july, 51.0, "usd_per_month", as_of=dt.date(2025, 7, 31)),
        _kpi("net_churn", "month", august, -2.1, "percent", target=-5.0),
        _kpi("viral_coefficient", "month", august, 0.41, "ratio"),
        _kpi("nps", "month", august, None, "score", reason="needs source 'surveys': add sources.surveys to plg.yaml", n=None),
    ]
    put(warehouse, "kpis.snapshot", activation + others)


def _growth(warehouse: Warehouse) -> None:
    weeks = [dt.date(2025, 5, 12) + dt.timedelta(days=7 * i) for i in range(15)]
    put(warehouse, "cohorts.signup_cohorts", [
        {"as_of": DAY, "unit": "user", "cohort_week": week, "channel": "organic_search", "segment": "smb", "region": region,
         "device": "desktop", "signups": 60, "activated_7d": 12 + (i * 7) % 9, "mature_7d": 60}
        for i, week in enumerate(weeks) for region in ("NA", "EMEA")
    ])  # fmt: skip
    put(warehouse, "cohorts.retention", [
        {"as_of": DAY, "unit": "user", "entry": "first_time", "mode": "bounded", "clock": "calendar", "period": "week",
         "cohort": week, "size": 120, "index": index, "retained": int(120 * 0.6 * 0.86**index), "rate": 0.6 * 0.86**index,
         "mature": True}
        for i, week in enumerate(weeks) for index in range(1, 15 - i)
    ])  # fmt: skip
    moved = {"new": 2420, "expansion": 1220, "reactivation": 440, "contraction": -20, "churn": -330}
    accounts = {"opening_accounts": 1, "new_accounts": 1, "churned_accounts": 1, "reactivated_accounts": 1, "closing_accounts": 1}
    put(warehouse, "revenue.mrr_months", [
        {"as_of": DAY, "month": dt.date(2025, month, 1), "currency": "USD", "opening": opening, **moved,
         "closing": opening + sum(moved.values()), "complete": True, **accounts}
        for month, opening in ((6, 7010.5), (7, 10_740.5), (8, 14_470.5))
    ] + [
        {"as_of": DAY, "month": dt.date(2025, 8, 1), "currency": "EUR", "opening": 940, **dict.fromkeys(moved, 0), "closing": 940,
         "complete": True, **accounts},
    ])  # fmt: skip


def _scoring(warehouse: Warehouse) -> None:
    model = {"as_of": DAY, "target": "conversion", "scorer": "model", "version": "logistic-20250831"}
    gates = [
        {"name": "lift", "figure": 3.42, "limit": 1.2, "verdict": "pass", "reason": "lift at capacity 3.42 [2.61, 4.30]"},
        {"name": "calibration", "figure": 0.012, "limit": 0.05, "verdict": "pass", "reason": "expected calibration error"},
        {"name": "cooldown", "figure": None, "limit": None, "verdict": "warn", "reason": "the champion is 9 days old"},
    ]
    put(warehouse, "pql.champion", [
        {**model, "verdict": "pass", "reason": "every gate holds", "gates": json.dumps(gates),
         "promoted": True, "threshold": 0.31,
         "challenger": model["version"], "previous": "rules-1"},
    ])  # fmt: skip
    figures = {"status": "trained", "auc": 0.83, "lift": 3.42, "precision": 0.31, "recall": 0.52, "ece": 0.012,
               "base_rate": 0.031,
               "test_rows": 8400, "auc_low": 0.79, "auc_high": 0.87, "lift_low": 2.61, "lift_high": 4.3,
               "precision_at_capacity": 0.22}  # fmt: skip
    put(
        warehouse,
        "pql.candidate",
        [{**model, **figures}, {**model, "scorer": "rules", "version": "rules-1", "auc": 0.74, "lift": 2.2}],
    )
    groups = (("region", "NA", 0.012, "pass"), ("region", "EMEA", -0.008, "pass"), ("region", "LATAM", -0.11, "warn"),
              ("segment", "smb", -0.015, "pass"), ("segment", "enterprise", 0.06, "insufficient"))  # fmt: skip
    put(warehouse, "pql.test_predictions", [
        {**model, "row_as_of": DAY, "user_id": f"u{i}", "score": i / 1000, "label": i % 10 < i // 100, "selected": i > 290}
        for i in range(400)
    ])  # fmt: skip
    put(warehouse, "pql.bias_audit", [
        {**model, "attribute": a, "grp": g, "status": "protected", "metric": "selection_rate", "n": 800, "difference": d,
         "ci_low": d - 0.03, "ci_high": d + 0.03, "verdict": v, "reason": f"difference {d:+.3f}, limit 0.1"}
        for a, g, d, v in groups
    ])  # fmt: skip
    put(warehouse, "pql.scores", [
        {**model, "user_id": f"u{i}", "score": 100 * (i / 400) ** 3, "is_pql": i > 380} for i in range(400)
    ])  # fmt: skip
    put(warehouse, "pql.decisions", [
        {**model, "decision_id": f"d{i}", "user_id": f"u{i}", "score": 60.0, "threshold": 31.0, "qualified": i < 24,
         "route": "sales" if i < 9 else "success" if i < 24 else None, "sla_hours": 4 if i < 9 else 24 if i < 24 else None,
         "holdout": i == 5, "suppressed_reason": "opted out" if i == 6 else None, "top_reasons": "limit hit twice"}
        for i in range(40)
    ])  # fmt: skip


def _governance(warehouse: Warehouse) -> None:
    risks = (("R1", "data privacy in invite loops (GDPR and CCPA)", 3, 3, 9, "open", "executive", "legal"),
             ("R2", "revenue leakage from freemium abuse", 2, 3, 3, "controlled", None, "product and security"),
             ("R3", "model bias in PQL scoring", 2, 2, 2, "controlled", None, "data science"),
             ("R4", "experiment risk to retention", 1, 2, 2, "unproven", None, "product"))  # fmt: skip
    put(warehouse, "governance.risks", [
        {"as_of": DAY, "risk_id": name, "title": title, "category": "x", "priority": "high", "likelihood": a, "impact": b,
         "inherent_score": a * b, "residual_score": residual, "status": status, "escalation": told, "owner": owner, "controls": 1,
         "effective": 1, "reason": "as its controls say"}
        for name, title, a, b, residual, status, told, owner in risks
    ])  # fmt: skip
    controls = (
        (
            "R1-C1",
            "R1",
            "Did everybody whom we invited agree to be invited?",
            "consent_rate",
            "share",
            0.874,
            ">= 0.95",
            "failed",
        ),
        ("R2-C1", "R2", "Are the people who sign up real?", "fake_account_ratio", "share", 0.004, "< 0.01", "effective"),
        ("R4-C1", "R4", "Do the people in experiments stay?", "retention_variance", "share", None, ">= -0.03", "no_data"),
    )
    put(warehouse, "governance.controls", [
        {"as_of": DAY, "control_id": name, "risk_id": risk, "question": question, "metric": metric, "unit": unit, "value": value,
         "threshold": limit, "status": status, "severity": "high", "mandatory": True, "owner": "team:legal",
         "evidence": "no watched experiment has 100 units" if value is None else "412 of 471 invitations had an opt-in",
         "failed_since": dt.date(2025, 8, 29) if status == "failed" else None}
        for name, risk, question, metric, unit, value, limit, status in controls
    ])  # fmt: skip


def _ledger(warehouse: Warehouse) -> None:
    days = [dt.date(2025, 7, 28) + dt.timedelta(days=i) for i in range(35)]
    put(warehouse, "ingest.files", [
        {"file_id": f"f{i}", "source": "events", "path": f"data/events/{day}.jsonl", "file_date": day, "bytes": 9,
         "lines": 1012 + i,
         "accepted": 1000 + i, "duplicates": 7, "quarantined": 4, "blank": 1, "erased": 0,
         "received_from": dt.datetime.combine(day, dt.time()),
         "received_to": dt.datetime.combine(day, dt.time(23, 59))}
        for i, day in enumerate(days)
    ] + [{"file_id": "acc", "source": "accounts", "path": "data/accounts.csv", "bytes": 9, "lines": 300, "accepted": 300,
          "duplicates": 0, "quarantined": 0, "blank": 0, "erased": 0}])  # fmt: skip
    put(warehouse, "ingest.quarantine", [
        {"file_id": f"f{i}", "source": "events", "path": "x", "line": n, "reason": reason, "detail": detail}
        for i in range(35) for n, (reason, detail) in enumerate((
            ("json_syntax", "line ends inside a string"), ("json_syntax", "line ends inside a string"),
            ("missing", "no timestamp"), ("time", "2031-01-01 is 1 983 days ahead")))
    ])  # fmt: skip
    put(warehouse, "ingest.findings", [
        {"as_of": DAY, "finding": "usage_before_subscription", "source": "events", "rows": 214, "of_rows": 4100, "share": 0.0522,
         "detail": "usage is dated before its subscription starts"},
    ])  # fmt: skip
    warehouse.connection.execute(
        "insert into meta.publications values ('cohorts.viral', date '2025-08-31', 'unavailable',"
        " 'needs source ''invites'' or role ''invite_sent'': add one to plg.yaml', 0)"
    )
