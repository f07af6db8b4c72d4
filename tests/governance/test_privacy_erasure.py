"""Erasing 25 of 50 needle people: nothing of theirs stays in any byte of any store, and everything of the others does."""

import gzip
import json

import pytest

from plg_orchestration.governance.audit_log.reading import records
from plg_orchestration.governance.audit_log.verification import verify_audit_log
from plg_orchestration.governance.privacy.certificate import read_certificates
from plg_orchestration.governance.privacy.erasure import RefusedErasure, erase_people
from plg_orchestration.governance.privacy.stores import state_files, store_of
from plg_orchestration.ingest import ingest_files
from plg_orchestration.pql.routing.records import read_records, restore
from plg_orchestration.warehouse import Warehouse
from tests.governance import needle_world, privacy_world
from tests.governance.needle_world import needle
from tests.governance.privacy_world import AT, ids

EQUATION = "lines <> accepted + duplicates + quarantined + blank + erased"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return privacy_world.make(tmp_path_factory.mktemp("needles") / "before")


@pytest.fixture(scope="module")
def erased(world, tmp_path_factory):
    """The world, erased of the first 25; what was found before and after, and the certificate."""
    copy = privacy_world.copy(world, tmp_path_factory.mktemp("needles") / "after")
    before = needle_world.found_in(copy.root)
    done = erase_people(copy, ids(0, 25), requested_by="Dana", reason=f"a letter of {needle('user', 3)}", at=AT)
    return copy, before, needle_world.found_in(copy.root), done


def rows(workspace, text: str):
    with Warehouse.open(workspace.state) as warehouse:
        return warehouse.connection.execute(text).fetchall()


def test_no_byte_of_any_store_names_an_erased_person_and_all_name_the_others_as_before(erased):
    _, before, after, _ = erased
    assert set(before) == set(range(50)) and min(map(len, before.values())) > 100
    assert {number: places for number, places in after.items() if number < 25} == {}
    assert {number: before[number] - after[number] for number in range(25, 50) if before[number] - after[number]} == {}


def test_the_visits_of_the_erased_are_gone_from_the_days_of_visitors_and_those_of_the_others_are_there(world, erased):
    visits = "select distinct anonymous_id from behavior.visitor_days order by 1"
    everybody = sorted(needle("anon", number) for number in range(50))
    assert rows(world, visits) == [(name,) for name in everybody]
    assert rows(erased[0], visits) == [(name,) for name in everybody if name not in {needle("anon", n) for n in range(25)}]


def test_the_certificate_says_what_went_where_and_names_nobody(erased):
    workspace, *_, (certificate,) = erased
    assert certificate.complete and certificate.keys_forgotten == 25 and len(certificate.persons) == 25
    assert certificate.reason == "a letter of [erased]" and certificate.due_on == "2025-04-02"
    assert certificate.recipients == {"crm": 25}, "who else must be told"
    wanted = {"inputs", "lake", "warehouse", "tracking", "dagster", "reports", "notes", "records", "deliveries", "refused files"}
    assert wanted <= set(certificate.removed)
    assert read_certificates(workspace.state) == [json.loads(json.dumps(certificate.as_dict()))]
    assert "complete: a search of every store finds nothing" in certificate.text()


def test_of_every_file_every_line_is_still_accounted_for(erased):
    workspace, *_ = erased
    assert rows(workspace, f"select path from ingest.files where {EQUATION}") == []
    assert rows(workspace, "select sum(erased) > 600 from ingest.files") == [(True,)]


def test_rewritten_files_are_known_and_their_other_lines_stay_where_they_were(erased):
    workspace, *_ = erased
    with Warehouse.open(workspace.state) as warehouse:
        again = ingest_files(warehouse, workspace, through=workspace.last_day)
        told = "select line from ingest.events where user_id = $who and event_id = $event"
        values = {"who": needle("user", 30), "event": needle("message", 30)}
        ((line,),) = warehouse.connection.execute(told, values).fetchall()
        ((path,),) = warehouse.connection.execute(
            "select f.path from ingest.files as f inner join ingest.events as e on e.file_id = f.file_id "
            "where e.event_id = $event and e.user_id = $who limit 1", values,
        ).fetchall()  # fmt: skip
    assert again.files == ()
    assert needle("message", 30).encode() in gzip.decompress((workspace.root / path).read_bytes()).split(b"\n")[line - 1]


def test_the_chain_still_verifies_and_tells_of_the_erasure_without_leading_back(erased):
    workspace, *_, (certificate,) = erased
    found = verify_audit_log(workspace.state / "audit")
    assert found.fault is None
    told = [record for record in records(workspace.state / "audit") if record.kind == "erasure"]
    assert [(record.key, record.body["digest"]) for record in told] == [(certificate.erasure_id, certificate.as_dict()["digest"])]
    assert sum(record.kind == "decision" for record in records(workspace.state / "audit")) == 50
    assert privacy_world.with_keys(workspace) == set(range(25, 50))


def test_the_record_of_overrides_has_no_gap_and_says_nothing_about_whom_they_were(erased):
    workspace, *_ = erased
    file = workspace.root / workspace.pql.routing.overrides.file
    with Warehouse.open(workspace.state) as warehouse:
        assert restore(warehouse, read_records(file)) == ()
    said = [record.user_id for record in read_records(file).records]
    assert said == ["[erased]"] * 25 + [needle("user", number) for number in range(25, 50)]


def test_what_arrives_again_is_dropped_and_counted_and_others_lines_are_taken(erased, tmp_path):
    workspace, *_ = erased
    copy = privacy_world.copy(workspace, tmp_path / "again")
    day = copy.last_day
    call = {"type": "track", "event": "Pricing Viewed", "timestamp": f"{day}T11:00:00Z"}
    lines = [
        json.dumps({**call, "messageId": "new-1", "userId": needle("user", 1)}),
        json.dumps({**call, "messageId": "new-2", "anonymousId": needle("anon", 2)}),
        json.dumps({"userId": needle("user", 3), **call, "messageId": "new-3"})[:-9],
        json.dumps({**call, "messageId": "new-4", "userId": "friend-01", "properties": {"of": needle("user", 4)}}),
        json.dumps({**call, "messageId": "new-5", "userId": needle("user", 40)}),
    ]
    (copy.root / "data" / "events" / f"more-{day}.jsonl").write_text("\n".join(lines) + "\n")
    with Warehouse.open(copy.state) as warehouse:
        done = ingest_files(warehouse, copy, through=day)
        assert [(file.accepted, file.erased, file.quarantined) for file in done.files] == [(2, 3, 0)]
        said = "select event_id, properties from ingest.events where event_id like 'new-%' order by 1"
        stored = {name: json.loads(text) for name, text in warehouse.connection.execute(said).fetchall()}
    assert stored == {"new-4": {"of": "[erased]"}, "new-5": {}}
    assert {number for number in needle_world.found_in(copy.state) if number < 25} == set()


def test_every_file_of_the_state_folder_belongs_to_a_store(erased):
    workspace, *_ = erased
    assert [str(path) for path in state_files(workspace.state) if store_of(path, workspace.state) is None] == []


@pytest.mark.parametrize(("people", "by", "reason", "lacks"), [
    ([" "], "Dana", "asked", "user ids"), (["u1"], " ", "asked", "--by"), (["u1"], "Dana", "", "--reason"),
])  # fmt: skip
def test_an_erasure_without_people_asker_or_reason_is_refused(world, people, by, reason, lacks):
    with pytest.raises(RefusedErasure, match=lacks):
        erase_people(world, people, requested_by=by, reason=reason, at=AT)
