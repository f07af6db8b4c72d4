"""A changed policy is previewed on the newest night: who moves is right by hand, and the warehouse keeps every byte."""

import dataclasses
import datetime as dt
import hashlib

import pandas as pd
import pytest
from typer.testing import CliRunner

from plg_orchestration.config import load_workspace, write_config_tables
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.errors import PlgError
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.routing import queries as routing_queries
from plg_orchestration.pql.scorers import queries as scorer_queries
from plg_orchestration.pql.scorers.preview import changed_policy, preview
from plg_orchestration.pql.scorers.scoring import absent_scorers, scores
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.warehouse import Warehouse, all_tables, table

DAY = dt.date(2025, 3, 31)
PLG = """\
workspace: w
start: 2025-01-01
sources:
  events: {path: "e/*.jsonl", format: segment}
pql:
  holdout: {share: 0.0}
"""
PEOPLE = {
    "lead70": {"limit_hits_28d": 1, "premium_attempts_28d": 1, "integration_connected": True, "segment": "smb"},
    "near50": {"limit_hits_28d": 1, "premium_attempts_28d": 1},
    "top110": {"limit_hits_28d": 1, "premium_attempts_28d": 1, "integration_connected": True, "payment_info_added": True},
    "cold": {},
}


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """A workspace whose night of hand-made users was decided by the points."""
    root = tmp_path_factory.mktemp("workspace")
    (root / "plg.yaml").write_text(PLG)
    workspace = load_workspace(root)
    as_of, policy = workspace.as_of(DAY), workspace.pql
    defaults = {f.name: False if f.type == "BOOLEAN" else None if f.type == "VARCHAR" else 0 for f in FEATURES}
    rows = [{**defaults, "as_of": DAY, "user_id": name, "account_id": None, **values} for name, values in PEOPLE.items()]
    row = dict.fromkeys(table("pql.champion").column_names)
    row |= {"as_of": DAY, "target": "conversion", "scorer": "rules", "version": formula_version("rules", policy)}
    row |= {"threshold": 65.0, "reason": "no model was trained", "verdict": "insufficient", "promoted": False}
    with Warehouse.open(workspace.state) as warehouse:
        write_config_tables(warehouse, workspace)
        for declared in all_tables():
            warehouse.ensure(declared)
        warehouse.insert(table("pql.features"), pd.DataFrame(rows, dtype=object))
        warehouse.insert(table("pql.champion"), pd.DataFrame([row], dtype=object))
        warehouse.insert(table("pql.rule_scores"), scorer_queries.rule_scores(as_of=as_of, policy=policy))
        warehouse.insert(table("pql.weighted_scores"), scorer_queries.weighted_scores(as_of=as_of, policy=policy))
        warehouse.insert(table("pql.scores"), scores(warehouse, as_of=as_of, policy=policy, state=workspace.state))
        warehouse.insert(table("pql.decisions"), routing_queries.decisions(as_of=as_of, policy=policy))
        absent = absent_scorers(warehouse, as_of=as_of)
    return workspace, absent


def laid_over(workspace, tmp_path, text):
    file = tmp_path / "new.yaml"
    file.write_text(text)
    return changed_policy(workspace.pql, file)


def bytes_of(workspace):
    return hashlib.sha256((workspace.state / "warehouse.duckdb").read_bytes()).hexdigest()


def test_without_a_model_the_absent_scorers_say_why(decided):
    _, absent = decided
    assert absent == dict.fromkeys(("model", "hybrid"), "no model routes (rules do): no model was trained")


def test_the_same_policy_changes_nobody(decided):
    workspace, _ = decided
    found = preview(workspace, workspace.pql)
    assert found.day == DAY and found.changes.empty and found.champions[0][:2] == ("conversion", "rules")
    assert (found.routes["decisions_before"] == found.routes["decisions_after"]).all()


def test_a_lower_threshold_and_a_wider_band_move_exactly_who_is_between(decided, tmp_path):
    workspace, _ = decided
    before = bytes_of(workspace)
    new = laid_over(
        workspace, tmp_path,
        """pql:
  rules: {threshold: 50}
  routing:
    points:
      bands:
        - {gte: 0, lt: 41, route: nurture, action: a}
        - {gte: 41, lt: 50, route: upgrade_campaign, action: b}
        - {gte: 50, lt: 100, route: inside_sales, action: c, sla_hours: 4}
        - {gte: 100, route: account_executive, action: d, sla_hours: 2}
""",
    )  # fmt: skip
    found = preview(workspace, new)
    assert found.changes["user_id"].tolist() == ["near50"]
    change = found.changes.iloc[0]
    assert (change["route_before"], change["route_after"]) == ("upgrade_campaign", "inside_sales")
    assert (change["qualified_before"], change["qualified_after"]) == (False, True)
    assert change["change"].startswith("upgrade_campaign -> inside_sales; becomes a lead")
    routes = found.routes.set_index("route")
    assert routes.loc["inside_sales", ["decisions_before", "decisions_after"]].tolist() == [1, 2]
    assert routes.loc["upgrade_campaign", ["decisions_before", "decisions_after"]].tolist() == [1, 0]
    assert bytes_of(workspace) == before


def test_who_is_decided_anew_or_no_longer_stands_in_the_list(decided, tmp_path):
    workspace, _ = decided
    gone = preview(workspace, laid_over(workspace, tmp_path, """routing:
  points:
    bands:
      - {gte: 0, lt: 65, route: nurture, action: a}
      - {gte: 65, lt: 100, route: inside_sales, action: c, sla_hours: 4}
      - {gte: 100, route: account_executive, action: d, sla_hours: 2}
"""))  # fmt: skip
    assert gone.changes[["user_id", "route_before", "route_after"]].to_numpy().tolist() == [
        ["near50", "upgrade_campaign", "no decision"]
    ]


def test_a_file_that_is_no_policy_is_refused_with_its_line(decided, tmp_path):
    workspace, _ = decided
    with pytest.raises(InvalidConfiguration, match=r"new\.yaml:2: pql.ruls: unknown key 'ruls'; did you mean 'rules'"):
        laid_over(workspace, tmp_path, "holdout: {share: 0.1}\nruls: {threshold: 50}\n")
    with pytest.raises(InvalidConfiguration, match=r"new\.yaml:1"):
        laid_over(workspace, tmp_path, "rules: {threshold: many}\n")


def test_a_night_that_was_not_decided_is_named(decided, tmp_path):
    workspace, _ = decided
    with pytest.raises(PlgError, match="2025-03-30 was not decided"):
        preview(workspace, workspace.pql, day=dt.date(2025, 3, 30))
    with pytest.raises(PlgError, match="there is no warehouse yet"):
        preview(dataclasses.replace(workspace, state=tmp_path / "nothing"), workspace.pql)


def test_the_command_prints_the_routes_and_writes_the_list(decided, tmp_path):
    from plg_orchestration.cli.app import app

    workspace, _ = decided
    file, listed = tmp_path / "new.yaml", tmp_path / "changes.csv"
    file.write_text("rules: {threshold: 50}\n")
    done = CliRunner().invoke(app, ["preview", str(file), "-w", str(workspace.root), "-o", str(listed)])
    assert done.exit_code == 1, done.output
    assert "1 decisions differ" in done.output and "near50: upgrade_campaign; becomes a lead" in done.output
    assert listed.read_text().splitlines()[0].startswith('"target","user_id","account_id","change"')
    silent = CliRunner().invoke(app, ["suggest", "-w", str(workspace.root)])
    assert silent.exit_code == 1 and "No points are suggested" in silent.output
