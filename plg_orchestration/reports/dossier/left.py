"""The dossier of a decision that only the log still holds: its night was decided again, or its person was erased.

What the tables know is told by `then.py` and `after.py`.
"""

from collections.abc import Mapping
from typing import Any

from plg_orchestration.reports.dossier.chain import Logged, erasure_of, section_of
from plg_orchestration.reports.dossier.reading import Explained, Row
from plg_orchestration.reports.dossier.told import Dossier
from plg_orchestration.reports.formats import words
from plg_orchestration.reports.shapes import Fact, Section

ERASED = "erased: nobody is linked to this pseudonym any more"


def left_behind(
    decision_id: str, log: Logged, *, workspace: Explained, person: str | None, replaced_by: Row | None, known_on: str
) -> Dossier:  # fmt: skip
    """What the log holds of the decision; `person` is the id of whom it is about where they are still known.

    `replaced_by` is the decision that the night holds in its place.
    """
    newest = log.records[-1]
    body = next((record.body for record in reversed(log.records) if record.body.get("status") != "withdrawn"), newest.body)
    said = [_what(workspace, newest.person, person, replaced_by), _held(body)]
    night = str(body.get("as_of") or newest.day)
    return Dossier(
        decision_id, workspace.name, newest.person or "no pseudonym", False, night, known_on,
        brief=(Fact("Person", newest.person or "unknown"), Fact("In short", "no table holds this decision any more", "warn")),
        sections=(*said, section_of(log, None)),
    )  # fmt: skip


def _what(
    workspace: Explained, pseudonym: str | None, person: str | None, replaced_by: Row | None
) -> Section:  # fmt: skip
    title = "Why it is not in the tables"
    if replaced_by is not None:
        said = (
            f"the night was built again; {replaced_by['scorer']} {replaced_by['version']} decided anew: "
            f"plg explain {replaced_by['decision_id']}"
        )
        return Section(title, (Fact("Superseded", said, "warn"),))
    if person is not None:
        return Section(title, (Fact("Superseded", "the night was built again, and decides nothing on this person now", "warn"),))
    facts = [Fact("Person", ERASED, "warn")]
    erasure = erasure_of(workspace.state, pseudonym) if pseudonym else None
    if erasure is not None:
        facts.append(Fact("Erasure", f"record {erasure.sequence} of {erasure.day}, certificate {erasure.key}"))
    return Section(
        title, tuple(facts), said="The log keeps the decision, so that the chain still verifies; the person's own key is gone."
    )


def _held(body: Mapping[str, Any]) -> Section:
    facts = tuple(Fact(words(name), _line(value)) for name, value in body.items() if value is not None)
    return Section("What the log holds of it", facts)


def _line(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_line(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_line(one) for one in value)
    return str(value)
