"""A small decision log, and the nine attacks on it: each changes the folder as somebody who can write to it would."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plg_orchestration.governance.audit_log.appending import Appended, append_waiting
from plg_orchestration.governance.audit_log.framing import Framing, closing_hash, genesis, record_hash, record_of
from plg_orchestration.governance.audit_log.heads import Head, parse_head
from plg_orchestration.governance.audit_log.keys import Signer, open_signer
from plg_orchestration.governance.audit_log.locks import LOCK
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue
from plg_orchestration.governance.privacy.secret import Secret, secret_in
from plg_orchestration.warehouse import Warehouse

FIRST = dt.date(2025, 3, 3)
NOON = dt.datetime(2025, 3, 3, 12)
Files = dict[str, bytes]


def entries(*names: str) -> list[Entry]:
    return [Entry("note", name, {"said": name, "figure": 0.5}, NOON, user_id=f"user {name}") for name in names]


def secret_of(state: Path) -> Secret:
    return secret_in(state, "a secret that is long enough")


def append(warehouse: Warehouse, state: Path, *names: str, day: dt.date = FIRST) -> Appended:
    enqueue(warehouse, entries(*names))
    return append_waiting(warehouse, state=state, secret=secret_of(state), day=day, at=NOON)


def small_log(state: Path, *, days: int = 4, records: int = 10) -> tuple[Files, Signer]:
    """The files of a log of some days, each appended in two goes, and the key that signs it."""
    with Warehouse.open(state) as warehouse:
        for number, half in product(range(days), range(2)):
            names = (f"{number}.{half}.{n}" for n in range(records // 2))
            append(warehouse, state, *names, day=FIRST + dt.timedelta(days=number))
    folder = state / "audit"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != LOCK}, open_signer(
        state, secret_of(state)
    )


@dataclass
class Log:
    """The log as an attacker handles it: lines of records by day, and heads."""

    days: dict[dt.date, list[bytes]]
    heads: list[Head]
    public: bytes

    @classmethod
    def of(cls, files: Files) -> "Log":
        days = {
            dt.date.fromisoformat(name.removesuffix(".jsonl")): data.splitlines(keepends=True)
            for name, data in sorted(files.items())
            if name[0].isdigit()
        }
        heads = [parse_head(line) for line in files["heads.jsonl"].splitlines()]
        return cls(days, heads, files["audit_key.pub"])

    def files(self) -> Files:
        made = {f"{day}.jsonl": b"".join(lines) for day, lines in self.days.items()}
        return made | {"heads.jsonl": "".join(head.line() for head in self.heads).encode(), "audit_key.pub": self.public}

    def chained_anew(self, signer: Signer) -> "Log":
        """Every hash made again over what the lines say now, every head signed by the key."""
        previous, seen, days = genesis(signer.public), {}, {}
        for day, lines in self.days.items():
            days[day] = []
            for sequence, line in enumerate(lines, start=1):
                record = line[line.index(b'"record":') + 9 : line.rindex(b',"sequence":')]
                previous = record_hash(previous, day, sequence, record)
                days[day].append(Framing(day).line(previous, record, sequence))
                seen[day, sequence] = previous
            previous = closing_hash(previous, day, len(lines))
        heads: list[Head] = []
        for head in self.heads:
            if head.day not in days:
                continue
            last = max((h.count for h in self.heads if h.day == head.day), default=0)
            count = len(days[head.day]) if head.count == last else min(head.count, len(days[head.day]) - 1)
            at = seen[head.day, count]
            hashed = closing_hash(at, head.day, count) if head.closed else at
            heads.append(signer.signed(replace(head, count=count, hash=hashed.hex())))
        return Log(days, heads, self.public)


def edit(log: Log, rng: random.Random, key: Signer) -> Log:
    day = rng.choice(list(log.days))
    place = rng.randrange(len(log.days[day]))
    line = bytearray(log.days[day][place])
    where = rng.randrange(len(line) - 1)
    line[where] = (line[where] + rng.randrange(1, 255)) % 256
    if line[where] == 10:
        line[where] = 35 if log.days[day][place][where] != 35 else 36
    log.days[day][place] = bytes(line)
    return log


def delete(log: Log, rng: random.Random, key: Signer) -> Log:
    lines = log.days[rng.choice(list(log.days))]
    del lines[rng.randrange(len(lines))]
    return log


def reorder(log: Log, rng: random.Random, key: Signer) -> Log:
    lines = log.days[rng.choice(list(log.days))]
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return log


def duplicate(log: Log, rng: random.Random, key: Signer) -> Log:
    lines = log.days[rng.choice(list(log.days))]
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
    return log


def swap_days(log: Log, rng: random.Random, key: Signer) -> Log:
    one, other = rng.sample(list(log.days), 2)
    swapped = {one: log.days[other], other: log.days[one]}
    for day, lines in swapped.items():
        renamed = [line.replace(lines[0][8:18], str(day).encode(), 1) for line in lines]
        log.days[day] = renamed if rng.random() < 0.5 else list(lines)
    return log


def truncate(log: Log, rng: random.Random, key: Signer) -> Log:
    """Cut off where an earlier append ended, with the heads that tell of what came after."""
    kept = rng.randrange(1, len(log.heads))
    while log.heads[kept - 1].closed:
        kept = rng.randrange(1, len(log.heads))
    last = log.heads[kept - 1]
    days = {day: lines for day, lines in log.days.items() if day <= last.day}
    days[last.day] = days[last.day][: last.count]
    return Log(days, log.heads[:kept], log.public)


def drop_last_day(log: Log, rng: random.Random, key: Signer) -> Log:
    for _ in range(rng.randrange(1, len(log.days))):
        last = max(log.days)
        del log.days[last]
        log.heads = [head for head in log.heads if head.day != last]
        if rng.random() < 0.5:
            log.heads = log.heads[:-1]
    return log


def rechain(log: Log, rng: random.Random, key: Signer) -> Log:
    """Edit a record and chain everything anew: with the stolen key."""
    day = rng.choice(list(log.days))
    place = rng.randrange(len(log.days[day]))
    log.days[day][place] = log.days[day][place].replace(b'"figure":0.5', b'"figure":0.9')
    return log.chained_anew(key)


def rechain_without_key(log: Log, rng: random.Random, key: Signer) -> Log:
    """The same with a key of the attacker's own, in place of the log's public key or beside it."""
    private = Ed25519PrivateKey.generate()
    own = Signer(private, private.public_key().public_bytes_raw())
    made = rechain(log, rng, own)
    if rng.random() < 0.5:
        from plg_orchestration.governance.audit_log.keys import _pem

        made.public = _pem(own).encode()
    return made


def rechain_forged(log: Log, rng: random.Random, key: Signer) -> Log:
    """The same, in the name of the log's own key: with the old signatures, or with those of another key."""
    old = {head.place: head.signature for head in log.heads}
    own = Ed25519PrivateKey.generate()
    made = rechain(log, rng, key)
    reuse = rng.random() < 0.5
    made.heads = [
        replace(head, signature=old[head.place] if reuse else own.sign(head.signed_bytes()).hex()) for head in made.heads
    ]
    return made


def append_after_close(log: Log, rng: random.Random, key: Signer) -> Log:
    """Add a record to a closed day: chained to its last one, or with the stolen key and everything after chained anew."""
    day = rng.choice(list(log.days)[:-1])
    lines = log.days[day]
    previous = bytes.fromhex(lines[-1][28:92].decode())
    record = record_of(lines[-1], len(lines)).replace(b'"figure":0.5', b'"figure":0.7')
    sequence = len(lines) + 1
    lines.append(Framing(day).line(record_hash(previous, day, sequence, record), record, sequence))
    return log.chained_anew(key) if rng.random() < 0.5 else log


ATTACKS: dict[str, Sequence[Callable[[Log, random.Random, Signer], Log]]] = {
    "edit": (edit,), "delete": (delete,), "reorder": (reorder,), "duplicate": (duplicate,), "swap days": (swap_days,),
    "truncate": (truncate,), "drop last day": (drop_last_day,), "re-chain": (rechain, rechain_without_key, rechain_forged),
    "append after close": (append_after_close,),
}  # fmt: skip


def written(folder: Path, files: Files) -> Path:
    """The folder with exactly these files."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
