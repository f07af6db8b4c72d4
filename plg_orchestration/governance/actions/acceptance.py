"""Accepting a risk: recorded with owner and end, or taken back; and which acceptance counts on a day.

What an acceptance makes of a risk's status is decided in `governance/risks.py`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.config.problems import choose
from plg_orchestration.config.workspace import Workspace
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.actions.four_eyes import second_person_lacks
from plg_orchestration.governance.actions.records import (
    ACCEPTED,
    RefusedAction,
    RiskAcceptance,
    acceptance_entry,
    enter,
    made,
)
from plg_orchestration.governance.actions.tables import ACCEPTANCES
from plg_orchestration.warehouse import Query, Warehouse


@dataclass(frozen=True)
class Accepting:
    """What a person says of a risk: accepted until a day and why, or, without a day, accepted no more."""

    risk_id: str
    person: str
    rationale: str
    until: dt.date | None
    requested_by: str | None = None


@dataclass(frozen=True)
class StandingAcceptance:
    """An acceptance that counts on a day, ended or not; `said` names it without naming a person."""

    until: dt.date
    said: str


def accept_risk(warehouse: Warehouse, word: Accepting, *, workspace: Workspace, recorded_at: dt.datetime) -> RiskAcceptance:
    """Record that a person accepts a risk until a day (or takes that back) and judge the newest day's risks anew; the record.

    `recorded_at` is a naive UTC time. RefusedAction when the risk is not in the register, the day is past or too far, there is
    nothing to take back, the name or rationale is missing, or without a second person where policy asks for one.
    """
    policy = workspace.governance
    if policy.actions.demands("accept-risk") and (lacking := second_person_lacks("accept-risk", word.person, word.requested_by)):
        raise RefusedAction(lacking)
    file = workspace.root / policy.actions.acceptances_file
    lines, problems = enter(warehouse, ACCEPTED, file, acceptance_entry)
    if problems:
        raise RefusedAction(f"nothing was recorded: {problems[0]}")
    day = _newest_day(warehouse)
    risk = policy.risks.get(word.risk_id.strip())
    if risk is None:
        raise RefusedAction(f"risk {word.risk_id!r} is not in the register; {choose(word.risk_id, policy.risks, what='risks')}")
    _checked(word, in_force(lines.records, day), day, policy.actions.longest_acceptance_days)
    asked = (word.requested_by or "").strip() or None
    values = {
        "number": lines.next_number, "risk_id": risk.id, "action": "accept" if word.until else "withdraw", "as_of": day,
        "until": word.until, "owner": risk.owner, "person": word.person, "requested_by": asked,
        "recorded_at": recorded_at, "rationale": word.rationale,
    }  # fmt: skip
    record = made(RiskAcceptance, "acceptance_id", values)
    failpoint("acceptance.checked")
    ACCEPTED.append(file, record)
    failpoint("acceptance.recorded")
    enter(warehouse, ACCEPTED, file, acceptance_entry)
    failpoint("acceptance.entered")
    settle(warehouse, workspace.as_of(day), workspace)
    return record


def settle(warehouse: Warehouse, as_of: AsOf, workspace: Workspace) -> None:
    """Publish the acceptances, and the day's risks as they are with them."""
    from plg_orchestration.governance.risks import risks_on
    from plg_orchestration.governance.tables import RISKS

    warehouse.republish([ACCEPTANCES], as_of.date)
    warehouse.publish(RISKS, lambda _: risks_on(warehouse, workspace.governance, as_of), [as_of.date])


def acceptances_on(warehouse: Warehouse, day: dt.date) -> Mapping[str, StandingAcceptance]:
    """The recorded acceptances that count on the day, by risk: the last word on each, unless it was taken back."""
    warehouse.ensure(ACCEPTANCES)
    names = ACCEPTANCES.column_names
    rows = warehouse.rows(Query("said", "select * from governance.acceptances where as_of <= $day order by number", {"day": day}))
    return in_force((RiskAcceptance.model_validate(dict(zip(names, row, strict=True))) for row in rows), day)


def in_force(records: Iterable[RiskAcceptance], day: dt.date) -> Mapping[str, StandingAcceptance]:
    """Which of the records count on the day, by risk, as `acceptances_on`."""
    found: dict[str, StandingAcceptance] = {}
    for record in records:
        if record.as_of > day:
            continue
        found.pop(record.risk_id, None)
        if record.until is not None:
            found[record.risk_id] = StandingAcceptance(record.until, f"acceptance {record.number}")
    return found


def _newest_day(warehouse: Warehouse) -> dt.date:
    day = warehouse.scalar("select max(as_of) from governance.risks") if warehouse.exists("governance.risks") else None
    if not isinstance(day, dt.date):
        raise RefusedAction("no night has judged the risks yet; run `plg run` first")
    return day


def _checked(word: Accepting, standing: Mapping[str, StandingAcceptance], day: dt.date, longest: int) -> None:
    if word.until is None:
        if word.risk_id.strip() not in standing:
            raise RefusedAction(f"no recorded acceptance of {word.risk_id} is there to be taken back")
        return
    if word.until <= day:
        raise RefusedAction(f"--until {word.until} is not after the newest day {day}; name a later day")
    if (word.until - day).days > longest:
        last = day + dt.timedelta(days=longest)
        raise RefusedAction(f"--until {word.until} is too far; a risk is accepted for {longest} days at most, until {last}")
