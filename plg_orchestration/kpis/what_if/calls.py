"""What a lift would bring, asked of plain counts by account without a workspace; the published table uses the same arithmetic.

The model is in `model.py`. Intervals come from resampling accounts, so users of one account stay together.
"""

import json
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from plg_orchestration.cohorts.frames import Frame, arrow
from plg_orchestration.kpis.what_if.model import Inputs, arr_after, arr_effect

Numbers = npt.NDArray[np.float64]
SUMS = (
    "users", "activated", "converted_activated", "converted_others", "referred", "new_mrr", "opening", "kept",
)  # fmt: skip
MONTH_DAYS = 30
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
    few). The interval is the middle 95 % of `rounds` resamples of accounts under `seed`. ValueError names a wrong argument.
    """
    for name, value in (("mrr", mrr), ("cohort_days", cohort_days), ("churn_days", churn_days), ("rounds", rounds)):
        if not value >= (0 if name == "mrr" else 1):
            raise ValueError(f"{name}: {value} is too small")
    table = arrow("accounts", accounts, SUMS)
    if "accounts" not in table.column_names:
        table = table.append_column("accounts", pa.array(np.ones(table.num_rows, dtype=np.int64)))
    sums, drawn = resampled(table, rounds=rounds, seed=seed)
    row = effect_row(
        sums, drawn, lever=lever, change=change, mrr=mrr, cohort_days=cohort_days, churn_days=churn_days, months=months,
        min_events=min_events,
    )  # fmt: skip
    return pd.DataFrame([row])


def resampled(table: pa.Table, *, rounds: int, seed: int) -> tuple[Numbers, Numbers]:
    """The sums of the columns `SUMS` over all accounts, and the same in `rounds` resamples (rounds × sums).

    Each account is drawn a Poisson number of times with mean 1, so that the number of accounts varies too; that many alike
    accounts are drawn at once.
    """
    values = np.column_stack([table.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in SUMS])
    counts = table.column("accounts").to_numpy(zero_copy_only=False).astype(np.float64)
    drawn = np.random.default_rng(seed).poisson(counts, size=(rounds, len(counts))).astype(np.float64)
    return counts @ values, drawn @ values


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
    sums: Numbers, drawn: Numbers, *, lever: str, change: float, mrr: float, cohort_days: int, churn_days: int, months: int,
    min_events: int,
) -> dict[str, object]:  # fmt: skip
    """One lever's figures, interval, assumptions and reason, from the sums and their resamples."""
    found = inputs_of(sums, mrr=mrr, cohort_days=cohort_days, churn_days=churn_days)
    again = inputs_of(drawn, mrr=mrr, cohort_days=cohort_days, churn_days=churn_days)
    base, effect = arr_after(found, months=months)[0], arr_effect(found, lever=lever, change=change, months=months)[0]
    bases, effects = arr_after(again, months=months), arr_effect(again, lever=lever, change=change, months=months)
    blocked = unknown(sums)
    low, high = (math.nan, math.nan) if blocked else middle(effects)
    shares = 100 * _rate(effects, bases)
    percent_low, percent_high = (math.nan, math.nan) if blocked else middle(shares)
    percent = float(100 * effect / base) if base > 0 else math.nan
    return {
        "lever": lever, "change": change, "base_arr": math.nan if blocked else float(base),
        "arr_effect": math.nan if blocked else float(effect), "ci_low": low, "ci_high": high,
        "effect_percent": math.nan if blocked else percent, "percent_low": percent_low, "percent_high": percent_high,
        "users": int(sums[0]), "assumptions": assumptions(found, again, lever=lever, months=months),
        "reason": blocked or few(sums, lever, min_events),
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


def middle(values: Numbers) -> tuple[float, float]:
    """The middle 95 % of resampled figures; NaN when too many of them are not known."""
    known = values[np.isfinite(values)]
    if len(known) < LEAST_VALID * len(values):
        return math.nan, math.nan
    low, high = np.quantile(known, (0.025, 0.975)).tolist()
    return low, high


def assumptions(found: Inputs, again: Inputs, *, lever: str, months: int) -> str:
    """What the figure assumes, as JSON: months, each input with value, interval, unit and meaning, and what is held to be so."""
    figures: list[Mapping[str, object]] = []
    for name, (unit, meaning) in MEANINGS.items():
        value = float(getattr(found, name)[0])
        low, high = middle(getattr(again, name))
        told = {"value": value, "low": low, "high": high}
        known = {key: round(figure, 9) if math.isfinite(figure) else None for key, figure in told.items()}
        figures.append({"name": name, **known, "unit": unit, "meaning": meaning})
    return json.dumps({"months": months, "figures": figures, "held": [HELD[lever], *ALWAYS]}, ensure_ascii=False)


def _rate(part: Numbers, whole: Numbers) -> Numbers:
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
