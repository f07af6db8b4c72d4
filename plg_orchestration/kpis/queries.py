"""The KPI stage's published tables as queries, as known at `as_of`.

The rows that are counted come from `populations.py`, what is counted in them from `registry.py`.
"""

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Protocol

from plg_orchestration.clock import AsOf
from plg_orchestration.config.fingerprint import definition_hash, sha256
from plg_orchestration.config.taxonomy import Taxonomy
from plg_orchestration.ingest.known import known_accounts, known_spend
from plg_orchestration.kpis.measures import MEDIANS, kpi_measures, kpi_medians, spread
from plg_orchestration.kpis.model import DIMENSIONS, Kpi
from plg_orchestration.kpis.periods import HISTORY, Back, kpi_periods
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.populations import DEFINITION_PARAMETERS, parameters, populations
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.revenue.policy import RevenuePolicy
from plg_orchestration.revenue.queries import booked_periods
from plg_orchestration.warehouse import Query, sql_file
from plg_orchestration.warehouse.query import lasting, sql_text

if TYPE_CHECKING:
    from sqlglot import exp

PERIODS = ("day", "week", "month", "quarter")
COMMENTS_AND_SPACE = re.compile(r"--[^\n]*|\s+")


class Mapped(Protocol):
    """What the snapshot asks of a workspace: its epoch, what its events mean, and which needs are not met."""

    @property
    def start(self) -> dt.date:
        """The first day on which anything can have happened."""
        ...

    @property
    def taxonomy(self) -> Taxonomy:
        """The roles, passive events and channels."""
        ...

    @property
    def revenue(self) -> RevenuePolicy:
        """The reporting currency."""
        ...

    @property
    def kpis(self) -> KpiPolicy:
        """Whom KPIs leave out."""
        ...

    def missing(self, need: str) -> str | None:
        """Why the need is not met, or None."""
        ...


def snapshot(*, as_of: AsOf, workspace: Mapped, kpis: tuple[Kpi, ...] = KPIS, back: Back = HISTORY) -> Query:
    """Rows of `kpis.snapshot` for the day `as_of`: every KPI of the newest complete day, week, month and quarter, for every
    segment and every value of its dimensions.

    A KPI whose needs the workspace does not meet has its rows with the reason and without figures. Percentages run from 0 to
    100. The query can be run again at any later time and gives the same rows, because it reads only what was known. `back` says
    which periods are computed beside those shown, for a history that shares the work.
    """
    values = kpi_values(as_of=as_of, workspace=workspace, kpis=kpis, back=back)
    return sql_file("kpis/snapshot.sql", requires=(values,), **as_of.parameters())


def revisions(*, as_of: AsOf, workspace: Mapped, kpis: tuple[Kpi, ...] = KPIS, back: Back = HISTORY) -> Query:
    """Rows of `kpis.revisions` for the day `as_of`, asked before its stored snapshot is replaced."""
    values = kpi_values(as_of=as_of, workspace=workspace, kpis=kpis, back=back)
    return sql_file("kpis/revisions.sql", requires=(values,), **as_of.parameters())


def kept_revisions(*, as_of: AsOf) -> Query:
    """The stored rows of `kpis.revisions` for the day."""
    return sql_file("kpis/kept_revisions.sql", requires=(), **as_of.parameters())


def revised(*, as_of: AsOf) -> Query:
    """How many published values of the day were replaced, and in how many revisions: replaced, revisions."""
    return sql_file("kpis/revised.sql", requires=(), **as_of.parameters())


def history(*, as_of: AsOf, workspace: Mapped, kpis: tuple[Kpi, ...] = KPIS, back: Back = HISTORY) -> Query:
    """Rows of `kpis.history` for the day `as_of`: every KPI of the periods of `back` and every segment, as known that day."""
    values = kpi_values(as_of=as_of, workspace=workspace, kpis=kpis, back=back)
    return sql_file("kpis/history.sql", requires=(values,), **as_of.parameters())


def kpi_values(*, as_of: AsOf, workspace: Mapped, kpis: tuple[Kpi, ...] = KPIS, back: Back = HISTORY) -> Query:
    """Every KPI of every period, computed once a run for the snapshot and the history, which are selections of it."""
    there = tuple(kpi for kpi in kpis if kpi.unavailable is None and not any(map(workspace.missing, kpi.needs)))
    currency, exclude = workspace.revenue.currency, workspace.kpis.exclude
    requires = (
        kpi_periods(as_of=as_of, back=back),
        known_accounts(as_of),
        booked_periods(as_of=as_of, currency=currency),
        known_spend(as_of),
        kpi_definitions(as_of=as_of, workspace=workspace, kpis=kpis),
        kpi_measures(as_of=as_of, kpis=there, currency=currency, back=back, exclude=exclude),
        kpi_medians(as_of=as_of, kpis=there, currency=currency, back=back, exclude=exclude),
    )
    bound = parameters(as_of, back) | {"start": workspace.start, "currency": currency}
    return lasting(sql_file("kpis/kpi_values.sql", requires=requires, **bound))


def benchmarks(*, as_of: AsOf) -> Query:
    """Rows of `kpis.benchmarks`: the configured benchmarks; they do not depend on the day."""
    return sql_file("kpis/benchmarks.sql", requires=(), **as_of.parameters())


def kpi_definitions(*, as_of: AsOf, workspace: Mapped, kpis: tuple[Kpi, ...] = KPIS) -> Query:
    """The registry as rows, one per KPI and period, with each KPI's definition hash and why it is unavailable, if it is."""
    bound: dict[str, object] = {}
    currency = workspace.revenue.currency
    hashes = definition_hashes(
        as_of=as_of, mapping=workspace.taxonomy, kpis=kpis, currency=currency, exclude=workspace.kpis.exclude
    )
    for kpi in kpis:
        reasons = [reason for reason in (kpi.unavailable, *map(workspace.missing, kpi.needs)) if reason is not None]
        bound[f"unavailable_{kpi.name}"] = "; ".join(reasons) or None
        bound[f"hash_{kpi.name}"] = hashes[kpi.name]
    return Query("kpi_definitions", definitions_text(kpis), bound)


def definition_hashes(
    *, as_of: AsOf, mapping: Taxonomy, kpis: tuple[Kpi, ...] = KPIS, currency: str | None = None, exclude: tuple[str, ...] = ()
) -> dict[str, str]:
    """Each KPI's definition hash: of its declaration, the SQL that its figures pass through, the mapping and the time zone.

    Of a KPI of money the reporting currency enters too. Who is left out enters by the SQL that leaves them out.

    Equal hashes mean equal SQL, comments and spaces apart; the day does not enter, nor does a target, a benchmark or a wording.
    """
    fingerprint = sha256(mapping)
    counted = populations(as_of=as_of, currency=currency, exclude=exclude)
    texts = {query.name: sha256([_plain(text) for text in _texts(query)]) for query in counted}
    shared = [_plain(sql_text(path)) for path in ("kpis/kpi_values.sql", *MEDIANS)]
    return {
        kpi.name: definition_hash(
            [
                kpi.name, kpi.measure, kpi.unit, kpi.numerator, kpi.denominator, kpi.n, kpi.matures_after, kpi.per,
                currency if kpi.money else None, sorted(spread(kpi).items()), kpi.signed,
            ],
            texts[kpi.per.name], sha256(shared), DEFINITION_PARAMETERS, fingerprint, as_of.timezone,
        )
        for kpi in kpis
    }  # fmt: skip


@cache
def definitions_text(kpis: tuple[Kpi, ...]) -> str:
    """The SQL of `kpi_definitions`: the registry's constants, with parameters for the hash and the reason of each KPI."""
    from sqlglot import exp

    names = [
        "kpi", *PERIODS, *(f"by_{name}" for name in DIMENSIONS), "segmented", "measure", "scale", "unit", "better",
        "matures_days", "history", "signed", "money", "spend", "decided", "empty", "unavailable", "definition_hash",
    ]  # fmt: skip
    rows = [
        (
            kpi.name, *(period in kpi.periods for period in PERIODS), *(name in kpi.dimensions for name in DIMENSIONS),
            kpi.segmented, kpi.measure, kpi.scale, kpi.unit, 1 if kpi.better == "higher" else -1, kpi.matures_after.days,
            kpi.history, kpi.signed, kpi.money, "source:spend" in kpi.needs, kpi.decided, kpi.empty,
            _text_parameter(f"unavailable_{kpi.name}"), _text_parameter(f"hash_{kpi.name}"),
        )
        for kpi in kpis
    ]  # fmt: skip
    return exp.select(*names).from_(exp.values(rows, alias="d", columns=names)).sql(dialect="duckdb")


def _text_parameter(name: str) -> "exp.Expr":
    from sqlglot import exp

    return exp.cast(exp.Parameter(this=exp.var(name)), "varchar")


def _texts(query: Query) -> Iterator[str]:
    for required in query.requires:
        yield from _texts(required)
    yield query.text


@cache
def _plain(text: str) -> str:
    return COMMENTS_AND_SPACE.sub(" ", text).strip()
