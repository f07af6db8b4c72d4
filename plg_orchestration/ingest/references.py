"""From staged reference rows to new versions: a row equal to the version before it is a duplicate.

Which version holds on a day is decided in `known.py`.
"""

from itertools import pairwise

from plg_orchestration.ingest.batch import STAGED
from plg_orchestration.ingest.events import local_date
from plg_orchestration.ingest.forgetting import Retention
from plg_orchestration.ingest.reasons import Reason
from plg_orchestration.ingest.staging import Finish
from plg_orchestration.ingest.tables import INVITES, LINEAGE, has_origin, key_columns
from plg_orchestration.revenue.billing import monthly_sql
from plg_orchestration.warehouse import Table, Warehouse

DOMAIN = "lower(split_part(email_domain, '@', -1))"


def finish(table: Table, columns: frozenset[str], timezone: str) -> Finish:
    """How staged reference rows are completed: `known_at` is the row's own, else the last instant of the file's day."""
    known = {"known": "coalesce(known_at, day_last)" if "known_at" in columns else "day_last"}
    final: dict[str, str] = {}
    derived = _not_from_rows(table)
    for column in table.columns:
        if column.name in derived:
            continue
        given = column.name in columns
        final[column.name] = f'"{column.name}"' if given else f"cast(null as {column.type})"
    if "email_domain" in columns:
        final["email_domain"] = DOMAIN
    problem = "cast(null as varchar)"
    if "price" in columns:
        final["mrr"], problem = _monthly(columns)
    return Finish(
        layers=(known,),
        columns={**final, "known_at": "known", "known_date": local_date("known", timezone)},
        problem=problem,
    )


def _monthly(columns: frozenset[str]) -> tuple[str, str]:
    """The SQL of a subscription's mrr, from its price where it is not given, and of what is wrong with it."""
    given = "mrr" if "mrr" in columns else "cast(null as decimal(18, 2))"
    period = "billing_period" if "billing_period" in columns else "cast(null as varchar)"
    seats = "seats" if "seats" in columns else "cast(null as bigint)"
    price = (
        f"case when per_seat then cast(price * {seats} as decimal(18, 2)) else price end" if "per_seat" in columns else "price"
    )
    derived = monthly_sql(price, period)
    wrong = f"when {given} is null and {derived} is null then '{Reason.TYPE}|billing_period ' || left({period}, 60)"
    unseated = f"when per_seat and price is not null and {seats} is null then '{Reason.MISSING}|seats, of a price per seat'"
    problem = f"case {unseated if 'per_seat' in columns else ''} {wrong} end"
    return f"coalesce({given}, {derived})", problem


def _not_from_rows(table: Table) -> set[str]:
    return {column.name for column in LINEAGE} | ({"origin"} if has_origin(table) else set())


def mark_repeats(warehouse: Warehouse, table: Table, retention: Retention | None = None) -> None:
    """Mark staged rows that equal the version before them as `duplicate`.

    A row is compared with what was known when its file came in. Where the files of a batch go forward in `known_at`, one pass
    over all of them gives just that; else they are compared file by file. What identifies an invited person for too long is not
    compared, since one of the rows may have lost it.
    """
    spans = warehouse.connection.execute(
        f"select file, min(known_at), max(known_at) from {STAGED} where problem is null group by file order by file"
    ).fetchall()
    forgets = {"before": retention.before} if retention is not None and table is INVITES else {}
    forward = all(earlier[2] <= later[1] for earlier, later in pairwise(spans))
    for last in [spans[-1][0]] if spans and forward else [file for file, *_ in spans]:
        warehouse.connection.execute(_marking(table, forgets=bool(forgets)), {"last": last, **forgets}).fetchall()


def _marking(table: Table, *, forgets: bool) -> str:
    keys = ", ".join(key_columns(table))
    values = {c.name: f'"{c.name}"' for c in table.columns if c.name not in _not_from_rows(table)}
    if forgets:
        values["invitee_hash"] = "case when sent_at >= $before then invitee_hash end"
    hashed = "md5(concat_ws(chr(31), " + ", ".join(f"coalesce(cast({sql} as varchar), chr(0))" for sql in values.values()) + "))"
    sources = "and t.origin = 'source'" if has_origin(table) else ""
    matching = " and ".join(f"s.{key} = t.{key}" for key in key_columns(table))
    return f"""
        update {STAGED} as u set problem = 'duplicate'
        from (
            select place, content, lag(content) over (partition by {keys} order by known_at, file, line, file_id) as before
            from (
                select
                    {keys}, known_at, cast(-1 as bigint) as file, file_id, line, cast(null as bigint) as place,
                    {hashed} as content
                from {table.name} as t
                where exists (select 1 from {STAGED} as s where {matching}) {sources}
                union all
                select {keys}, known_at, file, file_id, line, place, {hashed}
                from {STAGED} where problem is null and file <= $last
            ) as versions
        ) as c
        where c.place = u.place and c.content = c.before"""


def insert_versions(warehouse: Warehouse, table: Table) -> None:
    """Append the staged rows that were taken as versions; inside the batch's transaction."""
    names = ", ".join(f'"{c.name}"' for c in table.columns if not (has_origin(table) and c.name == "origin"))
    origin = ", 'source' as origin" if has_origin(table) else ""
    text = f"insert into {table.name} by name select {names} {origin} from {STAGED} where problem is null order by place"
    warehouse.connection.execute(text).fetchall()
