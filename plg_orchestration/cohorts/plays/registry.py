"""What makes a success play due: the packaged triggers, and the outcomes by which a play is judged.

A trigger is one SQL file of its name beside this module. Which plays use it, and how they act, is configuration (`policy.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Unit = Literal["user", "account"]


@dataclass(frozen=True)
class Trigger:
    """One SQL file `<name>.sql` that gives the units which are due on a day, one row each.

    Columns: unit_id, account_id, contact_id (the person whom the play addresses), strength (orders plays of one priority, the
    highest first), judgment (why a person must take it; null when not), reason (the play's `why`, filled) and evidence (JSON).
    `evidence` are the names that `why` may use, `settings` the figures that a play may set, with their defaults. `tables` must
    be built for the night and `needs` be met by the workspace, else plays of this trigger are left out with that reason.
    """

    name: str
    unit: Unit
    question: str
    evidence: tuple[str, ...]
    settings: Mapping[str, float] = field(default_factory=dict[str, float])
    tables: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Success:
    """An outcome that a play is for: reached on the first day after the start on which it is true; `units` can reach it.

    Where `need` is not met the outcome cannot be seen, and every attempt would count as failed: plays for it are left out.
    """

    name: str
    question: str
    units: tuple[Unit, ...]
    need: str


@dataclass(frozen=True)
class Fact:
    """An observable fact that makes a person's case complex, counted over some days; `need` must be met for it to count."""

    name: str
    question: str
    need: str = "source:events"


_TRIGGERS = (
    Trigger(
        "activation_rescue", "user", "Who is under the activation score's threshold 48 hours after signup?",
        ("age_hours", "score", "threshold"), {"max_age_days": 14}, ("cohorts.activation_scores",),
    ),
    Trigger(
        "zombie_resurrection", "user", "Who signed up some days ago and never activated?",
        ("days_since_signup",), {"min_age_days": 7, "max_age_days": 60}, ("cohorts.segments",),
    ),
    Trigger(
        "second_use_case", "user", "Which qualified lead, not held back, uses fewer core features than a second use case takes?",
        ("features_used", "feature", "score"), {"use_cases": 2}, ("pql.decisions",), ("role:core_feature",),
    ),
    Trigger(
        "power_user_spread", "account", "Which account's use hangs on one person, who is still active?",
        ("champion_share", "active_users"), {"max_silent_days": 7}, ("cohorts.segments",),
    ),
    Trigger(
        "champion_churn_defence", "account", "Which paying account's champion has fallen silent?",
        ("champion_silent_days", "champion_share", "account_value"), {}, ("cohorts.segments",),
    ),
    Trigger(
        "expansion_ready", "account", "Which account uses the product deeply, with rising collaboration?",
        ("active_users", "account_value", "segment_reason"), {}, ("cohorts.segments",),
    ),
    Trigger(
        "upgrade_moment", "user", "Who has just hit a limit, in an account that has not upgraded since?",
        ("limit_hits", "last_hit_on"), {"days": 3}, (), ("role:limit_hit",),
    ),
    Trigger(
        "human_escalation", "user", "For whom have low-touch attempts failed, or whose case is too complex for an agent?",
        ("failed_attempts", "complexity", "waiting"), {"recent_days": 14},
    ),
)  # fmt: skip
TRIGGERS: Mapping[str, Trigger] = MappingProxyType({trigger.name: trigger for trigger in _TRIGGERS})

_SUCCESSES = (
    Success("activated", "Did the user reach the activation milestone?", ("user",), "role:activation"),
    Success("second_use_case", "Did the user use a second core feature for the first time?", ("user",), "role:core_feature"),
    Success(
        "second_stakeholder_active", "Were two different users of the account active since the start?", ("account",), "actor:user"
    ),
    Success(
        "upgraded",
        "Was a higher plan bought, or is more paid a month than the day before?",
        ("user", "account"),
        "source:subscriptions|role:plan_upgraded",
    ),
    Success("core_feature_used", "Was a core feature used?", ("user", "account"), "role:core_feature"),
)
SUCCESSES: Mapping[str, Success] = MappingProxyType({success.name: success for success in _SUCCESSES})

_FACTS = (
    Fact("open_tickets", "How many of the person's tickets are open?", "source:tickets"),
    Fact("errors_shown", "How many errors met the person?", "role:error_shown"),
    Fact("help_views", "How often did the person look for help?", "role:help_viewed"),
    Fact("teammates", "How many others of the account were active?"),
)
FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _FACTS})
