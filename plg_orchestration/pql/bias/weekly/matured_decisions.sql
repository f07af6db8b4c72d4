-- Everybody whom the champion scored on a week's first night, for the newest weeks whose outcome windows are over, with the label.
-- Who reached the outcome inside the gap is left out, as in training.
with nights as (
    select cast(date_trunc('week', as_of) as date) as week, min(as_of) as decided_on
    from pql.champion
    where target = $target and as_of <= $matured_on and as_of > $matured_after
    group by cast(date_trunc('week', as_of) as date)
),
scored as (
    select s.as_of as decided_on, s.user_id, s.account_id, coalesce(s.account_id, s.user_id) as payer_id, s.score, s.is_pql
    from pql.scores as s
    inner join nights as n on n.decided_on = s.as_of
    inner join pql.champion as c
        on c.as_of = s.as_of and c.target = s.target and c.scorer = s.scorer and c.version = s.version
    where s.target = $target
),
reached as (
    select n.decided_on, t.payer_id, min(t.happened_on) as happened_on
    from target_starts as t
    inner join nights as n on t.happened_on > n.decided_on
    group by n.decided_on, t.payer_id
)
select
    s.user_id, s.account_id, s.decided_on as first_on, s.decided_on as last_on, s.score, s.is_pql as qualified,
    coalesce(d.handed_over and d.qualified, false) as handed_over,
    coalesce(r.happened_on <= s.decided_on + cast($window_days as integer), false) as label,
    f.segment, f.channel, f.industry, f.region, f.language, f.device
from scored as s
inner join pql.features as f on f.as_of = s.decided_on and f.user_id = s.user_id
left join reached as r on r.decided_on = s.decided_on and r.payer_id = s.payer_id
left join pql.decisions as d on d.as_of = s.decided_on and d.user_id = s.user_id and d.target = $target
where r.happened_on is null or r.happened_on > s.decided_on + cast($gap_days as integer)
order by s.decided_on, s.user_id
