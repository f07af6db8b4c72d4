"""A workspace with fifty people whose every field is a needle, and a search of its own for needles in every byte."""

import base64
import gzip
import json
import re
import sqlite3
import zlib
from pathlib import Path

import duckdb

PEOPLE = 50
NEEDLE = re.compile(rb"ndl-[a-z]+-(\d\d)z")
EMBEDDED = re.compile(rb"base64,([A-Za-z0-9+/]{16,}={0,2})")


def needle(kind: str, number: int) -> str:
    return f"ndl-{kind}-{number:02d}z"


def plant(folder: Path) -> list[str]:
    """Make fifty users of the generated workspace needle people, and say more about them; their ids."""
    data = folder / "data"
    users = [line.split(",")[0].strip('"') for line in (data / "users.csv").read_text().splitlines()[1:]]
    chosen = list(dict.fromkeys(users))[: PEOPLE * 2 : 2]
    names = {user: needle("user", number) for number, user in enumerate(chosen)}
    links = {f"v0{user[1:]}": needle("anon", number) for number, user in enumerate(chosen)}
    swap = re.compile(r'"(u\d{6}|v\d{7})"')
    for path in sorted(data.rglob("*.*")):
        if path.suffix in (".csv", ".jsonl"):
            text = path.read_bytes().decode("latin-1")
            path.write_bytes(
                swap.sub(lambda found: f'"{names.get(found[1]) or links.get(found[1]) or found[1]}"', text).encode("latin-1")
            )
    events = sorted((data / "events").glob("*.jsonl"))
    _say_more(events[-3])
    packed = events[-3].with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(events[-3].read_bytes()))
    events[-3].unlink()
    _references(data, str(events[-2].stem))
    text = (folder / "plg.yaml").read_text()
    text = text.replace('"data/events/*.jsonl"', '"data/events/*.jsonl*"')
    text = text.replace(
        'surveys: {path: "data/surveys.csv", format: csv}', 'surveys: {path: "data/surveys.parquet", format: parquet}'
    )
    (folder / "plg.yaml").write_text(text)
    return [names[user] for user in chosen]


def _say_more(path: Path) -> None:
    at = f"{path.stem[-10:]}T10:00:00.000Z"
    lines: list[str] = []
    for n in range(PEOPLE):
        context = {
            "locale": needle("locale", n), "sessionId": needle("session", n), "device": {"type": needle("device", n)},
            "app": {"version": needle("app", n)}, "location": {"country": needle("country", n), "region": needle("region", n)},
        }  # fmt: skip
        base = {"userId": needle("user", n), "anonymousId": needle("anon", n), "timestamp": at, "context": context}
        traits = {"email": f"{needle('mail', n)}@people.example", "name": f"{needle('name', n)} of the needles"}
        said = {"note": f"free text {needle('text', n)}", "deep": {"list": [needle("leaf", n)]}, needle("key", n): 1}
        calls = [
            {**base, "type": "identify", "messageId": needle("identify", n), "traits": traits},
            {**base, "type": "track", "event": needle("event", n), "messageId": needle("message", n), "properties": said},
            {
                "type": "track", "event": "Pricing Viewed", "messageId": needle("early", n), "anonymousId": needle("anon", n),
                "timestamp": at,
            },
            {
                "type": "track", "event": "Comment Added", "messageId": f"other-{n}", "userId": "u000002" if n % 2 else "u000004",
                "timestamp": at, "properties": {"mentions": needle("user", n)},
            },
        ]  # fmt: skip
        lines += [json.dumps(call) for call in (*calls, calls[1])]
        lines.append(json.dumps(calls[1])[:-30])
        lines.append(json.dumps({**calls[1], "properties": {"other": "content"}}))
    with path.open("a") as handle:
        handle.write("".join(f"{line}\n" for line in lines))


def _references(data: Path, last: str) -> None:
    day = last[-10:]

    def add(name: str, row):
        with (data / f"{name}.csv").open("a") as handle:
            handle.write("".join(row(n) + "\n" for n in range(PEOPLE)))

    at = f"{day}T09:00:00Z"
    person = lambda n: needle("user", n)  # noqa: E731
    add("users", lambda n: f'"{person(n)}",,"{at}","{needle("role", n)}","{needle("domain", n)}.example",'
                           f'"{needle("land", n)}","EMEA","{needle("tongue", n)}","{needle("gadget", n)}",'
                           f'"{needle("channel", n)}",,"{at}"')  # fmt: skip
    add(
        "users",
        lambda n: f'"friend-{n:02d}",,"{at}","role","friend.example","DE","EMEA","de","desktop","content","{person(n)}","{at}"',
    )
    add(
        "invites",
        lambda n: (
            f'"{needle("invite", n)}","u000006","{needle("hash", n)}","{person(n)}","{at}","{at}","{at}","{at}","EMEA","{at}"'
        ),
    )
    add("invites", lambda n: f'"{needle("sent", n)}","{person(n)}","{needle("guest", n)}",,"{at}",,,,"EMEA","{at}"')
    add(
        "tickets",
        lambda n: f'"{needle("ticket", n)}",,"{person(n)}","{at}",,"{needle("topic", n)}, ""quoted""\nin two lines",3,"{at}"',
    )
    add("surveys", lambda n: f'"{needle("survey", n)}","nps","{person(n)}",9,"{at}","{at}"')
    add(
        "crm_outcomes",
        lambda n: f'"{needle("outcome", n)}",,"{person(n)}","accepted","{needle("reason", n)}","{at}","pql","{at}"',
    )
    add("exposures", lambda n: f'"onboarding_checklist","{person(n)}","control","{at}","{at}"')
    surveys = data / "surveys.csv"
    duckdb.sql(f"copy (select * from read_csv('{surveys}', all_varchar = true)) to '{data / 'surveys.parquet'}' (format parquet)")
    surveys.unlink()


def found_in(folder: Path) -> dict[int, set[str]]:
    """The files that name each needle person, by the person's number; everything is unpacked and searched."""
    found: dict[int, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for data in _contents(path):
                for hit in NEEDLE.finditer(data):
                    found.setdefault(int(hit[1]), set()).add(str(path.relative_to(folder)))
    return found


def _contents(path: Path):
    data = path.read_bytes()
    yield data
    yield str(path.name).encode()
    for embedded in EMBEDDED.finditer(data):
        yield _decoded(embedded[1])
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    if path.suffix == ".parquet":
        yield repr(duckdb.sql(f"select * from read_parquet('{path}', hive_partitioning = false)").fetchall()).encode()
    if data[:15] == b"SQLite format 3":
        yield from _cells(path)
    if path.suffix == ".duckdb":
        yield from _tables(path)


def _decoded(text: bytes) -> bytes:
    return base64.b64decode(text[: len(text) // 4 * 4])


def _cells(path: Path):
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
        for row in connection.execute(f'select * from "{table.decode()}"').fetchall():
            for cell in row:
                if isinstance(cell, bytes):
                    yield cell
                    for embedded in EMBEDDED.finditer(cell):
                        yield _decoded(embedded[1])
                    if cell[:1] == b"\x78":
                        try:
                            yield zlib.decompress(cell)
                        except zlib.error:
                            continue
    connection.close()


def _tables(path: Path):
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        for (table,) in connection.execute(tables).fetchall():
            yield repr(connection.execute(f"select * from {table}").fetchall()).encode()
