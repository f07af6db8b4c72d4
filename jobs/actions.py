"""What people do, from Dagster's launchpad: acknowledge an incident or alert, accept a risk or a likelihood, approve a model,
change a decision.

`plg acknowledge`, `accept-risk`, `accept-likelihood`, `approve` and `override` do the same from the command line; the steps
are in the library. Each job names who acts, why, and who asked for it where four eyes are required
(`governance.actions.four_eyes`).
"""

import datetime as dt

import dagster as dg
from pydantic import ValidationError

from plg_orchestration.errors import PlgError
from plg_orchestration.governance.actions.acceptance import Accepting, accept_risk
from plg_orchestration.governance.actions.incidents import Acknowledging
from plg_orchestration.governance.actions.likelihood import AcceptingLikelihood, accept_likelihood
from plg_orchestration.governance.audit_log.keeping import flush
from plg_orchestration.kpis.alerts.actions import acknowledge
from plg_orchestration.pql.promotion.approvals import Approval
from plg_orchestration.pql.promotion.people import approve
from plg_orchestration.pql.routing.overrides import Word, record_override
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import repeat_entries
from plg_orchestration.wall_clock import SystemClock


class Acknowledgement(dg.Config):
    """Which incident or alert is acknowledged by whom, and what they say; `until` a day (YYYY-MM-DD), an alert is snoozed."""

    incident_id: str
    person: str
    note: str
    requested_by: str = ""
    until: str = ""


class Acceptance(dg.Config):
    """Which risk is accepted by whom, why and until when (YYYY-MM-DD); without a day an acceptance is taken back."""

    risk_id: str
    person: str
    rationale: str
    until: str = ""
    requested_by: str = ""


class LikelihoodAcceptance(dg.Config):
    """Which proposed likelihood (low, medium or high) of which risk is accepted by whom, and why."""

    risk_id: str
    level: str
    person: str
    rationale: str
    requested_by: str = ""


class ModelApproval(dg.Config):
    """Which version is approved by whom, who asked for it, why, and the last day on which it holds (by default as configured)."""

    version: str
    reviewer: str
    requested_by: str
    rationale: str
    expires_on: str = ""
    target: str = "conversion"


class DecisionOverride(dg.Config):
    """Which decision is changed by whom and why: `action` is route (to `team`), hold, suppress or release."""

    decision_id: str
    action: str
    person: str
    rationale: str
    team: str = ""
    until: str = ""
    requested_by: str = ""


@dg.op(
    name="acknowledge_one_incident",
    description="Record that a person has taken note of an incident, whose response clock stops, or of an alert.",
)
def acknowledge_one(context: dg.OpExecutionContext, config: Acknowledgement, warehouse: WarehouseResource) -> str:
    """The identity of the record; it is an error when nothing of that name is open or the second person is missing."""
    word = Acknowledging(config.incident_id, config.person, config.note, config.requested_by or None)
    here, now = warehouse.workspace, _now()
    with warehouse.open() as opened:
        done = acknowledge(opened, word, workspace=here, recorded_at=now, until=_day("until", config.until))
        flush(here, opened, at=now)
    context.add_output_metadata({"incident": done.incident_id, "by": done.person, "note": done.note})
    return done.acknowledgement_id


@dg.op(name="accept_one_risk", description="Record that a person accepts the risk until a day, or accepts it no more.")
def accept_one(context: dg.OpExecutionContext, config: Acceptance, warehouse: WarehouseResource) -> str:
    """The identity of the record; it is an error when the risk is not known, the day is wrong or the second person is missing."""
    word = Accepting(config.risk_id, config.person, config.rationale, _day("until", config.until), config.requested_by or None)
    here, now = warehouse.workspace, _now()
    with warehouse.open() as opened:
        done = accept_risk(opened, word, workspace=here, recorded_at=now)
        flush(here, opened, at=now)
    context.add_output_metadata({"risk": done.risk_id, "by": done.person, "until": str(done.until), "rationale": done.rationale})
    return done.acceptance_id


@dg.op(name="accept_one_likelihood", description="Record that a person accepts the proposed likelihood of a risk.")
def accept_one_likelihood(context: dg.OpExecutionContext, config: LikelihoodAcceptance, warehouse: WarehouseResource) -> str:
    """The identity of the record; it is an error when the level is not proposed or the second person is missing."""
    word = AcceptingLikelihood(config.risk_id, config.level, config.person, config.rationale, config.requested_by or None)
    here, now = warehouse.workspace, _now()
    with warehouse.open() as opened:
        done = accept_likelihood(opened, word, workspace=here, recorded_at=now)
        flush(here, opened, at=now)
    context.add_output_metadata({"risk": done.risk_id, "by": done.person, "from": done.registered, "to": done.level})
    return done.likelihood_id


@dg.op(name="approve_one_model", description="Record the approval and promote the version when every gate still holds.")
def approve_one(
    context: dg.OpExecutionContext, config: ModelApproval, warehouse: WarehouseResource, tracking: TrackingResource
) -> str:
    """Which version routes now; it is an error when the approval is refused or a gate blocks."""
    here, store, now = warehouse.workspace, tracking.open(), _now()
    valid = dt.timedelta(days=here.pql.promotion.approval.valid_days)
    try:
        approval = Approval(
            target=config.target, version=config.version, requested_by=config.requested_by, reviewer=config.reviewer,
            approved_at=now.replace(tzinfo=dt.UTC), rationale=config.rationale,
            expires_on=_day("expires_on", config.expires_on) or now.date() + valid,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise PlgError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}; nothing was recorded") from None
    path = here.root / here.pql.promotion.approval.file
    with warehouse.open() as opened:
        promotion, entry = approve(
            opened, approval, path=path, timezone=here.timezone, policy=here.pql, state=here.state,
            four_eyes=here.governance.actions.demands("approve"),
        )  # fmt: skip
        flush(here, opened, at=now)
    if entry is None:
        raise PlgError(f"recorded in {path.name}, but a gate blocks: {promotion.reason}")
    repeat_entries(store, [entry], target=entry.target, scorer=entry.scorer, version=entry.version)
    context.add_output_metadata({"from": entry.previous, "to": entry.version, "by": entry.actor, "reason": entry.reason})
    return entry.version


@dg.op(name="override_one_decision", description="Record a person's word on a decision of the newest night and change it.")
def override_one(context: dg.OpExecutionContext, config: DecisionOverride, warehouse: WarehouseResource) -> str:
    """The identity of the record; it is an error when the word cannot be followed."""
    here, now = warehouse.workspace, _now()
    if config.action not in ("route", "hold", "suppress", "release"):
        raise PlgError(f"action {config.action!r} is none; write route, hold, suppress or release")
    word = Word(
        config.decision_id, config.action, config.person, config.rationale, config.team or None,
        _day("until", config.until), config.requested_by or None,
    )  # fmt: skip
    with warehouse.open() as opened:
        done = record_override(
            opened, word, policy=here.pql, file=here.root / here.pql.routing.overrides.file, state=here.state,
            recorded_at=now, timezone=here.timezone, four_eyes=here.governance.actions.demands("override"),
        )  # fmt: skip
        flush(here, opened, at=now)
    context.add_output_metadata({"decision": done.decision_id, "was": done.was_status, "is": done.now_status, "by": done.person})
    return done.override_id


@dg.job(
    executor_def=dg.in_process_executor,
    description="Acknowledge an incident or an alert, or snooze an alert: it is on record, and a response clock stops.",
)
def acknowledge_incident() -> None:
    """One step; its configuration names the incident or the alert, the person and the note."""
    acknowledge_one()


@dg.job(executor_def=dg.in_process_executor, name="accept_risk", description="Accept a risk until a day, with owner and reason.")
def accept_risk_job() -> None:
    """One step; its configuration names the risk, the people, the day and the reason."""
    accept_one()


@dg.job(
    executor_def=dg.in_process_executor, name="accept_likelihood",
    description="Accept what observed breaches propose for a risk's likelihood: it is used from the newest day on.",
)  # fmt: skip
def accept_likelihood_job() -> None:
    """One step; its configuration names the risk, the level, the people and the reason."""
    accept_one_likelihood()


@dg.job(executor_def=dg.in_process_executor, description="Approve a model that waits; it routes if every gate still holds.")
def approve_model() -> None:
    """One step; its configuration names the version, the people and the reason."""
    approve_one()


@dg.job(executor_def=dg.in_process_executor, description="Decide otherwise about a lead of the newest night, with a reason.")
def override_decision() -> None:
    """One step; its configuration names the decision, what is to happen, the person and the reason."""
    override_one()


ACTIONS = (acknowledge_incident, accept_risk_job, accept_likelihood_job, approve_model, override_decision)


def _now() -> dt.datetime:
    return SystemClock().now().replace(microsecond=0)


def _day(name: str, text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise PlgError(f"{name}: {text!r} is no date; write it as 2025-12-31") from None
