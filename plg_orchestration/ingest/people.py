"""What a file's events say about people, accounts and subscriptions: links of ids, traits, signups, first appearances, usage.

Each becomes rows of `ingest.identities`, `users`, `accounts` or `subscription_uses`; which version holds is decided in `known.py`.
The statements read `new_events`, the accepted events of a batch with `file` (order of the files), `place`, `previous_id` and
`signup_at`. Each gives what file after file would give, so that it does not matter which files came in together.
"""

from plg_orchestration.warehouse import Warehouse

IDENTITIES = """
insert into ingest.identities
with linked as (
    select
        file,
        case when kind = 'alias' then previous_id else anonymous_id end as anonymous_id,
        user_id,
        min(received_at) as known_at,
        min(received_date) as known_date
    from new_events
    where kind in ('identify', 'alias') and user_id is not null
    group by all
),
ordered as (
    select *, min(known_at) over (
        partition by anonymous_id, user_id order by file rows between unbounded preceding and 1 preceding) as earlier
    from linked
    where anonymous_id is not null and anonymous_id != user_id
)
select anonymous_id, user_id, known_at, known_date
from ordered as l
where (earlier is null or known_at < earlier) and not exists (
    select 1 from ingest.identities as i
    where i.anonymous_id = l.anonymous_id and i.user_id = l.user_id and i.known_at <= l.known_at)
order by file, anonymous_id, user_id
"""

TRAITS = """
insert into ingest.users by name
with told as (
    select
        *,
        coalesce(json_extract_string(properties, '$.createdAt'), json_extract_string(properties, '$.created_at')) as created,
        coalesce(json_extract_string(properties, '$.email'), '') as email
    from new_events
    where kind = 'identify' and user_id is not null
)
select
    user_id,
    coalesce(account_id, json_extract_string(properties, '$.account_id'), json_extract_string(properties, '$.company.id')) as account_id,
    case when regexp_matches(created, '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:?\\d{2})$')
        then cast(try_cast(created as timestamptz) at time zone 'UTC' as timestamp) end as signup_at,
    coalesce(json_extract_string(properties, '$.role'), json_extract_string(properties, '$.title')) as role,
    coalesce(json_extract_string(properties, '$.email_domain'), nullif(lower(split_part(email, '@', 2)), '')) as email_domain,
    coalesce(json_extract_string(properties, '$.country'), json_extract_string(properties, '$.address.country'), country) as country,
    coalesce(json_extract_string(properties, '$.region'), json_extract_string(properties, '$.address.state'), region) as region,
    coalesce(json_extract_string(properties, '$.language'), locale) as language,
    coalesce(json_extract_string(properties, '$.device'), device) as device,
    coalesce(json_extract_string(properties, '$.acquisition_channel'), json_extract_string(properties, '$.channel')) as acquisition_channel,
    coalesce(json_extract_string(properties, '$.referred_by'), json_extract_string(properties, '$.referredBy')) as referred_by,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'identify' as origin
from told
order by place
"""

COMPANIES = """
insert into ingest.accounts by name
select
    account_id,
    json_extract_string(properties, '$.name') as name,
    json_extract_string(properties, '$.industry') as industry,
    try_cast(json_extract_string(properties, '$.employees') as bigint) as employees,
    json_extract_string(properties, '$.segment') as segment,
    coalesce(json_extract_string(properties, '$.country'), json_extract_string(properties, '$.address.country')) as country,
    coalesce(json_extract_string(properties, '$.region'), json_extract_string(properties, '$.address.state')) as region,
    json_extract_string(properties, '$.residency_region') as residency_region,
    cast(null as timestamp) as signup_at,
    coalesce(json_extract_string(properties, '$.acquisition_channel'), json_extract_string(properties, '$.channel')) as acquisition_channel,
    cast(null as boolean) as churned,
    received_at as known_at,
    received_date as known_date,
    file_id,
    line,
    'group' as origin
from new_events
where kind = 'group' and account_id is not null
order by place
"""

MEMBERSHIPS = """
insert into ingest.users by name
select user_id, account_id, received_at as known_at, received_date as known_date, file_id, line, 'group' as origin
from new_events
where kind = 'group' and user_id is not null and account_id is not null
order by place
"""

SIGNUPS = """
insert into ingest.users by name
select user_id, account_id, event_at as signup_at, country, region, locale as language, device,
    coalesce(
        json_extract_string(properties, '$.acquisition_channel'), json_extract_string(properties, '$.channel')
    ) as acquisition_channel,
    coalesce(json_extract_string(properties, '$.referred_by'), json_extract_string(properties, '$.referredBy')) as referred_by,
    received_at as known_at, received_date as known_date, file_id, line, 'signup' as origin
from new_events as e
where user_id is not null and exists (select 1 from ingest.signup_events as s where s.event = e.event)
order by received_date, file_id, line
"""

SEEN = """
insert into ingest.users by name
with seen as (
    select user_id, account_id, file, received_date, min(event_at) as first_at
    from new_events
    where user_id is not null
    group by all
),
ordered as (
    select *, min(first_at) over (
        partition by user_id, account_id order by file, received_date rows between unbounded preceding and 1 preceding) as earlier
    from seen
),
before as (
    select u.user_id, u.account_id, min(u.signup_at) as first_at
    from ingest.users as u semi join seen as s on s.user_id = u.user_id
    where u.origin = 'seen'
    group by all
),
fresh as (
    select o.* from ordered as o
    where (o.earlier is null or o.first_at < o.earlier) and not exists (
        select 1 from before as b where b.user_id = o.user_id and b.account_id is not distinct from o.account_id and b.first_at <= o.first_at)
),
placed as (
    select min(e.place) as place
    from fresh as f
    inner join new_events as e on e.user_id = f.user_id and e.account_id is not distinct from f.account_id
        and e.file = f.file and e.received_date = f.received_date and e.event_at = f.first_at
    group by f.user_id, f.account_id, f.file, f.received_date
)
select e.user_id, e.account_id, e.event_at as signup_at, e.country, e.region, e.locale as language, e.device,
    e.received_at as known_at, e.received_date as known_date, e.file_id, e.line, 'seen' as origin
from new_events as e semi join placed as p on p.place = e.place
order by e.place
"""

TOLD = """
insert into ingest.users by name
with told as (
    select user_id, signup_at, file, file_id, min(received_at) as known_at, min(received_date) as known_date, min(line) as line
    from new_events
    where user_id is not null and signup_at is not null
    group by all
)
select user_id, signup_at, known_at, known_date, file_id, line, 'source' as origin
from told as t
where not exists (
    select 1 from ingest.users as u where u.user_id = t.user_id and u.origin = 'source' and u.signup_at = t.signup_at)
qualify row_number() over (partition by user_id, signup_at order by file) = 1
order by file, line
"""

ACCOUNTS_SEEN = """
insert into ingest.accounts by name
with seen as (
    select account_id, file, received_date, min(event_at) as first_at
    from new_events
    where account_id is not null
    group by all
),
ordered as (
    select *, min(first_at) over (
        partition by account_id order by file, received_date rows between unbounded preceding and 1 preceding) as earlier
    from seen
),
before as (
    select u.account_id, min(u.signup_at) as first_at
    from ingest.accounts as u semi join seen as s on s.account_id = u.account_id
    where u.origin = 'seen'
    group by all
),
fresh as (
    select o.* from ordered as o
    where (o.earlier is null or o.first_at < o.earlier) and not exists (
        select 1 from before as b where b.account_id = o.account_id and b.first_at <= o.first_at)
),
placed as (
    select min(e.place) as place
    from fresh as f
    inner join new_events as e on e.account_id = f.account_id
        and e.file = f.file and e.received_date = f.received_date and e.event_at = f.first_at
    group by f.account_id, f.file, f.received_date
)
select e.account_id, e.event_at as signup_at,
    e.received_at as known_at, e.received_date as known_date, e.file_id, e.line, 'seen' as origin
from new_events as e semi join placed as p on p.place = e.place
order by e.place
"""


USES = """
insert into ingest.subscription_uses
select received_date, json_extract_string(properties, '$.subscription_id') as subscription_id, cast(event_at as date), count(*), file_id
from new_events
where contains(properties, '"subscription_id":"')
group by all
having subscription_id is not null
order by all
"""


KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    (IDENTITIES, frozenset({"identify", "alias"})), (TRAITS, frozenset({"identify"})), (COMPANIES, frozenset({"group"})),
    (MEMBERSHIPS, frozenset({"group"})), (SIGNUPS, frozenset({"signup"})), (SEEN, frozenset({"user"})), (TOLD, frozenset({"told"})),
    (ACCOUNTS_SEEN, frozenset({"account"})), (USES, frozenset({"use"})),
)  # fmt: skip
"""Each statement with the kinds of events of which there must be one."""


def derive_versions(warehouse: Warehouse) -> None:
    """Append what the accepted events of a batch (`new_events`) say about people and accounts; inside the batch's transaction."""
    rows = warehouse.connection.execute("""
        select distinct kind from new_events
        union all select 'signup' where exists (select 1 from new_events semi join ingest.signup_events using (event))
        union all select 'user' where exists (select 1 from new_events where user_id is not null)
        union all select 'account' where exists (select 1 from new_events where account_id is not null)
        union all select 'use' where exists (select 1 from new_events where contains(properties, '"subscription_id":"'))
        union all select 'told' where exists (select 1 from new_events where signup_at is not null)""").fetchall()
    present = {str(kind) for (kind,) in rows}
    for text, kinds in KINDS:
        if kinds & present:
            warehouse.connection.execute(text).fetchall()


def refresh_signups(warehouse: Warehouse, events: tuple[str, ...]) -> None:
    """Let `events` be the names that count as signup; when they changed, derive the versions of origin signup again from all events."""
    known = warehouse.connection.execute("select event from ingest.signup_events order by event").fetchall()
    if [name for (name,) in known] == sorted(events):
        return
    with warehouse.transaction():
        warehouse.connection.execute("delete from ingest.signup_events")
        for name in sorted(events):
            warehouse.connection.execute("insert into ingest.signup_events values ($name)", {"name": name})
        warehouse.connection.execute("delete from ingest.users where origin = 'signup'")
        warehouse.connection.execute(SIGNUPS.replace("from new_events as e", "from ingest.events as e")).fetchall()
