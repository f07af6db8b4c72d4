"""What people do from the command line and from Dagster: the same steps, the same refusals, in the log at once."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from plg_orchestration.cli.app import app
from plg_orchestration.config import load_workspace
from plg_orchestration.governance.actions.people import Redactor, same_person
from plg_orchestration.governance.audit_log.reading import records
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.warehouse import Warehouse
from tests.governance.test_actions_incidents import DAY, MONDAY, PLG_YAML, Company

BY = ("--by", "Ada")
WORDS = ("--requested-by", "Bo", "--rationale", "cheaper than the cure")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose newest night has a failed control."""
    (tmp_path / "plg.yaml").write_text(PLG_YAML.format(eyes="approve, accept-risk", zone="UTC"))
    monkeypatch.setenv("PLG_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("PLG_PSEUDONYM_KEY", "a secret of the tests, long enough")
    with company(tmp_path) as acme:
        acme.evaluated(MONDAY - DAY, R1_C1="failed")
        acme.evaluated(MONDAY, R1_C1="failed")
    return tmp_path


class company:  # noqa: N801
    """The company of the folder, while the block lasts."""

    def __init__(self, root: Path) -> None:
        self.root, here = root, load_workspace(root)
        self.opened, self.here = Warehouse.open(here.state), here

    def __enter__(self) -> Company:
        return Company(self.root, self.opened.__enter__(), self.here)

    def __exit__(self, *error: Any) -> None:
        self.opened.__exit__(*error)


@pytest.fixture
def plg(root: Path) -> Callable[..., Any]:
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.fixture
def job(root: Path) -> Iterator[Callable[..., dg.ExecuteInProcessResult]]:
    from jobs.actions import ACTIONS

    with dg.DagsterInstance.ephemeral() as instance:
        resources = {
            "warehouse": WarehouseResource(workspace_path=str(root / "plg.yaml")),
            "tracking": TrackingResource(workspace_path=str(root / "plg.yaml")),
        }

        def run(name: str, op: str, **config: str) -> dg.ExecuteInProcessResult:
            found = next(job for job in ACTIONS if job.name == name)
            used = resources if op == "approve_one_model" else {"warehouse": resources["warehouse"]}
            return found.execute_in_process(
                run_config={"ops": {op: {"config": config}}}, resources=used, instance=instance, raise_on_error=False
            )

        yield run


def logged(root: Path) -> list[tuple[str, dict[str, str]]]:
    """The kinds in the decision log and the pseudonyms of who acted."""
    return [(record.kind, record.staff) for record in records(load_workspace(root).state / "audit")]


def test_the_commands_record_show_and_log_at_once(root: Path, plg: Callable[..., Any]) -> None:
    done = plg("acknowledge", "R1-C1-2025-03-09", *BY, "--note", "the importer was down")
    assert done.exit_code == 0, done.output
    assert "Recorded as number 1 in acknowledgements.jsonl." in done.output and "goes on escalating" in done.output
    done = plg("accept-risk", "R4", *BY, *WORDS, "--until", "2025-04-30")
    assert done.exit_code == 0 and "R4 on 2025-03-10 is accepted: accepted until 2025-04-30 (acceptance 1)" in done.output
    done = plg("accept-risk", "R4", *BY, *WORDS, "--withdraw")
    assert done.exit_code == 0 and "R4 on 2025-03-10 is controlled" in done.output
    found = logged(root)
    assert [kind for kind, _ in found] == ["acknowledgement", "acceptance", "acceptance"]
    assert found[0][1]["person"] == found[1][1]["person"] != found[1][1]["requested_by"]
    assert all(name.startswith("p_") for _, staff in found for name in staff.values())
    assert not any(b"Ada" in file.read_bytes() for file in (root / "state/audit").glob("*.jsonl"))


def test_the_commands_refuse_in_a_line_and_wrong_usage_is_2(root: Path, plg: Callable[..., Any]) -> None:
    for words, said in (
        (("acknowledge", "R1-C1-2025-03-08", *BY, "--note", "looking into it"), "did you mean 'R1-C1-2025-03-09'"),
        (("acknowledge", "R1-C1-2025-03-09", *BY, "--note", "ok"), "at least 10 characters; nothing was recorded"),
        (("accept-risk", "R4", "--by", " bo", *WORDS, "--until", "2025-04-30"), "Bo asked for it and cannot accept-risk too"),
        (("accept-risk", "R4", *BY, "--rationale", "cheaper than it", "--until", "2025-04-30"), "--requested-by who asked"),
        (("accept-risk", "R4", *BY, *WORDS), "say either --until DATE or --withdraw"),
        (("accept-risk", "R4", *BY, *WORDS, "--until", "2025-04-30", "--withdraw"), "say either --until DATE or --withdraw"),
        (("evidence",), "say either --quarter QUARTER or --verify FILE"),
    ):
        done = plg(*words)
        assert done.exit_code == 2 and said in " ".join(done.output.replace("│", " ").split()), done.output
    assert not list(root.glob("*.jsonl"))


def test_the_same_can_be_done_from_dagster(root: Path, job: Callable[..., dg.ExecuteInProcessResult]) -> None:
    said = {"person": "Ada", "requested_by": "Bo"}
    asked = {"incident_id": "R1-C1-2025-03-09", "note": "the importer was down"}
    assert job("acknowledge_incident", "acknowledge_one_incident", **asked, **said).success
    wanted = {"risk_id": "R4", "rationale": "cheaper than the cure", "until": "2025-04-30"}
    assert job("accept_risk", "accept_one_risk", **wanted, **said).success
    assert [kind for kind, _ in logged(root)] == ["acknowledgement", "acceptance"]
    with company(root) as acme:
        assert acme.on(MONDAY)[0]["acknowledged_by"] == "Ada" and acme.risk(MONDAY, "R4")[0] == "accepted"


def test_a_proposed_likelihood_is_accepted_from_the_command_line_and_from_dagster(
    root: Path, plg: Callable[..., Any], job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    (root / "plg.yaml").write_text((root / "plg.yaml").read_text() + "  likelihood: {window_days: 12, minimum_days: 2}\n")
    from plg_orchestration.governance.register.likelihood import likelihood_proposals
    from plg_orchestration.warehouse import table

    with company(root) as acme:
        acme.evaluated(MONDAY - DAY)
        acme.evaluated(MONDAY)
        acme.warehouse.ensure(table("governance.likelihood_proposals"))
        for back in range(2, 12):
            acme.evaluated(MONDAY - back * DAY)
        made = likelihood_proposals(acme.warehouse, acme.here.governance, acme.here.as_of(MONDAY))
        acme.replace("governance.likelihood_proposals", made, MONDAY)
    words = ("--by", "Ada", "--rationale", "never seen in a window")
    done = plg("accept-likelihood", "R1", "medium", *words, "--requested-by", "Bo")
    assert done.exit_code == 2 and "medium is not proposed for R1" in done.output
    done = plg("accept-likelihood", "R1", "low", *words, "--requested-by", "Bo")
    assert done.exit_code == 0 and "Recorded as number 1 in likelihoods.jsonl." in done.output, done.output
    assert "R1 from 2025-03-10 on: likelihood low (the register says high)" in done.output
    asked = {"risk_id": "R1", "level": "high", "person": "Ada", "rationale": "the register was right", "requested_by": "Bo"}
    assert job("accept_likelihood", "accept_one_likelihood", **asked).success
    assert [kind for kind, _ in logged(root)] == ["likelihood", "likelihood"]


@pytest.mark.parametrize(
    ("name", "op", "config", "said"),
    [
        ("accept_risk", "accept_one_risk", {"risk_id": "R4", "rationale": "cheaper than the cure", "until": "soon",
                                            "person": "Ada", "requested_by": "Bo"}, "until: 'soon' is no date"),
        ("accept_risk", "accept_one_risk", {"risk_id": "R4", "rationale": "cheaper than the cure", "until": "2025-04-30",
                                            "person": "Ada", "requested_by": " ADA"}, "cannot accept-risk too"),
        ("override_decision", "override_one_decision", {"decision_id": "d", "action": "praise", "person": "Ada",
                                                        "rationale": "because"}, "write route, hold, suppress or release"),
        ("override_decision", "override_one_decision", {"decision_id": "d", "action": "hold", "person": "Ada",
                                                        "rationale": "because"}, "decision 'd' is not known"),
        ("approve_model", "approve_one_model", {"version": "v1", "reviewer": "Bo", "requested_by": "Ana", "rationale": "short"},
         "rationale: String should have at least 10 characters"),
        ("approve_model", "approve_one_model", {"version": "v1", "reviewer": "Bo", "requested_by": "Ana",
                                                "rationale": "nothing speaks against"}, "nobody is asked; set it to manual"),
    ],
)  # fmt: skip
def test_what_is_refused_from_dagster_says_why(
    root: Path, job: Callable[..., dg.ExecuteInProcessResult], name: str, op: str, config: dict[str, str], said: str
) -> None:
    done = job(name, op, **config)
    assert not done.success
    (failed,) = [event for event in done.all_events if event.event_type_value == "STEP_FAILURE"]
    error = failed.event_specific_data.error  # type: ignore[union-attr]
    assert said in (error.cause or error).message
    assert not list(root.glob("*.jsonl"))


def test_an_override_needs_a_second_person_where_policy_says_so(tmp_path: Path) -> None:
    from plg_orchestration.pql.routing.overrides import RefusedOverride
    from plg_orchestration.pql.routing.records import read_records
    from tests.pql.routing_nights import MONDAY as NIGHT
    from tests.pql.routing_nights import opened, policy
    from tests.pql.test_routing_overrides import LEADS

    with opened(tmp_path, policy()) as nights:
        nights.file = tmp_path / "overrides.jsonl"
        nights.night(NIGHT, LEADS)
        for asked in (None, " ADA"):
            with pytest.raises(RefusedOverride, match="four eyes"):
                _held(nights, asked)
        assert _held(nights, "Bo").requested_by == "Bo"
        assert [record.requested_by for record in read_records(nights.file).records] == ["Bo"]
        nights.file.write_text(nights.file.read_text().replace('"Bo"', '"Cy"'))
        assert "override_id does not fit the other fields" in read_records(nights.file).problems[0]


def _held(nights: Any, asked: str | None) -> Any:
    from plg_orchestration.pql.routing.overrides import Word, record_override
    from tests.pql.routing_nights import MONDAY as NIGHT

    decision = nights.read("pql.decisions", NIGHT)["decision_id"]["a"]
    word = Word(decision, "hold", "Ada", "on leave", requested_by=asked)
    return record_override(
        nights.warehouse, word, policy=nights.policy, file=nights.file, state=nights.file.parent,
        recorded_at=dt.datetime(2025, 3, 11, 9), timezone=nights.timezone, four_eyes=True,
    )  # fmt: skip


def test_names_are_compared_and_taken_out_whatever_way_they_are_written() -> None:
    assert same_person("Ada  Lovelace", " ada lovelace") and not same_person("Ada", "Ada L")
    known = {"staff:ada lovelace": "p_1", "staff:bo@corp.example": "p_2", "user-17": "p_3", "12345": "p_4", "staff:bo": "p_5"}
    names = Redactor(known.__getitem__, ("Ada Lovelace", "bo@corp.example"), frozenset({"user-17", "12345", "12"}))
    text = "ADA\tlovelace asked bo@corp.example about user-17, 12345 and 12 others (x@y.example), not adapters"
    assert names.text(text) == "p_1 asked p_2 about p_3, p_4 and 12 others ([address]), not adapters"
    assert (names.text(None), names.person(" "), names.person("Bo")) == (None, None, "p_5")


def test_the_evidence_of_a_quarter_is_scheduled_on_the_first_of_the_next() -> None:
    from assets.declare import DAILY
    from jobs.evidence import quarterly_audit
    from jobs.schedules import quarterly_audit_schedule

    assert quarterly_audit.name == "quarterly_audit" and quarterly_audit_schedule.cron_schedule == "0 8 1 1,4,7,10 *"
    last = dt.date.fromisoformat(str(DAILY.get_last_partition_key()))
    for first in (dt.date(2025, 7, 1), dt.date(last.year + 2, 1, 1)):
        with dg.build_schedule_context(scheduled_execution_time=dt.datetime.combine(first, dt.time(8))) as context:
            asked = quarterly_audit_schedule(context)
        day = first - DAY
        if not DAILY.has_partition_key(day.isoformat()):
            assert isinstance(asked, dg.SkipReason) and f"no day {day}" in str(asked.skip_message)
            continue
        assert isinstance(asked, dg.RunRequest) and asked.run_key == "2025Q2"
        assert asked.run_config == {"ops": {"make_evidence": {"config": {"quarter": "2025Q2"}}}}
