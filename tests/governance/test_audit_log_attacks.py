"""Nobody changes the decision log unseen: nine attacks, what an outside anchor finds, and what goes unseen without one."""

import datetime as dt
import random
from dataclasses import replace
from pathlib import Path

import pytest

from plg_orchestration import governance
from plg_orchestration.governance.audit_log import verification
from plg_orchestration.governance.audit_log.anchors import Anchor
from plg_orchestration.governance.audit_log.keys import Signer
from plg_orchestration.governance.audit_log.verification import NO_OUTSIDE, verify_audit_log
from tests.governance.audit_attacks import (
    ATTACKS,
    FIRST,
    Files,
    Log,
    drop_last_day,
    edit,
    rechain,
    rechain_forged,
    small_log,
    truncate,
    written,
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Signer, Anchor]:
    files, signer = small_log(tmp_path_factory.mktemp("log"))
    return files, signer, Anchor("outside path", tuple(Log.of(files).heads), outside=True)


def test_an_untouched_log_is_valid_and_every_anchor_agrees(log, tmp_path: Path):
    files, _, anchor = log
    found = governance.verify_audit_log(written(tmp_path, files), [anchor])
    assert (found.exit_code, found.records, found.days, found.fault, found.notes) == (0, 40, 4, None, ())
    assert [(check.status, check.through) for check in found.anchors] == [("agrees", (FIRST + dt.timedelta(days=3), 10))]


@pytest.mark.parametrize("trials", [20, pytest.param(100, marks=pytest.mark.faults)])
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_is_found_with_an_outside_anchor(name: str, trials: int, log, tmp_path: Path):
    files, key, anchor = log
    rng = random.Random(name)
    missed = []
    for trial in range(trials):
        attack = ATTACKS[name][trial % len(ATTACKS[name])]
        changed = attack(Log.of(files), rng, key).files()
        found = verify_audit_log(written(tmp_path, changed), [anchor])
        if changed != files and (found.exit_code != 1 or found.fault is None):
            missed.append((trial, attack.__name__, found))
    assert missed == []


def test_the_first_changed_record_is_named(log, tmp_path: Path):
    files, key, anchor = log
    rng = random.Random(1)
    for _ in range(20):
        attacked = edit(Log.of(files), rng, key)
        there = Log.of(files)
        where = next((d, n) for d in there.days for n, line in enumerate(there.days[d], 1) if attacked.days[d][n - 1] != line)
        for anchors in ([anchor], []):
            fault = verify_audit_log(written(tmp_path, attacked.files()), anchors).fault
            assert fault is not None and (fault.day, fault.sequence) == where


@pytest.mark.parametrize("attack", [truncate, drop_last_day, rechain])
def test_what_only_an_outside_anchor_finds_is_told_when_there_is_none(attack, log, tmp_path: Path):
    files, key, anchor = log
    rng = random.Random(2)
    missed = 0
    for _ in range(20):
        changed = written(tmp_path, attack(Log.of(files), rng, key).files())
        without = verify_audit_log(changed)
        missed += without.valid
        assert without.notes[0] == NO_OUTSIDE and "no outside anchor is configured" in without.notes[0]
        assert not verify_audit_log(changed, [anchor]).valid
    assert missed > 0 if attack is drop_last_day else missed == 20, "with the key or at a signed end nothing inside tells"


def test_without_the_key_a_chain_made_anew_is_found_by_its_signatures_alone(log, tmp_path: Path):
    files, key, _ = log
    rng = random.Random(5)
    for _ in range(20):
        found = verify_audit_log(written(tmp_path, rechain_forged(Log.of(files), rng, key).files()))
        assert found.exit_code == 1 and found.fault is not None and "not signed by the log's key" in found.fault.reason


def test_an_anchor_whose_signature_does_not_hold_disagrees(log, tmp_path: Path):
    files, _, anchor = log
    last = anchor.heads[-1]
    forged = Anchor("outside path", (*anchor.heads[:-1], replace(last, signature=anchor.heads[0].signature)), outside=True)
    found = verify_audit_log(written(tmp_path, files), [forged])
    assert (found.exit_code, found.anchors[0].status) == (1, "disagrees")


@pytest.mark.faults
def test_flipped_bytes_anywhere_in_the_folder_are_found(log, tmp_path: Path):
    files, _, anchor = log
    rng = random.Random(3)
    for _ in range(1000):
        name = rng.choice(sorted(files))
        data = bytearray(files[name])
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        found = verify_audit_log(written(tmp_path, files | {name: bytes(data)}), [anchor])
        assert found.exit_code != 0 or name == "audit_key.pub", name


def test_a_part_of_the_log_is_verified_from_the_signed_close_before_it(log, tmp_path: Path):
    files, _, anchor = log
    second, third = FIRST + dt.timedelta(days=1), FIRST + dt.timedelta(days=2)
    attacked = Log.of(files)
    del attacked.days[FIRST][3]
    folder = written(tmp_path, attacked.files())
    assert verify_audit_log(folder, [anchor], since=second, to=third).valid
    assert verify_audit_log(folder, [anchor], since=second, to=third).records == 20
    found = verify_audit_log(folder, [anchor], to=third)
    assert found.fault is not None and (found.fault.day, found.fault.sequence) == (FIRST, 4)
    with pytest.raises(ValueError, match="the log has no day from 2025-04-01"):
        verify_audit_log(folder, [anchor], since=dt.date(2025, 4, 1))


def test_a_missing_day_a_missing_folder_and_a_missing_key_are_told_apart(log, tmp_path: Path):
    files, _, anchor = log
    second = str(FIRST + dt.timedelta(days=1))
    gone = verify_audit_log(written(tmp_path / "a", {n: d for n, d in files.items() if not n.startswith(second)}), [anchor])
    assert gone.exit_code == 1 and gone.fault is not None and str(gone.fault.day) == second
    assert verify_audit_log(tmp_path / "nowhere").exit_code == 3
    assert verify_audit_log(written(tmp_path / "b", {n: d for n, d in files.items() if n != "audit_key.pub"})).exit_code == 3
    empty = verify_audit_log(written(tmp_path / "c", {"audit_key.pub": files["audit_key.pub"]}), [anchor])
    assert empty.exit_code == 1 and empty.fault is not None and (empty.fault.day, empty.fault.sequence) == (FIRST, 1)


def test_a_missing_or_foreign_anchor_is_no_agreement(log, tmp_path: Path):
    files, _, anchor = log
    folder = written(tmp_path / "log", files)
    missing = verify_audit_log(folder, [tmp_path / "heads.jsonl"])
    assert missing.exit_code == 1 and missing.anchors[0].status == "missing" and missing.fault is None
    heads = tmp_path / "heads.jsonl"
    heads.write_text("".join(head.line() for head in anchor.heads))
    assert verify_audit_log(folder, [str(heads)]).valid
    heads.write_text(heads.read_text().replace('"count":5', '"count":6', 1))
    assert verify_audit_log(folder, [heads]).anchors[0].status == "disagrees"


def test_a_large_log_is_hashed_by_several_processes_to_the_same_end(log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files, key, anchor = log
    changed = edit(Log.of(files), random.Random(4), key).files()
    one = verify_audit_log(written(tmp_path, files), [anchor]), verify_audit_log(written(tmp_path / "x", changed), [anchor])
    monkeypatch.setattr(verification, "LARGE", 0)
    assert (verify_audit_log(tmp_path, [anchor]), verify_audit_log(tmp_path / "x", [anchor])) == one
