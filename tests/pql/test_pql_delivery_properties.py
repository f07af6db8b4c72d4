"""Whatever the receiver does and wherever the process dies: a lead has effect once at most, and is delivered or a letter."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.failpoints import VARIABLE, InjectedFault
from tests.pql.leads_world import TOKEN, Leads, crm, hook
from tests.pql.receiver import Receiver, partly, serve
from tests.sending.still import RAW_KEY

USERS = "abcd"
FAULTS = st.sampled_from(
    [200, 200, 400, 401, 413, 500, 503, (429, {"retry-after": "2"}), (503, {"retry-after": "999"}), "close", "swallow"]
)  # fmt: skip
PARTIAL = st.sampled_from([partly("b"), partly("a", category="RATE_LIMITS"), partly("c", "d", by="ids")])
KILLS = st.lists(st.integers(1, 8), max_size=3)
"""At which point of each run, counted from its start, the process dies."""
FEW, MANY = (settings(max_examples=number, deadline=None, derandomize=True) for number in (6, 200))


@pytest.fixture(scope="module")
def receiver():
    made = Receiver(keys=(RAW_KEY,), token=TOKEN, largest_batch=3)
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


def live_through(leads: Leads, kills: list[int]) -> None:
    """Runs that die at these points, then one to the end, then nights until nothing is pending."""
    for point in kills:
        os.environ[VARIABLE] = f"*:{point}"
        try:
            leads.deliver()
        except InjectedFault:
            pass
        finally:
            del os.environ[VARIABLE]
    for _ in range(12):
        if "pending" not in leads.deliver()[leads.policy.destinations[0].name].states:
            return
        leads.clock.passed += 86_400
    raise AssertionError("a delivery stays pending for ever")


def fresh(receiver: Receiver, faults: list[object]) -> None:
    receiver.faults, receiver.requests = [*faults], []
    for kept in (receiver.seen, receiver.effects, receiver.contacts):
        kept.clear()


def hooked(receiver, faults, kills, batch):
    fresh(receiver, faults)
    with tempfile.TemporaryDirectory() as folder:
        leads = Leads(Path(folder), hook(receiver.address, batch_size=batch, retry={"attempts": 3}))
        leads.decide(*USERS)
        live_through(leads, kills)
        check(leads, receiver, "2025-03-31 ")


def upserted(receiver, faults, kills, batch):
    fresh(receiver, faults)
    with tempfile.TemporaryDirectory() as folder:
        leads = Leads(Path(folder), crm(receiver.address, batch_size=batch, retry={"attempts": 3}))
        leads.decide(*USERS)
        live_through(leads, kills)
        check(leads, receiver, "")


OF_HOOK = given(st.lists(FAULTS, max_size=12), KILLS, st.integers(1, 3))
OF_CRM = given(st.lists(FAULTS | PARTIAL, max_size=10), KILLS, st.integers(1, 3))


@FEW
@OF_HOOK
def test_webhook_leads_take_effect_once_at_most_and_are_delivered_or_dead_in_the_end(receiver, faults, kills, batch):
    hooked(receiver, faults, kills, batch)


@FEW
@OF_CRM
def test_contacts_are_upserted_once_in_effect_and_delivered_or_dead_in_the_end(receiver, faults, kills, batch):
    upserted(receiver, faults, kills, batch)


@pytest.mark.faults
@MANY
@OF_HOOK
def test_webhook_leads_take_effect_once_at_most_many_times(receiver, faults, kills, batch):
    hooked(receiver, faults, kills, batch)


@pytest.mark.faults
@MANY
@OF_CRM
def test_contacts_are_upserted_once_in_effect_many_times(receiver, faults, kills, batch):
    upserted(receiver, faults, kills, batch)


def check(leads: Leads, receiver: Receiver, prefix: str) -> None:
    assert receiver.faulty == []
    states = leads.states()
    assert set(states) == set(USERS) and set(states.values()) <= {"delivered", "dead"}
    for user, state in states.items():
        effects = receiver.effects[prefix + user]
        assert effects == 1 if state == "delivered" else effects <= 1, (user, state)
    dead = {user for user, state in states.items() if state == "dead"}
    letters = leads.rows("select user_id, last_answer, remedy from pql.dead_letters")
    assert {user for user, *_ in letters} == dead and all(answer and remedy for _, answer, remedy in letters)
    wrongly_counted = """select d.user_id, d.attempts, a.tries, a.highest, a.delivered
        from pql.deliveries as d
        left join (
            select
                idempotency_key, count(*) as tries, max(attempt) as highest,
                count(*) filter (where result = 'delivered') as delivered
            from pql.delivery_attempts
            group by idempotency_key
        ) as a on a.idempotency_key = d.idempotency_key
        where d.attempts <> a.tries or a.tries <> a.highest or a.delivered <> cast(d.state = 'delivered' as integer)"""
    assert leads.rows(wrongly_counted) == []
