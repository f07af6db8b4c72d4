-- Whom the target is about: users who pay, or those whose account neither pays nor talks to sales.
-- Whoever objects to being contacted on the day, or whose account does, is neither scored nor learnt from.
select f.user_id, f.account_id
from population_features as f
left join (select distinct user_id from objecting where user_id is not null) as u on u.user_id = f.user_id
left join (select distinct account_id from objecting where account_id is not null) as a on a.account_id = f.account_id
where u.user_id is null and a.account_id is null
    and case
        when $population = 'paying' then f.is_paying
        else not f.is_paying and not f.in_sales
    end
