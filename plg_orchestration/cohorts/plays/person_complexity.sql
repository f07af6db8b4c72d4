-- How complex the case of each person with an error, a search for help or an open ticket is, and whether the person waits.
with seen as (
    select
        user_id, max(account_id) as account_id, sum(errors_shown) as errors_shown, sum(help_views) as help_views
    from behavior.user_days
    where
        received_date between $window_from and $as_of and event_date between $window_from and $as_of
        and (errors_shown > 0 or help_views > 0) and user_id is not null
    group by user_id
),
tickets as (
    select
        user_id, max(account_id) as account_id, count(*) as open_tickets,
        count(*) filter (where opened_at >= $waiting_from) > 0 as waiting
    from known_tickets
    where user_id is not null and opened_at < $cut and (closed_at is null or closed_at >= $cut)
    group by user_id
),
people as (
    select
        coalesce(s.user_id, t.user_id) as user_id, coalesce(s.account_id, t.account_id) as account_id,
        coalesce(s.errors_shown, 0) as errors_shown, coalesce(s.help_views, 0) as help_views,
        coalesce(t.open_tickets, 0) as open_tickets, coalesce(t.waiting, false) as waiting
    from seen as s
    full outer join tickets as t on t.user_id = s.user_id
),
teams as (
    select d.account_id, count(distinct d.user_id) as members
    from behavior.user_days as d
    where
        d.received_date between $window_from and $as_of and d.event_date between $window_from and $as_of
        and d.qualifying_events > 0 and d.user_id is not null and d.account_id in (select account_id from people)
    group by d.account_id
)
select
    p.user_id, p.account_id, p.waiting,
    (
        $open_tickets_weight * least(p.open_tickets / cast($open_tickets_level as double), 1)
        + $errors_shown_weight * least(p.errors_shown / cast($errors_shown_level as double), 1)
        + $help_views_weight * least(p.help_views / cast($help_views_level as double), 1)
        + $teammates_weight * least(greatest(coalesce(t.members, 1) - 1, 0) / cast($teammates_level as double), 1)
    ) / nullif(
        cast($open_tickets_weight + $errors_shown_weight + $help_views_weight + $teammates_weight as double), 0
    ) as complexity
from people as p
left join teams as t on t.account_id = p.account_id
