-- Leads by account and quarter, the first of each, in the arms of the draw: held back or not, and whether the outcome came.
-- Everybody counts who was drawn, whether or not a team got round to them, since only the draw makes the arms alike.
with leads as (
    select
        coalesce(account_id, user_id) as payer_id, cast(date_trunc('quarter', as_of) as date) as quarter, as_of as decided_on,
        scorer, version, holdout, handed_over, user_id
    from pql.decisions
    where target = $target and qualified and as_of <= $as_of and as_of > $as_of - cast($history_days as integer)
),
handed as (
    select payer_id, quarter, bool_or(handed_over) as handed_over from leads group by payer_id, quarter
),
placed as (
    select *, row_number() over (partition by payer_id, quarter order by decided_on, user_id) as place from leads
),
drawn as (
    select p.payer_id, p.quarter, p.decided_on, p.scorer, p.version, p.holdout, h.handed_over
    from placed as p
    inner join handed as h on h.payer_id = p.payer_id and h.quarter = p.quarter
    where p.place = 1
),
outcomes as (
    select d.payer_id, d.quarter, min(t.happened_on) as happened_on
    from drawn as d
    inner join target_starts as t on t.payer_id = d.payer_id and t.happened_on > d.decided_on
    group by d.payer_id, d.quarter
),
labeled as (
    select
        d.*,
        d.decided_on <= $as_of - cast($window_days as integer) as mature,
        o.happened_on <= d.decided_on + cast($gap_days as integer) as in_gap,
        o.happened_on <= d.decided_on + cast($window_days as integer) as converted
    from drawn as d
    left join outcomes as o on o.payer_id = d.payer_id and o.quarter = d.quarter
)
select
    scorer, version, holdout,
    count(*) as drawn,
    count(*) filter (where mature) as ripe,
    count(*) filter (where mature and not coalesce(in_gap, false)) as accounts,
    count(*) filter (where mature and not coalesce(in_gap, false) and converted) as hits,
    count(*) filter (where mature and not coalesce(in_gap, false) and handed_over) as handed_over,
    min(decided_on) filter (where mature) as first_on,
    max(decided_on) filter (where mature) as last_on
from labeled
group by scorer, version, holdout
order by scorer, version, holdout
