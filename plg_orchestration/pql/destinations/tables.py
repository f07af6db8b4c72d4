"""What was to be delivered, every try, and what could not be delivered. The rows are kept by `outbox.py`, never rebuilt."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

DELIVERIES = Table(
    name="pql.deliveries",
    description="The outbox: each handed-over lead once for each destination, and how far it got. Rows are kept, never rebuilt.",
    columns=columns(
        destination="VARCHAR: the destination's name in the configuration",
        decision_id="VARCHAR: the decision that is delivered",
        idempotency_key="VARCHAR: what the receiver knows the delivery by; the same however often it is sent",
        as_of="DATE: the night of the decision",
        target="VARCHAR: the outcome that is predicted",
        route="VARCHAR: the team or campaign",
        queue_rank="INTEGER: place among the route's leads of the night, best first",
        user_id="VARCHAR: the user",
        lead="VARCHAR: JSON: what is told of the lead, as it was when the delivery was planned",
        state="VARCHAR: pending, delivered, dead, dry_run, or withdrawn before it was sent",
        attempts="INTEGER: tries so far, in all runs",
        settled_as_of="DATE: the night in whose run it got its state; null while pending",
        last_status="INTEGER: the last answer's HTTP status; null without one",
        last_answer="VARCHAR: the last answer or the reason of the state, in words",
        remedy="VARCHAR: what to do about it; null when nothing is to be done",
    ),
    key=("idempotency_key",),
    owner="team:sales",
    needs=USERS,
    kept=True,
)

DELIVERY_ATTEMPTS = Table(
    name="pql.delivery_attempts",
    description="Every try to deliver a lead, with its answer; rows are only ever appended.",
    columns=columns(
        destination="VARCHAR: the destination's name in the configuration",
        decision_id="VARCHAR: the decision that is delivered",
        idempotency_key="VARCHAR: what the receiver knows the delivery by",
        attempt="INTEGER: number of the try of this delivery, from 1",
        sent_as_of="DATE: the night in whose run it was tried",
        batch="INTEGER: deliveries in the same request",
        result="VARCHAR: delivered, again (to be tried again) or refused",
        status="INTEGER: HTTP status of the answer; null without an answer",
        answer="VARCHAR: the answer in words, at most 300 characters, without secrets",
        attempted_at="TIMESTAMP: when the answer was there, or its lack was plain, UTC (volatile)",
    ),
    key=("idempotency_key", "attempt"),
    owner="team:sales",
    needs=USERS,
    kept=True,
)

DEAD_LETTERS = Table(
    name="pql.dead_letters",
    description="Leads that could not be delivered, why, and what to do; `plg deliver --retry-dead` tries them again.",
    columns=columns(
        destination="VARCHAR: the destination's name in the configuration",
        decision_id="VARCHAR: the decision that was to be delivered",
        idempotency_key="VARCHAR: what the receiver knows the delivery by",
        as_of="DATE: the night of the decision",
        target="VARCHAR: the outcome that is predicted",
        route="VARCHAR: the team or campaign",
        user_id="VARCHAR: the user",
        dead_as_of="DATE: the night in whose run it was given up",
        attempts="INTEGER: tries in all runs",
        last_status="INTEGER: the last answer's HTTP status; null without one",
        last_answer="VARCHAR: the last answer or the reason, in words",
        remedy="VARCHAR: what to do before it is tried again",
    ),
    key=("idempotency_key",),
    owner="team:sales",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (DELIVERIES, DELIVERY_ATTEMPTS, DEAD_LETTERS)
