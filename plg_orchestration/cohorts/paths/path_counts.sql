-- How many of those who stayed, and of the others, took each step, and each step directly after each other one.
with totals as (
    select count(*) filter (where stayed) as stayers, count(*) filter (where not stayed) as others
    from path_members
),
moves as (
    select
        t.step, u.stayed, date_diff('microsecond', u.signup_at, t.first_at) / 3600000000.0 as hours,
        coalesce(lag(t.step) over (partition by t.user_id order by t.first_at, t.place, t.step), 'signup') as from_step
    from path_times as t
    inner join path_members as u on u.user_id = t.user_id
),
declared as (
    select step, min(place) as place
    from path_steps
    group by step
),
counted as (
    select
        'step' as kind, '' as from_step, d.step as to_step, min(d.place) as place,
        count(m.step) filter (where m.stayed) as stayers_did, count(m.step) filter (where not m.stayed) as others_did,
        median(m.hours) filter (where m.stayed) as median_hours
    from declared as d
    left join moves as m on m.step = d.step
    group by d.step
    union all
    select
        'transition' as kind, m.from_step, m.step as to_step, min(d.place) as place,
        count(*) filter (where m.stayed) as stayers_did, count(*) filter (where not m.stayed) as others_did,
        median(m.hours) filter (where m.stayed) as median_hours
    from moves as m
    inner join declared as d on d.step = m.step
    group by m.from_step, m.step
)
select c.kind, c.from_step, c.to_step, c.place, c.stayers_did, t.stayers, c.others_did, t.others, c.median_hours
from counted as c
cross join totals as t
order by c.kind, c.place, c.to_step, c.from_step
