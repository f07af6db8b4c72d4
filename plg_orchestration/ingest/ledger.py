"""The ledger's rows: what became of each file's lines, and the equation that must hold before anything is committed.

Which line ends where is decided before; transactions are `run.py`'s.
"""

import datetime as dt

import pyarrow as pa

from plg_orchestration.config.sources import Source
from plg_orchestration.ingest.batch import STAGED, Batch, Intake
from plg_orchestration.ingest.tables import ARROW_TYPES, FILES, PATHS, QUARANTINE
from plg_orchestration.warehouse import Table, Warehouse


def count(warehouse: Warehouse, batch: Batch) -> None:
    """Fill in how many lines of each file were accepted, are duplicates, or are about erased people."""
    rows = warehouse.connection.execute(f"""
        select
            file, count(*) filter (where problem is null), count(*) filter (where problem = 'duplicate'),
            count(*) filter (where problem = 'erased')
        from {STAGED} group by file order by file""").fetchall()
    for index, accepted, duplicates, erased in rows:
        batch.files[index].accepted, batch.files[index].duplicates = accepted, duplicates
        batch.files[index].erased += erased


def spans(warehouse: Warehouse, column: str) -> dict[int, tuple[dt.datetime, dt.datetime]]:
    """The earliest and latest instant of `column` (received_at or known_at) among the accepted rows, by the file's index."""
    text = f"select file, min({column}), max({column}) from {STAGED} where problem is null group by file"
    return {index: (first, last) for index, first, last in warehouse.connection.execute(text).fetchall()}


def write(warehouse: Warehouse, batch: Batch, spans: dict[int, tuple[dt.datetime, dt.datetime]]) -> None:
    """Write the ledger, paths and quarantine of a batch; AssertionError when a file's lines do not add up."""
    for file in batch.files:
        _assert_equation(file)
    name = batch.source.name
    files: list[dict[str, object]] = [
        {
            "file_id": file.file_id, "source": name, "path": file.shown, "file_date": file.date, "bytes": file.size,
            "lines": file.lines, "accepted": file.accepted, "duplicates": file.duplicates, "quarantined": len(file.refused),
            "blank": file.blank, "erased": file.erased, "received_from": spans.get(file.index, (None, None))[0],
            "received_to": spans.get(file.index, (None, None))[1], "note": file.note,
        }
        for file in batch.files
    ]  # fmt: skip
    warehouse.insert(FILES, _rows(FILES, files))
    shown = {"s": name, "p": [file.shown for file in batch.files]}
    warehouse.connection.execute("delete from ingest.paths where source = $s and path in (select unnest($p))", shown).fetchall()
    warehouse.insert(PATHS, _rows(PATHS, [_path(batch.source, file, None) for file in batch.files]))
    refused: list[dict[str, object]] = [
        {
            "file_id": file.file_id, "source": name, "path": file.shown, "line": refusal.line, "reason": refusal.reason.value,
            "detail": refusal.detail, "raw": refusal.raw,
        }
        for file in batch.files for refusal in sorted(file.refused, key=lambda refusal: refusal.line)
    ]  # fmt: skip
    if refused:
        warehouse.insert(QUARANTINE, _rows(QUARANTINE, refused))


def _assert_equation(file: Intake) -> None:
    if file.lines != file.accepted + file.duplicates + len(file.refused) + file.blank + file.erased:
        raise AssertionError(
            f"{file.shown}: {file.lines} lines, but {file.accepted} accepted + {file.duplicates} duplicates + "
            f"{len(file.refused)} quarantined + {file.blank} blank + {file.erased} erased; nothing of this file was stored, "
            "please report it"
        )


def _rows(table: Table, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema([(c.name, ARROW_TYPES[c.type]) for c in table.columns]))


def _path(source: Source, file: Intake, note: str | None) -> dict[str, object]:
    return {
        "source": source.name, "path": file.shown, "bytes": file.size, "changed_ns": file.changed_ns, "file_id": file.file_id,
        "note": note,
    }  # fmt: skip


def note_path(warehouse: Warehouse, source: Source, file: Intake, note: str | None) -> None:
    """Remember a path at which known bytes were found, replacing what the path was before."""
    with warehouse.transaction():
        warehouse.connection.execute(
            "delete from ingest.paths where source = $s and path = $p", {"s": source.name, "p": file.shown}
        )
        warehouse.insert(PATHS, _rows(PATHS, [_path(source, file, note)]))
