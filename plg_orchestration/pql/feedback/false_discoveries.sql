-- Leads and false ones per scorer version, with the sums over accounts from which an interval clustered by account is made.
with accounts as (
    select
        scorer, version, payer_id,
        count(*) filter (where label is not null) as leads,
        count(*) filter (where not label) as misses,
        count(*) filter (where mature) as ripe,
        count(*) as made,
        min(decided_on) filter (where label is not null) as first_on,
        max(decided_on) filter (where label is not null) as last_on
    from lead_labels
    group by scorer, version, payer_id
)
select
    scorer, version,
    cast(sum(leads) as bigint) as leads,
    cast(sum(misses) as bigint) as misses,
    count(*) filter (where leads > 0) as accounts,
    cast(sum(cast(leads as double) * leads) as double) as leads_squared,
    cast(sum(cast(misses as double) * misses) as double) as misses_squared,
    cast(sum(cast(leads as double) * misses) as double) as products,
    min(first_on) as first_on,
    max(last_on) as last_on,
    cast(sum(made - ripe) as bigint) as immature,
    sum(ripe) / cast(sum(made) as double) as mature_share
from accounts
group by scorer, version
order by last_on desc nulls last, scorer, version
