-- People who were handed to a team or a destination in the last 30 days although, by the night of it, they were known to object.
-- NULL when nobody has ever objected, as far as is known, or nothing was routed.
with objections as (
    select
        user_id, account_id,
        cast(("at" at time zone 'UTC') at time zone $timezone as date) as objected_on,
        cast((withdrawn_at at time zone 'UTC') at time zone $timezone as date) as withdrawn_on,
        cast((known_at at time zone 'UTC') at time zone $timezone as date) as known_on
    from known_objections
),
handed as (
    select as_of, user_id, account_id, 'routed' as how from pql.routes where as_of > $month_date and as_of <= $as_of
    union all
    select coalesce(d.settled_as_of, d.as_of) as as_of, d.user_id, r.account_id, 'exported' as how
    from pql.deliveries as d
    left join pql.routes as r on r.decision_id = d.decision_id and r.route = d.route and r.as_of = d.as_of
    where d.state = 'delivered' and coalesce(d.settled_as_of, d.as_of) > $month_date
        and coalesce(d.settled_as_of, d.as_of) <= $as_of
),
of_person as (
    select h.user_id, h.how, h.as_of
    from handed as h
    inner join objections as o on o.user_id = h.user_id
    where o.known_on <= h.as_of and o.objected_on <= h.as_of
        and (o.withdrawn_on is null or o.withdrawn_on > h.as_of)
),
of_account as (
    select h.user_id, h.how, h.as_of
    from handed as h
    inner join objections as o on o.account_id = h.account_id and o.user_id is null
    where o.known_on <= h.as_of and o.objected_on <= h.as_of
        and (o.withdrawn_on is null or o.withdrawn_on > h.as_of)
),
ignored as (
    select * from of_person
    union all
    select * from of_account
),
counted as (
    select
        count(distinct user_id) as people,
        count(distinct user_id) filter (where how = 'routed') as routed,
        count(distinct user_id) filter (where how = 'exported') as exported
    from ignored
),
told as (
    select count(*) as objections from objections
),
moved as (
    select count(distinct user_id) as people from handed
)
select
    case when t.objections > 0 and m.people > 0 then cast(c.people as double) end as value,
    cast(c.people as double) as numerator,
    cast(m.people as double) as denominator,
    case
        when t.objections = 0 then 'no objection is known'
        when m.people = 0 then 'nobody was routed or exported in the last 30 days'
        else cast(c.people as varchar) || ' of ' || cast(m.people as varchar)
            || ' people were handed over in the last 30 days although they objected (' || cast(c.routed as varchar)
            || ' routed, ' || cast(c.exported as varchar) || ' exported), by ' || cast(t.objections as varchar) || ' objections'
    end as detail
from counted as c
cross join told as t
cross join moved as m
