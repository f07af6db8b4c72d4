"""Pictures of a training as PNG: the contest, ROC, precision and recall, gains, calibration, groups and weights.

The common look and the shared charts are in `plg_orchestration.charts`.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from plg_orchestration import charts
from plg_orchestration.charts.theme import ACCENT, HEIGHT, SAND, TEAL, WIDTH, finished
from plg_orchestration.pql.training.artifacts import StoredModel, load_model
from plg_orchestration.tracking.card import comparison
from plg_orchestration.tracking.record import TrainingRecord

if TYPE_CHECKING:
    import altair as alt

    from plg_orchestration.charts.theme import Chart

POINTS = 150
COLORS = {"model": ACCENT, "rules": SAND, "weighted": TEAL}
BINS = 10
WEIGHTS = 15


def training_plots(record: TrainingRecord) -> dict[str, bytes]:
    """PNG bytes by file name; none when nothing was trained."""
    if not record.trained or record.folder is None:
        return {}
    curves = curve_points(record.predictions)
    drawn = {
        "contest.png": _contest(comparison(record)),
        "roc.png": _curves(curves, "false positive rate", "recall", "ROC on the test rows"),
        "precision_recall.png": _curves(curves, "recall", "precision", "Precision and recall on the test rows"),
        "gains.png": _curves(curves, "share contacted", "recall", "Conversions reached by contacting the best first"),
        "calibration.png": charts.calibration_curve(calibration_bins(record.predictions)),
        "groups.png": charts.bias_contrasts(_contrasts(record.audit)),
        "weights.png": _weights(load_model(StoredModel(record.folder, str(record.model["digest"]))).coefficients()),
    }
    return {name: charts.to_png(chart) for name, chart in drawn.items()}


def curve_points(predictions: pd.DataFrame) -> pd.DataFrame:
    """Per scorer, along falling scores: share contacted, recall, false positive rate and precision, at most 150 points each."""
    parts: list[pd.DataFrame] = []
    for scorer, rows in predictions.groupby("scorer", sort=True):
        ordered = rows.sort_values("score", ascending=False, kind="stable")
        label = ordered["label"].to_numpy(dtype=bool)
        ends = np.flatnonzero(np.r_[np.diff(ordered["score"].to_numpy(dtype=float)) != 0, True])
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, POINTS).astype(int))]
        hits, seen = np.cumsum(label)[ends], ends + 1.0
        made = {
            "share contacted": seen / len(label), "recall": hits / max(label.sum(), 1), "precision": hits / seen,
            "false positive rate": (seen - hits) / max((~label).sum(), 1), "scorer": str(scorer),
        }  # fmt: skip
        parts.append(pd.DataFrame(made))
    return pd.concat(parts, ignore_index=True)


def calibration_bins(predictions: pd.DataFrame) -> pd.DataFrame:
    """The model's test rows in ten bins of equal count: predicted, observed (shares) and n."""
    own = predictions[predictions["scorer"] == "model"].sort_values("score", kind="stable")
    place = np.arange(len(own)) * BINS // max(len(own), 1)
    grouped = own.assign(label=own["label"].astype(float)).groupby(place)
    return pd.DataFrame({"predicted": grouped["score"].mean(), "observed": grouped["label"].mean(), "n": grouped.size()})


def _contrasts(audit: pd.DataFrame) -> pd.DataFrame:
    own = audit[(audit["scorer"] == "model") & (audit["metric"] == "selection_rate")]
    return own.rename(columns={"grp": "group_value"})


def _curves(points: pd.DataFrame, x: str, y: str, title: str) -> "Chart":
    import altair as alt

    axis = alt.Axis(format="~%", tickCount=5)
    line = alt.Chart(points).mark_line(strokeWidth=2).encode(
        x=alt.X(f"{x}:Q", axis=axis), y=alt.Y(f"{y}:Q", axis=axis), color=_scorers(), order=alt.Order("share contacted:Q"),
    )  # fmt: skip
    return finished(line.properties(width=WIDTH, height=HEIGHT + 40), title)


def _scorers(*, legend: bool = True) -> "alt.Color":
    import altair as alt

    scale = alt.Scale(domain=list(COLORS), range=list(COLORS.values()))
    return alt.Color("scorer:N", scale=scale) if legend else alt.Color("scorer:N", scale=scale, legend=None)


def _contest(rows: pd.DataFrame) -> "Chart":
    import altair as alt

    base = alt.Chart(rows[rows["metric"] == "auc"]).encode(y=alt.Y("scorer:N", title=None), color=_scorers(legend=False))
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="ROC-AUC", scale=alt.Scale(zero=False)), x2="high:Q")
    points = base.mark_circle(size=60, opacity=1).encode(x="value:Q")
    return finished((spans + points).properties(width=WIDTH, height=90), "The contest", "AUC with 95 % intervals, same rows.")


def _weights(rows: pd.DataFrame) -> "Chart":
    import altair as alt

    bars = alt.Chart(rows.head(WEIGHTS)).mark_bar(color=ACCENT).encode(
        y=alt.Y("input:N", title=None, sort=None), x=alt.X("coefficient:Q", title="weight in the log-odds, inputs standardized"),
    )  # fmt: skip
    return finished(bars.properties(width=WIDTH - 60, height=18 * min(len(rows), WEIGHTS)), "Strongest inputs")
