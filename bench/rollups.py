"""Roll-ups and features of a day: the system's, and the same tables with the same columns by pandas (`peer.py`).

Both read what lies on disk after the day's ingest and earlier nights, and publish the day; every value of both is compared.
"""

import datetime as dt
from pathlib import Path
from typing import Any

TABLES = (
    "behavior.user_days", "behavior.user_features", "behavior.milestones", "behavior.account_days", "behavior.activity",
    "pql.features",
)  # fmt: skip
PRECISION = 1e-9


def prepare_ours(file: str, _: str) -> tuple[Any, ...]:
    """Import the system and open its warehouse, with its settings."""
    from plg_orchestration.behavior import queries as behavior
    from plg_orchestration.config import load_workspace
    from plg_orchestration.pql.features import queries as pql
    from plg_orchestration.warehouse import Warehouse, table

    return behavior, pql, Warehouse, table, load_workspace(file)


def ours(file: str, day: str, behavior: Any, pql: Any, warehouse_of: Any, table: Any, workspace: Any) -> dict[str, int]:
    """Publish the day's roll-ups, state and features; the rows of each table."""
    date = dt.date.fromisoformat(day)
    as_of = workspace.as_of(date)
    made = (
        behavior.user_days(as_of=as_of), behavior.user_features(as_of=as_of), behavior.milestones(as_of=as_of),
        behavior.account_days(as_of=as_of), behavior.next_activity(as_of=as_of),
        pql.features(as_of=as_of, policy=workspace.pql, stored=True),
    )  # fmt: skip
    with warehouse_of.open(workspace.state) as warehouse:
        warehouse.reuse = True
        return {
            name: warehouse.publish(table(name), lambda _, query=query: query, [date]).rows
            for name, query in zip(TABLES, made, strict=True)
        }


def prepare_peer(file: str, day: str) -> tuple[Any, ...]:
    """Import pandas and read the workspace's settings."""
    import pandas as pd
    import pyarrow.parquet

    from bench import peer as by
    from plg_orchestration.config import load_workspace

    _ = day, pyarrow.parquet
    return pd, by, load_workspace(file)


def peer(file: str, day: str, pd: Any, by: Any, workspace: Any) -> dict[str, int]:
    """The same tables by pandas from what earlier nights left, written beside the workspace's file; the rows of each."""
    return by.by_pandas(by.Day(pd, workspace, dt.date.fromisoformat(day)), Path(file).parent / "peer" / day)


prepare_notebook = prepare_peer


def notebook(file: str, day: str, pd: Any, by: Any, workspace: Any) -> dict[str, int]:
    """The same tables by pandas from every event in the lake, as a notebook makes them that nobody keeps a state for."""
    return by.by_pandas(by.Notebook(pd, workspace, dt.date.fromisoformat(day)), Path(file).parent / "notebook" / day)


def differences(file: str, day: str, peers: str = "peer") -> dict[str, dict[str, int]]:
    """For each table its `rows`, how many of them only one side has (`rows_of_one`), and in how many each column differs."""
    import duckdb

    from plg_orchestration.config import load_workspace
    from plg_orchestration.warehouse import table

    found: dict[str, dict[str, int]] = {}
    with duckdb.connect(str(load_workspace(file).state / "warehouse.duckdb"), read_only=True) as connection:
        for name in TABLES:
            declared = table(name)
            path = Path(file).parent / peers / day / f"{name}.parquet"
            columns = {column.name: column.type for column in declared.columns}
            described = connection.execute("describe select * from read_parquet($p)", {"p": str(path)}).fetchall()
            theirs = {row[0] for row in described}
            if theirs != set(columns):
                raise ValueError(f"{name}: pandas made {sorted(theirs ^ set(columns))} on one side only")
            casts = ", ".join(f'cast("{column}" as {kind}) as "{column}"' for column, kind in columns.items())
            same = " and ".join(f'o."{column}" is not distinct from p."{column}"' for column in declared.key)
            counted = [
                f"count(*) filter (where o.there and p.there and {_differs(column, kind)})" for column, kind in columns.items()
            ]
            text = f"""
                select count(*), count(*) filter (where o.there is null or p.there is null), {", ".join(counted)}
                from (select *, true as there from {name} where "{declared.day}" = $d) as o
                full outer join (select {casts}, true as there from read_parquet($p)) as p on {same}"""
            rows, single, *each = connection.execute(text, {"d": day, "p": str(path)}).fetchall()[0]
            found[name] = {"rows": int(rows), "rows_of_one": int(single), **dict(zip(columns, map(int, each), strict=True))}
    return found


def _differs(column: str, kind: str) -> str:
    if kind == "DOUBLE":
        close = f'abs(o."{column}" - p."{column}") > {PRECISION} * greatest(1, abs(o."{column}"))'
        return f'((o."{column}" is null) <> (p."{column}" is null) or {close})'
    return f'o."{column}" is distinct from p."{column}"'
