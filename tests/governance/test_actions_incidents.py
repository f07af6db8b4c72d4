"""Incidents: opened by a control that newly fails, answered by a person, closed by an effective control; and accepted risks."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plg_orchestration.config import Workspace, load_workspace
from plg_orchestration.failpoints import InjectedFault
from plg_orchestration.governance.actions.acceptance import Accepting, accept_risk
from plg_orchestration.governance.actions.incidents import Acknowledging, acknowledge, incidents
from plg_orchestration.governance.actions.records import (
    ACCEPTED,
    ACKNOWLEDGED,
    RefusedAction,
    acceptance_entry,
    acknowledgement_entry,
    enter,
)
from plg_orchestration.governance.risks import risks_on
from plg_orchestration.warehouse import Rows, Warehouse, table

MONDAY = dt.date(2025, 3, 10)
DAY = dt.timedelta(days=1)
PLG_YAML = """\
workspace: acme
start: 2025-03-01
timezone: {zone}
state: state
sources:
  events: {{path: "*.jsonl", format: segment}}
governance:
  actions: {{four_eyes: [{eyes}]}}
"""
KEPT = ("controls", "risks", "acknowledgements", "acceptances", "incidents")
AT = dt.datetime(2025, 3, 11, 8, 30)


class Company:
    """A workspace on disk and its warehouse, on which a test says what each control did on each day."""

    def __init__(self, root: Path, warehouse: Warehouse, here: Workspace) -> None:
        self.root, self.warehouse, self.here = root, warehouse, here
        for name, rows in here.governance.config_tables().items():
            warehouse.connection.register("configured", rows)
            warehouse.connection.execute(f"create or replace table config.{name} as select * from configured")
            warehouse.connection.unregister("configured")
        for name in KEPT:
            warehouse.ensure(table(f"governance.{name}"))

    def evaluated(self, day: dt.date, **statuses: str) -> None:
        """One day of controls; those that are not named are effective."""
        rows = [
            {"as_of": day, "control_id": name, "risk_id": c.risk, "question": c.question, "metric": c.metric, "threshold": ">= 1",
             "status": statuses.get(name.replace("-", "_"), "effective"), "evidence": f"{c.metric} of {day}", "value": 0.5,
             "severity": c.severity, "mandatory": c.mandatory, "owner": c.owner, "failed_since": None}
            for name, c in self.here.governance.controls.items() if statuses.get(name.replace("-", "_")) != "gone"
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=list(table("governance.controls").column_names)).astype(object)
        self.replace("governance.controls", frame, day)
        self.publish(day)

    def replace(self, name: str, rows: Rows, day: dt.date) -> None:
        """The day's rows of a table, without the files that a publication writes."""
        self.warehouse.connection.execute(f"delete from {name} where as_of = $day", {"day": day})
        self.warehouse.insert(table(name), rows)

    def publish(self, day: dt.date) -> None:
        as_of, rules = self.here.as_of(day), self.here.governance
        self.replace("governance.incidents", incidents(as_of=as_of, policy=rules.actions), day)
        self.replace("governance.risks", risks_on(self.warehouse, rules, as_of), day)

    def on(self, day: dt.date) -> list[dict[str, Any]]:
        """The incidents of a day."""
        frame = self.warehouse.connection.execute("select * from governance.incidents where as_of = $d order by 2", {"d": day})
        names = [column[0] for column in frame.description or []]
        return [dict(zip(names, row, strict=True)) for row in frame.fetchall()]

    def risk(self, day: dt.date, name: str) -> tuple[Any, ...]:
        text = "select status, reason, escalation, accepted_until from governance.risks where as_of = $d and risk_id = $r"
        return self.warehouse.connection.execute(text, {"d": day, "r": name}).fetchall()[0]

    def outbox(self) -> list[tuple[Any, ...]]:
        return self.warehouse.connection.execute(
            "select kind, key, staff, body from governance.audit_outbox order by number"
        ).fetchall()

    def acknowledge(self, incident: str, person: str = "Ada", note: str = "looking into it", **more: Any) -> Any:
        word = Acknowledging(incident, person, note, more.pop("requested_by", None))
        return acknowledge(self.warehouse, word, workspace=self.here, recorded_at=more.pop("at", AT))

    def accept(self, risk: str, until: dt.date | None, person: str = "Ada", asked: str | None = "Bo") -> Any:
        word = Accepting(risk, person, "cheaper than the cure", until, asked)
        return accept_risk(self.warehouse, word, workspace=self.here, recorded_at=AT)


Made = Callable[..., Company]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path_factory.mktemp("state"), settings={"threads": "1"}) as opened:
        yield opened


@pytest.fixture
def company(tmp_path_factory: pytest.TempPathFactory, warehouse: Warehouse) -> Made:
    """`company(eyes, zone)`: a workspace over a warehouse, of which nothing is left from other tests."""
    root = tmp_path_factory.getbasetemp() / "company"
    root.mkdir(exist_ok=True)
    for file in root.glob("*.jsonl"):
        file.unlink()
    for name in (*KEPT, "audit_outbox"):
        if warehouse.exists(f"governance.{name}"):
            warehouse.connection.execute(f"delete from governance.{name}")

    def made(eyes: str = "approve, accept-risk", zone: str = "UTC") -> Company:
        (root / "plg.yaml").write_text(PLG_YAML.format(eyes=eyes, zone=zone))
        return Company(root, warehouse, load_workspace(root))

    return made


def test_an_incident_opens_when_a_control_newly_fails_and_closes_when_it_is_effective_again(company: Made) -> None:
    acme = company()
    for after, status in enumerate(["effective", "failed", "failed", "degraded", "no_data", "effective", "failed"]):
        acme.evaluated(MONDAY + after * DAY, R2_C1=status)
    found = [[(i["incident_id"], i["status"], i["control_status"]) for i in acme.on(MONDAY + n * DAY)] for n in range(7)]
    first, second = "R2-C1-2025-03-11", "R2-C1-2025-03-16"
    assert found == [
        [], [(first, "open", "failed")], [(first, "open", "failed")], [(first, "open", "degraded")],
        [(first, "open", "no_data")], [(first, "closed", "effective")],
        [(first, "closed", "failed"), (second, "open", "failed")],
    ]  # fmt: skip
    row = acme.on(MONDAY + 5 * DAY)[0]
    assert (row["opened_on"], row["closed_on"], row["resolution"]) == (MONDAY + DAY, MONDAY + 5 * DAY, "effective")
    assert (row["opened_at"], row["evidence"]) == (dt.datetime(2025, 3, 12), "fake_account_ratio of 2025-03-11")
    assert (row["response"], row["escalation"]) == ("unanswered", None)


def test_a_control_that_leaves_the_register_closes_its_incident_and_says_why(company: Made) -> None:
    acme = company()
    acme.evaluated(MONDAY, R2_C1="failed")
    acme.evaluated(MONDAY + DAY, R2_C1="gone")
    row = acme.on(MONDAY + DAY)[0]
    assert (row["status"], row["closed_on"], row["resolution"]) == ("closed", MONDAY + DAY, "removed")


def test_the_response_clock_starts_at_the_end_of_the_local_day(company: Made) -> None:
    acme = company(zone="Europe/Berlin")
    acme.evaluated(MONDAY, R2_C1="failed")
    assert acme.on(MONDAY)[0]["opened_at"] == dt.datetime(2025, 3, 10, 23)


@pytest.mark.parametrize(
    ("control", "ages", "told"),
    [
        ("R1_C1", (0, 1, 2, 3), ["team:legal", "executive", "executive", "board"]),
        ("R5_C1", (0, 1, 6, 7), ["team:engineering", "security", "security", "board"]),
        ("R2_C2", (0, 2, 3, 30), ["team:product", "team:product", "executive", "executive"]),
    ],
)
def test_the_older_an_open_incident_the_further_up_it_goes(
    company: Made, control: str, ages: tuple[int, ...], told: list[str]
) -> None:
    acme = company()
    for age in ages:
        acme.evaluated(MONDAY + age * DAY, **{control: "failed"})
    assert [acme.on(MONDAY + age * DAY)[0]["escalation"] for age in ages] == told
    assert [acme.on(MONDAY + age * DAY)[0]["response"] for age in (0, ages[-1])] == ["waiting", "overdue"]


def test_a_control_without_steps_escalates_by_its_severity(company: Made) -> None:
    acme = company()
    register = acme.here.governance
    bare = register.controls["R1-C1"].model_copy(update={"escalate": (), "severity": "critical"})
    assert [(s.hours, s.to) for s in register.steps_of(bare)] == [(0, "executive"), (24, "board")]
    assert register.steps_of(bare.model_copy(update={"severity": "low"})) == ()


def test_an_acknowledgement_stops_the_clock_but_not_the_escalation_and_is_never_known_too_early(company: Made) -> None:
    acme = company()
    acme.evaluated(MONDAY - DAY, R1_C1="failed")
    acme.evaluated(MONDAY, R1_C1="failed")
    done = acme.acknowledge("R1-C1-2025-03-09", at=dt.datetime(2025, 3, 10, 12))
    row = acme.on(MONDAY)[0]
    assert (row["status"], row["acknowledged_by"], row["response"], row["response_hours"]) == (
        "acknowledged", "Ada", "in_time", 12.0)  # fmt: skip
    assert row["escalation"] == "executive" and row["acknowledgement"] == "looking into it"
    acme.publish(MONDAY - DAY)
    assert acme.on(MONDAY - DAY)[0]["status"] == "open"
    acme.evaluated(MONDAY + 2 * DAY, R1_C1="failed")
    assert (acme.on(MONDAY + 2 * DAY)[0]["status"], acme.on(MONDAY + 2 * DAY)[0]["escalation"]) == ("acknowledged", "board")
    assert acme.root.joinpath("acknowledgements.jsonl").read_text().count("\n") == 1
    ((kind, key, staff, body),) = acme.outbox()
    assert (kind, key, staff) == ("acknowledgement", done.acknowledgement_id, '{"person":"staff:ada"}')
    assert "looking" not in body and "Ada" not in body and '"incident_id":"R1-C1-2025-03-09"' in body


def test_an_acknowledgement_after_a_day_is_late(company: Made) -> None:
    acme = company()
    acme.evaluated(MONDAY, R1_C1="failed")
    acme.acknowledge("R1-C1-2025-03-10", at=dt.datetime(2025, 3, 12, 6))
    assert (acme.on(MONDAY)[0]["response"], acme.on(MONDAY)[0]["response_hours"]) == ("late", 30.0)


@pytest.mark.parametrize(
    ("incident", "said", "why"),
    [
        ("R1-C1-2025-03-11", {}, "did you mean 'R1-C1-2025-03-10'"),
        ("R2-C1-2025-03-09", {}, "was closed on 2025-03-10; there is nothing to acknowledge"),
        ("R1-C1-2025-03-10", {"note": "ok"}, "note: String should have at least 10 characters; nothing was recorded"),
        ("R1-C1-2025-03-10", {"person": "  "}, "person: String should have at least 1 character"),
    ],
)
def test_what_cannot_be_acknowledged_is_refused_and_nothing_is_recorded(
    company: Made, incident: str, said: dict[str, str], why: str
) -> None:
    acme = company()
    acme.evaluated(MONDAY - DAY, R2_C1="failed")
    acme.evaluated(MONDAY, R1_C1="failed")
    with pytest.raises(RefusedAction, match=why):
        acme.acknowledge(incident, **said)
    assert not acme.root.joinpath("acknowledgements.jsonl").exists() and acme.outbox() == []


def test_an_incident_is_acknowledged_once(company: Made) -> None:
    acme = company()
    acme.evaluated(MONDAY, R1_C1="failed")
    acme.acknowledge("R1-C1-2025-03-10")
    with pytest.raises(RefusedAction, match="was acknowledged by Ada already"):
        acme.acknowledge("R1-C1-2025-03-10", person="Bo")


@pytest.mark.parametrize("asked", [None, " ", " ADA ", "\uff21da", "ada"])
def test_four_eyes_see_through_case_spaces_and_width(company: Made, asked: str | None) -> None:
    acme = company("acknowledge")
    acme.evaluated(MONDAY, R1_C1="failed")
    with pytest.raises(RefusedAction, match="four eyes"):
        acme.acknowledge("R1-C1-2025-03-10", requested_by=asked)
    assert acme.acknowledge("R1-C1-2025-03-10", requested_by="Bo").requested_by == "Bo"


def test_an_accepted_risk_is_accepted_until_its_day_and_red_afterwards(company: Made) -> None:
    acme = company()
    acme.evaluated(MONDAY, R4_C1="failed")
    acme.accept("R4", MONDAY + 2 * DAY)
    assert acme.risk(MONDAY, "R4")[:2] == ("accepted", "accepted until 2025-03-12 (acceptance 1)")
    for after in (1, 2, 3):
        acme.evaluated(MONDAY + after * DAY)
    assert [acme.risk(MONDAY + n * DAY, "R4")[0] for n in (1, 2, 3)] == ["accepted", "accepted", "acceptance_expired"]
    assert acme.risk(MONDAY + 3 * DAY, "R4")[2:] == ("product", MONDAY + 2 * DAY)
    acme.accept("R4", MONDAY + 9 * DAY)
    assert acme.risk(MONDAY + 3 * DAY, "R4")[0] == "accepted"
    acme.accept("R4", None)
    assert acme.risk(MONDAY + 3 * DAY, "R4")[0] == "controlled"
    acme.publish(MONDAY - DAY)
    assert acme.risk(MONDAY - DAY, "R4")[0] == "unproven"
    assert [entry[0] for entry in acme.outbox()] == ["acceptance"] * 3


def test_a_longer_acceptance_counts_whether_it_stands_in_the_register_or_was_recorded(company: Made) -> None:
    acme = company()
    given = "{treatment: accept, acceptance: {by: cfo, rationale: small, until: 2025-03-11}}"
    file = acme.root / "plg.yaml"
    file.write_text(file.read_text().replace("governance:\n", f"governance:\n  risks: {{R4: {given}}}\n"))
    acme.here = load_workspace(acme.root)
    acme.evaluated(MONDAY)
    assert acme.risk(MONDAY, "R4")[1] == "accepted until 2025-03-11 (the acceptance in the register)"
    acme.accept("R4", MONDAY + 5 * DAY)
    assert acme.risk(MONDAY, "R4")[1] == "accepted until 2025-03-15 (acceptance 1)"


@pytest.mark.parametrize(
    ("risk", "until", "people", "why"),
    [
        ("R9", MONDAY + DAY, {}, "risk 'R9' is not in the register; known risks: R1, R2, R3, R4, R5"),
        ("R4", MONDAY, {}, "--until 2025-03-10 is not after the newest day 2025-03-10"),
        ("R4", MONDAY + 366 * DAY, {}, "for 365 days at most, until 2026-03-10"),
        ("R4", None, {}, "no recorded acceptance of R4 is there to be taken back"),
        ("R4", MONDAY + DAY, {"asked": "ada "}, "ada asked for it and cannot accept-risk too"),
        ("R4", MONDAY + DAY, {"asked": None}, "say with --requested-by who asked for it"),
    ],
)
def test_what_cannot_be_accepted_is_refused_and_nothing_is_recorded(
    company: Made, risk: str, until: dt.date | None, people: dict[str, Any], why: str
) -> None:
    acme = company()
    acme.evaluated(MONDAY)
    with pytest.raises(RefusedAction, match=why):
        acme.accept(risk, until, **people)
    assert not acme.root.joinpath("acceptances.jsonl").exists()


def test_a_changed_or_missing_line_is_told_and_nothing_more_is_recorded(company: Made) -> None:
    acme = company("")
    acme.evaluated(MONDAY, R1_C1="failed", R2_C1="failed")
    acme.acknowledge("R1-C1-2025-03-10")
    acme.accept("R4", MONDAY + DAY, asked=None)
    file = acme.root / "acceptances.jsonl"
    line = file.read_text()
    file.write_text(line.replace("2025-03-11", "2026-03-11", 1))
    with pytest.raises(RefusedAction, match="acceptance_id does not fit the other fields; the line was changed by hand"):
        acme.accept("R4", MONDAY + 2 * DAY, asked=None)
    file.write_text("")
    with pytest.raises(RefusedAction, match="the file lacks 1 recorded acceptances, the first is number 1"):
        acme.accept("R4", MONDAY + 2 * DAY, asked=None)
    file.write_text(line)
    assert acme.accept("R4", MONDAY + 2 * DAY, asked=None).number == 2


@pytest.mark.parametrize("point", ["checked", "recorded", "entered"])
def test_an_interrupted_word_is_recorded_once_or_not_at_all(company: Made, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    acme = company()
    acme.evaluated(MONDAY, R1_C1="failed")
    monkeypatch.setenv("PLG_FAILPOINT", f"acknowledgement.{point}")
    with pytest.raises(InjectedFault):
        acme.acknowledge("R1-C1-2025-03-10")
    monkeypatch.delenv("PLG_FAILPOINT")
    for _ in range(2):
        _, problems = enter(acme.warehouse, ACKNOWLEDGED, acme.root / "acknowledgements.jsonl", acknowledgement_entry)
        assert problems == ()
    acme.publish(MONDAY)
    there = point != "checked"
    assert acme.on(MONDAY)[0]["status"] == ("acknowledged" if there else "open") and len(acme.outbox()) == there


def test_a_new_warehouse_has_every_word_again(company: Made, tmp_path: Path) -> None:
    acme = company()
    acme.evaluated(MONDAY, R1_C1="failed")
    acme.acknowledge("R1-C1-2025-03-10")
    acme.accept("R4", MONDAY + DAY)
    names = ("governance.acknowledgements", "governance.acceptances")
    live = {name: acme.warehouse.content_hash(table(name)) for name in names}
    with Warehouse.open(tmp_path / "new") as new:
        enter(new, ACKNOWLEDGED, acme.root / "acknowledgements.jsonl", acknowledgement_entry)
        enter(new, ACCEPTED, acme.root / "acceptances.jsonl", acceptance_entry)
        assert {name: new.content_hash(table(name)) for name in names} == live
