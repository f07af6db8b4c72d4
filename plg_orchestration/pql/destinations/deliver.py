"""Delivering a night: plan what is new, send what is pending to each destination, say what became of it.

The outbox keeps what was planned and sent; how a kind of destination is spoken to is in its own module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.config.expressions import expand
from plg_orchestration.errors import ConfigurationError, Unavailable
from plg_orchestration.failpoints import failpoint
from plg_orchestration.pql.destinations import hubspot, queries, webhook
from plg_orchestration.pql.destinations.files import Folder
from plg_orchestration.pql.destinations.outbox import Outbox
from plg_orchestration.pql.destinations.policy import (
    CsvDestination,
    Destination,
    HttpDestination,
    HubspotDestination,
    WebhookDestination,
    allowed_address,
)
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.sending.means import Means
from plg_orchestration.sending.pacing import TokenBucket
from plg_orchestration.sending.policy import Retry
from plg_orchestration.sending.secrets import secret, signing_key
from plg_orchestration.sending.sender import Channel, Sender
from plg_orchestration.sending.transport import Transport
from plg_orchestration.warehouse import Warehouse

NOT_CONFIGURED = "no destination is configured: add one to pql.destinations in plg.yaml (docs/destinations.md)"
DELIVER = "then run `plg deliver`"


@dataclass(frozen=True)
class Delivered:
    """What became of one destination's deliveries: their states over all nights, and why something was left (None: nothing)."""

    destination: str
    kind: str
    states: Mapping[str, int]
    delivered_now: int
    left: str | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is pending or dead."""
        return not self.states.get("pending") and not self.states.get("dead")


def deliver(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, means: Means, only: Sequence[str] = (), retry_dead: bool = False,
    dry_run: bool = False,
) -> list[Delivered]:  # fmt: skip
    """Plan the night's deliveries and send whatever is pending, to all destinations or those named in `only`.

    With `retry_dead` what was given up is sent again; with `dry_run` nothing is sent anywhere. Unavailable when no destination is
    configured, ValueError for a name that is none.
    """
    chosen = chosen_destinations(policy.destinations, only)
    outbox = Outbox(warehouse, as_of=as_of)
    refused: dict[str, str] = {}
    keys: dict[str, bytes | None] = {}
    for made in chosen:
        try:
            keys[made.name] = _pseudonym_key(made, means.environment)
        except ConfigurationError as error:
            refused[made.name] = str(error)
    live = [made for made in chosen if made.name in keys and not made.dry_run]
    if not dry_run:
        outbox.plan(keys=keys, dry=[made.name for made in chosen if made.dry_run])
        if retry_dead:
            outbox.revive([made.name for made in live])
    failpoint("deliveries.planned")
    for made in live if not dry_run else [made for made in chosen if made.name in keys]:
        try:
            run = _rehearse if dry_run else _send
            left = run(made, outbox, policy.destination_hosts, means)
        except ConfigurationError as error:
            left = str(error)
        if left is not None:
            refused[made.name] = left
    return _summary(warehouse, as_of, chosen, refused)


def chosen_destinations(destinations: tuple[Destination, ...], only: Sequence[str]) -> list[Destination]:
    """The destinations named in `only`, or all; Unavailable when there are none, ValueError for a name that is none."""
    if not destinations:
        raise Unavailable(NOT_CONFIGURED)
    if unknown := sorted(set(only) - {made.name for made in destinations}):
        raise ValueError(f"{unknown[0]!r} is no destination; there are: {', '.join(made.name for made in destinations)}")
    return [made for made in destinations if not only or made.name in only]


def _pseudonym_key(made: Destination, environment: Mapping[str, str]) -> bytes | None:
    if made.identity == "plain":
        return None
    return secret(environment, made.pseudonym_key_from, what="the pseudonym key", then=DELIVER).encode()


def _send(made: Destination, outbox: Outbox, hosts: tuple[str, ...], means: Means) -> str | None:
    deliveries = outbox.pending(made.name)
    if not deliveries:
        return None
    channel = channel_of(made, outbox, hosts, means)
    http = isinstance(made, HttpDestination)
    pace = (made.requests_per_second, made.burst) if http else (1e6, 1)
    bucket = TokenBucket(per_second=pace[0], burst=pace[1], clock=means.clock)
    return Sender(channel, outbox, made.retry if http else Retry(), bucket, means.clock).send(deliveries)


def _rehearse(made: Destination, outbox: Outbox, hosts: tuple[str, ...], means: Means) -> str | None:
    """What would be sent, once everything that sending needs is there."""
    channel_of(made, outbox, hosts, means)
    new = [row for row in outbox.warehouse.rows(queries.deliverable(as_of=outbox.as_of)) if row[0] == made.name]
    return f"nothing sent; {len(outbox.pending(made.name)) + len(new)} would be"


def channel_of(made: Destination, outbox: Outbox, hosts: tuple[str, ...], means: Means) -> Channel:
    """The channel of a destination; ConfigurationError when a secret is missing or the address is not allowed."""
    match made:
        case CsvDestination():
            return Folder(
                means.root / expand(made.folder), made.columns,
                lambda delivery: outbox.file_leads(made.name, delivery.as_of, delivery.route),
            )  # fmt: skip
        case WebhookDestination():
            return _webhook(made, hosts, means)
        case HubspotDestination():
            token = secret(means.environment, made.token_from, what="the access token", then=DELIVER)
            address = _address(made.url.rstrip("/") + hubspot.PATH, hosts)
            transport = Transport(timeout=made.timeout_seconds, largest=hubspot.LARGEST_ANSWER, clock=means.clock)
            return hubspot.Hubspot(
                address, token, made.id_property, made.id_column, made.properties, made.batch_size, transport, means.clock
            )  # fmt: skip


def _webhook(made: WebhookDestination, hosts: tuple[str, ...], means: Means) -> Channel:
    variables = [name for name in (made.key_from, made.previous_key_from) if name is not None]
    keys = [signing_key(means.environment, name, then=DELIVER) for name in variables]
    hidden = [means.environment[name].strip() for name in variables]
    address = made.url
    if address is None:
        address = secret(means.environment, str(made.url_from), what="the address", then=DELIVER)
        hidden.append(address)
    transport = Transport(timeout=made.timeout_seconds, largest=webhook.LARGEST_ANSWER, clock=means.clock)
    return webhook.Webhook(
        _address(address, hosts), tuple(keys), tuple(hidden), made.columns, made.batch_size, transport, means.clock
    )  # fmt: skip


def _address(address: str, hosts: tuple[str, ...]) -> str:
    try:
        return allowed_address(address, hosts)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _summary(warehouse: Warehouse, as_of: AsOf, chosen: Sequence[Destination], left: Mapping[str, str]) -> list[Delivered]:
    counted: dict[str, dict[str, tuple[int, int]]] = {}
    for name, state, number, of_day in warehouse.rows(queries.delivery_states(as_of=as_of)):
        counted.setdefault(str(name), {})[str(state)] = (int(str(number)), int(str(of_day)))
    return [
        Delivered(
            made.name, made.kind, {state: number for state, (number, _) in counted.get(made.name, {}).items()},
            counted.get(made.name, {}).get("delivered", (0, 0))[1], left.get(made.name),
        )
        for made in chosen
    ]  # fmt: skip
