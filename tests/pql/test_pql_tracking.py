"""MLflow shows each training once, names nobody, points the alias after the warehouse, and fails with words when it is down."""

import datetime as dt
import json
import stat
import time
from dataclasses import replace

import pandas as pd
import pytest

from plg_orchestration import tracking
from plg_orchestration.clock import AsOf
from plg_orchestration.pql.promotion.champion import champion
from plg_orchestration.pql.training.candidate import not_trained, train
from plg_orchestration.reports.auditors.questions import questions
from plg_orchestration.tracking.store import client_of
from plg_orchestration.tracking.training import close_dead_runs


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    state = tmp_path_factory.mktemp("mlflow")
    return tracking.open_tracking(uri=f"sqlite:///{state / 'mlflow.db'}", state=state, workspace="acme")


@pytest.fixture(scope="module")
def record(grown):
    warehouse, as_of = grown.world.warehouse, grown.world.as_of
    grown.world._ensure("pql.champion")
    grown.world._ensure("pql.promotions")
    warehouse.connection.execute("delete from pql.champion; delete from pql.promotions")
    row, _ = champion(warehouse, as_of=as_of, policy=grown.policy, newest=True)
    grown.world.keep("pql.champion", row)
    made = tracking.read_record(warehouse, as_of=as_of, state=grown.state, dagster_run_id="run-1")
    assert made is not None
    return made


@pytest.fixture(scope="module")
def logged(store, record):
    return tracking.log_training(store, record)


def runs(store, experiment_id):
    with client_of(store) as client:
        return client.search_runs([experiment_id], max_results=1000)


def test_a_training_is_a_parent_run_with_a_child_per_candidate(store, record, logged, grown):
    found = {r.info.run_id: r for r in runs(store, logged.experiment_id)}
    parent = found.pop(logged.run_id)
    assert parent.info.status == "FINISHED" and parent.info.run_name == f"training {grown.training.version}"
    assert parent.data.tags["plg.data_hash"] == record.model["data_hash"] and parent.data.tags["plg.dagster_run_id"] == "run-1"
    assert {r.data.tags["plg.scorer"] for r in found.values()} == {
        "model", "hybrid", "rules", "weighted", "base_rate", "random_forest", "histogram_gradient_boosting",
    }  # fmt: skip
    assert {r.data.tags["mlflow.parentRunId"] for r in found.values()} == {logged.run_id}
    model = next(r for r in found.values() if r.data.tags["plg.scorer"] == "model")
    assert model.data.metrics["auc"] == pytest.approx(record.model["auc"])
    assert model.data.metrics["lift_low"] == pytest.approx(record.model["lift_low"])
    assert model.data.params["threshold_policy"] == record.model["threshold_policy"]


def test_the_model_run_keeps_files_and_pictures(store, record, logged, tmp_path):
    found = runs(store, logged.experiment_id)
    model = next(r for r in found if r.data.tags.get("plg.scorer") == "model")
    with client_of(store) as client:
        folder = client.download_artifacts(model.info.run_id, "", str(tmp_path))
        source = client.get_model_version("acme-pql-conversion", logged.registered).source
    assert source.endswith(f"{model.info.run_id}/artifacts/model")
    kept = {str(p.relative_to(folder)): p for p in tmp_path.rglob("*") if p.is_file()}
    assert {"model/model.skops", "model/manifest.json", "gates.json", "bias_audit.csv"} <= set(kept)
    pictures = [p for name, p in kept.items() if name.startswith("plots/")]
    assert len(pictures) == 10 and all(p.read_bytes().startswith(b"\x89PNG") and p.stat().st_size > 3000 for p in pictures)
    assert json.loads(kept["model/manifest.json"].read_text())["sha256"] == record.model["digest"]


def test_nobody_is_named_in_any_artifact(store, logged, grown):
    users = [f"u{i:04d}".encode() for i in range(0, 600, 7)]
    files = [p for p in store.artifacts.rglob("*") if p.is_file()]
    assert len(files) > 10
    for path in files:
        content = path.read_bytes()
        assert not any(user in content for user in users), path


def test_logging_again_finds_the_same_runs_and_version(store, record, logged):
    before = len(runs(store, logged.experiment_id))
    assert tracking.log_training(store, record) == logged
    assert len(runs(store, logged.experiment_id)) == before


def test_what_a_killed_process_left_running_is_closed(store, record, logged):
    with client_of(store) as client:
        dead = client.create_run(logged.experiment_id, tags={"plg.version": record.version}).info.run_id
        other = client.create_run(logged.experiment_id, tags={"plg.version": "other"}).info.run_id
        assert close_dead_runs(client, logged.experiment_id, record.version) == 1
        assert (client.get_run(dead).info.status, client.get_run(other).info.status) == ("KILLED", "RUNNING")
        client.set_terminated(other, "KILLED")


def test_the_alias_follows_the_warehouse_and_may_be_pointed_again(store, record, logged):
    def aliases():
        with client_of(store) as client:
            return client.get_model_version("acme-pql-conversion", logged.registered).aliases

    assert tracking.point_alias(store, target="conversion", scorer="rules", version="rules-1") is None and aliases() == []
    for _ in range(2):
        pointed = tracking.point_alias(store, target="conversion", scorer="model", version=record.version)
        assert pointed == logged.registered and aliases() == ["champion"]
    with pytest.raises(tracking.TrackingUnavailable, match="is not registered; log its training"):
        tracking.point_alias(store, target="conversion", scorer="model", version="2020-01-01-00000000")
    assert aliases() == ["champion"]
    assert tracking.point_alias(store, target="conversion", scorer="rules", version="rules-1") is None and aliases() == []


def test_a_cold_start_is_a_run_with_its_reason_and_no_model(store, world, policy, tmp_path):
    training = train(world.warehouse, as_of=world.as_of, policy=policy, state=tmp_path)
    world.keep("pql.candidate", training.candidate)
    for name in ("pql.contest", "pql.test_predictions", "pql.bias_audit", "pql.champion"):
        world._ensure(name)
    row, _ = champion(world.warehouse, as_of=world.as_of, policy=policy, newest=True)
    world.keep("pql.champion", row)
    record = tracking.read_record(world.warehouse, as_of=world.as_of, state=tmp_path)
    done = tracking.log_training(store, record)
    assert done.registered is None
    with client_of(store) as client:
        run = client.get_run(done.run_id)
    assert run.data.tags["plg.status"] == "cold_start" and "no activity is known yet" in run.data.tags["mlflow.note.content"]


def test_a_past_day_of_a_range_is_not_logged(world, policy, tmp_path):
    world.keep("pql.candidate", not_trained(as_of=world.as_of, policy=policy).candidate)
    for name in ("pql.contest", "pql.test_predictions", "pql.bias_audit", "pql.champion"):
        world._ensure(name)
    assert tracking.read_record(world.warehouse, as_of=world.as_of, state=tmp_path) is None
    assert tracking.read_record(world.warehouse, as_of=AsOf(dt.date(2024, 1, 1)), state=tmp_path) is None


def test_governance_is_one_run_a_day_and_content(store):
    tables = {"controls": pd.DataFrame({"control_id": ["R1-C1"], "status": ["effective"]})}
    first = tracking.log_governance(store, as_of=dt.date(2025, 3, 31), tables=tables, figures={"risk_closure_rate": 0.9})
    assert tracking.log_governance(store, as_of=dt.date(2025, 3, 31), tables=tables, figures={"risk_closure_rate": 0.9}) == first
    assert tracking.log_governance(store, as_of=dt.date(2025, 3, 31), tables=tables, figures={"risk_closure_rate": 0.8}) != first


def test_a_store_that_cannot_be_written_is_an_error_with_a_remedy_within_seconds(tmp_path):
    started = time.monotonic()
    (tmp_path / "mlflow.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(tracking.TrackingUnavailable, match=r"mlflow\.db: cannot be written .*set MLFLOW_TRACKING_URI"):
        tracking.open_tracking(uri=f"sqlite:///{tmp_path / 'mlflow.db'}", state=tmp_path, workspace="acme")
    (tmp_path / "file").write_text("")
    with pytest.raises(tracking.TrackingUnavailable, match="cannot be written"):
        tracking.open_tracking(uri=f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}", state=tmp_path, workspace="acme")
    with pytest.raises(tracking.TrackingUnavailable, match=r"127\.0\.0\.1:9: does not answer"):
        tracking.open_tracking(uri="http://127.0.0.1:9", state=tmp_path, workspace="acme")
    assert time.monotonic() - started < 10
    assert not stat.S_ISDIR((tmp_path / "file").stat().st_mode)


def test_every_run_of_a_training_that_auditors_are_sent_to_shows_what_is_named(store, record, logged):
    named = [place for question in questions() for place in question.mlflow if place.subject == "pql {target}"]
    assert len(named) >= 3
    tracking.log_card(store, target="conversion", version=record.version, page="<p>card</p>", text="# card\n")
    with client_of(store) as client:
        run = client.get_run(logged.run_id)
        artifacts = {artifact.path for artifact in client.list_artifacts(logged.run_id)}
    for place in named:
        assert place.run.format(version=record.version) == run.info.run_name
        assert set(place.artifacts) <= artifacts and set(place.tags) <= set(run.data.tags), place


def test_a_printed_card_is_put_into_the_trainings_runs_and_says_how_decisions_are_explained(store, record, logged, tmp_path):
    shown = tracking.log_card(store, target="conversion", version=record.version, page="<p>card</p>", text="# card\n")
    assert (shown.mlflow_run_id, shown.mlflow_version) == (logged.run_id, logged.registered)
    assert shown.mlflow_model == "acme-pql-conversion"
    told = [run for run in runs(store, logged.experiment_id) if run.data.tags.get("plg.explain")]
    assert len(told) == 2 and all(record.version in run.data.tags["plg.explain"] for run in told)
    for run in told:
        with client_of(store) as client:
            client.download_artifacts(run.info.run_id, "model_card.html", str(tmp_path))
        assert (tmp_path / "model_card.html").read_text() == "<p>card</p>"
    nothing = tracking.log_card(store, target="conversion", version="2020-01-01-other", page="", text="")
    assert nothing == tracking.ShownCard()


def test_a_version_that_a_rebuilt_day_did_not_judge_is_registered_as_such(record, tmp_path):
    """The day had promoted another version before; its judgment stays, and says nothing about this one."""
    store = tracking.open_tracking(uri=f"sqlite:///{tmp_path / 'mlflow.db'}", state=tmp_path, workspace="acme")
    kept = replace(record, champion={**record.champion, "challenger": "another", "promoted": True, "outcome": "promoted"})
    made = tracking.log_training(store, kept)
    with client_of(store) as client:
        version = client.get_model_version(store.model_name(record.target), made.registered)
        run = client.get_run(made.run_id)
    assert version.tags["plg.outcome"] == "not_judged" and "another" in version.tags["plg.reason"]
    assert run.data.tags["plg.promoted"] == "False"
