-- The days since $horizon on which an account (or a user without one) bought a higher plan, or paid more than the day before.
with paid as (
    select
        account_id, mrr,
        cast((started_at at time zone 'UTC') at time zone $timezone as date) as started_on,
        cast((ended_at at time zone 'UTC') at time zone $timezone as date) as ended_on
    from known_subscriptions
    where not coalesce(trial, false) and mrr > 0
),
starts as (
    select account_id, started_on
    from paid
    where started_on between $horizon and $as_of
    group by account_id, started_on
),
gains as (
    select s.account_id as payer_id, s.started_on as reached_on
    from starts as s
    inner join paid as p on p.account_id = s.account_id
    group by s.account_id, s.started_on
    having
        coalesce(sum(p.mrr) filter (where p.started_on <= s.started_on and (p.ended_on is null or p.ended_on > s.started_on)), 0)
        > coalesce(sum(p.mrr) filter (where p.started_on < s.started_on and (p.ended_on is null or p.ended_on >= s.started_on)), 0)
)
select payer_id, reached_on from gains
union
select unit_id as payer_id, cast((first_at at time zone 'UTC') at time zone $timezone as date) as reached_on
from behavior.milestones
where role = 'plan_upgraded' and received_date <= $as_of and first_at >= $horizon and first_at < $cut
