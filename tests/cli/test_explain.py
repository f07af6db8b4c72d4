"""`plg explain` and the job `explain_decision`: the dossier on the terminal and as a page, and clear refusals."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.explain import explain_decision
from plg_orchestration.cli.app import app
from plg_orchestration.config import load_workspace
from plg_orchestration.governance.privacy.secret import secret_of
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Warehouse
from tests.reports.dossier_nights import Small

WORKSPACE = """\
workspace: acme
start: 2025-01-01
sources:
  events: {path: "data/*.jsonl", format: segment}
"""


def test_the_dossier_is_printed_and_written_and_an_unknown_decision_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PLG_PSEUDONYM_KEY", "a long enough pseudonym key")
    path = tmp_path / "plg.yaml"
    monkeypatch.setenv("PLG_WORKSPACE", str(path))
    path.write_text(WORKSPACE)
    here = load_workspace(path)
    with Warehouse.open(here.state, settings={"threads": "1"}) as opened:
        decided = Small(here.state, opened, secret=secret_of(here)).night()["ann"]

    def plg(*words):
        return CliRunner().invoke(app, ["explain", *words, "-w", str(path)])

    told = plg(decided)
    assert told.exit_code == 0 and "90 from 5 of 14 criteria, as recorded" in told.stdout and "ann" not in told.stdout.split()
    kept = sorted(here.state.rglob("*"))
    assert plg(decided).stdout == told.stdout and sorted(here.state.rglob("*")) == kept
    page = tmp_path / "dossier.html"
    assert plg(decided, "--html", str(page), "--with-identity").exit_code == 0 and ">ann<" in page.read_text()
    unknown = plg("nope")
    assert unknown.exit_code == 2 and "decision 'nope' is not known" in unknown.stderr and "plg query" in unknown.stderr
    nowhere = plg(decided, "--html", str(tmp_path / "no" / "x.html"))
    assert nowhere.exit_code == 2 and "is not there; make it" in nowhere.stderr
    _run(path, decided, tmp_path / "job.html")


def _run(workspace: Path, decided: str, page: Path) -> None:
    config = {"ops": {"write_dossier": {"config": {"decision_id": decided, "html": str(page)}}}}
    resources = {"warehouse": WarehouseResource(workspace_path=str(workspace))}
    assert explain_decision.execute_in_process(run_config=config, resources=resources).success
    assert "p_" in page.read_text() and ">ann<" not in page.read_text()
    with pytest.raises(Exception, match="is not known"):
        bad = {"ops": {"write_dossier": {"config": {"decision_id": "nope", "html": str(page)}}}}
        explain_decision.execute_in_process(run_config=bad, resources=resources)
