"""Charts of the system's tables: frames in, Altair charts out, PNG bytes or SVG text on request.

No chart reads the warehouse or knows a workspace. Altair and its renderer are imported when a chart is made, not before.
"""

from plg_orchestration.charts.abuse import odd_behavior, suspects_by_rule
from plg_orchestration.charts.activation import activation_score_by_age, activation_shifts, activation_weights
from plg_orchestration.charts.drift import drift_strips, holdout_lift, live_precision
from plg_orchestration.charts.engagement import lifecycle_bars, stickiness_histogram
from plg_orchestration.charts.fairness import bias_history, mitigation_tradeoff, routing_outcomes
from plg_orchestration.charts.funnels import dropoff_against_published, funnel_bars, onboarding_steps
from plg_orchestration.charts.growth import activation_by_cohort, kpi_trend, mrr_movements, retention_heatmap
from plg_orchestration.charts.initiatives import impact_effort, initiative_targets
from plg_orchestration.charts.instrumentation import event_volumes
from plg_orchestration.charts.paths import conversion_associations, friction_points, gate_rates, golden_path
from plg_orchestration.charts.plays import play_results, plays_by_kind
from plg_orchestration.charts.render import to_image, to_png, to_svg
from plg_orchestration.charts.review import claims_against_published, layer_leaks, what_if_bars
from plg_orchestration.charts.scoring import bias_contrasts, calibration_curve, score_distribution
from plg_orchestration.charts.segments import cohort_benchmarks, segment_counts, segment_flow
from plg_orchestration.charts.standings import benchmark_places, own_history, restated_values
from plg_orchestration.charts.theme import no_data
from plg_orchestration.charts.trust import ledger_bars, register_trend, risk_heatmap
from plg_orchestration.charts.vendors import vendor_standing
from plg_orchestration.charts.virality import k_by_age, viral_projection, viral_sensitivity

__all__ = [
    "activation_by_cohort",
    "activation_score_by_age",
    "activation_shifts",
    "activation_weights",
    "benchmark_places",
    "bias_contrasts",
    "bias_history",
    "calibration_curve",
    "claims_against_published",
    "cohort_benchmarks",
    "conversion_associations",
    "drift_strips",
    "dropoff_against_published",
    "event_volumes",
    "friction_points",
    "funnel_bars",
    "gate_rates",
    "golden_path",
    "holdout_lift",
    "impact_effort",
    "initiative_targets",
    "k_by_age",
    "kpi_trend",
    "layer_leaks",
    "ledger_bars",
    "lifecycle_bars",
    "live_precision",
    "mitigation_tradeoff",
    "mrr_movements",
    "no_data",
    "odd_behavior",
    "onboarding_steps",
    "own_history",
    "play_results",
    "plays_by_kind",
    "register_trend",
    "restated_values",
    "retention_heatmap",
    "risk_heatmap",
    "routing_outcomes",
    "score_distribution",
    "segment_counts",
    "segment_flow",
    "stickiness_histogram",
    "suspects_by_rule",
    "to_image",
    "to_png",
    "to_svg",
    "vendor_standing",
    "viral_projection",
    "viral_sensitivity",
    "what_if_bars",
]
