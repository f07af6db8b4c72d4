-- The newest night's comparisons of the month, with how often and how far each subject drifted in it.
with nights as (
    select * from pql.drift where as_of >= $first and as_of <= $as_of
),
newest as (
    select target, max(as_of) as as_of from nights group by target
),
months as (
    select
        target, subject,
        count(*) as nights,
        count(*) filter (where verdict = 'drifted') as drifted_nights,
        max(population_stability_index) as worst
    from nights
    group by target, subject
)
select n.*, m.nights, m.drifted_nights, m.worst
from nights as n
inner join newest as w on w.target = n.target and w.as_of = n.as_of
inner join months as m on m.target = n.target and m.subject = n.subject
order by n.target, case n.verdict when 'drifted' then 0 else 1 end, n.population_stability_index desc nulls last, n.subject
