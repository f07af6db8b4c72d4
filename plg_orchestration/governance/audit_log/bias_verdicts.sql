-- The judged protected contrasts of the version's newest audit that was known on the day.
select a.as_of, a.attribute, a.verdict
from pql.bias_audit as a
inner join (
    select max(as_of) as as_of from pql.bias_audit where scorer = $scorer and version = $version and as_of <= $as_of
) as n on n.as_of = a.as_of
where a.scorer = $scorer and a.version = $version and a.status = 'protected' and a.verdict is not null
order by a.attribute, a.verdict
