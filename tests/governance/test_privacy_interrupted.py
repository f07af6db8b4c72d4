"""An erasure that is interrupted again and again ends where an undisturbed one ends."""

import datetime as dt
import json
import shutil
import sqlite3

import dagster as dg
import pytest
from typer.testing import CliRunner

from jobs.erasure import erase_person
from plg_orchestration.cli.app import app
from plg_orchestration.cli.home import dagster_home
from plg_orchestration.config import load_workspace
from plg_orchestration.failpoints import VARIABLE, InjectedFault, failpoint
from plg_orchestration.governance.privacy.erasure import RefusedErasure, erase_people
from plg_orchestration.governance.privacy.journal import SUFFIX
from plg_orchestration.ingest import ingest_files
from plg_orchestration.warehouse import Warehouse, all_tables

AT = dt.datetime(2025, 3, 9, 12)
PLACES = (
    "before_plan", "before_tombstones", "before_inputs", "input", "input:3", "before_inputs_placed", "input_placed",
    "input_placed:2", "before_lake", "part", "before_rows", "rows", "before_rebuild", "rebuilt", "before_files", "file", "file:5",
    "database", "before_keys", "before_scan", "before_certificate", "certified",
)  # fmt: skip
"""Where the erasure is interrupted, in the order in which it comes by."""
YAML = """\
workspace: small
start: 2025-03-01
sources:
  events: {path: "data/*.jsonl", format: segment}
  users: {path: "data/users.csv", format: csv}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Three people on four days, in the lake, the warehouse, the published files, a database and a few texts."""
    root = tmp_path_factory.mktemp("small") / "before"
    (root / "data").mkdir(parents=True)
    (root / "plg.yaml").write_text(YAML)
    for day in range(2, 6):
        lines = [
            {
                "type": "track",
                "event": "Opened",
                "messageId": f"m-{day}-{who}",
                "userId": who,
                "timestamp": f"2025-03-0{day}T10:00:00Z",
            }
            for who in ("person-ann", "person-bob", "person-cid")
        ]
        (root / "data" / f"2025-03-0{day}.jsonl").write_text(
            "".join(f"{json.dumps(line)}\n" for line in lines) + '{"userId": "person-ann"\n'
        )
    (root / "data" / "users.csv").write_text("user_id,country\nperson-ann,Annland-1\nperson-bob,DE\nperson-cid,DE\n")
    workspace = load_workspace(root / "plg.yaml")
    with Warehouse.open(workspace.state) as warehouse:
        ingest_files(warehouse, workspace, through=dt.date(2025, 3, 6))
        tables = [table for table in all_tables() if table.name in ("ingest.users", "ingest.files", "ingest.quarantine")]
        warehouse.republish(tables, dt.date(2025, 3, 6))
    for name in ("reports/a.html", "reports/b.csv", "run_failures.jsonl"):
        (workspace.state / name).parent.mkdir(exist_ok=True)
        (workspace.state / name).write_text("person-ann\nperson-bob\n")
    with sqlite3.connect(workspace.state / "mlflow.db") as connection:
        connection.execute("create table tags (value text)")
        connection.executemany("insert into tags values (?)", [("of person-ann",), ("of person-bob",)])
    connection.close()
    return workspace


def copied(workspace, folder):
    shutil.copytree(workspace.root, folder)
    return load_workspace(folder / "plg.yaml")


def erase(workspace):
    return erase_people(workspace, ["person-ann", "person-cid"], requested_by="Dana", reason="asked", at=AT)


def content(workspace) -> dict[str, object]:
    """Every table's rows, and every text beside the warehouse."""
    with Warehouse.open(workspace.state) as warehouse:
        found: dict[str, object] = {
            table.name: warehouse.content_hash(table) for table in all_tables()
            if warehouse.exists(table.name) and not table.name.startswith("governance.audit")
        }  # fmt: skip
    for path in sorted(workspace.root.rglob("*")):
        if path.suffix in (".jsonl", ".csv", ".html") and "audit" not in path.parts:
            found[str(path.relative_to(workspace.root))] = path.read_bytes()
    return found


def test_interrupted_twenty_times_it_ends_like_an_undisturbed_one(small, tmp_path, monkeypatch):
    calm, stormy = copied(small, tmp_path / "calm"), copied(small, tmp_path / "stormy")
    assert erase(calm)[0].complete
    for place in PLACES:
        monkeypatch.setenv(VARIABLE, f"erasure.{place}")
        with pytest.raises(InjectedFault):
            erase(stormy)
        monkeypatch.delenv(VARIABLE)
        failpoint("reset")
    done = erase(stormy)
    assert [certificate.complete for certificate in done] == [True]
    assert list((stormy.state / "keys").glob(f"*{SUFFIX}")) == []
    assert content(stormy) == content(calm)
    raw = b"".join(path.read_bytes() for path in stormy.root.rglob("*") if path.is_file())
    assert b"person-ann" not in raw and b"person-cid" not in raw and b"person-bob" in raw


def test_erasing_again_finds_nothing_and_changes_nothing(small, tmp_path):
    workspace = copied(small, tmp_path / "twice")
    erase(workspace)
    before = content(workspace)
    (again,) = erase_people(workspace, ["person-ann"], requested_by="Dana", reason="asked", at=AT + dt.timedelta(days=1))
    assert again.complete and again.removed == {} and content(workspace) == before


def test_a_person_whom_nobody_knows_gets_a_tombstone_and_a_certificate(small, tmp_path):
    (done,) = erase_people(copied(small, tmp_path / "unknown"), ["person-zoe"], requested_by="Dana", reason="asked", at=AT)
    assert done.complete and done.removed == {} and len(done.persons) == 1


def test_short_ids_are_found_where_columns_name_people(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "plg.yaml").write_text(YAML)
    (tmp_path / "data" / "users.csv").write_text("user_id,country\n7,DE\n77,DE\n")
    call = {"type": "track", "event": "Opened", "timestamp": "2025-03-02T10:00:00Z", "properties": {"seats": "7"}}
    lines = [json.dumps({**call, "messageId": f"m{who}", "userId": who}) for who in ("7", "77")]
    (tmp_path / "data" / "2025-03-02.jsonl").write_text("\n".join(lines))
    workspace = load_workspace(tmp_path / "plg.yaml")
    with Warehouse.open(workspace.state) as warehouse:
        ingest_files(warehouse, workspace, through=dt.date(2025, 3, 6))
    (done,) = erase_people(workspace, ["7"], requested_by="Dana", reason="asked", at=AT)
    assert done.complete and any("fewer than six characters" in note for note in done.notes)
    assert (tmp_path / "data" / "2025-03-02.jsonl").read_text() == "\n" + lines[1]
    assert (tmp_path / "data" / "users.csv").read_text() == "user_id,country\n\n77,DE\n"
    with Warehouse.open(workspace.state) as warehouse:
        assert warehouse.connection.execute("select distinct user_id from ingest.users").fetchall() == [("77",)]
        assert warehouse.connection.execute("select user_id from ingest.events").fetchall() == [("77",)]


def test_a_place_that_cannot_be_changed_makes_the_erasure_incomplete_until_it_is_mended(small, tmp_path):
    workspace = copied(small, tmp_path / "sealed")
    sealed = workspace.state / "evidence" / "bundle.txt"
    sealed.parent.mkdir()
    sealed.write_text("a lead: person-ann")
    (first,) = erase(workspace)
    assert not first.complete and [text.split(":")[0] for text in first.findings] == ["evidence"]
    assert "person-ann" not in first.text() and "INCOMPLETE" in first.text()
    sealed.unlink()
    (second,) = erase(workspace)
    assert second.complete and second.erasure_id == first.erasure_id and second.removed == first.removed


def test_a_workspace_of_another_release_is_refused_before_anything_is_touched(small, tmp_path):
    workspace = copied(small, tmp_path / "old")
    with Warehouse.open(workspace.state) as warehouse:
        warehouse.connection.execute("alter table ingest.files drop column erased")
    with pytest.raises(RefusedErasure, match="run `plg run --job kpi_snapshot` once"):
        erase(workspace)
    assert not (workspace.state / "keys" / "tombstones").exists()
    assert list((workspace.state / "keys").glob(f"*{SUFFIX}")) == []


def test_plg_erase_prints_the_certificate_and_says_by_its_exit_code_whether_something_is_left(small, tmp_path):
    workspace = copied(small, tmp_path / "plg")
    (workspace.state / "audit").mkdir(exist_ok=True)
    words = ["erase", "person-ann", "person-cid", "--by", "Dana", "--reason", "asked", "-w", str(workspace.path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0 and "Persons     2" in done.output and "person-ann" not in done.output
    assert CliRunner().invoke(app, [*words[:5], " ", *words[6:]]).exit_code == 2


def test_the_job_takes_the_people_out_of_its_own_configuration(small, tmp_path, monkeypatch):
    workspace = copied(small, tmp_path / "job")
    monkeypatch.setenv("PLG_WORKSPACE", str(workspace.path))
    monkeypatch.setenv("DAGSTER_HOME", "")
    config = {"user_ids": ["person-ann"], "requested_by": "Dana", "reason": "asked by person-ann"}
    with dg.DagsterInstance.from_config(str(dagster_home(workspace))) as instance:
        done = erase_person.execute_in_process(
            instance=instance, run_config={"ops": {"erase_from_every_store": {"config": config}}}
        )  # fmt: skip
        assert done.success
        kept = instance.get_run_by_id(done.run_id)
    assert kept is not None and kept.run_config["ops"]["erase_from_every_store"]["config"]["user_ids"] == ["[erased]"]
    assert b"person-ann" not in b"".join(path.read_bytes() for path in workspace.state.rglob("*") if path.is_file())
