-- The estimated cost of free use by suspects and beyond caps, in the reporting currency; the interval is told, the estimate judged.
select
    max(amount) as value,
    max(amount) as numerator,
    cast(null as double) as denominator,
    case
        when count(*) = 0 then 'no estimate was made on this day'
        else max(
            cast(cast(round(amount) as bigint) as varchar) || ' ' || currency || ' in ' || cast(months as varchar) || ' months (95 % interval '
            || cast(cast(round(ci_low) as bigint) as varchar) || ' to ' || cast(cast(round(ci_high) as bigint) as varchar) || '): ' || formula
        )
    end as detail
from governance.leakage
where as_of = $as_of and part = 'total'
