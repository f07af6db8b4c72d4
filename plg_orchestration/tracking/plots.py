"""Pictures of a training as PNG: the choice, the contest, its curves, the threshold, groups and the strongest inputs.

The common look and the shared charts are in `plg_orchestration.charts`.
"""

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from plg_orchestration import charts
from plg_orchestration.charts.theme import ACCENT, BAD, HEIGHT, INK, NEUTRAL, SAND, SKY, TEAL, WIDTH, finished
from plg_orchestration.pql.bias.attributes import AND
from plg_orchestration.tracking.card import comparison
from plg_orchestration.tracking.record import TrainingRecord

if TYPE_CHECKING:
    import altair as alt

    from plg_orchestration.charts.theme import Chart

POINTS = 150
COLORS = {"model": ACCENT, "hybrid": SKY, "rules": SAND, "weighted": TEAL}
BINS = 10


def training_plots(record: TrainingRecord) -> dict[str, bytes]:
    """PNG bytes by file name; none when nothing was trained."""
    if not record.trained or record.folder is None:
        return {}
    curves = curve_points(record.predictions)
    drawn = {
        "choice.png": _choice(record.contest),
        "contest.png": _contest(comparison(record)),
        "roc.png": _curves(curves, "false positive rate", "recall", "ROC on the test rows"),
        "precision_recall.png": _curves(curves, "recall", "precision", "Precision and recall on the test rows"),
        "gains.png": _curves(curves, "share contacted", "recall", "Conversions reached by contacting the best first"),
        "calibration.png": charts.calibration_curve(calibration_bins(record.predictions)),
        "groups.png": charts.bias_contrasts(_contrasts(record.audit)),
        "threshold.png": _threshold(record),
        "confusion.png": _confusion(record.predictions),
        "importance.png": _importance(json.loads(str(record.model["importance"]))),
    }
    if len(record.mitigation) > 1:
        drawn["mitigation.png"] = charts.mitigation_tradeoff(record.mitigation)
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
    single = ~audit["attribute"].astype(str).str.contains(AND, regex=False)
    own = audit[(audit["scorer"] == "model") & (audit["metric"] == "selection_rate") & single]
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

    shown = rows[(rows["metric"] == "auc") & rows["scorer"].isin(list(COLORS))]
    base = alt.Chart(shown).encode(y=alt.Y("scorer:N", title=None), color=_scorers(legend=False))
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="ROC-AUC", scale=alt.Scale(zero=False)), x2="high:Q")
    points = base.mark_circle(size=60, opacity=1).encode(x="value:Q")
    return finished((spans + points).properties(width=WIDTH, height=110), "The contest", "AUC with 95 % intervals, same rows.")


def _choice(contest: pd.DataFrame) -> "Chart":
    """The best of every contestant on the validation dates, simplest first."""
    import altair as alt

    rows = contest[contest["best"].astype(bool) & contest["auc"].notna()]
    rows = rows.assign(
        contestant=rows["contestant"].str.replace("_", " "), who=np.where(rows["chosen"].astype(bool), "challenger", "others")
    )
    base = alt.Chart(rows[["contestant", "auc", "auc_low", "auc_high", "who"]]).encode(
        y=alt.Y("contestant:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
        color=alt.Color("who:N", scale=alt.Scale(domain=["challenger", "others"], range=[ACCENT, NEUTRAL]), legend=None),
    )
    spans = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("auc_low:Q", title="ROC-AUC", scale=alt.Scale(zero=False, padding=12)), x2="auc_high:Q"
    )
    chart = (spans + base.mark_circle(size=60, opacity=1).encode(x="auc:Q")).properties(width=WIDTH - 60, height=26 * len(rows))
    words = "Validation dates inside the training part. The simplest wins unless the interval of a gain says otherwise."
    return finished(chart, "Choosing the challenger (blue)", words)


def _threshold(record: TrainingRecord) -> "Chart":
    """Precision, recall and false positive rate of the challenger by the share of rows that a threshold selects."""
    import altair as alt

    points = curve_points(record.predictions[record.predictions["scorer"] == "model"])
    long = points.melt("share contacted", ["precision", "recall", "false positive rate"], "rate", "value")
    own = record.predictions[record.predictions["scorer"] == "model"]
    share = float(own["selected"].astype(bool).mean())
    scale = alt.Scale(domain=["precision", "recall", "false positive rate"], range=[ACCENT, TEAL, BAD])
    lines = alt.Chart(long).mark_line(strokeWidth=2).encode(
        x=alt.X("share contacted:Q", title="share of rows at or over the threshold", axis=alt.Axis(format="~%", tickCount=5)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~%", tickCount=5)), color=alt.Color("rate:N", scale=scale),
    )  # fmt: skip
    chosen = alt.Chart(pd.DataFrame({"share contacted": [share]})).mark_rule(color=INK, strokeDash=[4, 3])
    chart = (lines + chosen.encode(x="share contacted:Q")).properties(width=WIDTH, height=HEIGHT + 40)
    words = f"Dashed: the threshold {float(str(record.model['threshold'])):.4f}, chosen for: {record.model['threshold_policy']}."
    return finished(chart, "What a threshold costs, on the test rows", words)


def _confusion(predictions: pd.DataFrame) -> "Chart":
    """Rows of the test part by the challenger's decision and by what came."""
    import altair as alt

    own = predictions[predictions["scorer"] == "model"]
    selected, label = own["selected"].astype(bool), own["label"].astype(bool)
    cells = [
        (decision, came, int((chosen & outcome).sum()), int((chosen & outcome).sum()) / max(int(outcome.sum()), 1))
        for decision, chosen in (("lead", selected), ("no lead", ~selected))
        for came, outcome in (("converted", label), ("did not", ~label))
    ]
    rows = pd.DataFrame(cells, columns=["decision", "outcome", "n", "share"])
    rows["said"] = [f"{n:,} ({share:.0%})" for n, share in zip(rows["n"], rows["share"], strict=True)]
    base = alt.Chart(rows).encode(
        x=alt.X("outcome:N", title=None, axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)),
        y=alt.Y("decision:N", title=None),
    )  # fmt: skip
    fill = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=["#eef3fc", SKY]), legend=None)
    )
    text = base.mark_text(fontSize=13, color=INK).encode(text="said:N")
    chart = (fill + text).properties(width=WIDTH - 100, height=120)
    return finished(chart, "Confusion at the threshold", "Rows of the test part; percentages of each outcome.")


def _importance(found: list[tuple[str, float, str]]) -> "Chart":
    import altair as alt

    rows = pd.DataFrame(found, columns=["input", "importance", "direction"])
    rows["direction"] = rows["direction"].replace("", "by category")
    colors = {"raises": ACCENT, "lowers": SAND, "by category": NEUTRAL}
    shown = [name for name in colors if name in set(rows["direction"])]
    scale = alt.Scale(domain=shown, range=[colors[name] for name in shown])
    bars = alt.Chart(rows).mark_bar().encode(
        y=alt.Y("input:N", title=None, sort=None, axis=alt.Axis(labelLimit=240)),
        x=alt.X("importance:Q", title="mean effect on the log-odds"), color=alt.Color("direction:N", scale=scale),
    )  # fmt: skip
    words = "How far each input moves a row from the average, over test rows; with more of it the probability rises or falls."
    return finished(bars.properties(width=WIDTH - 100, height=18 * max(len(rows), 1)), "Strongest inputs", words)
