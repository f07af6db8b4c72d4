-- What it took to win customers in the newest complete periods: spend by channel, accounts that first paid, and what accounts
-- paid at the period's start and end; each row is one of these. Spend of a month counts in the period that its first day is in.
with first_paid as (
    select account_id, min(started_at) as paid_at, min(started_date) as paid_date
    from booked_periods
    where known_to > $as_of
    group by account_id
),
margins as (
    select p.period, p.period_start, avg(f.gross_margin) as gross_margin
    from kpi_periods as p
    join known_finance as f on f.month >= p.period_start and f.month < p.period_end
    where p.in_history and p.period in ('month', 'quarter')
    group by p.period, p.period_start
),
rows_of as (
    select
        p.period, p.period_start, cast(null as varchar) as segment, s.channel, cast(null as varchar) as region,
        cast(null as varchar) as device, cast(null as varchar) as plan, cast(s.amount as double) as spent, s.month as spend_month, false as won,
        cast(null as double) as days_to_conversion, 0.0 as opening, 0.0 as closing
    from known_spend as s
    join kpi_periods as p on p.in_history and s.month >= p.period_start and s.month < p.period_end
    where p.period in ('month', 'quarter')
    union all
    select
        p.period, p.period_start, u.segment, u.channel, u.region, u.device, u.plan, 0.0 as spent, cast(null as date) as spend_month, true as won,
        greatest(date_diff('second', u.signup_at, f.paid_at), 0) / 86400.0 as days_to_conversion,
        0.0 as opening, 0.0 as closing
    from first_paid as f
    join kpi_periods as p on p.in_history and f.paid_date >= p.period_start and f.paid_date < p.period_end
    left join kpi_units as u on u.unit = 'account' and u.unit_id = f.account_id
    union all
    select
        period, period_start, segment, channel, region, device, plan, 0.0 as spent, cast(null as date) as spend_month, false as won,
        cast(null as double) as days_to_conversion, cast(opening as double) as opening, cast(closing as double) as closing
    from account_periods
    where opening > 0 or closing > 0
)
select
    r.period, r.period_start, r.segment, r.channel, r.region, r.device, r.plan, r.spent, r.spend_month,
    case r.period when 'quarter' then 3 else 1 end as months, r.won, r.days_to_conversion, r.opening,
    r.closing, m.gross_margin
from rows_of as r
left join margins as m on m.period = r.period and m.period_start = r.period_start
