"""A signed webhook: leads as JSON, several or one in a request, each with its idempotency key.

Headers and signature are in `sending/signing.py`, and in words for receivers in `docs/destinations.md`.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from plg_orchestration.sending.answers import Reply, judge, reply_to_all
from plg_orchestration.sending.deliveries import Delivery, canonical
from plg_orchestration.sending.pacing import retry_after
from plg_orchestration.sending.secrets import shown
from plg_orchestration.sending.sender import Batch
from plg_orchestration.sending.signing import signed_headers
from plg_orchestration.sending.transport import Response, Transport
from plg_orchestration.wall_clock import WallClock

TYPE = "pql.leads"
LARGEST_ANSWER = 65_536


@dataclass(frozen=True)
class Webhook:
    """The channel of one webhook; `hidden` are the secrets that an answer might repeat."""

    address: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)
    columns: tuple[str, ...]
    batch_size: int
    transport: Transport
    clock: WallClock

    def batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """As many leads in a request as `batch_size`."""
        return [tuple(deliveries[first : first + self.batch_size]) for first in range(0, len(deliveries), self.batch_size)]

    def send(self, batch: Batch) -> Reply:
        """Any 2xx says that all leads of the request were taken; what stands in the answer is of no account."""
        body = body_of(batch, self.columns)
        now = self.clock.now()
        timestamp = int(now.replace(tzinfo=dt.UTC).timestamp())
        headers = signed_headers(self.keys, message=message_of(batch), timestamp=timestamp, body=body)
        answer = self.transport.post(self.address, body, headers)
        if not isinstance(answer, Response):
            return reply_to_all(answer, len(batch))
        said = shown(f"{answer.status} {(answer.body or b'').decode('utf-8', 'replace')}", self.hidden)
        return reply_to_all(judge(answer.status, said), len(batch), wait=retry_after(answer.headers.get("retry-after"), now=now))


def body_of(batch: Batch, columns: Sequence[str]) -> bytes:
    """The request's body: the same bytes for the same leads, whenever they are sent."""
    leads = [{**{name: delivery.content[name] for name in columns}, "idempotency_key": delivery.key} for delivery in batch]
    return canonical({"type": TYPE, "leads": leads}).encode()


def message_of(batch: Batch) -> str:
    """The request's own key: the lead's when there is one, else a hash of all."""
    if len(batch) == 1:
        return batch[0].key
    return hashlib.sha256("\n".join(delivery.key for delivery in batch).encode()).hexdigest()
