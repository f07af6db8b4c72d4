"""What was done with the decision and what came of it: route and service level, people's words, outcome, the log and links.

Everything here may be known later than the night; each section says as known when.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing.queries import hash_limit, quarter_of
from plg_orchestration.reports.dossier.reading import Found, Row
from plg_orchestration.reports.dossier.then import STATUSES
from plg_orchestration.reports.formats import DASH, count, decimal, share, words
from plg_orchestration.reports.shapes import Fact, Grid, Section

SLA = {
    "in_time": ("met: contacted in time", "good"), "late": ("breached: contacted too late", "bad"),
    "breached": ("breached: due and not contacted", "bad"), "not_yet_due": ("open: not yet due", "none"),
}  # fmt: skip
AROUND = 4


def holdout(found: Found, policy: PqlPolicy) -> Section:
    """Whether the account was drawn to be held back, with the probability that was fixed before, and the draw checked."""
    row = found.decision
    quarter = quarter_of(found.day)
    said = "held back this quarter and contacted by nobody" if row["holdout"] else "not held back"
    facts = [Fact("Holdout", said, "warn" if row["holdout"] else "none")]
    facts.append(
        Fact("Drawn", f"for {quarter}, by account, with probability {share(row['holdout_share'])} fixed before the draw")
    )
    payer = row["account_id"] or row["user_id"]
    drawn = hashlib.md5("|".join((policy.holdout.salt, quarter, payer)).encode()).hexdigest()[:8]
    again = drawn < hash_limit(row["holdout_share"])
    agrees = again == row["holdout"]
    said = "the same result" if agrees else "another result; the salt was changed since"
    facts.append(Fact("Draw repeated", said, "good" if agrees else "warn"))
    return Section("Holdout", tuple(facts))


def route(found: Found) -> Section:
    """Where it went, its place among the night's leads of that team, and whether the service level was kept."""
    row = found.decision
    capacity = "no limit" if row["capacity"] is None else f"{count(row['capacity'])} a day"
    rank = "no place on the list"
    if row["queue_rank"] is not None:
        rank = f"{count(row['queue_rank'])} of {count(row['on_list'])} on the night's list"
    facts = [
        Fact("Route", f"{words(row['route'])}, {STATUSES[row['status']]}"),
        Fact("By the policy alone", words(row["policy_route"]) if row["policy_route"] else DASH),
        Fact("Capacity rank", f"{rank}; capacity {capacity}, {count(row['handed_over_on_list'])} handed over"),
    ]
    if row["queued_since"] is not None:
        facts.append(Fact("On the list since", str(row["queued_since"])))
    return Section("Route and service level", (*facts, *_service_level(found)))


def _service_level(found: Found) -> Iterator[Fact]:
    row, known = found.decision, found.after.sla
    if row["handed_over_at"] is None:
        yield Fact("Service level", "none runs: it was handed to nobody")
        return
    yield Fact("Handed over", _time(row["handed_over_at"]))
    if row["due_at"] is None:
        yield Fact("Service level", "none: the route is a campaign")
        return
    yield Fact("Due", f"{_time(row['due_at'])}, {row['sla_hours']:g} working hours of the team's calendar after the hand-over")
    if known is None:
        yield Fact("Service level", "not followed: no night has looked at it", "warn")
        return
    if known["contacted_at"] is not None:
        hours = f"{decimal(known['hours_to_contact'], 1)} hours by the clock"
        yield Fact("Contacted", f"{_time(known['contacted_at'])} ({known['contact']}), after {hours}")
    else:
        yield Fact("Contacted", "not yet")
    said, tone = SLA[known["status"]]
    yield Fact("Service level", f"{said}, as known on {known['as_of']}", tone)


def overrides(found: Found) -> Section:
    """What people decided otherwise: who, when, why, and what it replaced."""
    title = "Decided otherwise by a person"
    rows = found.then.overrides
    if not rows:
        return Section(title, said="Nobody: the decision is the policy's own.")
    cells = tuple(_override(row, found.decision["decision_id"]) for row in rows)
    columns = ("When (UTC)", "Who", "Was", "Became", "Until", "Why")
    return Section(title, grids=(Grid("Every word on it; the record keeps what was before", columns, cells),))


def _override(row: Row, decision_id: str) -> tuple[str, ...]:
    was = f"{words(row['was_route'])}, {STATUSES[row['was_status']]}" + (f": {row['was_reason']}" if row["was_reason"] else "")
    became = (
        "by the policy again" if row["now_status"] == "policy" else f"{words(row['now_route'])}, {STATUSES[row['now_status']]}"
    )
    if row["decision_id"] != decision_id:
        became += f" (said of the night of {row['as_of']}, still in force)"
    asked = row.get("requested_by")
    who = row["person"] + (f", asked by {asked}" if asked else "")
    return (_time(row["recorded_at"]), who, was, became, str(row["until"]), row["rationale"])


def outcome(found: Found, policy: PqlPolicy) -> Section:
    """What sales said and whether the target's outcome came, as known on the newest night."""
    after = found.after
    facts = [Fact("As known on", str(after.day.date)), *_conversion(found, policy)]
    if not after.outcomes:
        facts.append(Fact("From sales", "nothing was reported"))
    cells = tuple(
        (_time(row["at"]), words(row["outcome"]), words(row["reason"]) if row["reason"] else DASH,
         "this decision" if row["names_the_decision"] else "the person")
        for row in after.outcomes
    )  # fmt: skip
    grid = Grid("What sales reported", ("When (UTC)", "Outcome", "Reason", "Named"), cells)
    return Section("What came of it", tuple(facts), (grid,) if cells else ())


def _conversion(found: Found, policy: PqlPolicy) -> Iterator[Fact]:
    target = policy.targets.get(found.decision["target"])
    if target is None:
        yield Fact("Outcome", f"target {found.decision['target']} is not declared any more", "warn")
        return
    day = found.day.date
    opens, ends = day + dt.timedelta(days=target.gap_days + 1), day + dt.timedelta(days=target.window_days)
    window = f"the window {opens} to {ends}"
    dates = [at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(found.day.timezone)).date() for at in found.after.conversions]
    said = words(target.outcome).lower()
    if dates and dates[0] < opens:
        yield Fact("Outcome", f"{said} on {dates[0]}, inside the gap: it counts neither way")
    elif dates and dates[0] <= ends:
        days = (dates[0] - day).days
        yield Fact("Outcome", f"yes: {said} on {dates[0]}, {days} days after the night, in {window}", "good")
    elif found.after.day.date < ends:
        yield Fact("Outcome", f"not known yet: {window} is still open")
    else:
        late = f"; it came later, on {dates[0]}" if dates else ""
        yield Fact("Outcome", f"no, within {window}{late}")


def history(found: Found) -> Section:
    """The person's other decisions: what replaced this one on its night, and the nights around it."""
    own, day = found.decision["decision_id"], found.decision["as_of"]
    replaced = [row for row in found.after.others if row["as_of"] == day and row["decision_id"] != own]
    facts = tuple(
        Fact(
            "Replaced",
            f"the night was built again: {row['scorer']} {row['version']} decided anew in {row['decision_id']}",
            "warn",
        )
        for row in replaced
    )
    before = [row for row in found.after.others if row["as_of"] < day][-AROUND:]
    later = [row for row in found.after.others if row["as_of"] > day][:AROUND]
    cells = tuple(_other(row) for row in (*before, *later))
    if not cells and not facts:
        return Section("The same person on other nights", said="No other night decided on this person.")
    grid = Grid("Nights around it", ("Night", "Decision", "By", "Score", "Route", "Status"), cells, (3,))
    return Section("The same person on other nights", facts, (grid,) if cells else ())


def _other(row: Row) -> tuple[str, ...]:
    by, status = f"{row['scorer']} {row['version']}", STATUSES[row["status"]]
    return (str(row["as_of"]), row["decision_id"], by, decimal(row["score"], 2), words(row["route"]), status)


def _time(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
