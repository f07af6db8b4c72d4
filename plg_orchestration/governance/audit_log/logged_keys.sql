-- What the log says of the asked keys, in its order, and every record whose entry has a number from $first on.
select l.kind, l.key, l.entry, l.replaces, l.number
from governance.audit_log as l
left join (select distinct kind, key from asked_keys) as a on a.kind = l.kind and a.key = l.key
where a.key is not null or l.number >= $first
order by l.log_day, l.sequence
