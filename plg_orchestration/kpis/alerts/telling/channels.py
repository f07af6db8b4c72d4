"""Alerts over HTTP: to Slack's incoming webhooks, and to signed webhooks of one's own; one alert a request.

What an answer means, retries and the request itself are those of `sending/`; mail is in `mail.py`.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from plg_orchestration.kpis.alerts.telling.messages import slack_of, webhook_of
from plg_orchestration.sending.answers import Reply, judge, reply_to_all
from plg_orchestration.sending.deliveries import Delivery, canonical
from plg_orchestration.sending.pacing import retry_after
from plg_orchestration.sending.secrets import shown
from plg_orchestration.sending.sender import Batch
from plg_orchestration.sending.signing import signed_headers
from plg_orchestration.sending.transport import Response, Transport
from plg_orchestration.wall_clock import WallClock

LARGEST_ANSWER = 65_536


@dataclass(frozen=True)
class HttpChannel:
    """One receiver over HTTP: `body` makes a request's content; with `keys` it is signed. `hidden` are secrets of answers."""

    address: str = field(repr=False)
    body: Callable[[Delivery], Mapping[str, object]]
    keys: tuple[bytes, ...] = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)
    transport: Transport
    clock: WallClock

    def batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """One request each."""
        return [(delivery,) for delivery in deliveries]

    def send(self, batch: Batch) -> Reply:
        """Any 2xx says that the alert was taken."""
        (delivery,) = batch
        content, now = canonical(self.body(delivery)).encode(), self.clock.now()
        timestamp = int(now.replace(tzinfo=dt.UTC).timestamp())
        headers = signed_headers(self.keys, message=delivery.key, timestamp=timestamp, body=content) if self.keys else {}
        answer = self.transport.post(self.address, content, headers)
        if not isinstance(answer, Response):
            return reply_to_all(answer, 1)
        said = shown(f"{answer.status} {(answer.body or b'').decode('utf-8', 'replace')}", self.hidden)
        return reply_to_all(judge(answer.status, said), 1, wait=retry_after(answer.headers.get("retry-after"), now=now))


def slack(address: str, transport: Transport, clock: WallClock) -> HttpChannel:
    """Slack: the address is the secret."""
    return HttpChannel(address, slack_of, (), (address,), transport, clock)


def webhook(
    address: str, keys: tuple[bytes, ...], hidden: tuple[str, ...], transport: Transport, clock: WallClock
) -> HttpChannel:
    """A signed webhook, each alert under its idempotency key."""
    return HttpChannel(address, webhook_of, keys, hidden, transport, clock)
