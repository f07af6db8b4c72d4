-- What became of every lead that stood in a queue after the night before: nobody leaves it unseen.
select
    $as_of as as_of, $target as target, w.user_id, w.account_id, w.route, w.queued_since, w.decision_id as queued_decision_id,
    d.decision_id,
    case
        when d.decision_id is null then 'left'
        when d.holdout then 'held_out'
        when d.suppressed_reason is not null and d.queued_since is not null then 'expired'
        when d.suppressed_reason is not null then 'suppressed'
        when d.route <> w.route then 'moved'
        when d.handed_over then 'handed_over'
        else 'waiting'
    end as change,
    case
        when d.decision_id is null and (u.user_id is not null or a.account_id is not null) then 'objected to being contacted'
        when d.decision_id is null and f.user_id is null then 'the user is not known any more'
        when d.decision_id is null and f.is_paying then 'the account pays'
        when d.decision_id is null and f.in_sales then 'the account is in a sales conversation'
        when d.decision_id is null then 'the score does not qualify any more'
        when d.holdout then 'the account is held back this quarter'
        when d.suppressed_reason is not null then d.suppressed_reason
        when d.route <> w.route then concat('goes to ', d.route)
    end as reason
from waiting_leads as w
left join pql.decisions as d on d.as_of = $as_of and d.target = $target and d.user_id = w.user_id
left join pql.features as f on f.as_of = $as_of and f.user_id = w.user_id
left join (select distinct user_id from objecting where user_id is not null) as u on u.user_id = w.user_id
left join (select distinct account_id from objecting where account_id is not null) as a on a.account_id = w.account_id
where w.waiting
