-- Every published value that is known otherwise tonight, by the run of snapshots that said it, and which rows made the difference.
with events_within as (
    select
        d.kpi, d.period, d.period_start, d.segment, d.published_on, sum(l.events) as events,
        min(l.received_date) as first_received, max(l.received_date) as last_received
    from kpi_differences as d
    join kpi_reach as r on r.kpi = d.kpi
    join late_activity as l
        on l.received_date > d.published_until and (d.segment = 'all' or l.segment = d.segment)
        and l.event_date >= least(d.period_start, d.period_end - r.days_back) and l.event_date < d.period_end + r.days_after
    where not d.redefined
    group by d.kpi, d.period, d.period_start, d.segment, d.published_on
),
files_within as (
    select
        d.kpi, d.period, d.period_start, d.segment, d.published_on, count(distinct f.file_id) as files,
        min(f.path) as first_path, max(f.path) as last_path
    from events_within as e
    join kpi_differences as d
        on d.kpi = e.kpi and d.period = e.period and d.period_start = e.period_start and d.segment = e.segment
        and d.published_on = e.published_on
    join kpi_reach as r on r.kpi = d.kpi
    join (
        select distinct received_date, event_date, segment from late_activity
    ) as l
        on l.received_date > d.published_until and (d.segment = 'all' or l.segment = d.segment)
        and l.event_date >= least(d.period_start, d.period_end - r.days_back) and l.event_date < d.period_end + r.days_after
    join ingest.parts as p on p.received_date = l.received_date
    join ingest.files as f on f.file_id = p.file_id
    group by d.kpi, d.period, d.period_start, d.segment, d.published_on
),
sources_within as (
    select
        d.kpi, d.period, d.period_start, d.segment, d.published_on, l.source, l.derived, sum(l.found) as found,
        min(l.known_date) as first_received, max(l.known_date) as last_received
    from kpi_differences as d
    join kpi_reach as r on r.kpi = d.kpi
    join kpi_sources as s on s.kpi = d.kpi
    join late_rows as l
        on l.source = s.source and l.known_date > d.published_until
        and (d.segment = 'all' or l.every_segment or l.segment = d.segment)
        and l.from_date < d.period_end + r.days_after and l.to_date >= least(d.period_start, d.period_end - r.days_back)
    where not d.redefined
    group by d.kpi, d.period, d.period_start, d.segment, d.published_on, l.source, l.derived
),
rows_within as (
    select
        kpi, period, period_start, segment, published_on,
        sum(found) filter (where derived) as derived, sum(found) filter (where not derived and source <> 'governance.suspicions') as corrected,
        sum(found) filter (where source = 'governance.suspicions') as suspicions,
        min(first_received) as first_received, max(last_received) as last_received,
        string_agg(
            concat(
                cast(cast(found as bigint) as varchar), case when found = 1 then ' row of ' else ' rows of ' end, source,
                case when derived then ' derived from events' else '' end, ', received ', cast(first_received as varchar),
                case when first_received < last_received then concat(' to ', cast(last_received as varchar)) else '' end
            ), '; ' order by source, derived
        ) as said
    from sources_within
    group by kpi, period, period_start, segment, published_on
),
erased_within as (
    select
        d.kpi, d.period, d.period_start, d.segment, d.published_on, count(*) as erasures, min(e.erasure_id) as erasure_id,
        sum(e.persons) as persons, max(e.as_of) as last_as_of
    from kpi_differences as d
    join erasures as e on e.as_of >= d.published_until and e.as_of <= $as_of
    where not d.redefined
    group by d.kpi, d.period, d.period_start, d.segment, d.published_on
),
explained as (
    select
        d.*, e.events, e.first_received as first_event, e.last_received as last_event, f.files, f.first_path, f.last_path,
        s.derived, s.corrected, s.suspicions, s.first_received as first_row, s.last_received as last_row, s.said, x.erasures, x.erasure_id,
        x.persons,
        nullif(concat_ws(
            ', ',
            case when x.erasures > 0 then 'erasure' end,
            case when e.events > 0 or s.derived > 0 then 'late_events' end,
            case when s.corrected > 0 then 'corrected_rows' end,
            case when s.suspicions > 0 then 'suspicions' end
        ), '') as causes
    from kpi_differences as d
    left join events_within as e
        on e.kpi = d.kpi and e.period = d.period and e.period_start = d.period_start and e.segment = d.segment
        and e.published_on = d.published_on
    left join files_within as f
        on f.kpi = d.kpi and f.period = d.period and f.period_start = d.period_start and f.segment = d.segment
        and f.published_on = d.published_on
    left join rows_within as s
        on s.kpi = d.kpi and s.period = d.period and s.period_start = d.period_start and s.segment = d.segment
        and s.published_on = d.published_on
    left join erased_within as x
        on x.kpi = d.kpi and x.period = d.period and x.period_start = d.period_start and x.segment = d.segment
        and x.published_on = d.published_on
),
told_before as (
    select kpi, period, period_start, segment, published_on, value_now, cause, since
    from kpis.restatements
    where as_of = (select max(as_of) from kpis.restatements where as_of < $as_of)
)
select
    cast($as_of as date) as as_of, d.kpi, d.period, d.period_start, d.segment, d.published_on, d.published_until,
    d.published_value, case when d.redefined then null else d.value_now end as value_now,
    case when d.redefined then null else d.value_now - d.published_value end as change,
    d.unit, d.ci_low as published_low, d.ci_high as published_high,
    cast(
        coalesce(d.events, 0) + coalesce(d.derived, 0) + coalesce(d.corrected, 0) + coalesce(d.suspicions, 0) as bigint
    ) as late_rows,
    least(coalesce(d.first_event, d.first_row), coalesce(d.first_row, d.first_event)) as first_received,
    greatest(coalesce(d.last_event, d.last_row), coalesce(d.last_row, d.last_event)) as last_received,
    case when d.redefined then 'definition' else coalesce(d.causes, 'unexplained') end as cause,
    case
        when d.redefined then 'published under another definition, so the values are not compared'
        when d.causes is null then 'no row received since the snapshot belongs to the period'
        else concat_ws(
            '; ',
            case
                when d.erasures > 0 then concat(
                    d.erasure_id, case when d.erasures > 1 then ' and later ones' else '' end, ' erased ',
                    cast(cast(d.persons as bigint) as varchar), case when d.persons = 1 then ' person' else ' people' end
                )
            end,
            case
                when d.events > 0 then concat(
                    cast(cast(d.events as bigint) as varchar), case when d.events = 1 then ' event' else ' events' end,
                    ' of behavior.user_days, received ', cast(d.first_event as varchar),
                    case when d.first_event < d.last_event then concat(' to ', cast(d.last_event as varchar)) else '' end,
                    case
                        when d.files = 1 then concat(', from ', d.first_path)
                        when d.files > 1 then concat(
                            ', from files of those days (', cast(d.files as varchar), ': ', d.first_path, ' to ', d.last_path, ')'
                        )
                        else ''
                    end
                )
            end,
            d.said
        )
    end as evidence,
    case
        when d.redefined then false
        when (d.published_value is null) <> (d.value_now is null) then true
        when d.ci_low is not null and d.ci_high is not null then d.value_now < d.ci_low or d.value_now > d.ci_high
        else abs(d.value_now - d.published_value) > $material_percent / 100.0 * abs(d.published_value)
    end as material,
    case
        when
            t.kpi is not null and (t.cause = 'definition') = d.redefined
            and (d.redefined or (t.value_now is null and d.value_now is null)
                or abs(t.value_now - d.value_now) <= $tolerance * greatest(1.0, abs(d.value_now)))
            then t.since
        else cast($as_of as date)
    end as since
from explained as d
left join told_before as t
    on t.kpi = d.kpi and t.period = d.period and t.period_start = d.period_start and t.segment = d.segment
    and t.published_on = d.published_on
order by d.kpi, d.period, d.period_start, d.segment, d.published_on
