-- Everybody whom a rule suspects tonight or suspected on an earlier night, with the last word of a person: governance records of
-- the kinds suspicion_cleared and suspicion_confirmed, whose subject is the user; a record that is closed says nothing any more.
with before as (
    select unit_id, signup_date, first_day, first_rule, evidence, last_day
    from governance.suspicions
    where as_of = (select max(as_of) from governance.suspicions where as_of < $as_of)
),
rows_of as (
    select unit_id, signup_date, as_of as day, rule, evidence from governance.suspects where as_of <= $as_of
    union all
    select unit_id, signup_date, first_day as day, first_rule as rule, evidence from before
),
ranked as (
    select *, row_number() over (partition by unit_id order by day, rule, evidence) as place from rows_of
),
lasts as (
    select unit_id, max(last_day) as last_day
    from (
        select unit_id, day as last_day from rows_of
        union all
        select unit_id, last_day from before
    ) as nights
    group by unit_id
),
words as (
    select
        subject as unit_id, kind, owner, "at", detail,
        row_number() over (partition by subject order by "at" desc, known_at desc, record_id desc) as place
    from known_governance_records
    where
        kind in ('suspicion_cleared', 'suspicion_confirmed') and "at" < $cut and (closed_at is null or closed_at >= $cut)
)
select
    cast($as_of as date) as as_of, r.unit_id, r.signup_date, r.day as first_day, r.rule as first_rule, r.evidence, l.last_day,
    case w.kind when 'suspicion_cleared' then 'cleared' when 'suspicion_confirmed' then 'confirmed' else 'suspected' end as status,
    w.owner as decided_by, w."at" as decided_at, w.detail as rationale
from ranked as r
inner join lasts as l on l.unit_id = r.unit_id
left join words as w on w.unit_id = r.unit_id and w.place = 1
where r.place = 1
order by r.unit_id
