"""Taking names out of what a bundle holds, and making sure that none is left: people stand there by pseudonym alone.

Users have the pseudonym that the decision log gives them; ids that would lead back to a user have an alias under the user's key,
as in the log. Once a person is erased, nobody can link either.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from plg_orchestration.config.workspace import Workspace
from plg_orchestration.errors import PlgError
from plg_orchestration.governance.actions.approvals import approvals_of
from plg_orchestration.governance.actions.people import Redactor
from plg_orchestration.governance.privacy.keyring import Keyring
from plg_orchestration.governance.privacy.needles import Needles
from plg_orchestration.pql.promotion.ledger import FILE_CHECK, GATES, LIVE
from plg_orchestration.reports.evidence.parts import Part
from plg_orchestration.warehouse import Query, Warehouse

ID = re.compile(r"(?<!\w)[0-9a-f]{32}(?!\w)")
"""An id that somebody put into a text: of a decision, for example, which whoever knows the user can compute."""
SYSTEM = frozenset({GATES, LIVE, FILE_CHECK})
ACTED: Mapping[str, tuple[str, ...]] = {
    "governance.acknowledgements": ("person", "requested_by"),
    "governance.acceptances": ("person", "requested_by"),
    "governance.likelihoods": ("person", "requested_by"),
    "pql.overrides": ("person", "requested_by"),
    "pql.promotions": ("actor",),
}
"""Where the names of people who act stand."""


class NamesLeft(PlgError):
    """A file of the bundle would name somebody; the message says which file. No bundle was made."""


def redactor(warehouse: Warehouse, workspace: Workspace, keys: Keyring) -> Redactor:
    """Takes out every user's id, and the name of everybody who ever acted."""
    staff: set[str] = set()
    for table, columns in ACTED.items():
        if warehouse.exists(table):
            rows = warehouse.rows(Query("acted", f"select distinct {', '.join(columns)} from {table}"))
            staff |= {str(name) for row in rows for name in row if name is not None}
    for approval in approvals_of(workspace).found:
        staff |= {approval.reviewer, approval.requested_by}
    registered = (risk.acceptance for risk in workspace.governance.risks.values())
    staff |= {acceptance.by for acceptance in registered if acceptance is not None}
    staff |= {control.owner for control in workspace.governance.controls.values() if "@" in control.owner}
    users: set[str] = set()
    for table in ("ingest.users", "pql.overrides"):
        if warehouse.exists(table):
            users |= {str(row[0]) for row in warehouse.rows(Query("users", f"select distinct user_id from {table}"))}
    return Redactor(keys.pseudonym, tuple(sorted(staff - SYSTEM)), frozenset(users))


def without_names(rows: pa.Table, part: Part, names: Redactor, keys: Keyring) -> pa.Table:
    """The part's rows with pseudonyms for people, aliases for what leads to a user, and texts that name nobody."""
    changes: dict[str, Callable[[str | None], str | None]] = {
        **dict.fromkeys(part.people, names.person), **dict.fromkeys(part.texts, lambda text: _free_text(text, names)),
    }  # fmt: skip
    if part.name == "promotions":
        changes["actor"] = lambda name: name if name in SYSTEM else names.person(name)
        changes["approval"] = _approval_id
    for column, change in changes.items():
        rows = _with(rows, column, [change(value) for value in rows[column].to_pylist()])
    if "user_id" in rows.column_names:
        users = rows["user_id"].to_pylist()
        for column in part.linked:
            made = [keys.alias(user, text) for user, text in zip(users, rows[column].to_pylist(), strict=True)]
            rows = _with(rows, column, made)
        rows = _with(rows, "user_id", [names.user(user) for user in users])
    return rows


def page_without_names(page: str, names: Redactor) -> str:
    """A page or text with pseudonyms for names; a bare number on it is a figure, not an id."""
    words = frozenset(user for user in _all(names.users) if not user.isdigit())
    return replace(names, users=words).text(page) or ""


def names_left(members: Mapping[str, bytes], names: Redactor) -> str | None:
    """The first file that still names somebody, None when none does."""
    people = {user for user in _all(names.users) if not user.isdigit()}
    needles = Needles(people | {name for name in names.staff if "@" in name or " " in name.strip()})
    return next((name for name, data in sorted(members.items()) if needles.find(data)), None)


def _free_text(text: str | None, names: Redactor) -> str | None:
    named = names.text(text)
    return None if named is None else ID.sub("[id]", named)


def _approval_id(text: str | None) -> str | None:
    """The identity of the approval that a ledger's line rests on, as `approvals.csv` has it."""
    from plg_orchestration.governance.actions.approvals import approval_id
    from plg_orchestration.pql.promotion.approvals import Approval

    return None if text is None else approval_id(Approval.model_validate(json.loads(text)))


def _all(users: object) -> Iterable[str]:
    return users if isinstance(users, frozenset) else ()


def _with(rows: pa.Table, column: str, values: Sequence[str | None]) -> pa.Table:
    return rows.set_column(rows.column_names.index(column), column, pa.array(values, pa.string()))
