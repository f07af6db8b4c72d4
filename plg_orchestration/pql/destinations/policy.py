"""Where leads are sent: the entries of `pql.destinations`. Without an entry nothing is ever sent.

A secret never stands here: an entry names the environment variable that holds it, and no message repeats what was written there.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, cast

import pyarrow as pa
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, model_validator

from plg_orchestration.config.expressions import DataPath
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.pql.destinations.leads import COLUMNS
from plg_orchestration.pql.numbers import AtLeastOne, Days
from plg_orchestration.sending.policy import (
    Name,
    Retry,
    Variable,
    check_distinct,
    check_one_address,
    checked_address,
    checked_kind,
)

KINDS = ("csv", "webhook", "hubspot")
SECRETS = {"key": "key_from", "token": "token_from", "secret": "key_from", "password": "token_from", "api_key": "token_from"}
EVERY = "*"
"""In `config.destination_takes`: every target, or every route on which a person must act in time."""


def _column(value: object) -> object:
    if value not in COLUMNS:
        raise ValueError(f"{value!r} is no column of a lead; {choose(str(value), COLUMNS, what='columns')}")
    return value


LeadColumn = Annotated[str, BeforeValidator(_column)]
Property = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]


class BaseDestination(Section):
    """What all destinations share. The name is part of every idempotency key: a new name is a new destination.

    `routes` are the teams or campaigns whose leads go there (default: all on which a person must act in time), `targets` the
    outcomes (default: all). With `identity: pseudonym` ids leave as HMACs under the key that `pseudonym_key_from` names. What is
    not delivered `expire_days` after its night is given up. With `dry_run` everything is prepared and nothing sent.
    """

    name: Name
    dry_run: bool = False
    routes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    identity: Literal["plain", "pseudonym"] = "plain"
    pseudonym_key_from: Variable = "PLG_PSEUDONYM_KEY"
    expire_days: Days = 7


class CsvDestination(BaseDestination):
    """One file a night and team in `folder` (relative to the workspace), with these `columns`."""

    kind: Literal["csv"]
    folder: DataPath
    columns: Annotated[tuple[LeadColumn, ...], Field(min_length=1)] = COLUMNS


class HttpDestination(BaseDestination):
    """What destinations over HTTP share: at most `requests_per_second` after a first `burst`, each with `timeout_seconds`."""

    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 5.0
    burst: AtLeastOne = 1
    retry: Retry = Retry()


class WebhookDestination(HttpDestination):
    """Leads as signed JSON, `batch_size` a request. The address is `url`, or stands in the variable that `url_from` names.

    `key_from` names the signing key; while keys are changed, `previous_key_from` names the other one, and both sign.
    """

    kind: Literal["webhook"]
    url: str | None = None
    url_from: Variable | None = None
    key_from: Variable
    previous_key_from: Variable | None = None
    columns: Annotated[tuple[LeadColumn, ...], Field(min_length=1)] = COLUMNS
    batch_size: Annotated[int, Field(ge=1, le=100)] = 1

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        check_one_address(f"destination {self.name}", url=self.url, url_from=self.url_from)
        return self


class HubspotDestination(HttpDestination):
    """Contacts of a CRM that speaks HubSpot's batch upsert: found by `id_property`, which holds the lead's `id_column`.

    `properties` says which column becomes which property. `token_from` names the access token.
    """

    kind: Literal["hubspot"]
    url: str = "https://api.hubapi.com"
    token_from: Variable
    id_property: Property
    id_column: Literal["user_id", "account_id"] = "user_id"
    properties: Annotated[dict[Property, LeadColumn], Field(min_length=1)]
    batch_size: Annotated[int, Field(ge=1, le=100)] = 100


def allowed_address(address: str, hosts: tuple[str, ...]) -> str:
    """The address when leads may be sent there; ValueError (fault; remedy), which names the host and nothing behind it."""
    return checked_address(address, hosts, key="pql.destination_hosts", what="leads")


def _kind(value: object) -> object:
    return checked_kind(value, entry="destination", secrets=dict.fromkeys(KINDS, SECRETS))


def _fits(value: object, info: ValidationInfo) -> object:
    """The destination when its host is allowed and its teams exist."""
    made = cast("Destination", value)
    address = getattr(made, "url", None)
    if address is not None and "destination_hosts" in info.data:
        allowed_address(address, info.data["destination_hosts"])
    for field, known in known_filters(info.data).items():
        for word in getattr(made, field):
            if word not in known:
                raise ValueError(f"destination {made.name}: {word!r} is none of the {field}; {choose(word, known, what=field)}")
    return made


def known_filters(data: Mapping[str, Any]) -> dict[str, set[str]]:
    """The teams and targets that the rest of the section declares, as far as it is valid."""
    known: dict[str, set[str]] = {}
    if routing := data.get("routing"):
        points, matrix = routing.points, routing.matrix
        known["routes"] = {band.route for band in (*points.bands, points.default)} | {row.team for row in matrix.rows}
        known["routes"].add(matrix.default.team)
    if targets := data.get("targets"):
        known["targets"] = set(targets)
    return known


def _distinct(value: object) -> object:
    check_distinct(cast("tuple[Destination, ...]", value), entry="destination")
    return value


Destination = CsvDestination | WebhookDestination | HubspotDestination
Destinations = Annotated[
    tuple[
        Annotated[
            Annotated[Destination, Field(discriminator="kind")], BeforeValidator(_kind), AfterValidator(_fits)
        ],
        ...,
    ],
    AfterValidator(_distinct),
]  # fmt: skip
"""Any kind of destination, checked against what the section declared before: `destination_hosts`, `routing` and `targets`."""

DESTINATIONS = pa.schema([("destination", pa.string()), ("latest_only", pa.bool_()), ("expire_days", pa.int32())])
TAKES = pa.schema([("destination", pa.string()), ("route", pa.string()), ("target", pa.string())])


def destination_tables(destinations: tuple[Destination, ...]) -> dict[str, pa.Table]:
    """The tables `destinations` and `destination_takes`: which exist, and which routes and targets each of them takes.

    `latest_only` holds for a CRM: its contact shows the newest lead, so that an older one is not to be sent after it.
    """
    listed = [
        {"destination": made.name, "latest_only": made.kind == "hubspot", "expire_days": made.expire_days}
        for made in destinations
    ]
    takes = [
        {"destination": made.name, "route": route, "target": target}
        for made in destinations
        for route in made.routes or (EVERY,)
        for target in made.targets or (EVERY,)
    ]
    return {
        "destinations": pa.Table.from_pylist(listed, DESTINATIONS),
        "destination_takes": pa.Table.from_pylist(takes, TAKES),
    }
