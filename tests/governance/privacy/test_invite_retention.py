"""Invited people who became no users are forgotten after thirty days, and what is counted of invitations stays."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from plg_orchestration.config import load_workspace, write_config_tables
from plg_orchestration.failpoints import VARIABLE, InjectedFault
from plg_orchestration.governance.privacy import retention
from plg_orchestration.governance.privacy.retention_lake import fields_left
from plg_orchestration.governance.privacy.retention_proof import proof_text, read_proofs, search_again, write_proof
from plg_orchestration.ingest import ingest_files
from plg_orchestration.ingest.parts import create_events_view
from plg_orchestration.ingest.tables import EVENTS, TABLES
from plg_orchestration.warehouse import Query, Warehouse, sql_file, table
from plg_orchestration.warehouse.engine import WHOLE

YAML = """\
workspace: small
start: 2025-01-01
sources:
  events: {path: "data/*.jsonl", format: segment}
  invites: {path: "invites*.csv", format: csv}
roles: {invite_sent: [Invited], activation: [Shared], signup: [Joined]}
"""
HEAD = "invite_id,inviter_id,invitee_hash,invitee_user_id,sent_at,accepted_at,known_at\n"
LINES = (
    "i1,ann,hash-of-dan,,2025-02-01T10:00:00Z,,2025-02-01T10:00:00Z",
    "i1,ann,hash-of-dan,dan,2025-02-01T10:00:00Z,2025-02-02T09:00:00Z,2025-02-02T09:00:00Z",
    "i2,ann,hash-of-eve,,2025-02-03T10:00:00Z,,2025-02-03T10:00:00Z",
    "i3,bob,hash-of-fay,,2025-02-28T10:00:00Z,,2025-02-28T10:00:00Z",
    "i4,bob,hash-of-gus,,not a time,,2025-02-03T10:00:00Z",
    "i5,bob,hash-of-ida,,2025-03-01T00:00:00Z,,2025-03-01T00:00:00Z",
)
LAST = dt.date(2025, 3, 30)  # its cut is 31 March 00:00; thirty days before, 1 March 00:00


def event(day: str, who: str, name: str, **properties: str) -> str:
    return json.dumps({
        "type": "track", "event": name, "messageId": f"{day}-{who}-{name}", "userId": who, "timestamp": f"{day}T10:00:00Z",
        "receivedAt": f"{day}T10:00:01Z", "properties": properties,
    })  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The workspace after one intake; every test works on a copy."""
    root = tmp_path_factory.mktemp("built") / "small"
    (root / "data").mkdir(parents=True)
    (root / "plg.yaml").write_text(YAML)
    (root / "invites.csv").write_text(HEAD + "".join(f"{line}\n" for line in LINES))
    days = {
        "2025-01-20": [event("2025-01-20", who, "Joined") for who in ("ann", "bob")],
        "2025-02-03": [
            event("2025-02-03", "ann", "Invited", email="eve@people.example", channel="mail"),
            event("2025-02-03", "ann", "Profile Saved", email="ann@people.example"), event("2025-02-03", "dan", "Joined"),
        ],
        "2025-03-20": [event("2025-03-20", "bob", "Invited", email="kim@people.example")],
    }  # fmt: skip
    for day, lines in days.items():
        (root / "data" / f"{day}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    workspace = load_workspace(root / "plg.yaml")
    with Warehouse.open(workspace.state) as warehouse:
        write_config_tables(warehouse, workspace)
        take(warehouse, workspace)
        warehouse.ensure(table("behavior.milestones"))
        warehouse.ensure(table("behavior.user_days"))
    return root


@pytest.fixture
def small(built, tmp_path):
    root = Path(shutil.copytree(built, tmp_path / "small"))
    workspace = load_workspace(root / "plg.yaml")
    with Warehouse.open(workspace.state) as warehouse:
        create_events_view(warehouse)
        yield workspace, warehouse


def take(warehouse, workspace, day=LAST, *, door=False):
    over = retention.newest_retention(warehouse, workspace, workspace.as_of(day)) if door else None
    done = ingest_files(warehouse, workspace, through=day, retention=over)
    warehouse.republish([t for t in TABLES if t is not EVENTS], day)
    return done


def purge(warehouse, workspace, day=LAST):
    as_of = workspace.as_of(day)
    earlier = retention.earlier_of(warehouse, as_of)
    declared = table("governance.invite_retention")
    warehouse.publish(declared, lambda _: retention.purge_invites(warehouse, workspace, as_of, earlier), [day])
    rows = warehouse.rows(Query("r", "select store, dropped, past_retention from governance.invite_retention where as_of = $d",
                                {"d": day}))  # fmt: skip
    return {store: (dropped, past) for store, dropped, past in rows}


def hashes(warehouse):
    return [row[0] for row in warehouse.rows(Query("h", "select invitee_hash from ingest.invites order by invite_id, known_at"))]


def said(warehouse):
    return [
        row[0]
        for row in warehouse.rows(Query("p", "select properties from ingest.events where event <> 'Joined' order by event_id"))
    ]


AFTER = ["hash-of-dan", "hash-of-dan", None, None, "hash-of-ida"]


def test_who_became_no_user_is_forgotten_in_every_store_after_thirty_days(small):
    workspace, warehouse = small
    assert purge(warehouse, workspace) == {
        "invitations": (2, 0), "refused lines": (0, 0), "refused files": (0, 0), "events": (1, 0)
    }  # fmt: skip
    assert hashes(warehouse) == AFTER
    published = pq.read_table(warehouse.published / "ingest" / "invites.parquet").column("invitee_hash").to_pylist()
    assert sorted(filter(None, published)) == ["hash-of-dan", "hash-of-dan", "hash-of-ida"]
    kept = ['{"channel":"mail"}', '{"email":"ann@people.example"}', '{"email":"kim@people.example"}']
    assert [json.loads(text) for text in said(warehouse)] == [json.loads(text) for text in kept]
    assert fields_left(warehouse, dt.datetime(2025, 3, 1)) == (1, 0, dt.datetime(2025, 3, 20, 10))


def test_a_refused_line_is_forgotten_thirty_days_after_the_newest_row_of_its_file(small):
    workspace, warehouse = small
    assert purge(warehouse, workspace)["refused lines"] == (0, 0)
    assert b"hash-of-gus" in bytes(str(warehouse.scalar("select raw from ingest.quarantine")), "utf-8")
    assert purge(warehouse, workspace, LAST + dt.timedelta(days=1))["refused lines"] == (1, 0)
    assert warehouse.scalar("select raw from ingest.quarantine") == b"[forgotten]"


def test_a_workspace_may_keep_the_invited_for_another_time(small):
    workspace, warehouse = small
    (workspace.root / "plg.yaml").write_text(YAML + "governance: {privacy: {invite_retention_days: 60}}\n")
    assert purge(warehouse, load_workspace(workspace.path))["invitations"] == (0, 0)


def test_the_counts_and_the_viral_coefficient_of_every_past_day_are_the_same_afterwards(small):
    from plg_orchestration.cohorts.virality.queries import viral

    workspace, warehouse = small
    warehouse.connection.execute(
        "insert into behavior.milestones (received_date, unit, unit_id, role, first_at) "
        "values ('2025-02-04', 'user', 'dan', 'activation', '2025-02-04 10:00')"
    )

    def coefficients():
        days = [workspace.as_of(LAST - dt.timedelta(days=back)) for back in range(0, 40, 13)]
        return [
            [(row["form"], row["k"], row["invites"], row["inviters"]) for row in warehouse.arrow(viral(as_of=day)).to_pylist()]
            for day in days
        ]  # fmt: skip

    before = coefficients()
    assert any(row[1] for day in before for row in day)
    counts = retention._counts(warehouse, workspace.as_of(LAST))
    purge(warehouse, workspace)
    assert (coefficients(), retention._counts(warehouse, workspace.as_of(LAST))) == (before, counts)


def test_a_purge_that_would_change_a_count_is_refused(small, monkeypatch):
    workspace, warehouse = small
    monkeypatch.setitem(
        retention.PURGES, "invitations", lambda w, _: w.connection.execute("delete from ingest.invites").fetchall()[0][0]
    )
    with pytest.raises(retention.CountsChanged, match="would change the counts"):
        purge(warehouse, workspace)
    assert len(hashes(warehouse)) == 5


@pytest.mark.parametrize("place", ["retention.part", "retention.dropped"])
def test_a_purge_that_is_killed_is_finished_by_the_next(small, monkeypatch, place):
    workspace, warehouse = small
    monkeypatch.setenv(VARIABLE, place)
    with pytest.raises(InjectedFault):
        purge(warehouse, workspace)
    monkeypatch.delenv(VARIABLE)
    assert hashes(warehouse) == ["hash-of-dan", "hash-of-dan", "hash-of-eve", "hash-of-fay", "hash-of-ida"]
    found = purge(warehouse, workspace)
    assert found["invitations"] == (2, 0) and all(past == 0 for _, past in found.values())
    assert hashes(warehouse) == AFTER


def test_a_second_run_of_the_night_keeps_what_the_first_has_dropped_and_drops_nothing(small):
    workspace, warehouse = small
    first = purge(warehouse, workspace)
    assert purge(warehouse, workspace) == first
    assert not warehouse.scalar("select count(*) from meta.pending")
    assert warehouse.scalar("select count(*) from governance.audit_outbox where kind = 'invite_retention'") == 1


def test_an_old_file_that_comes_again_brings_nobody_back_and_no_version_either(small):
    workspace, warehouse = small
    purge(warehouse, workspace)
    (workspace.root / "invites.csv").rename(workspace.root / "invites_again.csv")
    (workspace.root / "invites_again.csv").write_text(HEAD + "".join(f"{line}\n" for line in LINES) + "\n")
    old = (workspace.root / "data" / "2025-02-03.jsonl").read_text()
    (workspace.root / "data" / "2025-02-03-again.jsonl").write_text(old + "\n")
    done = take(warehouse, workspace, door=True)
    assert {file.path: (file.accepted, file.duplicates, file.quarantined) for file in done.files} == {
        "invites_again.csv": (0, 5, 1), "data/2025-02-03-again.jsonl": (0, 3, 0),
    }  # fmt: skip
    assert hashes(warehouse) == AFTER
    assert not any("eve@" in text for text in said(warehouse))


def test_a_new_warehouse_takes_old_files_in_without_what_is_over(tmp_path, small):
    workspace, _ = small
    with Warehouse.open(tmp_path / "other") as anew:
        take(anew, workspace, door=True)
        assert hashes(anew) == AFTER
        assert not any("eve@" in text for text in said(anew))


def test_an_earlier_day_that_is_taken_in_again_does_not_lower_the_limit(small):
    workspace, warehouse = small
    purge(warehouse, workspace)
    early = workspace.as_of(dt.date(2025, 2, 10))
    assert retention.newest_retention(warehouse, workspace, early).before == dt.datetime(2025, 3, 1)


def test_the_proof_names_nobody_and_says_what_a_search_found(small):
    workspace, warehouse = small
    purge(warehouse, workspace)
    as_of = workspace.as_of(LAST)
    left = search_again(warehouse, workspace, as_of)
    path = write_proof(warehouse, workspace.state, as_of, left)
    (told,) = read_proofs(workspace.state)
    assert (told["verdict"], told["dropped"]["invitations"], set(left.values())) == ("complete", 2, {0})
    assert path is not None and path.read_text() == proof_text(told) and "hash-of" not in path.read_text()
    warehouse.connection.execute("update ingest.invites set invitee_hash = 'hash-of-eve' where invite_id = 'i2'")
    warehouse.parts.mark(table("ingest.invites"), [WHOLE])
    warehouse.parts.write_pending()
    left = search_again(warehouse, workspace, as_of)
    assert (left["invitations"], left["published invitations"]) == (1, 1)
    write_proof(warehouse, workspace.state, as_of, left)
    assert read_proofs(workspace.state)[0]["verdict"] == "incomplete"


def test_invite_fields_past_retention_passes_fails_and_wants_the_purge(small):
    workspace, warehouse = small
    query = sql_file("governance/metrics/invite_fields_past_retention.sql", as_of=LAST)
    warehouse.ensure(table("governance.invite_retention"))
    assert warehouse.arrow(query).to_pylist()[0]["value"] is None
    purge(warehouse, workspace)
    row = warehouse.arrow(query).to_pylist()[0]
    assert (row["value"], row["denominator"]) == (0, 3)
    assert "after 30 days; the night dropped 3" in row["detail"]
    warehouse.connection.execute("update ingest.invites set invitee_hash = 'hash-of-eve' where invite_id = 'i2'")
    warehouse.connection.execute("update governance.invite_retention set past_retention = 1 where store = 'events'")
    assert warehouse.arrow(query).to_pylist()[0]["value"] == 2
