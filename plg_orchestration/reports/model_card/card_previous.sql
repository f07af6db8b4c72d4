-- The newest training record of the champion before.
select * from pql.candidate where target = $target and version = $previous and scorer = 'model' and status = 'trained' order by as_of desc limit 1
