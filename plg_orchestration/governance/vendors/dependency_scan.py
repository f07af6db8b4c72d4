"""The scan of a lock file by pip-audit, as an input of the source `vulnerabilities`: `make audit` runs this module.

A scan counts as finished only when the service knew the packages and reported a vulnerability that is certainly there: pip-audit
says "no known vulnerabilities" and ends well when it could look up nothing at all. Whatever does not finish is written down as
unfinished, with the reason; it never looks clean. The time is passed in.
"""

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.ingest.scans import pip_audit
from plg_orchestration.ingest.scans.report import document

SERVICES = ("pypi", "osv")
"""The vulnerability services that are asked, in order, until one answers."""
CANARY = "jinja2==2.10"
"""A release with published vulnerabilities (CVE-2019-10906 among them): a service that reports none for it knows nothing."""
CLEAN, FINDINGS, UNFINISHED = 0, 1, 3
PATIENCE = 600


@dataclass(frozen=True)
class Outcome:
    """The report to write, how the scan ended (an exit code), and what a person is told."""

    report: dict[str, Any]
    code: int
    message: str


def scan(lock: Path, *, at: dt.datetime, command: Sequence[str]) -> Outcome:
    """Scan the lock file with pip-audit (`command`), through the first service that proves to know vulnerabilities."""
    head = {"tool": pip_audit.TOOL, "target": lock.name, "at": at.isoformat()}
    reasons: list[str] = []
    for service in SERVICES:
        try:
            report = _audited(command, ["--require-hashes", "-r", str(lock)], service)
            (made,) = pip_audit.read(report)
            _prove(command, service)
        except FileRefused as refused:
            reasons.append(f"{service}: {refused}")
            continue
        found, named = len(made.findings), f"{lock.name}: {made.detail}"
        told = f"{named}; {found} known vulnerabilities" if found else f"{named}; no known vulnerability"
        return Outcome({**report, "scan": {**head, "service": service}}, FINDINGS if found else CLEAN, told)
    reason = "; ".join(reasons)
    told = f"{lock.name} was NOT audited, nothing is known about it: {reason}. Run it where PyPI or api.osv.dev can be reached."
    return Outcome({"scan": {**head, "unfinished": reason}}, UNFINISHED, told)


def write(outcome: Outcome, folder: Path, *, on: dt.date) -> Path:
    """Write the report into the folder; one that did not finish never takes the place of one that did."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"pip-audit-{on}{'-unfinished' if outcome.code == UNFINISHED else ''}.json"
    (folder / name).write_text(json.dumps(outcome.report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return folder / name


def _prove(command: Sequence[str], service: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "canary.txt"
        asked.write_text(f"{CANARY}\n", encoding="utf-8")
        report = _audited(command, ["--no-deps", "-r", str(asked)], service)
    if not any(cast("list[object]", entry.get("vulns") or []) for entry in report["dependencies"]):
        raise FileRefused(f"it reports no vulnerability of {CANARY}, which has some, so that its silence proves nothing")


def _audited(command: Sequence[str], what: Sequence[str], service: str) -> dict[str, Any]:
    """pip-audit's report; FileRefused with its last words when there is none."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        options = ["--disable-pip", "--format", "json", "--output", str(out), "--progress-spinner", "off", "--desc", "off"]
        called = [*command, *options, "--aliases", "on", "--vulnerability-service", service, *what]
        try:
            done = subprocess.run(called, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FileRefused(f"pip-audit could not be run ({error})") from None
        if not out.is_file():
            said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or [f"it ended with {done.returncode}"]
            raise FileRefused(said[-1][:300])
        return document(out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan, write, tell; the exit code is 0 (clean), 1 (vulnerabilities) or 3 (not audited)."""
    parser = argparse.ArgumentParser(description="Scan a lock file for known vulnerabilities with pip-audit.")
    parser.add_argument("lock", type=Path)
    parser.add_argument("folder", type=Path, help="where the report goes")
    parser.add_argument("--at", required=True, type=dt.datetime.fromisoformat, help="the time of the scan, with its zone")
    parser.add_argument("--pip-audit", default="pip-audit", help="the program")
    given = parser.parse_args(arguments)
    if given.at.tzinfo is None:
        parser.error(f"--at {given.at.isoformat()} names no zone; write it as 2026-03-01T06:00:00Z")
    outcome = scan(given.lock, at=given.at, command=[given.pip_audit])
    path = write(outcome, given.folder, on=given.at.astimezone(dt.UTC).date())
    sys.stdout.write(f"{outcome.message}\nwritten to {path}\n")
    return outcome.code


if __name__ == "__main__":
    sys.exit(main())
