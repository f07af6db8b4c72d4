"""The columnar form of event lines on their way from behavior to a file.

Only the shape and its plain operations belong here. An actor is a number: users first, then each user's anonymous self,
then visitors who never sign up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from plg_orchestration.demo.product import EVENTS
from plg_orchestration.demo.randomness import Bools, Ints

SPECIAL = np.array(
    [event.kind in {"identify", "group", "alias"} or event.name in {"Signed Up", "Invite Accepted"} for event in EVENTS]
)
"""Event codes whose properties are made for the person; they are never late, repeated or broken."""
ORDINARY = np.array([event.kind == "track" and event.properties[0] != "{}" for event in EVENTS])
"""Event codes of everyday use by known users, with properties: what may be repeated, contradicted or garbled."""
VARIANTS = np.array([len(event.properties) for event in EVENTS])
FIRST_VARIANT = np.concatenate([[0], np.cumsum(VARIANTS)[:-1]])


@dataclass(frozen=True)
class Batch:
    """Event lines: when they happened and arrived (milliseconds since the start), who, what, and their identity's number."""

    at: Ints
    received: Ints
    actor: npt.NDArray[np.int32]
    code: npt.NDArray[np.int16]
    variant: npt.NDArray[np.int32]
    mobile: Bools
    number: Ints

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: npt.NDArray[np.integer] | Bools) -> "Batch":
        """The given rows (positions or a mask), in that order."""
        return Batch(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True)
class Happenings:
    """What happened, before it is sent: time, actor and event code; three arrays of one length."""

    at: Ints
    actor: npt.NDArray[np.int32]
    code: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.at)

    @staticmethod
    def of(at: Ints, actor: npt.NDArray[np.integer], code: npt.NDArray[np.integer] | int) -> "Happenings":
        """From any integer arrays; one code may stand for all rows."""
        codes = np.full(len(at), code) if isinstance(code, int) else code
        return Happenings(at, actor.astype(np.int32), codes.astype(np.int16))

    def take(self, rows: npt.NDArray[np.integer] | Bools | slice) -> "Happenings":
        """The given rows."""
        return Happenings(self.at[rows], self.actor[rows], self.code[rows])


def join(parts: Sequence[Batch]) -> Batch:
    """The rows of all parts, in order; at least one part is needed."""
    return Batch(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Batch)})


def gather(parts: Sequence[Happenings]) -> Happenings:
    """The rows of all parts, in order; at least one part is needed."""
    return Happenings(
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.actor for part in parts]),
        np.concatenate([part.code for part in parts]),
    )


def in_order(times: Ints) -> Ints:
    """The positions that sort times (of one day or a little more); equal times keep their order."""
    base, bits = int(times.min(initial=0)), max(len(times).bit_length(), 1)
    if int(times.max(initial=0)) - base >= 1 << (62 - bits):
        return np.argsort(times, kind="stable")
    packed = ((times - base) << bits) | np.arange(len(times))
    return np.sort(packed) & ((1 << bits) - 1)


def send(rng: np.random.Generator, happened: Happenings, mobile_user: Bools, first_number: int) -> Batch:
    """Lines for what happened, each received within four seconds and on the day it happened, ordered by arrival."""
    n = len(happened)
    bits = rng.integers(0, 2**62, n)
    day_end = happened.at - happened.at % 86_400_000 + 86_399_999
    received = np.minimum(happened.at + 150 + bits % 3850, day_end)
    order = in_order(received)
    code, actor, bits = happened.code[order], happened.actor[order], bits[order] >> 13
    other = bits % 100 < 12
    person = actor < len(mobile_user)
    mobile = np.where(person, mobile_user[np.where(person, actor, 0)], actor % 3 == 0) ^ (other & person)
    variant = FIRST_VARIANT[code] + (bits >> 8) % VARIANTS[code]
    numbers = first_number + np.arange(n, dtype=np.int64)
    return Batch(happened.at[order], received[order], actor, code, variant.astype(np.int32), mobile, numbers)
