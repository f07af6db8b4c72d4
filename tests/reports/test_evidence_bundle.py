"""The bundle of a quarter's evidence: whole, signed, the same bytes each time, without names, verifiable with nothing else."""

import datetime as dt
import gzip
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plg_orchestration.config import Workspace
from plg_orchestration.governance.audit_log.heads import FILE
from plg_orchestration.governance.privacy.secret import Secret
from plg_orchestration.reports.evidence import verify
from plg_orchestration.reports.evidence.chain import anchors_of
from plg_orchestration.reports.evidence.make import Bundle, make_bundle, write_bundle
from plg_orchestration.reports.evidence.parts import PARTS
from plg_orchestration.reports.evidence.quarters import NoEvidence, quarter, quarter_of
from plg_orchestration.warehouse import Warehouse
from tests.reports.evidence_world import NEEDLES, STAFF, build, decision_of

MADE_FROM = (
    "evidence_risks evidence_controls evidence_control_history evidence_incidents evidence_acknowledgements evidence_acceptances"
    " evidence_likelihoods evidence_champions evidence_promotions evidence_decisions evidence_overrides"
    " evidence_bias_audits evidence_bias_groups evidence_drift"
    " evidence_kpis evidence_cards evidence_bias_history evidence_live_bias evidence_routing_bias"
    " evidence_mitigation"
)  # fmt: skip
World = tuple[Workspace, Secret, Bundle]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    here, secret = build(tmp_path_factory.mktemp("world"))
    return here, secret, made(here, secret)


def made(here: Workspace, secret: Secret, name: str = "2025Q3") -> Bundle:
    with Warehouse.open(here.state) as warehouse:
        return make_bundle(warehouse, quarter(name), workspace=here, secret=secret, anchors=anchors_of(here))


def members(world: World) -> dict[str, bytes]:
    return verify.unpack(world[2].data)


def rows(world: World, name: str) -> pd.DataFrame:
    import io

    return pd.read_csv(io.BytesIO(members(world)[f"tables/{name}.csv"]), keep_default_na=True)


def extracted(world: World, folder: Path) -> Path:
    archive = folder / "bundle.zip"
    archive.write_bytes(world[2].data)
    shutil.unpack_archive(archive, folder / "bundle")
    return folder / "bundle"


def told(folder: Path, *words: str, path: str | None = None) -> tuple[int, str]:
    """What `verify.py` of the folder says, run by a Python that sees nothing of the project."""
    environment = {"PATH": path or "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), *words], capture_output=True, text=True, cwd=folder, env=environment,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


# -- what is in it ----------------------------------------------------------------------------------------------------


def test_a_bundle_holds_every_part_every_paper_and_the_chain(world: World) -> None:
    names = set(members(world))
    assert {f"tables/{part.name}.csv" for part in PARTS} | {"tables/approvals.csv"} <= names
    assert {f"evidence_{part.name}" for part in PARTS} | {"evidence_cards"} == set(MADE_FROM.split())
    assert {"index.html", "README.md", "verify.py", "public_key.pem", "manifest.json", "manifest.sig", "register.json"} <= names
    assert {"model_cards/conversion/model-0801.html", "model_cards/conversion/model-0801.md"} <= names
    assert "certificates/2025-08-11-1.json" in names and any(name.startswith("drift_reviews/") for name in names)
    assert {"chain/heads.jsonl", "chain/anchors/outside_path.jsonl", "chain/days/2025-07-01.jsonl.gz"} <= names
    assert world[2].absent == () and len(world[2].nights) == 10


def test_the_tables_say_what_the_quarter_was(world: World) -> None:
    spells = rows(world, "control_history").query("control_id == 'R2-C1'")
    assert spells[["since", "until", "status", "days"]].values.tolist() == [
        ["2025-07-01", "2025-07-11", "effective", 2], ["2025-07-21", "2025-07-31", "failed", 2],
        ["2025-08-10", "2025-08-10", "degraded", 1], ["2025-08-20", "2025-09-29", "effective", 5],
    ]  # fmt: skip
    incident = rows(world, "incidents").set_index("incident_id").loc["R2-C1-2025-07-21"]
    assert (incident["status"], incident["response"], incident["response_hours"], incident["closed_on"]) == (
        "closed", "in_time", 9.0, "2025-08-20")  # fmt: skip
    assert rows(world, "promotions")["kind"].tolist() == ["approval", "automatic_rollback"]
    assert rows(world, "promotions")["approval"][0] == rows(world, "approvals")["approval_id"][0]
    accepted = rows(world, "risks").query("risk_id == 'R4'").set_index("as_of")["status"]
    assert (accepted["2025-08-20"], accepted["2025-09-19"], accepted["2025-09-29"]) == (
        "accepted", "accepted", "acceptance_expired")  # fmt: skip
    assert rows(world, "decisions")["decisions"].tolist() == [50, 50, 50] and len(rows(world, "overrides")) == 50
    register = json.loads(members(world)["register.json"])
    assert [risk["id"] for risk in register["risks"]] == ["R1", "R2", "R3", "R4", "R5"]
    assert rows(world, "live_bias")["as_of"].nunique() == 10 and rows(world, "bias_history")["as_of"].nunique() == 3
    assert rows(world, "mitigation")["variant"].tolist() == ["plain"] and len(rows(world, "routing_bias")) == 20
    assert rows(world, "drift")["verdict"].unique().tolist() == ["ok"] and len(rows(world, "champions")) == 10


def test_no_cell_under_the_minimum_size_has_a_figure(world: World) -> None:
    figures = {
        "bias_audits": ["n", "positives", "value_group", "value_rest", "difference", "ci_low", "ci_high"],
        "bias_groups": ["n", "selection_rate"],
    }  # fmt: skip
    for name, columns in figures.items():
        small = rows(world, name).query("grp == 'ANZ'")
        assert len(small) and small[columns].isna().all(axis=None) and (small["reason"] == "too_small").all()
        assert rows(world, name).query("grp == 'EMEA'")[columns].notna().all(axis=None)
    kpis = rows(world, "kpis")
    assert kpis.query("dimension_value == 'ANZ'")[["value", "n"]].isna().all(axis=None)
    assert kpis.query("dimension_value == 'EMEA'")["n"].tolist() == [300] * 6
    assert not any(b"0.7315" in data for data in members(world).values())


def test_nothing_in_it_names_a_person(world: World) -> None:
    texts = {name: gzip.decompress(data) if name.endswith(".gz") else data for name, data in members(world).items()}
    names = [*NEEDLES, *map(decision_of, NEEDLES), *STAFF, "Grace", "Hopper", "Lovelace"]
    found = [(name, file) for file, text in texts.items() for name in names if name.lower().encode() in text.lower()]
    assert found == []
    overrides = rows(world, "overrides")
    assert overrides["user_id"].str.fullmatch(r"p_[0-9a-f]{32}").all() and overrides["user_id"].nunique() == 50
    assert overrides["decision_id"].str.fullmatch(r"x_[0-9a-f]{32}").all() and overrides["decision_id"].nunique() == 50
    logged = [json.loads(line) for name, text in texts.items() if name.endswith(".jsonl.gz") for line in text.splitlines()]
    people = {record["record"]["person"] for record in logged if record["record"]["kind"] == "decision"}
    assert people == set(overrides["user_id"][:5])
    approver = {record["record"]["staff"].get("approver") for record in logged} - {None}
    assert approver == {rows(world, "approvals")["reviewer"][0]} == {rows(world, "promotions")["actor"][0]}
    assert rows(world, "approvals")["reviewer"][0] != rows(world, "approvals")["requested_by"][0]


def test_a_file_that_would_name_somebody_stops_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    from plg_orchestration.reports.evidence import make, names

    monkeypatch.setattr(make, "page_without_names", lambda page, _: page)
    with pytest.raises(names.NamesLeft, match=r"drift_reviews/2025-09-29\.md would name somebody"):
        made(*world[:2])


def test_the_page_opens_offline_and_shows_the_quarter(world: World) -> None:
    page = members(world)["index.html"].decode()
    assert "http://" not in page and "https://" not in page and "<script" not in page
    assert "At the end 2 of 5 risks were open, or accepted until a day that has passed (R1, R4)." in page
    assert 'title="2025-07-21: failed"' in page and 'title="2025-07-02: not evaluated"' not in page
    links = {part.split('"')[0] for part in page.split('href="')[1:] if not part.startswith("#")}
    assert links <= set(members(world)), "every link leads to a file of the bundle"


def test_the_same_inputs_give_the_same_bytes(world: World) -> None:
    assert made(*world[:2]).data == world[2].data


def test_once_its_last_day_is_closed_later_days_of_the_log_change_no_earlier_bundle(world: World, tmp_path: Path) -> None:
    from plg_orchestration.governance.audit_log.appending import append_waiting
    from plg_orchestration.governance.audit_log.outbox import Entry, enqueue

    here, secret, bundle = world
    copy = tmp_path / "copy"
    shutil.copytree(here.root, copy)
    from plg_orchestration.config import load_workspace

    there = load_workspace(copy)
    with Warehouse.open(there.state) as warehouse:
        later: list[Bundle] = []
        for day in (dt.date(2025, 10, 1), dt.date(2025, 10, 2)):
            at = dt.datetime.combine(day, dt.time(3))
            enqueue(warehouse, [Entry("decision", str(day), {}, at=at, as_of=day, user_id=NEEDLES[0])])
            append_waiting(warehouse, state=there.state, secret=secret, day=day, at=at)
            later.append(make_bundle(warehouse, quarter("2025Q3"), workspace=there, secret=secret, anchors=anchors_of(there)))
    assert "2025-10-02" in (there.state / "audit" / FILE).read_text()
    assert later[0].data == later[1].data
    before, after = verify.unpack(bundle.data), verify.unpack(later[0].data)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"chain/heads.jsonl", "manifest.json", "manifest.sig"} and before.keys() == after.keys()


# -- how it is verified -----------------------------------------------------------------------------------------------


def test_it_verifies_in_a_clean_folder_from_the_archive_alone(world: World, tmp_path: Path) -> None:
    folder = extracted(world, tmp_path)
    code, said = told(folder)
    assert code == 0 and "valid: Tidemark 2025Q3" in said and "4 log days chained as signed" in said
    assert world[2].key_digest in said
    assert told(folder, str(tmp_path / "bundle.zip"))[0] == 0
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(members(world)["public_key.pem"])
    assert told(folder, "--key", str(trusted))[0] == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the command openssl")
def test_openssl_stands_in_for_the_package_that_checks_signatures(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    found = members(world)
    assert verify.check(found).startswith("valid")
    key = verify.raw_key(found["public_key.pem"])
    assert not verify.signed_by(key, bytes(64), found["manifest.json"])


def test_changing_any_byte_of_the_archive_makes_it_fail(world: World) -> None:
    data, chance = world[2].data, random.Random(5)
    small = {name: content for name, content in members(world).items() if len(content) < 3000}
    places = [*range(64), *range(len(data) - 64, len(data)), *chance.sample(range(len(data)), 150)]
    for name, content in small.items():
        start = data.find(content)
        places += [start - len(name) - 20, start - 5, start, start + len(content) - 1]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises((verify.Changed, verify.Unreadable)):
            verify.check(verify.unpack(bytes(changed)))
    for cut in (data[:-1], data + b"\0", b"\0" + data, data[: len(data) // 2], b""):
        with pytest.raises(verify.Changed):
            verify.unpack(cut)


def test_every_file_of_the_folder_is_covered(world: World) -> None:
    found = members(world)
    for name, content in found.items():
        without = {other: data for other, data in found.items() if other != name}
        flipped = content[:-1] + bytes([content[-1] ^ 1])
        for changed in (without, {**found, name: flipped}, {**found, name: content + b"\n"}):
            with pytest.raises((verify.Changed, verify.Unreadable)):
                verify.check(changed)
    with pytest.raises(verify.Changed, match=r"note\.txt does not belong to the bundle"):
        verify.check({**found, "note.txt": b""})


def resigned(found: dict[str, bytes], world: World, change: Callable[[dict[str, bytes]], None]) -> dict[str, bytes]:
    """The bundle with a change that somebody with the signing key has signed anew: only the chain is left to tell."""
    import hashlib

    from plg_orchestration.governance.audit_log.keys import open_signer

    changed = dict(found)
    change(changed)
    manifest = json.loads(changed[verify.MANIFEST])
    manifest["files"] = [
        {"path": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in sorted(changed.items()) if name not in (verify.MANIFEST, verify.SIGNATURE)
    ]  # fmt: skip
    changed[verify.MANIFEST] = json.dumps(manifest).encode()
    changed[verify.SIGNATURE] = open_signer(world[0].state, world[1]).private.sign(changed[verify.MANIFEST])
    return changed


DAY = "chain/days/2025-07-01.jsonl.gz"


def _edit(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"score":70', b'"score":71') for line in lines]


@pytest.mark.parametrize(
    "attack", [_edit, lambda a: a[1:], lambda a: a[:-1], lambda a: [a[1], a[0], *a[2:]], lambda a: [*a, a[-1]], lambda _: []]
)
def test_a_log_day_that_was_changed_does_not_chain_even_when_signed_anew(
    world: World, attack: Callable[[list[bytes]], list[bytes]]
) -> None:
    def change(found: dict[str, bytes]) -> None:
        lines = gzip.decompress(found[DAY]).splitlines(keepends=True)
        found[DAY] = gzip.compress(b"".join(attack(lines)), mtime=0)

    with pytest.raises(verify.Changed, match="2025-07-01"):
        verify.check(resigned(members(world), world, change))


def test_heads_are_signed_and_anchors_agree_with_them(world: World) -> None:
    def forged(found: dict[str, bytes]) -> None:
        found[verify.HEADS] = found[verify.HEADS].replace(b'"count":5', b'"count":4')

    def other_anchor(found: dict[str, bytes]) -> None:
        name = "chain/anchors/outside_path.jsonl"
        found[name] = found[name].replace(b'"closed":false', b'"closed":true', 1)

    for change in (forged, other_anchor):
        with pytest.raises(verify.Changed, match="the head is not signed with this key"):
            verify.check(resigned(members(world), world, change))


def test_another_key_than_the_trusted_one_is_told(world: World, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    other = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(verify.Changed, match="another key than the one that you trust"):
        verify.check(members(world), other)


def test_a_log_that_was_changed_makes_no_bundle(world: World, tmp_path: Path) -> None:
    from plg_orchestration.config import load_workspace

    shutil.copytree(world[0].root, tmp_path / "copy")
    there = load_workspace(tmp_path / "copy")
    day = there.state / "audit" / "2025-07-01.jsonl"
    day.write_bytes(day.read_bytes().replace(b'"score":70', b'"score":99', 1))
    with pytest.raises(NoEvidence, match=r"2025-07-01.jsonl.gz: record \d+ is not what was chained; see `plg audit verify`"):
        made(there, world[1])


# -- quarters and commands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2025Q5", "Q3", "2025", "2025Q", "25Q1", "third quarter", ""])
def test_a_quarter_that_is_none_is_told(text: str) -> None:
    with pytest.raises(NoEvidence, match="is no quarter; write the year and the quarter, such as 2025Q3"):
        quarter(text)


def test_quarters_are_three_calendar_months() -> None:
    assert [(quarter(f"2024Q{n}").first, quarter(f"2024q{n}").last) for n in (1, 2, 3, 4)] == [
        (dt.date(2024, 1, 1), dt.date(2024, 3, 31)), (dt.date(2024, 4, 1), dt.date(2024, 6, 30)),
        (dt.date(2024, 7, 1), dt.date(2024, 9, 30)), (dt.date(2024, 10, 1), dt.date(2024, 12, 31)),
    ]  # fmt: skip
    assert quarter_of(dt.date(2025, 12, 31)).name == "2025Q4" == quarter(" 2025-q4 ").name


def test_a_quarter_without_nights_says_which_have_some(world: World, tmp_path: Path) -> None:
    with pytest.raises(NoEvidence, match=r"no night of 2024Q1 \(2024-01-01 to 2024-03-31\) was run; there are nights in 2025Q3"):
        made(*world[:2], name="2024Q1")
    with (
        Warehouse.open(tmp_path) as empty,
        pytest.raises(NoEvidence, match="no night was ever run; run `plg run` first"),
    ):
        make_bundle(empty, quarter("2025Q3"), workspace=world[0], secret=world[1])


def test_the_command_makes_and_verifies_a_bundle(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from plg_orchestration.cli.evidence import make_and_print, verify_and_print
    from tests.reports.evidence_world import SECRET

    monkeypatch.setenv("PLG_WORKSPACE", str(world[0].path))
    monkeypatch.setenv("PLG_PSEUDONYM_KEY", SECRET)
    file = tmp_path / "q3.zip"
    assert make_and_print(world[0].path, "2025Q3", file) == 0 and file.read_bytes() == world[2].data
    assert f"{file}: " in capfd.readouterr().out
    assert verify_and_print(file, None) == 0
    file.write_bytes(file.read_bytes()[:-1])
    assert verify_and_print(file, None) == 1 and "CHANGED" in capfd.readouterr().err
    assert verify_and_print(tmp_path / "nothing.zip", None) == 3
    assert make_and_print(world[0].path, "2025Q7", None) == 2 and "is no quarter" in capfd.readouterr().err


def test_the_job_writes_the_same_bundle_into_the_state_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.evidence import quarterly_audit
    from plg_orchestration.resources import WarehouseResource
    from tests.reports.evidence_world import SECRET

    monkeypatch.setenv("PLG_PSEUDONYM_KEY", SECRET)
    warehouse: Any = WarehouseResource(workspace_path=str(world[0].path))
    config = {"ops": {"make_evidence": {"config": {"quarter": "2025Q3"}}}}
    done = quarterly_audit.execute_in_process(run_config=config, resources={"warehouse": warehouse})
    path = Path(done.output_for_node("make_evidence"))
    assert path == world[0].state / "evidence" / "2025Q3.zip" and path.read_bytes() == world[2].data
    assert write_bundle(world[2], world[0]) == path
