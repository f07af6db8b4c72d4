"""Event batches as bytes: Segment-style JSON lines, and the same events as canonical Parquet columns.

A line is joined from five pieces, of which four are looked up and one (identity and times) is a block of fixed width that
numpy fills. Which lines exist is decided elsewhere.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from plg_orchestration.demo import product
from plg_orchestration.demo.batch import SPECIAL, Batch
from plg_orchestration.demo.columns import Strings, choose, first_known, joined, labels, lookup, where
from plg_orchestration.demo.flaws import WAYS, Flawed
from plg_orchestration.demo.population import COUNTRY_NAMES, Population
from plg_orchestration.demo.randomness import DAY_MS, Ints, stream
from plg_orchestration.demo.stamps import WIDTH, dates, stamp, strings

_CHUNK = 200_000
_REGION_OF = [region for region, countries in product.COUNTRIES.items() for _ in countries]
_LOCALE_OF = [product.LOCALES[country] for country in COUNTRY_NAMES]


@dataclass(frozen=True)
class Actors:
    """Everybody who can appear in a line, by actor number: identifiers, place, and the end of their JSON context."""

    users: int
    user_id: Strings
    account_id: Strings
    account: Ints
    anonymous: Strings  # by actor number minus the number of users
    country: npt.NDArray[np.int8]
    context: Strings
    traits: Strings  # of each user
    group_traits: Strings  # of each account
    signup: Strings  # properties of each user's sign-up
    inviter: Strings


def _place(country: npt.NDArray[np.integer]) -> Strings:
    table = [
        f'"locale":"{_LOCALE_OF[i]}","location":{{"country":"{name}","region":"{_REGION_OF[i]}"}}}},'
        for i, name in enumerate(COUNTRY_NAMES)
    ]
    return lookup(table, country)


def email_domains(population: Population) -> Strings:
    """Each user's mail domain: the account's own, or a throw-away one in the fake rings."""
    users, accounts = population.users, population.accounts
    own = joined(labels("team", users.account, 5), ".example")
    fake = lookup(product.DISPOSABLE_DOMAINS, np.arange(len(users)) % len(product.DISPOSABLE_DOMAINS))
    return where(accounts.ring[users.account] >= 0, fake, own)


def actors(population: Population, visitor_region: Ints, seed: int) -> Actors:
    """Prepare the looked-up pieces of all users and visitors."""
    users, accounts = population.users, population.accounts
    n, visitors = len(users), len(visitor_region)
    rng = stream(seed, "visitors")
    start = np.concatenate([[0], np.cumsum([len(c) for c in product.COUNTRIES.values()])[:-1]])
    visitor_country = start[visitor_region] + rng.integers(0, 2, visitors)
    country = np.concatenate([users.country, users.country, visitor_country]).astype(np.int8)
    user_id, account_id = labels("u", np.arange(n)), labels("a", np.arange(len(accounts)), 5)
    anonymous = labels("v", np.arange(n + visitors), 7)
    group = joined('"groupId":"', account_id.take(pa.array(users.account)), '",')
    of_users = joined(group, _place(users.country), '"userId":"', user_id, '"')
    of_others = joined(_place(country[n:]), '"anonymousId":"', anonymous, '"')
    fingerprint = labels("fp", np.where(users.fingerprint < 0, 10**12 - users.fingerprint, users.fingerprint % 10**12), 13)
    channel = lookup(list(product.CHANNELS), accounts.channel[users.account])
    channel = where(users.inviter >= 0, "referral", channel)
    known = np.maximum(users.inviter, 0)
    referred = where(users.inviter >= 0, joined(',"referred_by":"', user_id.take(pa.array(known)), '"'), "")
    traits = joined(
        '{"role":"', lookup(list(product.ROLES), users.role), '","email_domain":"', email_domains(population),
        '","acquisition_channel":"', channel, '"', referred, "}",
    )  # fmt: skip
    group_traits = joined(
        '{"name":"', labels("Team ", np.arange(len(accounts)), 5), '","industry":"',
        lookup(list(product.INDUSTRIES), accounts.industry), '","employees":',
        pa.array(accounts.employees).cast(pa.string()), "}",
    )  # fmt: skip
    return Actors(
        users=n,
        user_id=user_id,
        account_id=account_id,
        account=users.account,
        anonymous=anonymous,
        country=country,
        context=pa.concat_arrays([of_users, of_others]),
        traits=traits,
        group_traits=group_traits,
        signup=joined('{"fingerprint":"', fingerprint, '","channel":"', channel, '"}'),
        inviter=joined('{"inviter":"', user_id.take(pa.array(known)), '"}'),
    )


def _head(event: product.Event) -> str:
    named = {"track": f'"event":"{event.name}",', "page": f'"name":"{event.name}",'}.get(event.kind, "")
    return f'{{"type":"{event.kind}",{named}"messageId":"'


_MADE = ("identify:", "group:", "alias:", "Signed Up")
_HEADS = pa.array([_head(event) for event in product.EVENTS])
_POOL = pa.array([f',"properties":{text}}}\n' for event in product.EVENTS for text in event.properties])
_PROPERTIES = pa.array([text for event in product.EVENTS for text in event.properties])
_DEVICES = pa.array(['desktop"},', 'mobile"},'])
_HEX = np.frombuffer("".join(f"{i:02x}" for i in range(256)).encode(), dtype=np.uint16)


def message_ids(numbers: Ints, seed: int) -> npt.NDArray[np.uint8]:
    """Sixteen hexadecimal characters for each number, as bytes [n, 16]; a bijection (splitmix64), so never the same twice."""
    x = (numbers.astype(np.uint64) + np.uint64(seed % 2**32 << 32)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return _HEX[x.view(np.uint8)].view(np.uint8).reshape(-1, 16)


class Writer:
    """Writes one file of event lines after another."""

    def __init__(self, folder: Path, people: Actors, start: dt.date, days: int, seed: int) -> None:
        self._folder, self._people, self._start, self._seed = folder, people, start, seed
        self._dates = dates(start, days)
        self._version_names = [f"4.{day // 21 % 100:02d}.{day % 21 // 7}" for day in range(days)]
        self._versions = np.frombuffer("".join(self._version_names).encode(), dtype=np.uint8).reshape(days, 6)

    def path(self, day: int, *, raw: bool) -> Path:
        """The file of a day: raw lines, or history as Parquet."""
        date = self._start + dt.timedelta(days=day)
        return self._folder / "data" / (f"events/{date}.jsonl" if raw else f"history/{date}.parquet")

    def lines(self, day: int, flawed: Flawed) -> None:
        """Write a day's JSON lines, its broken and blank lines included."""
        path = self.path(day, raw=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        blank = sorted(flawed.blank, reverse=True)
        with path.open("wb") as file:
            for first in range(0, max(len(flawed.batch), 1), _CHUNK):
                part = flawed.batch.take(np.arange(first, min(first + _CHUNK, len(flawed.batch))))
                text = self.text(part)
                marks = {row - first: way for row, way in flawed.broken.items() if first <= row < first + len(part)}
                gaps = [row - first for row in blank if first <= row < first + len(part)]
                for piece in _broken_pieces(text, marks, gaps):
                    file.write(piece)

    def _middle(self, batch: Batch) -> npt.NDArray[np.uint8]:
        time = " " * WIDTH
        parts = (" " * 16, '","timestamp":"', time, '","receivedAt":"', time, '","context":{"app":{"version":"', " " * 6)
        template = "".join(parts) + '"},"device":{"type":"'
        at = np.cumsum([0] + [len(part) for part in parts])
        block = np.empty((len(batch), len(template)), dtype=np.uint8)
        block[:] = np.frombuffer(template.encode(), dtype=np.uint8)
        block[:, :16] = message_ids(batch.number, self._seed)
        stamp(block, int(at[2]), batch.at, self._dates)
        stamp(block, int(at[4]), batch.received, self._dates)
        block[:, at[6] : at[7]] = self._versions[batch.at // DAY_MS]
        return block

    def text(self, batch: Batch) -> Strings:
        """The batch as JSON lines, each with its newline."""
        middle = strings(self._middle(batch))
        tail, rows = self._tails(batch)
        return joined(
            _HEADS.take(pa.array(batch.code)),
            middle,
            _DEVICES.take(pa.array(batch.mobile.view(np.uint8))),
            self._people.context.take(pa.array(batch.actor)),
            tail.take(pa.array(rows)),
        )

    def _tails(self, batch: Batch) -> tuple[Strings, npt.NDArray[np.integer]]:
        special = np.flatnonzero(SPECIAL[batch.code])
        rows = batch.variant.copy()
        rows[special] = len(_POOL) + np.arange(len(special))
        made = self._special(batch.code[special], batch.actor[special])
        return pa.concat_arrays([_POOL, made]), rows

    def _special(self, code: npt.NDArray[np.int16], actor: npt.NDArray[np.int32]) -> Strings:
        people = self._people
        user = pa.array(actor)
        account = pa.array(people.account[actor])
        anonymous = people.anonymous.take(user)
        kinds = np.select([code == product.CODE[name] for name in _MADE], [0, 1, 2, 3], default=4)
        return choose(
            kinds,
            joined(',"anonymousId":"', anonymous, '","traits":', people.traits.take(user), "}\n"),
            joined(',"groupId":"', people.account_id.take(account), '","traits":', people.group_traits.take(account), "}\n"),
            joined(',"previousId":"', anonymous, '"}\n'),
            joined(',"properties":', people.signup.take(user), "}\n"),
            joined(',"properties":', people.inviter.take(user), "}\n"),
        )

    def parquet(self, day: int, batch: Batch) -> None:
        """Write a day's events as canonical columns, sorted by time of receipt."""
        path = self.path(day, raw=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        table = self._columns(batch)
        small = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
        pq.write_table(
            table,
            path,
            compression="lz4",
            use_dictionary=small,  # pyright: ignore[reportArgumentType]
            write_statistics=False,
        )

    def _columns(self, batch: Batch) -> pa.Table:
        people = self._people
        user = batch.actor < people.users
        knows = pa.array(np.where(user, batch.actor, 0), mask=~user)
        stranger = pa.array(np.where(user, 0, batch.actor - people.users), mask=user)
        account = pa.array(people.account[np.where(user, batch.actor, 0)], mask=~user)
        identified = batch.code == product.CODE["identify:"]
        hidden = pa.array(np.where(identified, batch.actor, 0), mask=~identified)
        epoch = np.datetime64(self._start, "us")
        country = people.country[batch.actor]
        tail, rows = self._properties(batch)
        return pa.table(
            {
                "event_id": strings(message_ids(batch.number, self._seed)),
                "event": _coded([event.name or event.kind for event in product.EVENTS], batch.code),
                "user_id": people.user_id.take(knows),
                "anonymous_id": first_known(people.anonymous.take(stranger), people.anonymous.take(hidden)),
                "account_id": people.account_id.take(account),
                "event_at": pa.array(epoch + batch.at.astype("timedelta64[ms]"), pa.timestamp("us", tz="UTC")),
                "received_at": pa.array(epoch + batch.received.astype("timedelta64[ms]"), pa.timestamp("us", tz="UTC")),
                "device": _coded(["desktop", "mobile"], batch.mobile.view(np.uint8)),
                "locale": _coded(_LOCALE_OF, country),
                "country": _coded(list(COUNTRY_NAMES), country),
                "region": _coded(_REGION_OF, country),
                "app_version": _coded(self._version_names, batch.at // DAY_MS),
                "properties": pa.DictionaryArray.from_arrays(pa.array(rows), tail),
            }
        )

    def _properties(self, batch: Batch) -> tuple[Strings, npt.NDArray[np.integer]]:
        special = np.flatnonzero(SPECIAL[batch.code])
        rows = batch.variant.copy()
        rows[special] = len(_PROPERTIES) + np.arange(len(special))
        code, user = batch.code[special], pa.array(batch.actor[special])
        account = pa.array(self._people.account[batch.actor[special]])
        kinds = np.select([code == product.CODE[name] for name in _MADE], [0, 1, 2, 3], default=4)
        people = self._people
        previous = joined('{"previousId":"', people.anonymous.take(user), '"}')
        made = choose(
            kinds, people.traits.take(user), people.group_traits.take(account), previous, people.signup.take(user),
            people.inviter.take(user),
        )  # fmt: skip
        return pa.concat_arrays([_PROPERTIES, made]), rows


def _coded(values: list[str], codes: npt.NDArray[np.integer]) -> pa.DictionaryArray:
    names = sorted(set(values))
    position = np.array([names.index(value) for value in values], dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(position[codes]), pa.array(names))


def _broken_pieces(text: Strings, marks: dict[int, int], gaps: list[int]) -> list[bytes | memoryview]:
    """The bytes of a file's part: whole runs of lines as they are, marked lines broken, an empty line before each gap."""
    data = memoryview(text.buffers()[2])
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[: len(text) + 1]
    pieces: list[bytes | memoryview] = []
    begin = 0
    for row in sorted({*marks, *gaps}):
        low, high = int(offsets[row]), int(offsets[row + 1])
        pieces.append(data[begin:low])
        pieces.extend([b"\n"] * gaps.count(row))
        begin = low
        if row in marks:
            pieces.append(WAYS[marks[row]][1](bytes(data[low : high - 1])) + b"\n")
            begin = high
    pieces.append(data[begin : int(offsets[-1])])
    return pieces
