"""What came of the planted facts: each part of the truth, computed from the drawn world.

Definitions of the parts stand in `truth`; nothing is drawn here.
"""

import numpy as np

from plg_orchestration.demo import people, product, sales, trials
from plg_orchestration.demo.commerce import PENALIZED_REGION, PENALTY_HAZARD, Commerce
from plg_orchestration.demo.population import Population
from plg_orchestration.demo.randomness import DAY_MS, NEVER
from plg_orchestration.demo.sales import Outcome
from plg_orchestration.demo.sizes import Calendar
from plg_orchestration.demo.truth import (
    ActivationDrop,
    Base,
    ChampionChurn,
    Consent,
    Drivers,
    ExperimentTruth,
    FakeRing,
    Penalty,
    Viral,
)


def drivers() -> Drivers:
    """The coefficients as planted."""
    note = (
        "signals are account totals that fade daily, entered as log(1 + value), except core_breadth (sum over core features of "
        "1 - exp(-faded count)), mid_market and enterprise (0 or 1), inclination (unseen, standard normal)"
    )
    return Drivers(product.INTERCEPT, dict(product.COEFFICIENTS), product.HALF_LIFE_DAYS, note)


def penalty(population: Population, outcomes: list[Outcome], calendar: Calendar) -> Penalty:
    """How leads fared inside the period, in the region and elsewhere."""
    first, after = calendar.penalty
    region = list(product.REGIONS).index(PENALIZED_REGION)
    first_steps = [row for row in outcomes if row.outcome in {"accepted", "rejected"} and first <= row.at // DAY_MS - 1 < after]
    of_region = [row for row in first_steps if population.accounts.region[population.users.account[row.user]] == region]
    others = len(first_steps) - len(of_region)
    rejected = sum(row.outcome == "rejected" for row in of_region)
    return Penalty(
        region=PENALIZED_REGION,
        first_day=str(calendar.date(first)),
        end_day=str(calendar.date(after)),
        acceptance_inside=sales.ACCEPT_PENALIZED,
        acceptance_outside=sales.ACCEPT_PQL,
        hazard_factor=PENALTY_HAZARD,
        leads_inside=len(of_region),
        rejected_inside=rejected,
        leads_of_others_inside=others,
        rejected_of_others_inside=sum(row.outcome == "rejected" for row in first_steps) - rejected,
    )


def activation_drop(population: Population, calendar: Calendar) -> ActivationDrop:
    """Seven-day activation of the segment in the planted week and outside."""
    users = population.users
    first, after = calendar.drop
    day = users.signup // DAY_MS
    segment = (population.accounts.segment[users.account] == 0) & (users.fingerprint >= 0)
    inside = segment & (day >= first) & (day < after)
    mature = day < calendar.days - 7
    year, week, _ = calendar.date(first).isocalendar()
    return ActivationDrop(
        segment=next(iter(product.SEGMENTS)),
        iso_week=f"{year}-W{week:02d}",
        first_day=str(calendar.date(first)),
        end_day=str(calendar.date(after)),
        factor=people.DROP_FACTOR,
        signups=int(inside.sum()),
        rate_in_week=trials.activated_within_week(population, inside),
        rate_of_segment_otherwise=trials.activated_within_week(population, segment & ~inside & mature),
    )


def experiments(population: Population, exposures: trials.Exposures, calendar: Calendar) -> list[ExperimentTruth]:
    """Both experiments: units by arm, and the outcome by arm without the units that saw both."""
    found: list[ExperimentTruth] = []
    for number, name in enumerate((trials.CHECKLIST, trials.PRICING)):
        mine = exposures.experiment == number
        seen = [set(exposures.user[mine & (exposures.arm == arm)].tolist()) for arm in (0, 1)]
        both = seen[0] & seen[1]
        rates: list[float] = []
        for arm in (0, 1):
            chosen = np.zeros(len(population.users), dtype=np.bool_)
            chosen[sorted(seen[arm] - both)] = True
            rates.append(trials.activated_within_week(population, chosen))
        first, after = calendar.checklist if number == 0 else calendar.pricing_test
        found.append(
            ExperimentTruth(
                name=name,
                first_day=str(calendar.date(first)),
                end_day=str(calendar.date(after)),
                arms=dict(zip(trials.ARMS[name], map(len, seen), strict=True)),
                contaminated_users=len(both),
                broken_split=number == 1,
                log_odds_lift=people.CHECKLIST_LIFT if number == 0 else 0.0,
                rate_control=rates[0],
                rate_treatment=rates[1],
            )
        )
    return found


def fake_ring(population: Population) -> FakeRing:
    """The fake accounts."""
    fakes = np.flatnonzero(population.accounts.ring >= 0)
    return FakeRing(
        accounts=[account_id(number) for number in fakes.tolist()],
        users=int(np.isin(population.users.account, fakes).sum()),
        rings=int(population.accounts.ring.max()) + 1,
        domains=list(product.DISPOSABLE_DOMAINS),
    )


def consent(population: Population) -> Consent:
    """Invites without an opt-in, and those without its confirmation."""
    rows = population.invites
    without = int((rows.opt_in >= NEVER).sum())
    unconfirmed = int((rows.double_opt_in >= NEVER).sum())
    return Consent(len(rows), without, unconfirmed, 1 - without / len(rows) if len(rows) else float("nan"))


def viral(population: Population) -> Viral:
    """The invitation loop of real users."""
    real = population.users.fingerprint >= 0
    rows = population.invites
    sent = int(real[rows.inviter].sum())
    accepted = int((real[rows.inviter] & (rows.accepted < NEVER)).sum())
    users = int(real.sum())
    return Viral(sent, users, accepted, sent / users, accepted / max(sent, 1), accepted / users, people.ACCEPTANCE)


def champion_churn(commerce: Commerce, calendar: Calendar) -> list[ChampionChurn]:
    """The champions who stopped, and when their accounts cancelled."""
    return [
        ChampionChurn(
            account_id=account_id(loss.account),
            user_id=f"u{loss.user + 1:06d}",
            stopped_date=str(calendar.date(loss.stopped_day)),
            cancel_date=None
            if loss.cancel_day is None or loss.cancel_day >= calendar.days
            else str(calendar.date(loss.cancel_day)),
        )
        for loss in commerce.losses
    ]


def base(population: Population, commerce: Commerce, outcomes: list[Outcome], calendar: Calendar, *, lines: int) -> Base:
    """Totals and monthly rates; a month is 30 days at risk."""
    users = population.users
    mature = (users.signup < calendar.end_ms - 7 * DAY_MS) & (users.fingerprint >= 0)
    risk = commerce.at_risk
    running = [v for v in commerce.running() if not v.trial]
    return Base(
        users=len(users),
        accounts=len(population.accounts),
        event_lines=lines,
        activation_7d=trials.activated_within_week(population, mature),
        accounts_that_ever_paid=int((commerce.first_paid < NEVER).sum()),
        free_to_paid_monthly=30 * risk.converted / max(risk.free_days, 1),
        paid_churn_monthly=30 * risk.cancelled / max(risk.paid_days, 1),
        paying_at_end=len(running),
        mrr_at_end_cents=sum(v.cents for v in running),
        leads=len({row.lead for row in outcomes}),
    )


def account_id(number: int) -> str:
    """An account's identifier."""
    return f"a{number + 1:05d}"
