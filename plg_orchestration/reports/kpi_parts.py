"""The report's KPIs: the tiles at the top, and every KPI against its benchmarks by segment.

Pure functions of the snapshot's history. Bands and targets are those of the snapshot; nothing is judged anew.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.reports.extracts import Extracted
from plg_orchestration.reports.formats import DASH, change, count, figure, known, words
from plg_orchestration.reports.rows import Chip, records

TILES: tuple[tuple[str, str], ...] = (
    ("activation_rate", "week"), ("free_to_paid_conversion", "month"), ("gross_churn", "month"), ("arpu", "month"),
    ("viral_coefficient", "month"), ("wau", "week"),
)  # fmt: skip
"""The KPIs at the top and the period that is shown of each, when it has a value; else another that has."""

BETTER = {kpi.name: kpi.better for kpi in KPIS}
"""The direction that is better, by KPI."""

SEGMENTS = ("all", "smb", "mid_market", "enterprise")
PERIODS = ("month", "week", "day", "quarter")
BANDS = {
    "above_p75": Chip("above the 75th percentile", "good"), "p50_p75": Chip("50th to 75th percentile", "good"),
    "above_p50": Chip("above the median", "good"), "p25_p50": Chip("25th to 50th percentile", "warn"),
    "below_p50": Chip("below the median", "warn"), "below_p25": Chip("below the 25th percentile", "bad"),
}  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """One KPI at the top: value, period, interval, standing, target and change, each ready to print; '' where there is none."""

    name: str
    value: str
    period: str = ""
    interval: str = ""
    target: str = ""
    trend: str = ""
    standing: Chip | None = None
    reason: str = ""


@dataclass(frozen=True)
class Cell:
    """One KPI in one segment: value, standing, target and population or reason, ready to print."""

    value: str
    standing: Chip | None
    target: str
    note: str


def tiles(history: Extracted) -> list[Tile]:
    """The KPIs at the top for all segments together, in the declared order; one without a value says why."""
    rows = [row for row in records(history.rows) if row["segment"] == "all"]
    return [_tile(name, [row for row in rows if row["kpi"] == name], history.reason) for name, _ in TILES]


def benchmark_rows(history: Extracted) -> list[tuple[str, str, list[Cell]]]:
    """Every KPI that has a value: its name, its period, and a cell for each of `SEGMENTS`."""
    rows = records(history.rows)
    made: list[tuple[str, str, list[Cell]]] = []
    present = {str(row["kpi"]) for row in rows}
    for name in [kpi.name for kpi in KPIS if kpi.name in present] + sorted(present - BETTER.keys()):
        own = [row for row in rows if row["kpi"] == name]
        chosen = newest(name, own)
        if chosen is None:
            continue
        found = {row["segment"]: row for row in own if (row["period"], row["period_start"]) == chosen}
        made.append((words(name), _stretch(*chosen), [_cell(found.get(segment)) for segment in SEGMENTS]))
    return made


def newest(name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, dt.date] | None:
    """The period and its start that stand for the KPI: the newest whose windows are all closed, else the newest with a value."""
    valued = [row for row in rows if known(row["value"]) is not None]
    if not valued:
        return None
    periods = {str(row["period"]) for row in valued}
    preferred = dict(TILES).get(name, "month")
    period = preferred if preferred in periods else min(periods, key=PERIODS.index)
    series = [row for row in valued if row["period"] == period]
    closed = [row for row in series if known(row["mature_share"]) in (None, 1.0)]
    return period, max(row["period_start"] for row in closed or series)


def _tile(name: str, rows: list[dict[str, Any]], reason: str) -> Tile:
    chosen = newest(name, rows)
    if chosen is None:
        said = sorted((row["period_start"], row["reason"]) for row in rows if row["reason"])
        return Tile(words(name), DASH, reason=said[-1][1] if said else reason or f"{name} is not in the snapshot")
    series = sorted(
        (
            row
            for row in rows
            if row["period"] == chosen[0] and row["period_start"] <= chosen[1] and known(row["value"]) is not None
        ),
        key=lambda row: row["period_start"],
    )
    now, unit = series[-1], series[-1]["unit"]
    low, high = known(now["ci_low"]), known(now["ci_high"])
    monthly = ", per month" if str(unit).endswith("_per_month") else ""
    return Tile(
        name=words(name), value=figure(now["value"], unit), period=_stretch(*chosen) + monthly,
        interval="" if low is None else f"95 % interval {figure(low, unit)} to {figure(high, unit)}",
        target="" if known(now["target"]) is None else f"target {figure(now['target'], unit)}",
        trend=f"{change(now['value'], series[-2]['value'], unit)} on the {chosen[0]} before" if len(series) > 1 else "",
        standing=_standing(now),
    )  # fmt: skip


def _standing(now: Mapping[str, Any]) -> Chip | None:
    if now["band"]:
        return BANDS[str(now["band"])]
    target = known(now["target"])
    if target is None:
        return None
    met = now["value"] <= target if BETTER.get(str(now["kpi"])) == "lower" else now["value"] >= target
    return Chip("target met", "good") if met else Chip("target missed", "warn")


def _cell(row: Mapping[str, Any] | None) -> Cell:
    if row is None or known(row["value"]) is None:
        return Cell(DASH, None, "", str(row["reason"] or "") if row else "")
    target = "" if known(row["target"]) is None else f"target {figure(row['target'], row['unit'])}"
    return Cell(figure(row["value"], row["unit"]), _standing(row), target, f"n = {count(row['n'])}")


def _stretch(period: str, start: dt.date) -> str:
    return f"{start:%B %Y}" if period == "month" else f"{period} of {start:%Y-%m-%d}"
