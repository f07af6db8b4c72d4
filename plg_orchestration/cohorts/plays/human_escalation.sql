-- For whom agents have failed $agent_attempts times, the last time lately, or whose case is too complex; who waits comes first.
with cases as (
    select
        coalesce(a.contact_id, c.user_id) as user_id, coalesce(c.account_id, a.account_id) as account_id,
        coalesce(a.attempts, 0) as attempts, a.last_ended_on, c.complexity, coalesce(c.waiting, false) as waiting
    from failed_attempts as a
    full outer join person_complexity as c on c.user_id = a.contact_id
)
select
    cast($play as varchar) as play, user_id as unit_id, account_id, user_id as contact_id,
    (case when waiting then 1 else 0 end + coalesce(complexity, 0)) / 2 as strength,
    cast(null as varchar) as judgment,
    replace(replace(replace(cast($why as varchar),
        '{failed_attempts}', cast(attempts as varchar)),
        '{complexity}', coalesce(cast(round(complexity, 2) as varchar), 'unknown')),
        '{waiting}', case when waiting then 'yes' else 'no' end) as reason,
    concat(
        '{"failed_attempts": ', cast(attempts as varchar),
        ', "complexity": ', coalesce(cast(round(complexity, 4) as varchar), 'null'),
        ', "waiting": ', case when waiting then 'true' else 'false' end, '}'
    ) as evidence
from cases
where
    (attempts >= $agent_attempts and last_ended_on > $as_of - cast($recent_days as integer))
    or complexity > $agent_complexity
