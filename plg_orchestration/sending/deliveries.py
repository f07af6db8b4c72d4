"""What is on its way: one delivery, a try of it, and what every outbox needs to keep them.

What the content says, and which key it has, is decided where it comes from; so is how its table looks.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from plg_orchestration.sending.answers import Outcome

TYPES = {"INTEGER": pa.int32(), "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "VARCHAR": pa.string()}
"""The types of an outbox's columns."""


@dataclass(frozen=True)
class Delivery:
    """One content on its way to one destination; `attempts` counts what was tried before.

    The receiver knows it again by `key`. `subject` is the id of what it is about, a decision or an alert, and `as_of` its night;
    `route` is the team or campaign of a lead.
    """

    key: str
    destination: str
    subject: str
    as_of: dt.date
    attempts: int
    content: Mapping[str, object]
    route: str = ""


@dataclass(frozen=True)
class Try:
    """One try of one delivery: the outcome, how many deliveries were in the request, and whether it was the last try."""

    delivery: Delivery
    outcome: Outcome
    batch: int
    last: bool


def canonical(value: object) -> str:
    """The value as JSON in one way only: sorted keys, no spaces, NaN refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
