"""From declarations to SQL: one aggregation a population, over all periods and segments at once, for all its KPIs.

The text is built from the registry's own expressions alone, never from values; what is declared is in `registry.py`.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from itertools import groupby

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.model import DIMENSIONS, Kpi
from plg_orchestration.kpis.periods import HISTORY, Back, kpi_periods
from plg_orchestration.kpis.populations import populations
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.kpis.spread import ratio_moments
from plg_orchestration.warehouse import Query, sql_file

GROUP_TYPES = {"period": "varchar", "period_start": "date", "segment": "varchar"}
DIMENSION_TYPES = {"dimension": "varchar", "dimension_value": "varchar"}
MEDIANS = (
    "kpis/kpi_medians.sql", "kpis/sample_groups.sql", "kpis/sample_cells.sql", "kpis/sample_codes.sql",
    "cohorts/sample_waits.sql",
)  # fmt: skip
"""The SQL files that medians pass through."""
MOMENTS = ("squares", "products", "others")
FIGURES = {
    **dict.fromkeys(("numerator", "denominator"), "double"), **dict.fromkeys(("n", "mature"), "bigint"),
    **dict.fromkeys(("error", *MOMENTS), "double"),
}  # fmt: skip


BY_SEGMENT = """
select
    period, period_start, case when grouping(segment) = 1 then 'all' else coalesce(segment, 'unknown') end as segment,
    '' as dimension, '' as dimension_value, count(*) as total, {aggregates}
from {population}
group by grouping sets ((period, period_start), (period, period_start, segment))
"""
BY_DIMENSION = """
select
    period, period_start, 'all' as segment,
    case
        when grouping(channel) = 0 then 'channel' when grouping(region) = 0 then 'region'
        when grouping(device) = 0 then 'device' else 'plan'
    end as dimension,
    case
        when grouping(channel) = 0 then coalesce(channel, 'unknown') when grouping(region) = 0 then coalesce(region, 'unknown')
        when grouping(device) = 0 then coalesce(device, 'unknown') else coalesce(plan, 'unknown')
    end as dimension_value,
    count(*) as total, {aggregates}
from {population}
where exists (
    select 1 from kpi_periods as p
    where p.period = {population}.period and p.period_start = {population}.period_start
        and (p.back = 0 or p.newer_end + {closing_days} > $next_day)
)
group by grouping sets (
    (period, period_start, channel), (period, period_start, region), (period, period_start, device), (period, period_start, plan)
)
"""
"""Of the periods that the snapshot shows: the newest one, and those back to one whose windows are all over."""


def kpi_measures(
    *, as_of: AsOf, kpis: tuple[Kpi, ...] = KPIS, currency: str | None = None, back: Back = HISTORY,
    exclude: tuple[str, ...] = (),
) -> Query:  # fmt: skip
    """Numerator, denominator, n, mature, standard error and total of every KPI but the medians, per period and segment (all "
    "included), and
    per period and value of each dimension.
    """
    read = _read_by(_counted(kpis), as_of, currency, back, exclude)
    return Query("kpi_measures", measures_text(kpis), maturity_limits(as_of, kpis), read)


def kpi_samples(
    *, as_of: AsOf, kpis: tuple[Kpi, ...] = KPIS, currency: str | None = None, back: Back = HISTORY,
    exclude: tuple[str, ...] = (),
) -> Query:  # fmt: skip
    """The values whose medians are KPIs, one row each: kpi, period, period_start, segment, the four dimensions, broken_down,
    value, and happened: null, or whether the event came that a waiting time ends with.
    """
    return Query("kpi_samples", samples_text(kpis), {}, _read_by(_medians(kpis), as_of, currency, back, exclude))


def kpi_medians(
    *, as_of: AsOf, kpis: tuple[Kpi, ...] = KPIS, currency: str | None = None, back: Back = HISTORY,
    exclude: tuple[str, ...] = (),
) -> Query:  # fmt: skip
    """The median of each group with its interval: kpi, period, period_start, segment, dimension, dimension_value, n, median,
    ci_low, ci_high.
    """
    samples = kpi_samples(as_of=as_of, kpis=kpis, currency=currency, back=back, exclude=exclude)
    return sample_medians(samples, kpi_periods(as_of=as_of, back=back))


def sample_medians(*given: Query) -> Query:
    """`kpi_medians` of the relations `kpi_samples` and `kpi_periods`, which `given` makes."""
    named = tuple(sql_file(f"kpis/{name}.sql", requires=given) for name in ("sample_cells", "sample_codes"))
    groups = sql_file("kpis/sample_groups.sql", requires=(*given, *named))
    waits = sql_file("cohorts/sample_waits.sql", requires=(groups,))
    return sql_file("kpis/kpi_medians.sql", requires=(*named, groups, waits))


def maturity_limits(as_of: AsOf, kpis: Sequence[Kpi]) -> dict[str, object]:
    """The bound limits `mature_<population>_<clock>_<days>`: a row is mature when its clock is not after them; and `next_day`."""
    limits: dict[str, object] = {"next_day": as_of.date + dt.timedelta(days=1)}
    for kpi in kpis:
        if kpi.matures_after:
            end = as_of.date + dt.timedelta(days=1) if kpi.per.calendar else as_of.cut
            limits[_limit(kpi)] = end - kpi.matures_after
    return limits


@cache
def measures_text(kpis: tuple[Kpi, ...]) -> str:
    """The SQL of `kpi_measures`: a grouped aggregation for each population, and a row of each of its KPIs for each group."""
    counted = sorted(_counted(kpis), key=lambda kpi: kpi.per.name)
    parts = [_row_each(list(members)) for _, members in groupby(counted, key=lambda kpi: kpi.per.name)]
    return _stacked(parts, {"kpi": "varchar", **GROUP_TYPES, **DIMENSION_TYPES, **FIGURES, "total": "bigint"})


@cache
def samples_text(kpis: tuple[Kpi, ...]) -> str:
    """The SQL of `kpi_samples`: the rows of each median's population that have a value."""
    parts: list[str] = []
    dimensions = ", ".join(DIMENSIONS)
    for kpi in _medians(kpis):
        broken_down, happened = bool(kpi.dimensions), kpi.denominator or "cast(null as boolean)"
        parts.append(
            f"select '{kpi.name}' as kpi, period, period_start, segment, {dimensions}, {broken_down} as broken_down, "
            f"cast({kpi.numerator} as double) as value, {happened} as happened from {kpi.per.name} "
            f"where {kpi.numerator} is not null"
        )
    types = {"kpi": "varchar", **GROUP_TYPES, **dict.fromkeys(DIMENSIONS, "varchar")}
    return _stacked(parts, types | {"broken_down": "boolean", "value": "double", "happened": "boolean"})


def _counted(kpis: Sequence[Kpi]) -> list[Kpi]:
    return [kpi for kpi in kpis if kpi.measure not in ("median", "waiting")]


def _medians(kpis: Sequence[Kpi]) -> list[Kpi]:
    return [kpi for kpi in kpis if kpi.measure in ("median", "waiting")]


def _read_by(kpis: Sequence[Kpi], as_of: AsOf, currency: str | None, back: Back, exclude: tuple[str, ...]) -> tuple[Query, ...]:
    names = {kpi.per.name for kpi in kpis}
    made = populations(as_of=as_of, currency=currency, back=back, exclude=exclude)
    return tuple(query for query in made if query.name in names)


def _stacked(parts: Sequence[str], types: dict[str, str]) -> str:
    """The rows of all parts, as text; without any part an empty relation with these columns."""
    nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
    return " union all ".join(parts) if parts else f"select {nothing} where false"


def _limit(kpi: Kpi) -> str:
    return f"mature_{kpi.per.name}_{kpi.per.clock}_{kpi.matures_after.days}"


def _columns(kpi: Kpi) -> dict[str, str]:
    """The aggregates by which the KPI's figures are computed, by figure; what is not there has no value.

    A KPI without a window counts all rows as mature, so that the population's total serves for that.
    """
    texts = {"numerator": kpi.numerator, "n": kpi.n, "mature": "count(*)"}
    if kpi.denominator is not None:
        texts["denominator"] = kpi.denominator
    return texts | spread(kpi)


def spread(kpi: Kpi) -> dict[str, str]:
    """The aggregates that a ratio's interval rests on: its `error` as declared, else three `MOMENTS`; empty where it has none."""
    if kpi.measure != "ratio" or kpi.rows_dependent or kpi.denominator is None:
        return {}
    if kpi.error:
        return {"error": kpi.error}
    moments = ratio_moments(kpi.numerator, kpi.denominator)
    return dict(zip(MOMENTS, moments, strict=True)) if moments else {}


def _of_mature_rows(text: str, kpi: Kpi) -> str:
    """The expression with every aggregate in it limited to rows whose window is over."""
    if not kpi.matures_after:
        return text
    from sqlglot import exp, parse_one

    holder = exp.select(parse_one(text, read="duckdb"))
    mature = parse_one(f"{kpi.per.clock} <= ${_limit(kpi)}", read="duckdb")
    for aggregate in list(holder.find_all(exp.AggFunc)):
        within = aggregate.parent
        if isinstance(within, exp.Filter):
            condition = within.expression.this
            within.set("expression", exp.Where(this=exp.and_(mature.copy(), condition.copy())))
        else:
            aggregate.replace(exp.Filter(this=aggregate.copy(), expression=exp.Where(this=mature.copy())))
    return holder.expressions[0].sql(dialect="duckdb")


def _row_each(kpis: Sequence[Kpi]) -> str:
    """One grouped aggregation over the KPIs' population, and of its wide rows one row for each KPI.

    Equal aggregates are computed once, under the names c0, c1, ...
    """
    places: dict[str, str] = {}
    chosen: dict[str, list[str]] = {figure: [] for figure in FIGURES}
    for kpi in kpis:
        for figure, text in _columns(kpi).items():
            place = places.setdefault(_of_mature_rows(text, kpi), f"c{len(places)}")
            chosen[figure].append(f"when '{kpi.name}' then {place}")
    aggregates = ", ".join(f"{text} as {place}" for text, place in places.items())
    forms = (BY_SEGMENT, BY_DIMENSION) if any(kpi.dimensions for kpi in kpis) else (BY_SEGMENT,)
    closing = max(kpi.matures_after.days for kpi in kpis)
    wide = " union all ".join(
        form.format(population=kpis[0].per.name, closing_days=closing, aggregates=aggregates) for form in forms
    )
    cases = {figure: f"case k.kpi {' '.join(ways)} end" if ways else "null" for figure, ways in chosen.items()}
    figures = ", ".join(f"cast({cases[figure]} as {kind}) as {figure}" for figure, kind in FIGURES.items())
    group = ", ".join(("kpi", *GROUP_TYPES, *DIMENSION_TYPES))
    names = ", ".join(f"('{kpi.name}')" for kpi in kpis)
    return f"select {group}, {figures}, total from ({wide}) as g cross join (values {names}) as k(kpi)"
