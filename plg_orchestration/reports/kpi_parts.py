"""The reports' KPIs: the tiles at the top, and every KPI against its benchmarks by segment.

Pure functions of the snapshots and the history. Bands and targets are those of the snapshot; nothing is judged anew.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.reports.definitions import kpi_anchor
from plg_orchestration.reports.drawings import Marks, Spot, sparkline, strip
from plg_orchestration.reports.extracts import Extracted
from plg_orchestration.reports.formats import DASH, between, change, count, figure, known, segment_name, stretch, words
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
SPARK = 13
"""So many periods a line of past values shows."""
BANDS = {
    "above_p75": Chip("above the 75th percentile", "good"), "p50_p75": Chip("50th to 75th percentile", "good"),
    "above_p50": Chip("above the median", "good"), "p25_p50": Chip("25th to 50th percentile", "warn"),
    "below_p50": Chip("below the median", "warn"), "below_p25": Chip("below the 25th percentile", "bad"),
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """A value in one segment: its name, the value, its place among the percentiles as a drawing, and in a word."""

    segment: str
    value: str
    strip: Markup
    chip: Chip | None


@dataclass(frozen=True)
class Tile:
    """One KPI at the top: value, period, interval, standing, target and change, each ready to print; '' where there is none.

    `link` is the anchor of its definition, `spark` a drawing of its past values, `standings` its segments.
    """

    name: str
    value: str
    link: str = ""
    period: str = ""
    interval: str = ""
    target: str = ""
    trend: str = ""
    standing: Chip | None = None
    reason: str = ""
    spark: Markup = Markup("")  # noqa: RUF009
    standings: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class Line:
    """One KPI of the comparison: its name, period, anchor, and a cell for each of `SEGMENTS`."""

    name: str
    period: str
    link: str
    cells: tuple["CellOfSegment", ...]


@dataclass(frozen=True)
class CellOfSegment:
    """One KPI in one segment: value, standing, target and population or reason, ready to print."""

    value: str
    standing: Chip | None
    target: str
    note: str


Rows = list[dict[str, Any]]


def stated(history: Extracted, earlier: Extracted) -> Rows:
    """Every period's row as published; of periods that no snapshot has stated, as the as-of day's history gives it."""
    published = records(history.rows)
    seen = {(row["kpi"], row["segment"], row["period"], row["period_start"]) for row in published}
    more = [row for row in records(earlier.rows) if (row["kpi"], row["segment"], row["period"], row["period_start"]) not in seen]
    return sorted(published + [{"band": None, "target": None, **row} for row in more], key=_place)


def _place(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(row["kpi"]), str(row["segment"]), str(row["period"]), str(row["period_start"]))


def tiles(rows: Rows, percentiles: Rows, reason: str = "") -> list[Tile]:
    """The KPIs at the top in the declared order, all segments together and each beside them; one without a value says why."""
    return [_tile(name, [row for row in rows if row["kpi"] == name], percentiles, reason) for name, _ in TILES]


def benchmark_rows(rows: Rows) -> list[Line]:
    """Every KPI that has a value, and in some segment a benchmark or a target to hold it against, in the registry's order."""
    made: list[Line] = []
    own: dict[str, Rows] = {}
    for row in rows:
        own.setdefault(str(row["kpi"]), []).append(row)
    for name in [kpi.name for kpi in KPIS if kpi.name in own] + sorted(own.keys() - BETTER.keys()):
        chosen = newest(name, own[name])
        if chosen is None:
            continue
        found = {row["segment"]: row for row in own[name] if (row["period"], row["period_start"]) == chosen}
        cells = tuple(_cell(found.get(segment)) for segment in SEGMENTS)
        if not any(cell.standing for cell in cells):
            continue
        made.append(Line(words(name), stretch(*chosen), kpi_anchor(name), cells))
    return made


def shown_rows(rows: Rows) -> dict[str, dict[str, Any]]:
    """The row of each KPI that stands for it, all segments together."""
    own: dict[str, Rows] = {}
    for row in rows:
        if row["segment"] == "all":
            own.setdefault(str(row["kpi"]), []).append(row)
    made: dict[str, dict[str, Any]] = {}
    for name, listed in own.items():
        chosen = newest(name, listed)
        if chosen is not None:
            made[name] = next(row for row in listed if (row["period"], row["period_start"]) == chosen)
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


def series(rows: Rows, period: str, through: dt.date) -> Rows:
    """The rows with a value of one period up to its newest, oldest first; open windows are left out."""
    found = [
        row for row in rows
        if row["period"] == period and row["period_start"] <= through and known(row["value"]) is not None
        and known(row["mature_share"]) in (None, 1.0)
    ]  # fmt: skip
    return sorted(found, key=lambda row: row["period_start"])


def spark(name: str, rows: Rows) -> Markup:
    """The line of a KPI's past values, named for whoever hears it."""
    spots = [Spot(stretch(str(row["period"]), row["period_start"]), float(row["value"]), str(row.get("definition_hash") or ""))
             for row in rows[-SPARK:]]  # fmt: skip
    if len(spots) < 2:
        return Markup("")
    unit = rows[-1]["unit"]
    said = f"{words(name)}, {len(spots)} periods: {figure(spots[0].value, unit)} ({spots[0].label}) to "
    return sparkline(spots, label=f"{said}{figure(spots[-1].value, unit)} ({spots[-1].label})")


def _tile(name: str, rows: Rows, percentiles: Rows, reason: str) -> Tile:
    whole = [row for row in rows if row["segment"] == "all"]
    chosen = newest(name, whole)
    if chosen is None:
        said = sorted((row["period_start"], row["reason"]) for row in whole if row["reason"])
        return Tile(
            words(name), DASH, kpi_anchor(name), reason=said[-1][1] if said else reason or f"{name} is not in the snapshot"
        )
    past = series(whole, *chosen)
    now = next(row for row in whole if (row["period"], row["period_start"]) == chosen)
    unit, before = now["unit"], [row for row in past if row["period_start"] < chosen[1]]
    spread = between(now["ci_low"], now["ci_high"], unit)
    monthly = ", per month" if str(unit).endswith("_per_month") else ""
    same = bool(before) and before[-1].get("definition_hash") == now.get("definition_hash")
    segments = [row for row in rows if row["segment"] != "all" and (row["period"], row["period_start"]) == chosen]
    return Tile(
        name=words(name), value=figure(now["value"], unit), link=kpi_anchor(name), period=stretch(*chosen) + monthly,
        interval=f"95 % interval {spread}" if spread else "",
        target="" if known(now["target"]) is None else f"target {figure(now['target'], unit)}",
        trend=f"{change(now['value'], before[-1]['value'], unit)} on the {chosen[0]} before" if same
        else "defined differently before" if before else "",
        standing=_standing(now), spark=spark(name, past),
        standings=tuple(
            standing for segment in SEGMENTS[1:] for row in segments
            if row["segment"] == segment and (standing := _in_segment(name, row, percentiles))
        ),
    )  # fmt: skip


def _in_segment(name: str, row: Mapping[str, Any], percentiles: Rows) -> Standing | None:
    value = known(row["value"])
    if value is None:
        return None
    said = figure(value, row["unit"])
    chip = _standing(row)
    marks = marks_of(percentiles, name, str(row["segment"]), str(row["period"])) if row["band"] else None
    if marks is None or chip is None:
        return Standing(segment_name(row["segment"]), said, Markup(""), chip)
    listed = " / ".join(figure(mark, row["unit"]) for mark in (marks.p25, marks.p50, marks.p75))
    label = f"{segment_name(row['segment'])} {said}: {chip.text} (25th / 50th / 75th: {listed})"
    return Standing(segment_name(row["segment"]), said, strip(value, marks, label=label), chip)


def marks_of(percentiles: Rows, kpi: str, segment: str, period: str) -> Marks | None:
    """The published percentiles of a KPI in a segment for the period, the period's own before those of any; None without."""
    for wanted in (period, "any"):
        for row in percentiles:
            if (row["kpi"], row["segment"], row["period"]) == (kpi, segment, wanted):
                return Marks(known(row["p25"]), float(row["p50"]), known(row["p75"]))
    return None


def _standing(now: Mapping[str, Any]) -> Chip | None:
    if now["band"]:
        return BANDS[str(now["band"])]
    target = known(now["target"])
    if target is None:
        return None
    met = now["value"] <= target if BETTER.get(str(now["kpi"])) == "lower" else now["value"] >= target
    return Chip("target met", "good") if met else Chip("target missed", "warn")


def _cell(row: Mapping[str, Any] | None) -> CellOfSegment:
    if row is None or known(row["value"]) is None:
        return CellOfSegment(DASH, None, "", str(row["reason"] or "") if row else "")
    target = "" if known(row["target"]) is None else f"target {figure(row['target'], row['unit'])}"
    return CellOfSegment(figure(row["value"], row["unit"]), _standing(row), target, f"n = {count(row['n'])}")
