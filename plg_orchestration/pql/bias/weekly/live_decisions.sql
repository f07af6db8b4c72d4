-- Everybody whom the champion scored in the last nights: whether they were a lead, and handed over, on any of them.
-- Groups are told apart by what was known on the first of these nights.
with nights as (
    select s.as_of, s.user_id, s.account_id, s.score, s.is_pql, s.version
    from pql.scores as s
    inner join pql.champion as c
        on c.as_of = s.as_of and c.target = s.target and c.scorer = s.scorer and c.version = s.version
    where s.target = $target and s.as_of <= $as_of and s.as_of > $decided_after
),
people as (
    select
        user_id, min(as_of) as first_on, max(as_of) as last_on, min_by(account_id, as_of) as account_id, max(score) as score,
        bool_or(is_pql) as qualified
    from nights
    group by user_id
),
handed as (
    select user_id, bool_or(handed_over and qualified) as handed_over
    from pql.decisions
    where target = $target and as_of <= $as_of and as_of > $decided_after
    group by user_id
)
select
    p.user_id, p.account_id, p.first_on, p.last_on, p.score, p.qualified, coalesce(h.handed_over, false) as handed_over,
    cast(null as boolean) as label, f.segment, f.channel, f.industry, f.region, f.language, f.device
from people as p
inner join pql.features as f on f.as_of = p.first_on and f.user_id = p.user_id
left join handed as h on h.user_id = p.user_id
order by p.user_id
