"""Recent signups by hand, as the rules read them, without a warehouse."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance.abuse.forest import COUNTS
from plg_orchestration.governance.abuse.people import Evidence
from plg_orchestration.governance.abuse.policy import AbusePolicy
from plg_orchestration.governance.abuse.rules import Judged, judge_signups
from plg_orchestration.governance.policy import GovernancePolicy

DAY = AsOf(dt.date(2025, 6, 30))
POLICY: AbusePolicy = load_default("governance", GovernancePolicy).abuse
THROW_AWAY = ("mailinator.com",)


def person(
    name: str, account: str | None = None, domain: str | None = None, at: str = "2025-06-10 09:00", *, idle: bool = False,
    paying: bool = False, **counts: float,
) -> dict[str, object]:  # fmt: skip
    """One signup; `counts` are features of the first days, 0 where they are not named."""
    signup = pd.Timestamp(at)
    return {
        "user_id": name, "account_id": account, "email_domain": domain, "signup_at": signup, "signup_date": signup.date(),
        "paying": paying, "days_known": (DAY.date - signup.date()).days, "idle": idle, **dict.fromkeys(COUNTS, 0.0), **counts,
    }  # fmt: skip


def evidence(
    people: Sequence[dict[str, object]], *, devices: dict[str, Sequence[str]] | None = None,
    addresses: dict[str, Sequence[str]] | None = None, invites: Sequence[tuple[str, str]] = (),
) -> Evidence:  # fmt: skip
    """The people with their devices and addresses (mark to names) and invitations (inviter, invitee)."""
    marks = [
        (user, kind, mark)
        for kind, carried in (("device", devices or {}), ("address", addresses or {}))
        for mark, users in carried.items()
        for user in users
    ]
    return Evidence(
        pd.DataFrame(people).sort_values("user_id", ignore_index=True),
        pd.DataFrame(marks, columns=["user_id", "kind", "mark"], dtype=str),
        pd.DataFrame(list(invites), columns=["inviter_id", "invitee_id"], dtype=str),
    )


def judged(given: Evidence, **limits: object) -> Judged:
    """What the rules say under the packaged limits and these."""
    return judge_signups(given, policy=POLICY.model_copy(update=limits), disposable=THROW_AWAY)


def found(given: Evidence, **limits: object) -> dict[str, list[str]]:
    """Whom each rule suspects."""
    rows = judged(given, **limits).suspects
    return {rule: list(of["unit_id"]) for rule, of in rows.groupby("rule")}
