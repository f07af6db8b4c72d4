"""Sending what is pending to one destination: batch after batch, tried again with patience, every answer marked at once.

How a request looks is up to the kind of destination (`Channel`); what stays pending is sent by the next run under the same keys.
"""

import datetime as dt
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from plg_orchestration.failpoints import failpoint
from plg_orchestration.sending.answers import Reply
from plg_orchestration.sending.deliveries import Delivery, Try
from plg_orchestration.sending.pacing import TokenBucket, backoff
from plg_orchestration.sending.policy import Retry
from plg_orchestration.wall_clock import WallClock

Batch = tuple[Delivery, ...]


class Channel(Protocol):
    """One kind of destination: how deliveries are put into requests, and what became of each of a request's."""

    def batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """The requests that the deliveries need, in the order in which to send them."""
        ...

    def send(self, batch: Batch) -> Reply:
        """Send one request, once; never raises for what the receiver or the network does."""
        ...


class Recording(Protocol):
    """Where tries are recorded: the outbox of leads, or another one."""

    def record(self, tries: Sequence[Try], *, now: dt.datetime) -> None:
        """Keep what became of the tries, in one transaction."""
        ...


@dataclass(frozen=True)
class Sender:
    """Sends through `channel` and marks in `outbox`; `retry` and `bucket` say how patiently and how fast."""

    channel: Channel
    outbox: Recording
    retry: Retry
    bucket: TokenBucket
    clock: WallClock

    def send(self, deliveries: Sequence[Delivery]) -> str | None:
        """Send all; None when nothing had to be left pending, else why."""
        deadline = self.clock.monotonic() + self.retry.budget_seconds
        waiting = deque(self.channel.batches(deliveries))
        in_a_row = 0
        while waiting:
            batch = waiting.popleft()
            given_up, stop, halves = self._send(batch, deadline)
            waiting.extendleft(reversed(halves))
            in_a_row = in_a_row + 1 if given_up else 0
            if stop is None and in_a_row >= self.retry.in_a_row and waiting:
                stop = f"{in_a_row} requests in a row were given up"
            if stop is not None:
                return stop
        return None

    def _send(self, batch: Batch, deadline: float) -> tuple[bool, str | None, list[Batch]]:
        """Whether nothing of the batch got through, why to stop altogether (None: go on), and the halves that are to be tried."""
        left, arrived = batch, False
        for attempt in range(1, self.retry.attempts + 1):
            if self.clock.monotonic() > deadline:
                return False, f"the {self.retry.budget_seconds:g} seconds of a run were used up", []
            self.bucket.take()
            reply = self.channel.send(left)
            failpoint("delivery.answered")
            exhausted = attempt == self.retry.attempts
            halves = _halves(left, reply, exhausted)
            self._record(left, reply, exhausted=exhausted, halved={delivery.key for half in halves for delivery in half})
            failpoint("delivery.marked")
            arrived = arrived or any(outcome.result == "delivered" for outcome in reply.outcomes)
            if reply.stop is not None:
                return False, reply.stop, []
            if halves or exhausted:
                return exhausted and not arrived, None, halves
            left = tuple(
                replace(delivery, attempts=delivery.attempts + 1)
                for delivery, outcome in zip(left, reply.outcomes, strict=True)
                if outcome.result == "again"
            )
            if not left:
                break
            jittered = backoff(left[0].key, attempt, first=self.retry.first_seconds, longest=self.retry.longest_seconds)
            wait = max(reply.retry_after or 0.0, jittered)
            if self.clock.monotonic() + wait > deadline:
                return False, f"the next try is due in {wait:.0f} seconds, after the time that a run may take", []
            self.clock.sleep(wait)
        return False, None, []

    def _record(self, batch: Batch, reply: Reply, *, exhausted: bool, halved: set[str]) -> None:
        tries = [
            Try(delivery, outcome, len(batch), last=delivery.key not in halved and (exhausted or outcome.result == "refused"))
            for delivery, outcome in zip(batch, reply.outcomes, strict=True)
        ]
        self.outbox.record(tries, now=self.clock.now())


def _halves(batch: Batch, reply: Reply, exhausted: bool) -> list[Batch]:
    """The two halves of what one delivery may have spoilt for the others; none when there is only one, or no reason to."""
    left = tuple(
        replace(delivery, attempts=delivery.attempts + 1)
        for delivery, outcome in zip(batch, reply.outcomes, strict=True)
        if (outcome.result == "again" and exhausted) or (outcome.result == "refused" and reply.split)
    )
    if len(left) < 2 or reply.stop is not None:
        return []
    middle = len(left) // 2
    return [left[:middle], left[middle:]]
