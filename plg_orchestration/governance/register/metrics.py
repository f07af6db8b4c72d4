"""The metrics about governance itself, and those that only a target asks for; their SQL files are in `governance/metrics/`."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
    ControlMetric(
        name="risk_closure_rate",
        question="Of the risk actions that fell due within a year, what share was closed by its due date?",
        unit="share", needs=("source:governance_records",), tables=("ingest.governance_records",),
        known=("known_governance_records",),
    ),
    ControlMetric(
        name="audit_compliance",
        question="Of the evaluations of mandatory controls that were due in 90 days, what share was made on data?",
        unit="share", tables=("governance.controls",),
    ),
    ControlMetric(
        name="incident_response_hours",
        question="How long did the incident wait that waited longest for somebody?",
        unit="hours", tables=("governance.incidents",),
    ),
    ControlMetric(
        name="drift_review_age_days",
        question="How old is the last monthly review of drift?",
        unit="days", tables=("reports.drift_review",),
    ),
    ControlMetric(
        name="rollback_drill_age_days",
        question="How old is the last drill of a rollback?",
        unit="days", needs=("source:governance_records",), tables=("ingest.governance_records",),
        known=("known_governance_records",), file="record_age_days", constants={"kind": "rollback_drill"},
    ),
    ControlMetric(
        name="live_precision",
        question="Of the leads whose outcome is known by now, what share converted?",
        unit="share", tables=("pql.live_performance",), file="live_figure", constants={"figure": "precision", "period": "week"},
    ),
    ControlMetric(
        name="live_recall",
        question="Of those who converted, what share had been a lead?",
        unit="share", tables=("pql.live_performance",), file="live_figure", constants={"figure": "recall", "period": "week"},
    ),
    ControlMetric(
        name="live_lift",
        question="How many times as often do accounts with handed-over leads convert as those held back?",
        unit="times", tables=("pql.live_performance",), file="live_figure", constants={"figure": "lift", "period": "history"},
    ),
    ControlMetric(
        name="champion_false_positive_rate",
        question="Of those who did not convert, what share does the champion take for leads?",
        unit="share", tables=("pql.champion", "pql.candidate"),
    ),
    ControlMetric(
        name="routing_sla_adherence",
        question="What share of the leads that were due was contacted in time?",
        unit="share", tables=("pql.sla_adherence",),
    ),
    ControlMetric(
        name="event_coverage",
        question="What share of the expected events arrives?",
        unit="share", tables=("ingest.coverage",),
    ),
    ControlMetric(
        name="activation_fall_margin",
        question="How far is the activation rate above the level at which its fall raises an alert?",
        unit="share", tables=("kpis.alert_checks",),
    ),
    ControlMetric(
        name="nudge_in_app_share",
        question="What share of the waiting nudges goes out in the product and not by e-mail?",
        unit="share", tables=("cohorts.play_queue",),
    ),
    ControlMetric(
        name="experiments_outside_duration",
        question="How many experiments did not run for four to six weeks?",
        unit="experiments", tables=("experiments.registry",),
    ),
)  # fmt: skip
