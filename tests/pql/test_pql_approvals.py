"""A person's yes counts for one version, until it expires, from somebody else than who asked, and only when it can be read."""

import datetime as dt
import json

import pytest
import yaml

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.promotion.approvals import (
    Approval,
    Approvals,
    RefusedApproval,
    consent_to,
    read_approvals,
    record_approval,
)
from plg_orchestration.pql.promotion.people import approve
from plg_orchestration.pql.promotion.validity import champion_faults
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse
from tests.pql.champion_nights import START, TARGET, Nights, policy_with

DAY = dt.date(2025, 3, 3)
WHY = "read the card, the groups and the gates; nothing speaks against it"
GIVEN = {
    "target": TARGET, "version": "v1", "requested_by": "ana", "reviewer": "bo", "approved_at": "2025-03-04T08:00:00Z",
    "expires_on": "2025-06-01", "rationale": WHY,
}  # fmt: skip


def approval(**changes: object) -> Approval:
    return Approval.model_validate({**GIVEN, **changes})


def consent(*given: Approval, version: str = "v1", on: dt.date = DAY, four_eyes: bool = True):
    found = Approvals("approvals.yaml", given)
    return consent_to(found, target=TARGET, version=version, trained_on=DAY, on=on, four_eyes=four_eyes)


def test_an_approval_of_exactly_the_version_lets_it_pass_and_says_who_and_why():
    said = consent(approval())
    assert (said.verdict, said.reviewer) == (Verdict.PASS, "bo") and WHY in said.reason


@pytest.mark.parametrize(
    ("given", "verdict", "words"),
    [
        ([], Verdict.INSUFFICIENT, "v1 waits for approval: `plg approve v1`"),
        ([approval(version="v2")], Verdict.INSUFFICIENT, "approves v2 and not this version"),
        ([approval(target="expansion")], Verdict.INSUFFICIENT, "v1 waits for approval"),
        ([approval(reviewer="Ana")], Verdict.FAIL, "four eyes are required"),
        ([approval(approved_at="2025-03-02T23:59:00Z")], Verdict.FAIL, "v1 was trained as of 2025-03-03; approve anew"),
        ([approval(expires_on="2025-03-05")], Verdict.FAIL, "expired on 2025-03-05; approve anew"),
    ],
)
def test_what_is_no_approval_is_refused_in_clear_words(given, verdict, words):
    said = consent(*given, on=dt.date(2025, 3, 6))
    assert said.verdict is verdict and words in said.reason


def test_an_approval_holds_through_its_last_day_and_the_one_that_holds_longest_counts():
    assert consent(approval(expires_on="2025-03-05"), on=dt.date(2025, 3, 5)).verdict is Verdict.PASS
    renewed = [approval(expires_on="2025-03-05"), approval(expires_on="2025-09-01", reviewer="cy")]
    assert consent(*renewed, on=dt.date(2025, 8, 1)).reviewer == "cy"


def test_one_pair_of_eyes_is_enough_where_the_policy_says_so():
    assert consent(approval(reviewer="ana"), four_eyes=False).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("approvals: [\n", "approvals.yaml:2: not valid YAML"),
        ("approval: []\n", "unknown key 'approval'; did you mean 'approvals'?"),
        (yaml.safe_dump({"approvals": [{**GIVEN, "rationale": "ok"}]}), "rationale"),
        (yaml.safe_dump({"approvals": [{**GIVEN, "reviewer": " "}]}), "reviewer"),
        (yaml.safe_dump({"approvals": [{**GIVEN, "approved_at": "2025-03-04T08:00:00"}]}), "approved_at"),
        (yaml.safe_dump({"approvals": [{**GIVEN, "expires_on": "2025-03-03"}]}), "is before approved_at"),
        (yaml.safe_dump({"approvals": [{k: v for k, v in GIVEN.items() if k != "expires_on"}]}), "'expires_on' is missing"),
    ],
)
def test_a_malformed_file_approves_nobody_and_names_the_place(tmp_path, text, words):
    path = tmp_path / "approvals.yaml"
    path.write_text(text)
    found = read_approvals(path)
    said = consent_to(found, target=TARGET, version="v1", trained_on=DAY, on=DAY, four_eyes=True)
    assert found.found == () and said.verdict is Verdict.FAIL
    assert words in said.reason and said.reason.startswith("approvals.yaml:")
    with pytest.raises(RefusedApproval, match=r"approvals\.yaml"):
        record_approval(path, approval())
    assert path.read_text() == text


def test_a_recorded_approval_is_read_back_whatever_it_says_and_stands_once(tmp_path):
    path = tmp_path / "approvals.yaml"
    odd = approval(reviewer='Bo "the # eye": x', rationale="- first line\nsecond: line, with 'quotes'")
    for given in (approval(), odd, odd):
        record_approval(path, given)
    assert read_approvals(path).found == (approval(), odd) and read_approvals(tmp_path / "none.yaml") == Approvals("none.yaml")


def test_bytes_that_are_no_text_approve_nobody(tmp_path):
    (tmp_path / "approvals.yaml").write_bytes(b"\xff\xfe\x00")
    assert "write it as UTF-8 text" in read_approvals(tmp_path / "approvals.yaml").problem


# -- nights -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def nights(tmp_path):
    with Warehouse.open(tmp_path) as warehouse:
        yield Nights(warehouse, tmp_path, policy_with("manual"))


def approved(nights: Nights, version: str, **changes: object):
    at = f"{START + dt.timedelta(days=1)}T08:00:00Z"
    given = approval(version=version, approved_at=at, **changes)
    return approve(
        nights.warehouse, given, path=nights.state / "approvals.yaml", timezone="UTC", policy=nights.policy, state=nights.state
    )  # fmt: skip


def test_a_challenger_waits_and_routes_as_soon_as_it_is_approved(nights):
    waiting = nights.night(0)
    assert (waiting["outcome"], waiting["scorer"]) == ("awaiting_approval", "rules") and nights.ledger == ()
    promotion, entry = approved(nights, waiting["challenger"])
    assert promotion.promoted and (entry.kind, entry.actor) == ("approval", "bo")
    assert json.loads(entry.approval)["rationale"] == WHY
    row = nights.row(0)
    assert row["version"] == waiting["challenger"] and row["promoted"] and row["outcome"] == "promoted" and row["change"] is None
    assert approved(nights, waiting["challenger"])[1] == entry and len(nights.ledger) == 1
    assert nights.judge(0) == row, "the night run again finds what was recorded"


def test_a_night_promotes_who_was_approved_in_the_file_since(nights):
    first, second = nights.night(0)["challenger"], nights.night(1, model=2)["challenger"]
    nights.approvals = Approvals("approvals.yaml", (approval(version=first),))
    row = nights.night(2, model=3)
    assert row["version"] == first and not row["promoted"] and row["change"].startswith("approval from rules-")
    assert nights.ledger[0].evidence_on == START and nights.gates(2)["cooldown"] == "fail"
    assert nights.judge(2) == row and second not in {e.version for e in nights.ledger}


def test_an_approval_that_comes_too_late_promotes_nobody(nights):
    version = nights.night(0)["challenger"]
    nights.train(8, model=2)
    nights.approvals = Approvals("approvals.yaml", (approval(version=version),))
    assert nights.judge(8)["scorer"] == "rules"
    promotion, entry = approved(nights, version)
    assert entry is None and "evidence: age of the figures in days is 8" in promotion.reason


def test_refused_approvals_write_nothing(nights):
    version = nights.night(0)["challenger"]
    with pytest.raises(RefusedApproval, match="cannot approve it too"):
        approved(nights, version, reviewer="ANA")
    with pytest.raises(RefusedApproval, match=f"other does not wait .* these do: {version}"):
        approved(nights, "other")
    nights.policy = policy_with("automatic")
    with pytest.raises(RefusedApproval, match="nobody is asked"):
        approved(nights, version)
    assert nights.ledger == () and not (nights.state / "approvals.yaml").exists()


def test_an_expired_approval_of_the_champion_is_a_fault_until_it_is_renewed(nights):
    version = nights.night(0)["challenger"]
    approved(nights, version, expires_on="2025-03-05")
    nights.insert("pql.champion", [{**nights.row(0), "as_of": START + dt.timedelta(days=4)}])

    def faults(day: int, *given: Approval) -> str:
        found = champion_faults(
            nights.warehouse, as_of=AsOf(START + dt.timedelta(days=day)), policy=nights.policy, state=nights.state,
            approvals=Approvals("approvals.yaml", given),
        )  # fmt: skip
        return "; ".join(fault.reason for fault in found)

    assert faults(0) == "" and f"the approval of {version} expired on 2025-03-05" in faults(4)
    assert faults(4, approval(version=version, expires_on="2025-09-01")) == ""
