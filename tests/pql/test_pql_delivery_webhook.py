"""Webhooks: each lead arrives once in effect, signed, whatever receiver and network do; nothing secret is written down."""

import base64
import datetime as dt
import logging
import ssl

import pytest

from plg_orchestration.failpoints import VARIABLE, InjectedFault
from plg_orchestration.pql.destinations.leads import idempotency_key
from tests.pql.leads_world import NIGHT, SECRETS, Leads, hook
from tests.pql.receiver import Receiver, refuses, serve
from tests.sending.still import KEY, RAW_KEY


@pytest.fixture
def receiver():
    made = Receiver(keys=(RAW_KEY,))
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()
    assert made.faulty == []


@pytest.fixture
def leads(receiver, tmp_path):
    return Leads(tmp_path, hook(receiver.address))


# -- what is sent -----------------------------------------------------------------------------------------------------


def test_each_lead_arrives_once_in_the_order_of_the_queue_with_the_columns_of_its_decision(leads, receiver):
    leads.decide("b", "a")
    assert leads.deliver()["hook"].states == {"delivered": 2}
    first, second = (body["leads"][0] for body in receiver.bodies())
    assert (first["user_id"], second["user_id"]) == ("b", "a")
    assert first == {
        "decision_id": "d-b-2025-03-31", "as_of": "2025-03-31", "user_id": "b", "account_id": "of-b", "target": "conversion",
        "scorer": "rules", "version": "v1", "score": 70.0, "percentile": 90.0, "threshold": 65.0, "qualified": True,
        "route": "inside_sales", "sla_hours": 4.0, "due_at": "2025-04-01T04:00:00Z", "queue_rank": 1,
        "top_reasons": "hit a limit of the free plan",
        "idempotency_key": idempotency_key("hook", "d-b-2025-03-31", "inside_sales"),
    }  # fmt: skip
    assert leads.attempts() == [("a", 1, "delivered", 200), ("b", 1, "delivered", 200)]


def test_running_again_and_the_next_night_send_nothing_twice(leads, receiver):
    leads.decide("a", "b")
    before = leads.deliver(), leads.everything()
    assert (leads.deliver(), leads.everything()) == before
    leads.decide("c", night=dt.date(2025, 4, 1))
    leads.deliver(dt.date(2025, 4, 1))
    assert len(receiver.requests) == 3 and receiver.effects.total() == 3


def test_who_is_held_out_suppressed_queued_or_in_a_campaign_is_never_sent(leads, receiver):
    leads.decide("held", holdout=True)
    leads.decide("left", suppressed_reason="rejected by sales lately")
    leads.decide("queued", handed_over=False)
    leads.decide("mail", route="upgrade_campaign", sla_hours=None)
    leads.decide("older", night=dt.date(2025, 3, 30))
    leads.decide("lead")
    leads.deliver()
    assert leads.states() == {"lead": "delivered"} and [*receiver.effects] == ["2025-03-31 lead"]


def test_a_destination_takes_the_routes_and_columns_that_it_lists(tmp_path, receiver):
    receiver.columns, receiver.largest_batch = ("user_id", "as_of"), 2
    columns = ["user_id", "as_of"]
    leads = Leads(tmp_path, hook(receiver.address, routes=["upgrade_campaign"], columns=columns, batch_size=2))
    leads.decide("a", "b", "c", route="upgrade_campaign", sla_hours=None)
    leads.decide("lead")
    leads.deliver()
    assert [len(body["leads"]) for body in receiver.bodies()] == [2, 1]
    assert leads.states() == dict.fromkeys("abc", "delivered")


def test_pseudonyms_replace_every_id_and_stay_when_the_key_is_changed(tmp_path, receiver):
    leads = Leads(tmp_path, hook(receiver.address, identity="pseudonym"))
    leads.decide("ann")
    receiver.faults = [503] * 5
    leads.deliver()
    leads.environment["PLG_PSEUDONYM_KEY"] = "another key"
    leads.deliver(retry_dead=True)
    told = {body["leads"][0]["user_id"] for body in receiver.bodies()}
    assert len(told) == 1 and len(receiver.requests) == 6 and leads.states() == {"ann": "delivered"}
    assert all(b"ann" not in body for _, body in receiver.requests)


def test_both_keys_sign_while_they_are_changed(tmp_path, receiver):
    new = b"new key new key new key new key!"
    leads = Leads(tmp_path, hook(receiver.address, key_from="PLG_NEW_KEY", previous_key_from="PLG_HOOK_KEY"))
    leads.environment["PLG_NEW_KEY"] = base64.b64encode(new).decode()
    leads.decide("a", "b")
    receiver.keys = (new,)
    leads.deliver()
    headers, _ = receiver.requests[0]
    assert len(headers["webhook-signature"].split(" ")) == 2
    receiver.keys = (RAW_KEY,)
    leads.decide("c")
    assert leads.deliver()["hook"].complete


# -- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [500, 409, 429, "close", "swallow"])
def test_what_may_pass_is_tried_again_under_the_same_key(leads, receiver, fault):
    leads.decide("a")
    receiver.faults = [fault, fault]
    assert leads.deliver()["hook"].states == {"delivered": 1}
    assert len({headers["idempotency-key"] for headers, _ in receiver.requests}) == 1
    assert len({body for _, body in receiver.requests}) == 1
    assert [result for _, _, result, _ in leads.attempts()] == ["again", "again", "delivered"]
    assert receiver.effects == {"2025-03-31 a": 1}


def test_who_does_not_answer_in_time_is_asked_again(tmp_path, receiver):
    leads = Leads(tmp_path, hook(receiver.address, timeout_seconds=0.4, retry={"attempts": 1}))
    leads.decide("a")
    receiver.faults = ["hang"]
    leads.deliver()
    assert leads.rows("select last_answer from pql.dead_letters") == [("no answer within 0.4 seconds",)]


@pytest.mark.parametrize(
    ("status", "remedy"), [(400, "correct the columns"), (401, "renew the secret"), (404, "correct the url"), (418, "ask the")]
)  # fmt: skip
def test_what_is_refused_for_good_is_a_dead_letter_at_once_with_a_remedy(leads, receiver, status, remedy):
    leads.decide("a")
    receiver.faults = [(status, {"message": "field score is unknown"})]
    assert leads.deliver()["hook"].states == {"dead": 1}
    ((user, dead_as_of, attempts, last, answer, said),) = leads.rows(
        "select user_id, dead_as_of, attempts, last_status, last_answer, remedy from pql.dead_letters"
    )
    assert (user, dead_as_of, attempts, last) == ("a", NIGHT, 1, status)
    assert "field score is unknown" in answer and said.startswith(remedy) and "plg deliver --retry-dead" in said


def test_a_redirect_is_not_followed(leads, receiver):
    leads.decide("a")
    receiver.faults = [(307, {"location": f"{receiver.address}/elsewhere"}), (302, {"location": "http://169.254.169.254/"})]
    leads.deliver()
    leads.deliver(retry_dead=True)
    assert len(receiver.requests) == 2 and leads.states() == {"a": "dead"}
    assert leads.rows("select remedy from pql.dead_letters")[0][0].startswith("redirects are not followed")


def test_retry_after_is_honored_in_seconds_and_as_a_date(leads, receiver):
    leads.decide("a")
    receiver.faults = [(429, {"retry-after": "7"}), (503, {"retry-after": "Tue, 01 Apr 2025 02:31:00 GMT"})]
    leads.deliver()
    assert leads.clock.slept == [7.0, 53.0] and leads.states() == {"a": "delivered"}


def test_a_receiver_that_asks_for_a_longer_wait_than_a_run_may_take_is_left_until_the_next(leads, receiver):
    leads.decide("a", "b")
    receiver.faults = [(429, {"retry-after": "3600"})]
    done = leads.deliver()["hook"]
    assert done.states == {"pending": 2} and "3600 seconds" in str(done.left) and leads.clock.slept == []
    leads.clock.passed += 3600
    assert leads.deliver()["hook"].states == {"delivered": 2}


def test_waiting_doubles_at_random_up_to_the_longest_and_is_the_same_every_time(tmp_path, receiver):
    waits = []
    for place in range(2):
        leads = Leads(
            tmp_path / str(place), hook(receiver.address, retry={"attempts": 6, "first_seconds": 2, "longest_seconds": 10})
        )
        leads.decide("a")
        receiver.faults = [500] * 6
        leads.deliver()
        waits.append(leads.clock.slept)
    assert waits[0] == waits[1] and len(waits[0]) == 5
    assert all(0 <= wait <= limit for wait, limit in zip(waits[0], (2, 4, 8, 10, 10), strict=True))


def test_a_receiver_that_is_down_costs_three_letters_and_the_others_wait_for_the_next_run(leads, receiver):
    leads.decide(*"abcdef")
    receiver.faults = [500] * 15
    done = leads.deliver()["hook"]
    assert done.states == {"dead": 3, "pending": 3} and done.left == "3 requests in a row were given up"
    assert leads.deliver(retry_dead=True)["hook"].states == {"delivered": 6}
    assert leads.rows("select count(*), max(attempts) from pql.deliveries") == [(6, 6)]
    assert leads.rows("select * from pql.dead_letters") == []


def test_one_lead_that_the_receiver_cannot_take_does_not_spoil_a_batch(tmp_path, receiver):
    receiver.largest_batch = 8
    for status in (400, 500):
        leads = Leads(tmp_path / str(status), hook(receiver.address, name=f"hook{status}", batch_size=8, retry={"attempts": 2}))
        leads.decide(*"abcdefgh")
        receiver.faults = [refuses("f", status=status) for _ in range(30)]
        leads.deliver()
        assert leads.states() == dict.fromkeys("abcdegh", "delivered") | {"f": "dead"}


def test_no_more_requests_a_second_than_allowed(tmp_path, receiver):
    leads = Leads(tmp_path, hook(receiver.address, requests_per_second=2, burst=3))
    leads.decide(*"abcdef")
    leads.deliver()
    assert leads.clock.slept == pytest.approx([0.5, 0.5, 0.5])


def test_what_is_not_delivered_in_days_is_given_up(tmp_path, receiver):
    leads = Leads(tmp_path, hook(receiver.address, expire_days=2, retry={"attempts": 1, "in_a_row": 1}))
    leads.decide("a", "b")
    receiver.faults = [500]
    leads.deliver()
    assert leads.states() == {"a": "dead", "b": "pending"}
    leads.deliver(dt.date(2025, 4, 3))
    assert leads.states() == {"a": "dead", "b": "dead"}
    assert (
        dict(leads.rows("select user_id, last_answer from pql.dead_letters"))["b"] == "not delivered within 2 days of its night"
    )


def test_what_is_pending_is_withdrawn_when_its_decision_stands_no_more(leads, receiver):
    leads.decide("a", "b")
    receiver.faults = [(429, {"retry-after": "3600"})]
    leads.deliver()
    leads.undecide("a")
    leads.decide("a", suppressed_reason="objected to being contacted", handed_over=False)
    leads.clock.passed += 3600
    leads.deliver()
    assert leads.states() == {"a": "withdrawn", "b": "delivered"} and receiver.effects == {"2025-03-31 b": 1}


def test_a_lead_that_a_person_gives_to_another_team_the_same_night_goes_there_too(leads, receiver):
    leads.decide("a")
    leads.deliver()
    leads.undecide("a")
    leads.decide("a", route="account_executive")
    leads.deliver()
    leads.deliver()
    assert [body["leads"][0]["route"] for body in receiver.bodies()] == ["inside_sales", "account_executive"]


def test_the_same_user_is_not_sent_twice_to_a_team_when_another_version_decides_the_night_again(leads, receiver):
    leads.decide("a")
    leads.deliver()
    leads.undecide("a")
    leads.decide("a", decision_id="d-other-version", version="v2")
    leads.deliver()
    assert len(receiver.requests) == 1


# -- kills ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["deliveries.planned", "delivery.answered:2", "delivery.marked:1"])
def test_a_kill_between_outbox_request_and_mark_loses_nothing_and_doubles_nothing(leads, receiver, monkeypatch, point):
    leads.decide("a", "b", "c")
    monkeypatch.setenv(VARIABLE, point)
    with pytest.raises(InjectedFault):
        leads.deliver()
    monkeypatch.delenv(VARIABLE)
    leads.deliver()
    assert leads.states() == dict.fromkeys("abc", "delivered")
    assert receiver.effects == {f"2025-03-31 {user}": 1 for user in "abc"}
    assert len(receiver.requests) == (4 if point.startswith("delivery.answered") else 3)


def test_a_kill_while_marking_leaves_the_delivery_pending(leads, receiver, monkeypatch):
    class Killed(BaseException):
        pass

    def die() -> dt.datetime:
        raise Killed

    leads.decide("a")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        calls = iter([leads.clock.now, leads.clock.now, die])
        patch.setattr(leads.clock, "now", lambda: next(calls, die)())
        receiver.faults = [500]
        leads.deliver()
    assert leads.states() == {"a": "pending"} and leads.deliver()["hook"].complete


# -- trials, secrets, addresses ---------------------------------------------------------------------------------------


def test_a_dry_run_prepares_everything_and_sends_nothing_until_it_is_lifted(tmp_path, receiver):
    leads = Leads(tmp_path, hook(receiver.address, dry_run=True))
    leads.decide("a")
    leads.environment.clear()
    assert leads.deliver()["hook"].states == {"dry_run": 1} and leads.deliver()["hook"].complete
    leads.configure(hook(receiver.address))
    leads.environment.update(SECRETS)
    assert leads.deliver()["hook"].states == {"delivered": 1} and len(receiver.requests) == 1


def test_a_rehearsal_checks_the_secrets_and_writes_nothing(leads, receiver):
    leads.decide("a", "b")
    assert leads.deliver(dry_run=True)["hook"].left == "nothing sent; 2 would be"
    leads.environment.clear()
    assert "PLG_HOOK_KEY" in str(leads.deliver(dry_run=True)["hook"].left)
    assert leads.states() == {} and receiver.requests == []
    leads.configure(hook(receiver.address, identity="pseudonym"))
    assert "PLG_PSEUDONYM_KEY" in str(leads.deliver(dry_run=True)["hook"].left)


@pytest.mark.parametrize("value", [None, "", "tooshort", "!not base64! but quite long, longer than it would have to be"])
def test_without_a_good_key_nothing_is_sent_and_the_reason_names_the_variable_and_the_remedy_only(leads, receiver, value):
    leads.decide("a")
    leads.environment = {} if value is None else {"PLG_HOOK_KEY": value}
    done = leads.deliver()["hook"]
    assert done.states == {"pending": 1} and receiver.requests == []
    assert "PLG_HOOK_KEY" in str(done.left) and ("set it" in str(done.left) or "make one with" in str(done.left))
    assert not value or value not in str(done.left)
    leads.environment = dict(SECRETS)
    assert leads.deliver()["hook"].complete


def test_an_answer_that_repeats_the_secret_does_not_bring_it_into_a_table_or_a_log(tmp_path, receiver, caplog):
    caplog.set_level(logging.DEBUG)
    leads = Leads(tmp_path, hook("", url=None, url_from="PLG_HOOK_URL"))
    path = "/leads/T0K3N-in-the-path"
    leads.environment["PLG_HOOK_URL"] = receiver.address + path
    leads.decide("a")
    receiver.faults = [(400, {"message": f"{KEY} at {receiver.address}{path} is\r\n\x1b[31m not known" + "x" * 999})]
    leads.deliver()
    said = leads.everything() + caplog.text
    assert KEY not in said and "T0K3N" not in said and "\x1b" not in said and "[secret] at [secret] is" in said
    assert len(leads.rows("select answer from pql.delivery_attempts")[0][0]) <= 300


def test_an_address_from_the_environment_obeys_the_list_of_hosts_too(tmp_path, receiver):
    leads = Leads(tmp_path, hook("", url=None, url_from="PLG_HOOK_URL"), hosts=("hooks.example.com",))
    leads.environment["PLG_HOOK_URL"] = f"{receiver.address}/T0K3N"
    leads.decide("a")
    left = str(leads.deliver()["hook"].left)
    assert "the host '127.0.0.1' is not allowed; add it to pql.destination_hosts" in left and "T0K3N" not in left
    assert receiver.requests == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    receiver = Receiver(keys=(RAW_KEY,))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    server = serve(receiver, context=context)
    leads = Leads(tmp_path, hook(f"https://127.0.0.1:{receiver.port}"))
    leads.decide("a")
    leads.deliver()
    server.shutdown()
    server.server_close()
    assert receiver.requests == [] and leads.states() == {"a": "dead"}
    assert "certificate" in leads.rows("select last_answer from pql.dead_letters")[0][0]


def test_nobody_listening_is_tried_again_and_then_given_up(tmp_path):
    leads = Leads(tmp_path, hook("http://127.0.0.1:9", retry={"attempts": 2}))
    leads.decide("a")
    leads.deliver()
    assert leads.rows("select attempts, last_status, last_answer from pql.dead_letters") == [
        (2, None, "no connection could be made")
    ]


def test_an_endless_answer_is_cut_off(leads, receiver):
    leads.decide("a")
    receiver.faults = [(400, {"message": "x" * 300_000})]
    leads.deliver()
    assert leads.states() == {"a": "dead"} and leads.rows("select last_answer from pql.dead_letters") == [("400",)]


def self_signed(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(pem))
    paths[1].write_bytes(private)
    return paths
