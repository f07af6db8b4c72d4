"""What a lift would bring, asked of plain counts by account without a workspace; the published table uses the same arithmetic.

The model is in `model.py`. Intervals come from resampling accounts, so users of one account stay together.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from plg_orchestration.cohorts.frames import Frame, arrow
from plg_orchestration.kpis.claims.estimates import deciding, student
from plg_orchestration.kpis.what_if.model import Inputs, arr_after, arr_effect

Numbers = npt.NDArray[np.float64]
SUMS = (
    "users", "activated", "converted_activated", "converted_others", "referred", "new_mrr", "opening", "kept",
)  # fmt: skip
MONTH_DAYS = 30
MONEY_DIGITS = 6
"""Digits of an amount, so that the order in which a machine adds up does not show."""
AT_ONCE = 8192
"""Kinds of accounts that are drawn at once, so that memory does not grow with them."""
LEAST_VALID = 0.95
"""Share of the resamples in which every input must be known; with fewer no interval is given."""
HELD = {
    "activation": (
        "activation causes the difference in conversion between those who activate and those who do not; in fact they differ in "
        "more, so this is an upper estimate"
    ),
    "conversion": "those who convert in addition pay as much, and stay as long, as those who convert now",
    "viral_coefficient": (
        "users whom others bring convert and pay as all new users do, and every month's new users bring k × their number the "
        "next month, once"
    ),
}
ALWAYS = (
    "as many new users come each month as in the measured days, and prices stay",
    "conversions after the measured window, expansion and reactivation are left out",
    "new MRR is kept from month to month as today's MRR is",
)
MEANINGS = {
    "users": ("users a month", "new users a month at accounts that do not pay yet"),
    "activation": ("share", "of them activated by the landmark"),
    "converts_activated": ("share", "of those activated converted after it"),
    "converts_others": ("share", "of the others converted after it"),
    "price": ("MRR", "first MRR of a converted user"),
    "kept": ("share a month", "of MRR that its payers still pay a month later"),
    "referred": ("users", "k: new users that each new user brings (share of new users whom another user brought)"),
    "mrr": ("MRR", "MRR now"),
}


def project_arr(
    accounts: Frame, *, lever: str = "activation", change: float = 10.0, mrr: float, cohort_days: int, churn_days: int = 90,
    months: int = 12, rounds: int = 500, seed: int = 0, min_events: int = 10,
) -> pd.DataFrame:  # fmt: skip
    """What ARR would be after `months` if the lever were higher by `change` percent, against ARR without that, with intervals.

    `accounts`: one row an account with users (new in the `cohort_days` days, at accounts not paying at the landmark), activated,
    converted_activated, converted_others, referred (of these users), new_mrr (that the converted brought), opening (MRR
    `churn_days` days ago) and kept (of it, at most, now); `accounts` (how many are just so) may be given. `mrr`: MRR now.
    Levers: activation, conversion, viral_coefficient.

    Gives one row: lever, change, base_arr, arr_effect, ci_low, ci_high, effect_percent, percent_low, percent_high, users,
    assumptions (JSON: figures with intervals, and what is held to be so), reason (why there is no figure, or that it rests on too
    few). The intervals come from `rounds` resamples of accounts under `seed`. ValueError names a wrong argument.
    """
    for name, value in (("mrr", mrr), ("cohort_days", cohort_days), ("churn_days", churn_days), ("rounds", rounds)):
        if not value >= (0 if name == "mrr" else 1):
            raise ValueError(f"{name}: {value} is too small")
    table = arrow("accounts", accounts, SUMS)
    if "accounts" not in table.column_names:
        table = table.append_column("accounts", pa.array(np.ones(table.num_rows, dtype=np.int64)))
    row = effect_row(
        resampled(table, rounds=rounds, seed=seed), lever=lever, change=change, mrr=mrr, cohort_days=cohort_days,
        churn_days=churn_days, months=months, min_events=min_events,
    )  # fmt: skip
    return pd.DataFrame([row])


@dataclass(frozen=True)
class Sample:
    """The sums of the columns `SUMS` over all accounts, the same in every resample, and without one account of each kind.

    `drawn` is rounds × sums, `without` kinds × sums, `counts` how many accounts are of each kind.
    """

    sums: Numbers
    drawn: Numbers
    without: Numbers
    counts: Numbers


def resampled(table: pa.Table, *, rounds: int, seed: int) -> Sample:
    """The sums over the rows of a table of accounts (columns `SUMS` and accounts), and their resamples.

    Each account is drawn a Poisson number of times with mean 1, so that the number of accounts varies too; those that are alike
    are drawn together.
    """
    values = np.column_stack([table.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in SUMS])
    counts = table.column("accounts").to_numpy(zero_copy_only=False).astype(np.float64)
    random, drawn = np.random.default_rng(seed), np.zeros((rounds, len(SUMS)))
    for first in range(0, len(counts), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        drawn += random.poisson(counts[part], size=(rounds, len(counts[part]))).astype(np.float64) @ values[part]
    sums = counts @ values
    return Sample(sums, drawn, np.maximum(sums - values, 0.0), counts)


def inputs_of(sums: Numbers, *, mrr: float, cohort_days: int, churn_days: int) -> Inputs:
    """The model's inputs from sums in the order of `SUMS` (last axis); NaN where a rate has nobody to be measured on.

    Without any conversion a converted user's price is not known, but nothing is multiplied with it: it is 0 then.
    """
    users, activated, with_it, without, referred, new_mrr, opening, kept = np.moveaxis(np.atleast_2d(sums), -1, 0)
    converted = with_it + without
    return Inputs(
        users=users * MONTH_DAYS / cohort_days, activation=_rate(activated, users), converts_activated=_rate(with_it, activated),
        converts_others=_rate(without, users - activated), price=np.where(converted > 0, _rate(new_mrr, converted), 0.0),
        kept=_rate(kept, opening) ** (MONTH_DAYS / churn_days), referred=_rate(referred, users), mrr=np.full(len(users), mrr),
    )  # fmt: skip


def effect_row(
    sample: Sample, *, lever: str, change: float, mrr: float, cohort_days: int, churn_days: int, months: int, min_events: int
) -> dict[str, object]:
    """One lever's figures, intervals, assumptions and reason, from the sums of all accounts and their resamples."""
    each = [
        inputs_of(sums, mrr=mrr, cohort_days=cohort_days, churn_days=churn_days)
        for sums in (sample.sums, sample.drawn, sample.without)
    ]
    bases = [arr_after(inputs, months=months) for inputs in each]
    effects = [arr_effect(inputs, lever=lever, change=change, months=months) for inputs in each]
    shares = [100 * _rate(effect, base) for effect, base in zip(effects, bases, strict=True)]
    blocked = unknown(sample.sums)
    nothing = (math.nan, math.nan)
    (low, high), (percent_low, percent_high) = (
        nothing if blocked else interval(float(found[0]), again, without, sample.counts)
        for found, again, without in (effects, shares)
    )
    base, effect, percent = (math.nan if blocked else float(figures[0][0]) for figures in (bases, effects, shares))
    low, high, base, effect = (round(figure, MONEY_DIGITS) for figure in (low, high, base, effect))
    return {
        "lever": lever, "change": change, "base_arr": base, "arr_effect": effect, "ci_low": low, "ci_high": high,
        "effect_percent": percent, "percent_low": percent_low, "percent_high": percent_high, "users": int(sample.sums[0]),
        "assumptions": assumptions(each, sample.counts, lever=lever, months=months),
        "reason": blocked or few(sample.sums, lever, min_events),
    }  # fmt: skip


def unknown(sums: Numbers) -> str | None:
    """Why the model cannot be computed, or None."""
    users, activated, _, _, _, _, opening, _ = sums.tolist()
    if users == 0:
        return "no user's window is over"
    if activated in (0.0, users):
        return "all new users activated, or none did, so that their conversion cannot be compared"
    if opening == 0:
        return "no account paid at the beginning of the days in which it is measured how much is kept"
    return None


def few(sums: Numbers, lever: str, min_events: int) -> str | None:
    """That the figure rests on too few outcomes, or None."""
    _, _, with_it, without, referred = sums.tolist()[:5]
    if lever == "activation" and min(with_it, without) < min_events:
        return f"{with_it:.0f} activated users converted and {without:.0f} others; a comparison needs {min_events} of each"
    if with_it + without < min_events:
        return f"{with_it + without:.0f} users converted; an estimate needs {min_events}"
    if lever == "viral_coefficient" and referred < min_events:
        return f"{referred:.0f} new users were brought by others; an estimate needs {min_events}"
    return None


def interval(value: float, again: Numbers, without: Numbers, counts: Numbers) -> tuple[float, float]:
    """The 95 % interval of a figure from its resamples, corrected for bias and skewness (BCa; Efron 1987).

    `without` is the figure without one account of each kind, `counts` how many there are of it; the skewness and, by Student's t,
    the few accounts that decide come from these. NaN when the figure is not known in too many resamples.
    """
    known, kept = again[np.isfinite(again)], np.isfinite(without)
    if not math.isfinite(value) or len(known) < LEAST_VALID * len(again):
        return math.nan, math.nan
    moves, counts = value - without[kept], counts[kept]
    squares = float((counts * moves**2).sum())
    if squares <= 0 or known.min() == known.max():
        return value, value
    skewness = float((counts * moves**3).sum()) / (6 * squares**1.5)
    normal, reach = NormalDist(), student(deciding(moves**2, counts))
    below = (float((known < value).sum()) + float((known == value).sum()) / 2) / len(known)
    bias = normal.inv_cdf(min(max(below, 1 / len(known)), 1 - 1 / len(known)))
    ends = [bias + (bias + z) / max(1 - skewness * (bias + z), 0.1) for z in (-reach, reach)]
    low, high = np.quantile(known, [normal.cdf(z) for z in ends]).tolist()
    return low, high


def assumptions(each: Sequence[Inputs], counts: Numbers, *, lever: str, months: int) -> str:
    """What the figure assumes, as JSON: months, each input with value, interval, unit and meaning, and what is held to be so.

    `each`: the inputs as found, of every resample, and without one account of each kind.
    """
    figures: list[Mapping[str, object]] = []
    for name, (unit, meaning) in MEANINGS.items():
        found, again, without = (np.asarray(getattr(inputs, name), dtype=np.float64) for inputs in each)
        low, high = interval(float(found[0]), again, without, counts)
        told = {"value": float(found[0]), "low": low, "high": high}
        known = {key: round(figure, MONEY_DIGITS + 2) if math.isfinite(figure) else None for key, figure in told.items()}
        figures.append({"name": name, **known, "unit": unit, "meaning": meaning})
    return json.dumps({"months": months, "figures": figures, "held": [HELD[lever], *ALWAYS]}, ensure_ascii=False)


def _rate(part: Numbers, whole: Numbers) -> Numbers:
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
