-- The accounts, and users without one, that were free and active in the window of use, with their stratum and whether they converted
-- in the window after it (`past`); and all that were active in the newest window of use, by whether they pay (`now`).
with payers as (
    select s.unit, s.unit_id, s.signup_at, s.signup_date, s.segment, v.days
    from signups as s
    inner join activity as v on v.unit = s.unit and v.unit_id = s.unit_id
    where s.unit = 'account' or s.account_id is null
),
spans as (
    select
        unit, unit_id,
        count(*) filter (where paid_from < $converted_from and paid_until > $converted_from) > 0 as paid_before,
        count(*) filter (where paid_from >= $converted_from) > 0 as converted,
        count(*) filter (where paid_from < $cut and paid_until >= $cut) > 0 as paid_now
    from paid_spans
    group by unit, unit_id
)
select 'past' as period, p.unit, p.unit_id, p.segment || ', ' || b.bucket as stratum, coalesce(x.converted, false) as outcome
from payers as p
left join spans as x on x.unit = p.unit and x.unit_id = p.unit_id
inner join config.path_buckets as b
    on b.kind = 'tenure' and date_diff('day', p.signup_date, $used_to) >= b.low
    and (b.high is null or date_diff('day', p.signup_date, $used_to) <= b.high)
where
    p.signup_at < $converted_from and not coalesce(x.paid_before, false)
    and (p.days >> cast($conversion_days as integer)) & $usage_mask > 0
union all
select 'now' as period, p.unit, p.unit_id, '' as stratum, coalesce(x.paid_now, false) as outcome
from payers as p
left join spans as x on x.unit = p.unit and x.unit_id = p.unit_id
where p.days & $usage_mask > 0
