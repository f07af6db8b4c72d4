-- What sales said to each lead first, accepted or rejected and why, in complete calendar weeks; once a payer and week.
-- Leads of marketing are treated by the same people, so they count, told apart by their origin.
with told as (
    select
        coalesce(d.user_id, c.user_id) as user_id, c.outcome, coalesce(c.reason, '') as reason, c."at", c.outcome_id,
        coalesce(c.origin, 'pql') as origin,
        cast(date_trunc('week', (c."at" at time zone 'UTC') at time zone $timezone) as date) as week
    from known_crm_outcomes as c
    left join (select distinct decision_id, user_id from pql.decisions where target = $target and as_of <= $as_of) as d
        on d.decision_id = c.decision_id
    where c.outcome in ('accepted', 'rejected')
),
placed as (
    select
        t.*, p.payer_id, p.account_id, p.segment, p.channel, p.industry, p.region, p.language, p.device,
        row_number() over (partition by p.payer_id, t.week order by t."at", t.outcome_id) as place
    from told as t
    inner join people as p on p.user_id = t.user_id
    where t.week >= $answered_from and t.week < $answered_before
)
select
    week, origin, user_id, account_id, payer_id, outcome = 'accepted' as accepted, reason, segment, channel, industry, region,
    language, device
from placed
where place = 1
order by week, payer_id
