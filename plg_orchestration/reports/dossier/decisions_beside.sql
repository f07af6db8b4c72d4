-- Every decision on one person, whatever the target.
select decision_id, as_of, target, scorer, version from pql.decisions where user_id = $user_id order by as_of, decision_id
