-- Every lead handed over in the window to be contacted in time: when it was, if at all, and what that means at the cut.
-- An outcome that names a decision counts for it alone; one that names the user alone, for the hand-over before it.
with leads as (
    select
        decision_id, as_of as decided_on, target, route, user_id, account_id, sla_hours, handed_over_at, due_at, queued_since,
        lead(handed_over_at) over (partition by target, user_id order by handed_over_at) as next_at
    from pql.decisions
    where handed_over and sla_hours is not null and target = $target and as_of <= $as_of and as_of > $window_after
),
contacts as (
    select o.decision_id, o.user_id, o.outcome, o."at"
    from known_crm_outcomes as o
    inner join config.contact_outcomes as c on c.outcome = o.outcome
    where o."at" < $cut
),
matched as (
    select l.decision_id, c.outcome, c."at"
    from leads as l
    inner join contacts as c on c.decision_id = l.decision_id
    union all
    select l.decision_id, c.outcome, c."at"
    from leads as l
    inner join contacts as c
        on c.decision_id is null and c.user_id = l.user_id and c."at" >= l.handed_over_at
        and (l.next_at is null or c."at" < l.next_at)
),
firsts as (
    select decision_id, min("at") as contacted_at, min_by(outcome, "at") as contact
    from matched
    group by decision_id
)
select
    $as_of as as_of, l.target, l.decision_id, l.decided_on, l.route, l.user_id, l.account_id, l.sla_hours, l.queued_since,
    l.handed_over_at, l.due_at, f.contacted_at, f.contact,
    case
        when f.contacted_at <= l.due_at then 'in_time'
        when f.contacted_at is not null then 'late'
        when l.due_at < $cut then 'breached'
        else 'not_yet_due'
    end as status,
    l.due_at < $cut as is_due,
    case when f.contacted_at is not null then greatest(date_diff('second', l.handed_over_at, f.contacted_at), 0) / 3600.0 end as hours_to_contact,
    date_diff('day', l.queued_since, l.decided_on) as days_in_queue
from leads as l
left join firsts as f on f.decision_id = l.decision_id
