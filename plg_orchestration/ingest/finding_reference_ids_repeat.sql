-- Ids of reference rows that stand twice in one file with other content and the same time of knowledge.
with versions as (
    select 'accounts' as source, account_id as id, file_id, known_at
    from ingest.accounts
    where known_date <= $as_of and origin = 'source'
    union all
    select 'subscriptions' as source, subscription_id as id, file_id, known_at
    from ingest.subscriptions
    where known_date <= $as_of
    union all
    select 'tickets' as source, ticket_id as id, file_id, known_at
    from ingest.tickets
    where known_date <= $as_of
    union all
    select 'invites' as source, invite_id as id, file_id, known_at
    from ingest.invites
    where known_date <= $as_of
    union all
    select 'users' as source, user_id as id, file_id, known_at
    from ingest.users
    where known_date <= $as_of and origin = 'source'
),
ids as (
    select source, id, count(*) as versions
    from versions
    group by source, id, file_id, known_at
)
select
    count(*) filter (where versions > 1) as rows,
    count(*) as of_rows,
    min(concat(source, ' ', id)) filter (where versions > 1) as example,
    '' as figures
from ids
