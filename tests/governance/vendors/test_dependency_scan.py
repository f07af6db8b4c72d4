"""The scan of the lock is clean only when the service proves that it knows vulnerabilities; else it is unfinished."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from plg_orchestration.governance.vendors.dependency_scan import main, scan
from plg_orchestration.ingest.scans import ScanFile

AT = dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC)
VULNERABLE = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"], "aliases": []}]}
CLEAN = {"name": "click", "version": "8.1.7", "vulns": []}
SKIPPED = {"name": "click", "skip_reason": "Dependency not found on PyPI and could not be audited: click (8.1.7)"}
PROGRAM = """#!{python}
import json, sys
answers = json.loads({answers!r})
service = sys.argv[sys.argv.index("--vulnerability-service") + 1]
answer = answers.get(service, {{}}).get("canary" if "canary.txt" in sys.argv[-1] else "lock")
if answer is None:
    sys.exit("requests.exceptions.ConnectionError: no route to " + service)
print("No known vulnerabilities found")
open(sys.argv[sys.argv.index("--output") + 1], "w").write(json.dumps({{"dependencies": answer, "fixes": []}}))
"""


def program(folder: Path, **answers: dict[str, list[dict[str, Any]]]) -> str:
    """A program that answers as pip-audit does: by service, for the lock and for the release that proves the service."""
    path = folder / "pip-audit"
    path.write_text(PROGRAM.format(python=sys.executable, answers=json.dumps(answers)))
    path.chmod(0o755)
    return str(path)


def audit(folder: Path, command: str) -> tuple[int, dict[str, Any]]:
    lock = folder / "requirements.lock"
    lock.write_text("click==8.1.7\n")
    done = scan(lock, at=AT, command=[command])
    return done.code, done.report


def test_clean_is_only_what_a_service_that_knows_vulnerabilities_says(tmp_path: Path) -> None:
    code, report = audit(tmp_path, program(tmp_path, pypi={"lock": [CLEAN], "canary": [VULNERABLE]}))
    assert code == 0
    assert report["scan"] == {
        "tool": "pip-audit",
        "target": "requirements.lock",
        "at": "2026-03-01T06:00:00+00:00",
        "service": "pypi",
    }


def test_a_service_that_looked_nothing_up_is_no_clean_scan(tmp_path: Path) -> None:
    code, report = audit(tmp_path, program(tmp_path, pypi={"lock": [SKIPPED], "canary": [SKIPPED]}))
    assert code == 3
    assert "none of 1 dependencies was audited" in report["scan"]["unfinished"]
    assert "no route to osv" in report["scan"]["unfinished"]
    assert "dependencies" not in report


def test_a_service_that_does_not_know_a_certain_vulnerability_proves_nothing(tmp_path: Path) -> None:
    mute = {"lock": [CLEAN], "canary": [{**VULNERABLE, "vulns": []}]}
    code, report = audit(tmp_path, program(tmp_path, pypi=mute))
    assert (code, "its silence proves nothing" in report["scan"]["unfinished"]) == (3, True)
    assert audit(tmp_path, program(tmp_path, pypi=mute, osv={"lock": [VULNERABLE], "canary": [VULNERABLE]}))[0] == 1


def test_what_is_written_is_an_input_and_never_takes_a_finished_scans_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock, folder = tmp_path / "requirements.lock", tmp_path / "audit"
    lock.write_text("click==8.1.7\n")
    asked = [str(lock), str(folder), "--at", "2026-03-01T06:00:00Z", "--pip-audit"]
    assert main([*asked, program(tmp_path, pypi={"lock": [VULNERABLE], "canary": [VULNERABLE]})]) == 1
    assert main([*asked, str(tmp_path / "missing")]) == 3
    told = capsys.readouterr().out
    assert "1 known vulnerabilities" in told and "was NOT audited" in told
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == ["pip-audit-2026-03-01-unfinished.json", "pip-audit-2026-03-01.json"]
    read = [next(ScanFile(path, "pip-audit", date=None, timezone="UTC").batches(("record", "target"))) for path in files]
    assert [part.values[0].to_pylist() for part in read] == [["unfinished_scan"], ["finding", "scan"]]
    assert {target for part in read for target in part.values[1].to_pylist()} == {"requirements.lock"}
