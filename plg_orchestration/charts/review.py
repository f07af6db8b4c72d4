"""Charts of the KPI stage's judgments: what each layer leaks, claims beside what was published, and what a lift would bring."""

import math
from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import ACCENT, BAD, INK, MUTED, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

ROW = 30
LABELS = 240


def words(name: str) -> str:
    """A KPI's, lever's or claim's name as words.

    >>> words("expansion_mrr")
    'expansion MRR'
    """
    return " ".join(part.upper() if part in {"arpu", "arpa", "mrr", "pql", "mql", "ttv"} else part for part in name.split("_"))


def layer_leaks(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """What each layer of the weekly review leaks a month, in a customer's order; the leakiest in red, those not weighed named.

    `rows`: kind, label, place, kpi, leak, currency, leakiest, reason, as in `kpis.weekly_review` for one day.
    """
    import altair as alt

    title = "Which layer leaks most"
    layers = rows[rows["kind"] == "layer"].sort_values("place") if len(rows) else rows
    known = layers[layers["leak"].notna()] if len(layers) else layers
    if not len(known):
        told = layers["reason"].dropna() if len(layers) else layers
        return no_data(title, reason or (str(told.iloc[0]) if len(told) else "no layer is configured"))
    currency = str(known["currency"].dropna().iloc[0]) if known["currency"].notna().any() else ""
    frame = layers[["label", "kpi", "leak", "leakiest"]].astype({"leak": float, "leakiest": bool})
    frame["name"] = frame["label"]
    frame["what"] = [
        "not weighed" if math.isnan(leak) else f"{leak:,.0f}\u2002{words(kpi)}" if leak > 0 else "at its median or better"
        for leak, kpi in zip(frame["leak"], frame["kpi"].astype(str), strict=True)
    ]
    frame["shown"] = frame["leak"].fillna(0.0)
    worst = frame[frame["leakiest"]]
    y = alt.Y("name:N", sort=list(frame["name"]), title=None, axis=alt.Axis(labelLimit=LABELS, labelColor=INK))
    highest = max(float(frame["shown"].max()), 1.0)
    x = alt.X(
        "shown:Q", title=f"{currency} a month", axis=alt.Axis(tickCount=4, format="~s"),
        scale=alt.Scale(domain=[0, 1.75 * highest], nice=False),
    )  # fmt: skip
    base = alt.Chart(frame).encode(y=y)
    color = alt.condition("datum.leakiest", alt.value(BAD), alt.value(ACCENT))
    bars = base.mark_bar(size=16).encode(x=x, color=color)
    texts = base.mark_text(align="left", dx=6, fontSize=11).encode(
        x=x, text="what:N", color=alt.condition("datum.what == 'not weighed'", alt.value(MUTED), alt.value(INK))
    )
    named = f"{worst['label'].iloc[0]} leaks most. " if len(worst) else "No layer stands below its median. "
    return finished(
        (bars + texts).properties(width=WIDTH, height=ROW * len(frame)), title,
        f"{named}Each layer by its worst metric: gap to the published median × affected accounts × ARPU per account.",
    )  # fmt: skip
