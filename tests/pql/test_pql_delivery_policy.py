"""Destinations in `plg.yaml`: what is refused says where, what and how to mend it, and never repeats what may be a secret."""

import json

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.destinations import queries
from plg_orchestration.pql.destinations.deliver import deliver
from plg_orchestration.sending.means import Means
from tests.pql.leads_world import NIGHT, Leads, policy_with
from tests.sending.still import StillClock

HEAD = "workspace: shop\nstart: 2025-01-01\nsources:\n  events: {path: events/*.jsonl, format: segment}\n"
HOOK = "name: hook, kind: webhook, url: https://crm.example.com/leads, key_from: PLG_HOOK_KEY"
CRM = "name: crm, kind: hubspot, token_from: PLG_CRM_TOKEN, id_property: plg_user_id, properties: {plg_route: route}"
SECRET = "pat-na1-5f3a9c"


def load(tmp_path, *entries: str, hosts: str = "[crm.example.com, api.hubapi.com]"):
    listed = "".join(f"    - {{{entry}}}\n" for entry in entries)
    path = tmp_path / "plg.yaml"
    path.write_text(f"{HEAD}pql:\n  destination_hosts: {hosts}\n  destinations:\n{listed}")
    return load_workspace(path)


def refusal(tmp_path, *entries: str, **options: str) -> str:
    with pytest.raises(InvalidConfiguration) as caught:
        load(tmp_path, *entries, **options)
    return str(caught.value)


def test_destinations_are_off_unless_configured(tmp_path):
    path = tmp_path / "plg.yaml"
    path.write_text(HEAD)
    workspace = load_workspace(path)
    assert workspace.pql.destinations == () and workspace.config_tables()["destination_takes"].num_rows == 0
    leads = Leads(tmp_path)
    leads.decide("a")
    with pytest.raises(Unavailable, match="no destination is configured: add one to"):
        deliver(leads.warehouse, as_of=AsOf(NIGHT), policy=workspace.pql, means=Means(tmp_path, {}, StillClock()))
    assert not leads.warehouse.exists("pql.deliveries")


def test_every_kind_loads_with_its_defaults(tmp_path):
    made = load(tmp_path, "name: files, kind: csv, folder: out/leads", HOOK, CRM).pql.destinations
    assert [one.kind for one in made] == ["csv", "webhook", "hubspot"]
    assert made[1].batch_size == 1 and made[2].batch_size == 100 and made[2].url == "https://api.hubapi.com"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("name: x", "plg.yaml:8: pql.destinations[0]: a destination needs a kind; known kinds: csv, hubspot, webhook"),
        ("name: x, kind: webhok", "'webhok' is no kind of destination; did you mean 'webhook'?"),
        (
            HOOK.replace("https://crm", "https://evil"),
            "the host 'evil.example.com' is not allowed; add it to pql.destination_hosts",
        ),
        (HOOK.replace("https:", "http:"), "leads would go to 'crm.example.com' unencrypted; write https"),
        (HOOK.replace("https:", "ftp:"), "this is no plain web address"),
        (HOOK.replace("crm.ex", "me:pw@crm.ex"), "this is no plain web address"),
        (HOOK.replace("/leads", "/leads?token=abc"), "this is no plain web address"),
        (HOOK.replace("crm.example.com", "crm.example.com\\\\@evil.com"), "this is no plain web address"),
        (HOOK.replace("url: https://crm.example.com/leads, ", ""), "give either url or url_from; write one of the two"),
        (HOOK.replace("key_from: PLG_HOOK_KEY", "key: abc"), "'key' would hold a secret"),
        (HOOK.replace(", key_from: PLG_HOOK_KEY", ""), "'key_from' is missing"),
        (HOOK + ", batch_size: 101", "batch_size"),
        (HOOK + ", columns: [user_id, email]", "'email' is no column of a lead"),
        (HOOK + ", routes: [inside_sale]", "'inside_sale' is none of the routes; did you mean 'inside_sales'?"),
        (HOOK + ", targets: [conversions]", "'conversions' is none of the targets; did you mean 'conversion'?"),
        (HOOK + ", timout_seconds: 3", "unknown key 'timout_seconds'; did you mean 'timeout_seconds'?"),
        (HOOK + ", retry: {attempts: 0}", "pql.destinations[0].retry.attempts"),
        (CRM.replace("plg_route: route", "plg_route: rout"), "'rout' is no column of a lead; did you mean 'route'?"),
        (CRM.replace("{plg_route: route}", "{}"), "too few entries"),
        (CRM.replace("plg_user_id", "PLG User"), "a form that is not allowed"),
        ("name: files, kind: csv", "'folder' is missing"),
    ],
)
def test_a_faulty_destination_is_refused_with_its_place_and_the_remedy(tmp_path, entry, words):
    said = refusal(tmp_path, entry)
    assert words in said and "plg.yaml:" in said, said


@pytest.mark.parametrize("hosts", ['["*"]', '["https://crm.example.com"]', '["crm.example.com:443"]', "[7]"])
def test_hosts_are_bare_names(tmp_path, hosts):
    assert "a bare host name belongs here" in refusal(tmp_path, HOOK, hosts=hosts)


def test_loopback_is_a_host_like_any_other_but_needs_no_encryption(tmp_path):
    entry = HOOK.replace("https://crm.example.com", "http://127.0.0.1:8080")
    assert "the host '127.0.0.1' is not allowed" in refusal(tmp_path, entry)
    assert load(tmp_path, entry, hosts='["127.0.0.1"]').pql.destinations[0].url == "http://127.0.0.1:8080/leads"
    assert load(tmp_path, HOOK.replace("https://crm.example.com", "http://localhost"), hosts="[localhost]")


def test_two_destinations_cannot_have_one_name(tmp_path):
    assert "two destinations are named 'hook'; give each a name of its own" in refusal(tmp_path, HOOK, HOOK)


@pytest.mark.parametrize(
    "place", ["key_from", "previous_key_from", "url_from", "pseudonym_key_from", "token", "password", "nonsense"]
)
def test_a_secret_that_was_written_into_the_file_is_refused_and_not_repeated(tmp_path, place):
    entry = HOOK.replace(", key_from: PLG_HOOK_KEY", "") if place == "key_from" else HOOK
    for value in (SECRET, f"[{SECRET}]"):
        said = refusal(tmp_path, f"{entry}, {place}: {value}")
        assert SECRET not in said and place in said


def test_an_address_with_a_secret_in_it_is_not_repeated(tmp_path):
    assert SECRET not in refusal(tmp_path, HOOK.replace("/leads", f"/leads?key={SECRET}"))
    assert SECRET not in refusal(tmp_path, HOOK.replace("crm.example.com/leads", f"evil.example.com/{SECRET}"))


def test_no_secret_stands_in_the_configuration_s_tables_or_its_fingerprint(tmp_path, monkeypatch):
    before = load(tmp_path, HOOK, CRM)
    monkeypatch.setenv("PLG_HOOK_KEY", SECRET)
    after = load(tmp_path, HOOK, CRM)
    assert before.fingerprint == after.fingerprint
    told = json.dumps([rows.to_pylist() for rows in after.config_tables().values()], default=str)
    assert SECRET not in told and "crm.example.com" not in told


def test_the_tables_say_who_takes_what(tmp_path):
    tables = load(tmp_path, HOOK + ", routes: [sales, nurture]", CRM + ", expire_days: 3").config_tables()
    assert [tuple(row.values()) for row in tables["destination_takes"].to_pylist()] == [
        ("hook", "sales", "*"), ("hook", "nurture", "*"), ("crm", "*", "*"),
    ]  # fmt: skip
    assert [tuple(row.values()) for row in tables["destinations"].to_pylist()] == [("hook", False, 7), ("crm", True, 3)]


def test_the_outbox_s_queries_answer_on_empty_tables(tmp_path):
    leads = Leads(tmp_path, {"name": "files", "kind": "csv", "folder": "out"})
    leads.deliver()
    asked = [
        queries.deliverable(as_of=AsOf(NIGHT)), queries.settlements(as_of=AsOf(NIGHT)), queries.pending(destination="files"),
        queries.file_leads(destination="files", night=NIGHT, route="sales"), queries.dead_letters(),
        queries.delivery_states(as_of=AsOf(NIGHT)),
    ]  # fmt: skip
    assert [query.name for query in asked if leads.warehouse.rows(query)] == []
    assert [query.name for query in asked] == [
        "deliverable", "settlements", "pending", "file_leads", "dead_letters", "delivery_states",
    ]  # fmt: skip


def test_a_destination_that_is_no_longer_configured_is_told_of_and_an_unknown_one_refused(tmp_path):
    leads = Leads(tmp_path, {"name": "files", "kind": "csv", "folder": "out"})
    leads.decide("a")
    (tmp_path / "out").write_text("in the way")
    leads.deliver()
    leads.configure({"name": "others", "kind": "csv", "folder": "others"})
    leads.deliver()
    assert leads.states("files") == {"a": "withdrawn"} and leads.states("others") == {"a": "delivered"}
    with pytest.raises(ValueError, match="'fils' is no destination; there are: others"):
        leads.deliver(only=["fils"])
    assert policy_with().destinations == ()
