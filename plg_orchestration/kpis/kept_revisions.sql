-- The revisions of the day that are known already, where no stored snapshot is about to be replaced.
select
    as_of, revision, kpi, period, period_start, segment, dimension, dimension_value, published_value, value_now,
    published_numerator, numerator_now, published_denominator, denominator_now, same_definition
from kpis.revisions
where as_of = $as_of
