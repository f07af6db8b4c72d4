-- The champion's leads, and everybody else whom its routing policy gives more than the default: route, holdout, order, hand-over.
-- A person's word of an earlier night counts before the queue is formed, one of this very night changes its own decision only.
with handed_before as (
    select distinct user_id, route
    from pql.decisions
    where target = $target and handed_over and as_of < $as_of and as_of >= $as_of - cast($contacted_days as integer)
),
proposed as (
    select
        r.user_id, r.account_id, r.scorer, r.version, r.score, r.percentile, r.threshold, r.is_pql, r.reasons, r.measure,
        r.route as policy_route,
        case when o.action = 'route' then o.now_route else r.route end as route,
        case when o.action = 'route' then h.sla_hours else r.sla_hours end as sla_hours,
        substr(md5(concat_ws('|', $holdout_salt, $quarter, r.payer_id)), 1, 8) < $holdout_limit as holdout,
        case
            when o.action = 'hold' then concat('held by a person until ', cast(o.until as varchar))
            when o.action = 'suppress' then 'suppressed by a person'
        end as person_reason,
        o.override_id
    from lead_routes as r
    left join person_overrides as o on o.user_id = r.user_id and not o.fresh
    left join team_hours as h on h.route = o.now_route
),
claimed as (
    select user_id, min_by(reason, place) as reason, min(place) as place
    from (
        select p.user_id, c.place, c.reason from proposed as p inner join lead_claims as c on c.user_id = p.user_id
        union all
        select p.user_id, c.place, c.reason from proposed as p inner join lead_claims as c on c.account_id = p.account_id
        union all
        select user_id, 2 as place, person_reason as reason from proposed where person_reason is not null
        union all
        select p.user_id, 6 as place, 'handed to the same team lately' as reason
        from proposed as p
        inner join handed_before as b on b.user_id = p.user_id and b.route = p.route
        union all
        select p.user_id, 7 as place, concat('waited in the queue since ', cast(w.queued_since as varchar)) as reason
        from proposed as p
        inner join waiting_leads as w on w.user_id = p.user_id and w.route = p.route
        where date_diff('day', w.queued_since, $as_of) >= cast($expire_days as integer)
    ) as claims
    group by user_id
),
decided as (
    select
        p.*, c.reason as suppressed_reason,
        case
            when p.holdout then null
            when c.reason is null then coalesce(w.queued_since, $as_of)
            when c.place = 7 then w.queued_since
        end as queued_since
    from proposed as p
    left join claimed as c on c.user_id = p.user_id
    left join waiting_leads as w on w.user_id = p.user_id and w.route = p.route
),
ranked as (
    select
        *,
        case when not holdout and suppressed_reason is null then
            cast(row_number() over (
                partition by route, holdout, suppressed_reason is null
                order by
                    case when $queue_order = 'oldest_first' then queued_since end,
                    measure desc, score desc, queued_since, md5(concat($quarter, user_id))
            ) as integer)
        end as queue_rank
    from decided
),
queues as (
    select route, max(queue_rank) as leads from ranked group by route
),
ordered as (
    select
        r.*,
        r.queue_rank is not null and (k.leads_per_day is null or r.queue_rank <= k.leads_per_day) as handed_over
    from ranked as r
    left join config.route_capacity as k on k.route = r.route
),
-- Of this very night: the lead goes to the end of the other team's list and is handed over beyond its capacity, or is withdrawn.
changed as (
    select
        d.user_id, o.override_id, o.now_route, h.sla_hours, o.action = 'route' as goes,
        case
            when o.action = 'hold' then concat('held by a person until ', cast(o.until as varchar))
            when o.action = 'suppress' then 'suppressed by a person'
        end as person_reason,
        coalesce(q.leads, 0) + cast(row_number() over (partition by o.action, o.now_route order by o.override_id) as integer) as queue_rank
    from ordered as d
    inner join person_overrides as o on o.user_id = d.user_id and o.fresh
    left join team_hours as h on h.route = o.now_route
    left join queues as q on q.route = o.now_route
    where not d.holdout and coalesce(d.suppressed_reason, '') <> 'objected to being contacted'
),
final as (
    select
        d.user_id, d.account_id, d.scorer, d.version, d.score, d.percentile, d.threshold, d.is_pql, d.holdout, d.reasons, d.policy_route,
        coalesce(x.override_id, d.override_id) as override_id,
        case when x.goes then x.now_route else d.route end as route,
        case when x.goes then x.sla_hours else d.sla_hours end as sla_hours,
        case when x.goes then null when x.user_id is not null then x.person_reason else d.suppressed_reason end as suppressed_reason,
        case when x.goes then x.queue_rank when x.user_id is not null then null else d.queue_rank end as queue_rank,
        case when x.goes then true when x.user_id is not null then false else d.handed_over end as handed_over,
        case when x.goes then coalesce(d.queued_since, $as_of) when x.user_id is not null then null else d.queued_since end as queued_since
    from ordered as d
    left join changed as x on x.user_id = d.user_id
)
select
    md5(concat_ws('|', 'decision', cast($as_of as varchar), $target, d.user_id, d.scorer, d.version)) as decision_id,
    $as_of as as_of, d.user_id, d.account_id, $target as target, d.scorer, d.version, d.score, d.percentile, d.threshold,
    d.is_pql as qualified, d.route, d.sla_hours,
    case when d.handed_over then t.due_at end as due_at,
    d.holdout, cast($holdout_share as double) as holdout_share, d.suppressed_reason, d.queue_rank, d.handed_over,
    d.reasons as top_reasons, d.policy_route, d.override_id, d.queued_since,
    case when d.handed_over then $cut end as handed_over_at
from final as d
left join due_times as t on t.route = d.route and t.sla_hours = d.sla_hours
