-- Every lead of the last weeks, once: whether it was ever held back or left alone, and how the teams kept the time of its last
-- hand-over. Groups are told apart by what was known on the lead's first night.
with leads as (
    select
        user_id, min(as_of) as first_on, max(as_of) as last_on, min_by(account_id, as_of) as account_id,
        bool_or(holdout) as held_back, bool_or(suppressed_reason is not null) as left_alone
    from pql.decisions
    where target = $target and qualified and as_of <= $as_of and as_of > $routed_after
    group by user_id
),
kept as (
    select
        user_id, max_by(status in ('late', 'breached'), handed_over_at) filter (where is_due) as breached,
        max_by(hours_to_contact, handed_over_at) filter (where hours_to_contact is not null) as hours_to_contact
    from pql.sla
    where as_of = $as_of and target = $target and decided_on > $routed_after
    group by user_id
)
select
    l.user_id, l.account_id, l.first_on, l.last_on, l.held_back, l.left_alone, k.breached, k.hours_to_contact,
    f.segment, f.channel, f.industry, f.region, f.language, f.device
from leads as l
inner join pql.features as f on f.as_of = l.first_on and f.user_id = l.user_id
left join kept as k on k.user_id = l.user_id
order by l.user_id
