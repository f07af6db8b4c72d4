"""What became of a registered version after its training: the alias and the tags that repeat the ledger of promotions.

The ledger in the warehouse decides; this is written after it is committed, and as often as one likes.
"""

from collections.abc import Sequence

from plg_orchestration.failpoints import failpoint
from plg_orchestration.pql.promotion.ledger import Entry
from plg_orchestration.tracking.registry import point_alias, version_number
from plg_orchestration.tracking.store import Tracking, client_of

OUTCOMES = {"promotion": "promoted", "approval": "promoted", "rollback": "rolled_back", "automatic_rollback": "rolled_back"}


def repeat_entries(tracking: Tracking, entries: Sequence[Entry], *, target: str, scorer: str, version: str) -> str | None:
    """Tag the versions that the entries are about, then point the alias to who routes: one write, the last of all.

    `scorer` and `version` name who routes. Returns the number that the alias points to, None when a formula routes.
    TrackingUnavailable when the store cannot be written; the warehouse is right all the same, and the next night repeats it.
    """
    failpoint("outcomes.before_tags")
    for entry in entries:
        if entry.kind in OUTCOMES:
            risen = OUTCOMES[entry.kind] == "promoted"
            about = entry.version if risen else entry.previous
            said = f"{entry.kind} by {entry.actor} as of {entry.as_of}: {entry.reason}"
            mark_outcome(tracking, target=target, version=about, outcome=OUTCOMES[entry.kind], reason=said)
    failpoint("outcomes.before_alias")
    number = point_alias(tracking, target=target, scorer=scorer, version=version)
    failpoint("outcomes.alias_written")
    return number


def mark_outcome(tracking: Tracking, *, target: str, version: str, outcome: str, reason: str) -> str | None:
    """Tag the registered version with its outcome and the reason; its number, None when it is not registered."""
    name = tracking.model_name(target)
    with client_of(tracking) as client:
        number = version_number(client, name, version)
        if number is not None:
            client.set_model_version_tag(name, number, "plg.outcome", outcome)
            client.set_model_version_tag(name, number, "plg.reason", reason[:5000])
        return number
