-- The champion's leads, and everybody else whom its routing policy gives more than the default, with route, holdout and order.
with champion as (
    select scorer, version, case when scorer = 'model' then 100.0 * threshold else threshold end as threshold
    from pql.champion
    where as_of = $as_of and target = $target
),
scored as (
    select
        s.user_id, s.account_id, s.scorer, s.version, s.score, s.percentile, c.threshold, s.is_pql, s.reasons,
        coalesce(s.account_id, s.user_id) as payer_id,
        case when s.scorer = 'model' then s.percentile else s.score end as measure,
        f.on_trial, f.is_paying, f.segment
    from pql.scores as s
    inner join champion as c on c.scorer = s.scorer and c.version = s.version
    inner join pql.features as f on f.as_of = s.as_of and f.user_id = s.user_id
    where s.as_of = $as_of and s.target = $target
),
by_points as (
    select s.user_id, r.priority, r.route, cast(r.sla_hours as double) as sla_hours
    from scored as s
    inner join config.rule_routes as r
        on (r.gte is null or s.measure >= r.gte) and (r.lt is null or s.measure < r.lt)
    where s.scorer = 'rules'
),
by_matrix as (
    select s.user_id, r.priority, r.team as route, cast(r.sla_hours as double) as sla_hours
    from scored as s
    inner join config.sla_routes as r
        on (r.gte is null or s.measure >= r.gte) and (r.lt is null or s.measure < r.lt)
        and case r.segment
            when 'any' then true
            when 'free' then not s.is_paying and not s.on_trial
            when 'trial' then not s.is_paying and s.on_trial
            when 'paid' then s.is_paying
            when 'enterprise_prospect' then not s.is_paying and s.segment = 'enterprise'
            when 'smb_paid' then s.is_paying and s.segment = 'smb'
            else false
        end
    where s.scorer <> 'rules'
),
defaults as (
    select route from config.rule_routes where gte is null and lt is null
    union
    select team as route from config.sla_routes where gte is null and lt is null
),
chosen as (
    select user_id, route, sla_hours, row_number() over (partition by user_id order by priority) as place
    from (select * from by_points union all select * from by_matrix) as matched
),
contacted as (
    select distinct user_id, route
    from pql.decisions
    where target = $target and handed_over and as_of < $as_of and as_of >= $as_of - cast($contacted_days as integer)
),
rejected as (
    select distinct user_id
    from known_crm_outcomes
    where outcome = 'rejected' and "at" < $cut and "at" >= $rejected_from
),
decided as (
    select
        s.*, c.route, c.sla_hours,
        substr(md5(concat_ws('|', $holdout_salt, $quarter, s.payer_id)), 1, 8) < $holdout_limit as holdout,
        case
            when r.user_id is not null then 'rejected by sales lately'
            when k.user_id is not null then 'handed to the same team lately'
        end as suppressed_reason
    from scored as s
    inner join chosen as c on c.user_id = s.user_id and c.place = 1
    left join rejected as r on r.user_id = s.user_id
    left join contacted as k on k.user_id = s.user_id and k.route = c.route
    where s.is_pql or c.route not in (select route from defaults)
),
ranked as (
    select
        *,
        case when not holdout and suppressed_reason is null then
            cast(row_number() over (
                partition by route, holdout, suppressed_reason is null order by measure desc, score desc, md5(concat($quarter, user_id))
            ) as integer)
        end as queue_rank
    from decided
)
select
    md5(concat_ws('|', 'decision', cast($as_of as varchar), $target, d.user_id, d.scorer, d.version)) as decision_id,
    $as_of as as_of, d.user_id, d.account_id, $target as target, d.scorer, d.version, d.score, d.percentile, d.threshold,
    d.is_pql as qualified, d.route, d.sla_hours,
    $cut + cast(d.sla_hours * 60 as integer) * interval '1' minute as due_at,
    d.holdout, cast($holdout_share as double) as holdout_share, d.suppressed_reason, d.queue_rank,
    d.queue_rank is not null and (c.leads_per_day is null or d.queue_rank <= c.leads_per_day) as handed_over,
    d.reasons as top_reasons
from ranked as d
left join config.route_capacity as c on c.route = d.route
