"""Decisions and the teams' queues."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

DECISIONS = Table(
    name="pql.decisions",
    description="What the champion decided: who is a lead or has a route of their own, and whether they may be contacted.",
    columns=columns(
        decision_id="VARCHAR: identity of the decision: MD5 of day, target, user, scorer and version",
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        target="VARCHAR: the outcome that is predicted",
        scorer="VARCHAR: the champion's scorer",
        version="VARCHAR: the champion's version",
        score="DOUBLE: on the scorer's own scale",
        percentile="DOUBLE: 0-100 among the night's population",
        threshold="DOUBLE: from which score a user is a lead, on the same scale",
        qualified="BOOLEAN: whether the user is a lead",
        route="VARCHAR: the team or campaign",
        sla_hours="DOUBLE: hours until the lead must be contacted; null for campaigns",
        due_at="TIMESTAMP: the day's cut plus sla_hours, UTC",
        holdout="BOOLEAN: whether the account is held back this quarter, to measure the lift",
        holdout_share="DOUBLE: probability of being held back, fixed before the draw",
        suppressed_reason="VARCHAR: why the user is left alone; null when not",
        queue_rank="INTEGER: place among the route's leads of the night, best first; null when held back or suppressed",
        handed_over="BOOLEAN: whether the place is within the team's capacity of the day",
        top_reasons="VARCHAR: what speaks for the user, in words",
    ),
    key=("decision_id",),
    owner="team:sales",
    day="as_of",
    layout="by_day",
    needs=USERS,
)


ROUTES = Table(
    name="pql.routes",
    description="The queue of each team: the night's leads in order, and which of them fit into the day's capacity.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        target="VARCHAR: the outcome that is predicted",
        route="VARCHAR: the team or campaign",
        queue_rank="INTEGER: place in the queue, best first",
        status="VARCHAR: handed_over within the day's capacity, else queued",
        capacity="INTEGER: leads that the team can start on in a day; null without a limit",
        decision_id="VARCHAR: the decision",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        score="DOUBLE: on the champion's own scale",
        sla_hours="DOUBLE: hours until the lead must be contacted; null for campaigns",
        due_at="TIMESTAMP: when it must be contacted, UTC",
        top_reasons="VARCHAR: what speaks for the user, in words",
    ),
    key=("as_of", "target", "route", "queue_rank"),
    owner="team:sales",
    day="as_of",
    layout="by_day",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (DECISIONS, ROUTES)
