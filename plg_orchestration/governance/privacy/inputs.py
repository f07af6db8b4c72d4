"""The input files of a workspace, rewritten without the people's lines: JSON lines, CSV and Parquet, plain or gzip.

A line that goes leaves an empty one behind, so that the numbers of the lines after it stay true. Which line goes is decided in
`lines.py`; what the ledger says about it, in `rows.py`.
"""

import csv
import gzip
import hashlib
import io
import os
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from plg_orchestration.config import Workspace
from plg_orchestration.config import expressions as say
from plg_orchestration.config.sources import Source
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.privacy.identifiers import Identifiers
from plg_orchestration.governance.privacy.lines import Lines
from plg_orchestration.governance.privacy.needles import ERASED, Needles
from plg_orchestration.ingest.delimited import CsvFile
from plg_orchestration.ingest.lines import BOM, GZIP, Chunk, blocks, chunks
from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.ingest.records import as_text
from plg_orchestration.warehouse.parquet import sync_folder

TEMPORARY = ".{name}.erasing"


@dataclass(frozen=True)
class Rewritten:
    """A file that was written anew beside itself: where, the SHA-256 it will have, and what became of its lines."""

    source: str
    path: str
    sha256: str
    dropped: int
    redacted: int

    def as_dict(self) -> dict[str, Any]:
        """The values, for a journal."""
        return asdict(self)


@dataclass
class _Count:
    dropped: int = 0
    redacted: int = 0


def input_files(workspace: Workspace) -> Iterator[tuple[Source | None, Path, str]]:
    """Every file of every source and of their lookups: its source (None for a lookup), its path and its format."""
    seen: set[Path] = set()
    for source in workspace.sources.values():
        for path in source.files(workspace.root):
            if path not in seen:
                seen.add(path)
                yield source, path, source.kind_of(path)
    for source in workspace.sources.values():
        for expression in (source.columns or {}).values():
            if isinstance(expression, say.Lookup):
                table = expression.lookup
                twin = source.model_copy(update={"path": table.path})
                for path in twin.files(workspace.root):
                    if path not in seen:
                        seen.add(path)
                        yield None, path, table.format


def write_beside(workspace: Workspace, found: Identifiers) -> tuple[list[Rewritten], list[str]]:
    """Write every input file that names one of the people anew, beside itself; and what could not be done, in words."""
    needles = Needles(found.all_texts)
    made: list[Rewritten] = []
    problems: list[str] = []
    for source, path, form in input_files(workspace):
        judge = Lines(source or _unmapped(workspace), found, needles, workspace.root)
        temporary = path.with_name(TEMPORARY.format(name=path.name))
        temporary.unlink(missing_ok=True)
        failpoint("erasure.input")
        try:
            count = _rewrite(path, form, temporary, judge)
        except FileRefused as refused:
            if needles.everywhere(path.read_bytes()):
                problems.append(f"{path}: cannot be read ({refused}), but names a person; delete the file or repair it")
            continue
        except OSError as error:
            temporary.unlink(missing_ok=True)
            problems.append(f"{path}: cannot be written anew ({error.strerror}); let it be written and run the erasure again")
            continue
        if count is not None:
            shutil.copymode(path, temporary)
            with temporary.open("rb") as handle:
                sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
            made.append(Rewritten(source.name if source else "", str(path), sha256, count.dropped, count.redacted))
    return made, problems


def put_in_place(files: Sequence[Rewritten]) -> None:
    """Let the files that were written beside take their places; those that have taken it are left alone."""
    for file in files:
        path = Path(file.path)
        temporary = path.with_name(TEMPORARY.format(name=path.name))
        if temporary.exists():
            temporary.rename(path)
        failpoint("erasure.input_placed")
    for folder in sorted({Path(file.path).parent for file in files}):
        sync_folder(folder)


def _unmapped(workspace: Workspace) -> Source:
    """A source whose columns say nothing about whom a line is about; for lookups, whose keys are found as mentions."""
    return workspace.sources["events"].model_copy(update={"columns": {}, "format": "jsonl"})


def _rewrite(path: Path, form: str, temporary: Path, judge: Lines) -> _Count | None:
    """What was dropped and redacted; None, and no file, when the file names nobody."""
    if form == "parquet":
        return rewrite_parquet(path, temporary, judge)
    return _rewrite_csv(path, temporary, judge) if form == "csv" else _rewrite_lines(path, temporary, judge)


@contextmanager
def _written(path: Path, temporary: Path) -> Generator[IO[bytes]]:
    """The new file, packed as the old one is, with the byte order mark that the old one has."""
    with path.open("rb") as old, temporary.open("wb") as raw:
        packed = old.read(2) == GZIP
        handle = cast("IO[bytes]", gzip.GzipFile(fileobj=raw, mode="wb", mtime=0)) if packed else raw
        if next(blocks(path, 3), b"") == BOM:
            handle.write(BOM)
        yield handle
        if packed:
            handle.close()
        raw.flush()
        os.fsync(raw.fileno())


def _ends(path: Path) -> bool:
    """Whether the file's content ends in a line feed."""
    last = b""
    for block in blocks(path):
        last = block
    return last.endswith(b"\n")


def _rewrite_lines(path: Path, temporary: Path, judge: Lines) -> _Count | None:
    found = [_suspicious(chunk, judge) for chunk in chunks(path)]
    if not any(found):
        return None
    count, held = _Count(), b""
    with _written(path, temporary) as handle:
        for chunk, suspects in zip(chunks(path), found, strict=True):
            handle.write(held)
            if not suspects:
                held = _bytes(chunk)
                continue
            lines = chunk.raw.to_pylist()
            for number in suspects:
                raw = lines[number].removesuffix(b"\n")
                kept = judge.judged(raw)
                count.dropped += kept is None
                count.redacted += kept is not None and kept != raw
                lines[number] = (kept or b"") + b"\n"
            held = b"".join(lines)
        handle.write(held if _ends(path) else held.removesuffix(b"\n"))
    if not count.dropped and not count.redacted:
        temporary.unlink()
        return None
    return count


def _bytes(chunk: Chunk) -> bytes:
    buffers = chunk.raw.buffers()
    offsets = memoryview(buffers[1]).cast("q")
    return bytes(memoryview(buffers[2])[offsets[0] : offsets[len(chunk.raw)]])


def _suspicious(chunk: Chunk, judge: Lines) -> list[int]:
    """The numbers in the chunk of lines that must be read: they name somebody, or could in another spelling."""
    if judge.found.short:
        return list(range(len(chunk.raw)))
    data = _bytes(chunk)
    import numpy as np

    starts = np.frombuffer(memoryview(chunk.raw.buffers()[1]).cast("q"), dtype=np.int64)[: len(chunk.raw) + 1]
    places = [hit.start for hit in judge.needles.find(data)]
    escaped = b"\\u00" in data
    at = data.find(b"\\u00") if escaped else -1
    while at >= 0:
        places.append(at)
        at = data.find(b"\\u00", at + 1)
    numbers = np.searchsorted(starts - starts[0], np.array(places, dtype=np.int64), side="right") - 1
    return sorted({int(number) for number in numbers})


def _rewrite_csv(path: Path, temporary: Path, judge: Lines) -> _Count | None:
    if not judge.found.short and not any(judge.needles.find(_bytes(chunk)) for chunk in chunks(path)):
        return None
    file, count = CsvFile(path), _Count()
    wanted: dict[int, tuple[int, bytes]] = {}
    for first, height, fields in file.records():
        if fields is None:
            continue
        if judge.own(dict(zip(file.header, fields, strict=True)).get):
            count.dropped += 1
            wanted[first] = (height, b"\n" * height)
        elif (cells := [_cell(cell, judge) for cell in fields]) != fields:
            count.redacted += 1
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerow(cells)
            wanted[first] = (height, text.getvalue().encode() + b"\n" * (height - 1 - sum(cell.count("\n") for cell in cells)))
    with _written(path, temporary) as handle:
        skipped = 0
        for chunk in chunks(path):
            for number, raw in enumerate(chunk.raw.to_pylist(), start=chunk.first):
                if number in wanted:
                    skipped, text = wanted[number]
                    handle.write(text)
                if skipped:
                    skipped -= 1
                elif judge.needles.find(raw):
                    count.dropped += 1
                    handle.write(b"\n")
                else:
                    handle.write(raw)
    if not count.dropped and not count.redacted:
        temporary.unlink()
        return None
    return count


def _cell(cell: str, judge: Lines) -> str:
    """A cell of somebody else's record without a mention; a cell that is nothing but one becomes empty."""
    if cell.strip() in judge.needles.texts:
        return ""
    raw = cell.encode("utf-8", "surrogatepass")
    return judge.needles.redacted(raw).decode("utf-8", "surrogatepass") if judge.needles.find(raw) else cell


def rewrite_parquet(path: Path, temporary: Path, judge: Lines) -> _Count | None:
    """A Parquet file without the people's rows, and without mentions of them in the rows that stay."""
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileRefused(f"unreadable Parquet: {str(error)[:200]}") from None
    count = _Count()
    codec = file.metadata.row_group(0).column(0).compression if file.metadata.num_row_groups and file.metadata.num_columns else ""
    with pq.ParquetWriter(temporary, file.schema_arrow, compression=codec.lower() if codec else "zstd") as writer:
        for number in range(file.metadata.num_row_groups):
            writer.write_table(_cleaned(file.read_row_group(number), judge, count))
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    if not count.dropped and not count.redacted:
        temporary.unlink()
        return None
    return count


def _cleaned(rows: pa.Table, judge: Lines, count: _Count) -> pa.Table:
    texts = {name: rows.column(name) for name in rows.column_names if _names_people(rows.column(name).type)}
    if rows.num_rows == 0:
        return rows
    needed = {c for subject in judge.subjects for c in subject.expression.source_columns if c in rows.column_names}
    values = {
        name: [None if v is None else str(v) for v in as_text(rows.column(name).combine_chunks()).to_pylist()] for name in needed
    }
    own = [judge.own({name: column[row] for name, column in values.items()}.get) for row in range(rows.num_rows)]
    if any(own):
        count.dropped += sum(own)
        rows = rows.filter(pa.array([not mine for mine in own]))
    touched: set[int] = set()
    for name in texts:
        cells = rows.column(name).to_pylist()
        cleaned = [_scrubbed(cell, judge) for cell in cells]
        changed = [row for row, cell in enumerate(cleaned) if cell is not cells[row]]
        if changed:
            touched.update(changed)
            place = rows.column_names.index(name)
            rows = rows.set_column(
                place, rows.schema.field(name), pa.chunked_array([pa.array(cleaned, rows.schema.field(name).type)])
            )
    count.redacted += len(touched)
    return rows


def _names_people(kind: pa.DataType) -> bool:
    """Whether values of the type can hold text."""
    if pa.types.is_dictionary(kind):
        return _names_people(kind.value_type)
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind) or pa.types.is_nested(kind)
        or pa.types.is_large_binary(kind)
    )  # fmt: skip


def _scrubbed(value: Any, judge: Lines) -> Any:
    """The value without mentions; the same object when there is none."""
    if isinstance(value, str):
        if value.strip() in judge.needles.texts:
            return ERASED
        raw = value.encode("utf-8", "surrogatepass")
        return judge.needles.redacted(raw).decode("utf-8", "surrogatepass") if judge.needles.find(raw) else value
    if isinstance(value, bytes):
        return judge.needles.redacted(value) if judge.needles.find(value) else value
    if isinstance(value, list | tuple):
        items = [_scrubbed(item, judge) for item in cast("list[Any]", value)]
        return items if any(a is not b for a, b in zip(items, cast("list[Any]", value), strict=True)) else value
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value)
        made = {key: _scrubbed(item, judge) for key, item in pairs.items()}
        return made if any(made[key] is not pairs[key] for key in pairs) else value
    return value


def parquet_hits(path: Path, needles: Needles) -> int:
    """In how many values of a Parquet file people are named, however its pages are packed."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    found = len(needles.find(str(file.schema_arrow).encode()))
    for number in range(file.metadata.num_row_groups):
        rows = file.read_row_group(number)
        for name in rows.column_names:
            kind = rows.schema.field(name).type
            if pa.types.is_nested(kind):
                texts = [str(value).encode() for value in rows.column(name).to_pylist() if value is not None]
            elif _is_text(kind):
                values = rows.column(name).unique().to_pylist()
                texts = [
                    value if isinstance(value, bytes) else value.encode("utf-8", "replace")
                    for value in values
                    if value is not None
                ]
            else:
                continue
            found += len(needles.find_in(texts))
    return found


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(
        check(plain) for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )
