"""Bytes of a file into lines: gzip by its magic number, caps against bombs, chunks of lines as Arrow arrays.

What a line says is not looked at here; only what makes a file unreadable as a whole is.
"""

import hashlib
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from plg_orchestration.ingest.reasons import MAX_EXPANDED_BYTES, MAX_EXPANSION, MAX_HELD_BYTES, FileRefused

CHUNK = 64 << 20
"""Bytes that are split into lines at a time."""
BATCH_LINES = 16_384
"""Lines of one Arrow batch; the engine reads batches in parallel."""
GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
EXPANSION_FLOOR = 64 << 20


def digest(path: Path) -> str:
    """The SHA-256 of the file's bytes in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def blocks(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    """The file's content in blocks of about `size` bytes, unpacked when it is gzip; FileRefused when it cannot be.

    A name that ends in `.gz` promises gzip: other content is refused.
    """
    with path.open("rb") as handle:
        magic = handle.read(2)
        handle.seek(0)
        if magic == GZIP:
            yield from _unpacked(path, size)
            return
        if path.suffix == ".gz" and magic:
            raise FileRefused("the name ends in .gz, but the content is no gzip")
        while block := handle.read(size):
            yield block


def _unpacked(path: Path, size: int) -> Iterator[bytes]:
    total, packed = 0, path.stat().st_size
    with path.open("rb") as handle:
        unpacker = zlib.decompressobj(wbits=31)
        pending = b""
        while True:
            pending = pending or handle.read(1 << 20)
            if not pending:
                break
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=31)
            try:
                block = unpacker.decompress(pending, size)
            except zlib.error as error:
                raise FileRefused(f"broken gzip after {total} bytes of content: {error}") from None
            pending = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            total += len(block)
            if total > MAX_EXPANDED_BYTES or (total > EXPANSION_FLOOR and total > packed * MAX_EXPANSION):
                raise FileRefused(f"gzip expands {packed} bytes to more than {total}; taken for a bomb")
            if block:
                yield block
        if not unpacker.eof:
            raise FileRefused(f"truncated gzip after {total} bytes of content")


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a file: `first` is the number of the first, `raw` their bytes without the line feeds (large_binary)."""

    first: int
    raw: pa.Array

    @property
    def numbers(self) -> np.ndarray:
        """The lines' numbers, from 1 in the file."""
        return np.arange(self.first, self.first + len(self.raw), dtype=np.int64)


def chunks(path: Path) -> Iterator[Chunk]:
    """The file's lines in order, in chunks; a last line without a line feed counts, a byte order mark at the start does not.

    Raises FileRefused for UTF-16, for a file whose only line ends are carriage returns, and for an endless line.
    """
    if path.stat().st_size > CHUNK // 2:
        yield from _ahead(_split(path))
    else:
        yield from _split(path)


def _ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same chunks, the next one being read while the last one is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(next, chunks, None)
            yield chunk


def _split(path: Path) -> Iterator[Chunk]:
    held: list[bytes] = []
    first, started = 1, False
    for read, final in _with_end(blocks(path)):
        block = read if started else _started(read)
        started = True
        if final and block and not block.endswith(b"\n"):
            if first == 1 and not held and b"\n" not in block and block.count(b"\r") > 1:
                raise FileRefused("lines end in carriage returns only")
            block = block + b"\n"
        cut = block.rfind(b"\n") + 1
        if not cut:
            held.append(block)
            if sum(map(len, held)) > MAX_HELD_BYTES:
                raise FileRefused(f"line {first} is longer than {MAX_HELD_BYTES >> 20} MiB")
            continue
        made = split(b"".join([*held, block[:cut]]) if held else memoryview(block)[:cut], first)
        held = [block[cut:]] if cut < len(block) else []
        first += len(made.raw)
        yield made


def _with_end(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block with the mark whether it is the last one."""
    before = next(pieces, None)
    for block in pieces:
        if before is not None:
            yield before, False
        before = block
    if before is not None:
        yield before, True


def _started(block: bytes) -> bytes:
    """The file's first block without a byte order mark; FileRefused when it is no UTF-8 text."""
    if block[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileRefused("the file is UTF-16; write UTF-8")
    sample = block[:400]
    if len(sample) >= 4 and (sample[1::2].count(0) > len(sample) // 3 or sample[::2].count(0) > len(sample) // 3):
        raise FileRefused("the file is UTF-16 or binary; write UTF-8 text")
    return block.removeprefix(BOM)


def split(data: bytes | memoryview, first: int) -> Chunk:
    """Lines of `data`, which ends in a line feed, as one Arrow array without copying the bytes."""
    view = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(view == 10).astype(np.int64)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1] + 1])
    offsets = np.concatenate([starts, ends[-1:] + 1])
    with_feed = pa.Array.from_buffers(pa.large_binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return Chunk(first, with_feed)


def without_feed(raw: bytes) -> bytes:
    """The line's bytes without the line feed that ends it."""
    return raw.removesuffix(b"\n")


def readable(chunk: Chunk) -> tuple[pa.Table, list[int]]:
    """`(line BIGINT, raw VARCHAR)` of the lines that are UTF-8, in batches, and the places in the chunk of those that are not."""
    try:
        text, places, bad = chunk.raw.cast(pa.large_string()), None, []
    except pa.ArrowInvalid:
        bad = [place for place, raw in enumerate(chunk.raw.to_pylist()) if not _is_utf8(raw)]
        places = np.setdiff1d(np.arange(len(chunk.raw)), bad)
        text = chunk.raw.take(pa.array(places)).cast(pa.large_string())
    numbers = chunk.numbers if places is None else chunk.numbers[places]
    whole = pa.table({"line": pa.array(numbers), "raw": text})
    return pa.Table.from_batches(whole.to_batches(max_chunksize=BATCH_LINES), schema=whole.schema), bad


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
