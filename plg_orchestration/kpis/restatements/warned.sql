-- What became material on the night, or moved without a row that explains it; the same values of earlier nights are left out.
select
    kpi, segment, period, cast(period_start as varchar) as period_start,
    concat(
        coalesce(cast(round(published_value, 4) as varchar), 'no value'), ' became ',
        coalesce(cast(round(value_now, 4) as varchar), 'no value')
    ) as moved,
    cause
from kpis.restatements
where as_of = $as_of and since = $as_of and cause <> 'definition' and (material or cause = 'unexplained')
order by kpi, segment, period, period_start, published_on
