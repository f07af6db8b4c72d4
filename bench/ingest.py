"""Ingest of raw lines, and its floor: DuckDB reading the same clean file into a typed table, which checks nothing."""

import datetime as dt
import json
import shutil
from pathlib import Path

COPIES = 4
BAD_EVERY = 33
FLOOR = """
create table read_events as
select
    messageId as event_id, type, event, userId as user_id, anonymousId as anonymous_id, context.groupId as account_id,
    timestamp::timestamp as event_at, receivedAt::timestamp as received_at, properties, context.locale as locale,
    context.device.type as device, context.location.region as region, context.location.country as country,
    context.app.version as app_version
from read_ndjson(?, columns = {
    messageId: 'varchar', type: 'varchar', event: 'varchar', userId: 'varchar', anonymousId: 'varchar',
    timestamp: 'timestamptz', receivedAt: 'timestamptz', properties: 'json',
    context: 'struct(groupId varchar, locale varchar, device struct(type varchar), location struct(region varchar, country varchar), app struct(version varchar))'
})
"""  # noqa: E501


def make_lines(data: Path, folder: Path) -> tuple[Path, Path]:
    """Two workspaces with 1.2 million of the data's raw lines in one file: all clean, and with 3 % cut off in the middle."""
    clean, bad = folder / "clean", folder / "bad"
    if (bad / "plg.yaml").exists():
        return clean, bad
    for world in (clean, bad):
        shutil.rmtree(world, ignore_errors=True)
        (world / "data").mkdir(parents=True)
    days = sorted((data / "data" / "events").glob("*.jsonl"))
    good = list(_clean_lines(days))
    day = days[-1].stem
    with (clean / "data" / f"{day}.jsonl").open("wb") as whole, (bad / "data" / f"{day}.jsonl").open("wb") as broken:
        for copy in range(COPIES):
            mark = b'"messageId":"%d' % copy
            for number, line in enumerate(good):
                made = line.replace(b'"messageId":"', mark, 1)
                whole.write(made)
                broken.write(made if number % BAD_EVERY else made[: len(made) // 2] + b"\n")
    text = (
        f"workspace: lines\nstart: {day}\nlast_day: {day}\n"
        'sources:\n  events: {path: "data/*.jsonl", format: segment}\n'
    )  # fmt: skip
    for world in (clean, bad):
        (world / "plg.yaml").write_text(text, encoding="utf-8")
    return clean, bad


def _clean_lines(files: list[Path]) -> list[bytes]:
    kept: dict[str, bytes] = {}
    for file in files:
        for line in file.read_bytes().splitlines(keepends=True):
            try:
                read = json.loads(line)
                times = [dt.datetime.fromisoformat(read[name]) for name in ("timestamp", "receivedAt")]
                clean = read["type"] == "track" and str(read["event"]) and all(time.year == times[1].year for time in times)
            except (ValueError, KeyError, TypeError):
                continue
            if clean:
                kept.setdefault(str(read["messageId"]), line)
    return list(kept.values())


def prepare_ours(world: str) -> tuple[()]:
    """Import what ingest needs, and forget what an earlier run took in."""
    import plg_orchestration.ingest
    import plg_orchestration.warehouse
    from plg_orchestration.config import load_workspace

    _ = plg_orchestration.ingest, plg_orchestration.warehouse
    shutil.rmtree(load_workspace(Path(world)).state, ignore_errors=True)
    return ()


def ours(world: str) -> dict[str, int]:
    """Take the workspace's file in; lines, accepted and quarantined."""
    from plg_orchestration.config import load_workspace, write_config_tables
    from plg_orchestration.ingest import ingest_files
    from plg_orchestration.warehouse import Warehouse

    workspace = load_workspace(Path(world))
    with Warehouse.open(workspace.state) as warehouse:
        write_config_tables(warehouse, workspace)
        done = ingest_files(warehouse, workspace, through=workspace.last_day or dt.date.max)
    return {"lines": done.lines, "accepted": done.accepted, "quarantined": done.quarantined}


def prepare_floor(world: str) -> tuple[Path]:
    """The place of the floor's database, emptied."""
    import duckdb

    _ = duckdb
    file = Path(world) / "floor.duckdb"
    file.unlink(missing_ok=True)
    return (file,)


def floor(world: str, file: Path) -> dict[str, int]:
    """Read the same file into a typed table on disk."""
    import duckdb

    (raw,) = (Path(world) / "data").glob("*.jsonl")
    with duckdb.connect(str(file)) as connection:
        connection.execute(FLOOR, [str(raw)])
        ((rows,),) = connection.execute("select count(*) from read_events").fetchall()
    return {"lines": int(rows)}
