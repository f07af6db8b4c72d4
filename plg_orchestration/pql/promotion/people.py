"""What people do about the champion between nights: take it back, or approve a challenger that waits.

Each is one entry of the ledger and the newest day's row of `pql.champion`, in one transaction; the alias in MLflow follows.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import PlgError
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.actions.people import same_person
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.approvals import Approval, RefusedApproval, read_approvals, record_approval
from plg_orchestration.pql.promotion.champion import Bench, as_json, judge, promotion_of, risen
from plg_orchestration.pql.promotion.evaluation import Promotion
from plg_orchestration.pql.promotion.evidence import candidate_on
from plg_orchestration.pql.promotion.ledger import Entry, append, entries_of, records, standing
from plg_orchestration.pql.promotion.pointers import fallen, repoint, unreadable
from plg_orchestration.warehouse import Warehouse

SHORTEST_REASON = 10


class RefusedRollback(PlgError):
    """The champion cannot be taken back as asked; the message says why."""


def roll_back(
    warehouse: Warehouse, *, person: str, reason: str, at: dt.datetime, policy: PqlPolicy, state: Path,
    target: str = "conversion",
) -> Entry:  # fmt: skip
    """Return to the champion before the present one, in one step; the ledger's entry with person, reason and time (UTC).

    A former champion whose file is not the recorded one is passed over; before the first model stand the rules. The same person's
    same reason on the same day is the same rollback: it is done once, however often it is asked for. RefusedRollback when no
    model routes or the reason is missing.
    """
    person, reason = person.strip(), reason.strip()
    if not person or len(reason) < SHORTEST_REASON:
        raise RefusedRollback(
            f"a rollback is recorded with a person and a reason of {SHORTEST_REASON} letters or more; give both"
        )
    day = _newest_day(warehouse, target)
    if day is None:
        raise RefusedRollback(f"no night has decided on {target} yet; there is nothing to take back")
    entries = entries_of(warehouse, target=target)
    last = entries[-1] if entries else None
    if last is not None and (last.kind, last.as_of, last.actor, last.reason) == ("rollback", day, person, reason):
        return last
    now = standing(entries)
    if now.champion is None:
        raise RefusedRollback(f"the rules route leads for {target}; there is nobody to return to")
    entry = fallen(
        now, target=target, day=day, policy=policy, kind="rollback", actor=person, reason=reason, acted_at=at,
        sound=lambda former: not unreadable(former, state),
    )  # fmt: skip
    failpoint("rollback.chosen")
    with warehouse.transaction():
        placed = append(warehouse, entry)
        repoint(warehouse, (*entries, placed), day=day, policy=policy, target=target)
        failpoint("rollback.before_commit")
    failpoint("rollback.committed")
    warehouse.parts.write_pending()
    failpoint("rollback.published")
    return placed


def approve(
    warehouse: Warehouse, approval: Approval, *, path: Path, timezone: str, policy: PqlPolicy, state: Path,
    four_eyes: bool = True,
) -> tuple[Promotion, Entry | None]:  # fmt: skip
    """Write the approval into the file at `path` and promote its version at once if it still passes every gate.

    Returns the judgment and the ledger's entry, None when a gate blocks; asked again, what was entered before. RefusedApproval,
    and nothing is written, when the policy does not ask for approvals, the version does not wait for one, or requester and
    reviewer are one person while `four_eyes` holds.
    """
    target = approval.target
    rules = policy.promotion
    if rules.mode != "manual":
        raise RefusedApproval(f"pql.promotion.mode is {rules.mode}: nobody is asked; set it to manual to require approvals")
    if four_eyes and same_person(approval.reviewer, approval.requested_by):
        raise RefusedApproval(
            f"{approval.reviewer} asked for the promotion and cannot approve it too; let somebody else review it"
        )
    day = _newest_day(warehouse, target)
    entries = entries_of(warehouse, target=target)
    done = next(
        (e for e in entries if e.kind == "approval" and (e.version, e.actor) == (approval.version, approval.reviewer)), None
    )
    if done is not None:
        return promotion_of(done), done
    waiting = _waiting(warehouse, target)
    trained_on = waiting.get(approval.version)
    if day is None or trained_on is None:
        known = f"these do: {', '.join(waiting)}" if waiting else "none does"
        raise RefusedApproval(f"{approval.version} does not wait for an approval of {target}; {known}")
    record_approval(path, approval)
    failpoint("approval.recorded")
    bench = Bench(warehouse, AsOf(day, timezone), policy, target, state, read_approvals(path, four_eyes=four_eyes), newest=True)
    candidate = candidate_on(warehouse, trained_on, target)
    promotion, consent, challenger = judge(bench, candidate, day=trained_on, now=standing(entries))
    if not promotion.promoted:
        return promotion, None
    failpoint("approval.judged")
    with warehouse.transaction():
        placed = append(warehouse, risen(bench, candidate, promotion, challenger, consent, standing(entries)))
        _enter(warehouse, (*entries, placed), bench, promotion, own=trained_on == day)
        failpoint("approval.before_commit")
    failpoint("approval.committed")
    warehouse.parts.write_pending()
    return promotion, placed


def _enter(warehouse: Warehouse, entries: Sequence[Entry], bench: Bench, promotion: Promotion, *, own: bool) -> None:
    """The day's row with its new champion; when the day's own challenger was approved, the judgment on it changes too."""
    judged: dict[str, object] = {
        "verdict": promotion.verdict.value, "reason": promotion.reason, "gates": as_json(promotion.gates), "promoted": True,
        "outcome": promotion.outcome,
    }  # fmt: skip
    repoint(warehouse, entries, day=bench.day, policy=bench.policy, target=bench.target, **(judged if own else {}))


def _newest_day(warehouse: Warehouse, target: str) -> dt.date | None:
    if not warehouse.exists("pql.champion"):
        return None
    found = warehouse.scalar("select max(as_of) from pql.champion where target = $t", t=target)
    return found if isinstance(found, dt.date) else None


def _waiting(warehouse: Warehouse, target: str) -> dict[str, dt.date]:
    """The versions that wait for an approval and the day of their figures, newest first."""
    if not warehouse.exists("pql.champion"):
        return {}
    text = """select challenger, as_of from pql.champion where target = $target and outcome = 'awaiting_approval'
        order by as_of desc"""
    return {row["challenger"]: row["as_of"] for row in records(warehouse, text, target=target)}
