-- What the stored snapshot of the day says otherwise than the one that is about to take its place, after the revisions of earlier
-- runs. Figures count as another when they differ by more than their last digits; a new KPI or a new value of a dimension takes
-- nothing back.
with newest as (
    select coalesce(max(revision), 0) + 1 as revision from kpis.revisions where as_of = $as_of
),
stored as (
    select
        kpi, period, period_start, segment, dimension, dimension_value, value, numerator, denominator, definition_hash
    from kpis.snapshot
    where as_of = $as_of
),
shown as (
    select
        kpi, period, period_start, segment, dimension, dimension_value, value, numerator, denominator, definition_hash
    from kpi_values
    where in_snapshot
),
changed as (
    select
        s.kpi, s.period, s.period_start, s.segment, s.dimension, s.dimension_value, s.value as published_value,
        n.value as value_now, s.numerator as published_numerator, n.numerator as numerator_now,
        s.denominator as published_denominator, n.denominator as denominator_now,
        coalesce(s.definition_hash = n.definition_hash, false) as same_definition
    from stored as s
    left join shown as n
        on n.kpi = s.kpi and n.period = s.period and n.period_start = s.period_start and n.segment = s.segment
        and n.dimension = s.dimension and n.dimension_value = s.dimension_value
    where
        coalesce(abs(s.value - n.value) > 1e-8 * greatest(abs(s.value), 1.0), (s.value is null) <> (n.value is null))
        or coalesce(
            abs(s.numerator - n.numerator) > 1e-8 * greatest(abs(s.numerator), 1.0),
            (s.numerator is null) <> (n.numerator is null)
        )
        or coalesce(
            abs(s.denominator - n.denominator) > 1e-8 * greatest(abs(s.denominator), 1.0),
            (s.denominator is null) <> (n.denominator is null)
        )
)
select
    as_of, revision, kpi, period, period_start, segment, dimension, dimension_value, published_value, value_now,
    published_numerator, numerator_now, published_denominator, denominator_now, same_definition
from kpis.revisions
where as_of = $as_of
union all
select
    cast($as_of as date) as as_of, cast(r.revision as bigint) as revision, c.kpi, c.period, c.period_start, c.segment, c.dimension,
    c.dimension_value, c.published_value, c.value_now, c.published_numerator, c.numerator_now, c.published_denominator,
    c.denominator_now, c.same_definition
from changed as c
cross join newest as r
