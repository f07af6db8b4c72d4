"""Contacts of a CRM by HubSpot's batch upsert: created or updated by a unique property, so that sending twice changes nothing.

`POST /crm/v3/objects/contacts/batch/upsert`, at most 100 contacts a request. HubSpot's own client was looked at (12.0.0, of
May 2025): 52 MB and 2,184 modules for this one request, redirects followed, answers of any size read, no waiting that a test can
see; so it is sent over the same transport as webhooks. Each input carries the delivery's key as `objectWriteTraceId`, by which a
207 answer says which of them failed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from plg_orchestration.sending.answers import (
    REMEDIES,
    UNREACHED,
    Outcome,
    Reply,
    judge,
    reply_to_all,
)
from plg_orchestration.sending.deliveries import Delivery, canonical
from plg_orchestration.sending.pacing import retry_after
from plg_orchestration.sending.secrets import shown
from plg_orchestration.sending.sender import Batch
from plg_orchestration.sending.transport import Response, Transport
from plg_orchestration.wall_clock import WallClock

PATH = "/crm/v3/objects/contacts/batch/upsert"
LARGEST_ANSWER = 4_194_304
PASSING = frozenset({"RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
"""Categories of a single contact's error that are worth another try."""
MULTI_STATUS = 207


@dataclass(frozen=True)
class Hubspot:
    """The channel of one CRM; `properties` says which column becomes which property of the contact."""

    address: str
    token: str = field(repr=False)
    id_property: str
    id_column: str
    properties: Mapping[str, str]
    batch_size: int
    transport: Transport
    clock: WallClock

    def batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """As many contacts in a request as `batch_size`, none twice: a later lead of a contact comes in a later request."""
        made: list[list[Delivery]] = []
        last: dict[str, int] = {}
        for delivery in deliveries:
            contact = self._id(delivery)
            place = last.get(contact, -1) + 1
            while place < len(made) and len(made[place]) >= self.batch_size:
                place += 1
            if place == len(made):
                made.append([])
            made[place].append(delivery)
            last[contact] = place
        return [tuple(batch) for batch in made]

    def send(self, batch: Batch) -> Reply:
        """A 207 is read contact by contact; any other 2xx says that all were taken."""
        body = canonical({"inputs": [self.input_of(delivery) for delivery in batch]}).encode()
        answer = self.transport.post(self.address, body, {"authorization": f"Bearer {self.token}"})
        if not isinstance(answer, Response):
            return reply_to_all(answer, len(batch))
        found = _object(answer.body)
        if answer.status == MULTI_STATUS:
            return Reply(tuple(self._of_contact(delivery, found) for delivery in batch))
        said = self._shown(f"{answer.status} {found.get('message', '')}")
        wait = retry_after(answer.headers.get("retry-after"), now=self.clock.now())
        return reply_to_all(judge(answer.status, said), len(batch), wait=wait)

    def input_of(self, delivery: Delivery) -> dict[str, object]:
        """One input of the request; what is not known empties its property."""
        return {
            "id": self._id(delivery), "idProperty": self.id_property, "objectWriteTraceId": delivery.key,
            "properties": {name: _text(delivery.content[column]) for name, column in self.properties.items()},
        }  # fmt: skip

    def _id(self, delivery: Delivery) -> str:
        return _text(delivery.content[self.id_column])

    def _of_contact(self, delivery: Delivery, found: Mapping[str, Any]) -> Outcome:
        for error in _objects(found.get("errors")):
            context = error.get("context")
            named = cast("Mapping[str, Any]", context) if isinstance(context, dict) else {}
            if delivery.key in _texts(named.get("objectWriteTraceId")) or self._id(delivery) in _texts(named.get("ids")):
                said = self._shown(f"{error.get('category', 'error')}: {error.get('message', '')}")
                if str(error.get("category")) in PASSING:
                    return Outcome("again", said, MULTI_STATUS, UNREACHED)
                return Outcome("refused", said, MULTI_STATUS, REMEDIES[422])
        for result in _objects(found.get("results")):
            held = result.get("properties")
            held = cast("Mapping[str, Any]", held) if isinstance(held, dict) else {}
            if result.get("objectWriteTraceId") == delivery.key or held.get(self.id_property) == self._id(delivery):
                return Outcome("delivered", "207 new" if result.get("new") is True else "207 updated", MULTI_STATUS)
        return Outcome("again", "the answer does not say what became of this contact", MULTI_STATUS, UNREACHED)

    def _shown(self, text: str) -> str:
        return shown(text, (self.token,))


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _object(body: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]


def _texts(value: object) -> list[str]:
    return [str(one) for one in cast("list[Any]", value)] if isinstance(value, list) else [str(value)]
