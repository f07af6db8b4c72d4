"""The report of `pip-audit --format json`: dependencies with the vulnerabilities of each.

It names neither a time nor a target nor a severity: time and target come from the file's name or the object `scan` that
`make audit` adds; the severity is unknown unless a vulnerability carries one.
"""

from typing import Any

from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.ingest.scans import severity
from plg_orchestration.ingest.scans.report import Finding, Scan, headed, items, listed, text_of, texts, unfinished

TOOL = "pip-audit"


def read(report: dict[str, Any]) -> tuple[Scan, ...]:
    """The one scan of the report; FileRefused when a part of it cannot be read, or when nothing was audited."""
    if unfinished(report):
        return (headed(report, Scan(TOOL, ())),)
    dependencies = items(report, "dependencies", where="the report")
    skipped = [entry for entry in dependencies if "skip_reason" in entry]
    audited = [(place, entry) for place, entry in enumerate(dependencies) if "skip_reason" not in entry]
    if not audited:
        raise FileRefused(f"none of {len(dependencies)} dependencies was audited, which proves nothing; audit a lock file")
    findings = [finding for place, entry in audited for finding in _findings(entry, f"dependencies[{place}]")]
    detail = f"{len(audited)} packages audited"
    if skipped:
        names = ", ".join(sorted(text_of(entry, "name", where="dependencies") for entry in skipped)[:5])
        detail += f", {len(skipped)} could not be audited ({names}{', ...' if len(skipped) > 5 else ''})"
    return (headed(report, Scan(TOOL, tuple(findings), detail=detail)),)


def _findings(entry: dict[str, Any], where: str) -> list[Finding]:
    package = text_of(entry, "name", where=where, required=True)
    version = text_of(entry, "version", where=where) or None
    made: list[Finding] = []
    for place, found in enumerate(items(entry, "vulns", where=where)):
        at = f"{where}.vulns[{place}]"
        aliases, fixes = texts(found, "aliases", where=at), texts(found, "fix_versions", where=at)
        also = f"also {', '.join(aliases)}" if aliases else ""
        repaired = f"fixed in {', '.join(fixes)}" if fixes else "no fixed version is known"
        made.append(
            Finding(
                text_of(found, "id", where=at, required=True), package, severity.of_word(found.get("severity")), version,
                listed([also, repaired]),
            )
        )  # fmt: skip
    return made
