"""A figure's values as rules read them: points in order, and the calendar of their periods."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from plg_orchestration.kpis.alerts.figures import Figure
from plg_orchestration.kpis.model import Period

Key = tuple[str, str, str]
"""KPI, period, segment."""
MONTHS: Mapping[Period, int] = {"month": 1, "quarter": 3}
DAYS: Mapping[Period, int] = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Point:
    """One period's value with all that it rests on; `ripe` says that it is there and that every window in it is over."""

    start: dt.date
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    n: int = 0
    ci_low: float | None = None
    ci_high: float | None = None
    mature_share: float | None = 1.0
    definition_hash: str = ""
    reason: str | None = None

    @property
    def ripe(self) -> bool:
        """Whether the value may be judged."""
        return self.value is not None and self.mature_share == 1


@dataclass(frozen=True)
class Series:
    """The points of one figure, period and segment, oldest first."""

    figure: Figure
    period: Period
    segment: str
    points: tuple[Point, ...] = ()

    @cached_property
    def ripe(self) -> tuple[Point, ...]:
        """The points that may be judged."""
        return tuple(point for point in self.points if point.ripe)


def shifted(start: dt.date, period: Period, periods: int) -> dt.date:
    """The start of the period so many periods later.

    >>> shifted(dt.date(2025, 1, 1), "quarter", -1)
    datetime.date(2024, 10, 1)
    """
    if period in DAYS:
        return start + dt.timedelta(days=DAYS[period] * periods)
    months = start.year * 12 + start.month - 1 + MONTHS[period] * periods
    return dt.date(months // 12, months % 12 + 1, 1)


def named(start: dt.date, period: Period) -> str:
    """The period in words.

    >>> named(dt.date(2025, 6, 23), "week"), named(dt.date(2025, 4, 1), "quarter")
    ('the week of 2025-06-23', 'the quarter from 2025-04')
    """
    if period == "day":
        return str(start)
    return f"the week of {start}" if period == "week" else f"the {period} {'from ' * (period == 'quarter')}{start:%Y-%m}"


def shown(value: float | None, unit: str) -> str:
    """A value with its unit, as sentences have it.

    >>> shown(3.125, "percent"), shown(None, "percent"), shown(1234.0, "users")
    ('3.1 %', 'no value', '1,234 users')
    """
    if value is None:
        return "no value"
    if unit == "percent":
        return f"{value:,.1f} %"
    text = f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.3g}"
    return text if unit == "ratio" else f"{text} {unit.replace('_', ' ')}"


def counted(point: Point) -> str:
    """What a value rests on, in brackets; nothing where it is a plain count."""
    if point.numerator is not None and point.denominator is not None and float(point.numerator).is_integer():
        return f" ({point.numerator:,.0f} of {point.denominator:,.0f})"
    return f" (n = {point.n:,})" if point.denominator is not None or point.numerator is None else ""


def series_of(rows: Sequence[Mapping[str, object]], figures: Mapping[str, Figure]) -> dict[Key, Series]:
    """The series in rows with the columns of `alert_series.sql`, which are ordered by period_start within each series."""
    found: dict[Key, list[Point]] = {}
    for row in rows:
        key = (str(row["kpi"]), str(row["period"]), str(row["segment"]))
        start = row["period_start"]
        assert isinstance(start, dt.date)
        number = {name: _number(row[name]) for name in ("value", "numerator", "denominator", "ci_low", "ci_high", "mature_share")}
        found.setdefault(key, []).append(
            Point(
                start=start,
                n=int(_number(row["n"]) or 0),
                definition_hash=str(row["definition_hash"] or ""),
                reason=None if row["reason"] is None else str(row["reason"]),
                **number,
            )
        )
    return {
        (kpi, period, segment): Series(figures[kpi], period, segment, tuple(points))  # type: ignore[arg-type]
        for (kpi, period, segment), points in found.items()
    }


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
