-- Support tickets that were closed before they were opened.
select
    count(*) filter (where closed_at < opened_at) as rows,
    count(*) as of_rows,
    min(ticket_id) filter (where closed_at < opened_at) as example,
    '' as figures
from known_tickets
