"""The planted truth: what was put into the data, in exact numbers, so that a test can ask whether it was found.

The shapes and the counting stand here; they are written to `truth.json`.
"""

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class FileTruth:
    """One file of event lines; `lines = accepted + duplicates + blank + sum(quarantined)`, and `late` of them came days late."""

    lines: int
    accepted: int
    duplicates: int
    blank: int
    late: int
    quarantined: dict[str, int]


@dataclass(frozen=True)
class Drivers:
    """The daily hazard of deciding to pay: `sigmoid(intercept + sum(coefficient * signal))`, by account, while it is free."""

    intercept: float
    coefficients: dict[str, float]
    half_life_days: float
    note: str


@dataclass(frozen=True)
class Penalty:
    """Leads of `region` are turned away and its accounts pay less from `first_day` to before `end_day`; counted from outcomes."""

    region: str
    first_day: str
    end_day: str
    acceptance_inside: float
    acceptance_outside: float
    hazard_factor: float
    leads_inside: int
    rejected_inside: int
    leads_of_others_inside: int
    rejected_of_others_inside: int


@dataclass(frozen=True)
class ActivationDrop:
    """The week (Monday to before Monday) in which new users of one segment hardly activated, and the rates that came of it."""

    segment: str
    iso_week: str
    first_day: str
    end_day: str
    factor: float
    signups: int
    rate_in_week: float
    rate_of_segment_otherwise: float


@dataclass(frozen=True)
class ExperimentTruth:
    """An experiment: distinct users by arm (contaminated ones in both), and the effect that was planted and came out."""

    name: str
    first_day: str
    end_day: str
    arms: dict[str, int]
    contaminated_users: int
    broken_split: bool
    log_odds_lift: float
    rate_control: float
    rate_treatment: float


@dataclass(frozen=True)
class FakeRing:
    """Accounts that nobody real stands behind: throw-away domains, one device a ring, invites in a circle, within minutes."""

    accounts: list[str]
    users: int
    rings: int
    domains: list[str]


@dataclass(frozen=True)
class Consent:
    """Invites by consent."""

    invites: int
    without_opt_in: int
    without_double_opt_in: int
    consent_rate: float


@dataclass(frozen=True)
class Viral:
    """The loop as it ran: invites per user times the share accepted; time ran out for some."""

    invites: int
    users: int
    accepted: int
    invites_per_user: float
    acceptance: float
    k: float
    planted_acceptance: float


@dataclass(frozen=True)
class ChampionChurn:
    """A paying account whose only active user stopped; it cancelled on `cancel_date` (None: it stayed, or the data ended)."""

    account_id: str
    user_id: str
    stopped_date: str
    cancel_date: str | None


@dataclass(frozen=True)
class Base:
    """Plain totals and rates of the whole demo."""

    users: int
    accounts: int
    event_lines: int
    activation_7d: float
    accounts_that_ever_paid: int
    free_to_paid_monthly: float
    paid_churn_monthly: float
    paying_at_end: int
    mrr_at_end_cents: int
    leads: int


@dataclass(frozen=True)
class Truth:
    """Everything planted, and what came of it."""

    seed: int
    size: str
    start: str
    last_day: str
    base: Base
    drivers: Drivers
    penalty: Penalty
    activation_drop: ActivationDrop
    experiments: list[ExperimentTruth]
    fake_ring: FakeRing
    consent: Consent
    viral: Viral
    champion_churn: list[ChampionChurn]
    totals: FileTruth
    gross_margin: dict[str, float]
    never_received: int
    files: dict[str, FileTruth] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write as JSON with sorted keys; rates that have no denominator are null."""
        text = json.dumps(_plain(dataclasses.asdict(self)), indent=1, sort_keys=True, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value


def total(files: list[FileTruth]) -> FileTruth:
    """The sum over files."""
    reasons = sorted({reason for file in files for reason in file.quarantined})
    return FileTruth(
        lines=sum(file.lines for file in files),
        accepted=sum(file.accepted for file in files),
        duplicates=sum(file.duplicates for file in files),
        blank=sum(file.blank for file in files),
        late=sum(file.late for file in files),
        quarantined={reason: sum(file.quarantined.get(reason, 0) for file in files) for reason in reasons},
    )
