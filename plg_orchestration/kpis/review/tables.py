"""The table of the weekly review.

Only the declaration stands here; the rows come from `weekly_review.sql`.
"""

from plg_orchestration.warehouse import Table, columns

WEEKLY_REVIEW = Table(
    name="kpis.weekly_review",
    description="Seven layers from strangers to expansion: each metric and segment with its target, its published median, and "
    "what the gap leaks a month (distance × affected accounts × ARPU per account); each layer by its worst metric; the leakiest "
    "one named.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        week_start="DATE: Monday of the newest complete week, which is under review",
        kind="VARCHAR: layer (one row a layer, of its worst metric) or metric (one row a metric and segment)",
        layer="VARCHAR: the layer's name in the configuration",
        label="VARCHAR: the layer in words",
        question="VARCHAR: what the layer asks",
        place="INTEGER: the layer's place on a customer's way, from 1",
        metric_place="INTEGER: the metric's place in the layer, from 1; 0 for the layer itself",
        owner="VARCHAR: the team that owns the layer",
        kpi="VARCHAR: the metric; of a layer its worst one, empty when none can be weighed",
        period="VARCHAR: the period in which the metric is looked at",
        affects="VARCHAR: the accounts that feel the gap: new_accounts, free_accounts, paying_accounts or lead_accounts",
        segment="VARCHAR: all, smb, mid_market or enterprise; all for a layer",
        period_start="DATE: first day of the newest wholly mature period",
        value="DOUBLE: the value then, in unit; of a layer that of its worst metric in all segments together",
        unit="VARCHAR: unit of value, target, p50 and gap",
        target="DOUBLE: the target of this segment and period",
        p50="DOUBLE: the published median of this segment and period",
        p50_kind="VARCHAR: percentile, median or range, as its source states it",
        p50_source="VARCHAR: who published it",
        gap="DOUBLE: value less median, in unit and turned so that negative is worse",
        distance="DOUBLE: the gap as a share: of the accounts (percent / 100), per account (ratio), of the median (price); 0 on "
        "the good side; of a layer leak / money_at_stake",
        affected_accounts="BIGINT: accounts (users, where no account is known) that feel the gap",
        arpu="DOUBLE: what one paying account brings a month (the KPI arpa of the day), in currency",
        money_at_stake="DOUBLE: affected_accounts × arpu, a month",
        leak="DOUBLE: distance × money_at_stake, a month; of a layer the sum over the segments of its worst metric",
        currency="VARCHAR: currency of arpu, money_at_stake and leak",
        leakiest="BOOLEAN: the layer that leaks most; true in at most one row",
        leakiest_last_week="BOOLEAN: whether it was the leakiest in the review of a week before; null for metrics",
        last_week="DATE: the published night a week before with which it is compared",
        previous="DOUBLE: the value (of a layer the leak) published then",
        change_since_last_week="DOUBLE: value (of a layer leak) now less then",
        change_reason="VARCHAR: why there is no comparison",
        counted="BOOLEAN: whether the row is in its metric's sum; all together only where no segment can be weighed; null for "
        "layers",
        reason="VARCHAR: why it is not weighed",
        note="VARCHAR: what is to be known of a layer's sum: a tie, segments left out",
        definition_hash="VARCHAR: the KPI's definition; null for layers",
    ),
    key=("as_of", "kind", "layer", "kpi", "segment"),
    owner="team:growth",
    day="as_of",
)

TABLES: tuple[Table, ...] = (WEEKLY_REVIEW,)
