"""Scanners' reports become findings and scans: what they no longer name is fixed, and nothing in them is overlooked."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.sources import Source
from plg_orchestration.ingest.known import known_scans, known_vulnerabilities
from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.ingest.scans import ScanFile, severity
from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import Place, segment

Report = dict[str, Any]
Taking = Callable[..., Place]
LAST = dt.date(2025, 3, 31)


def vulnerable(*ids: str, package: str = "jinja2", version: str = "2.10") -> Report:
    found = [
        {"id": one, "fix_versions": ["2.10.1"], "aliases": ["CVE-2019-10906"], "description": "sandbox escape"} for one in ids
    ]
    return {"name": package, "version": version, "vulns": found}


def pip_audit(*dependencies: Report, **more: Any) -> Report:
    return {"dependencies": [*dependencies, {"name": "click", "version": "8.1.7", "vulns": []}], "fixes": [], **more}


def osv(*packages: Report) -> Report:
    source = {"path": "/src/package-lock.json", "type": "lockfile"}
    return {"results": [{"source": source, "packages": list(packages)}] if packages else []}


def osv_package(*records: Report, groups: list[Report] | None = None) -> Report:
    package = {"name": "lodash", "version": "4.17.15", "ecosystem": "npm"}
    return {"package": package, "vulnerabilities": list(records), **({"groups": groups} if groups else {})}


def sarif(*results: Report, rules: list[Report] | None = None, **run: Any) -> Report:
    driver = {"name": "trivy", "version": "0.60.0", "rules": rules or []}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results), **run}]}


def result(rule: str, **more: Any) -> Report:
    place = {"physicalLocation": {"artifactLocation": {"uri": "Dockerfile"}, "region": {"startLine": 3}}}
    return {"ruleId": rule, "message": {"text": "found"}, "locations": [place], **more}


@pytest.fixture
def taking(tmp_path: Path, store: Warehouse) -> Taking:
    """`taking("pip-audit", {"lock-2025-03-01.json": report, ...})`: a place that has taken these reports in."""

    def taken(form: Any, reports: dict[str, object]) -> Place:
        root = tmp_path / "workspace"
        source = Source(name="vulnerabilities", path="audit/**/*", format=form)
        place = Place(root, {**segment(), "vulnerabilities": source}, warehouse=store)
        for name, report in reports.items():
            place.say(f"audit/{name}", report if isinstance(report, bytes) else json.dumps(report))
        place.take(LAST)
        return place

    return taken


def findings(place: Place, day: dt.date = LAST) -> dict[str, tuple[str, str | None, str]]:
    """Of each finding: severity, the day on which it was fixed, and the day since when it is there."""
    rows = place.frame(known_vulnerabilities(AsOf(day))).astype(object)
    fixed = [None if at != at else f"{at:%m-%d}" for at in rows["fixed_at"]]  # noqa: PLR0124 (not a time)
    found = [f"{at:%m-%d}" for at in rows["found_at"]]
    told = zip(rows["advisory"], rows["package"], rows["severity"], fixed, found, strict=True)
    return {f"{advisory} {package}": (word, gone, since) for advisory, package, word, gone, since in told}


def scans(place: Place, day: dt.date = LAST) -> list[tuple[Any, ...]]:
    rows = place.frame(known_scans(AsOf(day))).sort_values(["target", "scanned_at"])
    return [(r["tool"], r["target"], f"{r['scanned_at']:%m-%d}", r["finished"]) for r in rows.to_dict("records")]


def refusal(tmp_path: Path, form: str, report: object, name: str = "a-2025-03-01.json") -> str:
    path = tmp_path / name
    path.write_bytes(report if isinstance(report, bytes) else json.dumps(report).encode())
    date = None if "2025" not in name else dt.date(2025, 3, 1)
    with pytest.raises(FileRefused) as refused:
        ScanFile(path, form, date=date, timezone="UTC")
    return str(refused.value)


def test_a_finding_that_a_later_scan_does_not_name_is_fixed_as_of_that_scan(taking: Taking) -> None:
    place = taking("pip-audit", {
        "lock-2025-03-03.json": pip_audit(vulnerable("PYSEC-1", "PYSEC-2")),
        "lock-2025-03-10.json": pip_audit(vulnerable("PYSEC-1")),
        "lock-2025-03-17.json": pip_audit(),
    })  # fmt: skip
    open_still = {"PYSEC-1 jinja2": ("unknown", None, "03-03"), "PYSEC-2 jinja2": ("unknown", None, "03-03")}
    assert findings(place, dt.date(2025, 3, 9)) == open_still, "not known yet what a later scan says"
    assert findings(place, dt.date(2025, 3, 2)) == {}
    assert findings(place) == {"PYSEC-1 jinja2": ("unknown", "03-17", "03-03"), "PYSEC-2 jinja2": ("unknown", "03-10", "03-03")}
    assert scans(place) == [("pip-audit", "lock", day, True) for day in ("03-03", "03-10", "03-17")]


def test_a_finding_that_comes_back_is_open_since_its_return(taking: Taking) -> None:
    days = {"03": ["PYSEC-1"], "10": [], "17": ["PYSEC-1"], "24": ["PYSEC-1"]}
    place = taking("pip-audit", {f"lock-2025-03-{day}.json": pip_audit(vulnerable(*ids)) for day, ids in days.items()})
    assert findings(place) == {"PYSEC-1 jinja2": ("unknown", None, "03-17")}


def test_a_scan_of_another_target_fixes_nothing(taking: Taking) -> None:
    place = taking("pip-audit", {"api-2025-03-03.json": pip_audit(vulnerable("PYSEC-1")), "web-2025-03-10.json": pip_audit()})
    assert findings(place)["PYSEC-1 jinja2"][1] is None
    assert scans(place) == [("pip-audit", "api", "03-03", True), ("pip-audit", "web", "03-10", True)]


def test_a_clean_scan_with_the_same_bytes_refreshes_the_scan(taking: Taking) -> None:
    place = taking("pip-audit", {"lock-2025-03-03.json": pip_audit(), "lock-2025-03-10.json": pip_audit()})
    assert scans(place) == [("pip-audit", "lock", "03-03", True), ("pip-audit", "lock", "03-10", True)]
    again = place.take(LAST)
    assert (again.known, again.copies, again.files) == (2, 0, ())
    assert place.rows("select lines, accepted, quarantined from ingest.files where source = 'vulnerabilities'") == [(1, 1, 0)] * 2


def test_a_report_names_its_time_its_target_and_why_it_did_not_finish(taking: Taking) -> None:
    head = {"at": "2025-03-04T06:00:00Z", "target": "requirements.lock"}
    place = taking("pip-audit", {
        "first.json": pip_audit(vulnerable("PYSEC-1"), scan=head),
        "second.json": {"scan": {**head, "at": "2025-03-11T06:00:00+02:00", "unfinished": "no service answered"}},
    })  # fmt: skip
    assert scans(place) == [("pip-audit", "requirements.lock", "03-04", True), ("pip-audit", "requirements.lock", "03-11", False)]
    assert findings(place) == {"PYSEC-1 jinja2": ("unknown", None, "03-04")}, "a scan without a result fixes nothing"
    details = set(place.frame(known_scans(AsOf(LAST)))["detail"])
    assert details == {"2 packages audited", "no service answered"}


def test_a_scan_that_comes_late_does_not_undo_a_newer_one(taking: Taking) -> None:
    place = taking("pip-audit", {
        "a.json": pip_audit(vulnerable("PYSEC-1"), scan={"at": "2025-03-20T00:00:00Z", "target": "lock"}),
        "late-2025-03-25.json": pip_audit(vulnerable("PYSEC-1"), scan={"at": "2025-03-10T00:00:00Z", "target": "lock"}),
    })  # fmt: skip
    assert findings(place) == {"PYSEC-1 jinja2": ("unknown", None, "03-10")}
    assert findings(place, dt.date(2025, 3, 24)) == {"PYSEC-1 jinja2": ("unknown", None, "03-20")}


def test_skipped_packages_are_said_and_a_report_of_nothing_but_these_is_refused(taking: Taking, tmp_path: Path) -> None:
    skipped = {"name": "inner-tool", "skip_reason": "Dependency not found on PyPI and could not be audited"}
    place = taking("pip-audit", {"lock-2025-03-03.json": pip_audit(skipped)})
    assert set(place.frame(known_scans(AsOf(LAST)))["detail"]) == {"1 packages audited, 1 could not be audited (inner-tool)"}
    assert "none of 1 dependencies was audited" in refusal(tmp_path, "pip-audit", {"dependencies": [skipped], "fixes": []})


def test_osv_records_of_one_group_are_one_finding_with_the_worst_severity(taking: Taking) -> None:
    record = {"id": "GHSA-1", "aliases": ["CVE-1"], "database_specific": {"severity": "MODERATE"}}
    vector = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    withdrawn = {"id": "GHSA-3", "withdrawn": "2025-03-01T00:00:00Z", "database_specific": {"severity": "HIGH"}}
    place = taking("osv", {
        "web-2025-03-03.json": osv(osv_package(
            record, {"id": "PYSEC-9"}, {"id": "GHSA-2", "severity": vector}, withdrawn, {"id": "GHSA-4"},
            groups=[{"ids": ["GHSA-1", "PYSEC-9"], "aliases": ["CVE-1"], "max_severity": "7.4"}],
        )),
        "web-2025-03-10.json": osv(),
    })  # fmt: skip
    assert findings(place, dt.date(2025, 3, 5)) == {
        "GHSA-1 lodash": ("high", None, "03-03"), "GHSA-2 lodash": ("critical", None, "03-03"),
        "GHSA-3 lodash": ("high", "03-01", "03-03"), "GHSA-4 lodash": ("unknown", None, "03-03"),
    }  # fmt: skip
    assert {row[1] for row in findings(place).values()} == {"03-10", "03-01"}, "a clean report lists no source"


def test_sarif_severity_is_the_rules_score_else_the_level(taking: Taking) -> None:
    rules = [
        {"id": "CVE-7", "properties": {"security-severity": "9.8"}, "defaultConfiguration": {"level": "note"}},
        {"id": "LINT-1", "defaultConfiguration": {"level": "note"}},
    ]
    invocation = {"executionSuccessful": True, "endTimeUtc": "2025-03-05T10:00:00Z"}
    report = sarif(
        result("CVE-7"), result("LINT-1"), result("X-1", level="error"), result("X-2"), result("X-3", level="none"),
        {"ruleIndex": 0, "properties": {"package": "openssl"}, "message": {"text": "again"}}, result("OK-1", kind="pass"),
        result("X-4", suppressions=[{"kind": "inSource"}]),
        result("X-5", suppressions=[{"kind": "external", "status": "rejected"}]),
        result("X-6", baselineState="absent"), rules=rules, invocations=[invocation], automationDetails={"id": "image/42"},
    )  # fmt: skip
    place = taking("sarif", {"report.sarif": report})
    assert findings(place) == {
        "CVE-7 Dockerfile:3": ("critical", None, "03-05"), "LINT-1 Dockerfile:3": ("low", None, "03-05"),
        "X-1 Dockerfile:3": ("high", None, "03-05"), "X-2 Dockerfile:3": ("medium", None, "03-05"),
        "X-3 Dockerfile:3": ("unknown", None, "03-05"), "CVE-7 openssl": ("critical", None, "03-05"),
        "X-4 Dockerfile:3": ("medium", "03-05", "03-05"), "X-5 Dockerfile:3": ("medium", None, "03-05"),
        "X-6 Dockerfile:3": ("medium", "03-05", "03-05"),
    }  # fmt: skip
    assert scans(place) == [("trivy", "image", "03-05", True)]


def test_a_refused_report_is_kept_whole_and_stands_in_the_ledger_with_the_reason(taking: Taking) -> None:
    place = taking("pip-audit", {"cut-2025-03-03.json": b'{"dependencies": [{"name"', "lock-2025-03-03.json": pip_audit()})
    rows = place.rows("select path, accepted, quarantined, note from ingest.files where source = 'vulnerabilities' order by path")
    assert rows[0][:3] == ("audit/cut-2025-03-03.json", 0, 1) and "no JSON: Expecting ':' delimiter at line 2" in rows[0][3]
    assert rows[1][:3] == ("audit/lock-2025-03-03.json", 1, 0)
    assert len(list((place.root.parent / "state" / "lake" / "refused").iterdir())) == 1


@pytest.mark.parametrize(("form", "report", "said"), [
    ("pip-audit", {"vulnerabilities": []}, "the report.dependencies is missing"),
    ("pip-audit", {"dependencies": [{"name": "a", "version": "1"}]}, "dependencies[0].vulns is missing"),
    ("pip-audit", pip_audit({"name": "a", "version": "1", "vulns": [{"fix_versions": []}]}),
     "dependencies[0].vulns[0].id is missing"),
    ("pip-audit", pip_audit({"name": "a", "version": "1", "vulns": ["PYSEC-1"]}), "dependencies[0].vulns[0] is a text"),
    ("pip-audit", pip_audit(scan={"at": "yesterday"}), "scan.at is 'yesterday'"),
    ("pip-audit", b'{"dependencies": [], "dependencies": []}', "'dependencies' stands twice"),
    ("pip-audit", [], "a JSON list, not an object"),
    ("pip-audit", b"\xff\xfe{", "no UTF-8"),
    ("osv", {"results": None}, "the report.results is missing"),
    ("osv", {"results": [{"packages": [{"package": {}}]}]}, "results[0].packages[0].package.name is missing"),
    ("osv", {"results": [{"source": {"path": "x"}}]}, "results[0].packages is missing"),
    ("sarif", {"version": "2.0.0", "runs": [{}]}, "version is '2.0.0'"),
    ("sarif", {"version": "2.1.0", "runs": []}, "no tool ran"),
    ("sarif", {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}}]}, "runs[0].results is missing"),
    ("sarif", sarif(invocations=[{"executionSuccessful": False}]), "trivy did not finish"),
    ("sarif", sarif({"message": {"text": "?"}}), "runs[0].results[0] names no rule"),
])  # fmt: skip
def test_what_cannot_be_read_as_a_whole_is_refused_with_its_place(tmp_path: Path, form: str, report: object, said: str) -> None:
    assert said in refusal(tmp_path, form, report)


def test_a_report_without_a_time_is_refused(tmp_path: Path) -> None:
    assert "neither the report nor its name says when" in refusal(tmp_path, "pip-audit", pip_audit(), name="latest.json")


@pytest.mark.parametrize(("vector", "score"), [
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8), ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
    ("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", 5.9), ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0), ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
    ("AV:N/AC:M/Au:N/C:P/I:N/A:N", 4.3), ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0), ("CVSS:3.1/AV:N/AC:L", None),
    ("CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", None), ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H", None),
])  # fmt: skip
def test_base_scores_are_those_that_the_published_calculators_give(vector: str, score: float | None) -> None:
    assert severity.base_score(vector) == score


def test_rows_of_a_plain_table_keep_their_own_dates(store: Warehouse, tmp_path: Path) -> None:
    place = Place(
        tmp_path, {**segment(), "vulnerabilities": Source(name="vulnerabilities", path="v.csv", format="csv")}, warehouse=store
    )
    place.say(
        "v.csv", "vulnerability_id,package,severity,found_at,fixed_at,scanned_at,known_at",
        "V1,lib,high,2025-03-01,,2025-03-02,2025-03-02", "V2,web,low,2025-03-01,2025-03-08,2025-03-09,2025-03-09",
    )  # fmt: skip
    place.take(LAST)
    rows = place.frame(known_vulnerabilities(AsOf(LAST)))
    assert dict(zip(rows["vulnerability_id"], rows["fixed_at"].notna(), strict=True)) == {"V1": False, "V2": True}
    assert scans(place) == [("", "", "03-02", True), ("", "", "03-09", True)]
