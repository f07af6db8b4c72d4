-- One row: which inputs of the score the workspace can show, and the points within collaboration, scaled to add up to 100.
with there as (
    select
        (select count(*) > 0 from score_steps) as has_progress,
        (select count(*) > 0 from config.event_roles where role = 'core_feature') as has_workflow,
        case
            when (select count(*) > 0 from config.event_roles where role = 'invite_sent')
                or (select count(*) > 0 from known_invites)
            then cast($invite_points as double) else 0.0
        end as invites,
        case
            when (select count(*) > 0 from config.event_roles where role = 'collaboration')
            then cast($share_points as double) else 0.0
        end as shares,
        case
            when (select count(*) > 0 from known_users where account_id is not null)
            then cast($team_points as double) else 0.0
        end as team
)
select
    has_progress,
    has_workflow,
    invites + shares + team > 0 as has_collaboration,
    100 * invites / nullif(invites + shares + team, 0) as invite_points,
    100 * shares / nullif(invites + shares + team, 0) as share_points,
    100 * team / nullif(invites + shares + team, 0) as team_points
from there
