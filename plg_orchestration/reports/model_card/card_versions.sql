-- Whose cards a day writes: its own training, and every version that an entry of the ledger of that day is about.
select c.version, min(c.as_of) as trained_on
from pql.candidate as c
where c.target = $target and c.scorer = 'model' and c.as_of <= $as_of and c.status <> 'not_trained'
    and (
        c.as_of = $as_of
        or c.version in (select p.version from pql.promotions as p where p.target = $target and p.as_of = $as_of)
        or c.version in (select p.previous from pql.promotions as p where p.target = $target and p.as_of = $as_of)
    )
group by c.version
order by trained_on, c.version
