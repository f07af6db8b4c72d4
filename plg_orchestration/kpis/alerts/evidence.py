"""What the asset's page shows of a night's alerts: a table of them, and the pictures of the most severe."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from plg_orchestration.charts.alerts import Evidence
from plg_orchestration.kpis.alerts.series import Key, Series
from plg_orchestration.kpis.alerts.telling.outbox import SEVERITIES

PICTURES = 3
STATES = ("open", "acknowledged", "held", "snoozed", "suppressed", "resolved")
TABLE = ("state", "severity", "alert_id", "owner", "lagging_kpi", "evidence", "state_reason")


def by_weight(alerts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The alerts with the open and severe ones first."""
    return sorted(
        alerts,
        key=lambda row: (STATES.index(row["state"]), -SEVERITIES.index(row["severity"]), row["chance"] or 0, row["alert_id"]),
    )


def alerts_markdown(alerts: Sequence[Mapping[str, Any]]) -> str:
    """The alerts as a Markdown table, sentences in full; a sentence when there are none."""
    if not alerts:
        return "No rule finds anything to tell."
    lines = ["| " + " | ".join(name.replace("_", " ") for name in TABLE) + " |", "|" + "---|" * len(TABLE)]
    for row in by_weight(alerts):
        cells = [str(row[name] if row[name] is not None else "–").replace("|", "\\|") for name in TABLE]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def pictures_of(alerts: Sequence[Mapping[str, Any]], series: Mapping[Key, Series]) -> list[Evidence]:
    """The evidence of the alerts that matter most, one picture for each series; none that chance explains or that is over."""
    running = [row for row in by_weight(alerts) if row["state"] not in ("resolved", "suppressed") and row["value"] is not None]
    first = {(row["kpi"], row["period"], row["segment"]): row for row in reversed(running)}
    chosen = [row for row in running if first[row["kpi"], row["period"], row["segment"]] is row]
    return [made for row in chosen if (made := _evidence(row, series)) is not None][:PICTURES]


def _evidence(row: Mapping[str, Any], series: Mapping[Key, Series]) -> Evidence | None:
    line = series.get((row["kpi"], row["period"], row["segment"]))
    if line is None:
        return None
    points = [point for point in line.ripe if point.start <= row["period_start"]]
    of_rule = f"{row['rule']}: {row['severity']}, {row['state']}"
    whom = "" if row["segment"] == "all" else f" of {row['segment'].replace('_', '-')}"
    return Evidence(
        title=f"{row['kpi'].replace('_', ' ').capitalize()}{whom}, by {row['period']} ({of_rule})",
        severity=row["severity"], unit=row["unit"], value=row["value"], threshold=row["threshold"], low=row["expected_low"],
        high=row["expected_high"], range_is="the value's own interval" if row["kind"] == "level" else "expected",
        series=pd.DataFrame({"period_start": [p.start for p in points], "value": [p.value for p in points]}),
    )  # fmt: skip
