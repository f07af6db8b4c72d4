-- Nobody is due: the shape of what every trigger gives.
select
    cast(null as varchar) as play, cast(null as varchar) as unit_id, cast(null as varchar) as account_id,
    cast(null as varchar) as contact_id, cast(null as double) as strength, cast(null as varchar) as judgment,
    cast(null as varchar) as reason, cast(null as varchar) as evidence
where false
