-- The days from signup to the first invite, or those waited so far: `value` and `happened` of everybody and of each signup month,
-- in the shape of sample_waits.sql, whose `cell` is here what divides the cohorts and whose `code` the cohort.
select
    'all' as cell, 'all' as code, coalesce(days_to_invite, days_known) as value, days_to_invite is not null as happened
from viral_units
union all
select
    'signup_month' as cell, strftime(signup_month, '%Y-%m') as code, coalesce(days_to_invite, days_known) as value,
    days_to_invite is not null as happened
from viral_units
