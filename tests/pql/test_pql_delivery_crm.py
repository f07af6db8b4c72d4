"""The CRM: contacts are upserted in batches, each lead's outcome is read from a partial failure, the newest lead wins."""

import datetime as dt

import pytest

from plg_orchestration.failpoints import VARIABLE, InjectedFault
from tests.pql.leads_world import TOKEN, Leads, crm
from tests.pql.receiver import Receiver, partly, refuses, serve

NEXT = dt.date(2025, 4, 1)


@pytest.fixture
def receiver():
    made = Receiver(token=TOKEN, largest_batch=100)
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()
    assert made.faulty == []


@pytest.fixture
def leads(receiver, tmp_path):
    return Leads(tmp_path, crm(receiver.address))


def test_contacts_get_the_mapped_properties_as_text_and_what_is_unknown_empties_them(leads, receiver):
    leads.decide("a", score=71.5)
    leads.decide("b", due_at=None, sla_hours=2.0)
    assert leads.deliver()["crm"].complete
    assert receiver.contacts == {
        "a": {"plg_route": "inside_sales", "plg_score": "71.5", "plg_due_at": "2025-04-01T04:00:00Z"},
        "b": {"plg_route": "inside_sales", "plg_score": "70.0", "plg_due_at": ""},
    }


def test_a_request_holds_a_hundred_contacts_at_most(leads, receiver):
    leads.decide(*(f"u{number:03d}" for number in range(230)))
    leads.deliver()
    assert [len(body["inputs"]) for body in receiver.bodies()] == [100, 100, 30] and len(receiver.contacts) == 230


@pytest.mark.parametrize("by", ["objectWriteTraceId", "ids"])
def test_a_partial_failure_is_mapped_back_to_its_leads(leads, receiver, by):
    leads.decide("a", "b", "c")
    receiver.faults = [partly("b", by=by)]
    leads.deliver()
    assert leads.states() == {"a": "delivered", "b": "dead", "c": "delivered"}
    assert leads.rows("select last_status, last_answer, attempts from pql.dead_letters") == [
        (207, "VALIDATION_ERROR: b is not valid", 1)
    ]


def test_a_contact_that_failed_in_passing_is_tried_again_alone(leads, receiver):
    leads.decide("a", "b", "c")
    receiver.faults = [partly("b", category="RATE_LIMITS")]
    leads.deliver()
    assert leads.states() == dict.fromkeys("abc", "delivered")
    assert [[one["id"] for one in body["inputs"]] for body in receiver.bodies()] == [["a", "b", "c"], ["b"]]


def test_a_contact_that_an_answer_does_not_name_is_not_taken_for_delivered(leads, receiver):
    leads.decide("a", "b")
    receiver.faults = [lambda _, found: (207, {"results": [{"objectWriteTraceId": found["inputs"][0]["objectWriteTraceId"]}]})]
    leads.deliver()
    assert [len(body["inputs"]) for body in receiver.bodies()] == [2, 1] and leads.deliver()["crm"].complete


@pytest.mark.parametrize("answer", ["not an object", {"results": "x", "errors": [{"context": 3}, 4]}])
def test_an_answer_in_another_form_is_nothing_to_rely_on(tmp_path, receiver, answer):
    leads = Leads(tmp_path, crm(receiver.address, retry={"attempts": 1}))
    leads.decide("a")
    receiver.faults = [lambda *_: (207, answer)]
    leads.deliver()
    assert leads.states() == {"a": "dead"}
    assert leads.rows("select last_answer from pql.dead_letters") == [("the answer does not say what became of this contact",)]


def test_a_request_that_is_refused_as_a_whole_is_halved_until_the_faulty_contact_is_found(leads, receiver):
    leads.decide(*"abcdefgh")
    receiver.faults = [refuses("c") for _ in range(20)]
    leads.deliver()
    assert leads.states() == dict.fromkeys("abdefgh", "delivered") | {"c": "dead"} and len(receiver.requests) == 7


def test_a_wrong_token_stops_after_one_request_and_appears_nowhere(leads, receiver):
    leads.decide(*"abc")
    receiver.largest_batch = 100
    receiver.faults = [(401, {"message": f"the token {TOKEN} is expired"})]
    done = leads.deliver()["crm"]
    assert done.states == {"dead": 3} and len(receiver.requests) == 1
    assert TOKEN not in leads.everything() + str(done) and "[secret] is expired" in leads.everything()


def test_an_older_lead_does_not_overwrite_a_newer_one(leads, receiver):
    leads.decide("a", "b")
    receiver.faults = [400] * 3
    leads.deliver()
    assert leads.states() == {"a": "dead", "b": "dead"}
    leads.decide("a", night=NEXT, route="account_executive")
    leads.deliver(NEXT)
    leads.deliver(NEXT, retry_dead=True)
    found = leads.rows("select as_of, user_id, state from pql.deliveries order by all")
    assert [(user, state) for _, user, state in found] == [("a", "withdrawn"), ("b", "delivered"), ("a", "delivered")]
    assert receiver.contacts["a"]["plg_route"] == "account_executive"


def test_a_contact_stands_once_in_a_request(tmp_path, receiver):
    leads = Leads(tmp_path, crm(receiver.address, id_column="account_id"))
    leads.decide("a", "b", "c", account_id="acme")
    leads.decide("d", account_id="other", score=9.0)
    leads.deliver()
    assert [sorted(one["id"] for one in body["inputs"]) for body in receiver.bodies()] == [["acme", "other"], ["acme"], ["acme"]]


def test_a_kill_after_the_answer_upserts_the_same_again_without_effect(leads, receiver, monkeypatch):
    leads.decide("a", "b")
    monkeypatch.setenv(VARIABLE, "delivery.answered")
    with pytest.raises(InjectedFault):
        leads.deliver()
    monkeypatch.delenv(VARIABLE)
    assert leads.deliver()["crm"].complete
    assert len(receiver.requests) == 2 and receiver.effects == {"a": 1, "b": 1}
    assert receiver.requests[0][1] == receiver.requests[1][1]
