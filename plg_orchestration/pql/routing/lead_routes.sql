-- Everybody whom the champion scored, with the route and SLA hours that the routing policy gives: the first row that matches.
with champion as (
    select scorer, version, case when scorer = 'model' then 100.0 * threshold else threshold end as threshold
    from pql.champion
    where as_of = $as_of and target = $target
),
scored as (
    select
        s.user_id, s.account_id, s.scorer, s.version, s.score, s.percentile, c.threshold, s.is_pql, s.reasons,
        coalesce(s.account_id, s.user_id) as payer_id,
        case when s.scorer in ('model', 'hybrid') then s.percentile else s.score end as measure,
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
    select
        s.user_id, r.priority, r.team as route, cast(r.sla_hours as double) as sla_hours
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
)
select
    s.user_id, s.account_id, s.payer_id, s.scorer, s.version, s.score, s.percentile, s.threshold, s.is_pql, s.reasons, s.measure,
    c.route, c.sla_hours
from scored as s
inner join chosen as c on c.user_id = s.user_id and c.place = 1
where s.is_pql or c.route not in (select route from defaults)
