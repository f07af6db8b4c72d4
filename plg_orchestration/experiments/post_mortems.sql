-- When the reports on each subject were filed, as known on the day.
select subject, "at" as filed_at
from known_governance_records
where kind = 'post_mortem' and "at" < $cut
order by subject, filed_at
