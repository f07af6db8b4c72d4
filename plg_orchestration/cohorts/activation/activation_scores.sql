-- The activation score of everybody who signed up recently, when it first reached the threshold, and who needs help.
with activations as (
    select u.user_id, min(m.first_at) as activated_at
    from score_users as u
    inner join behavior.milestones as m on m.unit = 'user' and m.unit_id = u.user_id
    where m.received_date <= $as_of and m.role = 'activation' and u.signup_date between $first_date and $last_date
    group by u.user_id
),
members as (
    select account_id, count(*) as members from known_users where account_id is not null group by account_id
),
profiles as (
    select
        a.account_id,
        exists (select 1 from config.activation_segments as s where lower(s.segment) = lower(a.segment))
        or coalesce(m.members, 0) >= $members
        or (
            $ideal and exists (select 1 from config.fit)
            and (
                not exists (select 1 from config.fit as f where f.kind = 'segment')
                or exists (select 1 from config.fit as f where f.kind = 'segment' and lower(f.value) = lower(a.segment))
            )
            and (
                not exists (select 1 from config.fit as f where f.kind = 'industry')
                or exists (select 1 from config.fit as f where f.kind = 'industry' and lower(f.value) = lower(a.industry))
            )
        ) as high_potential
    from known_accounts as a
    left join members as m on m.account_id = a.account_id
),
learned as (
    select
        max(learned) filter (where input = 'progress') as progress,
        max(learned) filter (where input = 'workflow') as workflow,
        max(learned) filter (where input = 'collaboration') as collaboration,
        count(learned) > 0 as known
    from cohorts.activation_weights
    where as_of = $as_of
),
scored as (
    select
        u.user_id, u.account_id, u.persona, u.segment, u.signup_at, p.age_days,
        date_diff('second', u.signup_at, $cut) / 3600.0 as age_hours,
        p.progress, p.workflow, p.collaboration, cast(p.core_events as bigint) as core_events, p.core_level, p.level_source,
        p.level_users, p.score,
        case when l.known then round(
            coalesce(l.progress * p.progress, 0) + coalesce(l.workflow * p.workflow, 0)
            + coalesce(l.collaboration * p.collaboration, 0), 6
        ) end as learned_score,
        c.reached_at, a.activated_at, coalesce(f.high_potential, false) as high_potential,
        u.signup_at + $trigger_hours * interval 1 hour <= $cut as is_due,
        u.signup_at + $trigger_hours * interval 1 hour + $cooldown_days * interval 1 day > $cut as is_fresh
    from score_users as u
    inner join score_ends as p
        on p.user_id = u.user_id and p.age_days = date_diff('day', u.signup_date, $as_of)
    cross join learned as l
    left join score_crossings as c on c.user_id = u.user_id
    left join activations as a on a.user_id = u.user_id
    left join profiles as f on f.account_id = u.account_id
    where u.signup_date between $first_date and $last_date
),
judged as (
    select *, coalesce(score < $threshold and reached_at is null, false) and is_due and is_fresh as triggered from scored
)
select
    $as_of as as_of, user_id, account_id, persona, segment, signup_at, age_hours, age_days, progress, workflow, collaboration,
    core_events, core_level, level_source, level_users, score, learned_score, cast($threshold as double) as threshold, reached_at,
    date_diff('second', signup_at, reached_at) / 3600.0 as hours_to_threshold,
    activated_at, high_potential, triggered,
    case
        when score is null then 'no input can be shown: no onboarding, core feature, invite, share or account is known'
        when reached_at is not null then 'the score has reached the threshold'
        when not is_due then concat('the first ', $trigger_hours, ' hours are not over')
        when not is_fresh then concat('still under the threshold, but the ', $cooldown_days, ' days of the trigger are over')
        else concat(
            'score ', cast(round(score) as integer), ' of ', cast(round($threshold) as integer), ', ',
            cast(floor(age_hours) as integer), ' hours after signup; most is missing in ',
            case
                when coalesce($progress_weight * (100 - progress), -1) >= coalesce($workflow_weight * (100 - workflow), -1)
                    and coalesce($progress_weight * (100 - progress), -1)
                    >= coalesce($collaboration_weight * (100 - collaboration), -1)
                then 'progress'
                when coalesce($workflow_weight * (100 - workflow), -1)
                    >= coalesce($collaboration_weight * (100 - collaboration), -1)
                then 'workflow'
                else 'collaboration'
            end
        )
    end as reason
from judged
