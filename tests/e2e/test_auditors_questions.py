"""The ten questions, asked of a workspace after two nights: the commands answer, and the pages show what is named."""

import shlex

import dagster as dg
import pytest
from typer.testing import CliRunner

from plg_orchestration.cli.app import app
from plg_orchestration.reports.auditors.pages import filled
from plg_orchestration.reports.auditors.questions import questions
from plg_orchestration.tracking import open_tracking
from plg_orchestration.tracking.store import client_of
from plg_orchestration.warehouse import all_tables
from plg_orchestration.warehouse.published import asked, open_published

NO_ROWS_YET = ("pql.overrides", "pql.promotions", "governance.privacy", "pql.bias_audit")
"""Tables of which two quiet nights of a cold start hold nothing; the answer is then that there is none."""


@pytest.fixture(scope="module")
def values(two_nights):
    """What the placeholders stand for after the two nights."""
    workspace = two_nights.workspace
    with open_published(workspace.state / "published", list(all_tables())) as connection:
        decision = asked(connection, "select min(decision_id) as found from pql.decisions where handed_over").to_pylist()[0][
            "found"
        ]
        version = asked(connection, "select max(version) as found from pql.candidate where scorer = 'model'").to_pylist()[0][
            "found"
        ]
    day = str(workspace.last_day)
    return {"day": day, "version": version, "decision": decision, "target": "conversion", "workspace": workspace.name}


@pytest.mark.parametrize("number", range(1, 11))
def test_the_commands_of_the_question_answer(two_nights, values, number, monkeypatch):
    monkeypatch.setenv("PLG_WORKSPACE", str(two_nights.plg_yaml))
    for command in questions()[number - 1].commands:
        words = shlex.split(filled(command, values))[1:]
        if words[0] == "run":
            continue  # a night again is what `test_two_nights_and_again` is about
        words = [*words, "--csv"] if words[0] == "query" else words
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, (command, done.output, done.stderr)
        if not any(table in command for table in NO_ROWS_YET):
            assert len(done.stdout.splitlines()) > 1, (command, done.stdout)


@pytest.mark.parametrize("number", range(1, 11))
def test_dagster_shows_what_the_question_names(two_nights, number):
    for place in questions()[number - 1].dagster:
        key = dg.AssetKey(place.asset.split("/"))
        event = two_nights.instance.get_latest_materialization_event(key)
        assert event is not None and event.asset_materialization is not None, place.asset
        metadata = event.asset_materialization.metadata
        wanted = {name for name in place.figures if not ("reason" in metadata and name == "chart")}
        assert wanted <= set(metadata), (place.asset, sorted(metadata))
        found = {(str(e.asset_key.to_user_string()), e.check_name) for e in two_nights.checks}
        assert {(place.asset, check) for check in place.checks} <= found, place.asset


@pytest.mark.parametrize("number", range(1, 11))
def test_mlflow_has_the_governance_run_that_the_question_names(two_nights, values, number):
    """The runs of a trained model are looked at in `tests/pql/test_pql_tracking.py`: two nights are a cold start."""
    here = two_nights.workspace
    store = open_tracking(uri=here.mlflow_tracking_uri, state=here.state, workspace=here.name)
    with client_of(store) as client:
        for place in (p for p in questions()[number - 1].mlflow if p.subject == "governance"):
            experiment = client.get_experiment_by_name(store.experiment_name(place.subject))
            assert experiment is not None
            named = filled(place.run, values)
            runs = [r for r in client.search_runs([experiment.experiment_id]) if r.info.run_name == named]
            assert len(runs) == 1, named
            artifacts = {a.path for a in client.list_artifacts(runs[0].info.run_id)}
            assert set(place.artifacts) <= artifacts, (named, artifacts)
            assert set(place.tags) <= set(runs[0].data.tags), (named, sorted(runs[0].data.tags))
