-- Every lead that sales reported on: its origin, the first report, and when its account first paid. A lead of two origins counts for
-- the one reported first; one whose first report is its end has no known start and is left out, and so is one that had paid before.
with reports as (
    select
        user_id, coalesce(origin, 'pql') as origin, outcome, "at" as entered_at,
        row_number() over (
            partition by user_id order by "at", case when outcome in ('won', 'lost') then 1 else 0 end, origin, outcome_id
        ) as place
    from known_crm_outcomes
    where user_id is not null and "at" < $cut
),
paid as (
    select unit, unit_id, min(paid_from) as paid_at
    from paid_spans
    group by unit, unit_id
)
select r.user_id, coalesce(s.account_id, r.user_id) as cluster, r.origin, r.entered_at, p.paid_at
from reports as r
left join signups as s on s.unit = 'user' and s.unit_id = r.user_id
left join paid as p
    on p.unit = case when s.account_id is null then 'user' else 'account' end and p.unit_id = coalesce(s.account_id, r.user_id)
where r.place = 1 and r.outcome not in ('won', 'lost') and (p.paid_at is null or p.paid_at >= r.entered_at)
