"""The whole register on a warehouse: what is missing is said, what is there is judged, and failures remember their first day."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import METRICS, GovernancePolicy, derive_risks, evaluate_controls
from plg_orchestration.governance.tables import CONTROLS, RISKS
from plg_orchestration.warehouse import Table, Warehouse, tables_of

DAY = AsOf(dt.date(2025, 6, 30))
POLICY = load_default("governance", GovernancePolicy)


@dataclass
class Workspace:
    """A workspace that lacks what a test says it lacks."""

    lacks: dict[str, str] = field(default_factory=dict)
    governance: GovernancePolicy = POLICY

    def missing(self, need: str) -> str | None:
        return self.lacks.get(need)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path) as opened:
        yield opened


def by_id(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index("control_id")


def declared(name: str) -> Table:
    return next(table for table in tables_of(name.partition(".")[0]) if table.name == name)


def build_inputs(store: Warehouse) -> None:
    """Every table that a metric reads, empty."""
    names = {name for metric in METRICS for name in metric.tables if not name.startswith("config.")}
    for name in sorted(names | {"ingest.exposures", "ingest.users"}):
        store.ensure(declared(name))
    for name, rows in POLICY.config_tables().items():
        store.connection.register("incoming", rows)
        store.connection.execute(f"create table config.{name} as select * from incoming")
    store.connection.execute(
        "create table config.experiments (experiment varchar, unit varchar, arm varchar, split double, control boolean,"
        " starts date, ends date)"
    )


def add(store: Warehouse, name: str, **values: object) -> None:
    table = declared(name)
    store.insert(table, pd.DataFrame([values], columns=list(table.column_names)).astype(object))


def test_before_anything_is_built_every_control_says_what_it_lacks(store: Warehouse) -> None:
    frame = by_id(evaluate_controls(store, as_of=DAY, workspace=Workspace()))
    assert list(frame.index) == sorted(POLICY.controls)
    assert set(frame["status"]) == {"no_data"}
    assert frame.at["R1-C1", "evidence"] == "ingest.invites has not been built"
    assert frame["value"].isna().all()


def test_a_source_that_the_workspace_lacks_is_the_reason(store: Warehouse) -> None:
    build_inputs(store)
    reason = "needs source 'invites': add sources.invites to plg.yaml"
    frame = by_id(evaluate_controls(store, as_of=DAY, workspace=Workspace({"source:invites": reason})))
    assert (frame.at["R1-C1", "status"], frame.at["R1-C1", "evidence"]) == ("no_data", reason)


def test_empty_tables_pass_no_control_but_the_caps_that_nobody_exceeded(store: Warehouse) -> None:
    build_inputs(store)
    frame = by_id(evaluate_controls(store, as_of=DAY, workspace=Workspace()))
    assert list(frame.index[frame["status"] != "no_data"]) == ["R2-C2"]
    assert frame["evidence"].str.len().min() > 10


def test_figures_come_from_what_was_known_on_the_day(store: Warehouse) -> None:
    build_inputs(store)
    sent = dt.datetime(2025, 6, 20, 12)
    for name, known, opted in (("a", 20, sent), ("b", 20, None), ("b", 29, sent), ("c", 31, None)):
        at = dt.datetime(2025, 6, 1) + dt.timedelta(days=known - 1)
        add(store, "ingest.invites", invite_id=name, inviter_id="u", sent_at=sent, opt_in_at=opted, known_at=at,
            known_date=at.date(), file_id="f", line=1)  # fmt: skip
    add(store, "ingest.governance_records", record_id="g", kind="dpia", at=dt.datetime(2025, 6, 1),
        known_at=dt.datetime(2025, 6, 1), known_date=dt.date(2025, 6, 1), file_id="f", line=1)  # fmt: skip
    today = by_id(evaluate_controls(store, as_of=DAY, workspace=Workspace()))
    assert (today.at["R1-C1", "value"], today.at["R1-C1", "denominator"], today.at["R1-C1", "status"]) == (1.0, 2.0, "effective")
    assert today.at["R1-C4", "value"] == 29
    earlier = by_id(evaluate_controls(store, as_of=AsOf(dt.date(2025, 6, 25)), workspace=Workspace()))
    assert (earlier.at["R1-C1", "value"], earlier.at["R1-C1", "status"]) == (0.5, "failed")


def test_a_failure_keeps_its_first_day_over_nights_and_escalates(store: Warehouse) -> None:
    build_inputs(store)
    add(store, "ingest.vendors", vendor="mailer", certificate_expires=dt.date(2025, 6, 1), known_at=dt.datetime(2025, 5, 1),
        known_date=dt.date(2025, 5, 1), file_id="f", line=1)  # fmt: skip
    days = [dt.date(2025, 6, 20), dt.date(2025, 6, 27), dt.date(2025, 6, 30)]
    store.publish(CONTROLS, lambda day: evaluate_controls(store, as_of=AsOf(day), workspace=Workspace()), days)
    since = store.connection.execute(
        "select distinct failed_since from governance.controls where control_id = 'R5-C3'"
    ).fetchall()
    assert since == [(dt.date(2025, 6, 20),)]
    rows = store.connection.execute("select * from governance.controls where as_of = '2025-06-27'").df()
    store.publish(RISKS, lambda day: derive_risks(rows, POLICY, AsOf(day)), [dt.date(2025, 6, 27)])
    told = store.scalar("select status || ' ' || escalation from governance.risks where risk_id = 'R5'")
    assert told == "open executive"


def test_running_a_night_again_changes_nothing(store: Warehouse) -> None:
    build_inputs(store)
    first = evaluate_controls(store, as_of=DAY, workspace=Workspace())
    store.publish(CONTROLS, lambda _: first, [DAY.date])
    before = store.content_hash(CONTROLS)
    store.publish(CONTROLS, lambda day: evaluate_controls(store, as_of=AsOf(day), workspace=Workspace()), [DAY.date])
    assert store.content_hash(CONTROLS) == before
