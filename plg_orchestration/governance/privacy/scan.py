"""The search after an erasure: every byte of every store, unpacked where stores pack, for anything that leads to the people.

It changes nothing. What it finds makes the certificate say that the erasure is not complete.
"""

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from plg_orchestration.config import Workspace
from plg_orchestration.governance.privacy.databases import is_database, texts_in
from plg_orchestration.governance.privacy.identifiers import Identifiers, about, put_ids, subjects_of
from plg_orchestration.governance.privacy.inputs import input_files, parquet_hits
from plg_orchestration.governance.privacy.needles import Needles
from plg_orchestration.governance.privacy.stores import delivered_files, record_files, state_files, store_of
from plg_orchestration.ingest.lines import GZIP
from plg_orchestration.warehouse import Warehouse

ZIP = b"PK\x03\x04"
LARGEST = 1 << 30
"""Packed files are unpacked up to so many bytes."""


@dataclass
class Scan:
    """What was searched, and where something was found: `store: place`, never the text itself."""

    files: int = 0
    bytes: int = 0
    findings: list[str] = field(default_factory=list[str])


def scan(workspace: Workspace, warehouse: Warehouse, found: Identifiers) -> Scan:
    """Search every store for what leads to the people."""
    needles = Needles(found.all_texts)
    made = Scan()
    for name, path in _paths(workspace):
        made.files += 1
        made.bytes += path.stat().st_size
        if places := _in_file(path, needles):
            made.findings.append(f"{name}: {path}: {places} places")
        if needles.find(str(path.name).encode()):
            made.findings.append(f"{name}: the name of a file in {path.parent}")
    made.findings += _in_warehouse(warehouse, found, needles)
    return made


def _paths(workspace: Workspace) -> Iterator[tuple[str, Path]]:
    seen: set[Path] = set()
    for path in state_files(workspace.state):
        seen.add(path.resolve())
        store = store_of(path, workspace.state)
        yield store.name if store else "a file of no store", path
    for name, paths in (
        ("inputs", [path for _, path, _ in input_files(workspace)]),
        ("records", record_files(workspace)),
        ("deliveries", delivered_files(workspace)),
    ):
        for path in paths:
            if path.resolve() not in seen:
                seen.add(path.resolve())
                yield name, path


def _in_file(path: Path, needles: Needles) -> int:
    """In how many places the file names one of the people."""
    if path.suffix == ".parquet":
        try:
            return parquet_hits(path, needles)
        except (pa.ArrowException, OSError):
            return len(needles.everywhere(path.read_bytes()))
    data = path.read_bytes()
    found = len(needles.everywhere(data))
    if is_database(path):
        return found + texts_in(path, needles)
    return found + sum(len(needles.everywhere(inner)) for inner in _unpacked(data))


def _unpacked(data: bytes) -> Iterator[bytes]:
    """What is in a packed file."""
    if data[:2] == GZIP:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as handle:
            try:
                yield handle.read(LARGEST)
            except (OSError, EOFError):
                return
    elif data[:4] == ZIP and zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.file_size <= LARGEST:
                    yield archive.read(member)


def _in_warehouse(warehouse: Warehouse, found: Identifiers, needles: Needles) -> Iterator[str]:
    """Tables whose rows name one of the people, however the file packs its texts."""
    put_ids(warehouse, found)
    text = """select schema_name || '.' || table_name, column_name from duckdb_columns()
        where not internal and database_name = 'warehouse' and schema_name not in ('config')
        and (contains(data_type, 'VARCHAR') or data_type in ('BLOB', 'JSON')) order by all"""
    views = {
        str(n) for (n,) in warehouse.connection.execute("select schema_name || '.' || view_name from duckdb_views()").fetchall()
    }
    columns = [(str(t), str(c)) for t, c in warehouse.connection.execute(text).fetchall() if str(t) not in views]
    for table in sorted({table for table, _ in columns}):
        own = about(subjects_of(warehouse, table))
        rows = warehouse.scalar(f"select count(*) from {table} where {own}")
        if rows:
            yield f"warehouse: {table}: {rows} rows"
    for table, column in columns:
        cells = warehouse.connection.execute(f'select distinct cast("{column}" as varchar) from {table}').fetchall()
        raws = [str(cell).encode("utf-8", "surrogatepass") for (cell,) in cells if cell is not None]
        if hits := needles.find_in(raws):
            yield f"warehouse: {table}.{column}: {len(hits)} values"
