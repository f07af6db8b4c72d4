-- Whom the target is about: users who pay, or those whose account neither pays nor talks to sales.
select user_id, account_id
from population_features
where case
    when $population = 'paying' then is_paying
    else not is_paying and not in_sales
end
