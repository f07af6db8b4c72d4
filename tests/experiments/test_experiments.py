"""The registry refuses what could not be read out; units belong to the one arm they first saw."""

import datetime as dt
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.experiments import ExperimentPolicy
from plg_orchestration.experiments.queries import experiment_units


def entry(**changes: object) -> dict[str, Any]:
    return {
        "name": "checklist", "hypothesis": "A checklist helps", "arms": {"control": 50, "new": 50}, "control": "control",
        "metric": "activation_rate", "starts": "2025-06-01", "owner": "team:product", **changes,
    }  # fmt: skip


def test_none_is_registered_by_default_and_the_table_is_there_all_the_same() -> None:
    table = load_default("experiments", ExperimentPolicy).config_tables()["experiments"]
    assert table.num_rows == 0
    assert table.column_names == ["experiment", "unit", "arm", "split", "control", "starts", "ends"]


def test_a_bare_list_is_the_list_of_experiments_and_yields_a_row_per_arm() -> None:
    policy = ExperimentPolicy.model_validate([entry(ends="2025-06-30", unit="account")])
    rows = policy.config_tables()["experiments"].to_pylist()
    assert [(row["arm"], row["control"], row["split"], row["unit"]) for row in rows] == [
        ("control", True, 50.0, "account"),
        ("new", False, 50.0, "account"),
    ]
    assert (rows[0]["starts"], rows[0]["ends"]) == (dt.date(2025, 6, 1), dt.date(2025, 6, 30))


def test_an_experiment_runs_from_its_first_to_its_last_day() -> None:
    experiment = ExperimentPolicy.model_validate([entry(ends="2025-06-30")]).experiments[0]
    days = [dt.date(2025, 5, 31), dt.date(2025, 6, 1), dt.date(2025, 6, 30), dt.date(2025, 7, 1)]
    assert [experiment.running(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arms": {"control": 50, "new": 0}}, "give at least two arms a positive split"),
        ({"control": "old"}, "control 'old' is none of its arms control, new"),
        ({"ends": "2025-05-01"}, "ends 2025-05-01 before it starts 2025-06-01"),
        ({"hypothesis": " "}, "hypothesis"),
        ({"owner": ""}, "owner"),
        ({"stage": 30}, "stage"),
        ({"unit": "session"}, "unit"),
    ],
)
def test_what_could_not_be_read_out_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ExperimentPolicy.model_validate([entry(**changes)])


def test_a_name_stands_once() -> None:
    with pytest.raises(ValidationError, match="checklist is registered twice"):
        ExperimentPolicy.model_validate([entry(), entry()])


def test_experiment_units_take_the_first_exposure_and_leave_out_who_saw_several_arms() -> None:
    connection = duckdb.connect(":memory:")
    connection.execute("""
        set timezone = 'UTC';
        create schema config;
        create table config.experiments as select * from (values
            ('checklist', 'user', 'control', 50.0, true, date '2025-06-01', null),
            ('checklist', 'user', 'new', 50.0, false, date '2025-06-01', null),
            ('done', 'user', 'new', 50.0, false, date '2025-05-01', date '2025-06-01')
        ) as t (experiment, unit, arm, split, control, starts, ends);
        create schema ingest;
        create table ingest.exposures as select *, cast(exposed_at as date) as known_date from (values
            ('checklist', 'a', 'new', timestamp '2025-06-10 23:30'),
            ('checklist', 'a', 'new', timestamp '2025-06-12 10:00'),
            ('checklist', 'b', 'new', timestamp '2025-06-10 10:00'),
            ('checklist', 'b', 'control', timestamp '2025-06-11 10:00'),
            ('checklist', 'c', 'control', timestamp '2025-06-30 23:00'),
            ('checklist', 'd', 'other', timestamp '2025-06-10 10:00'),
            ('done', 'e', 'new', timestamp '2025-06-10 10:00'), ('unregistered', 'f', 'on', timestamp '2025-06-10 10:00')
        ) as t (experiment, unit_id, arm, exposed_at);
    """)
    berlin = AsOf(dt.date(2025, 6, 30), "Europe/Berlin")
    query = experiment_units(as_of=berlin)
    rows = connection.execute(query.text, query.bound()).fetchall()
    assert rows == [("checklist", "user", "a", "new", False, dt.datetime(2025, 6, 10, 23, 30), dt.date(2025, 6, 11))]
