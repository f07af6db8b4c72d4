-- The features of one person as they were used on the night.
select * from pql.features where as_of = $as_of and user_id = $user_id
