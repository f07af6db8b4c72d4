-- Of the nightly evaluations that were due in the last 90 days, the share in which a mandatory control was evaluated on data.
-- A night that is missing between the first stored one and today owes as many evaluations as the newest night.
with nights as (
    select
        as_of,
        count(*) filter (where mandatory) as due,
        count(*) filter (where mandatory and status <> 'no_data') as done
    from governance.controls
    where as_of > $quarter_date and as_of <= $as_of
    group by as_of
),
counted as (
    select
        count(*) as stored, coalesce(sum(due), 0) as due, coalesce(sum(done), 0) as done, arg_max(due, as_of) as newest,
        min(as_of) as first_on
    from nights
),
missing as (
    select *, case when stored > 0 then date_diff('day', first_on, cast($as_of as date)) + 1 - stored else 0 end as nights
    from counted
)
select
    case when due > 0 then cast(done as double) / (due + nights * newest) end as value,
    cast(done as double) as numerator,
    cast(due + nights * coalesce(newest, 0) as double) as denominator,
    case
        when due = 0 then 'no night has evaluated a mandatory control yet'
        else cast(done as varchar) || ' of ' || cast(due + nights * newest as varchar)
            || ' evaluations of mandatory controls that were due since ' || cast(first_on as varchar) || ' had data; '
            || cast(nights as varchar) || ' nights are missing'
    end as detail
from missing
