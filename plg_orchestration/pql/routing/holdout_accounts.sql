-- Every account's first night as a lead that nothing but the draw kept from being contacted, per quarter, and what became of it.
-- The outcome is looked at in the target's own window after that night, in both arms alike (intention to treat).
with leads as (
    select
        concat(cast(year(as_of) as varchar), '-Q', cast(quarter(as_of) as varchar)) as quarter,
        coalesce(account_id, user_id) as payer_id, as_of, holdout, holdout_share
    from pql.decisions
    where target = $target and as_of <= $as_of and as_of >= $first_day and qualified and suppressed_reason is null
),
firsts as (
    select quarter, payer_id, min(as_of) as first_on, min_by(holdout, as_of) as holdout, min_by(holdout_share, as_of) as holdout_share
    from leads
    group by quarter, payer_id
),
happened as (
    select payer_id, cast((happened_at at time zone 'UTC') at time zone $timezone as date) as happened_on from outcomes
),
followed as (
    select
        f.quarter, f.payer_id, f.holdout, f.holdout_share,
        date_diff('day', f.first_on, $as_of) >= $window_days as mature,
        max(case
            when h.happened_on > f.first_on + cast($gap_days as integer)
                and h.happened_on <= f.first_on + cast($window_days as integer) then 1
            else 0
        end) as converted
    from firsts as f
    left join happened as h on h.payer_id = f.payer_id
    group by f.quarter, f.payer_id, f.holdout, f.holdout_share, f.first_on
)
select
    quarter, max(holdout_share) as holdout_share, count(*) as accounts,
    count(*) filter (where holdout) as held_out, count(*) filter (where not holdout) as treated,
    count(*) filter (where holdout and mature) as mature_held_out,
    count(*) filter (where not holdout and mature) as mature_treated,
    cast(coalesce(sum(converted) filter (where holdout and mature), 0) as bigint) as converted_held_out,
    cast(coalesce(sum(converted) filter (where not holdout and mature), 0) as bigint) as converted_treated
from followed
group by quarter
order by quarter
