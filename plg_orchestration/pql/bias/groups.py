"""The group table and the metrics across groups, with the values that Fairlearn's `MetricFrame` gives on the same rows.

A metric without a row in its denominator is undefined, never 0: no positives in a group is no parity. Fairlearn takes 0 there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.pql.bias.counts import Counts
from plg_orchestration.pql.bias.estimates import METRICS
from plg_orchestration.pql.bias.small_cells import TOO_SMALL, WITHHELD
from plg_orchestration.pql.training.metrics import Floats

GROUP_COLUMNS = (
    "attribute", "grp", "n", "positives", "accounts", "base_rate", "selection_rate", "true_positive_rate", "false_positive_rate",
    "precision", "mean_score", "calibration_gap", "hidden", "reason",
)  # fmt: skip
GAP_COLUMNS = (
    "attribute", "metric", "value", "worst_group", "worst_value", "best_group", "best_value", "groups", "undefined", "reason",
)  # fmt: skip
RATES = GROUP_COLUMNS[5:12]
WORDS = {
    TOO_SMALL: "fewer rows than the minimum: no figures are given",
    WITHHELD: "withheld: with its figures those of a group under the minimum could be had by subtraction",
}
Hidden = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class _Gap:
    """A metric across groups: of which rate, and whether a small value (selection, hits) or a large one is the worse."""

    name: str
    rate: str
    ratio: bool = False


GAPS = (
    _Gap("demographic_parity_difference", "selection_rate"), _Gap("demographic_parity_ratio", "selection_rate", ratio=True),
    _Gap("equal_opportunity_difference", "true_positive_rate"),
)  # fmt: skip


def rates(counts: Counts) -> dict[str, Floats]:
    """Each metric of every group; NaN where it is undefined."""
    made: dict[str, Floats] = {}
    for metric in METRICS:
        above, below = counts.total(metric.numerator), counts.total(metric.denominator)
        with np.errstate(invalid="ignore", divide="ignore"):
            made[metric.name] = above / below
            if metric.less is not None:
                made[metric.name] = made[metric.name] - counts.total(metric.less[0]) / counts.total(metric.less[1])
    return made


def group_rows(counted: Sequence[Counts], hidden: Hidden) -> pd.DataFrame:
    """One row per attribute and group, columns `GROUP_COLUMNS`; a hidden group is listed without figures and with the reason."""
    return pd.DataFrame(list(_group_rows(counted, hidden)), columns=list(GROUP_COLUMNS))


def _group_rows(counted: Sequence[Counts], hidden: Hidden) -> Iterator[tuple[object, ...]]:
    for counts in counted:
        found = rates(counts)
        accounts = (counts.cells["n"] > 0).sum(axis=0)
        for place, group in enumerate(counts.groups):
            why = hidden.get((counts.attribute, group))
            if why is not None:
                yield (counts.attribute, group, *(None,) * 10, why, WORDS[why])
                continue
            figures = [_figure(found[name][place]) for name in RATES]
            missing = [name for name, figure in zip(RATES, figures, strict=True) if figure is None]
            n, positives = int(counts.total("n")[place]), int(counts.total("positives")[place])
            said = f"undefined: {', '.join(missing)}" if missing else ""
            yield (counts.attribute, group, n, positives, int(accounts[place]), *figures, None, said)


def gap_rows(counted: Sequence[Counts], hidden: Hidden) -> pd.DataFrame:
    """One row per attribute and metric across groups, columns `GAP_COLUMNS`; reported, never judged.

    The bootstrap of a widest gap is biased upward, so that it has no interval and gates nothing. Groups that are hidden take no
    part; a group in which the metric is undefined is named in `undefined`, and with fewer than two others there is no value.
    """
    return pd.DataFrame([row for counts in counted for row in _gap_rows(counts, hidden)], columns=list(GAP_COLUMNS))


def _gap_rows(counts: Counts, hidden: Hidden) -> Iterator[tuple[object, ...]]:
    found = rates(counts)
    shown = [place for place, group in enumerate(counts.groups) if (counts.attribute, group) not in hidden]
    for gap in GAPS:
        low, high, *told = _ends(counts, found[gap.rate], shown)
        value = _ratio(low[1], high[1]) if gap.ratio else high[1] - low[1]
        yield (counts.attribute, gap.name, _figure(value), *_end(low), *_end(high), *told)
    hits, alarms = (_ends(counts, found[name], shown) for name in ("true_positive_rate", "false_positive_rate"))
    wider = max((hits, alarms), key=lambda ends: ends[1][1] - ends[0][1] if math.isfinite(ends[0][1]) else -1.0)
    lacking = next((ends for ends in (hits, alarms) if not math.isfinite(ends[0][1])), None)
    worst, best = (wider[0], wider[1]) if wider is hits else (wider[1], wider[0])
    if lacking is not None:
        yield (counts.attribute, "equalized_odds_difference", None, None, None, None, None, *lacking[2:])
    else:
        said = f"that of the {'true' if wider is hits else 'false'} positive rate"
        undefined = ", ".join(sorted({*filter(None, (hits[3], alarms[3]))})) or None
        value = _figure(wider[1][1] - wider[0][1])
        yield (counts.attribute, "equalized_odds_difference", value, *_end(worst), *_end(best), wider[2], undefined, said)
    yield _calibration(counts, found["calibration_gap"], shown)


Ends = tuple[tuple[str | None, float], tuple[str | None, float], int, str | None, str]


def _ends(counts: Counts, values: Floats, shown: Sequence[int]) -> Ends:
    """The lowest and the highest group, how many have the metric, which have not, and why there is nothing to compare."""
    known = [place for place in shown if math.isfinite(values[place])]
    undefined = ", ".join(counts.groups[place] for place in shown if place not in known) or None
    if len(known) < 2:
        reason = f"{len(known)} of {len(counts.groups)} groups have the metric and are large enough; two are needed"
        return (None, math.nan), (None, math.nan), len(known), undefined, reason
    low, high = min(known, key=lambda place: values[place]), max(known, key=lambda place: values[place])
    left = len(counts.groups) - len(known)
    reason = f"{left} of {len(counts.groups)} groups are hidden or undefined and not compared" if left else ""
    ends = [(counts.groups[place], float(values[place])) for place in (low, high)]
    return ends[0], ends[1], len(known), undefined, reason


def _calibration(counts: Counts, values: Floats, shown: Sequence[int]) -> tuple[object, ...]:
    """The widest gap of the calibration gaps; the worst group is the one farthest from what came, either way."""
    low, high, *told = _ends(counts, values, shown)
    ends = sorted((low, high), key=lambda end: abs(end[1]))
    return (counts.attribute, "calibration_gap", _figure(high[1] - low[1]), *_end(ends[1]), *_end(ends[0]), *told)


def _end(end: tuple[str | None, float]) -> tuple[str | None, float | None]:
    return end[0], _figure(end[1])


def _ratio(low: float, high: float) -> float:
    """Lowest over highest; undefined when nobody is selected anywhere."""
    return low / high if high else math.nan


def _figure(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
