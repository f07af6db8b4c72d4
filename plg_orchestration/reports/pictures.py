"""The report's charts as SVG, each with a name for those who hear the page."""

from plg_orchestration import charts
from plg_orchestration.reports.extracts import Extracted


def draw(found: dict[str, Extracted]) -> dict[str, str]:
    """Every chart of the executive report by name, as `<svg>` elements that follow the page's colors."""
    band_rows = found["activation_band"].rows
    band = (float(band_rows["p25"][0]), float(band_rows["p75"][0])) if len(band_rows) and band_rows["p25"].notna()[0] else None
    currency = str(found["mrr_now"].rows["currency"][0]) if len(found["mrr_now"].rows) else ""
    movements = found["mrr_months"]
    money = movements.rows[movements.rows["currency"] == currency] if currency and len(movements.rows) else movements.rows
    bias = found["bias_rows"]
    selection = bias.rows[bias.rows["metric"] == "selection_rate"] if len(bias.rows) else bias.rows

    made = {
        "activation": charts.activation_by_cohort(
            found["activation_weeks"].rows, band=band, reason=found["activation_weeks"].reason
        ),
        "retention": charts.retention_heatmap(found["retention_weeks"].rows, reason=found["retention_weeks"].reason),
        "mrr": charts.mrr_movements(money, currency=currency, reason=found["mrr_months"].reason),
        "scores": charts.score_distribution(found["score_values"].rows, reason=found["score_values"].reason),
        "bias": charts.bias_contrasts(selection, reason=found["bias_rows"].reason),
        "risks": charts.risk_heatmap(found["risk_rows"].rows, reason=found["risk_rows"].reason),
        "ledger": charts.ledger_bars(found["ledger_days"].rows, reason=found["ledger_days"].reason),
    }
    return {name: charts.to_svg(chart, label=LABELS[name]) for name, chart in made.items()}


LABELS = {
    "activation": "Line chart: share of each signup week that activated within seven days, with intervals and the benchmark band",
    "retention": "Heat map: percent of each weekly cohort active in each week after it signed up",
    "mrr": "Bar chart: monthly recurring revenue gained and lost by month and kind of movement, with the net change",
    "scores": "Histogram: how many people have which score tonight",
    "bias": "Forest plot: difference in selection rate of each group against everybody else, with intervals",
    "risks": "Heat map: the risks by likelihood and impact",
    "ledger": "Bar chart: lines accepted, duplicate and quarantined by day",
}
"""What each chart shows, for screen readers."""
