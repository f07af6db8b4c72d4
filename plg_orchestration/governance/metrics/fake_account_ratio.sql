-- Share of the window's signups that a rule suspects, among those of whom the rules know a mail domain, a device or an address.
with of_day as (
    select rule, suspects, signups, assessed, note from governance.abuse_screening where as_of = $as_of
),
counted as (
    select
        count(*) as rows_found,
        max(signups) filter (where rule = 'any') as signups,
        max(assessed) filter (where rule = 'any') as assessed,
        max(suspects) filter (where rule = 'any') as users,
        string_agg(cast(suspects as varchar) || ' by ' || replace(rule, '_', ' '), ', ' order by rule)
            filter (where rule <> 'any' and suspects > 0) as said,
        max(note) filter (where rule = 'any' and note <> '') as note
    from of_day
)
select
    case when assessed > 0 then cast(users as double) / assessed end as value,
    cast(users as double) as numerator,
    cast(assessed as double) as denominator,
    case
        when rows_found = 0 then 'recent signups were not screened on this day'
        when signups = 0 then 'nobody signed up in the window'
        when assessed = 0 then 'neither a mail domain nor a device is known of any of the ' || cast(signups as varchar)
            || ' users who signed up in the window'
        else cast(users as varchar) || ' of ' || cast(assessed as varchar) || ' recent signups look fake'
            || coalesce(' (' || said || ')', '') || '; ' || cast(signups - assessed as varchar) || ' could not be assessed'
            || coalesce('; ' || note, '')
    end as detail
from counted
