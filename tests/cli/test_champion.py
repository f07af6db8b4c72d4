"""`plg approve`, `plg rollback` and the job `rollback_champion`: done, repeated in MLflow, or refused in a line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.rollback import rollback_champion
from plg_orchestration.cli.app import app
from plg_orchestration.config import load_workspace
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import open_tracking
from plg_orchestration.tracking.store import client_of
from plg_orchestration.warehouse import Warehouse
from tests.pql.champion_nights import Nights

SAID = ("--reviewer", "bo", "--requested-by", "ana", "--rationale", "nothing speaks against it")
WORKSPACE = """\
workspace: acme
start: 2025-01-01
sources:
  events: {path: "data/*.jsonl", format: segment}
pql:
  promotion: {mode: manual, evidence_days: 3650}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "plg.yaml"
    path.write_text(WORKSPACE)
    return path


@pytest.fixture
def plg(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    monkeypatch.setenv("PLG_WORKSPACE", str(workspace))
    return lambda *words: CliRunner().invoke(app, list(words))


def registered(workspace: Path, versions: list[str]) -> None:
    """The versions as registered by their trainings."""
    here = load_workspace(workspace)
    store = open_tracking(uri=here.mlflow_tracking_uri, state=here.state, workspace=here.name)
    with client_of(store) as client:
        client.create_registered_model(store.model_name("conversion"))
        for version in versions:
            client.create_model_version(store.model_name("conversion"), f"file:///{version}", tags={"plg.version": version})


def shown(workspace: Path) -> tuple[list[str], dict[str, str]]:
    """The aliases and tags of the first registered version."""
    here = load_workspace(workspace)
    store = open_tracking(uri=here.mlflow_tracking_uri, state=here.state, workspace=here.name)
    with client_of(store) as client:
        version = client.get_model_version(store.model_name("conversion"), "1")
    return list(version.aliases), dict(version.tags)


def test_an_approved_model_routes_until_the_job_takes_it_back(plg, workspace):
    here = load_workspace(workspace)
    here.state.mkdir()
    with Warehouse.open(here.state) as warehouse:
        version = str(Nights(warehouse, here.state, here.pql).night(0)["challenger"])
    registered(workspace, [version])
    done = plg("approve", version, *SAID)
    assert done.exit_code == 0 and f"{version} routes leads for conversion instead of rules-" in done.output
    assert shown(workspace)[0] == ["champion"] and shown(workspace)[1]["plg.outcome"] == "promoted"
    path = str(workspace)
    resources = {"warehouse": WarehouseResource(workspace_path=path), "tracking": TrackingResource(workspace_path=path)}
    config = {"ops": {"roll_back_champion": {"config": {"person": "cy", "reason": "sales found nobody who wanted to buy"}}}}
    ran = rollback_champion.execute_in_process(resources=resources, run_config=config)
    assert ran.success and str(ran.output_for_node("roll_back_champion")).startswith("rules-")
    aliases, tags = shown(workspace)
    assert aliases == [] and tags["plg.outcome"] == "rolled_back" and "by cy" in tags["plg.reason"]
    again = plg("rollback", "--by", "cy", "--reason", "and once more, for good measure")
    assert again.exit_code == 2 and "the rules route leads" in again.stderr


def test_what_is_refused_is_said_in_a_line_and_changes_nothing(plg, workspace):
    unknown = plg("approve", "2025-03-03-00000001", *SAID)
    assert unknown.exit_code == 2 and "does not wait for an approval of conversion; none does" in unknown.stderr
    hasty = plg("approve", "v", "--reviewer", "bo", "--requested-by", "ana", "--rationale", "ok")
    assert hasty.exit_code == 2 and "--rationale: String should have at least 10 characters" in hasty.stderr
    nothing = plg("rollback", "--by", "cy", "--reason", "there is nothing to take back yet")
    assert nothing.exit_code == 2 and "no night has decided on conversion yet" in nothing.stderr
    assert not (workspace.parent / "approvals.yaml").exists()
    shutil.rmtree(workspace.parent / ".plg", ignore_errors=True)
