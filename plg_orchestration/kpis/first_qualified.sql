-- The first night on which each user was a product-qualified lead, by the stored decisions.
select user_id, min(account_id) as account_id, min(as_of) as qualified_date
from pql.decisions
where as_of <= $as_of and qualified
group by user_id
