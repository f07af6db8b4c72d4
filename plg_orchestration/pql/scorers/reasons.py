"""A model's contributions in words that a seller understands: what speaks for a user, and what against.

The contributions themselves come from the model; what a formula says stands in its SQL.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from plg_orchestration.pql.features.registry import feature
from plg_orchestration.pql.training.model import Model, model_inputs

TOP_REASONS = 3
WINDOW = re.compile(r"_(\d+d|ever|first_\d+)$")


def explain(model: Model, rows: pd.DataFrame, *, top: int = TOP_REASONS) -> pd.Series:
    """For each row of `pql.features` the `top` subjects that raise its probability most against the average user, in words."""
    return model_reasons(model, rows, top=top)["reasons"]


def model_reasons(model: Model, rows: pd.DataFrame, *, top: int = TOP_REASONS) -> pd.DataFrame:
    """Columns reasons and against: the `top` subjects that raise and that lower each row's probability, in words.

    Features that differ by their window only (`events_7d`, `events_28d`) are one subject: their contributions are added up, so
    that what is told is what the model makes of all of them, and the one that weighs most is named. A feature that the user does
    not show (zero, or unknown) is no reason for anybody, and an unknown one is none against.
    """
    if rows.empty:
        return pd.DataFrame({"reasons": pd.Series(dtype=object), "against": pd.Series(dtype=object)}, index=rows.index)
    parts = model.contributions(model_inputs(rows)).drop(columns="baseline")
    names = [str(name) for name in parts.columns]
    weights = parts.to_numpy(dtype=np.float64)
    subjects = [subject(name) for name in names]
    places = [[c for c, s in enumerate(subjects) if s == wanted] for wanted in dict.fromkeys(subjects)]
    totals = np.column_stack([weights[:, members].sum(axis=1) for members in places])
    order = np.argsort(-totals, axis=1, kind="stable")
    values = [rows[name].tolist() for name in names]

    def told(row: int, groups: Sequence[int], sign: float) -> str:
        said: list[str] = []
        for group in groups:
            if len(said) == top or sign * totals[row, group] <= 0:
                break
            member = max(places[group], key=lambda c: sign * weights[row, c])
            value = values[member][row]
            if _known(value) and (sign < 0 or _present(value)):
                said.append(in_words(names[member], value))
        return "; ".join(said)

    ordered: list[list[int]] = order.tolist()
    made = {
        "reasons": [told(row, groups, 1.0) for row, groups in enumerate(ordered)],
        "against": [told(row, groups[::-1], -1.0) for row, groups in enumerate(ordered)],
    }
    return pd.DataFrame(made, index=rows.index, dtype=object)


def subject(name: str) -> str:
    """What a feature is about, whatever its window: `events_7d` and `events_28d` are both about events."""
    return WINDOW.sub("", name)


def in_words(name: str, value: object) -> str:
    """A feature's value as a seller would say it: 'limit hits in 28 days: 3', 'integration connected', 'segment: enterprise'.

    What is not there is said as such: 'integration connected: no', 'limit hits in 28 days: 0'.
    """
    spoken, flag = _spoken(name)
    if flag:
        return spoken if _present(value) else f"{spoken}: no"
    if isinstance(value, str):
        return f"{spoken}: {value}"
    return f"{spoken}: {float(str(value)):.3g}"


@cache
def _spoken(name: str) -> tuple[str, bool]:
    declared = feature(name)
    return declared.said or name.replace("_", " "), declared.type == "BOOLEAN"


def _known(value: object) -> bool:
    return not (value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)))


def _present(value: object) -> bool:
    return _known(value) and value not in (0, 0.0, False)
