-- What the workspace's projection starts from: activated invitees per member in the first days, and who signed up lately.
with newcomers as (
    select count(*) as new_users from known_users where signup_at >= $lately and signup_at < $cut
),
measured as (
    select value as k, ci_low as k_low, ci_high as k_high
    from cohorts.viral_loop
    where as_of = $as_of and measure = 'k_per_member' and cohort_by = 'all'
)
select m.k, m.k_low, m.k_high, n.new_users
from newcomers as n
left join measured as m on true
