-- The night's features of the users who were decided on, in the order of the decisions.
select f.*
from decided_users as d
left join pql.features as f on f.user_id = d.user_id and f.as_of = $as_of
order by d.place
