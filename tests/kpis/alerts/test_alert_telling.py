"""Telling alerts to Slack, by e-mail and by signed webhook: each change of state once in effect, and never in the night's way.

The SQL files `nights_alerts.sql`, `pending_alerts.sql` and `told_states.sql` are run by every test here.
"""

import datetime as dt
import json
import ssl
from collections.abc import Callable, Iterator
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.kpis.alerts.nightly import TYPES
from plg_orchestration.kpis.alerts.tables import ALERTS
from plg_orchestration.kpis.alerts.telling.policy import Telling
from plg_orchestration.kpis.alerts.telling.tell import Told, tell
from plg_orchestration.sending.means import Means
from plg_orchestration.sending.signing import verified
from plg_orchestration.warehouse import Query, Warehouse
from tests.kpis.alerts.receivers import Post, Web, certificate_of_loopback, serve_post, serve_web
from tests.sending.still import StillClock

KEY = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
RAW_KEY = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
FIRST = dt.date(2025, 7, 7)
DAY = dt.timedelta(days=1)
ALERT: dict[str, Any] = {
    "alert_id": "activation_falls-smb-2025-07-07", "rule": "activation_falls", "kind": "change", "kpi": "activation_rate",
    "segment": "smb", "period": "week", "period_start": dt.date(2025, 6, 23), "value": 3.125, "threshold": 39.4,
    "previous": 46.3, "expected_low": 25.6, "expected_high": 67.5, "severity": "high", "owner": "team:growth",
    "lagging_kpi": "free_to_paid_conversion", "state": "open", "state_reason": None, "since": dt.date(2025, 6, 23),
    "first_seen": FIRST, "last_seen": FIRST, "evidence": "activation rate of smb is 3.1 % (2 of 64), < & >", "n": 64,
    "unit": "percent", "chance": 3e-5, "chance_limit": 5e-4, "state_since": FIRST, "opened_on": FIRST, "definition_hash": "h",
}  # fmt: skip


class Office:
    """Nights with alerts, and those who are told of them."""

    def __init__(self, folder: Path, *receivers: dict[str, Any]) -> None:
        self.folder, self.clock = folder, StillClock()
        self.environment = {"PLG_SLACK_URL": "", "PLG_HOOK_KEY": KEY}
        self.receivers = list(receivers)

    def night(self, day: dt.date, *alerts: dict[str, Any], hosts: tuple[str, ...] = ("127.0.0.1",)) -> dict[str, Told]:
        telling = Telling.model_validate({"hosts": hosts, "to": self.receivers})
        rows = [{**ALERT, **alert, "as_of": day} for alert in alerts]
        table = pa.table({c.name: pa.array([row[c.name] for row in rows], TYPES[c.type]) for c in ALERTS.columns})
        with Warehouse.open(self.folder) as warehouse:
            warehouse.publish(ALERTS, lambda _: table, [day])
            means = Means(self.folder, self.environment, self.clock)
            told = tell(warehouse, as_of=AsOf(day), telling=telling, workspace="acme", means=means)
        return {one.receiver: one for one in told}

    def rows(self, text: str) -> list[tuple[object, ...]]:
        with Warehouse.open(self.folder) as warehouse:
            return warehouse.rows(Query("asked", text))


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    server = serve_web(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def mailed() -> Iterator[Callable[[Post], Post]]:
    servers: list[Any] = []

    def start(post: Post) -> Post:
        servers.append(serve_post(post))
        return post

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def slack(office: Office, web: Web, **more: Any) -> Office:
    office.environment["PLG_SLACK_URL"] = f"http://127.0.0.1:{web.port}/services/T0/B0/S3CR3T"
    office.receivers.append({"name": "growth", "kind": "slack", "url_from": "PLG_SLACK_URL", **more})
    return office


def hook(web: Web, **more: Any) -> dict[str, Any]:
    return {"name": "hook", "kind": "webhook", "url": f"http://127.0.0.1:{web.port}/in", "key_from": "PLG_HOOK_KEY", **more}


def mail(post: Post, **more: Any) -> dict[str, Any]:
    return {
        "name": "mail", "kind": "email", "host": "127.0.0.1", "port": post.port, "security": "none",
        "sender": "plg@acme.example", "recipients": ["growth@acme.example"], **more,
    }  # fmt: skip


# -- Slack ------------------------------------------------------------------------------------------------------------


def test_slack_gets_a_line_and_blocks_once_and_again_when_it_is_over(tmp_path: Path, web: Web) -> None:
    office = slack(Office(tmp_path), web)
    assert office.night(FIRST, {})["growth"].told_now == 1
    for day in (FIRST, FIRST + DAY):  # the same night again, and the next one
        assert office.night(day, {})["growth"].complete
    assert len(web.requests) == 1
    path, headers, body = web.requests[0]
    assert (path, headers["content-type"]) == ("/services/T0/B0/S3CR3T", "application/json")
    said = json.loads(body)
    assert said["text"] == "[high] activation rate (smb): open in acme"
    assert said["blocks"][1]["text"]["text"] == "activation rate of smb is 3.1 % (2 of 64), &lt; &amp; &gt;."
    assert "*Owner*\nteam:growth" in [one["text"] for one in said["blocks"][2]["fields"]]
    assert len(said["blocks"][2]["fields"]) <= 10, "Slack takes ten fields a section"
    over = {"state": "resolved", "state_since": FIRST + 2 * DAY, "state_reason": "the condition is over"}
    office.night(FIRST + 2 * DAY, over)
    assert web.bodies()[1]["text"] == "[high] activation rate (smb): resolved in acme"


def test_only_what_was_asked_for_is_told(tmp_path: Path, web: Web) -> None:
    office = slack(Office(tmp_path), web, severity="high", owners=["team:growth"])
    others = [
        {"alert_id": "a", "severity": "warn"}, {"alert_id": "b", "owner": "team:product"},
        {"alert_id": "c", "state": "suppressed"}, {"alert_id": "d", "state": "resolved"},
    ]  # fmt: skip
    assert office.night(FIRST, *others)["growth"].states == {}
    assert web.requests == []


def test_nothing_is_sent_unless_it_is_configured(tmp_path: Path, web: Web) -> None:
    office = Office(tmp_path)
    assert office.night(FIRST, {}) == {}
    assert office.rows("select count(*) from kpis.alert_deliveries") == [(0,)]


def test_an_alert_that_opens_again_is_told_again(tmp_path: Path, web: Web) -> None:
    office = slack(Office(tmp_path), web)
    office.night(FIRST, {})
    office.night(FIRST + DAY, {"state": "snoozed", "state_since": FIRST + DAY})
    office.night(FIRST + 3 * DAY, {"state_since": FIRST + 3 * DAY})
    assert len(web.requests) == 2


# -- failures ---------------------------------------------------------------------------------------------------------


def test_a_failure_is_tried_again_on_the_next_night_under_the_same_key(tmp_path: Path, web: Web) -> None:
    web.statuses = [500, 500]
    office = Office(tmp_path, hook(web))
    assert office.night(FIRST, {})["hook"].states == {"pending": 1}
    assert office.rows("select attempts, last_status, remedy from kpis.alert_deliveries") == [
        (2, 500, "see why the receiver does not answer, the next night tries again")
    ]
    assert office.night(FIRST + DAY, {})["hook"].states == {"delivered": 1}
    keys = {headers["idempotency-key"] for _, headers, _ in web.requests}
    assert (len(web.requests), len(keys)) == (3, 1)


def test_a_refusal_is_tried_again_too_and_given_up_after_some_days(tmp_path: Path, web: Web) -> None:
    web.statuses = [403] * 3
    office = Office(tmp_path, hook(web, expire_days=2))
    states = [office.night(FIRST + days * DAY, {})["hook"].states for days in range(4)]
    assert states == [{"pending": 1}] * 3 + [{"dead": 1}]
    assert len(web.requests) == 3


def test_what_is_no_longer_so_is_not_told(tmp_path: Path, web: Web) -> None:
    web.statuses = [500, 500]
    office = slack(Office(tmp_path), web)
    office.night(FIRST, {})
    over = {"state": "resolved", "state_since": FIRST + DAY}
    assert office.night(FIRST + DAY, over)["growth"].states == {"withdrawn": 1}
    assert len(web.requests) == 2, "nobody was told that it was open, so nobody is told that it is over"


def test_a_missing_secret_or_an_unlisted_host_leaves_the_alert_pending_and_says_so(tmp_path: Path, web: Web) -> None:
    office = slack(Office(tmp_path), web)
    address = office.environment.pop("PLG_SLACK_URL")
    left = office.night(FIRST, {})["growth"]
    assert left.states == {"pending": 1}
    assert left.left is not None and left.left.startswith("the environment variable PLG_SLACK_URL, which is to hold the address")
    assert left.left.endswith("set it where the night runs, the next night tries again")
    office.environment["PLG_SLACK_URL"] = address
    unlisted = office.night(FIRST, {}, hosts=("hooks.slack.com",))["growth"].left
    assert unlisted is not None and "add it to kpis.alerts.deliver.hosts" in unlisted and "S3CR3T" not in unlisted
    assert office.night(FIRST, {})["growth"].states == {"delivered": 1}


def test_no_secret_stands_in_the_outbox(tmp_path: Path, web: Web) -> None:
    web.statuses = [400]
    slack(Office(tmp_path), web).night(FIRST, {})
    said = str(Office(tmp_path).rows("select * from kpis.alert_deliveries"))
    assert "S3CR3T" not in said and KEY not in said


# -- webhooks ---------------------------------------------------------------------------------------------------------


def test_a_webhook_is_signed_and_holds_the_figures(tmp_path: Path, web: Web) -> None:
    office = Office(tmp_path, hook(web))
    office.night(FIRST, {})
    ((path, headers, body),) = web.requests
    assert path == "/in" and verified([RAW_KEY], headers, body, now=int(headers["webhook-timestamp"]))
    said = json.loads(body)
    assert (said["type"], said["idempotency_key"]) == ("kpis.alert", headers["webhook-id"])
    wanted = {"alert_id": ALERT["alert_id"], "as_of": "2025-07-07", "value": 3.125, "state": "open", "workspace": "acme"}
    assert wanted.items() <= said["alert"].items()


# -- mail -------------------------------------------------------------------------------------------------------------


def test_a_mail_says_what_the_alert_rests_on(tmp_path: Path, mailed: Callable[[Post], Post]) -> None:
    post = mailed(Post())
    office = Office(tmp_path, mail(post, recipients=["growth@acme.example", "ada@acme.example"]))
    assert office.night(FIRST, {})["mail"].states == {"delivered": 1}
    ((sender, to, text),) = post.mails
    assert (sender, to) == ("plg@acme.example", ["growth@acme.example", "ada@acme.example"])
    read = message_from_string(text, policy=policy.default)
    assert read["Subject"] == "[high] activation rate (smb): open in acme"
    ((key,),) = office.rows("select idempotency_key from kpis.alert_deliveries")
    assert read["Message-ID"] == f"<{key}@acme.example>"
    body = read.get_content()
    assert "activation rate of smb is 3.1 % (2 of 64), < & >." in body and "Owner: team:growth" in body
    assert "plg acknowledge activation_falls-smb-2025-07-07" in body


def test_a_mail_server_that_is_down_is_tried_again_on_the_next_night(tmp_path: Path, mailed: Callable[[Post], Post]) -> None:
    post = mailed(Post(down=2))
    office = Office(tmp_path, mail(post))
    assert office.night(FIRST, {})["mail"].states == {"pending": 1}
    assert office.night(FIRST + DAY, {})["mail"].states == {"delivered": 1}
    assert len(post.mails) == 1


def test_mail_over_tls_with_a_login(tmp_path: Path, mailed: Callable[[Post], Post], monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = certificate_of_loopback(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    post = mailed(Post(login=("plg", "t0psecret"), context=context))
    receiver = mail(post, security="starttls", user_from="PLG_MAIL_USER", password_from="PLG_MAIL_PASSWORD")
    office = Office(tmp_path, receiver)
    office.environment |= {"PLG_MAIL_USER": "plg", "PLG_MAIL_PASSWORD": "wrong-s3cret"}
    untrusted = office.night(FIRST, {})["mail"]
    assert untrusted.left == "the server's certificate cannot be trusted" and post.mails == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    refused = office.night(FIRST, {})["mail"]
    assert refused.left == "535 the login was refused"
    office.environment["PLG_MAIL_PASSWORD"] = "t0psecret"
    assert office.night(FIRST + DAY, {})["mail"].states == {"delivered": 1}
    assert post.encrypted == [True]
    assert "s3cret" not in str(office.rows("select * from kpis.alert_deliveries"))


def test_a_mailbox_that_does_not_exist_is_said(tmp_path: Path, mailed: Callable[[Post], Post]) -> None:
    post = mailed(Post(refuse_recipients=1))
    office = Office(tmp_path, mail(post))
    assert office.night(FIRST, {})["mail"].left == "550 every recipient was refused"
    post.refuse_recipients = 1
    office.receivers = [mail(post, recipients=["nobody@acme.example", "ada@acme.example"])]
    assert office.night(FIRST, {})["mail"].states == {"delivered": 1}
    assert office.rows("select last_answer from kpis.alert_deliveries") == [("250 taken; refused for 1 of 2 recipients",)]


# -- the configuration ------------------------------------------------------------------------------------------------

PLG = """\
workspace: acme
start: 2025-01-01
sources:
  events: {path: "data/*.jsonl", format: segment}
kpis:
  alerts:
    deliver:
      hosts: [hooks.example.com]
      to:
        - """


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: a, kind: slack, url: 'https://hooks.example.com/x'}", "'url' would hold a secret"),
        ("{name: a, kind: slack, url_from: 'https://hooks.example.com/x'}", "the NAME of an environment variable belongs here"),
        ("{name: a, kind: pager}", "'pager' is no kind of receiver"),
        ("{name: a, kind: webhook, url: 'https://other.example/x', key_from: KEY_A}", "add it to kpis.alerts.deliver.hosts"),
        ("{name: a, kind: webhook, key_from: KEY_A}", "give either url or url_from"),
        ("{name: a, kind: email, host: m.example, sender: a@b.example, recipients: [b], security: tls}", "a bare e-mail address"),
        ("{name: a, kind: email, host: m.example, security: none, sender: a@b.c, recipients: [a@b.c]}", "unencrypted"),
        ("{name: a, kind: email, host: m.example, sender: a@b.c, recipients: [a@b.c], user_from: USER_A}", "belong together"),
    ],
)  # fmt: skip
def test_a_wrong_receiver_is_refused_with_file_and_line(tmp_path: Path, entry: str, said: str) -> None:
    (tmp_path / "plg.yaml").write_text(PLG + entry + "\n")
    with pytest.raises(InvalidConfiguration, match=r"plg\.yaml:10") as refused:
        load_workspace(tmp_path)
    assert said in str(refused.value)
