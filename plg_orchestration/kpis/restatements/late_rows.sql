-- Versions of reference rows that became known since the earliest value that differs was published, and the stretch of days that
-- each can change: a new thing its own day, a new subscription while it runs, a changed version everything from its first day on.
-- A version derived from events counts when it tells another account, channel or segment, or an earlier signup.
-- A suspicion counts from the night on which it was raised or cleared, for all days since the signup.
-- `derived` rows came out of events, the others from a source. Nothing is read when no value differs.
with since as (
    select min(published_until) as day from kpi_differences where not redefined
),
users as (
    select
        'ingest.users' as source, user_id as key, account_id, user_id, known_date, origin <> 'source' as derived,
        min(signup_at) over (partition by user_id) as from_at, cast(null as timestamp) as to_at,
        row_number() over (partition by user_id order by known_at, file_id, line, origin) as version,
        origin = 'source'
        or account_id <> coalesce(lag(account_id) over (partition by user_id order by known_at, file_id, line, origin), '')
        or acquisition_channel <> coalesce(
            lag(acquisition_channel) over (partition by user_id order by known_at, file_id, line, origin), ''
        )
        or signup_at < lag(signup_at) over (partition by user_id order by known_at, file_id, line, origin) as tells
    from ingest.users
    where user_id in (select k.user_id from ingest.users as k join since as s on k.known_date > s.day)
),
accounts as (
    select
        'ingest.accounts' as source, account_id as key, account_id, cast(null as varchar) as user_id, known_date,
        origin <> 'source' as derived, min(signup_at) over (partition by account_id) as from_at, cast(null as timestamp) as to_at,
        row_number() over (partition by account_id order by known_at, file_id, line, origin) as version,
        origin = 'source'
        or segment <> coalesce(lag(segment) over (partition by account_id order by known_at, file_id, line, origin), '')
        or employees <> coalesce(lag(employees) over (partition by account_id order by known_at, file_id, line, origin), -1)
        or signup_at < lag(signup_at) over (partition by account_id order by known_at, file_id, line, origin) as tells
    from ingest.accounts
    where account_id in (select k.account_id from ingest.accounts as k join since as s on k.known_date > s.day)
),
subscriptions as (
    select
        'ingest.subscriptions' as source, subscription_id as key, account_id, cast(null as varchar) as user_id, known_date,
        false as derived,
        case
            when lag(known_at) over (partition by subscription_id order by known_at, file_id, line) is null then started_at
            when
                coalesce(mrr, price, 0) <> coalesce(
                    lag(coalesce(mrr, price)) over (partition by subscription_id order by known_at, file_id, line), 0
                )
                or started_at <> lag(started_at) over (partition by subscription_id order by known_at, file_id, line)
                or coalesce(account_id, '') <> coalesce(
                    lag(account_id) over (partition by subscription_id order by known_at, file_id, line), ''
                )
                or coalesce(trial, false) <> coalesce(
                    lag(trial) over (partition by subscription_id order by known_at, file_id, line), false
                )
                then least(started_at, lag(started_at) over (partition by subscription_id order by known_at, file_id, line))
            else least(
                coalesce(ended_at, timestamp '9999-12-31'),
                coalesce(
                    lag(ended_at) over (partition by subscription_id order by known_at, file_id, line), timestamp '9999-12-31'
                )
            )
        end as from_at,
        row_number() over (partition by subscription_id order by known_at, file_id, line) as version
    from ingest.subscriptions
    where subscription_id in (select k.subscription_id from ingest.subscriptions as k join since as s on k.known_date > s.day)
),
suspicions as (
    select
        unit_id, as_of, signup_date, status <> 'cleared' as left_out,
        coalesce(lag(status <> 'cleared') over (partition by unit_id order by as_of), false) as was_left_out
    from governance.suspicions
    where as_of <= $as_of
),
told as (
    select source, key, account_id, user_id, known_date, derived, from_at, case version when 1 then from_at end as to_at
    from users
    where version = 1 or tells
    union all
    select source, key, account_id, user_id, known_date, derived, from_at, case version when 1 then from_at end as to_at
    from accounts
    where version = 1 or tells
    union all
    select source, key, account_id, user_id, known_date, derived, from_at, cast(null as timestamp) as to_at from subscriptions
    union all
    select
        'ingest.invites', i.invite_id, null, i.inviter_id, i.known_date, false, i.sent_at, greatest(i.sent_at, i.accepted_at)
    from ingest.invites as i join since as s on i.known_date > s.day
    union all
    select 'ingest.tickets', t.ticket_id, t.account_id, t.user_id, t.known_date, false, t.opened_at, greatest(t.opened_at, t.closed_at)
    from ingest.tickets as t join since as s on t.known_date > s.day
    union all
    select 'ingest.surveys', v.survey_id, null, v.user_id, v.known_date, false, v.answered_at, v.answered_at
    from ingest.surveys as v join since as s on v.known_date > s.day
    union all
    select 'ingest.crm_outcomes', o.outcome_id, null, o.user_id, o.known_date, false, o."at", o."at"
    from ingest.crm_outcomes as o join since as s on o.known_date > s.day
    union all
    select
        'ingest.spend', p.channel, null, null, p.known_date, false, cast(p.month as timestamp),
        cast(p.month + interval 1 month as timestamp)
    from ingest.spend as p join since as s on p.known_date > s.day
    union all
    select
        'ingest.finance', 'margin', null, null, f.known_date, false, cast(f.month as timestamp),
        cast(f.month + interval 1 month as timestamp)
    from ingest.finance as f join since as s on f.known_date > s.day
    union all
    select 'ingest.exchange_rates', r.currency, null, null, r.known_date, false, cast(r.day as timestamp), null
    from ingest.exchange_rates as r join since as s on r.known_date > s.day
    union all
    select
        'governance.suspicions', n.unit_id, null, n.unit_id, n.as_of, false,
        coalesce(cast(n.signup_date as timestamp), timestamp '1970-01-01'), null
    from suspicions as n join since as s on n.as_of > s.day
    where n.left_out <> n.was_left_out
)
select
    t.source, t.known_date, t.derived, coalesce(a.segment, 'unknown') as segment, count(*) as found,
    t.source in ('ingest.accounts', 'ingest.spend', 'ingest.finance', 'ingest.exchange_rates') as every_segment,
    cast((t.from_at at time zone 'UTC') at time zone $timezone as date) as from_date,
    cast((coalesce(t.to_at, timestamp '9999-12-30') at time zone 'UTC') at time zone $timezone as date) as to_date
from told as t
join since as s on t.known_date > s.day
left join known_users as u on u.user_id = t.user_id
left join known_accounts as a on a.account_id = coalesce(t.account_id, u.account_id)
where t.known_date <= $as_of and t.from_at is not null
group by
    t.source, t.known_date, t.derived, coalesce(a.segment, 'unknown'),
    cast((t.from_at at time zone 'UTC') at time zone $timezone as date),
    cast((coalesce(t.to_at, timestamp '9999-12-30') at time zone 'UTC') at time zone $timezone as date)
