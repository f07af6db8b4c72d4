"""What observed breaches say of a likelihood: enough days or not, the interval, the proposal, and a person who accepts it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration.config import Workspace, load_workspace
from plg_orchestration.failpoints import InjectedFault
from plg_orchestration.governance.actions.likelihood import AcceptingLikelihood, accept_likelihood
from plg_orchestration.governance.actions.records import LEVELLED, RefusedAction, enter, likelihood_entry
from plg_orchestration.governance.register.likelihood import Observed, breached_share, likelihood_proposals, propose
from plg_orchestration.governance.register.policy import LikelihoodPolicy
from plg_orchestration.warehouse import Warehouse, table
from tests.governance.test_actions_incidents import AT, DAY, MONDAY, PLG_YAML, Company

POLICY = LikelihoodPolicy()


def days(pattern: str) -> tuple[bool, ...]:
    return tuple(mark == "x" for mark in pattern)


def test_days_that_come_and_go_count_as_independent_and_lasting_failures_do_not() -> None:
    restless, lasting = breached_share(days(".x" * 20)), breached_share(days("." * 20 + "x" * 20))
    assert (restless.value, restless.independent) == (0.5, 40)
    assert lasting.value == 0.5
    # 19 calm steps of 20 stay, 19 breached of 19 stay: begins 1.5 / 21, ends 0.5 / 20
    alike = 1 - 1.5 / 21 - 0.5 / 20
    assert lasting.independent == pytest.approx(40 * (1 - alike) / (1 + alike))
    assert lasting.low < restless.low < restless.high < lasting.high


@given(st.lists(st.booleans(), min_size=1, max_size=120))
def test_a_share_lies_in_its_interval_and_rests_on_no_more_days_than_there_are(found: list[bool]) -> None:
    share = breached_share(found)
    assert 0 <= share.low <= share.value + 1e-12 and share.value - 1e-12 <= share.high <= 1
    assert 1 <= share.independent <= max(1, len(found))


@pytest.mark.parametrize(
    ("pattern", "used", "verdict", "level", "said"),
    [
        ("." * 29, "high", "insufficient", None, "only 29 of the 30 evaluated days that are needed"),
        ("." * 90, "high", "proposed", "low", "0 of 90 days: 0.0% [0.0%, 11.2%], which speaks for low (<20%) instead of high"),
        ("." * 90, "low", "confirmed", "low", "speaks for low (<20%), the level in use"),
        ("x" * 90, "low", "proposed", "high", "which speaks for high (>50%) instead of low"),
        ("..x" * 20, "low", "proposed", "medium", "20 of 60 days: 33.3% [22.7%, 45.9%]"),
        ("." * 60 + "x" * 30, "low", "uncertain", "medium", "low (<20%) lies within the interval: nothing is proposed"),
    ],
)
def test_another_level_is_proposed_when_the_whole_interval_lies_outside_the_used_one(
    pattern: str, used: Any, verdict: str, level: str | None, said: str
) -> None:
    found = propose(Observed(days(pattern)), used, POLICY)
    assert (found.verdict, found.level) == (verdict, level)
    assert said in found.reason


def test_a_window_that_is_shorter_than_what_it_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="minimum_days 30 do not fit into window_days 7"):
        LikelihoodPolicy(window_days=7)


# -- on a warehouse -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Warehouse.open(tmp_path_factory.mktemp("state"), settings={"threads": "1"}) as opened:
        yield opened


@pytest.fixture
def acme(tmp_path: Path, store: Warehouse) -> Company:
    """R4's mandatory controls were effective on ten days, lacked data on one, and R4-C1 failed on eleven of the last 22."""
    eyes = "approve, accept-risk, accept-likelihood"
    (tmp_path / "plg.yaml").write_text(
        PLG_YAML.format(eyes=eyes, zone="UTC") + "  likelihood: {window_days: 30, minimum_days: 20}\n"
    )
    for name in ("controls", "risks", "likelihoods", "likelihood_proposals", "incidents", "audit_outbox"):
        if store.exists(f"governance.{name}"):
            store.connection.execute(f"delete from governance.{name}")
    here = load_workspace(tmp_path)
    made = Company(tmp_path, store, here)
    for name in ("likelihoods", "likelihood_proposals"):
        store.ensure(table(f"governance.{name}"))
    rows: list[dict[str, object]] = []
    for back in range(21, -1, -1):
        state = "no_data" if back == 21 else "failed" if back % 2 or back < 2 else "effective"
        rows += [
            {"as_of": MONDAY - back * DAY, "control_id": name, "risk_id": "R4", "question": "?", "metric": c.metric,
             "threshold": ">= 1", "status": state if name == "R4-C1" else "effective", "evidence": "seen", "value": 0.5,
             "severity": c.severity, "mandatory": c.mandatory, "owner": c.owner, "failed_since": None}
            for name, c in here.governance.controls.items() if c.risk == "R4"
        ]  # fmt: skip
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(table("governance.controls").column_names)).astype(object)
    store.insert(table("governance.controls"), frame)
    _night(made, MONDAY)
    return made


def _night(acme: Company, day: dt.date) -> None:
    as_of = acme.here.as_of(day)
    acme.replace("governance.likelihood_proposals", likelihood_proposals(acme.warehouse, acme.here.governance, as_of), day)
    acme.publish(day)


def _row(acme: Company, risk: str, day: dt.date = MONDAY) -> dict[str, Any]:
    text = "select * from governance.likelihood_proposals where risk_id = $r and as_of = $d"
    return acme.warehouse.connection.execute(text, {"r": risk, "d": day}).df().to_dict("records")[0]


def _risk(acme: Company, risk: str, day: dt.date = MONDAY) -> tuple[Any, ...]:
    text = """select likelihood, registered_likelihood, likelihood_basis, inherent_score from governance.risks
        where risk_id = $r and as_of = $d"""
    return acme.warehouse.connection.execute(text, {"r": risk, "d": day}).fetchall()[0]


def _accept(acme: Company, level: str, risk: str = "R4", person: str = "Ada", asked: str | None = "Bo") -> Any:
    word = AcceptingLikelihood(risk, level, person, "seen too often to be low", asked)
    return accept_likelihood(acme.warehouse, word, workspace=acme.here, recorded_at=AT)


def test_days_without_data_prove_nothing_and_too_few_days_propose_nothing(acme: Company) -> None:
    row = _row(acme, "R4")  # observed_days.sql counts them
    assert (row["evaluated_days"], row["unproven_days"], row["breach_days"]) == (21, 1, 11)
    assert (row["registered_level"], row["observed_level"], row["verdict"]) == ("low", "high", "proposed")
    assert row["reason"].endswith("which speaks for high (>50%) instead of low")
    assert (_row(acme, "R1")["verdict"], _row(acme, "R1")["share"] != _row(acme, "R1")["share"]) == ("insufficient", True)


def test_an_accepted_proposal_is_used_from_that_day_on_and_in_the_log(acme: Company) -> None:
    assert _risk(acme, "R4") == (1, 1, "register", 2)
    done = _accept(acme, "high")
    assert (done.registered, done.level, done.as_of) == ("low", "high", MONDAY)
    assert _risk(acme, "R4") == (3, 1, "acceptance 1", 6)
    row = _row(acme, "R4")
    assert (row["used_level"], row["verdict"], row["accepted_by"]) == ("high", "accepted", "Ada")
    acme.publish(MONDAY - DAY)
    assert _risk(acme, "R4", MONDAY - DAY)[:3] == (1, 1, "register")
    ((kind, key, staff, body),) = acme.outbox()
    assert (kind, key) == ("likelihood", done.likelihood_id)
    assert staff == '{"person":"staff:ada","requested_by":"staff:bo"}'
    assert '"level":"high"' in body and "too often" not in body and "Ada" not in body


def test_once_the_register_says_otherwise_it_counts_again(acme: Company) -> None:
    _accept(acme, "high")
    file = acme.root / "plg.yaml"
    file.write_text(file.read_text() + "  risks: {R4: {likelihood: medium}}\n")
    acme.here = load_workspace(acme.root)
    _night(acme, MONDAY)
    assert _risk(acme, "R4")[:3] == (2, 2, "register")


def test_what_the_register_says_can_be_accepted_again(acme: Company) -> None:
    _accept(acme, "high")
    assert _accept(acme, "low").proposal.startswith("back to what the register says")
    assert _risk(acme, "R4") == (1, 1, "acceptance 2", 2)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"level": "medium"}, "medium is not proposed for R4 on 2025-03-10: a mandatory control had failed on 11 of 21 days"),
        ({"level": "low"}, "low is not proposed for R4"),
        ({"level": "often"}, "likelihood 'often' is none; write low, medium or high"),
        ({"level": "low", "risk": "R1"}, "only 0 of the 20 evaluated days"),
        ({"level": "high", "risk": "R9"}, "risk 'R9' is not in the register"),
        ({"level": "high", "asked": "ada "}, "cannot accept-likelihood too"),
        ({"level": "high", "asked": None}, "say with --requested-by who asked for it"),
        ({"level": "high", "person": " "}, "person: String should have at least 1 character"),
    ],
)
def test_what_is_not_proposed_cannot_be_accepted(acme: Company, said: dict[str, Any], why: str) -> None:
    with pytest.raises(RefusedAction, match=why):
        _accept(acme, **said)
    assert not acme.root.joinpath("likelihoods.jsonl").exists() and acme.outbox() == []


@pytest.mark.parametrize("point", ["checked", "recorded", "entered"])
def test_an_interrupted_acceptance_is_recorded_once_or_not_at_all(
    acme: Company, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    monkeypatch.setenv("PLG_FAILPOINT", f"likelihood.{point}")
    with pytest.raises(InjectedFault):
        _accept(acme, "high")
    monkeypatch.delenv("PLG_FAILPOINT")
    for _ in range(2):
        assert enter(acme.warehouse, LEVELLED, acme.root / "likelihoods.jsonl", likelihood_entry)[1] == ()
    _night(acme, MONDAY)
    there = point != "checked"
    assert _risk(acme, "R4")[0] == (3 if there else 1) and len(acme.outbox()) == there


def test_two_kinds_of_records_do_not_share_a_file(tmp_path: Path) -> None:
    text = PLG_YAML.format(eyes="", zone="UTC").replace(
        "  actions: {four_eyes: []}", "  actions: {likelihoods_file: acceptances.jsonl}"
    )
    (tmp_path / "plg.yaml").write_text(text)
    with pytest.raises(Exception, match=r"two kinds of records would stand in acceptances.jsonl"):
        workspace: Workspace = load_workspace(tmp_path)
        assert workspace
