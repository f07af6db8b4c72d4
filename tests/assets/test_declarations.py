"""Every table is an asset that a stranger can read: described, owned, grouped, typed and checked."""

import dagster as dg
import pytest

from plg_orchestration.warehouse import all_tables

PROMISED = {
    "ingest": "events quarantine files users accounts subscriptions invites tickets surveys spend crm_outcomes exposures",
    "behavior": "user_days milestones",
    "cohorts": "signup_cohorts retention",
    "revenue": "mrr_daily mrr_movements",
    "pql": "features rule_scores weighted_scores candidate bias_audit champion scores decisions routes",
    "kpis": "snapshot benchmarks restatements standings trends reviews",
    "governance": "controls risks",
    "reports": "executive kpi_csv risk_report",
}


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.defs.resolve_asset_graph()


def test_the_promised_assets_are_there(graph):
    promised = {dg.AssetKey([stage, name]) for stage, names in PROMISED.items() for name in names.split()}
    assert promised <= set(graph.materializable_asset_keys)


def test_every_declared_table_is_an_asset_and_every_asset_a_table(graph):
    declared = {dg.AssetKey(table.name.split(".")) for table in all_tables()}
    assert declared == set(graph.materializable_asset_keys)


def test_every_asset_is_described_owned_grouped_typed_and_checked(graph):
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.description and len(node.description) > 30, key
        assert node.owners, key
        assert node.group_name == key.path[0]
        assert node.kinds, key
        assert node.metadata["dagster/column_schema"].columns, key
        assert all(column.description for column in node.metadata["dagster/column_schema"].columns), key
        assert graph.get_check_keys_for_assets({key}), key
        assert node.partitions_def is not None, key


def test_the_jobs_schedules_and_sensors_are_there(definitions):
    defs = definitions.defs
    scheduled = {"nightly", "kpi_snapshot", "governance_checks", "monthly_drift_review", "quarterly_audit"}
    scheduled |= {"weekly_review", "monthly_kpi_review", "quarterly_kpi_review", "risk_committee", "privacy_assessment"}
    by_hand = {"retrain", "rollback_champion", "erase_person", "explain_decision", "acknowledge_incident", "accept_risk"}
    assert scheduled | by_hand <= {job.name for job in defs.resolve_all_job_defs()}
    repository = defs.get_repository_def()
    assert {schedule.job_name for schedule in repository.schedule_defs} == scheduled
    assert {sensor.name for sensor in repository.sensor_defs} == {"note_run_failure", "janitor"}


def test_retraining_needs_nothing_but_its_own_part(definitions):
    job = definitions.defs.resolve_job_def("retrain")
    selected = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert {"pql/candidate", "pql/bias_audit", "pql/champion", "reports/model_card"} <= selected
    assert all(name.startswith("pql/") for name in selected - {"reports/model_card"})
