"""Writing Parquet that a reader can never see half done: a temporary file, fsync, rename, fsync of the folder.

Which rows go into which file is decided by the publication.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 131_072
"""Rows of a row group: readers work on several at a time, and skip those that cannot match."""


def write_parquet(path: Path, rows: pa.Table, *, repeating: Sequence[str] | None = None) -> None:
    """Replace the file at `path` by `rows` in one step; readers see the old file or the new one.

    `repeating` names the columns that are worth a dictionary, None means all; ids and hashes only make writing slower with one.
    The temporary name starts with a dot and does not end in `.parquet`, so that no glob picks up what a kill left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        with temporary.open("wb") as handle:
            chosen = rows.column_names if repeating is None else [name for name in repeating if name in rows.column_names]
            dictionary: Any = chosen
            pq.write_table(rows, handle, compression="zstd", use_dictionary=dictionary, row_group_size=ROW_GROUP)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace the text file at `path` in one step, as `write_parquet` does."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the file at `path` in one step, as `write_parquet` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        with temporary.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
