-- The register of third parties: the source's rows and the entries of plg.yaml, merged by name. Where both say something, they
-- must agree; `contradictions` says where they do not, and the stricter date stands meanwhile.
with entered as (
    select *, cast(case when reviewed_on <= $as_of then reviewed_on end as date) as entry_reviewed_on from config.vendors
),
sourced as (
    select *, cast((reviewed_at at time zone 'UTC') at time zone $timezone as date) as source_reviewed_on
    from known_vendors
)
select
    coalesce(s.vendor, e.vendor) as vendor,
    coalesce(s.category, e.category) as category,
    coalesce(s.owner, e.owner) as owner,
    coalesce(s.certificate, e.certificate) as certificate,
    case when e.certificate_expires < s.certificate_expires then e.certificate_expires
        else coalesce(s.certificate_expires, e.certificate_expires) end as certificate_expires,
    case when e.entry_reviewed_on < s.source_reviewed_on then e.entry_reviewed_on
        else coalesce(s.source_reviewed_on, e.entry_reviewed_on) end as reviewed_on,
    coalesce(s.residency, e.residency) as residency,
    coalesce(s.volume, e.volume) as volume,
    coalesce(s.latency_ms, e.latency_ms) as latency_ms,
    coalesce(s.privacy_certificates, e.privacy_certificates) as privacy_certificates,
    coalesce(s.integration_days, e.integration_days) as integration_days,
    coalesce(s.monthly_cost, e.monthly_cost) as monthly_cost,
    replace(coalesce(s.packages, e.packages), '; ', ';') as packages,
    replace(coalesce(s.keys, e.keys), '; ', ';') as keys,
    nullif(concat_ws(
        '; ',
        case when s.category <> e.category then 'category ' || e.category || ' against ' || s.category end,
        case when s.owner <> e.owner then 'owner ' || e.owner || ' against ' || s.owner end,
        case when s.certificate <> e.certificate then 'certificate ' || e.certificate || ' against ' || s.certificate end,
        case when s.certificate_expires <> e.certificate_expires then 'certificate_expires '
            || cast(e.certificate_expires as varchar) || ' against ' || cast(s.certificate_expires as varchar) end,
        case when s.source_reviewed_on <> e.entry_reviewed_on then 'reviewed_on '
            || cast(e.entry_reviewed_on as varchar) || ' against ' || cast(s.source_reviewed_on as varchar) end,
        case when s.residency <> e.residency then 'residency ' || e.residency || ' against ' || s.residency end,
        case when s.volume <> e.volume then 'volume ' || cast(e.volume as varchar) || ' against ' || cast(s.volume as varchar) end,
        case when s.latency_ms <> e.latency_ms then 'latency_ms '
            || cast(e.latency_ms as varchar) || ' against ' || cast(s.latency_ms as varchar) end,
        case when replace(s.privacy_certificates, '; ', ';') <> e.privacy_certificates then 'privacy_certificates '
            || e.privacy_certificates || ' against ' || s.privacy_certificates end,
        case when s.integration_days <> e.integration_days then 'integration_days '
            || cast(e.integration_days as varchar) || ' against ' || cast(s.integration_days as varchar) end,
        case when s.monthly_cost <> e.monthly_cost then 'monthly_cost '
            || cast(e.monthly_cost as varchar) || ' against ' || cast(s.monthly_cost as varchar) end,
        case when replace(s.packages, '; ', ';') <> e.packages then 'packages ' || e.packages || ' against ' || s.packages end,
        case when replace(s.keys, '; ', ';') <> e.keys then 'keys ' || e.keys || ' against ' || s.keys end
    ), '') as contradictions
from sourced as s
full outer join entered as e on e.vendor = s.vendor
