"""SARIF 2.1.0 (OASIS): runs of tools, each with its results; the exchange format of most scanners.

A result counts when its kind is `fail`, `open` or `review`; one that the tool's users suppressed, or whose baseline state is
`absent`, is settled. Severity is the rule's `security-severity` (a score), else the result's level.
"""

import datetime as dt
from typing import Any, cast

from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.ingest.scans import severity
from plg_orchestration.ingest.scans.report import Finding, Scan, headed, instant, items, listed, mapping, text_of, unfinished

NO_FINDING = ("pass", "notApplicable", "informational")
Json = dict[str, Any]


def read(report: Json) -> tuple[Scan, ...]:
    """One scan a run; FileRefused when a part cannot be read, a run did not succeed, or there is none."""
    if unfinished(report):
        return (headed(report, Scan("sarif", ())),)
    version = text_of(report, "version", where="the report", required=True)
    if version != "2.1.0":
        raise FileRefused(f"the report's version is {version!r}, not '2.1.0'; let the tool write SARIF 2.1.0")
    runs = items(report, "runs", where="the report")
    if not runs:
        raise FileRefused("runs is empty: no tool ran, which proves nothing; hand in the scanner's own report")
    return tuple(headed(report, _run(run, f"runs[{place}]")) for place, run in enumerate(runs))


def _run(run: Json, where: str) -> Scan:
    driver = mapping(mapping(run, "tool", where=where), "driver", where=f"{where}.tool")
    tool = text_of(driver, "name", where=f"{where}.tool.driver", required=True)
    ended: list[dt.datetime] = []
    for place, call in enumerate(items(run, "invocations", where=where, required=False)):
        at = f"{where}.invocations[{place}]"
        if call.get("executionSuccessful") is False:
            raise FileRefused(f"{at}.executionSuccessful is false: {tool} did not finish; scan again")
        end = instant(call.get("endTimeUtc"), where=f"{at}.endTimeUtc")
        start = instant(call.get("startTimeUtc"), where=f"{at}.startTimeUtc")
        ended += [one for one in (end or start,) if one is not None]
    results = items(run, "results", where=where)
    rules = _rules(run, driver, where)
    category = text_of(mapping(run, "automationDetails", where=where), "id", where=where).rpartition("/")[0]
    findings = [
        found for place, result in enumerate(results)
        if (found := _finding(result, rules, f"{where}.results[{place}]")) is not None
    ]  # fmt: skip
    return Scan(tool, tuple(findings), category or None, max(ended, default=None), f"{len(results)} results of {tool}")


def _rules(run: Json, driver: Json, where: str) -> list[list[Json]]:
    """The rules of the driver, and those of its extensions, by their place."""
    extensions = items(mapping(run, "tool", where=where), "extensions", where=where, required=False)
    return [items(part, "rules", where=f"{where}.rules", required=False) for part in (driver, *extensions)]


def _finding(result: Json, rules: list[list[Json]], where: str) -> Finding | None:
    if result.get("kind") in NO_FINDING:
        return None
    rule = _rule_of(result, rules, where)
    name = text_of(result, "ruleId", where=where) or text_of(mapping(result, "rule", where=where), "id", where=where)
    advisory = name or text_of(rule, "id", where=where)
    if not advisory:
        raise FileRefused(f"{where} names no rule (ruleId), so that a finding would be lost; hand in the scanner's own report")
    place = _place(result, where)
    message = text_of(mapping(result, "message", where=where), "text", where=where)
    settled = result.get("baselineState") == "absent" or _suppressed(result, where)
    return Finding(
        advisory, place or advisory, _severity(result, rule, where), None,
        listed([message[:200], "settled by the tool" if settled else ""]),
        settled=settled,
    )  # fmt: skip


def _rule_of(result: Json, rules: list[list[Json]], where: str) -> Json:
    """The rule of a result: by its index, in the driver or the named extension, else by its id; empty without a description."""
    reference = mapping(result, "rule", where=where)
    component = mapping(reference, "toolComponent", where=where).get("index")
    own = rules[component + 1] if isinstance(component, int) and 0 <= component < len(rules) - 1 else rules[0]
    index = result.get("ruleIndex", reference.get("index"))
    if isinstance(index, int) and 0 <= index < len(own):
        return own[index]
    name = result.get("ruleId", reference.get("id"))
    return next((rule for part in rules for rule in part if name is not None and rule.get("id") == name), {})


def _severity(result: Json, rule: Json, where: str) -> str:
    scores = [mapping(holder, "properties", where=where).get("security-severity") for holder in (result, rule)]
    scored = severity.worst(severity.of_score(score) for score in scores)
    if scored != severity.UNKNOWN or any(score is not None for score in scores):
        return scored
    level = result.get("level") or mapping(rule, "defaultConfiguration", where=where).get("level")
    if level is None:
        return severity.of_word("warning") if result.get("kind", "fail") == "fail" else severity.UNKNOWN
    return severity.UNKNOWN if level == "none" else severity.of_word(level)


def _place(result: Json, where: str) -> str:
    """What is affected: the package of the result's properties, a logical name, or the file with its line."""
    package = mapping(result, "properties", where=where).get("package")
    if isinstance(package, str) and package.strip():
        return package.strip()
    for location in items(result, "locations", where=where, required=False):
        for logical in items(location, "logicalLocations", where=where, required=False):
            name = logical.get("fullyQualifiedName") or logical.get("name")
            if isinstance(name, str) and name.strip():
                return name.strip()
        physical = mapping(location, "physicalLocation", where=where)
        file = text_of(mapping(physical, "artifactLocation", where=where), "uri", where=where)
        line = mapping(physical, "region", where=where).get("startLine")
        if file:
            return f"{file}:{line}" if isinstance(line, int) else file
    return ""


def _suppressed(result: Json, where: str) -> bool:
    """Whether all suppressions were accepted (the standard's default); one under review or rejected leaves the result open."""
    found = items(result, "suppressions", where=where, required=False)
    return bool(found) and all(cast("object", entry.get("status", "accepted")) == "accepted" for entry in found)
