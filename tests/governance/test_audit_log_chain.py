"""The decision log takes every entry once, in order, under signed heads, and proves where a record stands."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration.errors import ConfigurationError
from plg_orchestration.failpoints import VARIABLE, InjectedFault
from plg_orchestration.governance.audit_log.anchors import AnchorUnavailable, anchor_outside, outside_anchor
from plg_orchestration.governance.audit_log.appending import LogDamaged, append_waiting
from plg_orchestration.governance.audit_log.framing import RECORD, Framing, frame, record_hash, record_of
from plg_orchestration.governance.audit_log.heads import read_heads
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue, waiting
from plg_orchestration.governance.audit_log.reading import find, proof_of, records
from plg_orchestration.governance.audit_log.verification import verify_audit_log
from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.governance.privacy.secret import secret_in
from plg_orchestration.warehouse import Warehouse
from tests.governance.audit_attacks import FIRST, NOON, append, entries, secret_of

NEXT = FIRST + dt.timedelta(days=1)
POINTS = (
    "audit.named", "audit.before_append", "audit.half_written.records", "audit.appended", "audit.half_written.heads",
    "audit.head_written", "audit.index_entered", "audit.index_committed", "audit.done",
)  # fmt: skip


@given(st.lists(st.binary(max_size=9), max_size=4), st.lists(st.binary(max_size=9), max_size=4))
def test_no_two_sequences_of_fields_have_the_same_frame(one: list[bytes], other: list[bytes]):
    assert (frame(*one) == frame(*other)) == (one == other)


def test_the_hash_is_sha256_over_tag_previous_day_sequence_and_json():
    import hashlib

    parts = (RECORD, bytes(32), b"2025-03-03", (7).to_bytes(8, "big"), b"{}")
    by_hand = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    assert record_hash(bytes(32), FIRST, 7, b"{}") == hashlib.sha256(by_hand).digest()
    line = Framing(FIRST).line(bytes(32), b'{"a":1}', 12)
    assert json.loads(line) == {"day": "2025-03-03", "hash": "0" * 64, "record": {"a": 1}, "sequence": 12}
    assert record_of(line, 12) == b'{"a":1}'


def test_records_are_read_in_order_and_name_nobody(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a", "b")
        told = Entry(
            "approval", "conversion:v1", {"verdict": "pass"}, NOON, as_of=NEXT, staff={"reviewer": "staff:dana"}
        )  # fmt: skip
        linked = Entry("override", "o1", {"action": "hold"}, NOON, user_id="user a", links={"decision": "d1"})
        enqueue(warehouse, [told, linked])
        append(warehouse, tmp_path, day=NEXT)
    with open_keyring(tmp_path, secret_of(tmp_path)) as keys:
        person, dana = keys.pseudonym("user a"), keys.pseudonym("staff:dana")
        alias, decision, note = keys.alias("user a", "o1"), keys.alias("user a", "d1"), keys.alias("user a", "a")
    read = list(records(tmp_path / "audit"))
    assert [(record.day, record.sequence, record.kind) for record in read] == [
        (FIRST, 1, "note"), (FIRST, 2, "note"), (NEXT, 1, "approval"), (NEXT, 2, "override"),
    ]  # fmt: skip
    assert (read[0].person, read[0].key, read[0].body) == (person, note, {"said": "a", "figure": 0.5})
    assert (read[2].key, read[2].staff, read[2].person) == ("conversion:v1", {"reviewer": dana}, None)
    assert (read[2].body, read[3].links) == ({"verdict": "pass", "as_of": "2025-03-04"}, {"decision": decision})
    assert [record.sequence for record in records(tmp_path / "audit", since=NEXT, after=1)] == [2]
    found = find(tmp_path / "audit", "override", alias)
    assert [(record.kind, record.person) for record in found] == [("override", person)]
    assert find(tmp_path / "audit", "override", "o1") == []
    everything = b"".join(path.read_bytes() for path in (tmp_path / "audit").iterdir())
    assert not any(needle in everything for needle in (b"user a", b"dana", b'"o1"', b'"d1"'))


def test_a_record_is_proven_up_to_the_signed_head_of_its_day(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a", "b", "c")
        append(warehouse, tmp_path, "d", day=NEXT)
    log = tmp_path / "audit"
    second = list(records(log))[1]
    proof = proof_of(log, second)
    assert (proof.holds, proof.links, proof.count, proof.sequence) == (True, 2, 3, 2)
    assert proof.head is not None and proof.head.closed and proof.head.day == FIRST
    path = log / "2025-03-03.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"said":"c"', b'"said":"x"'))
    broken = proof_of(log, second)
    assert not broken.holds and "record 3 of 2025-03-03" in broken.reason


def test_the_logs_day_never_goes_back_and_the_day_before_is_closed_with_its_count(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a", day=NEXT)
        append(warehouse, tmp_path, "of a past night", day=FIRST)
        append(warehouse, tmp_path, "c", day=NEXT + dt.timedelta(days=3))
    heads = read_heads(tmp_path / "audit" / "heads.jsonl").heads
    later = NEXT + dt.timedelta(days=3)
    assert [head.place for head in heads] == [(NEXT, 1, False), (NEXT, 2, False), (NEXT, 2, True), (later, 1, False)]
    assert verify_audit_log(tmp_path / "audit").valid


def test_an_entry_is_taken_once_however_often_it_is_handed_in(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        assert enqueue(warehouse, entries("a", "a", "b")) == 2
        assert enqueue(warehouse, entries("b")) == 0
        assert append(warehouse, tmp_path).records == 2
        enqueue(warehouse, entries("a", "b", "c"))
        assert append(warehouse, tmp_path).records == 1
        assert waiting(warehouse) == 0
        with pytest.raises(ValueError, match="kind 'No Kind'"):
            enqueue(warehouse, [Entry("No Kind", "a", {}, NOON)])
        with pytest.raises(ValueError, match="no number in JSON"):
            enqueue(warehouse, [Entry("note", "a", {"x": float("nan")}, NOON)])
    assert len(list(records(tmp_path / "audit"))) == 3


def test_what_a_transaction_takes_back_is_not_logged(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a")
        with pytest.raises(RuntimeError, match="taken back"), warehouse.transaction():
            enqueue(warehouse, entries("b"))
            raise RuntimeError("taken back")
        assert append(warehouse, tmp_path).records == 0


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_leaves_exactly_one_record_of_each_entry(point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a", "b")
        enqueue(warehouse, entries("c", "d", "e"))
        monkeypatch.setenv(VARIABLE, point)
        with pytest.raises(InjectedFault):
            append(warehouse, tmp_path, day=NEXT)
        monkeypatch.delenv(VARIABLE)
        append(warehouse, tmp_path, day=NEXT)
        assert waiting(warehouse) == 0
        indexed = warehouse.connection.execute("select count(*), count(distinct entry) from governance.audit_log").fetchall()
    said = [record.body["said"] for record in records(tmp_path / "audit")]
    assert said == ["a", "b", "c", "d", "e"] and indexed == [(5, 5)]
    assert verify_audit_log(tmp_path / "audit").valid


def test_half_a_line_is_set_aside_and_appended_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a")
        enqueue(warehouse, entries("b"))
        monkeypatch.setenv(VARIABLE, "audit.half_written.records")
        with pytest.raises(InjectedFault):
            append(warehouse, tmp_path)
        monkeypatch.delenv(VARIABLE)
        torn = (tmp_path / "audit" / "2025-03-03.jsonl").read_bytes().splitlines()[1]
        interrupted = verify_audit_log(tmp_path / "audit")
        assert interrupted.exit_code == 1 and str(interrupted.fault) == "2025-03-03, record 2: the line is cut off"
        done = append(warehouse, tmp_path)
    assert [path.read_bytes() for path in done.set_aside] == [torn]
    after = verify_audit_log(tmp_path / "audit")
    assert after.valid and "1 interrupted appends were set aside" in after.notes[1]


def test_a_real_kill_in_the_middle_of_a_record(tmp_path: Path):
    code = (
        "from pathlib import Path\nfrom plg_orchestration.warehouse import Warehouse\n"
        "from tests.governance.audit_attacks import append\n"
        f"state = Path({str(tmp_path)!r})\nwith Warehouse.open(state) as w: append(w, state, *'abcd')"
    )
    root = Path(__file__).parents[2]
    failing = {"PLG_FAILPOINT": "audit.half_written.records:1:kill", "PATH": "/usr/bin", "PYTHONPATH": str(root)}
    killed = subprocess.run([sys.executable, "-c", code], env=failing, cwd=root, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    with Warehouse.open(tmp_path) as warehouse:
        assert waiting(warehouse) == 4
        append(warehouse, tmp_path)
    assert [record.body["said"] for record in records(tmp_path / "audit")] == list("abcd")
    assert verify_audit_log(tmp_path / "audit").valid


def test_a_log_that_lost_records_takes_no_more(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a")
        before = {path: path.read_bytes() for path in (tmp_path / "audit").glob("*.jsonl")}
        append(warehouse, tmp_path, "b")
        for path, data in before.items():
            path.write_bytes(data)
        with pytest.raises(
            LogDamaged, match="the log ends at 2025-03-03, record 1, but the warehouse knows of 2025-03-03, record 2"
        ):
            append(warehouse, tmp_path, "c")


def test_a_warehouse_restored_from_an_older_copy_takes_over_what_the_log_says(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a", "b")
        warehouse.connection.execute("delete from governance.audit_log")
        enqueue(warehouse, entries("a", "c"))
        assert append(warehouse, tmp_path).records == 1
    assert [record.body["said"] for record in records(tmp_path / "audit")] == ["a", "b", "c"]


def test_the_key_is_encrypted_and_another_secret_cannot_sign(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        append(warehouse, tmp_path, "a")
        key = tmp_path / "keys" / "audit_ed25519.key"
        assert key.stat().st_mode & 0o777 == 0o600
        (tmp_path / "keys" / "secret.check").unlink()
        other = secret_in(tmp_path, "another secret that is long")
        with pytest.raises(ConfigurationError, match="cannot be opened"):
            append_waiting(warehouse, state=tmp_path, secret=other, day=FIRST, at=NOON)
        key.unlink()
        with pytest.raises(ConfigurationError, match="is missing; restore the keys folder"):
            append_waiting(warehouse, state=tmp_path, secret=other, day=FIRST, at=NOON)


def test_every_head_is_added_once_to_the_outside_anchor_also_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "out" / "heads.jsonl"
    with Warehouse.open(tmp_path) as warehouse:
        heads = append(warehouse, tmp_path, "a").heads
        with pytest.raises(AnchorUnavailable, match=r"correct governance\.audit_log\.anchor"):
            anchor_outside(path, heads)
        path.parent.mkdir()
        assert anchor_outside(path, heads) == 1
        heads = append(warehouse, tmp_path, "b", day=NEXT).heads
        monkeypatch.setenv(VARIABLE, "audit.half_anchored")
        with pytest.raises(InjectedFault):
            anchor_outside(path, heads)
        monkeypatch.delenv(VARIABLE)
        assert anchor_outside(path, heads) == 2 and anchor_outside(path, heads) == 0
    anchor = outside_anchor(path)
    assert (anchor.problem, anchor.heads) == ("", heads)
    assert verify_audit_log(tmp_path / "audit", [path]).valid
