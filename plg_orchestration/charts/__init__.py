"""Charts of the system's tables: frames in, Altair charts out, PNG bytes or SVG text on request.

No chart reads the warehouse or knows a workspace. Altair and its renderer are imported when a chart is made, not before.
"""

from plg_orchestration.charts.engagement import lifecycle_bars, stickiness_histogram
from plg_orchestration.charts.growth import activation_by_cohort, kpi_trend, mrr_movements, retention_heatmap
from plg_orchestration.charts.instrumentation import event_volumes
from plg_orchestration.charts.render import to_png, to_svg
from plg_orchestration.charts.scoring import bias_contrasts, calibration_curve, score_distribution
from plg_orchestration.charts.segments import cohort_benchmarks, segment_counts, segment_flow
from plg_orchestration.charts.theme import no_data
from plg_orchestration.charts.trust import ledger_bars, risk_heatmap

__all__ = [
    "activation_by_cohort",
    "bias_contrasts",
    "calibration_curve",
    "cohort_benchmarks",
    "event_volumes",
    "kpi_trend",
    "ledger_bars",
    "lifecycle_bars",
    "mrr_movements",
    "no_data",
    "retention_heatmap",
    "risk_heatmap",
    "score_distribution",
    "segment_counts",
    "segment_flow",
    "stickiness_histogram",
    "to_png",
    "to_svg",
]
