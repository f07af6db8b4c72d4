"""A scan's report as records of the source `vulnerabilities`: one record a finding, and one for each scan itself.

The scan's own record makes a clean scan known: it refreshes the scan's age, and settles what it does not name any more.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from plg_orchestration.clock import midnight
from plg_orchestration.config.canonical import SOURCES
from plg_orchestration.config.sources import DATE_IN_PATH, SCANS
from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.ingest.records import TEXT, Records
from plg_orchestration.ingest.scans import osv, pip_audit, sarif
from plg_orchestration.ingest.scans.report import Finding, Scan, document

FORMATS: dict[str, Callable[[dict[str, Any]], tuple[Scan, ...]]] = {
    "pip-audit": pip_audit.read, "osv": osv.read, "sarif": sarif.read,
}  # fmt: skip
"""The readers by the name that `format:` gives (`config.sources.SCANS`)."""
TIMES = ("found_at", "fixed_at", "scanned_at", "known_at")
EDGES = re.compile(r"^[-_.\s]+|[-_.\s]+$")
SUFFIXES = (".gz", ".json", ".sarif", ".osv")

assert set(FORMATS) == set(SCANS)


class ScanFile:
    """One report, read as a whole; its records are numbered from 1, the scan's own after its findings.

    `date` is the date in the file's path: then the scan became known at the end of that day, and was made then unless the report
    names a time. FileRefused when the report cannot be read, or when neither says when the scan was made.
    """

    header = SOURCES["vulnerabilities"].column_names

    def __init__(self, path: Path, form: str, *, date: dt.date | None, timezone: str) -> None:
        self._target, self._end = target_of(path), None if date is None else _end_of(date, timezone)
        self._scans = tuple(self._dated(scan) for scan in FORMATS[form](document(path)))

    def _dated(self, scan: Scan) -> Scan:
        at = scan.at or self._end
        if at is None:
            raise FileRefused(
                "neither the report nor its name says when the scan was made; put the date into the name "
                "(pip-audit-2026-03-01.json), or the time into the report as scan.at"
            )
        return replace(scan, at=at, target=scan.target or self._target)

    def batches(self, wanted: tuple[str, ...]) -> Iterator[Records]:
        """The records in one batch, with the columns `wanted` in that order."""
        rows = [row for scan in self._scans for row in _rows(scan, self._end)]
        columns = [
            pa.array([row.get(name) for row in rows], pa.timestamp("us") if name in TIMES else TEXT) for name in wanted
        ]  # fmt: skip
        yield Records(pa.array(range(1, len(rows) + 1), pa.int64()), columns)


def scan_identity(digest: str, date: dt.date | None) -> str:
    """What tells a report from others: its bytes and its date, for a clean scan's bytes are the same every week."""
    return digest if date is None else hashlib.sha256(f"{digest} {date}".encode()).hexdigest()


def target_of(path: Path) -> str:
    """What a report that names no target looked at: its file's name without the date and the endings, else its folder's name.

    >>> [target_of(Path(name)) for name in ("audit/api-2026-03-01.json", "2026-03-01/web.sarif", "audit/2026-03-01.json.gz")]
    ['api', 'web', 'audit']
    """
    name = path.name
    while any(name.endswith(suffix) for suffix in SUFFIXES):
        name = name[: name.rindex(".")]
    return EDGES.sub("", DATE_IN_PATH.sub("", name)) or path.parent.name or "unnamed"


def _end_of(date: dt.date, timezone: str) -> dt.datetime:
    return midnight(date + dt.timedelta(days=1), timezone) - dt.timedelta(microseconds=1)


def _rows(scan: Scan, known: dt.datetime | None) -> Iterator[dict[str, object]]:
    assert scan.at is not None
    shared: dict[str, object] = {
        "found_at": scan.at, "scanned_at": scan.at, "known_at": max(scan.at, known or scan.at), "tool": scan.tool,
        "target": scan.target,
    }  # fmt: skip
    for finding in scan.findings:
        yield shared | _finding(scan, finding)
    yield shared | {
        "vulnerability_id": f"scan of {scan.target} by {scan.tool}", "package": scan.target, "severity": "none",
        "detail": scan.unfinished or scan.detail, "record": "unfinished_scan" if scan.unfinished else "scan",
    }  # fmt: skip


def _finding(scan: Scan, finding: Finding) -> dict[str, object]:
    assert scan.at is not None
    settled = min(finding.fixed_at or scan.at, scan.at) if finding.settled else None
    return {
        "vulnerability_id": f"{finding.advisory} in {finding.package} ({scan.tool} of {scan.target})", "package": finding.package,
        "severity": finding.severity, "fixed_at": settled, "advisory": finding.advisory, "version": finding.version,
        "detail": finding.detail, "record": "finding",
    }  # fmt: skip
