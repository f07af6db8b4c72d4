"""A night's alerts from the warehouse (`alert_series.sql`, `fake_accounts.sql`, `said.sql`), and what people answer to them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from plg_orchestration.cli.app import app
from plg_orchestration.config import load_workspace, write_config_tables
from plg_orchestration.governance.actions.incidents import Acknowledging
from plg_orchestration.governance.actions.records import ACKNOWLEDGED, Acknowledgement, RefusedAction, made
from plg_orchestration.kpis.alerts.actions import acknowledge
from plg_orchestration.kpis.alerts.evidence import alerts_markdown, pictures_of
from plg_orchestration.kpis.alerts.nightly import NightsAlerts, known_series, nights_alerts
from plg_orchestration.kpis.alerts.tables import ALERT_CHECKS, ALERTS
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Warehouse, table

PLG = """\
workspace: acme
start: 2025-01-01
state: state
sources:
  events: {path: "*.jsonl", format: segment}
governance: {actions: {four_eyes: []}}
"""
MONDAY = dt.date(2025, 6, 23)
NIGHT = dt.date(2025, 7, 7)
AT = dt.datetime(2025, 7, 8, 9)
DAY = dt.timedelta(days=1)
LOW = "activation_below_target-smb-2025-07-07"


class Office:
    """A workspace whose activation of small companies is stored by hand."""

    def __init__(self, root: Path, warehouse: Warehouse) -> None:
        self.root, self.warehouse, self.here = root, warehouse, load_workspace(root)
        write_config_tables(warehouse, self.here)
        for name in ("kpis.snapshot", "kpis.history", "governance.controls", "governance.suspects"):
            warehouse.ensure(table(name))

    def put(self, name: str, **values: object) -> None:
        marks, named = ", ".join("?" for _ in values), ", ".join(values)
        self.warehouse.connection.execute(f"insert into {name} ({named}) values ({marks})", list(values.values()))

    def history(self, night: dt.date, *pairs: tuple[int, int], mature: float = 1.0, name: str = "kpis.history") -> None:
        """The weeks up to that of MONDAY, as known on the night."""
        for number, (hits, total) in enumerate(pairs):
            week = MONDAY - (len(pairs) - 1 - number) * 7 * DAY
            more = {"dimension": "", "dimension_value": ""} if name == "kpis.snapshot" else {}
            self.put(
                name, as_of=night, kpi="activation_rate", period="week", period_start=week, segment="smb",
                value=100 * hits / total, numerator=hits, denominator=total, n=total, unit="percent",
                mature_share=mature if week == MONDAY else 1.0, definition_hash="h", **more,
            )  # fmt: skip

    def built(self, night: dt.date) -> list[dict[str, Any]]:
        made: NightsAlerts = nights_alerts(self.warehouse, as_of=self.here.as_of(night), policy=self.here.kpis.alerts)
        self.warehouse.publish(ALERTS, lambda _: made.alerts, [night])
        self.warehouse.publish(ALERT_CHECKS, lambda _: made.checks, [night])
        return made.alerts.to_pylist()

    def states(self, night: dt.date) -> dict[str, str]:
        text = "select alert_id, state from kpis.alerts where as_of = $night order by 1"
        return {str(name): str(state) for name, state in self.warehouse.rows(Query("states", text, {"night": night}))}

    def verdicts(self) -> dict[tuple[str, str], tuple[str, str | None]]:
        rows = self.warehouse.rows(Query("verdicts", "select rule, segment, verdict, reason from kpis.alert_checks"))
        return {(str(rule), str(segment)): (str(verdict), reason) for rule, segment, verdict, reason in rows}  # type: ignore[misc]

    def says(self, alert: str, until: dt.date | None = None) -> Acknowledgement:
        word = Acknowledging(alert, "Ada", "a broken form, being fixed")
        return acknowledge(self.warehouse, word, workspace=self.here, recorded_at=AT, until=until)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plg.yaml").write_text(PLG)
    monkeypatch.setenv("PLG_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("PLG_PSEUDONYM_KEY", "a secret of the tests, long enough")
    return tmp_path


@pytest.fixture
def office(root: Path) -> Iterator[Office]:
    """The night on which a collapse is known: 2 of 64 after 30 of 64 each week."""
    with Warehouse.open(load_workspace(root).state) as warehouse:
        made = Office(root, warehouse)
        made.history(NIGHT, *((30, 64),) * 7, (2, 64))
        yield made


# -- nights -----------------------------------------------------------------------------------------------------------


def test_a_first_night_has_its_alerts_and_a_verdict_of_every_rule(office: Office) -> None:
    rows = office.built(NIGHT)
    assert {row["rule"]: row["state"] for row in rows} == dict.fromkeys(
        ("activation_below_target", "activation_falls", "unusual_activation"), "open"
    )
    assert rows[0]["alert_id"] == LOW and rows[0]["threshold"] == 25
    verdicts = office.verdicts()
    assert len(verdicts) == sum(len(rule.segments) for rule in office.here.kpis.alerts.live.values())
    assert verdicts["fake_accounts", "all"] == ("not_judged", "no data: nothing is known of any period")
    assert verdicts["activation_below_target", "enterprise"][0] == "not_judged"


def test_a_published_value_counts_and_an_immature_one_gives_way_to_what_is_known_now(office: Office) -> None:
    office.history(NIGHT - DAY, (1, 50), name="kpis.snapshot")
    line = known_series(office.warehouse, as_of=office.here.as_of(NIGHT))["activation_rate", "week", "smb"]
    assert (line.points[-1].numerator, len(line.points)) == (1, 8)
    office.warehouse.connection.execute("update kpis.snapshot set mature_share = 0.4")
    line = known_series(office.warehouse, as_of=office.here.as_of(NIGHT))["activation_rate", "week", "smb"]
    assert (line.points[-1].numerator, line.points[-1].mature_share) == (2, 1)


def test_nothing_that_became_known_later_is_read(office: Office) -> None:
    office.built(NIGHT)
    hash_before = office.warehouse.content_hash(ALERTS)
    office.history(NIGHT + DAY, *((30, 64),) * 8)
    office.history(NIGHT + DAY, (30, 64), name="kpis.snapshot")
    office.built(NIGHT)
    assert office.warehouse.content_hash(ALERTS) == hash_before


def test_fake_accounts_are_judged_from_the_night_s_control(office: Office) -> None:
    for night, fakes in ((NIGHT - DAY, 20), (NIGHT, 90)):
        office.put(
            "governance.controls", as_of=night, control_id="R9-C1", metric="fake_account_ratio", value=fakes / 1000,
            numerator=fakes, denominator=1000, evidence="so many",
        )  # fmt: skip
    (row,) = [row for row in office.built(NIGHT) if row["rule"] == "fake_accounts"]
    assert (row["state"], row["value"], row["n"]) == ("open", 9.0, 1000)
    assert row["evidence"].startswith("fake account ratio is 9.0 % (90 of 1,000) in 2025-07-07, above 2.0 %")


def test_the_page_shows_a_table_and_a_picture_of_each_series(office: Office) -> None:
    made = nights_alerts(office.warehouse, as_of=office.here.as_of(NIGHT), policy=office.here.kpis.alerts)
    rows = made.alerts.to_pylist()
    assert alerts_markdown(rows).count("\n") == len(rows) + 1
    (picture,) = pictures_of(rows, made.series)
    assert (picture.value, len(picture.series), picture.severity) == (3.125, 8, "high")
    from plg_orchestration.charts.alerts import alert_evidence
    from plg_orchestration.charts.render import to_svg

    assert "Activation rate of smb, by week" in to_svg(alert_evidence([picture]), label="evidence")


# -- people -----------------------------------------------------------------------------------------------------------


def test_an_acknowledgement_shows_on_the_newest_night_and_changes_no_earlier_one(office: Office) -> None:
    office.built(NIGHT)
    office.history(NIGHT + DAY, *((30, 64),) * 7, (2, 64))
    office.built(NIGHT + DAY)
    done = office.says(LOW)
    assert (done.as_of, done.incident_id) == (NIGHT + DAY, LOW)
    assert (office.states(NIGHT)[LOW], office.states(NIGHT + DAY)[LOW]) == ("open", "acknowledged")
    office.built(NIGHT)
    office.built(NIGHT + DAY)
    assert (office.states(NIGHT)[LOW], office.states(NIGHT + DAY)[LOW]) == ("open", "acknowledged")


def test_what_cannot_be_said_is_refused_and_not_recorded(office: Office) -> None:
    office.built(NIGHT)
    with pytest.raises(RefusedAction, match="is not after the newest day 2025-07-07"):
        office.says(LOW, until=NIGHT)
    with pytest.raises(RefusedAction, match="alert 'activation_below_target-smb' is not known; did you mean"):
        office.says("activation_below_target-smb", until=NIGHT + DAY)
    with pytest.raises(RefusedAction, match="incident 'nothing' is not known"):
        office.says("nothing")
    assert not (office.root / "acknowledgements.jsonl").exists()
    office.says(LOW)
    with pytest.raises(RefusedAction, match="was acknowledged by Ada on 2025-07-07"):
        office.says(LOW)
    office.says(LOW, until=NIGHT + 3 * DAY)
    assert office.states(NIGHT)[LOW] == "snoozed"


def test_a_line_that_was_written_before_alerts_could_be_snoozed_keeps_its_identity(tmp_path: Path) -> None:
    values = {
        "number": 1, "incident_id": "R1-C1-2025-03-10", "as_of": NIGHT, "person": "Ada", "requested_by": None,
        "recorded_at": AT, "note": "restarted by hand",
    }  # fmt: skip
    now = made(Acknowledgement, "acknowledgement_id", {**values, "until": None})
    old = now.model_dump(mode="json")
    del old["until"]
    (tmp_path / "said.jsonl").write_text(__import__("json").dumps(old) + "\n")
    lines = ACKNOWLEDGED.read(tmp_path / "said.jsonl")
    assert lines.problems == () and lines.records == (now,)
    snoozed = made(Acknowledgement, "acknowledgement_id", {**values, "until": NIGHT + DAY})
    assert snoozed.acknowledgement_id != now.acknowledgement_id


def test_the_command_and_the_job_answer_alerts(root: Path) -> None:
    from jobs.actions import acknowledge_incident

    with Warehouse.open(load_workspace(root).state) as warehouse:
        office = Office(root, warehouse)
        office.history(NIGHT, *((30, 64),) * 7, (2, 64))
        office.built(NIGHT)
    words = ["acknowledge", LOW, "--by", "Ada", "--note", "wait for the release", "--until", "2025-07-09"]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    assert f"{LOW} is snoozed: snoozed by Ada until 2025-07-09" in " ".join(told.output.split())
    config = {"incident_id": LOW, "person": "Ada", "note": "the release is out"}
    with dg.DagsterInstance.ephemeral() as instance:
        done = acknowledge_incident.execute_in_process(
            run_config={"ops": {"acknowledge_one_incident": {"config": config}}}, instance=instance,
            resources={"warehouse": WarehouseResource(workspace_path=str(root / "plg.yaml"))},
        )  # fmt: skip
    assert done.success
    with Warehouse.open(load_workspace(root).state) as warehouse:
        said = warehouse.rows(Query("said", "select state, state_reason from kpis.alerts where rule = 'activation_below_target'"))
        assert said == [("acknowledged", "acknowledged by Ada on 2025-07-07: the release is out")]
        kinds = Query("kinds", "select kind, count(*) from governance.audit_log group by 1 order by 1")
        assert ("acknowledgement", 2) in warehouse.rows(kinds)
