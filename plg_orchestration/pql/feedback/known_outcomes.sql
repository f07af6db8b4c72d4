-- Everybody whom the champion scored on a week's night whose outcomes are known, with whether the outcome came in the window.
-- Who reached it inside the gap is left out, as in training.
with scored as (
    select
        s.as_of as decided_on, s.scorer, s.version, coalesce(s.account_id, s.user_id) as payer_id, round(s.score, 2) as level,
        case when s.is_pql then 1.0 else 0.0 end as lead
    from pql.scores as s
    inner join week_nights as n on n.decided_on = s.as_of and n.mature
    inner join pql.champion as c
        on c.as_of = s.as_of and c.target = s.target and c.scorer = s.scorer and c.version = s.version
    where s.target = $target
),
outcomes as (
    select n.decided_on, t.payer_id, min(t.happened_on) as happened_on
    from target_starts as t
    inner join week_nights as n on n.mature and t.happened_on > n.decided_on
    group by n.decided_on, t.payer_id
)
select
    s.*,
    case when o.happened_on <= s.decided_on + cast($window_days as integer) then 1.0 else 0.0 end as outcome
from scored as s
left join outcomes as o on o.decided_on = s.decided_on and o.payer_id = s.payer_id
where o.happened_on is null or o.happened_on > s.decided_on + cast($gap_days as integer)
