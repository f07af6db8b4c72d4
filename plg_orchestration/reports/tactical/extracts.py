"""What the tactical report reads: its own SQL files, and the KPI series and alerts that it shares with the executive report."""

from plg_orchestration.reports.extracts import EXTRACTS, Extract

FOLDER = "tactical/"
SHARED = ("kpi_history", "earlier_periods", "percentiles", "alert_rows", "activation_weeks", "activation_band", "retention_weeks",
          "mrr_months", "control_rows", "unavailable_outputs")  # fmt: skip


def _own(name: str, *tables: str) -> Extract:
    return Extract(name, tables, FOLDER)


TACTICAL: tuple[Extract, ...] = (
    *(extract for extract in EXTRACTS if extract.name in SHARED),
    _own("trend_rows", "kpis.trends"),
    _own("review_rows", "kpis.weekly_review"),
    _own("due_rows", "kpis.reviews"),
    _own("restatement_rows", "kpis.restatements"),
    _own("revision_rows", "kpis.revisions"),
    _own("claim_rows", "kpis.claims"),
    _own("what_if_rows", "kpis.what_if"),
    _own("dimension_rows", "kpis.snapshot"),
    _own("funnel_steps", "cohorts.funnel"),
    _own("funnel_groups", "cohorts.funnel"),
    _own("signup_weeks", "cohorts.signup_cohorts"),
    _own("value_times", "behavior.milestones"),
    _own("retention_unbounded", "cohorts.retention"),
    _own("lifecycle_weeks", "cohorts.lifecycle"),
    _own("onboarding_steps", "cohorts.onboarding"),
    _own("friction_rows", "cohorts.friction"),
    _own("dropoff_rows", "cohorts.dropoff"),
    _own("gate_rows", "cohorts.gates"),
    _own("play_counts", "cohorts.plays"),
    _own("play_outcomes", "cohorts.play_results"),
    _own("segment_counts", "cohorts.segments"),
    _own("viral_forms", "cohorts.viral"),
)
"""What the tactical report reads."""
