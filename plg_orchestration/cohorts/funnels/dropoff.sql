-- Of those who signed up and had not activated by the n-th day after, the share not seen in the quiet days that follow it,
-- against the published share. Days are calendar days in the workspace's zone; bit n of a mask is the n-th day after signup.
with newcomers as (
    select unit, unit_id, signup_date
    from signups
    where signup_date >= $first_date
),
activated as (
    select m.unit, m.unit_id, min(m.first_at) as activated_at
    from behavior.milestones as m
    where m.received_date <= $as_of and m.role = 'activation'
    group by m.unit, m.unit_id
),
present as (
    select n.unit, n.unit_id, date_diff('day', n.signup_date, d.event_date) as age
    from newcomers as n
    inner join behavior.user_days as d
        on n.unit = 'user' and d.user_id = n.unit_id
        and d.received_date between $first_date and $as_of and d.event_date > n.signup_date and d.event_date <= $as_of
        and d.qualifying_events > 0
    union all
    select n.unit, n.unit_id, date_diff('day', n.signup_date, d.event_date) as age
    from newcomers as n
    inner join behavior.user_days as d
        on n.unit = 'account' and d.account_id = n.unit_id
        and d.received_date between $first_date and $as_of and d.event_date > n.signup_date and d.event_date <= $as_of
        and d.qualifying_events > 0
),
seen as (
    select unit, unit_id, bit_or(cast(1 as bigint) << cast(age as integer)) as days
    from present
    where age <= 61
    group by unit, unit_id
),
declared as (
    select count(*) > 0 as has_activation from config.event_roles where role = 'activation'
),
chances as (
    select
        n.unit, p.day,
        n.signup_date + p.day + $quiet_days <= $as_of as mature,
        cast(coalesce(s.days, 0) as bigint) >> (p.day + 1) as later_days,
        a.activated_at is not null
        and cast((a.activated_at at time zone 'UTC') at time zone $timezone as date) <= n.signup_date + p.day as activated
    from newcomers as n
    cross join config.published_dropoff as p
    left join activated as a on a.unit = n.unit and a.unit_id = n.unit_id
    left join seen as s on s.unit = n.unit and s.unit_id = n.unit_id
),
counted as (
    select
        unit, day, count(*) as signups, count(*) filter (where mature) as mature_signups,
        count(*) filter (where mature and not activated) as waiting,
        count(*) filter (
            where mature and not activated and later_days & ((cast(1 as bigint) << cast($quiet_days as integer)) - 1) = 0
        ) as lost
    from chances
    group by unit, day
),
figures as (
    select
        u.unit, p.day, p.dropoff as published, p.cause, p.note, d.has_activation,
        coalesce(c.signups, 0) as signups, coalesce(c.mature_signups, 0) as mature_signups,
        case when d.has_activation then coalesce(c.waiting, 0) end as waiting,
        case when d.has_activation then coalesce(c.lost, 0) end as lost,
        case when d.has_activation and c.waiting > 0 then cast(c.waiting as double) end as n
    from config.published_dropoff as p
    cross join (values ('user'), ('account')) as u(unit)
    cross join declared as d
    left join counted as c on c.unit = u.unit and c.day = p.day
),
intervals as (
    select
        *,
        greatest(0.0, (lost + 1.920729410347062 - 1.959963984540054 * sqrt(lost * (n - lost) / n + 0.960364705173531))
            / (n + 3.841458820694124)) as ci_low,
        least(1.0, (lost + 1.920729410347062 + 1.959963984540054 * sqrt(lost * (n - lost) / n + 0.960364705173531))
            / (n + 3.841458820694124)) as ci_high
    from figures
)
select
    $as_of as as_of, unit, cast(day as integer) as day, signups, mature_signups, waiting, lost,
    lost / n as dropoff,
    case when n is not null then ci_low end as ci_low,
    case when n is not null then ci_high end as ci_high,
    published,
    case
        when n is null then null
        when published < ci_low then 'above'
        when published > ci_high then 'below'
        else 'within'
    end as verdict,
    cause, note,
    cast(signups - mature_signups as double) / nullif(signups, 0) as immature_share,
    case
        when not has_activation then 'no event plays the role activation'
        when mature_signups = 0 then 'the quiet days after day ' || cast(day as varchar) || ' are over for nobody'
        when n is null then 'everybody had activated by day ' || cast(day as varchar)
    end as reason
from intervals
order by unit, day
