"""Restatements as a query, as known at `as_of`: what earlier snapshots said against tonight's history.

Both are read from their tables; nothing is measured anew here.
"""

import datetime as dt
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.privacy.certificate import read_certificates
from plg_orchestration.ingest.known import known_accounts, known_users
from plg_orchestration.kpis.exclusion import SUSPICIONS
from plg_orchestration.kpis.populations import populations
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.kpis.restatements.policy import RestatementPolicy
from plg_orchestration.warehouse import Query, sql_file

TOLERANCE = 1e-9
"""Values this close are equal: relative to the value, absolute below 1. Sums of floats in another order differ by less."""
OLDEST_DAYS = 300
"""How old a snapshot may be that says something about a period of tonight's history, which goes back to two quarters."""
DAYS_BACK = {"wau": 7, "mau": 30, "dau_mau": 30}
"""Of KPIs that look at activity before their period: how many days back from its end."""
ALWAYS = ("ingest.users", "ingest.accounts")
"""Read by every KPI: who somebody is, and the segment."""
UNITS = "kpi_units"


def restatements(*, as_of: AsOf, state: Path, policy: RestatementPolicy, exclude: tuple[str, ...] = ()) -> Query:
    """Rows of `kpis.restatements` for the day; `state` is the workspace's state folder, where erasures are certified, and
    `exclude` says whom KPIs leave out: where suspects are, a suspicion that is new or cleared explains a change.

    It reads `kpis.snapshot` of earlier days, `kpis.history` of the day and `kpis.restatements` of the night before.
    """
    values: dict[str, object] = {
        **as_of.parameters(), "tolerance": TOLERANCE, "oldest": as_of.date - dt.timedelta(days=OLDEST_DAYS),
        "material_percent": policy.material_percent,
    }  # fmt: skip

    def made(name: str, *requires: Query) -> Query:
        return sql_file(f"kpis/restatements/{name}.sql", requires=requires, **values)

    people = (known_users(as_of), known_accounts(as_of))
    differences = made("kpi_differences", made("kpi_published", kpi_reach()))
    return made(
        "restatements", differences, made("late_activity", *people), made("late_rows", *people), erasures(state), kpi_reach(),
        kpi_sources(as_of=as_of, exclude=exclude),
    )  # fmt: skip


def warned(*, as_of: AsOf) -> Query:
    """What became material or unexplained on the day: kpi, segment, period, period_start, published and now in words, cause."""
    return sql_file("kpis/restatements/warned.sql", requires=(), **as_of.parameters())


def erasures(state: Path) -> Query:
    """The certified erasures: erasure_id, as_of (the newest night at that time) and persons."""
    done = [told for told in read_certificates(state) if told["as_of"] is not None]
    text = "select unnest($ids::varchar[]) as erasure_id, unnest($days::date[]) as as_of, unnest($persons::bigint[]) as persons"
    values: dict[str, object] = {
        "ids": [told["erasure_id"] for told in done], "days": [dt.date.fromisoformat(told["as_of"]) for told in done],
        "persons": [len(told["persons"]) for told in done],
    }  # fmt: skip
    return Query("erasures", text, values)


@cache
def kpi_reach() -> Query:
    """How far beyond its period a KPI looks: kpi, days_back (from the period's end), days_after (its window), and whether it
    waits: an estimate over those still waiting moves every day, and that is no restatement.
    """
    rows: list[tuple[object, ...]] = [
        (kpi.name, DAYS_BACK.get(kpi.name, 0), kpi.matures_after.days, kpi.measure == "waiting") for kpi in KPIS
    ]
    return Query("kpi_reach", _values(rows, ("kpi", "days_back", "days_after", "waits")))


def kpi_sources(*, as_of: AsOf, exclude: tuple[str, ...] = ()) -> Query:
    """The tables that a KPI's population reads and that may bring late rows: kpi, source."""
    found = {query.name: {name for name in _reads(query) if name.startswith("ingest.")} for query in populations(as_of=as_of)}
    always = {*ALWAYS, *((SUSPICIONS,) if exclude else ())}
    rows: list[tuple[object, ...]] = [
        (kpi.name, name) for kpi in KPIS for name in sorted({*found.get(kpi.per.name, ()), *always})
    ]
    return Query("kpi_sources", _values(rows, ("kpi", "source")))


def _reads(query: Query) -> Iterator[str]:
    """The tables that the query reads for what it counts; who the units are (their plan, say) is left out."""
    yield from Query(query.name, query.text).reads()
    for required in query.requires:
        if required.name != UNITS:
            yield from _reads(required)


def _values(rows: list[tuple[object, ...]], names: tuple[str, ...]) -> str:
    from sqlglot import exp

    return exp.select(*names).from_(exp.values(rows, alias="v", columns=list(names))).sql(dialect="duckdb")
