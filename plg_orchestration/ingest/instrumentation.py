"""What a day's coverage and properties say about the instrumentation: one finding a question, with its figures.

The rows are made by SQL, the limits stand in `policy.py`; raising an alarm belongs to the asset layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration.ingest.policy import InstrumentationPolicy

if TYPE_CHECKING:
    import pandas as pd

NAMED_IN_WORDS = 5
"""How many events a reason names before it says how many more there are."""


@dataclass(frozen=True)
class Finding:
    """The answer to one question about a day's events: whether all is well, in words, and the figures that it rests on."""

    name: str
    passed: bool
    reason: str
    figures: dict[str, float]


COVERAGE_QUESTIONS: dict[str, str] = {
    "coverage_goal": "The expected events were seen in the last weeks, or nearly all of them.",
    "no_unknown_events": "Every tracked event of the day is named by the mapping.",
    "naming_convention": "Tracked events are named as the convention says.",
    "volume_anomalies": "Every event came about as often as it usually does on this weekday.",
    "lag": "Few of the day's events were received late.",
}
DRIFT_QUESTIONS: dict[str, str] = {"property_drift": "No property of an event is new, has vanished or changed its type."}


def coverage_findings(rows: "pd.DataFrame", policy: InstrumentationPolicy) -> tuple[Finding, ...]:
    """The findings of `COVERAGE_QUESTIONS`, in their order, from one day's rows of `ingest.coverage`.

    With nothing to look at (no expected event, no event on the day) a question is passed, and its reason says so.
    """
    return (
        _coverage(rows, policy), _unknown(rows), _naming(rows, policy), _volume(rows), _lag(rows, policy),
    )  # fmt: skip


def drift_findings(rows: "pd.DataFrame", policy: InstrumentationPolicy) -> tuple[Finding, ...]:
    """The finding of `DRIFT_QUESTIONS` from one day's rows of `ingest.property_drift`."""
    changed = rows[rows["change"] != "none"].sort_values(["event", "property"])
    words = {"new": "is new", "vanished": "has vanished", "type": "changed its type"}
    said = [
        f"{event}.{name} {words[change]}"
        for event, name, change in zip(changed["event"], changed["property"], changed["change"], strict=True)
    ]
    reason = _listed(said) if said else f"No property changed in the last {policy.properties.report_days} days."
    figures = {f"properties: {name}": float((changed["change"] == name).sum()) for name in words}
    return (Finding("property_drift", not said, reason, figures),)


def _coverage(rows: "pd.DataFrame", policy: InstrumentationPolicy) -> Finding:
    expected = rows[rows["expected"].astype(bool)]
    missing = sorted(expected.loc[~expected["seen"].astype(bool), "event"])
    figures = {"expected events": float(len(expected)), "missing events": float(len(missing))}
    if not len(expected):
        return Finding("coverage_goal", True, "The mapping expects no event.", figures)
    share = 1 - len(missing) / len(expected)
    reason = f"{len(expected) - len(missing)} of {len(expected)} expected events were seen in {policy.seen_days} days"
    reason += f"; missing: {_listed(missing)}" if missing else "."
    return Finding("coverage_goal", share >= policy.coverage_goal, reason, figures | {"coverage": share})


def _unknown(rows: "pd.DataFrame") -> Finding:
    unknown = rows[rows["unknown"].astype(bool) & (rows["events"] > 0)].sort_values(["events", "event"], ascending=[False, True])
    said = [
        f"{event!r}" + (f" (perhaps {nearest!r})" if isinstance(nearest, str) else "")
        for event, nearest in zip(unknown["event"], unknown["nearest_known"], strict=True)
    ]
    figures = {"unknown events": float(len(unknown)), "calls of unknown events": float(unknown["events"].sum())}
    reason = f"Not named by the mapping: {_listed(said)}" if said else "Every tracked event is named by the mapping."
    return Finding("no_unknown_events", not said, reason, figures)


def _naming(rows: "pd.DataFrame", policy: InstrumentationPolicy) -> Finding:
    wrong = sorted(rows.loc[~rows["well_named"].astype(bool) & (rows["events"] > 0), "event"])
    reason = f"Not in {policy.naming}: {_listed(wrong)}" if wrong else "Every tracked event follows the naming convention."
    return Finding("naming_convention", not wrong, reason, {"misnamed events": float(len(wrong))})


def _volume(rows: "pd.DataFrame") -> Finding:
    odd = rows[rows["volume"].isin(["low", "high"])].sort_values(["usual", "event"], ascending=[False, True])
    said = [
        f"{event} {volume}: {events} where {low:.0f} to {high:.0f} are usual"
        for event, volume, events, low, high in zip(
            odd["event"], odd["volume"], odd["events"], odd["usual_low"], odd["usual_high"], strict=True
        )
    ]
    judged = int((rows["volume"] != "too_new").sum())
    counts = {f"events: {name}": float((odd["volume"] == name).sum()) for name in ("low", "high")}
    figures = {"events judged": float(judged)} | counts
    fine = "Every event came in its usual number." if judged else "No event has enough history to say what is usual."
    return Finding("volume_anomalies", not said, _listed(said) if said else fine, figures)


def _lag(rows: "pd.DataFrame", policy: InstrumentationPolicy) -> Finding:
    calls, late = float(rows["events"].sum()), float(rows["late_events"].sum())
    if not calls:
        return Finding("lag", True, "Nothing was received on the day.", {"events": 0.0})
    share, limit = late / calls, policy.lag
    reason = f"{100 * share:.2f} % of the day's events were received more than {limit.late_hours:g} hours after they happened."
    return Finding("lag", share <= limit.late_share, reason, {"events": calls, "late events": late, "late share": share})


def _listed(said: Sequence[str]) -> str:
    """The first few in words, and how many more there are."""
    more = len(said) - NAMED_IN_WORDS
    return "; ".join(said[:NAMED_IN_WORDS]) + (f"; and {more} more" if more > 0 else "")
