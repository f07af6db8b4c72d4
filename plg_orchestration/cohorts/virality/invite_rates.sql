-- Who invited in the last 30 days, how often in all and on the busiest day: what the caps of governance are held against.
with daily as (
    select user_id, max(account_id) as account_id, event_date, sum(invites_sent) as invites
    from behavior.user_days
    where received_date <= $as_of and received_date > $month_date and event_date > $month_date and event_date <= $as_of
        and user_id is not null and invites_sent > 0
    group by user_id, event_date
)
select
    $as_of as as_of, user_id, max(account_id) as account_id, cast(sum(invites) as bigint) as invites_30_days,
    count(*) as inviting_days, cast(max(invites) as bigint) as busiest_day_invites,
    cast(sum(case when event_date = $as_of then invites else 0 end) as bigint) as invites_on_day
from daily
group by user_id
