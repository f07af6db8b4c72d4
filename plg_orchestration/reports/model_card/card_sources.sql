-- How old the newest row of each source was on the day, by the files that had begun to arrive by then.
select source, date_diff('day', cast(max(least(received_to, $cut)) as date), $as_of) as age_days
from ingest.files
where received_from < $cut and received_to is not null
group by source
order by source
