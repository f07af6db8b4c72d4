"""`plg audit verify` says with its exit code whether the log is valid, changed, asked wrongly or unreadable."""

import datetime as dt
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plg_orchestration.cli.app import app
from plg_orchestration.config import load_workspace
from plg_orchestration.governance.audit_log.anchors import anchor_outside
from plg_orchestration.governance.audit_log.keeping import anchor_path, flush, log_dir
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue
from plg_orchestration.tracking import anchor_head, anchored_heads, open_tracking
from plg_orchestration.warehouse import Warehouse
from tests.governance.audit_attacks import FIRST, NOON, append

PLG_YAML = """\
workspace: audited
start: 2025-03-01
sources:
  events: {path: "data/*.jsonl", format: segment}
governance:
  audit_log: {anchor: out/heads.jsonl}
"""


def verify(*options: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["audit", "verify", *map(str, options)])
    return done.exit_code, " ".join(done.output.split())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with Warehouse.open(tmp_path) as warehouse:
        heads = append(warehouse, tmp_path, "a", "b").heads
        heads = append(warehouse, tmp_path, "c", day=FIRST + dt.timedelta(days=1)).heads
    anchor_outside(tmp_path / "heads.jsonl", heads)
    return tmp_path / "audit"


def test_a_valid_log_is_0_and_without_an_outside_anchor_says_so(log: Path):
    code, said = verify("--log", log, "--anchor", log.parent / "heads.jsonl")
    assert code == 0 and "valid: 3 records of 2 days" in said and "outside path: agrees (3 heads)" in said
    assert "no outside anchor" not in said
    code, said = verify("--log", log)
    assert code == 0 and "no outside anchor is configured" in said


def test_a_changed_log_is_1_and_names_the_first_bad_day_and_record(log: Path):
    path = log / "2025-03-03.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"said":"b"', b'"said":"x"'))
    code, said = verify("--log", log, "--from", "2025-03-03", "--to", "2025-03-03")
    assert code == 1 and "first fault: 2025-03-03, record 2: the record is not what was chained" in said and "NOT VALID" in said
    assert verify("--log", log, "--from", "2025-03-04")[0] == 0


def test_a_missing_anchor_is_1(log: Path):
    code, said = verify("--log", log, "--anchor", log.parent / "elsewhere.jsonl")
    assert code == 1 and "elsewhere.jsonl is not there" in said


@pytest.mark.parametrize(
    "options", [("--from", "2025-03-05", "--to", "2025-03-04"), ("--from", "2025-04-01"), ("--from", "yesterday"), ("--what",)]
)
def test_wrong_usage_is_2(log: Path, options: tuple[str, ...]):
    assert verify("--log", log, *options)[0] == 2


def test_an_unreadable_log_is_3(log: Path):
    assert verify("--log", log / "nowhere")[0] == 3
    (log / "audit_key.pub").unlink()
    assert verify("--log", log)[0] == 3


def test_a_workspaces_log_is_verified_with_the_anchors_that_it_is_configured_to_have(tmp_path: Path):
    (tmp_path / "plg.yaml").write_text(PLG_YAML)
    here = load_workspace(tmp_path)
    with Warehouse.open(here.state) as warehouse:
        enqueue(warehouse, [Entry("note", "a", {}, NOON)])
        kept = flush(here, warehouse, at=NOON)
        assert "correct governance.audit_log.anchor" in kept.anchor_problem
        (tmp_path / "out").mkdir()
        assert flush(here, warehouse, at=NOON).anchored == 1
    assert kept.appended.records == 1 and anchor_path(here) == tmp_path / "out" / "heads.jsonl"
    code, said = verify("-w", tmp_path, "--files-only")
    assert code == 0 and "outside path: agrees" in said
    assert log_dir(here) == here.state / "audit"


def test_a_workspace_without_a_log_is_3(tmp_path: Path):
    (tmp_path / "plg.yaml").write_text(PLG_YAML)
    code, said = verify("-w", tmp_path, "--files-only")
    assert code == 3 and "the first night makes it" in said


@pytest.mark.faults
def test_what_mlflow_holds_is_an_anchor_and_one_that_holds_nothing_is_missing(tmp_path: Path):
    (tmp_path / "plg.yaml").write_text(PLG_YAML.replace("{anchor: out/heads.jsonl}", "{anchor: null}"))
    here = load_workspace(tmp_path)
    with Warehouse.open(here.state) as warehouse:
        enqueue(warehouse, [Entry("note", "a", {}, NOON)])
        head = flush(here, warehouse, at=NOON).appended.head
    store = open_tracking(uri=here.mlflow_tracking_uri, state=here.state, workspace=here.name)
    assert head is not None and anchored_heads(store) == []
    anchor_head(store, head.line(), as_of=FIRST)
    assert anchored_heads(store) == [head.line()]
    code, said = verify("-w", tmp_path)
    assert code == 1 and "MLflow: agrees" in said and "Dagster: missing" in said
