-- Every account with any usage or subscription: who is active in it, which roles they cover, on whom its usage depends, what it
-- pays, and what it is worth. Worth is MRR as soon as anybody pays (in one currency), else seats, else core events.
with activity as (
    select
        m.account_id, count(*) filter (where m.user_id is not null and m.days <> 0) as users,
        count(*) filter (where m.user_id is null) > 0 as unnamed,
        count(distinct case when m.days <> 0 then k.role end) as roles_covered,
        sum(m.core_events + m.core_before) as core_events
    from member_usage as m
    left join known_users as k on k.user_id = m.user_id
    where m.account_id is not null
    group by m.account_id
),
days as (
    select account_id, user_id, event_date, sum(qualifying_events) as events
    from behavior.user_days
    where
        received_date <= $as_of and event_date <= $as_of and event_date > $as_of - 2 * cast($window_days as integer)
        and qualifying_events > 0 and account_id is not null
    group by account_id, user_id, event_date
),
ends as (
    select account_id, max(event_date) as last_date from days group by account_id
),
members as (
    select d.account_id, d.user_id, sum(d.events) as events, max(d.event_date) as last_date
    from days as d
    inner join ends as e on e.account_id = d.account_id and d.event_date > e.last_date - cast($champion_days as integer)
    group by d.account_id, d.user_id
),
ranked as (
    select
        account_id, user_id, last_date,
        cast(events as double) / sum(events) over (partition by account_id) as share,
        row_number() over (
            partition by account_id order by case when user_id is null then 1 else 0 end, events desc, last_date desc, user_id
        ) as place
    from members
),
paid as (
    select
        account_id, sum(mrr) as mrr, count(distinct currency) as currencies, min(currency) as currency
    from booked_periods
    where known_to > $as_of and started_date <= $as_of and ended_date > $as_of
    group by account_id
),
seated as (
    select account_id, sum(seats) as seats
    from known_subscriptions
    where
        not coalesce(trial, false) and account_id is not null
        and cast((started_at at time zone 'UTC') at time zone $timezone as date) <= $as_of
        and (ended_at is null or cast((ended_at at time zone 'UTC') at time zone $timezone as date) > $as_of)
    group by account_id
),
money as (
    select count(distinct currency) as kinds, max(currencies) as most from paid
),
basis as (
    select
        case
            when m.kinds = 1 and m.most = 1 then 'mrr'
            when (select sum(seats) from seated) > 0 then 'seats'
            else 'activity'
        end as value_basis
    from money as m
),
accounts as (
    select account_id from activity
    union
    select account_id from paid
    union
    select account_id from seated
)
select
    a.account_id,
    case when t.users = 0 and t.unnamed then null else coalesce(t.users, 0) end as active_users,
    case when t.users = 0 and t.unnamed then null else coalesce(t.roles_covered, 0) end as roles_covered,
    c.user_id as champion_user_id, c.share as champion_share,
    cast(date_diff('day', c.last_date, $as_of) as bigint) as champion_silent_days,
    c.share >= $champion_share as single_threaded,
    coalesce(p.account_id is not null and c.share >= $champion_share, false) as champion_churn_exposure,
    coalesce(
        p.account_id is not null and c.share >= $champion_share and date_diff('day', c.last_date, $as_of) >= $silent_days, false
    ) as champion_silent,
    p.account_id is not null as paying,
    case when p.currencies = 1 then p.mrr end as mrr,
    case when p.currencies = 1 then p.currency end as currency,
    cast(
        case b.value_basis
            when 'mrr' then coalesce(p.mrr, 0)
            when 'seats' then coalesce(s.seats, 0)
            else coalesce(t.core_events, 0)
        end as double
    ) as account_value,
    b.value_basis
from accounts as a
cross join basis as b
left join activity as t on t.account_id = a.account_id
left join ranked as c on c.account_id = a.account_id and c.place = 1 and c.user_id is not null
left join paid as p on p.account_id = a.account_id
left join seated as s on s.account_id = a.account_id
