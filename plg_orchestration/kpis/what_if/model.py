"""The plain model of ARR in some months, and what a lift of one of its rates changes in it; pure arithmetic on arrays.

Every input may be a number or an array (one entry a resample). How inputs are measured is in `what_if_accounts.sql`, where the
intervals come from in `calls.py`; the formula stands in docs/review.md.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
LEVERS = ("activation", "conversion", "viral_coefficient")


@dataclass(frozen=True)
class Inputs:
    """What the model rests on; NaN where it is not known.

    `users`: new users a month at accounts that do not pay yet; `activation`: share that activates by the landmark;
    `converts_activated`, `converts_others`: share of those who had, and had not, that converts after it; `price`: MRR that one
    converted user brings; `kept`: share of MRR that its payers still pay a month later; `referred`: share of new users whom
    another user brought (k, each user's new users, while their number is steady); `mrr`: MRR now.
    """

    users: Numbers
    activation: Numbers
    converts_activated: Numbers
    converts_others: Numbers
    price: Numbers
    kept: Numbers
    referred: Numbers
    mrr: Numbers

    @property
    def conversion(self) -> Numbers:
        """The share of all new users that converts."""
        return self.activation * self.converts_activated + (1 - self.activation) * self.converts_others


def arr_after(inputs: Inputs, *, months: int, referred_change: float = 0.0) -> Numbers:
    """ARR after `months`: what of today's MRR is kept, and what of each month's new MRR, times 12.

    New users of a month = those whom nobody brings, as many each month, + k × the new users of the month before. Without a change
    of k (`referred_change`, relative) the number stays as it is.
    """
    new, mrr = inputs.users, inputs.mrr
    alone, brought = inputs.users * (1 - inputs.referred), inputs.referred * (1 + referred_change)
    each = inputs.conversion * inputs.price
    for _ in range(months):
        new = alone + brought * new
        mrr = mrr * inputs.kept + new * each
    return 12 * mrr


def arr_effect(inputs: Inputs, *, lever: str, change: float, months: int) -> Numbers:
    """ARR after `months` with the lever higher by `change` percent (relative) less ARR without; a share stops at 1.

    Activation moves users from the conversion of those who had not activated to that of those who had: right only as far as
    activation causes conversion. ValueError names an unknown lever or a negative change.
    """
    if lever not in LEVERS:
        raise ValueError(f"lever: {lever!r} is none of {', '.join(LEVERS)}")
    if not change >= 0:
        raise ValueError(f"change: {change} is not a number of percent from 0 up")
    factor, lifted, referred_change = 1 + change / 100, inputs, 0.0
    if lever == "activation":
        lifted = replace(inputs, activation=np.minimum(inputs.activation * factor, 1.0))
    elif lever == "conversion":
        lifted = replace(
            inputs, converts_activated=np.minimum(inputs.converts_activated * factor, 1.0),
            converts_others=np.minimum(inputs.converts_others * factor, 1.0),
        )  # fmt: skip
    else:
        referred_change = change / 100
    return arr_after(lifted, months=months, referred_change=referred_change) - arr_after(inputs, months=months)
