-- Everybody whom any night's features or decisions still name.
select user_id from pql.features
union
select user_id from pql.decisions
order by user_id
