-- Every account in the newest complete periods: what it paid at the period's start and end and a year before its end, and how
-- many of its users acted, in how many roles. Of earlier periods only what had signed up, paid or acted by then stands here, of
-- earlier days only what had paid.
with asked as (
    select row_number() over (order by period, period_start) as number, period, period_start, period_end, year_before, back
    from kpi_periods
    where in_history
),
book as (
    select
        s.account_id, p.number,
        sum(s.mrr) filter (where s.started_date < p.period_start and s.ended_date >= p.period_start) as opening,
        sum(s.mrr) filter (where s.started_date < p.period_end and s.ended_date >= p.period_end) as closing,
        sum(s.mrr) filter (where s.started_date < p.year_before and s.ended_date >= p.year_before) as year_ago,
        count(*) filter (where s.ended_date > p.period_start) > 0 as paid_within,
        count(*) filter (where s.started_date < p.period_start) > 0 as paid_before
    from booked_periods as s
    join asked as p on s.started_date < p.period_end and s.known_to > $as_of
    group by s.account_id, p.number
),
people as (
    select
        u.account_id, p.number, count(*) as active_users, count(distinct coalesce(k.role, 'unknown')) as active_roles
    from active_users as u
    join asked as p on p.period = u.period and p.period_start = u.period_start
    left join known_users as k on k.user_id = u.user_id
    where u.active_days > 0 and u.account_id is not null
    group by u.account_id, p.number
),
wanted as (
    select a.account_id, p.number
    from known_accounts as a
    join asked as p on p.period <> 'day' or p.back = 0
    left join excluded as x on x.unit = 'account' and x.unit_id = a.account_id
    where x.unit_id is null
    union all
    select b.account_id, b.number
    from book as b
    join asked as p on p.number = b.number and p.period = 'day' and p.back > 0
)
select
    p.period, p.period_start, a.segment, s.channel, s.region, s.device, s.plan, w.account_id,
    coalesce(s.signup_date < p.period_start, false) or coalesce(b.opening, 0) > 0 as existed,
    cast(coalesce(b.opening, 0) as decimal(18, 2)) as opening, cast(coalesce(b.closing, 0) as decimal(18, 2)) as closing,
    cast(coalesce(b.year_ago, 0) as decimal(18, 2)) as year_ago,
    coalesce(b.paid_within, false) as paid_within, coalesce(b.paid_before, false) as paid_before,
    coalesce(u.active_users, 0) as active_users, coalesce(u.active_roles, 0) as active_roles
from wanted as w
join asked as p on p.number = w.number
join known_accounts as a on a.account_id = w.account_id
left join kpi_units as s on s.unit = 'account' and s.unit_id = w.account_id
left join book as b on b.account_id = w.account_id and b.number = w.number
left join people as u on u.account_id = w.account_id and u.number = w.number
where p.back = 0 or b.account_id is not null or s.signup_date < p.period_start or u.account_id is not null
