"""SQLite databases of other programs (MLflow, Dagster): their cells without the people, and no byte of the old cells left.

Which databases there are is in `stores.py`; the warehouse is none of them.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.privacy.needles import Needles

HEADER = b"SQLite format 3\0"
PACKED = b"\x78"
AT_ONCE = 2_000
WAIT_SECONDS = 30.0
Cell = tuple[int, bytes]


def is_database(path: Path) -> bool:
    """Whether the file is a SQLite database."""
    with path.open("rb") as handle:
        return handle.read(len(HEADER)) == HEADER


def clean_database(path: Path, needles: Needles) -> tuple[int, list[str]]:
    """Take mentions out of every cell, and let the file hold no byte of what was there; cells changed, and problems in words."""
    changed = 0
    connection = _connect(path)
    try:
        connection.execute("pragma secure_delete = on")
        for table, column in _columns(connection):
            for cells in _cells(connection, table, column):
                for row in _marked(cells, needles):
                    changed += _replace(connection, table, column, row, dict(cells)[row], needles)
        failpoint("erasure.database")
        if changed:
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()
            connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    except sqlite3.OperationalError as error:
        return changed, [f"{path}: {error}; stop the programs that use it (plg ui) and run the erasure again"]
    finally:
        connection.close()
    return changed, []


def texts_in(path: Path, needles: Needles) -> int:
    """How many cells of the database name one of the people."""
    connection = _connect(path)
    try:
        return sum(len(_marked(cells, needles)) for at in _columns(connection) for cells in _cells(connection, *at))
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    connection.text_factory = bytes
    return connection


def _columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The columns of the tables whose rows can be found again."""
    found: list[tuple[str, str]] = []
    tables = connection.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1")
    for (table,) in tables.fetchall():
        for _, column, *_ in connection.execute(f"pragma table_info({_quoted(table.decode())})").fetchall():
            found.append((table.decode(), column.decode()))
    return found


def _cells(connection: sqlite3.Connection, table: str, column: str) -> Iterator[list[Cell]]:
    last = -(2**63)
    name, of = _quoted(column), _quoted(table)
    while True:
        rows = connection.execute(
            f"select rowid, {name} from {of} where rowid > ? and typeof({name}) in ('text', 'blob') "
            f"order by rowid limit {AT_ONCE}",
            (last,),
        ).fetchall()
        if not rows:
            return
        yield [(int(row), bytes(value)) for row, value in rows]
        last = rows[-1][0]


def _marked(cells: list[Cell], needles: Needles) -> list[int]:
    """The rows whose cell names one of the people, packed or embedded texts included."""
    found = {cells[number][0] for number in needles.find_in([value for _, value in cells])}
    for row, value in cells:
        if b"base64," in value or value[:1] == PACKED:
            inner = _unpacked(value)
            if needles.everywhere(inner if inner is not None else value):
                found.add(row)
    return sorted(found)


def _replace(connection: sqlite3.Connection, table: str, column: str, row: int, value: bytes, needles: Needles) -> int:
    inner = _unpacked(value)
    made = needles.redacted(value, rows=True) if inner is None else zlib.compress(needles.redacted(inner, rows=True))
    kind = connection.execute(f"select typeof({_quoted(column)}) from {_quoted(table)} where rowid = ?", (row,)).fetchone()[0]
    new = made.decode("utf-8", "surrogateescape") if kind == b"text" else made
    try:
        connection.execute(f"update {_quoted(table)} set {_quoted(column)} = ? where rowid = ?", (new, row))
    except sqlite3.IntegrityError:
        connection.execute(f"delete from {_quoted(table)} where rowid = ?", (row,))
    return 1


def _unpacked(value: bytes) -> bytes | None:
    if value[:1] != PACKED:
        return None
    try:
        return zlib.decompress(value)
    except zlib.error:
        return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
