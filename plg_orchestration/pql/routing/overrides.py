"""A person decides otherwise: the decision of the newest night changes, the record keeps what it was, who, when and why.

How the words are stored is in `records.py`; how they enter decisions is SQL (`person_overrides.sql`, `decisions.sql`).
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from plg_orchestration.clock import AsOf
from plg_orchestration.config.problems import choose
from plg_orchestration.errors import PlgError
from plg_orchestration.governance.actions.four_eyes import second_person_lacks
from plg_orchestration.governance.audit_log.decisions import logged_decisions
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing import night, queries
from plg_orchestration.pql.routing.records import Action, Override, append_record, override_id, read_records, restore
from plg_orchestration.pql.routing.tables import DECISIONS, OVERRIDES, ROUTES
from plg_orchestration.warehouse import Query, Warehouse

OBJECTED = "objected to being contacted"


class RefusedOverride(PlgError):
    """A person's word that cannot be followed; the message says why and what to do."""


@dataclass(frozen=True)
class Word:
    """What a person says: the decision, what is to happen (`team` for a route), who says so and why, and until when it holds."""

    decision_id: str
    action: Action
    person: str
    rationale: str
    team: str | None = None
    until: dt.date | None = None
    requested_by: str | None = None


@dataclass(frozen=True)
class _Standing:
    """The decision as it stands."""

    as_of: dt.date
    target: str
    user_id: str
    route: str
    policy_route: str
    status: str
    reason: str | None


def record_override(
    warehouse: Warehouse, word: Word, *, policy: PqlPolicy, file: Path, state: Path, recorded_at: dt.datetime, timezone: str,
    four_eyes: bool = False,
) -> Override:  # fmt: skip
    """Record the word, change the decision and the queues of its night, and publish both; the record.

    `file` is the record of all words, `state` the workspace's state folder; `recorded_at` is a naive UTC time. RefusedOverride
    when the decision is not known or not of the newest night, when the word would change nothing, or when nobody may change it:
    a held-out account, somebody who objected; with `four_eyes` also unless somebody else asked for it.
    """
    if four_eyes and (lacking := second_person_lacks("override", word.person, word.requested_by)):
        raise RefusedOverride(lacking)
    records = read_records(file)
    if problems := restore(warehouse, records):
        raise RefusedOverride(f"nothing was recorded: {problems[0]}")
    standing = _standing(warehouse, word.decision_id)
    team = _checked(warehouse, word, standing, policy)
    number = records.next_number
    as_of = AsOf(standing.as_of, timezone)
    asked = (word.requested_by or "").strip() or None
    record = Override(
        number=number, override_id=override_id(number, word.decision_id, word.action, team, word.person.strip(), asked),
        decision_id=word.decision_id, as_of=standing.as_of, target=standing.target, user_id=standing.user_id, action=word.action,
        was_route=standing.route, was_status=standing.status, was_reason=standing.reason, now_route=team,  # type: ignore[arg-type]
        now_status={"route": "handed_over", "release": "policy"}.get(word.action, "suppressed"),  # type: ignore[arg-type]
        until=_until(word, standing, policy), person=word.person.strip(), recorded_at=recorded_at,
        rationale=word.rationale.strip(), requested_by=asked,
    )  # fmt: skip
    append_record(file, record)
    restore(warehouse, read_records(file))
    settle(warehouse, as_of=as_of, policy=policy, state=state)
    return record


def settle(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, state: Path) -> None:
    """Publish the overrides, and the decisions and queues of the night of `as_of` as they are with them, the CSV included."""
    warehouse.republish([OVERRIDES], as_of.date)
    warehouse.publish(DECISIONS, lambda _: logged_decisions(warehouse, as_of=as_of, policy=policy), [as_of.date])
    queues = warehouse.arrow(queries.routes(as_of=as_of))
    warehouse.publish(ROUTES, lambda _: queues, [as_of.date])
    night.write_lead_queue(queues, as_of=as_of, state=state)


def unsettled(warehouse: Warehouse) -> list[Override]:
    """The recorded overrides whose decision is there and was not changed, or is not there though its night is: oldest first.

    A night killed between a word's record and its effect leaves such a one.
    """
    warehouse.ensure(DECISIONS)
    text = """
        with newest as (select decision_id, max(number) as number from pql.overrides group by decision_id),
        nights as (select distinct as_of, target from pql.decisions)
        select o.* from pql.overrides as o
        inner join newest as n on n.decision_id = o.decision_id and n.number = o.number
        inner join nights as t on t.as_of = o.as_of and t.target = o.target
        left join pql.decisions as d on d.decision_id = o.decision_id
        where d.decision_id is null or (o.action <> 'release' and coalesce(d.override_id, '') <> o.override_id)
        order by o.number"""
    names = OVERRIDES.column_names
    rows = warehouse.rows(Query("unsettled", text))
    return [Override.model_validate(dict(zip(names, row, strict=True))) for row in rows]


def _standing(warehouse: Warehouse, decision_id: str) -> _Standing:
    warehouse.ensure(DECISIONS)
    text = """select as_of, target, user_id, route, policy_route,
        case when holdout then 'held_out' when suppressed_reason is not null then 'suppressed'
            when handed_over then 'handed_over' else 'queued' end as status, suppressed_reason
        from pql.decisions where decision_id = $decision_id"""
    rows = warehouse.rows(Query("standing", text, {"decision_id": decision_id}))
    if not rows:
        raise RefusedOverride(
            f"decision {decision_id!r} is not known; take a decision_id of the newest night from pql.routes or pql.decisions"
        )
    standing = _Standing(*rows[0])  # type: ignore[arg-type]
    text = "select max(as_of) from pql.decisions where target = $target"
    newest = warehouse.scalar(text, target=standing.target)
    if newest != standing.as_of:
        text = "select decision_id from pql.decisions where target = $target and as_of = $day and user_id = $user"
        later = warehouse.scalar(text, target=standing.target, day=newest, user=standing.user_id)
        remedy = f"override its newer decision {later}" if later else f"on {newest} the user has no decision to override"
        raise RefusedOverride(
            f"decision {decision_id} is of {standing.as_of} and the night of {newest} has decided since; {remedy}"
        )
    return standing


def _checked(warehouse: Warehouse, word: Word, standing: _Standing, policy: PqlPolicy) -> str:
    """The route that the decision has from now on; RefusedOverride when the word cannot be followed."""
    if not word.person.strip():
        raise RefusedOverride("nobody is named; say with --by who decides")
    if not word.rationale.strip():
        raise RefusedOverride("no reason is given; say with --reason why, in a sentence")
    if word.action == "release":
        text = "select action from pql.overrides where target = $target and user_id = $user order by number desc limit 1"
        last = warehouse.scalar(text, target=standing.target, user=standing.user_id)
        if last in (None, "release"):
            raise RefusedOverride(f"nobody's word on user {standing.user_id} is in force; there is nothing to release")
        return standing.policy_route
    if standing.status == "held_out":
        raise RefusedOverride(
            "the account is held out this quarter and contacted by nobody; a person's word on it would spoil the measure of lift"
        )
    if standing.reason == OBJECTED:
        raise RefusedOverride("the user or account objected to being contacted and is left alone; nobody may decide otherwise")
    if word.action != "route":
        return standing.route
    teams = policy.routing.sla_hours
    if word.team not in teams:
        raise RefusedOverride(f"{word.team!r} is no team or campaign; {choose(word.team or '', teams, what='teams')}")
    if word.team == standing.route and standing.status == "handed_over":
        raise RefusedOverride(f"the lead is handed to {word.team} already; name another team, --hold or --suppress")
    return word.team


def _until(word: Word, standing: _Standing, policy: PqlPolicy) -> dt.date:
    if word.until is not None and word.until <= standing.as_of:
        raise RefusedOverride(f"--until {word.until} is not after the decision's day {standing.as_of}; name a later day")
    days = policy.routing.overrides
    given = {"route": days.route_days, "hold": days.hold_days, "suppress": days.suppress_days, "release": 0}[word.action]
    return word.until or standing.as_of + dt.timedelta(days=given + 1)
