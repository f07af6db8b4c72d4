-- What became of mature leads: whether the outcome came, the last that sales said by the end of the window, and its reason.
with leads as (
    select
        d.as_of as decided_on, cast(date_trunc('week', d.as_of) as date) as week, d.scorer, d.version, d.user_id,
        coalesce(d.account_id, d.user_id) as payer_id, d.handed_over
    from pql.decisions as d
    where d.target = $target and d.qualified and d.as_of <= $as_of - cast($window_days as integer)
        and d.as_of >= cast(date_trunc('week', $as_of - cast($window_days + 7 * $weeks as integer)) as date)
),
weekly as (
    select
        week, scorer, version, user_id, payer_id, min(decided_on) as decided_on, bool_or(handed_over) as handed_over
    from leads
    group by week, scorer, version, user_id, payer_id
),
reached as (
    select w.week, w.version, w.user_id, min(t.happened_on) as happened_on
    from weekly as w
    inner join target_starts as t on t.payer_id = w.payer_id and t.happened_on > w.decided_on
    group by w.week, w.version, w.user_id
),
told as (
    -- An outcome belongs to the decision that it names, else to the lead's user; marketing's own leads are not ours.
    select
        coalesce(d.user_id, c.user_id) as user_id, c.outcome, coalesce(c.reason, '') as reason, c."at", c.outcome_id,
        cast((c."at" at time zone 'UTC') at time zone $timezone as date) as told_on
    from known_crm_outcomes as c
    left join (select distinct decision_id, user_id from pql.decisions) as d on d.decision_id = c.decision_id
    where d.user_id is not null or coalesce(c.origin, 'pql') <> 'mql'
),
said as (
    select
        w.week, w.version, w.user_id, o.outcome, o.reason,
        row_number() over (partition by w.week, w.version, w.user_id order by o."at" desc, o.outcome_id desc) as place
    from weekly as w
    inner join told as o
        on o.user_id = w.user_id and o.told_on > w.decided_on and o.told_on <= w.decided_on + cast($window_days as integer)
)
select
    $as_of as as_of, $target as target, w.week, w.scorer, w.version,
    coalesce(r.happened_on <= w.decided_on + cast($window_days as integer), false) as label,
    coalesce(s.outcome, 'none') as outcome,
    coalesce(s.reason, '') as reason,
    count(*) as leads,
    count(distinct w.payer_id) as accounts,
    count(*) filter (where w.handed_over) as handed_over
from weekly as w
left join reached as r on r.week = w.week and r.version = w.version and r.user_id = w.user_id
left join said as s on s.week = w.week and s.version = w.version and s.user_id = w.user_id and s.place = 1
where r.happened_on is null or r.happened_on > w.decided_on + cast($gap_days as integer)
group by w.week, w.scorer, w.version, coalesce(r.happened_on <= w.decided_on + cast($window_days as integer), false),
    coalesce(s.outcome, 'none'), coalesce(s.reason, '')
