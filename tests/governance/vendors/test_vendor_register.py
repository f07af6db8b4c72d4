"""The register of third parties: entries of two places merged, fit by hand, and a status that says what it rests on."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import default_document, load_default
from plg_orchestration.errors import Unavailable
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.governance.vendors.fit import fit_of
from plg_orchestration.governance.vendors.policy import VendorPolicy
from plg_orchestration.governance.vendors.standing import certificates_of, contradictions, standing, vendors_on
from plg_orchestration.ingest import ensure_tables
from plg_orchestration.warehouse import Warehouse

DAY = AsOf(dt.date(2025, 6, 30))
DEFAULT = load_default("governance", GovernancePolicy)
GOOD = {
    "certificate_days_left": 200, "reviewed_on": dt.date(2025, 1, 1), "uptime": 0.999, "key_age_days": 20,
    "open_vulnerabilities": 0,
}  # fmt: skip


def policy(**register: Mapping[str, object]) -> GovernancePolicy:
    given: dict[str, Any] = dict(default_document("governance").data)
    return GovernancePolicy.model_validate({**given, "vendors": {**given["vendors"], "register": register}})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path_factory.mktemp("vendors")) as warehouse:
        ensure_tables(warehouse)
        warehouse.connection.execute("create schema if not exists config")
        yield warehouse


@pytest.fixture
def store(opened: Warehouse) -> Warehouse:
    for name in ("vendors", "vulnerabilities", "uptime", "governance_records"):
        opened.connection.execute(f"delete from ingest.{name}")
    return opened


def add(store: Warehouse, name: str, /, **values: object) -> None:
    row = {"known_at": dt.datetime(2025, 1, 1), "known_date": dt.date(2025, 1, 1), "file_id": "f", "line": 1, **values}
    marks, columns = ", ".join(f"${key}" for key in row), ", ".join(f'"{key}"' for key in row)
    store.connection.execute(f"insert into ingest.{name} ({columns}) values ({marks})", row)


def rows(store: Warehouse, rules: GovernancePolicy, day: AsOf = DAY) -> dict[str, dict[str, Any]]:
    configured(store, rules)
    return {row["vendor"]: row for row in vendors_on(store, as_of=day, policy=rules).to_pylist()}


def configured(store: Warehouse, rules: GovernancePolicy) -> None:
    for name, table in rules.vendors.config_tables().items():
        store.connection.register("given", table)
        store.connection.execute(f"create or replace table config.{name} as select * from given")
        store.connection.unregister("given")


def test_the_source_and_plg_yaml_are_merged_by_name(store: Warehouse) -> None:
    add(store, "vendors", vendor="mailer", residency="EU", certificate_expires=dt.date(2025, 7, 20))
    add(store, "vendors", vendor="crm", category="sales", reviewed_at=dt.datetime(2025, 2, 1, 9))
    found = rows(store, policy(mailer={"category": "email", "reviewed_on": "2025-03-01"}, pay={"category": "payments"}))
    assert sorted(found) == ["crm", "mailer", "pay"]
    mailer = found["mailer"]
    assert (mailer["category"], mailer["residency"], mailer["certificate_days_left"]) == ("email", "EU", 20)
    assert (mailer["reviewed_on"], mailer["review_due"]) == (dt.date(2025, 3, 1), dt.date(2026, 3, 1))
    assert (mailer["status"], mailer["reason"]) == ("warn", "certificate expires in 20 days")
    assert found["pay"]["status"] == "insufficient"
    assert found["pay"]["reason"] == "no expiry of a certificate is recorded; never reviewed"


def test_a_review_that_lies_ahead_was_not_made(store: Warehouse) -> None:
    found = rows(store, policy(pay={"reviewed_on": "2025-07-01", "certificate_expires": "2026-01-01"}))
    assert found["pay"]["reason"] == "never reviewed"


def test_contradictions_are_refused_with_both_values(store: Warehouse) -> None:
    add(store, "vendors", vendor="mailer", residency="US", certificate_expires=dt.date(2025, 7, 20), monthly_cost=100)
    rules = policy(mailer={"residency": "EU", "certificate_expires": "2025-07-20", "monthly_cost": 90})
    configured(store, rules)
    told = "mailer: residency EU against US; monthly_cost 90.00 against 100.00"
    assert contradictions(store, as_of=DAY) == (told,)
    with pytest.raises(Unavailable, match=r"contradict each other .mailer: residency EU against US"):
        vendors_on(store, as_of=DAY, policy=rules)
    assert contradictions(store, as_of=AsOf(dt.date(2024, 12, 31))) == (), "the source's row is not known yet"


def test_without_vendors_the_register_is_unavailable(store: Warehouse) -> None:
    configured(store, policy())
    with pytest.raises(Unavailable, match=r"governance\.vendors\.register"):
        vendors_on(store, as_of=DAY, policy=policy())


def test_figures_of_a_vendor_are_those_of_its_packages_keys_and_days(store: Warehouse) -> None:
    seen = dt.datetime(2025, 6, 20)
    for place, (name, package, target, severity) in enumerate((
        ("V1", "mailer-sdk", None, "high"), ("V2", "mailer-sdk", None, "low"), ("V3", "left-pad", "web", "critical"),
        ("V4", "jinja2", "mailer-image", "unknown"),
    )):  # fmt: skip
        add(store, "vulnerabilities", vulnerability_id=name, package=package, severity=severity, found_at=seen, scanned_at=seen,
            target=target, line=place)  # fmt: skip
    for day, up in ((29, 1440), (30, 1340)):
        add(store, "uptime", vendor="mailer", day=dt.date(2025, 6, day), minutes_up=up, minutes=1440)
    add(store, "uptime", vendor="pay", day=dt.date(2025, 6, 30), minutes_up=1440, minutes=1440)
    for place, (subject, month) in enumerate((("mail key", 3), ("other key", 1), ("mail webhook", 5))):
        add(
            store,
            "governance_records",
            record_id=f"G{place}",
            kind="key_rotation",
            at=dt.datetime(2025, month, 1),
            subject=subject,
        )
    entry = {"packages": ["mailer-sdk", "mailer-image"], "keys": ["mail key", "mail webhook"],
             "certificate_expires": "2026-06-01", "reviewed_on": "2025-01-01"}  # fmt: skip
    found = rows(store, policy(mailer=entry, pay={}))
    mailer = found["mailer"]
    assert (mailer["open_vulnerabilities"], mailer["open_packages"]) == (2, "jinja2, mailer-sdk")
    assert (mailer["key_age_days"], mailer["oldest_key"]) == (121, "mail key")
    assert (mailer["uptime"], mailer["uptime_rank"]) == (pytest.approx(2780 / 2880), 1)
    assert (mailer["worst_day"], mailer["worst_day_uptime"]) == (dt.date(2025, 6, 30), pytest.approx(1340 / 1440))
    assert mailer["status"] == "fail"
    assert mailer["reason"] == "uptime 96.53%; oldest key 121 days old; 2 open vulnerabilities of medium severity or worse"
    assert (found["pay"]["open_vulnerabilities"], found["pay"]["uptime_rank"]) == (None, 2)


@pytest.mark.parametrize(("change", "status", "reason"), [
    ({}, "pass", "certificate and review hold, and every figure that is known is within its limit"),
    ({"certificate_days_left": 30}, "warn", "certificate expires in 30 days"),
    ({"certificate_days_left": 0}, "warn", "certificate expires in 0 days"),
    ({"certificate_days_left": -1}, "fail", "certificate expired 1 day ago"),
    ({"reviewed_on": dt.date(2024, 7, 1)}, "warn", "review expires in 1 day"),
    ({"reviewed_on": dt.date(2024, 6, 1)}, "fail", "review expired 29 days ago"),
    ({"reviewed_on": None, "uptime": 0.985}, "insufficient", "never reviewed; uptime 98.50%"),
    ({"uptime": 0.97}, "fail", "uptime 97.00%"),
    ({"uptime": None, "key_age_days": None, "open_vulnerabilities": None}, "pass", ""),
])  # fmt: skip
def test_the_status_is_the_worst_of_what_is_wrong(change: dict[str, object], status: str, reason: str) -> None:
    made = standing({**GOOD, **change}, DEFAULT, as_of=DAY.date)
    assert (made.verdict, made.reason if reason else "") == (status, reason)


@pytest.mark.parametrize(("rows", "verdict", "said"), [
    ([("mailer", 31)], "pass", "No certificate expires within 30 days."),
    ([("mailer", 30)], "warn", "mailer: certificate expires in 30 days"),
    ([("mailer", 90), ("pay", None)], "warn", "pay: no expiry of a certificate is recorded"),
    ([("mailer", 5), ("pay", -2)], "fail", "mailer: certificate expires in 5 days; pay: certificate expired 2 days ago"),
    ([], "insufficient", "no register of third parties stands for this day, so that nothing is known"),
])  # fmt: skip
def test_certificates_hold_warn_and_fail(rows: list[tuple[str, int | None]], verdict: str, said: str) -> None:
    made = certificates_of(rows, warning_days=30)
    assert (made.verdict, made.reason) == (verdict, said)


def test_fit_is_the_weighted_mean_of_the_scores() -> None:
    vendor = {
        "volume": 1_000_000, "latency_ms": 1050, "residency": "eu", "privacy_certificates": "SOC 2 Type II; Homemade seal",
        "integration_days": 1, "monthly_cost": 5000,
    }  # fmt: skip
    made = fit_of(vendor, DEFAULT.vendors)
    scores = {"residency": 10, "privacy_certificates": 5.5, "cost": 1, "latency": 5.5, "integration_effort": 10, "volume": 7}
    assert {name: round(score, 6) for name, score in made.scores.items()} == scores
    assert made.value == round((3 * 10 + 3 * 5.5 + 2 * 1 + 2 * 5.5 + 1 * 10 + 1 * 7) / 12, 2)


def test_what_is_unknown_is_left_out_of_the_fit_and_named() -> None:
    made = fit_of({"residency": "US", "monthly_cost": None}, DEFAULT.vendors)
    assert (made.value, dict(made.scores)) == (10.0, {"residency": 10.0})
    assert made.missing == ("privacy_certificates", "cost", "latency", "integration_effort", "volume")
    assert fit_of({}, DEFAULT.vendors).value is None


@pytest.mark.parametrize(("wrong", "said"), [
    ({"weights": {"cost": 0}}, "all are 0"), ({"weights": {"cost": 1}}, "cost has no scale"),
    ({"weights": {"beauty": 1}}, "beauty"), ({"scales": {"cost": {"worst": 5, "best": 5}}}, "worst and best are both 5"),
    ({"scales": {"cost": {"worst": 0, "best": 5, "logarithmic": True}}}, "needs ends above 0"),
    ({"register": {"mailer": {"latency_ms": -1}}}, "latency_ms"), ({"register": {"mailer": {"seal": "gold"}}}, "seal"),
])  # fmt: skip
def test_settings_that_could_not_work_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        VendorPolicy.model_validate(wrong)


def test_the_sql_files_are_those_of_the_register() -> None:
    from importlib.resources import files

    folder = Path(str(files("plg_orchestration"))) / "governance" / "vendors"
    assert {path.stem for path in folder.glob("*.sql")} == {"registered_vendors", "vendor_figures"}
