"""The controls about requests to be forgotten and objections: each passes, fails, and says when it cannot know."""

import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy, judge
from plg_orchestration.verdicts import ControlStatus

EFFECTIVE, FAILED, NO_DATA = ControlStatus.EFFECTIVE, ControlStatus.FAILED, ControlStatus.NO_DATA
RECORD = "'dpia', '2025-01-01', null, null"


@pytest.fixture
def status(figures):
    register = load_default("governance", GovernancePolicy)

    def of(control):
        return judge(register.controls[control], figures(register.controls[control].metric))

    return of


def request(status, due="2025-06-20", day="2025-06-30"):
    return f"'{day}', '{status} {due}', '{due}', '{status}'"


def test_erasures_overdue_counts_what_is_due_and_not_done(make, figures, status):
    make("known_governance_records", RECORD)
    make(
        "governance.privacy",
        request("done"),
        request("late"),
        request("open", "2025-07-05"),
        request("overdue", day="2025-06-29"),
    )
    assert status("R1-C7") is EFFECTIVE
    assert figures("erasures_overdue").detail == "0 of 3 requests are overdue, 1 wait in time, 1 were done late"
    make("governance.privacy", request("overdue"), request("incomplete", "2025-06-29"), request("incomplete", "2025-06-30"))
    assert (figures("erasures_overdue").value, status("R1-C7")) == (2, FAILED)


def test_erasures_overdue_knows_that_nobody_asked_only_where_something_would_tell(make, figures, status):
    make("governance.privacy")
    make("known_governance_records", RECORD)
    assert status("R1-C7") is EFFECTIVE
    make("known_governance_records")
    assert status("R1-C7") is NO_DATA


def objection(user="'ann'", account="null", known="2025-06-10", withdrawn="null"):
    return f"{user}, {account}, '2025-06-10 09:00', {withdrawn}, '{known} 09:00'"


def routed(user, day, account="acme"):
    return f"'{day}', 'sales', 'd-{user}', '{user}', '{account}'"


def delivered(user, day, state="delivered"):
    return f"'{day}', 'sales', 'd-{user}', '{user}', '{state}', '{day}'"


def test_objections_ignored_counts_who_was_routed_or_exported_after_we_knew(make, figures, status):
    make("known_objections", objection())
    make("pql.routes", routed("ann", "2025-06-09"), routed("bob", "2025-06-20"))
    make("pql.deliveries", delivered("ann", "2025-06-20", "withdrawn"))
    assert status("R1-C8") is EFFECTIVE
    make("pql.routes", routed("ann", "2025-06-10"), routed("bob", "2025-06-20"))
    make("pql.deliveries", delivered("ann", "2025-06-11"))
    found = figures("objections_ignored")
    assert (found.value, found.denominator, status("R1-C8")) == (1, 2, FAILED)
    assert "1 of 2 people" in found.detail and "(1 routed, 1 exported)" in found.detail


def test_objections_ignored_reckons_with_accounts_withdrawals_and_what_was_not_known_yet(make, figures):
    make("pql.deliveries")
    make("pql.routes", routed("ann", "2025-06-20"), routed("bob", "2025-06-20", "other"))
    make("known_objections", objection("null", "'acme'"))
    assert figures("objections_ignored").value == 1
    make("known_objections", objection(withdrawn="'2025-06-20 08:00'"), objection("'bob'", known="2025-06-21"))
    assert figures("objections_ignored").value == 0
    make("known_objections", objection(withdrawn="'2025-06-21 08:00'"))
    assert figures("objections_ignored").value == 1


def test_objections_ignored_without_objections_or_without_leads_is_no_data(make, status):
    make("pql.deliveries")
    make("pql.routes", routed("ann", "2025-06-20"))
    make("known_objections")
    assert status("R1-C8") is NO_DATA
    make("known_objections", objection())
    make("pql.routes", routed("ann", "2025-05-20"))
    assert status("R1-C8") is NO_DATA
