-- Why lines were refused, the most frequent reason first.
select q.reason, count(*) as lines, count(distinct q.file_id) as files
from ingest.quarantine as q
inner join ingest.files as f on f.file_id = q.file_id
where f.file_date is null or f.file_date <= $as_of
group by q.reason
order by lines desc, q.reason
