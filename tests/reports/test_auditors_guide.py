"""The ten questions: every way to an answer exists, the documentation is what they say, and MLflow's guide leads there."""

import datetime as dt
import hashlib
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from plg_orchestration.reports.auditors.guide import recent_candidates, write_guide
from plg_orchestration.reports.auditors.pages import DOCUMENTED, auditors_markdown, filled
from plg_orchestration.reports.auditors.questions import questions
from plg_orchestration.tracking import log_guide, log_page, open_tracking
from plg_orchestration.tracking.store import client_of
from plg_orchestration.warehouse import all_tables

QUERY = 'plg query "'


@pytest.fixture(scope="module")
def declared():
    """Every declared table, empty."""
    with duckdb.connect(":memory:") as connection:
        for table in all_tables():
            connection.execute(f"create schema if not exists {table.schema}")
            listed = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
            connection.execute(f"create table {table.name} ({listed})")
        yield connection


def statements():
    """Every SELECT of every question."""
    commands = [filled(command, DOCUMENTED) for question in questions() for command in question.commands]
    return [command.removeprefix(QUERY).removesuffix('"') for command in commands if command.startswith(QUERY)]


def test_there_are_ten_questions_each_with_a_command_and_a_page():
    assert len(questions()) == 10
    assert all(question.mlflow or question.dagster for question in questions())


def test_the_documentation_is_what_the_questions_say():
    page = Path(__file__).parents[2] / "docs" / "auditors.md"
    assert page.read_text(encoding="utf-8") == auditors_markdown(), "run python -m plg_orchestration.reports.auditors.pages"


@pytest.mark.parametrize("statement", statements())
def test_every_query_reads_declared_tables_and_columns(declared, statement):
    declared.execute(statement)
    assert [t.sql() for t in sqlglot.parse_one(statement, dialect="duckdb").find_all(exp.Table)]


def test_every_command_exists():
    from typer.main import get_command

    from plg_orchestration.cli.app import app

    words = {command.split()[1] for question in questions() for command in question.commands}
    assert words <= set(get_command(app).commands)


def test_every_asset_and_check_that_is_named_exists(definitions):
    graph = (
        definitions.defs.resolve_asset_graph() if hasattr(definitions, "defs") else definitions.build_defs().resolve_asset_graph()
    )
    assets = {"/".join(key.path) for key in graph.get_all_asset_keys()}
    checks = {("/".join(key.asset_key.path), key.name) for key in graph.asset_check_keys}
    for place in (place for question in questions() for place in question.dagster):
        assert place.asset in assets, place
        assert {(place.asset, check) for check in place.checks} <= checks, place


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    state = tmp_path_factory.mktemp("mlflow")
    return open_tracking(uri=f"sqlite:///{state / 'mlflow.db'}", state=state, workspace="acme")


def test_the_guide_is_one_run_that_is_updated_and_never_goes_back(store, tmp_path):
    first = log_guide(store, as_of=dt.date(2025, 3, 2), target="conversion", files={"start_here.html": b"second"})
    assert log_guide(store, as_of=dt.date(2025, 3, 1), target="conversion", files={"start_here.html": b"first"}) == first
    with client_of(store) as client:
        run = client.get_run(first.run_id)
        kept = Path(client.download_artifacts(first.run_id, "start_here.html", str(tmp_path))).read_bytes()
        described = client.get_experiment(first.experiment_id).tags["mlflow.note.content"]
    assert (run.info.run_name, run.data.tags["plg.as_of"], kept) == ("Start here", "2025-03-02", b"second")
    assert f"[Start here](#/experiments/{first.experiment_id}/runs/{first.run_id})" in described
    assert log_guide(store, as_of=dt.date(2025, 3, 3), target="conversion", files={"start_here.html": b"third"}) == first


def test_a_page_is_put_into_the_nights_run_once(store, tmp_path):
    page = tmp_path / "tactical.html"
    page.write_text("<p>first</p>")
    logged = log_page(store, as_of=dt.date(2025, 8, 31), page=page)
    other = tmp_path / "executive.html"
    other.write_text("<p>other</p>")
    assert log_page(store, as_of=dt.date(2025, 8, 31), page=other) == logged
    assert log_page(store, as_of=dt.date(2025, 8, 31), page=page) == logged
    with client_of(store) as client:
        assert sorted(artifact.path for artifact in client.list_artifacts(logged.run_id, "reports")) == [
            "reports/executive.html", "reports/tactical.html",
        ]  # fmt: skip
        kept = Path(client.download_artifacts(logged.run_id, "reports/tactical.html", str(tmp_path)))
        assert kept.read_text() == "<p>first</p>"
        tags = client.get_run(logged.run_id).data.tags
    assert tags["plg.report.tactical"] == hashlib.sha256(b"<p>first</p>").hexdigest()


def test_the_page_lists_trainings_newest_first_and_names_no_decision(grown_candidates, tmp_path):
    warehouse, as_of = grown_candidates

    class Here:
        name, state = "acme", tmp_path

    rows, files = write_guide(warehouse, as_of=as_of, workspace=Here(), model="acme-pql-conversion")
    page = files["start_here.html"].decode()
    assert rows.iloc[0]["trainings"] == 2
    assert page.index("2025-03-31-b") < page.index("2025-03-30-a")
    assert "0.812 (0.750 to 0.870)" in page and "http://" not in page and "https://" not in page
    found = warehouse.rows(recent_candidates(as_of=as_of, target="conversion"))
    assert [row[3] for row in found] == ["2025-03-31-b", "points-1", "2025-03-30-a"]


@pytest.fixture
def grown_candidates(tmp_path):
    """Two nights' candidates: the newer one rejected, beside the points."""
    import pandas as pd

    from plg_orchestration.clock import AsOf
    from plg_orchestration.warehouse import Warehouse, table

    candidate, champion = table("pql.candidate"), table("pql.champion")
    as_of = AsOf(dt.date(2025, 3, 31), "UTC")

    def row(names, **values):
        return {name: values.get(name) for name in names}

    with Warehouse.open(tmp_path / "state") as warehouse:
        for made, day in (("a", 30), ("b", 31)):
            common = {"as_of": dt.date(2025, 3, day), "target": "conversion", "status": "trained"}
            figures = {"auc": 0.812, "auc_low": 0.75, "auc_high": 0.87, "reason": ""}
            listed = [row(candidate.column_names, **common, **figures, scorer="model", version=f"2025-03-{day}-{made}")]
            if made == "b":
                listed.append(row(candidate.column_names, **common, **figures, scorer="rules", version="points-1"))
            rows = pd.DataFrame(listed, dtype=object)
            warehouse.publish(candidate, lambda _, rows=rows: rows, [dt.date(2025, 3, day)])
        judged = row(
            champion.column_names, as_of=as_of.date, target="conversion", scorer="rules", version="points-1", outcome="rejected"
        )
        warehouse.publish(champion, lambda _: pd.DataFrame([judged], dtype=object), [as_of.date])
        yield warehouse, as_of
