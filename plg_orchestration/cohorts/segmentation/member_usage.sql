-- What each user did in each account in the last window of days and in the one before; bit n of `days` is an active day n days
-- before the as-of day. Activity that names only the account has no user, activity of users without an account no account.
with days as (
    select
        user_id, account_id, date_diff('day', event_date, $as_of) as days_ago, qualifying_events, core_events,
        collaborations + invites_sent + invites_accepted as collaborations
    from behavior.user_days
    where
        received_date <= $as_of and event_date <= $as_of and event_date > $as_of - 2 * cast($window_days as integer)
)
select
    user_id, account_id,
    sum(case when days_ago < $window_days then core_events else 0 end) as core_events,
    sum(case when days_ago >= $window_days then core_events else 0 end) as core_before,
    sum(case when days_ago < $window_days then collaborations else 0 end) as collaborations,
    sum(case when days_ago >= $window_days then collaborations else 0 end) as collaborations_before,
    bit_or(
        case
            when days_ago < $window_days and qualifying_events > 0 then cast(1 as bigint) << cast(days_ago as integer)
            else cast(0 as bigint)
        end
    ) as days
from days
group by user_id, account_id
