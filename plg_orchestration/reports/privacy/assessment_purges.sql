-- What the purge of invited people dropped over the year, by store, and what its newest search found.
select
    store, count(*) as nights, count(*) filter (where dropped > 0) as purging_nights,
    cast(sum(dropped) as bigint) as dropped, max_by(past_retention, as_of) as left_over,
    count(*) filter (where past_retention > 0) as nights_with_rest, max(as_of) as newest
from governance.invite_retention
where as_of > $year_start and as_of <= $as_of
group by store
order by store
