"""What an answer means: delivered, worth another try, or refused for good; and what a person should do about it."""

from dataclasses import dataclass
from typing import Literal

Result = Literal["delivered", "again", "refused"]
AGAIN = frozenset({408, 409, 425, 429})
"""Refusals that pass: too slow, the same key still being worked on, too early, too many. Every 5xx is worth another try too."""
OF_ALL = frozenset({401, 403, 404, 405, 407, 410})
"""Refusals that have nothing to do with the lead: the next one would fare no better."""
OF_BATCH = frozenset({400, 413, 422})
"""Refusals that one lead of a batch may have caused: halves are tried."""
RETRY = "then run `plg deliver --retry-dead`"
REMEDIES = {
    400: f"correct the columns or properties to what the receiver takes, {RETRY}",
    401: f"renew the secret in the environment variable, {RETRY}",
    403: f"let the receiver allow this sender, {RETRY}",
    404: f"correct the url, {RETRY}",
    405: f"correct the url to one that takes POST, {RETRY}",
    407: f"let the network reach the receiver without a proxy, {RETRY}",
    410: f"the receiver takes nothing there any more: correct the url, {RETRY}",
    413: f"lower batch_size, or send fewer columns, {RETRY}",
    422: f"correct the columns or properties to what the receiver takes, {RETRY}",
}
REDIRECTED = f"redirects are not followed: set url to the final address, {RETRY}"
UNREACHED = f"see why the receiver does not answer, {RETRY}"
OTHER = f"ask the receiver's owner what the answer means, {RETRY}"


@dataclass(frozen=True)
class Outcome:
    """What became of one delivery of a request: the result, HTTP status, answer in words, and the remedy unless delivered."""

    result: Result
    answer: str
    status: int | None = None
    remedy: str | None = None


@dataclass(frozen=True)
class Reply:
    """The outcomes of a request's deliveries in their order.

    `retry_after` is the wait that the receiver asks for, in seconds. `stop` says why nothing else need be sent there now.
    `split`: the refusal may be of one lead among several.
    """

    outcomes: tuple[Outcome, ...]
    retry_after: float | None = None
    stop: str | None = None
    split: bool = False


def judge(status: int, answer: str) -> Outcome:
    """What an HTTP status says of the deliveries in the request."""
    if 200 <= status < 300:
        return Outcome("delivered", answer, status)
    if status in AGAIN or status >= 500:
        return Outcome("again", answer, status, UNREACHED)
    if 300 <= status < 400:
        return Outcome("refused", answer, status, REDIRECTED)
    return Outcome("refused", answer, status, REMEDIES.get(status, OTHER))


def reply_to_all(outcome: Outcome, number: int, *, wait: float | None = None) -> Reply:
    """The reply when one outcome holds for all `number` deliveries of a request."""
    of_all = outcome.result == "refused" and (outcome.status is None or outcome.status in OF_ALL or outcome.status < 400)
    return Reply(
        (outcome,) * number,
        retry_after=wait,
        stop=outcome.answer if of_all else None,
        split=outcome.result == "refused" and outcome.status in OF_BATCH,
    )
