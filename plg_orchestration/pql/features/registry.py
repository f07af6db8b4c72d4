"""The features of a user on a day, one entry each: what it answers, over which window, its type and what it may be used for.

`features.sql` computes them; the columns of `pql.features`, the inputs of trained models and the documentation are derived from
this list. A signal that is the outcome itself is declared here as such and never becomes a model's input.
"""

import re
from dataclasses import dataclass
from typing import Literal

Use = Literal["scoring", "audit", "outcome_signal"]


@dataclass(frozen=True)
class Feature:
    """One column of `pql.features`.

    `window` is in words; `type` is DuckDB's. `use`: `scoring` features may enter any scorer, `audit` ones only describe groups,
    and an `outcome_signal` may earn points in a rule but never enters a trained model. `personal` marks what describes a person
    rather than what they did. `missing` is what an unknown value counts as in a trained model, `said` how a seller
    is told (the name in words when empty).
    """

    name: str
    question: str
    window: str
    type: str
    use: Use = "scoring"
    personal: bool = False
    missing: float = 0.0
    said: str = ""


def _count(name: str, question: str, window: str, missing: float = 0.0) -> Feature:
    return Feature(name, question, window, "BIGINT", missing=missing, said=_in_words(name))


def _in_words(name: str) -> str:
    """How a seller is told of a count: `account_limit_hits_28d` is limit hits of the whole account in 28 days."""
    name = name.replace("_first_14", " in the first 14 days").replace("_1d", " on the last day")
    counted, _, days = re.sub(r"_(\d+)d$", r"|\1", name).partition("|")
    owner = " of the whole account" if counted.startswith("account_") else ""
    return counted.removeprefix("account_").replace("_", " ") + owner + (f" in {days} days" if days else "")


def _flag(name: str, question: str, window: str = "ever", use: Use = "scoring") -> Feature:
    return Feature(name, question, window, "BOOLEAN", use)


FEATURES: tuple[Feature, ...] = (
    Feature("segment", "How large is the account's company?", "latest", "VARCHAR"),
    Feature("channel", "Through which channel did the user arrive?", "latest", "VARCHAR"),
    Feature("industry", "In which industry is the account?", "latest", "VARCHAR", "audit"),
    Feature("region", "In which region is the user, else the account?", "latest", "VARCHAR", "audit", personal=True),
    Feature("language", "Which language does the user read?", "latest", "VARCHAR", "audit", personal=True),
    Feature("device", "On which kind of device did the user sign up?", "latest", "VARCHAR", "audit", personal=True),
    _flag("company_size_fit", "Does the company's size match the ideal customer profile? Unknown without a size.", "latest"),
    _flag("industry_fit", "Is the industry one of the target verticals? Unknown without an industry.", "latest"),
    _count("tenure_days", "How many whole days ago did the user sign up?", "since signup"),
    _count("events_1d", "How many qualifying events on the last day?", "1 day"),
    _count("events_7d", "How many qualifying events in the last 7 days?", "7 days"),
    _count("events_14d", "How many qualifying events in the last 14 days?", "14 days"),
    _count("events_28d", "How many qualifying events in the last 28 days?", "28 days"),
    _count("events_30d", "How many qualifying events in the last 30 days?", "30 days"),
    _count("active_days_7d", "On how many of the last 7 days was the user active?", "7 days"),
    _count("active_days_14d", "On how many of the last 14 days was the user active?", "14 days"),
    _count("active_days_28d", "On how many of the last 28 days was the user active?", "28 days"),
    _count("active_days_30d", "On how many of the last 30 days was the user active?", "30 days"),
    _count("active_days_first_14", "On how many of the first 14 days after signup was the user active?", "first 14 days"),
    _count("longest_streak_28d", "How many consecutive days was the longest run of active days?", "28 days"),
    _count("days_since_last_active", "How many days ago was the last active day? Unknown when never active.", "lookback", 400.0),
    Feature("events_trend", "Did activity grow? ln((events of 7 days + 1) / (of the 7 before + 1))", "14 days", "DOUBLE"),
    _count("sessions_28d", "How many sessions?", "28 days"),
    _count("core_events_28d", "How many uses of core features?", "28 days"),
    _count("core_features_28d", "How many distinct core features were used lately?", "28 days"),
    _count("core_features_ever", "How many distinct core features were ever used?", "ever"),
    _count("items_created", "How many items or projects were created?", "ever"),
    _count("items_created_28d", "How many items or projects were created lately?", "28 days"),
    _count("collaborations_28d", "How many collaborations, such as comments and shares?", "28 days"),
    _count("invites_sent", "How many people were invited?", "ever"),
    _count("invites_accepted", "How many invited people joined?", "ever"),
    _flag("integration_connected", "Was an integration connected?"),
    _count("onboarding_steps", "How many distinct onboarding steps were taken?", "ever"),
    _flag("onboarding_completed", "Was the onboarding flow completed, or every declared step taken?"),
    _flag("activated", "Was the activation milestone reached?"),
    _count("days_since_activation", "How many whole days ago was the activation milestone reached?", "ever"),
    _count("limit_hits_28d", "How often was a limit of the free plan hit?", "28 days"),
    _count("pricing_views_28d", "How often was the pricing page viewed?", "28 days"),
    _count("premium_attempts_28d", "How often was a premium feature tried?", "28 days"),
    _count("help_views_28d", "How often was help viewed?", "28 days"),
    _count("errors_shown_28d", "How many errors did the user see?", "28 days"),
    _count("support_tickets_90d", "How many support tickets did the user open?", "90 days"),
    _count("account_tickets_90d", "How many support tickets did the account open?", "90 days"),
    _count("account_open_tickets", "How many support tickets of the account are open?", "now"),
    _count("account_members", "How many users does the account have?", "ever"),
    _count("account_active_seats_28d", "How many users of the account were active?", "28 days"),
    _count("account_core_events_28d", "How many uses of core features in the whole account?", "28 days"),
    _count("account_core_features_28d", "How many distinct core features did the account use lately?", "28 days"),
    _count("account_limit_hits_28d", "How often did the account hit a limit of the free plan?", "28 days"),
    _count("account_pricing_views_28d", "How often did the account view the pricing page?", "28 days"),
    _count("account_premium_attempts_28d", "How often did the account try a premium feature?", "28 days"),
    _count("account_invites_sent_28d", "How many people did the account invite?", "28 days"),
    _flag("account_integration_connected", "Did anybody of the account connect an integration?"),
    _count("account_tenure_days", "How many whole days ago did the account begin?", "since signup"),
    _count("teammates", "How many accepted invites or other active seats, whichever is more?", "28 days"),
    _flag("on_trial", "Is the account on a trial?", "now"),
    _flag("payment_info_added", "Was payment information entered?", use="outcome_signal"),
    Feature(
        "spending_signals", "How many signals of spending: payment information, and trials after the first (extended or add-on)?",
        "ever", "BIGINT", "outcome_signal",
    ),
    _flag("is_paying", "Does the account pay?", "now", "outcome_signal"),
    _flag("in_sales", "Is the account in a sales conversation?", "90 days", "outcome_signal"),
)  # fmt: skip
"""Every column of `pql.features` after the unit's ids, in the order of the table."""

CATEGORIES: tuple[str, ...] = tuple(f.name for f in FEATURES if f.type == "VARCHAR")
"""The features that are words: what groups can be told apart by."""

MEASURES: tuple[str, ...] = tuple(f.name for f in FEATURES if f.type != "VARCHAR")
"""The features that are numbers or flags: what points can be given for."""


def feature(name: str) -> Feature:
    """The registered feature of that name; ValueError names the unknown one."""
    for registered in FEATURES:
        if registered.name == name:
            return registered
    raise ValueError(f"feature {name!r} is not registered; registered are {', '.join(f.name for f in FEATURES)}")
