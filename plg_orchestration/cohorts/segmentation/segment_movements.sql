-- How many users and accounts went from which segment to which between two days; none stands for those who were not there.
select
    $as_of as as_of, cast(date_trunc('week', $as_of) as date) as week, coalesce(n.unit, b.unit) as unit,
    coalesce(b.segment, 'none') as from_segment, coalesce(n.segment, 'none') as to_segment, count(*) as units
from segments_before as b
full join segments_after as n on n.unit = b.unit and n.unit_id = b.unit_id
group by 1, 2, 3, 4, 5
