"""Every published decision is in the log once: with all that decided it, nothing that identifies, and every change of it.

The statements `decided_features`, `bias_verdicts`, `rises`, `states`, `known_entries`, `logged_keys` and `completeness` run here.
"""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.config.fingerprint import canonical_json
from plg_orchestration.governance.audit_log.appending import append_waiting
from plg_orchestration.governance.audit_log.completeness import completeness
from plg_orchestration.governance.audit_log.decisions import bucket, bucketed_reason, log_decisions, used_features
from plg_orchestration.governance.audit_log.outbox import text_digest, waiting
from plg_orchestration.governance.audit_log.reading import Record, find, records
from plg_orchestration.governance.audit_log.verification import verify_audit_log
from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.pql.routing import night
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import table
from tests.governance.audit_attacks import NOON, secret_of
from tests.pql.routing_nights import MONDAY, Nights, opened_on_disk

LEADS = {"ada": 70, "ben": 90, "cyd": 10}


def decide(nights: Nights, day: dt.date = MONDAY) -> int:
    """The night's decisions, published and handed to the outbox in one transaction; how many records."""
    rows = night.decisions(nights.warehouse, as_of=nights.as_of(day), policy=nights.policy)
    with nights.warehouse.transaction():
        nights.publish("pql.decisions", day, rows)
        return log_decisions(nights.warehouse, rows, as_of=nights.as_of(day), policy=nights.policy)


def logged(nights: Nights, state: Path, day: dt.date = MONDAY) -> list[Record]:
    """Everything in the log, after what waits was appended."""
    append_waiting(nights.warehouse, state=state, secret=secret_of(state), day=day, at=NOON)
    return list(records(state / "audit"))


def decided(read: list[Record]) -> list[Record]:
    return [record for record in read if record.kind == "decision"]


def alias(state: Path, user: str, decision: str) -> str:
    with open_keyring(state, secret_of(state)) as keys:
        return keys.alias(user, decision)


def test_a_decision_is_logged_with_all_that_decided_it(tmp_path: Path):
    with opened_on_disk(tmp_path) as nights:
        audit = {"as_of": MONDAY, "target": "conversion", "scorer": "rules", "version": "v1", "status": "protected"}
        judged = [("region", "EMEA", "pass"), ("region", "NA", "warn"), ("segment", "smb", "pass")]
        nights.warehouse.ensure(table("pql.bias_audit"))
        nights.warehouse.ensure(table("pql.promotions"))
        for attribute, group, verdict in judged:
            nights.add("pql.bias_audit", **audit, attribute=attribute, grp=group, metric="selection_rate", verdict=verdict)
        nights.add(
            "pql.promotions", target="conversion", sequence=3, kind="approval", as_of=MONDAY, actor="Dana", version="v1",
            approval=json.dumps({"approved_at": "2025-03-09T10:00:00Z"}), gates='[{"name": "bias", "verdict": "warn"}]',
        )  # fmt: skip
        nights.scored(MONDAY, LEADS, "rules", {})
        nights.warehouse.connection.execute("update pql.features set invites_sent = 7 where user_id = 'ben'")
        assert decide(nights) == 3
        rows = nights.read("pql.decisions", MONDAY)
        read = logged(nights, tmp_path)
        with open_keyring(tmp_path, secret_of(tmp_path)) as keys:
            person, dana = keys.pseudonym("ben"), keys.pseudonym("staff:dana")
        record = find(tmp_path / "audit", "decision", alias(tmp_path, "ben", rows.loc["ben", "decision_id"]))[0]
    assert [one.kind for one in read] == ["decision", "decision", "night"]
    assert (record.person, record.staff, record.at) == (person, {"approver": dana}, dt.datetime(2025, 3, 11))
    features = record.body.pop("features")
    assert features["used"] == {"invites_sent": 5} and "invites_sent" not in features["unknown"]
    assert record.body == {
        "approval": {
            "at": "2025-03-09T10:00:00Z", "kind": "approval", "ledger": 3, "promoted_on": "2025-03-10"
        },
        "as_of": "2025-03-10",
        "bias": {
            "audited_on": "2025-03-10", "protected": {"region": "warn", "segment": "pass"}, "contrasts": {"pass": 2, "warn": 1},
            "gate": "warn", "verdict": "warn",
        },
        "due_at": rows.loc["ben", "due_at"].isoformat(), "handed_over": True, "holdout": False, "holdout_share": 0.0,
        "override": None, "percentile": 100.0, "policy_route": rows.loc["ben", "route"], "qualified": True, "queue_rank": 1,
        "queued_since": "2025-03-10", "route": rows.loc["ben", "route"], "score": 90.0, "scorer": "rules",
        "sla_hours": rows.loc["ben", "sla_hours"], "status": "decided", "suppressed_reason": None, "target": "conversion",
        "threshold": 65.0, "top_reasons": "50 points", "version": "v1",
    }  # fmt: skip
    assert read[2].key == "2025-03-10:conversion"
    assert (read[2].body["decisions"], read[2].body["qualified"]) == (2, 2)


def test_bodies_are_canonical_and_name_neither_people_nor_their_ids(tmp_path: Path):
    with opened_on_disk(tmp_path) as nights:
        nights.scored(MONDAY, {f"user {n}": 60 + n for n in range(30)}, "model", {f"user {n}": f"account {n}" for n in range(30)})
        decide(nights)
        ids = nights.read("pql.decisions", MONDAY)["decision_id"].tolist()
        waits = nights.warehouse.connection.execute("select body from governance.audit_outbox").fetchall()
        logged(nights, tmp_path)
    assert all(canonical_json(json.loads(body)) == body for (body,) in waits)
    text = b"".join(path.read_bytes() for path in (tmp_path / "audit").iterdir()).decode()
    assert len(ids) == 25
    assert not any(needle in text for needle in [*ids, '"user 1', '"account 1', "user 29", "account 29"])


def test_a_night_built_again_adds_nothing_and_a_changed_one_what_changed(tmp_path: Path):
    with opened_on_disk(tmp_path) as nights:
        nights.scored(MONDAY, LEADS, "rules", {})
        assert decide(nights) == 3 and decide(nights) == 0
        first = decided(logged(nights, tmp_path))
        assert decide(nights) == 0
        nights.scored(MONDAY, {"ada": 95, "eve": 80}, "rules", {})
        assert decide(nights) == 3, "ada changed, eve is new, ben is gone; the night has as many as before"
        after = decided(logged(nights, tmp_path, MONDAY + dt.timedelta(days=4)))
        found = completeness(nights.warehouse, first=MONDAY, last=MONDAY)
        with open_keyring(tmp_path, secret_of(tmp_path)) as keys:
            ada, ben, eve = keys.pseudonyms(["ada", "ben", "eve"])
        assert waiting(nights.warehouse) == 0
    assert after[:2] == first
    changed = {record.person: record for record in after[2:]}
    former = {record.person: record for record in first}
    assert changed[ada].replaces == former[ada].entry and changed[ada].key == former[ada].key
    assert changed[ada].body["score"] == 95.0 and changed[ada].body["as_of"] == "2025-03-10"
    assert (changed[ben].body["status"], changed[ben].replaces) == ("withdrawn", former[ben].entry)
    assert changed[eve].replaces is None
    assert {record.day for record in after[2:]} == {MONDAY + dt.timedelta(days=4)}, "the log's day goes on, the night's does not"
    assert (found.verdict, found.published, found.logged) == (Verdict.PASS, 2, 2)
    assert verify_audit_log(tmp_path / "audit").valid


def test_a_decision_that_returns_to_what_it_was_is_logged_again(tmp_path: Path):
    with opened_on_disk(tmp_path) as nights:
        for points in (70, 80, 70):
            nights.scored(MONDAY, {"ada": points}, "rules", {})
            decide(nights)
        read = decided(logged(nights, tmp_path))
    assert [record.body["score"] for record in read] == [70.0, 80.0, 70.0]
    assert [record.replaces for record in read] == [None, read[0].entry, read[1].entry]


def test_an_override_changes_the_decision_and_the_log_keeps_both_without_the_words(tmp_path: Path):
    with opened_on_disk(tmp_path) as nights:
        nights.scored(MONDAY, LEADS, "rules", {})
        decide(nights)
        decision = nights.read("pql.decisions", MONDAY).loc["ada"]
        said = {
            "number": 1, "override_id": "o1", "decision_id": decision["decision_id"], "as_of": MONDAY, "target": "conversion",
            "user_id": "ada", "action": "suppress", "was_route": decision["route"], "was_status": "handed_over",
            "now_route": decision["route"], "now_status": "suppressed", "until": MONDAY + dt.timedelta(days=9), "person": "Dana",
            "recorded_at": dt.datetime(2025, 3, 11, 9), "rationale": "Ada asked Dana to wait",
        }  # fmt: skip
        nights.warehouse.insert(
            table("pql.overrides"), pd.DataFrame([said], dtype=object).reindex(columns=table("pql.overrides").column_names)
        )
        decide(nights)
        read = find_all(nights, tmp_path, decision["decision_id"])
        link = alias(tmp_path, "ada", "o1")
        with open_keyring(tmp_path, secret_of(tmp_path)) as keys:
            dana = keys.pseudonym("staff:dana")
    before, after = read
    assert before.body["override"] is None and after.replaces == before.entry
    assert after.body["suppressed_reason"] == "suppressed by a person"
    assert after.body["override"] == {
        "action": "suppress", "at": "2025-03-11T09:00:00", "rationale_sha256": text_digest("o1", "Ada asked Dana to wait"),
        "until": "2025-03-19",
    }  # fmt: skip
    assert after.links == {"override": link} and after.staff == {"override": dana}
    everything = b"".join(path.read_bytes() for path in (tmp_path / "audit").iterdir())
    assert b"asked" not in everything and b"Dana" not in everything


def find_all(nights: Nights, state: Path, decision: str) -> list[Record]:
    logged(nights, state)
    return find(state / "audit", "decision", alias(state, "ada", decision))


def test_a_decision_missing_in_the_log_is_found_and_an_erased_person_is_no_fault(tmp_path: Path):
    with opened_on_disk(tmp_path) as nights:
        nights.scored(MONDAY, LEADS, "rules", {})
        decide(nights)
        logged(nights, tmp_path)
        delete = nights.warehouse.connection.execute
        delete("delete from pql.decisions where user_id = 'ada'")
        lost = completeness(nights.warehouse, first=MONDAY, last=MONDAY)
        delete("update governance.audit_log set kind = 'erasure' where kind = 'night'")
        erased = completeness(nights.warehouse, first=MONDAY, last=MONDAY)
        delete("delete from governance.audit_log where kind = 'decision'")
        unlogged = completeness(nights.warehouse, first=MONDAY, last=MONDAY)
    assert (lost.verdict, lost.reason) == (Verdict.FAIL, "2025-03-10: 1 published, 2 in the log")
    assert erased.verdict is Verdict.WARN and unlogged.verdict is Verdict.FAIL


def test_an_erased_person_leaves_the_chain_valid_and_nobody_finds_the_record_again(tmp_path: Path):
    with opened_on_disk(tmp_path) as nights:
        nights.scored(MONDAY, LEADS, "rules", {})
        decide(nights)
        decision = nights.read("pql.decisions", MONDAY).loc["ada", "decision_id"]
        assert len(find_all(nights, tmp_path, decision)) == 1
        with open_keyring(tmp_path, secret_of(tmp_path)) as keys:
            keys.forget("ada")
        for name in ("pql.features", "pql.scores", "pql.decisions", "governance.audit_states"):
            nights.warehouse.connection.execute(f"delete from {name} where user_id = 'ada'")
        decide(nights)
        assert find_all(nights, tmp_path, decision) == []
        read = decided(logged(nights, tmp_path))
    assert len(read) == 2 and verify_audit_log(tmp_path / "audit").valid


@pytest.mark.parametrize(
    ("value", "told"), [(0, 0), (1, 1), (4, 3), (7, 5), (10, 10), (49, 20), (99999, 10000), (-1, -1), (-4, -5)]
)
def test_counts_are_told_as_the_largest_step_that_they_reach(value: int, told: int):
    assert bucket(value) == told


def test_figures_in_reasons_are_bucketed_and_spans_of_days_are_not():
    said = "events on the last day: 7; invites in 28 days: 11; active on 12 of the last 30 days; first 14 days: 4; B2B; 2.5"
    assert bucketed_reason(said) == (
        "events on the last day: 5; invites in 28 days: 10; active on 10 of the last 30 days; first 14 days: 3; B2B; 2"
    )


def test_no_feature_that_describes_a_person_is_ever_told():
    from plg_orchestration.config.section import load_default
    from plg_orchestration.pql.policy import PqlPolicy

    policy = load_default("pql", PqlPolicy)
    for scorer in ("rules", "weighted", "model", "hybrid", "shadow"):
        used = used_features(scorer, policy)
        assert used and not any(feature.personal for feature in used)
