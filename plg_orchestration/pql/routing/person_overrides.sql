-- What a person decided about a user that holds tonight: the newest word of this very night (`fresh`), and of an earlier one.
with words as (
    select
        user_id, override_id, action, now_route, until, as_of = $as_of as fresh,
        row_number() over (partition by user_id, as_of = $as_of order by as_of desc, number desc) as place
    from pql.overrides
    where target = $target and as_of <= $as_of
)
select user_id, override_id, action, now_route, until, fresh
from words
where place = 1 and action <> 'release' and (fresh or until > $as_of)
