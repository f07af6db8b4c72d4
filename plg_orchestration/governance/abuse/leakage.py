"""What abuse of the free plan costs: an estimate with every assumption named, and an interval that carries what is not known.

    amount = months x (suspected people x precision x conversion x revenue per paying person
                       + free accounts over a cap x over_cap_pays x revenue per paying account)

`precision` is how many of the suspected are taken for real abuse (a Beta distribution: the configured prior, and every suspicion
that a person confirmed or cleared); `conversion` the share of other people, old enough, whose account came to pay (Jeffreys'
interval); revenue per payer that of the day, with its standard error over accounts. The interval is drawn from these (parametric
bootstrap, fixed seed): its ends are the 2.5th and 97.5th percentile. `over_cap_pays` is an assumption without an interval.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.governance.abuse import queries
from plg_orchestration.governance.abuse.policy import AbusePolicy, LeakagePolicy
from plg_orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counted:
    """What the estimate rests on. `payers` of `people`, who are not suspected, belong to an account that came to pay;
    `mrr` and `members` are those of each paying account.
    """

    suspected: int
    confirmed: int
    cleared: int
    people: int
    payers: int
    over_cap: int
    mrr: tuple[float, ...]
    members: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One addend, or the total, with its interval and the figures behind it."""

    part: str
    amount: float
    ci_low: float
    ci_high: float
    formula: str
    units: int | None = None
    precision: float | None = None
    pays: float | None = None
    revenue: float | None = None


def leakage(warehouse: Warehouse, *, as_of: AsOf, policy: AbusePolicy, caps: tuple[int, int], currency: str) -> "pd.DataFrame":
    """The rows of `governance.leakage` for the day; `caps` are invitations a day and a month.

    Unavailable when nobody pays, when people pay in several currencies, or when nobody is old enough to have come to pay:
    then what a free account is worth is not known.
    """
    import pandas as pd

    people = warehouse.rows(queries.leakage_people(as_of=as_of, policy=policy, currency=currency))[0]
    paying = warehouse.frame(queries.leakage_payers(as_of=as_of, currency=currency))
    asked = queries.leakage_caps(as_of=as_of, currency=currency, invites_per_day=caps[0], invites_per_month=caps[1])
    over_cap = int(str(warehouse.rows(asked)[0][0]))
    if not len(paying):
        raise Unavailable("no account pays, so what free use is worth is not known")
    if paying["currency"].nunique() > 1 or (paying["currencies"] > 1).any():
        raise Unavailable("accounts pay in several currencies, and no exchange rate is known")
    suspected, cleared, confirmed, others, payers = (int(str(value)) for value in people)
    if not others:
        days = policy.leakage.conversion_days
        raise Unavailable(f"nobody signed up at least {days} days ago, so how many come to pay is not known")
    counted = Counted(
        suspected, confirmed, cleared, others, payers, over_cap, tuple(paying["mrr"].astype(float)),
        tuple(paying["people"].astype(int)),
    )  # fmt: skip
    named = str(paying["currency"].iloc[0] or currency)
    rows = [{**vars(part)} for part in estimate(counted, policy.leakage, currency=named)]
    return pd.DataFrame(rows).assign(as_of=as_of.date, months=policy.leakage.months, currency=named).astype({"units": "Int64"})


def estimate(counted: Counted, policy: LeakagePolicy, *, currency: str) -> tuple[Part, Part, Part]:
    """Suspected free use, use over caps, and the total. The point estimates are products of means.

    >>> policy = LeakagePolicy(precision_right=9, precision_wrong=1, over_cap_pays=0.5)
    >>> found = estimate(Counted(10, 0, 0, 100, 20, 2, (50.0, 70.0), (2, 4)), policy, currency="USD")
    >>> [round(part.amount) for part in found]
    [432, 720, 1152]
    """
    import numpy as np

    rng = np.random.default_rng(policy.seed)
    right, wrong = policy.precision_right + counted.confirmed, policy.precision_wrong + counted.cleared
    precision = right / (right + wrong)
    conversion = counted.payers / counted.people
    mrr, members = np.array(counted.mrr), np.array(counted.members, dtype=float)
    per_person, per_account = float(mrr.sum() / members.sum()), float(mrr.mean())
    drawn_person = _drawn(rng, per_person, _ratio_error(mrr, members), policy.draws)
    drawn_account = _drawn(rng, per_account, _ratio_error(mrr, np.ones(len(mrr))), policy.draws)
    drawn_share = rng.beta(right, wrong, policy.draws)
    drawn_pays = rng.beta(counted.payers + 0.5, counted.people - counted.payers + 0.5, policy.draws)
    suspected = policy.months * counted.suspected * drawn_share * drawn_pays * drawn_person
    over = policy.months * counted.over_cap * policy.over_cap_pays * drawn_account
    first = policy.months * counted.suspected * precision * conversion * per_person
    second = policy.months * counted.over_cap * policy.over_cap_pays * per_account
    said = (
        f"{policy.months} months x {counted.suspected} suspected x {precision:.2f} rightly x {conversion:.3f} would pay x "
        f"{per_person:.2f} {currency} a paying person"
    )
    beyond = (
        f"{policy.months} months x {counted.over_cap} free accounts over a cap x {policy.over_cap_pays:.2f} would pay (assumed) "
        f"x {per_account:.2f} {currency} a paying account"
    )
    return (
        Part("suspected_free_use", first, *_ends(suspected), said, counted.suspected, precision, conversion, per_person),
        Part("use_over_caps", second, *_ends(over), beyond, counted.over_cap, None, policy.over_cap_pays, per_account),
        Part("total", first + second, *_ends(suspected + over), f"{said}; plus {beyond}"),
    )


def _ratio_error(above: "Floats", below: "Floats") -> float:
    """The standard error of sum(above) / sum(below) over accounts, by the delta method; 0 with a single account."""
    import numpy as np

    if len(above) < 2:
        return 0.0
    residual = above - above.sum() / below.sum() * below
    return float(np.sqrt(len(above) / (len(above) - 1) * (residual**2).sum()) / below.sum())


def _drawn(rng: "np.random.Generator", mean: float, error: float, draws: int) -> "Floats":
    """Draws of an amount that cannot be negative: log-normal with this mean and standard error."""
    import numpy as np

    spread = float(np.sqrt(np.log1p((error / mean) ** 2)))
    return rng.lognormal(np.log(mean) - spread**2 / 2, spread, draws)


def _ends(drawn: "Floats") -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)
