"""The tables of alerts: what each rule says of each night, the alerts that come of it, and what was told to whom.

Only declarations stand here; rules are in `policy.py`, how rows come about in `nightly.py` and `telling/`.
"""

from plg_orchestration.warehouse import Table, columns

OWNER = "team:growth"

ALERTS = Table(
    name="kpis.alerts",
    description="Alerts on each night: a rule's breach by segment, from when it is first seen until it is over, and some days.",
    columns=columns(
        as_of="DATE: day of knowledge",
        alert_id="VARCHAR: rule, segment and the night on which it was first seen; the same while the condition lasts",
        rule="VARCHAR: the rule in kpis.alerts.rules",
        kind="VARCHAR: level, change or anomaly",
        kpi="VARCHAR: the KPI that it is about",
        segment="VARCHAR: all, smb, mid_market or enterprise",
        period="VARCHAR: day, week, month or quarter",
        period_start="DATE: the first day of the period that was judged last",
        value="DOUBLE: the KPI's value in that period, in its unit",
        threshold="DOUBLE: the limit, or what the value would have to be for no alarm about a change; null for an anomaly",
        previous="DOUBLE: the value of the period before, where it was compared",
        expected_low="DOUBLE: lower end of the 95 % range: of the value itself for a level, else of what was to be expected",
        expected_high="DOUBLE: upper end of that range",
        severity="VARCHAR: info, warn or high",
        owner="VARCHAR: whom it concerns",
        lagging_kpi="VARCHAR: the lagging metric that it threatens",
        state="VARCHAR: open, suppressed (chance explains it), held (the definition changed), acknowledged, snoozed or resolved",
        state_reason="VARCHAR: why it is in this state, in words; null while open",
        since="DATE: start of the first period of the unbroken breach",
        first_seen="DATE: the first night that showed it",
        last_seen="DATE: the last night on which the condition was seen to hold",
        evidence="VARCHAR: the figures in a sentence",
        n="BIGINT: size of the population that the value rests on",
        unit="VARCHAR: unit of the figures",
        chance="DOUBLE: probability of a value so far out when nothing is amiss; null when it cannot be told",
        chance_limit="DOUBLE: the probability at which an alert opens, by the number of values judged in a week",
        state_since="DATE: the night on which it came into this state",
        opened_on="DATE: the first night on which it was open; null while chance explained it, or while it was held",
        definition_hash="VARCHAR: the definition under which the value was computed",
    ),
    key=("as_of", "alert_id"),
    owner=OWNER,
    day="as_of",
    layout="by_month",
)

ALERT_CHECKS = Table(
    name="kpis.alert_checks",
    description="What each rule found for each segment on each night, quiet ones and those that could not be judged included.",
    columns=columns(
        as_of="DATE: day of knowledge",
        rule="VARCHAR: the rule in kpis.alerts.rules",
        segment="VARCHAR: all, smb, mid_market or enterprise",
        kind="VARCHAR: level, change or anomaly",
        kpi="VARCHAR: the KPI that it is about",
        period="VARCHAR: day, week, month or quarter",
        period_start="DATE: first day of the newest period whose windows are all over; null when there is none",
        verdict="VARCHAR: quiet, breach, or not_judged with the reason",
        value="DOUBLE: the value, in the KPI's unit",
        threshold="DOUBLE: the limit; null for an anomaly",
        chance="DOUBLE: probability of a value so far out when nothing is amiss; null when quiet without being computed",
        chance_limit="DOUBLE: the probability at which an alert opens",
        evidence="VARCHAR: the figures in a sentence",
        reason="VARCHAR: why it was not judged, or why a breach opens no alert",
        definition_hash="VARCHAR: the definition under which the value was computed",
    ),
    key=("as_of", "rule", "segment"),
    owner=OWNER,
    day="as_of",
    layout="by_month",
)

ALERT_DELIVERIES = Table(
    name="kpis.alert_deliveries",
    description="The outbox of alerts: each change of state once for each receiver, and how far it got. Rows are kept.",
    columns=columns(
        receiver="VARCHAR: the receiver's name in the configuration",
        alert_id="VARCHAR: the alert",
        state="VARCHAR: the state that is told",
        as_of="DATE: the night on which the alert came into it",
        idempotency_key="VARCHAR: what the receiver knows the delivery by; the same however often it is sent",
        message="VARCHAR: JSON: what is told, as it was when the delivery was planned",
        delivery="VARCHAR: pending, delivered, dead (given up) or withdrawn before it was sent",
        attempts="INTEGER: tries so far, in all runs",
        settled_as_of="DATE: the night in whose run it was settled; null while pending",
        last_status="INTEGER: the last answer's status; null without one",
        last_answer="VARCHAR: the last answer or the reason, in words, without secrets",
        remedy="VARCHAR: what to do about it; null when nothing is to be done",
        attempted_at="TIMESTAMP: when it was last tried, UTC (volatile)",
    ),
    key=("idempotency_key",),
    owner=OWNER,
    kept=True,
)

TABLES: tuple[Table, ...] = (ALERTS, ALERT_CHECKS, ALERT_DELIVERIES)
