-- Precision, recall, area under the ROC curve and base rate of each night in `judged`, whose outcomes are 0 and 1 or chances.
-- Variances are sums over accounts: `_sampling` over draws of accounts, `_promised` over what chances of whole accounts may give.
with totals as (
    select
        decided_on, scorer, version,
        count(*) as rows,
        sum(lead) as leads,
        sum(outcome) as outcomes,
        sum(1.0 - outcome) as others,
        sum(lead * outcome) as hits,
        sum(outcome * (1.0 - outcome)) as own
    from judged
    group by decided_on, scorer, version
),
levels as (
    select decided_on, level, sum(outcome) as outcomes, sum(1.0 - outcome) as others
    from judged
    group by decided_on, level
),
ranked as (
    select
        decided_on, level, outcomes,
        sum(others) over (partition by decided_on order by level rows between unbounded preceding and current row) - others / 2
            as others_below,
        sum(outcomes) over (partition by decided_on)
            - sum(outcomes) over (partition by decided_on order by level rows between unbounded preceding and current row)
            + outcomes / 2 as outcomes_above
    from levels
),
figures as (
    select
        t.*,
        t.hits / nullif(t.leads, 0) as precision,
        t.hits / nullif(t.outcomes, 0) as recall,
        t.outcomes / t.rows as base_rate,
        (r.pairs - t.own / 2) / nullif(t.outcomes * t.others - t.own, 0) as auc
    from totals as t
    inner join (select decided_on, sum(outcomes * others_below) as pairs from ranked group by decided_on) as r
        on r.decided_on = t.decided_on
),
accounts as (
    select
        j.decided_on, j.payer_id,
        cast(count(*) as double) as n,
        avg(j.outcome) * (1.0 - avg(j.outcome)) as doubt,
        sum(j.lead) as leads,
        sum(j.outcome) as outcomes,
        sum(j.lead * (j.outcome - f.precision)) / max(f.leads) as precision_residual,
        sum(j.lead) / max(f.leads) as precision_weight,
        sum(j.outcome * (j.lead - f.recall)) / max(f.outcomes) as recall_residual,
        sum(j.lead - f.recall) / max(f.outcomes) as recall_weight,
        sum(
            j.outcome * (r.others_below / nullif(f.others, 0) - f.auc) / nullif(f.outcomes, 0)
            + (1.0 - j.outcome) * (r.outcomes_above / nullif(f.outcomes, 0) - f.auc) / nullif(f.others, 0)
        ) as auc_residual,
        sum((r.others_below - r.outcomes_above - f.auc * (f.others - f.outcomes)) / nullif(f.outcomes * f.others, 0)) as auc_weight,
        sum(j.outcome - f.base_rate) / max(f.rows) as base_rate_residual,
        count(*) / max(cast(f.rows as double)) as base_rate_weight
    from judged as j
    inner join figures as f on f.decided_on = j.decided_on
    inner join ranked as r on r.decided_on = j.decided_on and r.level = j.level
    group by j.decided_on, j.payer_id
),
variances as (
    select
        decided_on,
        count(*) as accounts,
        count(*) filter (where leads > 0) as lead_accounts,
        count(*) filter (where outcomes > 0) as outcome_accounts,
        sum(n) * sum(n) / nullif(sum(n * n), 0) as independent,
        sum(leads) * sum(leads) / nullif(sum(leads * leads), 0) as independent_leads,
        sum(outcomes) * sum(outcomes) / nullif(sum(outcomes * outcomes), 0) as independent_outcomes,
        sum(precision_residual * precision_residual) as precision_sampling,
        sum(precision_weight * precision_weight * doubt) as precision_promised,
        sum(recall_residual * recall_residual) as recall_sampling,
        sum(recall_weight * recall_weight * doubt) as recall_promised,
        sum(auc_residual * auc_residual) as auc_sampling,
        sum(auc_weight * auc_weight * doubt) as auc_promised,
        sum(base_rate_residual * base_rate_residual) as base_rate_sampling,
        sum(base_rate_weight * base_rate_weight * doubt) as base_rate_promised
    from accounts
    group by decided_on
)
select f.*, v.* exclude (decided_on)
from figures as f
inner join variances as v on v.decided_on = f.decided_on
order by f.decided_on
