-- When each user first met each limit, looked at the price, and saw or clicked each prompt, with who pays for the user.
with firsts as (
    select unit_id as user_id, role, item, min(first_at) as first_at
    from behavior.milestones
    where
        received_date <= $as_of and unit = 'user'
        and role in (
            'limit_hit', 'pricing_viewed', 'nudge_viewed', 'nudge_clicked', 'tour_started', 'tour_completed', 'guidance_dismissed'
        )
    group by unit_id, role, item
)
select
    f.user_id, f.role, f.item, f.first_at,
    case when s.account_id is null then 'user' else 'account' end as unit, coalesce(s.account_id, f.user_id) as unit_id, s.signup_at
from firsts as f
inner join signups as s on s.unit = 'user' and s.unit_id = f.user_id
