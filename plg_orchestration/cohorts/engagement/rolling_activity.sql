-- Instants that stand for all of a member's activity since its entry: the first and the last qualifying event of each local day.
-- A day of up to 24 hours meets one boundary between two intervals at most, so these two tell every interval that it touches.
with days as (
    select user_id, account_id, first_active_at, last_active_at
    from behavior.user_days
    where received_date <= $as_of and event_date between $first_date and $as_of and qualifying_events > 0
),
found as (
    select m.who, m.entry_at, d.first_active_at, d.last_active_at
    from days as d
    inner join rolling_members as m on m.unit = 'user' and m.unit_id = d.user_id
    union all
    select m.who, m.entry_at, d.first_active_at, d.last_active_at
    from days as d
    inner join rolling_members as m on m.unit = 'account' and m.unit_id = d.account_id
)
select who, first_active_at as active_at from found where first_active_at >= entry_at
union all
select who, last_active_at as active_at from found where last_active_at >= entry_at and last_active_at > first_active_at
