-- The register day by day: each risk's residual score, and how many of its controls were failed, degraded or without data.
select
    r.as_of, r.risk_id, r.residual_score,
    count(*) filter (where c.status = 'failed') as failed,
    count(*) filter (where c.status = 'degraded') as degraded,
    count(*) filter (where c.status = 'no_data') as unknown
from governance.risks as r
left join governance.controls as c on c.as_of = r.as_of and c.risk_id = r.risk_id
where r.as_of > $after and r.as_of <= $as_of
group by r.as_of, r.risk_id, r.residual_score
order by r.as_of, r.risk_id
