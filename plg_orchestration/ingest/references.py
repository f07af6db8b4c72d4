"""From staged reference rows to new versions: a row equal to the version before it is a duplicate.

Which version holds on a day is decided in `known.py`.
"""

from plg_orchestration.config.sources import Source
from plg_orchestration.ingest.events import local_date
from plg_orchestration.ingest.reading import STAGED, Finish
from plg_orchestration.ingest.tables import LINEAGE, has_origin, key_columns
from plg_orchestration.warehouse import Table, Warehouse

DOMAIN = "lower(split_part(email_domain, '@', -1))"


def finish(source: Source, table: Table, columns: frozenset[str], timezone: str) -> Finish:
    """How staged reference rows are completed: `known_at` is the row's own, else the last instant of the file's day."""
    known = {"known": "coalesce(known_at, $day_last)" if "known_at" in columns else "cast($day_last as timestamp)"}
    final: dict[str, str] = {}
    derived = _not_from_rows(table)
    for column in table.columns:
        if column.name in derived:
            continue
        given = column.name in columns
        final[column.name] = column.name if given else f"cast(null as {column.type})"
    if "email_domain" in columns:
        final["email_domain"] = DOMAIN
    return Finish(
        layers=(known,),
        columns={**final, "known_at": "known", "known_date": local_date("known", timezone)},
        problem="cast(null as varchar)",
    )


def _not_from_rows(table: Table) -> set[str]:
    return {column.name for column in LINEAGE} | ({"origin"} if has_origin(table) else set())


def drop_repeats(warehouse: Warehouse, table: Table, file_id: str) -> int:
    """Mark staged rows that equal the version before them (`dropped_lines`); gives their number."""
    keys = ", ".join(key_columns(table))
    values = [c.name for c in table.columns if c.name not in _not_from_rows(table)]
    hashed = "md5(concat_ws(chr(31), " + ", ".join(f"coalesce(cast({name} as varchar), chr(0))" for name in values) + "))"
    sources = "and origin = 'source'" if has_origin(table) else ""
    matching = " and ".join(f"s.{key} = t.{key}" for key in key_columns(table))
    warehouse.connection.execute("create or replace temp table dropped_lines (line bigint)")
    done = warehouse.connection.execute(
        f"""
        insert into dropped_lines
        with versions as (
            select {keys}, known_at, file_id, line, {hashed} as content, false as staged
            from {table.name} as t
            where exists (select 1 from {STAGED} as s where {matching}) {sources}
            union all
            select {keys}, known_at, $file_id, line, {hashed}, true from {STAGED} where problem is null
        ),
        compared as (
            select line, staged, content, lag(content) over (partition by {keys} order by known_at, staged, file_id, line) as before
            from versions
        )
        select line from compared where staged and content is not distinct from before""",
        {"file_id": file_id},
    ).fetchone()
    return int(done[0]) if done else 0


def insert_versions(warehouse: Warehouse, table: Table, file_id: str) -> int:
    """Append the staged rows that are no repeats as versions; inside the file's transaction."""
    origin = ", 'source' as origin" if has_origin(table) else ""
    names = ", ".join(c.name for c in table.columns if c.name != "file_id" and not (has_origin(table) and c.name == "origin"))
    done = warehouse.connection.execute(
        f"""
        insert into {table.name} by name
        select {names}, $file_id as file_id {origin}
        from {STAGED} as s
        where problem is null and not exists (select 1 from dropped_lines as d where d.line = s.line)
        order by line""",
        {"file_id": file_id},
    ).fetchone()
    return int(done[0]) if done else 0
