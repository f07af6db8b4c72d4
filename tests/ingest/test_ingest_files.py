"""What happens to whole files: packing, line ends, refusals, and what makes a file known."""

import datetime as dt
import gzip
import os
import shutil
from typing import Any

import pytest

from plg_orchestration.config.sources import Source
from plg_orchestration.ingest import lines, parts, reading
from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import DAY, Place, as_bytes, track

BODY = b"".join(as_bytes(track(number)) + b"\n" for number in range(5))


def notes(place: Place) -> list[Any]:
    return [note for (note,) in place.rows("select note from ingest.files order by path")]


def test_a_gzip_file_gives_what_the_plain_file_gives(place: Place):
    place.sources["events"] = Source(name="events", path="*", format="segment")
    (place.root / "2025-03-10.jsonl.gz").write_bytes(gzip.compress(BODY[:300]) + gzip.compress(BODY[300:]))
    assert place.take().accepted == 5


def test_line_ends_and_a_mark_at_the_start_do_not_matter(place: Place):
    bodies = [BODY[:-1], b"\xef\xbb\xbf" + BODY, BODY.replace(b"\n", b"\r\n"), BODY.replace(b"\n", b"\r\n", 2)]
    for number, body in enumerate(bodies):
        (place.root / f"{number}-2025-03-10.jsonl").write_bytes(body.replace(b'"m', f'"m{number}-'.encode()))
    place.take()
    assert place.rows("select lines, accepted from ingest.files") == [(5, 5)] * 4


REFUSED = {
    "utf16.jsonl": (BODY.decode().encode("utf-16"), "UTF-16"),
    "utf16le.jsonl": (BODY.decode().encode("utf-16-le"), "UTF-16"),
    "returns.jsonl": (BODY.replace(b"\n", b"\r"), "carriage returns only"),
    "truncated.jsonl.gz": (gzip.compress(BODY)[:-12], "truncated gzip"),
    "broken.jsonl.gz": (gzip.compress(BODY)[:40] + b"\0" * 40, "gzip after"),
    "plain.jsonl.gz": (BODY, "no gzip"),
}


def test_unreadable_files_are_refused_whole_and_kept(place: Place):
    place.sources["events"] = Source(name="events", path="*", format="segment")
    for name, (body, _) in REFUSED.items():
        (place.root / name).write_bytes(body)
    place.say("2025-03-10.jsonl", track(1))
    summary = place.take()
    assert (summary.accepted, summary.quarantined, summary.reasons) == (1, len(REFUSED), {"file": len(REFUSED)})
    assert place.warehouse is not None
    kept = {path.name: path.read_bytes() for path in parts.refused_folder(place.warehouse).iterdir()}
    for path, file_id, note, count in place.rows("select path, file_id, note, lines from ingest.files where note is not null"):
        body, why = REFUSED[path]
        assert note.startswith("refused: ")
        assert why in note
        assert (count, kept[file_id + path[path.index(".") :]]) == (1, body)
    assert place.rows("select distinct line, reason from ingest.quarantine") == [(0, "file")]


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "EXPANSION_FLOOR", 1 << 20)
    place.sources["events"] = Source(name="events", path="*", format="segment")
    (place.root / "2025-03-10.jsonl.gz").write_bytes(gzip.compress(b"\0" * (8 << 20)))
    place.take()
    assert "bomb" in notes(place)[0]


def test_an_endless_line_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "MAX_HELD_BYTES", 10_000)
    path = place.say("2025-03-10.jsonl", track(1), "x" * 50_000)
    monkeypatch.setattr(lines.blocks, "__defaults__", (1_000,))
    with pytest.raises(FileRefused, match="line 2 is longer"):
        list(lines.chunks(path))


def test_chunks_of_any_size_give_the_same_lines(place: Place, monkeypatch: pytest.MonkeyPatch):
    path = place.root / "x.jsonl"
    path.write_bytes(BODY[:-1])
    for size in (1, 7, 64, 300, 10_000):
        monkeypatch.setattr(lines.blocks, "__defaults__", (size,))
        found = [(chunk.first + at, raw) for chunk in lines.chunks(path) for at, raw in enumerate(chunk.raw.to_pylist())]
        assert found == list(enumerate(BODY.splitlines(keepends=True), start=1)), size


def test_small_chunks_change_nothing_that_is_stored(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
):
    place.say("2025-03-10.jsonl", *(track(n) for n in range(9)), "bad", "", track(3), track(4, user="other"), b"\xff")
    place.say("2025-03-09.jsonl", track(1, at="2025-03-09T10:00:00Z"), "worse")
    place.take()
    usual = place.contents()
    monkeypatch.setattr(lines.blocks, "__defaults__", (100,))
    monkeypatch.setattr(reading, "CHUNK", 150)
    monkeypatch.setattr("plg_orchestration.ingest.batch.BATCH_FILES", 1)
    with Warehouse.open(tmp_path_factory.mktemp("other")) as warehouse:
        place.warehouse = warehouse
        place.take()
        assert place.contents() == usual


def test_an_empty_file_is_noted(place: Place):
    (place.root / "2025-03-10.jsonl").write_bytes(b"")
    summary = place.take()
    assert (summary.lines, notes(place)) == (0, ["empty"])


def test_the_same_files_again_change_nothing(place: Place):
    place.say("2025-03-10.jsonl", track(1), "bad", "")
    place.take()
    before = place.contents()
    again = place.take()
    assert (again.files, again.known) == ((), 1)
    assert place.contents() == before


def test_a_known_file_is_not_read_again(place: Place, monkeypatch: pytest.MonkeyPatch):
    place.say("2025-03-10.jsonl", track(1))
    place.take()
    monkeypatch.setattr("plg_orchestration.ingest.run.digest", lambda path: pytest.fail(f"{path} was hashed again"))
    assert place.take().known == 1


def test_a_renamed_copy_changes_nothing_and_is_noted(place: Place):
    path = place.say("2025-03-09.jsonl", track(1, at="2025-03-09T10:00:00Z"), "bad")
    place.take()
    before = place.contents()
    shutil.copy(path, place.root / "2025-03-10.jsonl")
    assert place.take().copies == 1
    assert place.contents() == before
    assert place.rows("select path, note from ingest.paths where note is not null") == [
        ("2025-03-10.jsonl", "copy of 2025-03-09.jsonl")
    ]


def test_two_copies_in_one_night_count_once(place: Place):
    for name in ("2025-03-09.jsonl", "2025-03-10.jsonl"):
        place.say(name, track(1, at="2025-03-09T10:00:00Z"))
    summary = place.take()
    assert (summary.accepted, summary.duplicates, summary.copies) == (1, 0, 1)


def test_a_touched_file_changes_nothing(place: Place):
    path = place.say("2025-03-10.jsonl", track(1))
    place.take()
    os.utime(path, (0, 0))
    assert (place.take().files, place.take().known) == ((), 1)


def test_a_file_that_grew_brings_its_new_lines_only(place: Place):
    place.say("2025-03-10.jsonl", track(1), track(None, user="u2"))
    place.take()
    place.say("2025-03-10.jsonl", track(1), track(None, user="u2"), track(2), track(None, user="u2"))
    summary = place.take()
    assert (summary.lines, summary.accepted, summary.duplicates) == (4, 2, 2)
    assert place.rows("select count(*) from ingest.files") == [(2,)]


def test_files_after_the_day_wait(place: Place):
    place.say("2025-03-10.jsonl", track(1))
    place.say("2025-03-11.jsonl", track(2, at="2025-03-11T08:00:00Z"))
    assert place.take(DAY).accepted == 1
    assert place.take(DAY + dt.timedelta(days=1)).accepted == 1


def test_a_part_that_no_ledger_row_names_is_litter_and_is_collected(place: Place):
    place.say("2025-03-10.jsonl", track(1))
    place.take()
    assert place.warehouse is not None
    folder = parts.lake_folder(place.warehouse) / "received_date=2025-03-10"
    (folder / "stranger-0.parquet").write_bytes(b"half a file")
    (folder / ".left.part").write_bytes(b"")
    assert place.rows("select count(*) from ingest.events") == [(1,)]
    assert parts.collect_litter(place.warehouse) == 2
    assert parts.litter(place.warehouse) == []
    assert place.rows("select count(*) from ingest.events") == [(1,)]


def test_no_parts_give_an_empty_view_with_its_columns(place: Place):
    place.take()
    assert place.rows("select count(*), count(received_date), count(properties) from ingest.events") == [(0, 0, 0)]


@pytest.mark.parametrize("where", ["write_parquet", "ledger.write", "create_events_view"])
def test_a_failure_anywhere_and_running_again_give_what_an_undisturbed_run_gives(
    place: Place, where: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
):
    place.say("2025-03-09.jsonl", track(1, at="2025-03-09T10:00:00Z"), "bad")
    place.say("2025-03-10.jsonl", track(1, at="2025-03-09T10:00:00Z"), track(2, type="identify", anonymousId="a"), track(2))
    place.take(DAY - dt.timedelta(days=1))
    from plg_orchestration.ingest import run

    owner, name = (getattr(run, where.split(".", maxsplit=1)[0]), where.split(".")[1]) if "." in where else (run, where)
    real, calls = getattr(owner, name), [0]

    def fails(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        if where != "create_events_view" or calls[0] > 1:
            raise OSError("No space left on device")
        return real(*given, **named)

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
        patched.setattr(owner, name, fails)
        place.take()
    assert place.rows("select count(*) from ingest.files") == [(1,)]
    place.take()
    recovered = place.contents()
    with Warehouse.open(tmp_path_factory.mktemp("undisturbed")) as warehouse:
        place.warehouse = warehouse
        place.take(DAY - dt.timedelta(days=1))
        place.take()
        assert place.contents() == recovered
