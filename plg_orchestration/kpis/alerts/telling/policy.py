"""Where alerts are told: the key `kpis.alerts.deliver` of a workspace. Without an entry nothing is ever sent.

A secret never stands here: an entry names the environment variable that holds it, and no message repeats what was written there.
"""

import re
from typing import Annotated, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.sending.policy import (
    Host,
    Name,
    Retry,
    Variable,
    check_distinct,
    check_one_address,
    checked_address,
    checked_kind,
    is_loopback,
)

MAILBOX = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
SECRET_KEYS = {"key": "key_from", "password": "password_from", "user": "user_from", "token": "url_from"}
SECRETS = {
    "slack": {"url": "url_from", **SECRET_KEYS},
    "email": {"url": "url_from", **SECRET_KEYS},
    "webhook": SECRET_KEYS,
}
"""By kind: keys under which people write secrets, and those that name a variable instead. A webhook's address need be none."""
PATIENCE = Retry(attempts=2, first_seconds=0.5, longest_seconds=2.0, in_a_row=2, budget_seconds=15.0)
State = Literal["open", "acknowledged", "snoozed", "held", "resolved"]


def _mailbox(value: object) -> object:
    if not isinstance(value, str) or not MAILBOX.fullmatch(value):
        raise ValueError("a bare e-mail address belongs here, without a name or brackets; write growth@example.com")
    return value


Mailbox = Annotated[str, BeforeValidator(_mailbox)]


class BaseReceiver(Section):
    """What all receivers share. The name is part of every delivery's key: a new name is a new receiver.

    It is told of alerts of at least `severity`, of these `owners` (default: all), when they come into one of `states`. What could
    not be delivered is tried again on the next night, and given up `expire_days` after its own.
    """

    name: Name
    severity: Literal["info", "warn", "high"] = "warn"
    owners: tuple[str, ...] = ()
    states: Annotated[tuple[State, ...], Field(min_length=1)] = ("open", "resolved")
    expire_days: Annotated[int, Field(ge=1, le=90)] = 7
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    retry: Retry = PATIENCE


class SlackReceiver(BaseReceiver):
    """An incoming webhook of Slack: its address is a secret, so it stands in the variable that `url_from` names."""

    kind: Literal["slack"]
    url_from: Variable


class WebhookReceiver(BaseReceiver):
    """Signed JSON (Standard Webhooks, as in `docs/destinations.md`). The address is `url`, or in the variable `url_from`."""

    kind: Literal["webhook"]
    url: str | None = None
    url_from: Variable | None = None
    key_from: Variable
    previous_key_from: Variable | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        check_one_address(f"receiver {self.name}", url=self.url, url_from=self.url_from)
        return self


class EmailReceiver(BaseReceiver):
    """A mail server: `security` is `starttls` (usually port 587), `tls` (465), or `none`, which only loopback may have.

    Certificates are verified. `user_from` and `password_from` name the variables for the login, both or neither.
    """

    kind: Literal["email"]
    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Mailbox
    recipients: Annotated[tuple[Mailbox, ...], Field(min_length=1, max_length=50)]
    user_from: Variable | None = None
    password_from: Variable | None = None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.user_from is None) != (self.password_from is None):
            raise ValueError(f"receiver {self.name}: user_from and password_from belong together; give both or neither")
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(f"receiver {self.name}: mail would go to {self.host!r} unencrypted; write starttls or tls")
        return self


def allowed_address(address: str, hosts: tuple[str, ...]) -> str:
    """The address when alerts may be sent there; ValueError (fault; remedy), which names the host and nothing behind it."""
    return checked_address(address, hosts, key="kpis.alerts.deliver.hosts", what="alerts")


def _kind(value: object) -> object:
    return checked_kind(value, entry="receiver", secrets=SECRETS)


def _allowed(value: object, info: ValidationInfo) -> object:
    made = cast("Receiver", value)
    if isinstance(made, WebhookReceiver) and made.url is not None and "hosts" in info.data:
        allowed_address(made.url, info.data["hosts"])
    return made


def _distinct(value: object) -> object:
    check_distinct(cast("tuple[Receiver, ...]", value), entry="receiver")
    return value


Receiver = SlackReceiver | EmailReceiver | WebhookReceiver
Receivers = Annotated[
    tuple[
        Annotated[Annotated[Receiver, Field(discriminator="kind")], BeforeValidator(_kind), AfterValidator(_allowed)], ...
    ],
    AfterValidator(_distinct),
]  # fmt: skip


class Telling(Section):
    """The key `kpis.alerts.deliver`: the `hosts` to which requests may go, and the receivers."""

    hosts: tuple[Host, ...] = ()
    to: Receivers = ()
