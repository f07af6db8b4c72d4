"""The lake's parts and the warehouse's rows without the people, in one transaction, and the database file made anew.

Which ids lead to them is decided in `identifiers.py`. Rows about them go, mentions in others' rows are taken out, and figures
about many people stay: what was published about a day is not computed again.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from plg_orchestration.config import Workspace
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.privacy.identifiers import SUBJECTS, VALUES, Identifiers, about, put_ids, subjects_of
from plg_orchestration.governance.privacy.inputs import Rewritten
from plg_orchestration.governance.privacy.journal import Journal
from plg_orchestration.governance.privacy.lines import Lines
from plg_orchestration.governance.privacy.needles import ERASED, Needles
from plg_orchestration.ingest.parts import REPEATING, collect_litter, create_events_view, lake_folder
from plg_orchestration.ingest.run import ensure_tables
from plg_orchestration.warehouse import Warehouse, all_tables
from plg_orchestration.warehouse.engine import WHOLE
from plg_orchestration.warehouse.parquet import write_parquet

LEFT_ALONE = frozenset({"ingest.files", "ingest.paths", "ingest.rewritten", "ingest.parts", "governance.audit_log"})
"""Ledgers of files and of the audit log: they name nobody, and a line of theirs that is changed is a line that is lost."""
SPECIAL = frozenset({"ingest.quarantine", "pql.overrides"})
TEXTS = "column_name, data_type"


def clean_lake(warehouse: Warehouse, found: Identifiers, needles: Needles, journal: Journal) -> None:
    """Rewrite the parts that hold rows of the people or mention them; parts that become empty are removed with their rows."""
    collect_litter(warehouse)
    users, unnamed = found.of("users"), found.of("anonymous")
    folder = lake_folder(warehouse)
    for (part,) in warehouse.connection.execute("select part from ingest.parts order by part").fetchall():
        path = folder / str(part)
        if not path.exists():
            continue
        rows = pq.ParquetFile(path).read()
        keep = [
            user not in users and (user is not None or anonymous not in unnamed)
            for user, anonymous in zip(rows.column("user_id").to_pylist(), rows.column("anonymous_id").to_pylist(), strict=True)
        ]
        kept = rows if all(keep) else rows.filter(pa.array(keep))
        cleaned = _without_mentions(kept, needles)
        if cleaned is rows:
            continue
        failpoint("erasure.part")
        write_parquet(path, cleaned, repeating=REPEATING)
        journal.count("lake", "rows", rows.num_rows - kept.num_rows)


def _without_mentions(rows: pa.Table, needles: Needles) -> pa.Table:
    """The rows with every mention of the people replaced; the same table when there is none."""
    for place, name in enumerate(rows.column_names):
        kind = rows.schema.field(name).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(plain) or pa.types.is_large_string(plain)):
            continue
        texts = [text.encode("utf-8", "surrogatepass") for text in rows.column(name).unique().to_pylist() if text is not None]
        if not needles.find_in(texts):
            continue
        made = [None if text is None else needles.redacted(text.encode()).decode() for text in rows.column(name).to_pylist()]
        rows = rows.set_column(place, rows.schema.field(name), pa.chunked_array([pa.array(made, plain).cast(kind)]))
    return rows


def clean_rows(warehouse: Warehouse, workspace: Workspace, found: Identifiers, needles: Needles, journal: Journal) -> None:
    """Remove the people from every table, correct the ledger, and mark the published files that must be written anew."""
    ensure_tables(warehouse)
    put_ids(warehouse, found)
    with warehouse.transaction():
        _correct_parts(warehouse)
        create_events_view(warehouse)
        touched = {name for name in _tables(warehouse) if _clean(warehouse, name, found, needles, journal)}
        touched |= {"ingest.quarantine"} if _clean_quarantine(warehouse, workspace, found, needles, journal) else set()
        touched |= {"pql.overrides"} if _clean_overrides(warehouse, found, journal) else set()
        touched |= {"ingest.accounts"} if _forget_accounts(warehouse, journal) else set()
        _correct_ledger(warehouse, journal)
        failpoint("erasure.rows")
        _mark_published(warehouse, touched | {"ingest.files", "ingest.parts", "ingest.rewritten"})
    warehouse.forget_lasting()


def note_rewritten(warehouse: Warehouse, files: list[Rewritten], root: Path) -> None:
    """Let the ledger know the new bytes of files before they stand in their places, so that they are never taken for new."""
    ensure_tables(warehouse)
    with warehouse.transaction():
        for file in files:
            values = {"sha": file.sha256, "s": file.source, "p": shown(Path(file.path), root)}
            warehouse.connection.execute(
                "insert into ingest.rewritten select $sha, file_id, $p from ingest.paths where source = $s and path = $p "
                "and not exists (select 1 from ingest.rewritten where sha256 = $sha)", values,
            ).fetchall()  # fmt: skip


def shown(path: Path, root: Path) -> str:
    """The path as the ledger names it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def remove_unnamed(warehouse: Warehouse) -> None:
    """Remove parts of the lake that the ledger names no more."""
    collect_litter(warehouse)


def _tables(warehouse: Warehouse) -> Iterator[str]:
    text = """select schema_name || '.' || table_name from duckdb_tables()
        where not internal and not temporary and schema_name not in ('config', 'meta') order by 1"""
    for (name,) in warehouse.connection.execute(text).fetchall():
        if name not in LEFT_ALONE | SPECIAL:
            yield str(name)


def _clean(warehouse: Warehouse, name: str, found: Identifiers, needles: Needles, journal: Journal) -> bool:
    subjects = subjects_of(warehouse, name)
    removed = _delete(warehouse, name, about(subjects)) if subjects else 0
    declared = next((table for table in all_tables() if table.name == name), None)
    keys = frozenset(declared.key) if declared else frozenset[str]()
    ledger = declared is not None and declared.kept
    changed = 0
    for column, kind in _texts(warehouse, name):
        lost, redacted = _mentions(warehouse, name, column, kind, needles, delete=not subjects and not ledger, key=column in keys)
        removed, changed = removed + lost, changed + redacted
        if not subjects and not ledger and column in VALUES and found.words:
            removed += _delete(warehouse, name, f'"{column}" in (select unnest($words))', words=list(found.words))
    journal.count("warehouse", "rows", removed)
    journal.count("warehouse", "mentions", changed)
    return bool(removed or changed)


def _texts(warehouse: Warehouse, name: str) -> list[tuple[str, str]]:
    schema, table = name.split(".")
    text = f"""select {TEXTS} from duckdb_columns() where schema_name = $s and table_name = $t
        and (contains(data_type, 'VARCHAR') or data_type in ('BLOB', 'JSON')) order by column_index"""
    return [(str(c), str(t)) for c, t in warehouse.connection.execute(text, {"s": schema, "t": table}).fetchall()]


def _delete(warehouse: Warehouse, name: str, condition: str, **values: object) -> int:
    row = warehouse.connection.execute(f"delete from {name} where {condition}", values or None).fetchone()
    return int(row[0]) if row else 0


def _mentions(
    warehouse: Warehouse, name: str, column: str, kind: str, needles: Needles, *, delete: bool, key: bool
) -> tuple[int, int]:  # fmt: skip
    """Take mentions out of a column: rows removed (where a cell is nothing else, if `delete`), and rows changed."""
    rows = warehouse.connection.execute(f'select distinct cast("{column}" as varchar) from {name}').fetchall()
    cells = [str(cell) for (cell,) in rows if cell is not None]
    raws = [cell.encode("utf-8", "surrogatepass") for cell in cells]
    marked = set(needles.find_in(raws))
    marked |= {number for number, raw in enumerate(raws) if b"base64," in raw and needles.everywhere(raw)}
    gone: list[str] = []
    new: dict[str, str | None] = {}
    for number in sorted(marked):
        whole = cells[number].strip() in needles.texts
        if whole and delete:
            gone.append(cells[number])
        elif whole:
            new[cells[number]] = ERASED if key else None
        else:
            new[cells[number]] = needles.redacted(raws[number]).decode("utf-8", "surrogatepass")
    here = f'cast("{column}" as varchar)'
    removed = _delete(warehouse, name, f"{here} in (select unnest($gone::varchar[]))", gone=gone) if gone else 0
    return removed, _replace(warehouse, name, column, kind, new) if new else 0


def _replace(warehouse: Warehouse, name: str, column: str, kind: str, new: dict[str, str | None]) -> int:
    """Put the new texts in the place of the old ones; how many rows changed."""
    pairs = pa.table({"old": pa.array(list(new), pa.string()), "new": pa.array(list(new.values()), pa.string())})
    warehouse.connection.register("erased_cells", pairs)
    text = f'''update {name} set "{column}" = cast(e.new as {kind}) from erased_cells as e
        where cast({name}."{column}" as varchar) = e.old'''
    row = warehouse.connection.execute(text).fetchone()
    warehouse.connection.unregister("erased_cells")
    return int(row[0]) if row else 0


def _clean_quarantine(
    warehouse: Warehouse, workspace: Workspace, found: Identifiers, needles: Needles, journal: Journal
) -> bool:  # fmt: skip
    """Refused lines of the people go with their bytes; a mention in somebody else's is taken out."""
    removed = changed = 0
    judges = {name: Lines(source, found, needles, workspace.root) for name, source in workspace.sources.items()}
    rows = warehouse.connection.execute("select rowid, source, detail, raw from ingest.quarantine").fetchall()
    for row, source, detail, raw in rows:
        judge = judges.get(source, judges["events"])
        bare = bytes(raw or b"")
        kept = judge.judged(bare)
        said = str(detail or "").encode()
        if kept is None:
            removed += _delete(warehouse, "ingest.quarantine", "rowid = $row", row=row)
        elif kept != bare or needles.find(said):
            warehouse.connection.execute(
                "update ingest.quarantine set raw = $raw, detail = $detail where rowid = $row",
                {"raw": kept, "detail": needles.redacted(said).decode(), "row": row},
            ).fetchall()
            changed += 1
    journal.count("warehouse", "quarantined lines", removed)
    return bool(removed or changed)


def _clean_overrides(warehouse: Warehouse, found: Identifiers, journal: Journal) -> bool:
    """What people decided about the erased stays as a word about nobody, so that the record has no gap."""
    if not warehouse.exists("pql.overrides"):
        return False
    from plg_orchestration.governance.privacy.overrides import anonymous_rows

    changed = anonymous_rows(warehouse, found)
    journal.count("warehouse", "overrides", changed)
    return bool(changed)


def _forget_accounts(warehouse: Warehouse, journal: Journal) -> bool:
    """Accounts that were only known from the people's own events: nothing names them any more."""
    removed = _delete(
        warehouse, "ingest.accounts", "origin <> 'source' and account_id in (select unnest($accounts)) "
        "and account_id not in (select account_id from ingest.accounts where origin = 'source') "
        "and account_id not in (select account_id from ingest.events where account_id is not null) "
        "and account_id not in (select account_id from ingest.users where account_id is not null) "
        "and account_id not in (select account_id from ingest.subscriptions where account_id is not null)",
        accounts=list(journal.facts.get("accounts", [])),
    )  # fmt: skip
    journal.count("warehouse", "rows", removed)
    return bool(removed)


# -- the ledger -----------------------------------------------------------------------------------------------------------


def _correct_parts(warehouse: Warehouse) -> None:
    """Let `ingest.parts` say how many rows each part has now; an empty part is named no more."""
    folder = lake_folder(warehouse)
    for part, rows in warehouse.connection.execute("select part, rows from ingest.parts").fetchall():
        now = pq.read_metadata(folder / str(part)).num_rows
        if now == 0:
            warehouse.connection.execute("delete from ingest.parts where part = $p", {"p": part})
        elif now != rows:
            warehouse.connection.execute("update ingest.parts set rows = $n where part = $p", {"n": now, "p": part})


def _correct_ledger(warehouse: Warehouse, journal: Journal) -> None:
    """Per file: what was accepted, quarantined or a duplicate and is no more is counted as erased; the equation holds."""
    stored = ["select file_id, sum(rows) as n from ingest.parts group by file_id"]
    from plg_orchestration.ingest.tables import REFERENCES, has_origin

    for table in REFERENCES.values():
        only = "where origin = 'source'" if has_origin(table) else ""
        stored.append(f"select file_id, count(*) from {table.name} {only} group by file_id")
    dropped = pa.table({
        "path": pa.array([entry["shown"] for entry in journal.facts.get("inputs", [])], pa.string()),
        "source": pa.array([entry["source"] for entry in journal.facts.get("inputs", [])], pa.string()),
        "n": pa.array([entry["dropped"] for entry in journal.facts.get("inputs", [])], pa.int64()),
    })  # fmt: skip
    warehouse.connection.register("dropped_lines", dropped)
    warehouse.connection.execute(f"""
        create or replace temp table file_counts as
        with stored as (select file_id, cast(sum(n) as bigint) as n from ({" union all ".join(stored)}) group by file_id),
        refused as (select file_id, count(*) as n from ingest.quarantine group by file_id),
        gone as (
            select p.file_id, cast(sum(d.n) as bigint) as n from dropped_lines as d
            inner join ingest.paths as p on p.path = d.path and p.source = d.source group by p.file_id
        )
        select f.file_id, coalesce(s.n, 0) as accepted, coalesce(r.n, 0) as quarantined,
            greatest(f.duplicates - greatest(
                coalesce(g.n, 0) - (f.accepted - coalesce(s.n, 0)) - (f.quarantined - coalesce(r.n, 0)), 0), 0) as duplicates
        from ingest.files as f
        left join stored as s on s.file_id = f.file_id
        left join refused as r on r.file_id = f.file_id
        left join gone as g on g.file_id = f.file_id""")
    warehouse.connection.unregister("dropped_lines")
    warehouse.connection.execute("""
        update ingest.files as f set accepted = c.accepted, quarantined = c.quarantined, duplicates = c.duplicates,
            erased = f.lines - c.accepted - c.quarantined - c.duplicates - f.blank
        from file_counts as c where c.file_id = f.file_id
            and (f.accepted, f.quarantined, f.duplicates) <> (c.accepted, c.quarantined, c.duplicates)""").fetchall()


def _mark_published(warehouse: Warehouse, touched: set[str]) -> None:
    """Note the files that must be written anew, and how many rows the tables have now."""
    for table in (table for table in all_tables() if table.name in touched and warehouse.exists(table.name)):
        known = "select day from meta.publications where table_name = $t order by day"
        days = [day for (day,) in warehouse.connection.execute(known, {"t": table.name}).fetchall()]
        if not days:
            continue
        warehouse.parts.mark(table, days)
        counted = f"(select count(*) from {table.name} where {table.day} = p.day)" if table.day else ""
        counted = counted or f"(select count(*) from {table.name})"
        scope = "" if table.day else f" and p.day = '{WHOLE}'"
        warehouse.connection.execute(
            f"update meta.publications as p set rows = {counted} where p.table_name = $t{scope}", {"t": table.name}
        ).fetchall()


# -- the file -------------------------------------------------------------------------------------------------------------


def rebuild(state: Path) -> None:
    """Copy the database into a new file, in which no byte of removed rows is, and let it take the old one's place."""
    file, fresh = state / "warehouse.duckdb", state / ".warehouse.duckdb.rebuilt"
    for path in (fresh, fresh.with_name(fresh.name + ".wal")):
        path.unlink(missing_ok=True)
    connection = duckdb.connect(str(file))
    try:
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"attach '{str(fresh).replace(chr(39), chr(39) * 2)}' as rebuilt")
        connection.execute("copy from database warehouse to rebuilt")
        connection.execute("detach rebuilt")
        connection.execute("checkpoint")
    finally:
        connection.close()
    failpoint("erasure.rebuilt")
    shutil.copymode(file, fresh)
    with fresh.open("rb") as handle:
        os.fsync(handle.fileno())
    fresh.rename(file)
    file.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)


def accounts_of(warehouse: Warehouse, found: Identifiers) -> list[str]:
    """The accounts that the people's rows name."""
    put_ids(warehouse, found)
    own = about({name: SUBJECTS[name] for name in ("user_id", "anonymous_id")})
    text = f"""select distinct account_id from ingest.events where account_id is not null and ({own})
        union select distinct account_id from ingest.users
        where account_id is not null and user_id in (select text from erased_users)"""
    return sorted(str(name) for (name,) in warehouse.connection.execute(text).fetchall())
