"""Routing policies: points in half-open bands, and the matrix of score, user segment and service level.

Loading checks that a policy can be followed: every value has a route, and every row can match. Who is routed is decided in SQL.
"""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.pql.routing.calendars import Calendars
from plg_orchestration.pql.routing.policy import Overrides, Queue, Sla

Hours = Annotated[float, Field(ge=0)]
UserSegment = Literal["any", "free", "trial", "paid", "enterprise_prospect", "smb_paid"]
INFINITY = float("inf")


class Band(Section):
    """Points from `gte` to below `lt` (no limit when missing) go to `route`; `sla_hours` when a person must act in time."""

    gte: float
    route: str
    action: str
    lt: float | None = None
    sla_hours: Hours | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "Band":
        if self.lt is not None and self.lt <= self.gte:
            raise ValueError(f"the band [{self.gte:g}, {self.lt:g}) is empty; lt must be greater than gte")
        return self


class DefaultRoute(Section):
    """Where a user goes whom no band takes."""

    route: str
    action: str
    sla_hours: Hours | None = None


class PointsRouting(Section):
    """Ordered bands without hole or overlap, and the default."""

    bands: tuple[Band, ...] = Field(min_length=1)
    default: DefaultRoute

    @model_validator(mode="after")
    def _contiguous(self) -> "PointsRouting":
        for before, after in pairwise(self.bands):
            end = INFINITY if before.lt is None else before.lt
            if after.gte < end:
                raise ValueError(
                    f"routing.points: {_span(after.gte, min(end, _end(after.lt)))} has two routes, "
                    f"{before.route} and {after.route}; let each band begin where the one before ends"
                )
            if after.gte > end:
                raise ValueError(f"routing.points: {_span(end, after.gte)} has no route; add a band or widen one")
        last = self.bands[-1]
        if last.lt is not None:
            raise ValueError(f"routing.points: {_span(last.lt, INFINITY)} has no route; leave out lt of the last band")
        return self

    def rows(self) -> list[tuple[object, ...]]:
        """(priority, gte, lt, route, action, sla_hours) in order, the default last without limits."""
        listed = [(b.gte, b.lt, b.route, b.action, b.sla_hours) for b in self.bands]
        listed.append((None, None, self.default.route, self.default.action, self.default.sla_hours))  # type: ignore[arg-type]
        return [(place, *row) for place, row in enumerate(listed, start=1)]


class MatrixRow(Section):
    """A user of `segment` with a score from `gte` to below `lt` goes to `team` within `sla_hours`; the first row wins."""

    gte: float
    segment: UserSegment
    team: str
    lt: float | None = None
    sla_hours: Hours | None = None
    published: str = ""


class DefaultTeam(Section):
    """The team for whom no row matches."""

    team: str
    sla_hours: Hours | None = None


class Matrix(Section):
    """Ordered rows of which the first match wins, and the default; a row that can never match is refused."""

    rows: tuple[MatrixRow, ...]
    default: DefaultTeam

    @model_validator(mode="after")
    def _reachable(self) -> "Matrix":
        for place, row in enumerate(self.rows):
            if row.lt is not None and row.lt <= row.gte:
                span = _span(row.gte, row.lt)
                raise ValueError(f"routing.matrix: row {place + 1}: {span} is empty; lt must be greater than gte")
            if _covered(row, self.rows[:place]):
                raise ValueError(
                    f"routing.matrix: row {place + 1} ({_span(row.gte, _end(row.lt))} {row.segment} to {row.team}) "
                    "can never match, since earlier rows take all of it; move it up or remove it"
                )
        return self

    def as_rows(self) -> list[tuple[object, ...]]:
        """(priority, gte, lt, segment, team, sla_hours) in order, the default last, for any segment and without limits."""
        listed: list[tuple[object, ...]] = [(r.gte, r.lt, r.segment, r.team, r.sla_hours) for r in self.rows]
        listed.append((None, None, "any", self.default.team, self.default.sla_hours))
        return [(place, *row) for place, row in enumerate(listed, start=1)]

    def published_rows(self) -> list[tuple[str, str]]:
        """For every row of the source table, what it became: (published row, the half-open row in force)."""
        became = [
            (r.published, f"{_span(r.gte, _end(r.lt))} {r.segment} to {r.team} in {r.sla_hours or 0:g} h") for r in self.rows
        ]
        return [pair for pair in became if pair[0]]


class Routing(Section):
    """Points route by bands, weighted scores and percentiles of a model by the matrix; `capacity` is leads a day per team.

    SLA hours are working hours of the team's calendar. `queue` says how leads wait for capacity, `sla` what counts as a
    contact, `overrides` how long a person's decision holds.
    """

    points: PointsRouting
    matrix: Matrix
    capacity: dict[str, Annotated[int, Field(ge=0)]]
    queue: Queue
    calendars: Calendars
    sla: Sla
    overrides: Overrides

    @model_validator(mode="after")
    def _known_teams(self) -> "Routing":
        for where, names in (("capacity", self.capacity), ("calendars.team", self.calendars.team)):
            for team in names:
                if team not in self.sla_hours:
                    remedy = choose(team, self.sla_hours, what="teams")
                    raise ValueError(f"routing.{where} names {team!r}, to which nothing is routed; {remedy}")
        return self

    @property
    def sla_hours(self) -> dict[str, float | None]:
        """Every team and campaign with the hours of its first row, the points before the matrix; None without an SLA."""
        listed = [(str(row[3]), row[5]) for row in self.points.rows()] + [(str(row[4]), row[5]) for row in self.matrix.as_rows()]
        found: dict[str, float | None] = {}
        for team, hours in listed:
            if found.get(team) is None:
                found[team] = None if hours is None else float(str(hours))
        return found

    @property
    def sla_pairs(self) -> tuple[tuple[str, float], ...]:
        """Every team with each number of SLA hours that a row gives it, sorted."""
        listed = [(str(row[3]), row[5]) for row in self.points.rows()] + [(str(row[4]), row[5]) for row in self.matrix.as_rows()]
        return tuple(sorted({(team, float(str(hours))) for team, hours in listed if hours is not None}))


def _end(lt: float | None) -> float:
    return INFINITY if lt is None else lt


def _span(start: float, end: float) -> str:
    return f"[{start:g}, {'∞' if end == INFINITY else format(end, 'g')})"


def _covered(row: MatrixRow, earlier: tuple[MatrixRow, ...]) -> bool:
    reached = row.gte
    for other in sorted((r for r in earlier if r.segment in ("any", row.segment)), key=lambda r: r.gte):
        if other.gte <= reached:
            reached = max(reached, _end(other.lt))
    return reached >= _end(row.lt)
