"""What the controls of a day make of each risk: residual score, status, and who is to be told by now.

Pure decisions on rows that were already computed; measuring is in `controls.py`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.actions.acceptance import StandingAcceptance, acceptances_on
from plg_orchestration.governance.actions.likelihood import StandingLikelihood, standing_likelihoods
from plg_orchestration.governance.policy import LEVELS, Control, GovernancePolicy, Risk
from plg_orchestration.governance.register.lowered import Lowered, Scored, lowered_on
from plg_orchestration.governance.register.reviews import Review, reviews_on
from plg_orchestration.governance.tables import RISKS
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Query, Warehouse

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ControlState:
    """One control's state on the day, as far as a risk is concerned."""

    control: Control
    status: ControlStatus
    failed_since: dt.date | None


@dataclass(frozen=True)
class RiskState:
    """What the controls make of a risk: residual score, status, the role to be told, and the reason."""

    residual_score: int
    status: str
    escalation: str | None
    reason: str


def risks_on(warehouse: Warehouse, policy: GovernancePolicy, as_of: AsOf) -> "pd.DataFrame":
    """The rows of `governance.risks` for the day, from the day's controls and what was recorded by then.

    Beside the controls count acceptances of risks and of likelihoods, reviews, and the newest stored day before.
    """
    import pandas as pd

    rows = warehouse.frame(Query("evaluated", "select * from governance.controls where as_of = $as_of", as_of.parameters()))
    reviews = reviews_on(warehouse, {name: risk.review_every_days for name, risk in policy.risks.items()}, as_of)
    frame = derive_risks(
        rows, policy, as_of, acceptances=acceptances_on(warehouse, as_of.date), reviews=reviews,
        likelihoods=standing_likelihoods(warehouse, as_of.date),
    )  # fmt: skip
    names = ["risk_id", "likelihood", "impact", "residual_score", "likelihood_basis"]
    today = {str(risk): Scored(*scores) for risk, *scores in frame[names].itertuples(index=False)}
    lowered = lowered_on(warehouse, as_of, today, {name: review.reviewed_at for name, review in reviews.items()})
    for column, values in _lowered_columns([lowered.get(str(risk)) for risk in frame["risk_id"]]).items():
        frame[column] = pd.Series(values, index=frame.index, dtype=object)
    return frame


def _lowered_columns(found: list[Lowered | None]) -> dict[str, list[object]]:
    return {
        "lowered_from": [one.score if one else None for one in found],
        "lowered_on": [one.on if one else None for one in found],
        "lowered_why": [one.why if one else None for one in found],
    }


def derive_risks(
    controls: "pd.DataFrame", policy: GovernancePolicy, as_of: AsOf, *,
    acceptances: Mapping[str, StandingAcceptance] = MappingProxyType({}),
    likelihoods: Mapping[str, StandingLikelihood] = MappingProxyType({}),
    reviews: Mapping[str, Review] = MappingProxyType({}),
) -> "pd.DataFrame":  # fmt: skip
    """The register on the day, the rows of `governance.risks`, from that day's rows of `governance.controls`.

    A control of the register that has no row counts as `no_data`. The residual score falls below the inherent one only when
    every mandatory control is effective (and there is at least one). `acceptances` are the recorded ones by risk; of one in the
    register and one that was recorded, the longer counts. `likelihoods` are the accepted ones, which count while the register
    says what it said then; `reviews` say when each risk is to be reviewed. `lowered_*` are left null: they need the day before.
    """
    import pandas as pd

    found = _states_by_id(controls)
    rows: list[dict[str, object]] = []
    for risk_id, registered in sorted(policy.risks.items()):
        levelled = likelihoods.get(risk_id)
        counts = levelled is not None and levelled.holds_for(registered)
        risk = registered.model_copy(update={"likelihood": levelled.level}) if levelled and counts else registered
        states = [ControlState(c, *found.get(c.id, (ControlStatus.NO_DATA, None))) for c in policy.controls_of(risk_id)]
        accepted = acceptance_of(risk, acceptances.get(risk_id))
        state = judge_risk(risk, states, as_of.date, order=policy.escalation_order, accepted=accepted)
        review = reviews.get(risk_id)
        late = f"; its review is overdue since {review.due}" if review is not None and review.overdue(as_of.date) else ""
        rows.append({
            **_registered(risk), "as_of": as_of.date, "residual_score": state.residual_score, "status": state.status,
            "escalation": state.escalation, "controls": len(states),
            "effective": sum(s.status is ControlStatus.EFFECTIVE for s in states), "reason": f"{state.reason}{late}",
            "accepted_until": accepted.until if accepted else None, "registered_likelihood": LEVELS[registered.likelihood],
            "likelihood_basis": f"acceptance {levelled.number}" if levelled and counts else "register",
            "reviewed_at": review.reviewed_at if review else None, "review_due": review.due if review else None,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(RISKS.column_names))


def _registered(risk: Risk) -> dict[str, object]:
    """What the register itself says of the risk."""
    return {
        "risk_id": risk.id, "title": risk.title, "category": risk.category, "priority": risk.priority,
        "likelihood": LEVELS[risk.likelihood], "impact": LEVELS[risk.impact], "inherent_score": risk.inherent_score,
        "owner": risk.owner, "description": risk.description, "impact_range": risk.impact_range, "treatment": risk.treatment,
        "source_rank": risk.source_rank, "key_controls": "; ".join(risk.key_controls) or None,
        "escalation_path": risk.escalation, "review_every_days": risk.review_every_days,
    }  # fmt: skip


def acceptance_of(risk: Risk, recorded: StandingAcceptance | None = None) -> StandingAcceptance | None:
    """The acceptance that counts for the risk: the register's or the recorded one, whichever ends later; None without any."""
    given = risk.acceptance if risk.treatment == "accept" else None
    registered = StandingAcceptance(given.until, "the acceptance in the register") if given else None
    found = [acceptance for acceptance in (registered, recorded) if acceptance is not None]
    return max(found, key=lambda acceptance: acceptance.until, default=None)


def judge_risk(
    risk: Risk, states: list[ControlState], today: dt.date, *, order: tuple[str, ...],
    accepted: StandingAcceptance | None = None,
) -> RiskState:  # fmt: skip
    """The risk's state on `today`: `controlled`, `open`, `unproven`, `accepted` or `acceptance_expired`."""
    mandatory = [state for state in states if state.control.mandatory]
    lacking = [state for state in mandatory if state.status is not ControlStatus.EFFECTIVE]
    proven = bool(mandatory) and not lacking
    residual = risk.controlled_score if proven else risk.inherent_score
    escalation = escalation_due(states, today, order=order)
    if accepted is not None:
        if today <= accepted.until:
            return RiskState(residual, "accepted", escalation, f"accepted until {accepted.until} ({accepted.said})")
        reason = f"{accepted.said} expired on {accepted.until}; accept the risk anew, or take the acceptance back"
        return RiskState(residual, "acceptance_expired", escalation or risk.owner, reason)
    if proven:
        beside = [state for state in states if not state.control.mandatory and state.status is not ControlStatus.EFFECTIVE]
        reason = f"all {len(mandatory)} mandatory controls are effective"
        return RiskState(residual, "controlled", escalation, f"{reason}; beside them {_named(beside)}" if beside else reason)
    if any(state.status is not ControlStatus.NO_DATA for state in lacking):
        return RiskState(residual, "open", escalation, _named(lacking))
    return RiskState(residual, "unproven", escalation, _named(lacking) if lacking else "no mandatory control is registered")


def escalation_due(states: list[ControlState], today: dt.date, *, order: tuple[str, ...]) -> str | None:
    """The role furthest up in `order` that must know by `today` of a control that failed; None when none has.

    A failure that is younger than its first escalation step concerns the control's owner only.
    """
    due: list[tuple[int, str]] = []
    for state in states:
        if state.failed_since is None:
            continue
        age = (today - state.failed_since).days * 24
        reached = [(order.index(step.to), step.to) for step in state.control.escalate if step.hours <= age]
        due.append(max(reached, default=(-1, state.control.owner)))
    return max(due)[1] if due else None


def _named(states: list[ControlState]) -> str:
    return "; ".join(f"{state.control.id} {state.control.metric}: {state.status.replace('_', ' ')}" for state in states)


def _states_by_id(controls: "pd.DataFrame") -> dict[str, tuple[ControlStatus, dt.date | None]]:
    import pandas as pd

    states: dict[str, tuple[ControlStatus, dt.date | None]] = {}
    for row in cast("list[dict[str, object]]", controls.to_dict("records")):
        since = row["failed_since"]
        date = None if since is None or since is pd.NaT else pd.Timestamp(cast("dt.date", since)).date()
        states[str(row["control_id"])] = (ControlStatus(str(row["status"])), date)
    return states
