"""Putting a dossier together: whether the decision is known at all, how its person is named, and the sections in order."""

from typing import Any

from plg_orchestration.errors import PlgError
from plg_orchestration.reports.dossier import after, then
from plg_orchestration.reports.dossier.chain import Keys, Logged, logged, logged_among, section_of
from plg_orchestration.reports.dossier.left import left_behind
from plg_orchestration.reports.dossier.links import links
from plg_orchestration.reports.dossier.reading import (
    Explained,
    Found,
    Row,
    decision_of,
    decisions_beside,
    newest_night,
    people,
    read,
)
from plg_orchestration.reports.dossier.told import Dossier
from plg_orchestration.reports.formats import decimal, words
from plg_orchestration.reports.shapes import Fact
from plg_orchestration.warehouse import Warehouse

ALIAS = "x_"
"""How a decision's key in the log begins."""


class UnknownDecision(PlgError):
    """No table and no log knows the decision; the message says where ids are found."""


def dossier(warehouse: Warehouse, decision_id: str, *, workspace: Explained, keys: Keys, named: bool = False) -> Dossier:
    """The dossier of the decision as it was on its night, with what came after as known on the newest night.

    `decision_id` may also be the key of the decision's record in the log (`x_...`). The person is told by the pseudonym that
    `keys` gives; with `named` by id, and with the attributes that describe them. A decision that only the log still holds (its
    night was decided again, or its person erased) is told from there. UnknownDecision when nothing knows the id.
    """
    if decision_id.startswith(ALIAS):
        return _of_record(warehouse, decision_id, workspace, keys, named=named)
    decision = decision_of(warehouse, decision_id)
    if decision is not None:
        return _of_table(warehouse, decision, workspace, keys, named=named)
    listed = [person for person in people(warehouse) if keys.known(person)]
    aliases = {keys.alias(person, decision_id): person for person in listed}
    log = logged_among(workspace.state, list(aliases))
    if not log.records:
        raise _unknown(decision_id, log)
    return _left(warehouse, decision_id, log, workspace, aliases[log.key])


def _of_table(warehouse: Warehouse, decision: Row, workspace: Explained, keys: Keys, *, named: bool) -> Dossier:
    user = decision["user_id"]
    log = logged(workspace.state, keys.alias(user, decision["decision_id"]))
    found = read(warehouse, decision, workspace)
    return _told(found, log, user if named else keys.pseudonym(user), workspace, named=named)


def _of_record(warehouse: Warehouse, key: str, workspace: Explained, keys: Keys, *, named: bool) -> Dossier:
    """The dossier of whatever decision has the key in the log: from the tables where they still know it."""
    log = logged(workspace.state, key)
    if not log.records:
        raise _unknown(key, log)
    pseudonym = log.records[-1].person
    person = next((p for p in people(warehouse) if keys.known(p) and keys.pseudonym(p) == pseudonym), None)
    if person is None:
        return _left(warehouse, key, log, workspace, None)
    for row in decisions_beside(warehouse, person):
        if keys.alias(person, row["decision_id"]) == key and (decision := decision_of(warehouse, row["decision_id"])):
            return _of_table(warehouse, decision, workspace, keys, named=named)
    return _left(warehouse, key, log, workspace, person)


def _left(warehouse: Warehouse, decision_id: str, log: Logged, workspace: Explained, person: str | None) -> Dossier:
    body = log.records[-1].body
    beside = () if person is None else decisions_beside(warehouse, person)
    instead = next(
        (
            row
            for row in beside
            if str(row["as_of"]) == str(body.get("as_of")) and row["target"] == body.get("target", row["target"])
        ),
        None,
    )
    known = newest_night(warehouse, str(instead["target"] if instead else body.get("target", "conversion")))
    return left_behind(
        decision_id, log, workspace=workspace, person=person, replaced_by=instead, known_on=str(known or log.records[-1].day)
    )  # fmt: skip


def _unknown(decision_id: str, log: Logged) -> UnknownDecision:
    unread = f" The log cannot be read: {log.problem}." if log.problem else ""
    return UnknownDecision(
        f"decision {decision_id!r} is not known: no night decided it, or its person was erased and no id leads to them any "
        f"more.{unread} Take a decision_id from pql.decisions or pql.routes "
        '(`plg query "select decision_id, as_of, route from pql.decisions"`), or the key x_... of a record in the log'
    )


def _told(found: Found, log: Logged, person: str, workspace: Explained, *, named: bool) -> Dossier:
    policy, row = workspace.pql, found.decision
    sections = (
        then.decided(found, policy), after.route(found), after.overrides(found), then.reasons(found), then.rule_trace(found),
        then.weighted_trace(found), then.scorers(found), then.version(found, policy), then.bias(found), then.consent(found),
        after.holdout(found, policy), after.outcome(found, policy), then.other_features(found, named=named),
        after.history(found), section_of(log, row), links(found),
    )  # fmt: skip
    return Dossier(
        row["decision_id"], workspace.name, person, named, str(row["as_of"]), str(found.after.day.date),
        brief=_brief(found, person, named=named), sections=sections,
    )  # fmt: skip


def _brief(found: Found, person: str, *, named: bool) -> tuple[Fact, ...]:
    row: dict[str, Any] = found.decision
    what = f"{words(row['route'])}, {then.STATUSES[row['status']]}"
    because = f": {row['suppressed_reason']}" if row["suppressed_reason"] else ""
    score = f"{row['scorer']} score {decimal(row['score'], 2)}, threshold {decimal(row['threshold'], 2)}"
    facts = [Fact("Person", person if named else f"{person} (pseudonym)")]
    if named and row["account_id"]:
        facts.append(Fact("Account", row["account_id"]))
    facts.append(Fact("In short", f"{what}{because}; {score}"))
    own = [word for word in found.then.overrides if word["decision_id"] == row["decision_id"]]
    if own:
        facts.append(Fact("By a person", f"{own[-1]['person']} decided otherwise on {own[-1]['recorded_at']:%Y-%m-%d}", "warn"))
    return tuple(facts)
