-- Why a user or a whole account is to be left alone whatever the route: one row a reason, the strongest has place 1.
select user_id, account_id, 1 as place, 'objected to being contacted' as reason
from objecting
union all
select s.unit_id as user_id, cast(null as varchar) as account_id, 3 as place, concat('suspected fake account: ', min(s.rule)) as reason
from governance.suspects as s
left join (
    select unit_id
    from governance.suspicions
    where as_of = (select max(as_of) from governance.suspicions where as_of <= $as_of) and status = 'cleared'
) as c on c.unit_id = s.unit_id
where s.as_of <= $as_of and s.as_of > $suspected_after and c.unit_id is null
group by s.unit_id
union all
select distinct user_id, cast(null as varchar) as account_id, 4 as place, 'rejected by sales lately' as reason
from known_crm_outcomes
where outcome = 'rejected' and "at" < $cut and "at" >= $rejected_from and user_id is not null
union all
select distinct o.user_id, cast(null as varchar) as account_id, 5 as place, 'contacted by sales lately' as reason
from known_crm_outcomes as o
inner join config.contact_outcomes as c on c.outcome = o.outcome
where o."at" < $cut and o."at" >= $contacted_from and o.user_id is not null
