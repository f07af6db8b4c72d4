-- Milestones and spend of initiatives, as known on the as-of day.
select record_id, kind, subject, detail, "at", due_at, case when closed_at < $cut then closed_at end as done_at
from known_governance_records
where kind in ('initiative_milestone', 'initiative_spend') and "at" < $cut
order by record_id
