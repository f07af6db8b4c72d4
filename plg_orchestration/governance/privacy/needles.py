"""Finding many texts in many bytes at once: what an erasure looks for, and what it puts in the place of a mention.

Which texts belong to a person is decided in `identifiers.py`; which bytes are looked at, in the modules of the stores.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

SHORTEST = 6
"""Bytes of the shortest text that is looked for in bytes; a shorter one says nothing outside its column."""
ERASED = "[erased]"
BLOCK = 1 << 18
"""Bytes that are searched at a time: their windows stay in the processor's cache."""
FEW = 64
"""So few forms are quicker ruled out one by one."""
WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
JOINT = frozenset(b".@+")
"""Signs that join two words into one name where a word stands on their other side: ann is not ann.lee."""
EMBEDDED = re.compile(rb"base64,([A-Za-z0-9+/]{16,}={0,2})")
LONGEST_ROW = 8_000
ROWS = (
    (rb"\n| ", re.compile(rb'(?<=\|)(?=\\n|")')), (b"\n| ", re.compile(rb"(?<=\|)(?=\n|\Z)")), (b"<tr", re.compile(rb"</tr>\s*")),
)  # fmt: skip
"""How rows of tables begin and end: Markdown inside JSON, Markdown, HTML."""
CELL = 60
"""Signs of a cell that samples of tables show."""
MASK = np.uint64((1 << 48) - 1)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Hit:
    """Where a text stands: from `start` to before `end`; `text` is the text as it was asked for."""

    start: int
    end: int
    text: str


class Needles:
    """Texts to find, also as JSON, HTML and addresses write them; the time does not grow with their number."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = frozenset(texts)
        forms = {form: text for text in sorted(self.texts) for form in written(text) if len(form) >= SHORTEST}
        self._few = tuple(forms) if len(forms) <= FEW else ()
        self._by_head: dict[int, list[tuple[bytes, str]]] = {}
        for form in sorted(forms, key=len, reverse=True):
            self._by_head.setdefault(int.from_bytes(form[:SHORTEST], "little"), []).append((form, forms[form]))
        self._heads = np.array(sorted(self._by_head), dtype=np.uint64)
        self._table = np.zeros(1 << 20, dtype=bool)
        self._table[_slot(self._heads)] = True

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._by_head)

    def find(self, data: bytes | memoryview) -> list[Hit]:
        """Every hit that stands for itself, not inside a longer word; in order, none inside another."""
        found: list[Hit] = []
        for place, head in self._candidates(data):
            if found and place < found[-1].end:
                continue
            for form, text in self._by_head[head]:
                end = place + len(form)
                if bytes(data[place:end]) == form and _alone(data, place, end):
                    found.append(Hit(place, end, text))
                    break
        return found

    def _candidates(self, data: bytes | memoryview) -> Iterable[tuple[int, int]]:
        if not self._by_head or (self._few and isinstance(data, bytes) and not any(form in data for form in self._few)):
            return
        for start in range(0, max(len(data) - SHORTEST + 1, 0), BLOCK):
            piece = bytes(data[start : start + BLOCK + SHORTEST - 1]) + bytes(16)
            places, heads = self._matching(np.frombuffer(piece, dtype=np.uint8))
            inside = places <= min(BLOCK, len(data) - start) - 1
            yield from zip((places[inside] + start).tolist(), heads[inside].tolist(), strict=True)

    def _matching(self, piece: Bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        """Places whose first six bytes are those of a needle, and these bytes as a number."""
        places: list[npt.NDArray[np.int64]] = []
        heads: list[npt.NDArray[np.uint64]] = []
        for shift in range(8):
            count = (len(piece) - shift) // 8
            words = piece[shift : shift + 8 * count].view("<u8") & MASK
            among = np.flatnonzero(self._table[_slot(words)])
            exact = words[among]
            at = np.minimum(np.searchsorted(self._heads, exact), len(self._heads) - 1)
            true = self._heads[at] == exact
            places.append(among[true].astype(np.int64) * 8 + shift)
            heads.append(exact[true])
        all_places, all_heads = np.concatenate(places), np.concatenate(heads)
        order = np.argsort(all_places, kind="stable")
        return all_places[order], all_heads[order]

    def find_in(self, cells: Sequence[bytes]) -> dict[int, list[Hit]]:
        """The hits of each cell that has any, by its number; the places are the cell's own."""
        ends = np.cumsum([len(cell) + 1 for cell in cells]) if cells else np.zeros(0, dtype=np.int64)
        found: dict[int, list[Hit]] = {}
        for hit in self.find(b"\0".join(cells)):
            number = int(np.searchsorted(ends, hit.start, side="right"))
            first = int(ends[number - 1]) if number else 0
            found.setdefault(number, []).append(Hit(hit.start - first, hit.end - first, hit.text))
        return found

    def redacted(self, data: bytes, *, rows: bool = False) -> bytes:
        """The data with every hit replaced by `[erased]`, also inside texts that are embedded as base64.

        With `rows`, the row of a Markdown or HTML table in which a hit stands goes whole: it is about that person.
        """
        hits = self.find(data)
        data = _without(data, [span for hit in hits if (span := _row(data, hit))]) if rows else data
        data = _replaced(data, self.find(data) if rows and hits else hits)
        return EMBEDDED.sub(self._embedded, data) if b"base64," in data else data

    def _embedded(self, found: re.Match[bytes]) -> bytes:
        inner = _decoded(found.group(1))
        hits = self.find(inner) if inner else []
        return b"base64," + base64.b64encode(_replaced(inner or b"", hits)) if hits else found.group(0)

    def everywhere(self, data: bytes) -> list[str]:
        """The texts that are found in the data, also inside embedded base64."""
        found = [hit.text for hit in self.find(data)]
        for embedded in EMBEDDED.finditer(data) if b"base64," in data else ():
            found += [hit.text for hit in self.find(_decoded(embedded.group(1)) or b"")]
        return found


def written(text: str) -> frozenset[bytes]:
    """The bytes by which the text may be written: plain, in JSON with or without escapes, in HTML, in an address."""
    forms = {
        text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(json.dumps(text))[3:-3],
        html.escape(text), quote(text), quote(text, safe=""), text.replace('"', '""'), text.replace("'", "''"),
        " ".join(text.split()), text[:CELL], text.replace("|", "\\|"),
    }  # fmt: skip
    return frozenset(form.encode("utf-8", "surrogatepass") for form in forms)


def _slot(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return (words * SPREAD) >> np.uint64(44)


def _alone(data: bytes | memoryview, start: int, end: int) -> bool:
    """Whether no word goes on at either end."""
    if start and data[start] in WORD:
        before = data[start - 1]
        if (before in WORD and not _escape(data, start - 1)) or (before in JOINT and start > 1 and data[start - 2] in WORD):
            return False
    if end < len(data) and data[end - 1] in WORD:
        after = data[end]
        if after in WORD or (after in JOINT and end + 1 < len(data) and data[end + 1] in WORD):
            return False
    return True


def _escape(data: bytes | memoryview, place: int) -> bool:
    r"""Whether the sign at the place belongs to an escape such as \n, as JSON writes line ends."""
    return place > 0 and data[place] in b"nrtbf" and data[place - 1] == ord("\\")


def _row(data: bytes, hit: Hit) -> tuple[int, int] | None:
    """Where the table row around the hit begins and ends; None when it stands in none."""
    first = max(hit.start - LONGEST_ROW, 0)
    for opening, closing in ROWS:
        start = data.rfind(opening, first, hit.start)
        ends = closing.search(data, hit.end, hit.end + LONGEST_ROW) if start >= 0 else None
        if ends and not closing.search(data, start + len(opening), hit.start):
            return start, ends.start() if opening != b"<tr" else ends.end()
    return None


def _without(data: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    pieces: list[bytes] = []
    last = 0
    for start, end in sorted(set(spans)):
        if start >= last:
            pieces.append(data[last:start])
            last = end
    return b"".join([*pieces, data[last:]])


def _replaced(data: bytes, hits: Sequence[Hit]) -> bytes:
    if not hits:
        return data
    pieces: list[bytes] = []
    last = 0
    for hit in hits:
        pieces += [data[last : hit.start], ERASED.encode()]
        last = hit.end
    return b"".join([*pieces, data[last:]])


def _decoded(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
