"""Telling a night's alerts: plan what is new, send what is pending to each receiver, say what became of it. It never raises for
what a receiver, the network or a missing secret does: what is left is pending, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import ConfigurationError
from plg_orchestration.failpoints import failpoint
from plg_orchestration.kpis.alerts.telling.channels import LARGEST_ANSWER, slack, webhook
from plg_orchestration.kpis.alerts.telling.mail import Mail
from plg_orchestration.kpis.alerts.telling.outbox import AGAIN, AlertOutbox
from plg_orchestration.kpis.alerts.telling.policy import (
    EmailReceiver,
    Receiver,
    SlackReceiver,
    Telling,
    WebhookReceiver,
    allowed_address,
)
from plg_orchestration.sending.means import Means
from plg_orchestration.sending.pacing import TokenBucket
from plg_orchestration.sending.secrets import secret, signing_key
from plg_orchestration.sending.sender import Channel, Sender
from plg_orchestration.sending.transport import Transport
from plg_orchestration.warehouse import Warehouse

PER_SECOND = 1.0
"""Slack takes about one message a second; a burst of ten is let through."""


@dataclass(frozen=True)
class Told:
    """What became of one receiver's deliveries: their states over all nights, and why something was left (None: nothing)."""

    receiver: str
    kind: str
    states: Mapping[str, int]
    told_now: int
    left: str | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is pending or dead."""
        return not self.states.get("pending") and not self.states.get("dead")


def tell(warehouse: Warehouse, *, as_of: AsOf, telling: Telling, workspace: str, means: Means) -> list[Told]:
    """Plan tonight's messages and send whatever is pending; what became of each receiver's, none when none is configured."""
    outbox = AlertOutbox(warehouse, as_of=as_of, workspace=workspace)
    outbox.plan(telling.to)
    failpoint("alerts.planned")
    left: dict[str, str] = {}
    for made in telling.to:
        try:
            reason = _send(made, outbox, telling.hosts, means)
        except ConfigurationError as error:
            reason = str(error)
        if reason is not None:
            left[made.name] = reason
    counted: dict[str, dict[str, tuple[int, int]]] = {}
    for row in outbox.states():
        counted.setdefault(row["receiver"], {})[row["delivery"]] = (row["deliveries"], row["lately"])
    return [
        Told(
            made.name, made.kind, {state: number for state, (number, _) in counted.get(made.name, {}).items()},
            counted.get(made.name, {}).get("delivered", (0, 0))[1], left.get(made.name),
        )
        for made in telling.to
    ]  # fmt: skip


def _send(made: Receiver, outbox: AlertOutbox, hosts: tuple[str, ...], means: Means) -> str | None:
    deliveries = outbox.pending(made.name)
    if not deliveries:
        return None
    bucket = TokenBucket(per_second=PER_SECOND, burst=10, clock=means.clock)
    return Sender(channel_of(made, hosts, means), outbox, made.retry, bucket, means.clock).send(deliveries)


def channel_of(made: Receiver, hosts: tuple[str, ...], means: Means) -> Channel:
    """The channel of a receiver; ConfigurationError when a secret is missing or the address is not allowed."""
    environment = means.environment
    match made:
        case EmailReceiver():
            login = None
            if made.user_from is not None and made.password_from is not None:
                user = secret(environment, made.user_from, what="the user", then=AGAIN)
                login = user, secret(environment, made.password_from, what="the password", then=AGAIN)
            return Mail(made, login, means.clock)
        case SlackReceiver():
            address = secret(environment, made.url_from, what="the address", then=AGAIN)
            return slack(_checked(address, hosts), _transport(made, means), means.clock)
        case WebhookReceiver():
            variables = [name for name in (made.key_from, made.previous_key_from) if name is not None]
            keys = tuple(signing_key(environment, name, then=AGAIN) for name in variables)
            hidden = [environment[name].strip() for name in variables]
            address = made.url
            if address is None:
                address = secret(environment, str(made.url_from), what="the address", then=AGAIN)
                hidden.append(address)
            return webhook(_checked(address, hosts), keys, tuple(hidden), _transport(made, means), means.clock)


def _transport(made: Receiver, means: Means) -> Transport:
    return Transport(timeout=made.timeout_seconds, largest=LARGEST_ANSWER, clock=means.clock)


def _checked(address: str, hosts: tuple[str, ...]) -> str:
    try:
        return allowed_address(address, hosts)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
