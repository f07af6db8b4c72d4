"""What becomes of findings from night to night: one alert while its condition lasts, its state, and its end.

Pure functions over tonight's findings, the rows of the night before and what people said; so a night that is built again gives
the same rows, and what is said on a day changes no earlier night.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plg_orchestration.kpis.alerts.judging import Finding
from plg_orchestration.kpis.alerts.policy import JUDGED, AlertPolicy, AlertRule

Row = Mapping[str, Any]
"""A row of `kpis.alerts` or `kpis.alert_checks`, by column."""
CARRIED = (
    "period_start", "value", "threshold", "previous", "expected_low", "expected_high", "n", "chance", "chance_limit", "since",
    "evidence", "definition_hash",
)  # fmt: skip
"""What an alert tells of a finding."""


@dataclass(frozen=True)
class Word:
    """What a person last said of an alert: it is known, or, with a day, it is not to be shown as open until that day is over."""

    alert_id: str
    person: str
    note: str
    as_of: dt.date
    until: dt.date | None = None


@dataclass(frozen=True)
class Before:
    """What the newest night before tonight left: its alerts and its checks, and what people have said since and before."""

    alerts: Sequence[Row] = ()
    checks: Sequence[Row] = ()
    words: Sequence[Word] = ()


def alerts_of(findings: Sequence[Finding], before: Before, *, policy: AlertPolicy, as_of: dt.date) -> list[dict[str, Any]]:
    """Rows of `kpis.alerts` for the night, ordered by alert_id.

    A breach goes on being the alert that it was; one that chance explains is `suppressed` unless the alert was open before, so
    that an alert does not come and go while its value stays beyond the limit. Where the definition of a value changed since the
    night before, or between the values compared, the alert is `held` until the next period is judged. What cannot be judged stays
    as it was.
    """
    running = {(row["rule"], row["segment"]): row for row in before.alerts if row["state"] != "resolved"}
    checks = {(row["rule"], row["segment"]): row for row in before.checks}
    words = {word.alert_id: word for word in sorted(before.words, key=lambda word: word.as_of) if word.as_of <= as_of}
    rows = [row for row in map(dict, before.alerts) if _still_listed(row, policy, as_of)]
    for finding in findings:
        key = (finding.rule, finding.segment)
        made = _followed(finding, running.pop(key, None), checks.get(key), words, policy.rules[finding.rule], as_of)
        rows += [made] if made else []
    for row in running.values():
        rows += [_resolved(row, "its rule is no longer configured", as_of)] if row["opened_on"] else []
    return sorted(({**row, "as_of": as_of} for row in rows), key=lambda row: row["alert_id"])


def _still_listed(row: Row, policy: AlertPolicy, as_of: dt.date) -> bool:
    return row["state"] == "resolved" and (as_of - row["state_since"]).days < policy.resolved_days


def _followed(
    finding: Finding, prior: Row | None, check: Row | None, words: Mapping[str, Word], rule: AlertRule, as_of: dt.date
) -> dict[str, Any] | None:
    """Tonight's row of the alert that the finding is or was; None when there is none."""
    redefined = _redefined(finding, prior, check)
    if finding.verdict == "not_judged":
        return None if prior is None else _placed({**prior}, finding, words, f"it could not be judged: {finding.reason}", as_of)
    if finding.verdict == "quiet":
        if prior is None:
            return None
        if redefined is not None:
            return _in_state({**prior}, "held", redefined, as_of)
        told = {**prior, **{name: getattr(finding, name) for name in CARRIED if name != "since"}}
        return _resolved(told, "the condition is over", as_of) if prior["opened_on"] else None
    identity = {"alert_id": f"{finding.rule}-{finding.segment}-{as_of}", "first_seen": as_of, "opened_on": None, "state": ""}
    row = {
        **identity, **(prior or {}), **{name: getattr(finding, name) for name in CARRIED},
        "rule": finding.rule, "kind": finding.kind, "kpi": finding.kpi, "segment": finding.segment, "period": finding.period,
        "severity": rule.severity, "owner": rule.owner, "lagging_kpi": rule.lagging_kpi, "unit": JUDGED[finding.kpi].unit,
        "last_seen": as_of,
    }  # fmt: skip
    if redefined is not None:
        return _in_state(row, "held", redefined, as_of)
    return _placed(row, finding, words, finding.reason, as_of)


def _redefined(finding: Finding, prior: Row | None, check: Row | None) -> str | None:
    """Why the definition forbids saying anything of the period, or None."""
    if not finding.comparable:
        return f"the definition of {finding.kpi} changed within the periods that are compared"
    if prior is not None and prior["state"] == "held" and prior["period_start"] == finding.period_start:
        return str(prior["state_reason"])
    if (
        check is None
        or check["period_start"] != finding.period_start
        or None in (check["definition_hash"], finding.definition_hash)
    ):
        return None
    if check["definition_hash"] == finding.definition_hash:
        return None
    return (
        f"the definition of {finding.kpi} changed after {check['as_of']}; the next {finding.period} is judged under the new one"
    )


def _placed(
    row: dict[str, Any], finding: Finding, words: Mapping[str, Word], reason: str | None, as_of: dt.date
) -> dict[str, Any]:
    """The row as people's words and chance have it: acknowledged, snoozed, suppressed or open."""
    if finding.verdict == "not_judged" and row["state"] in ("held", "suppressed"):
        return _in_state(row, row["state"], row["state_reason"], as_of)
    if not finding.beyond_chance and not row["opened_on"]:
        return _in_state(row, "suppressed", reason, as_of)
    row["opened_on"] = row["opened_on"] or as_of
    word = words.get(row["alert_id"])
    if word is not None and word.until is None:
        return _in_state(row, "acknowledged", f"acknowledged by {word.person} on {word.as_of}: {word.note}", as_of)
    if word is not None and word.until is not None and as_of <= word.until:
        return _in_state(row, "snoozed", f"snoozed by {word.person} until {word.until}: {word.note}", as_of)
    return _in_state(row, "open", reason, as_of)


def _resolved(row: Row, reason: str, as_of: dt.date) -> dict[str, Any]:
    return _in_state({**row}, "resolved", reason, as_of)


def _in_state(row: dict[str, Any], state: str, reason: str | None, as_of: dt.date) -> dict[str, Any]:
    changed = row["state"] != state
    return {**row, "state": state, "state_reason": reason, "state_since": as_of if changed else row["state_since"]}
