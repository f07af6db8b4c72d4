-- The first night on which each user was a product-qualified lead, by the stored decisions.
select d.user_id, min(d.account_id) as account_id, min(d.as_of) as qualified_date
from pql.decisions as d
left join excluded as x on x.unit = 'user' and x.unit_id = d.user_id
where d.as_of <= $as_of and d.qualified and x.unit_id is null
group by d.user_id
