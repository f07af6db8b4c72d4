"""A warehouse in memory on which a test makes its few rows by hand, each row written as the inside of a SQL row."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from plg_orchestration import STAGES
from plg_orchestration.clock import AsOf
from plg_orchestration.governance.controls import Measurement
from plg_orchestration.governance.policy import Limits
from plg_orchestration.governance.queries import limit_parameters
from plg_orchestration.governance.registry import metric
from plg_orchestration.warehouse import Warehouse, sql_file

COLUMNS = {
    "known_invites": (
        "inviter_id varchar, invitee_user_id varchar, sent_at timestamp, opt_in_at timestamp, double_opt_in_at timestamp"
    ),
    "known_accounts": "account_id varchar, region varchar, residency_region varchar",
    "known_governance_records": 'kind varchar, "at" timestamp, subject varchar, closed_at timestamp',
    "known_users": "user_id varchar, email_domain varchar, signup_at timestamp",
    "known_subscriptions": "account_id varchar, mrr decimal(18,2), started_at timestamp, ended_at timestamp, trial boolean",
    "known_exposures": "experiment varchar, unit_id varchar, arm varchar, exposed_at timestamp",
    "known_vulnerabilities": (
        "package varchar, severity varchar, found_at timestamp, fixed_at timestamp, scanned_at timestamp, target varchar"
    ),
    "registered_vendors": "vendor varchar, certificate_expires date, reviewed_on date",
    "known_scans": "tool varchar, target varchar, scanned_at timestamp, finished boolean, detail varchar",
    "config.retired_scan_targets": "target varchar",
    "known_uptime": "vendor varchar, day date, minutes_up bigint, minutes bigint",
    "experiment_units": (
        "experiment varchar, unit varchar, unit_id varchar, arm varchar, control boolean, exposed_at timestamp, exposed_on date"
    ),
    "governance.abuse_screening": (
        "as_of date, rule varchar, suspects bigint, also_by_model bigint, model_only bigint, signups bigint, assessed bigint,"
        " note varchar"
    ),
    "governance.leakage": (
        "as_of date, part varchar, amount double, ci_low double, ci_high double, months integer, currency varchar,"
        " formula varchar"
    ),
    "cohorts.onboarding": (
        "as_of date, unit varchar, cohort_week date, step integer, name varchar, signups bigint, mature_signups bigint,"
        " completed_through bigint"
    ),
    "config.experiments": "experiment varchar, unit varchar, arm varchar, split double, control boolean, starts date, ends date",
    "config.event_roles": "event varchar, role varchar, step integer, item varchar",
    "behavior.user_days": (
        "received_date date, event_date date, user_id varchar, account_id varchar, qualifying_events bigint, invites_sent bigint"
    ),
    "ingest.events": "received_date date, kind varchar, event varchar, user_id varchar, properties varchar, event_at timestamp",
    "pql.decisions": (
        "decision_id varchar, as_of date, user_id varchar, target varchar, scorer varchar, version varchar, score double,"
        " threshold double, qualified boolean, route varchar, holdout boolean, suppressed_reason varchar, top_reasons varchar"
    ),
    "pql.champion": "as_of date, target varchar, scorer varchar, version varchar",
    "pql.bias_audit": (
        "as_of date, target varchar, scorer varchar, version varchar, attribute varchar, grp varchar, status varchar,"
        " metric varchar, difference double, verdict varchar"
    ),
    "governance.controls": (
        "as_of date, control_id varchar, failed_since date, mandatory boolean default true, status varchar default 'effective'"
    ),
    "governance.incidents": (
        "as_of date, incident_id varchar, response varchar, response_hours double, opened_on date, closed_on date,"
        " age_hours bigint"
    ),
    "pql.live_bias": (
        "as_of date, target varchar, period varchar, stage varchar, first_on date, last_on date, attribute varchar, grp varchar,"
        " status varchar, metric varchar, difference double, verdict varchar"
    ),
    "pql.overrides": "number bigint, decision_id varchar, as_of date, action varchar",
    "pql.candidate": (
        "as_of date, target varchar, scorer varchar, version varchar, fpr double, test_rows bigint, test_positives bigint"
    ),
    "pql.live_performance": (
        "as_of date, period varchar, period_start date, version varchar, metric varchar, kind varchar, value double, rows bigint,"
        " hits bigint, reason varchar"
    ),
    "pql.sla_adherence": (
        "as_of date, route varchar, period varchar, period_start date, due bigint, in_time bigint, adherence double"
    ),
    "ingest.coverage": "as_of date, event varchar, expected boolean, seen boolean",
    "kpis.alert_checks": (
        "as_of date, rule varchar, kpi varchar, kind varchar, segment varchar, verdict varchar, value double, threshold double,"
        " evidence varchar"
    ),
    "cohorts.play_queue": "as_of date, channel varchar",
    "experiments.registry": "as_of date, experiment varchar, starts date, ends date",
    "reports.drift_review": "as_of date, path varchar",
    "governance.privacy": "as_of date, request_id varchar, due_on date, status varchar",
    "known_objections": ('user_id varchar, account_id varchar, "at" timestamp, withdrawn_at timestamp, known_at timestamp'),
    "pql.routes": "as_of date, route varchar, decision_id varchar, user_id varchar, account_id varchar",
    "pql.deliveries": ("as_of date, route varchar, decision_id varchar, user_id varchar, state varchar, settled_as_of date"),
}


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'")
    for schema in (*STAGES, "config"):
        connection.execute(f"create schema {schema}")
    yield Warehouse(connection, Path())
    connection.close()


@pytest.fixture
def day() -> AsOf:
    return AsOf(dt.date(2025, 6, 30))


@pytest.fixture
def make(warehouse: Warehouse) -> Callable[..., None]:
    """`make(name, row, ...)` creates the table with the rows: `make("known_exposures", "'trial', 'u1', 'new', '2025-06-01'")`."""

    def made(name: str, *rows: str) -> None:
        warehouse.connection.execute(f"create or replace table {name} ({COLUMNS[name]})")
        if rows:
            warehouse.connection.execute(f"insert into {name} values {', '.join(f'({row})' for row in rows)}")

    return made


@pytest.fixture
def figures(warehouse: Warehouse, day: AsOf) -> Callable[..., Measurement]:
    """`figures(metric)`: what the metric's SQL file finds on the tables that the test made, under the default limits."""

    def found(name: str, **limits: object) -> Measurement:
        entry = metric(name)
        parameters = {**day.parameters(), **limit_parameters(Limits.model_validate(limits), day), **entry.constants}
        row = warehouse.arrow(sql_file(entry.path, **parameters)).to_pylist()[0]
        return Measurement(row["value"], row["detail"], row["numerator"], row["denominator"], row.get("judged", row["value"]))

    return found
