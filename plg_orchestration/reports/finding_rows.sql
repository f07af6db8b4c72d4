-- What the sources say that cannot all be true, as found on the as-of day.
select finding, source, rows, of_rows, share, detail
from ingest.findings
where as_of = $as_of and rows > 0
order by rows desc, finding, source
