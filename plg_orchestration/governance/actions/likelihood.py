"""Accepting what observed breaches say of a risk's likelihood, and which accepted likelihood counts on a day.

What breaches propose is decided in `governance/register/likelihood.py`; what a likelihood makes of a score, in
`governance/risks.py`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration.config.problems import choose
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.actions.four_eyes import second_person_lacks
from plg_orchestration.governance.actions.records import (
    LEVELLED,
    LikelihoodAcceptance,
    RefusedAction,
    enter,
    likelihood_entry,
    made,
)
from plg_orchestration.governance.actions.tables import LIKELIHOODS
from plg_orchestration.warehouse import Query, Warehouse

if TYPE_CHECKING:
    from plg_orchestration.clock import AsOf
    from plg_orchestration.config.workspace import Workspace
    from plg_orchestration.governance.policy import Level, Risk

NAMES = ("low", "medium", "high")


@dataclass(frozen=True)
class AcceptingLikelihood:
    """What a person says of a risk's likelihood: the level that is to be used from now on, and why."""

    risk_id: str
    level: str
    person: str
    rationale: str
    requested_by: str | None = None


@dataclass(frozen=True)
class StandingLikelihood:
    """An accepted likelihood: the level, which level of the register it replaces, since when, by whom, and its number."""

    level: "Level"
    registered: "Level"
    since: dt.date
    person: str
    number: int

    def holds_for(self, risk: "Risk") -> bool:
        """Whether it counts: the register still says what it said when the level was accepted."""
        return risk.likelihood == self.registered


def accept_likelihood(
    warehouse: Warehouse, word: AcceptingLikelihood, *, workspace: "Workspace", recorded_at: dt.datetime
) -> LikelihoodAcceptance:  # fmt: skip
    """Record that a person accepts a proposed likelihood and judge the newest day's risks anew; the record.

    Only what is proposed on the newest day can be accepted, or the register's own level again. `recorded_at` is a naive UTC time.
    RefusedAction when the risk or level is not known or not proposed, the name or rationale is missing, or without a second
    person where policy asks for one.
    """
    policy = workspace.governance
    if policy.actions.demands("accept-likelihood"):
        lacking = second_person_lacks("accept-likelihood", word.person, word.requested_by)
        if lacking is not None:
            raise RefusedAction(lacking)
    file = workspace.root / policy.actions.likelihoods_file
    lines, problems = enter(warehouse, LEVELLED, file, likelihood_entry)
    if problems:
        raise RefusedAction(f"nothing was recorded: {problems[0]}")
    risk = policy.risks.get(word.risk_id.strip())
    if risk is None:
        raise RefusedAction(f"risk {word.risk_id!r} is not in the register; {choose(word.risk_id, policy.risks, what='risks')}")
    level = word.level.strip().lower()
    if level not in NAMES:
        raise RefusedAction(f"likelihood {word.level!r} is none; write low, medium or high")
    day, proposal = _proposed(warehouse, risk, level, last_words(lines.records).get(risk.id))
    values = {
        "number": lines.next_number, "risk_id": risk.id, "as_of": day, "registered": risk.likelihood, "level": level,
        "proposal": proposal, "person": word.person, "requested_by": (word.requested_by or "").strip() or None,
        "recorded_at": recorded_at, "rationale": word.rationale,
    }  # fmt: skip
    record = made(LikelihoodAcceptance, "likelihood_id", values)
    failpoint("likelihood.checked")
    LEVELLED.append(file, record)
    failpoint("likelihood.recorded")
    enter(warehouse, LEVELLED, file, likelihood_entry)
    failpoint("likelihood.entered")
    settle_likelihood(warehouse, workspace.as_of(day), workspace)
    return record


def settle_likelihood(warehouse: Warehouse, as_of: "AsOf", workspace: "Workspace") -> None:
    """Publish the accepted likelihoods, and the day's proposals and risks as they are with them."""
    from plg_orchestration.governance.register.likelihood import likelihood_proposals
    from plg_orchestration.governance.register.tables import LIKELIHOOD_PROPOSALS
    from plg_orchestration.governance.risks import risks_on
    from plg_orchestration.governance.tables import RISKS

    policy = workspace.governance
    warehouse.republish([LIKELIHOODS], as_of.date)
    warehouse.publish(LIKELIHOOD_PROPOSALS, lambda _: likelihood_proposals(warehouse, policy, as_of), [as_of.date])
    warehouse.publish(RISKS, lambda _: risks_on(warehouse, policy, as_of), [as_of.date])


def standing_likelihoods(warehouse: Warehouse, day: dt.date) -> Mapping[str, StandingLikelihood]:
    """The last word on each risk's likelihood that was recorded by the day, by risk."""
    warehouse.ensure(LIKELIHOODS)
    names = LIKELIHOODS.column_names
    rows = warehouse.rows(Query("said", "select * from governance.likelihoods where as_of <= $day order by number", {"day": day}))
    return last_words(LikelihoodAcceptance.model_validate(dict(zip(names, row, strict=True))) for row in rows)


def last_words(records: Iterable[LikelihoodAcceptance]) -> Mapping[str, StandingLikelihood]:
    """The last of the records on each risk, by risk."""
    return {
        record.risk_id: StandingLikelihood(record.level, record.registered, record.as_of, record.person, record.number)
        for record in records
    }


def _proposed(warehouse: Warehouse, risk: "Risk", level: str, standing: StandingLikelihood | None) -> tuple[dt.date, str]:
    """The newest day, and the figures of the proposal that stands on it; RefusedAction when the level is not proposed."""
    text = """select as_of, verdict, observed_level, reason from governance.likelihood_proposals
        where as_of = (select max(as_of) from governance.risks) and risk_id = $risk"""
    there = warehouse.exists("governance.likelihood_proposals") and warehouse.exists("governance.risks")
    rows = warehouse.rows(Query("proposed", text, {"risk": risk.id})) if there else []
    if not rows:
        raise RefusedAction(f"no night has looked at the likelihood of {risk.id} yet; run `plg run` first")
    day, verdict, observed, reason = rows[0]
    assert isinstance(day, dt.date)
    if verdict == "proposed" and observed == level:
        return day, str(reason)
    if standing is not None and standing.holds_for(risk) and standing.level != level == risk.likelihood:
        return day, f"back to what the register says; {reason}"
    raise RefusedAction(f"{level} is not proposed for {risk.id} on {day}: {reason}; nothing was recorded")
