"""The report of `osv-scanner --format json`: sources, their packages, and the OSV records of each.

Records that the scanner groups as one vulnerability (aliases of each other) are one finding. The target is the file's or the
object `scan`'s, not the source's path: a clean source is not listed, so that only the whole report says what is gone.
"""

from typing import Any, cast

from plg_orchestration.ingest.scans import severity
from plg_orchestration.ingest.scans.report import (
    Finding,
    Scan,
    headed,
    instant,
    items,
    listed,
    mapping,
    text_of,
    texts,
    unfinished,
)

TOOL = "osv-scanner"


def read(report: dict[str, Any]) -> tuple[Scan, ...]:
    """The one scan of the report; FileRefused when a part of it cannot be read."""
    if unfinished(report):
        return (headed(report, Scan(TOOL, ())),)
    findings: list[Finding] = []
    packages = 0
    for place, result in enumerate(items(report, "results", where="the report")):
        where = f"results[{place}]"
        source = text_of(mapping(result, "source", where=where), "path", where=f"{where}.source")
        for number, entry in enumerate(items(result, "packages", where=where)):
            packages += 1
            findings += _package(entry, source, f"{where}.packages[{number}]")
    detail = f"{packages} packages with findings in the report" if packages else "no package with findings"
    return (headed(report, Scan(TOOL, tuple(findings), detail=detail)),)


def _package(entry: dict[str, Any], source: str, where: str) -> list[Finding]:
    package = mapping(entry, "package", where=where)
    name = text_of(package, "name", where=f"{where}.package", required=True)
    version = text_of(package, "version", where=f"{where}.package") or None
    records = {
        text_of(record, "id", where=f"{where}.vulnerabilities[{place}]", required=True): record
        for place, record in enumerate(items(entry, "vulnerabilities", where=where, required=False))
    }
    made: list[Finding] = []
    grouped: set[str] = set()
    for place, group in enumerate(items(entry, "groups", where=where, required=False)):
        ids = texts(group, "ids", where=f"{where}.groups[{place}]")
        if ids:
            grouped |= set(ids)
            made.append(_finding(name, version, source, ids, records, group.get("max_severity")))
    made += [_finding(name, version, source, [one], records, None) for one in records if one not in grouped]
    return made


def _finding(
    package: str, version: str | None, source: str, ids: list[str], records: dict[str, dict[str, Any]], score: object
) -> Finding:
    known = [records[one] for one in ids if one in records]
    words = [severity.of_score(score), *(word for record in known for word in _words(record))]
    withdrawn = [instant(record.get("withdrawn"), where=f"{ids[0]}.withdrawn") for record in known]
    times = [at for at in withdrawn if at is not None]
    also = sorted({*ids[1:], *(alias for record in known for alias in texts(record, "aliases", where=ids[0]))} - {ids[0]})
    gone = bool(times) and len(times) == len(known)
    return Finding(
        ids[0], package, severity.worst(words), version, listed([source, f"also {', '.join(also)}" if also else ""]),
        settled=gone, fixed_at=max(times) if gone else None,
    )  # fmt: skip


def _words(record: dict[str, Any]) -> list[str]:
    """What an OSV record says of its severity: vectors or scores, and the word of the database that it comes from."""
    named = str(record.get("id"))
    scored = [entry.get("score") for entry in items(record, "severity", where=named, required=False)]
    for affected in items(record, "affected", where=named, required=False):
        scored += [entry.get("score") for entry in items(affected, "severity", where=named, required=False)]
    words = [word for score in scored for word in (severity.of_vector(score), severity.of_score(score), severity.of_word(score))]
    specific = record.get("database_specific")
    if isinstance(specific, dict):
        words.append(severity.of_word(cast("dict[str, object]", specific).get("severity")))
    return words
