"""Who routes after a night: promotions are entered once, a former champion comes back in one step, nothing untrusted scores."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.audit import bias_audit
from plg_orchestration.pql.features.queries import features
from plg_orchestration.pql.feedback.false_discovery import FalseDiscovery
from plg_orchestration.pql.promotion.champion import best_model, champion, champion_on, incumbent_model, routing_models
from plg_orchestration.pql.promotion.ledger import FILE_CHECK, LIVE
from plg_orchestration.pql.promotion.live import judge_live
from plg_orchestration.pql.promotion.people import RefusedRollback, roll_back
from plg_orchestration.pql.promotion.validity import champion_faults
from plg_orchestration.pql.training.artifacts import MODEL_FILE
from plg_orchestration.pql.training.candidate import train
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse
from tests.pql.champion_nights import OF_OTHER_INPUTS, START, TARGET, Nights, policy_with

AT = dt.datetime(2025, 3, 12, 9, 30)
SOLD_BADLY = "sales found nobody in the queue who wanted to buy"
AUTOMATIC = policy_with()


@pytest.fixture
def nights(tmp_path):
    with Warehouse.open(tmp_path) as warehouse:
        yield Nights(warehouse, tmp_path, AUTOMATIC)


def taken_back(nights: Nights, reason: str = SOLD_BADLY):
    return roll_back(nights.warehouse, person="ana", reason=reason, at=AT, policy=nights.policy, state=nights.state)


def routes(row) -> tuple[object, object]:
    return row["scorer"], row["version"]


def model_file(nights: Nights, version: str) -> Path:
    return nights.state / "models" / TARGET / version / MODEL_FILE


def incumbent(nights: Nights, number: int):
    as_of = AsOf(START + dt.timedelta(days=number))
    return incumbent_model(nights.warehouse, as_of=as_of, policy=nights.policy, target=TARGET, state=nights.state)


def best(nights: Nights, number: int):
    as_of = AsOf(START + dt.timedelta(days=number))
    return best_model(nights.warehouse, as_of=as_of, policy=nights.policy, target=TARGET, state=nights.state)


def scoring(nights: Nights, number: int):
    as_of = AsOf(START + dt.timedelta(days=number))
    found = routing_models(nights.warehouse, as_of=as_of, policy=nights.policy, state=nights.state)
    return [(name, champion.version) for name, champion, _ in found]


# -- promotion --------------------------------------------------------------------------------------------------------


def test_a_night_promotes_once_however_often_it_is_run_and_rebuilt(nights):
    row = nights.night(0)
    version = row["challenger"]
    assert routes(row) == ("model", version) and row["promoted"] and row["outcome"] == "promoted"
    assert nights.judge(0) == row and nights.judge(0, newest=False) == row
    (entry,) = nights.ledger
    assert (entry.sequence, entry.kind, entry.actor, entry.as_of, entry.version) == (1, "promotion", "gates", START, version)
    assert entry.previous.startswith("rules-") and entry.best == version and entry.false_discovery_rate == pytest.approx(0.6)
    assert json.loads(entry.gates) == json.loads(row["gates"])
    assert incumbent(nights, 0) is None and incumbent(nights, 1).version == version
    assert scoring(nights, 0) == [("model", version)]


def test_a_day_that_promoted_promotes_no_other_version_when_it_is_trained_anew(nights):
    row = nights.night(0)
    nights.warehouse.connection.execute("delete from pql.candidate; delete from pql.features")
    nights.train(0, model=2)
    assert nights.judge(0) == row and len(nights.ledger) == 1


def test_a_past_day_promotes_nobody_however_good_the_candidate(nights):
    nights.train(0)
    row = nights.judge(0, newest=False)
    assert row["scorer"] == "rules" and nights.ledger == ()
    assert nights.gates(0)["newest_day"] == "fail" and "a backfill never moves the champion" in row["reason"]


def test_the_audit_of_another_version_and_a_file_out_of_reach_promote_nobody(nights):
    nights.train(0)
    nights.warehouse.connection.execute("update pql.bias_audit set version = 'other'")
    nights.judge(0)
    assert nights.gates(0) == {"operating_point": "warn", "bias": "insufficient"}
    nights.train(1)
    nights.state, here = nights.state / "elsewhere", nights.state
    row = nights.judge(1)
    nights.state = here
    assert nights.gates(1)["model_file"] == "fail" and "cannot be read" in row["reason"] and row["outcome"] == "rejected"


def test_a_day_without_training_keeps_the_champion_and_says_why(nights):
    version = nights.crown(0)
    nights.insert("pql.candidate", [{"as_of": START + dt.timedelta(days=1), "target": TARGET, "scorer": "model",
                                     "version": "x", "status": "not_trained", "reason": "no time"}])  # fmt: skip
    row = nights.judge(1)
    assert routes(row) == ("model", version) and (row["outcome"], row["reason"]) == ("not_trained", "trained: no time")


def test_missing_coverage_or_old_activity_promote_nobody(nights):
    nights.train(0)
    nights.warehouse.connection.execute("delete from ingest.coverage")
    nights.judge(0)
    assert nights.gates(0)["coverage"] == "insufficient"
    nights.train(9)
    nights.warehouse.connection.execute("update ingest.coverage set seen = false")
    nights.warehouse.connection.execute("delete from behavior.user_days where received_date > $d", {"d": START})
    row = nights.judge(9)
    assert (nights.gates(9)["freshness"], nights.gates(9)["coverage"]) == ("insufficient", "insufficient")
    assert "missing: Signed Up" in row["reason"]


def test_a_better_challenger_waits_for_the_cooldown(nights):
    first = nights.crown(0)
    assert routes(nights.night(6, model=2)) == ("model", first) and nights.gates(6)["cooldown"] == "fail"
    second = nights.night(7, model=2)
    assert second["promoted"] and second["previous"] == first and incumbent(nights, 8).version == second["version"]


def test_the_best_ever_stays_the_yardstick_until_it_is_surely_beaten(nights):
    first = nights.crown(0)
    assert best(nights, 7) is None
    second = nights.night(7, model=2, gains=(0.03, 0.01), best=(0.5, 0.5))["challenger"]
    assert nights.ledger[-1].best == second, "it beat the incumbent, who was the best"
    third = nights.night(37, model=3, gains=(0.0, -0.015))["challenger"]
    assert incumbent(nights, 38).version == third and nights.ledger[-1].best == second, "stale, so it was only matched"
    assert best(nights, 38).version == second
    nights.night(67, model=4, gains=(0.0, -0.01), best=(-0.03, -0.05))
    assert nights.gates(67)["best"] == "fail"
    fourth = nights.night(68, model=4, gains=(0.01, 0.005), best=(0.02, 0.01))["challenger"]
    assert nights.ledger[-1].best == fourth and first not in {e.best for e in nights.ledger[1:]}


def test_a_declared_day_makes_former_champions_no_yardstick(nights):
    nights.crown(0)
    nights.night(30, model=2, gains=(0.0, -0.01))
    nights.policy = policy_with(best_since=START + dt.timedelta(days=1))
    assert best(nights, 60) is None
    assert nights.night(60, model=3, gains=(0.0, -0.01), best=(-0.5, -0.5))["promoted"]


def test_the_ledger_of_an_earlier_release_keeps_its_lines(nights):
    nights.crown(0)
    before = nights.ledger
    nights.warehouse.connection.execute("alter table pql.promotions drop column approval")
    assert nights.ledger == before


# -- rollback ---------------------------------------------------------------------------------------------------------


def test_a_person_returns_to_the_former_champion_in_one_step_and_to_the_rules_in_another(nights):
    first, second = nights.crown(0), nights.crown(7, model=2)
    entry = taken_back(nights)
    assert (entry.kind, entry.actor, entry.previous, entry.version, entry.acted_at) == ("rollback", "ana", second, first, AT)
    row = nights.row(7)
    assert routes(row) == ("model", first) and row["change"] == f"rollback from {second} to {first} by ana: {SOLD_BADLY}"
    assert scoring(nights, 7) == [("model", first)] and best(nights, 8) is None
    assert taken_back(nights) == entry and len(nights.ledger) == 3
    again = taken_back(nights, "and the one before is no better")
    assert again.scorer == "rules" and nights.row(7)["threshold"] == 65 and incumbent(nights, 8) is None
    with pytest.raises(RefusedRollback, match="the rules route leads"):
        taken_back(nights, "a third time, for no good reason")


def test_what_was_rolled_back_does_not_come_back_when_the_night_is_run_again(nights):
    first, second = nights.crown(0), nights.crown(7, model=2)
    taken_back(nights)
    row = nights.judge(7)
    assert routes(row) == ("model", first) and row["challenger"] == second and row["promoted"]
    assert routes(nights.night(8, model=3)) == ("model", first) and nights.gates(8) == {
        "operating_point": "warn", "cooldown": "fail",
    }  # fmt: skip
    third = nights.night(14, model=3)
    assert third["promoted"] and third["previous"] == first


@pytest.mark.parametrize(("person", "reason"), [("", SOLD_BADLY), ("ana", "bad")])
def test_a_rollback_needs_a_person_and_a_reason(nights, person, reason):
    nights.crown(0)
    with pytest.raises(RefusedRollback, match="give both"):
        roll_back(nights.warehouse, person=person, reason=reason, at=AT, policy=nights.policy, state=nights.state)
    assert len(nights.ledger) == 1


def test_nothing_to_take_back_is_said_plainly(nights):
    with pytest.raises(RefusedRollback, match="no night has decided"):
        taken_back(nights)


def test_live_outcomes_take_the_champion_back_by_themselves(nights):
    version = nights.crown(0)
    nights.leads(0, version, [False] * 40)
    kept = nights.night(30, model=2, gains=(0.01, -0.1))
    assert routes(kept) == ("model", version), "the outcome window of 31 days is not over"
    row = nights.night(31, model=3)
    assert row["scorer"] == "rules" and row["previous"] == version and not row["promoted"]
    entry = nights.ledger[-1]
    assert (entry.kind, entry.actor, entry.previous) == ("automatic_rollback", LIVE, version)
    (live,) = json.loads(row["live"])
    assert (live["rate"], live["leads"], live["verdict"]) == (1.0, 40, "fail") and live["limit"] == pytest.approx(0.7)
    assert nights.gates(31) == {"operating_point": "warn", "cooldown": "fail"}
    assert nights.judge(31) == row and len(nights.ledger) == 2


def test_a_past_day_takes_nobody_back(nights):
    version = nights.crown(0)
    nights.leads(0, version, [False] * 40)
    nights.train(31)
    assert routes(nights.judge(31, newest=False)) == ("model", version) and len(nights.ledger) == 1


FOUND = FalseDiscovery("model", "v1", 100, 50, 0.8, 0.71, 0.88, START, START, 0, 1.0)


@pytest.mark.parametrize(
    ("found", "threshold_policy", "seen", "expected"),
    [
        (FOUND, "capacity", 0.60, Verdict.FAIL),
        (FOUND, "capacity", 0.62, Verdict.WARN),
        (FOUND, "capacity", 0.75, Verdict.PASS),
        (FOUND, "operating_point", 0.75, Verdict.FAIL),
        (replace(FOUND, rate=0.21, low=0.19), "operating_point", 0.15, Verdict.WARN),
        (replace(FOUND, accounts=19), "capacity", 0.60, Verdict.INSUFFICIENT),
        (replace(FOUND, rate=None, low=None, high=None), "capacity", 0.60, Verdict.INSUFFICIENT),
        (FOUND, "capacity", None, Verdict.INSUFFICIENT),
    ],
)
def test_a_live_rate_takes_back_only_when_it_is_surely_over_its_limit(nights, found, threshold_policy, seen, expected):
    nights.crown(0)
    entry = replace(nights.ledger[0], threshold_policy=threshold_policy, false_discovery_rate=seen)
    assert judge_live(found, entry, nights.policy.promotion.rollback).verdict is expected


# -- untrusted files --------------------------------------------------------------------------------------------------


def test_a_changed_model_file_never_scores_and_the_former_champion_does(nights):
    first, second = nights.crown(0), nights.crown(7, model=2)
    model_file(nights, second).write_bytes(model_file(nights, first).read_bytes())
    assert scoring(nights, 7) == [("model", first)] and routes(nights.row(7)) == ("model", first)
    entry = nights.ledger[-1]
    assert (entry.kind, entry.actor, entry.previous) == ("automatic_rollback", FILE_CHECK, second)
    assert "the file was changed" in nights.row(7)["change"]
    faults = champion_faults(
        nights.warehouse, as_of=AsOf(START + dt.timedelta(days=7)), policy=nights.policy, state=nights.state,
        approvals=nights.approvals,
    )  # fmt: skip
    assert [f.verdict for f in faults] == [Verdict.FAIL] and f"{second} was taken back by the file check" in faults[0].reason


def test_with_every_file_changed_the_rules_score_and_the_next_night_says_so(nights):
    first, second = nights.crown(0), nights.crown(7, model=2)
    for version in (first, second):
        model_file(nights, version).write_bytes(b"not a model")
    row = nights.night(8, model=3)
    assert row["scorer"] == "rules" and scoring(nights, 8) == [] and nights.ledger[-1].previous == second
    assert "the file was changed" in row["change"] and len(nights.ledger) == 3


def test_a_past_day_with_a_changed_file_is_scored_by_the_rules_and_the_ledger_stays(nights):
    version = nights.crown(0)
    nights.crown(9, model=2)
    model_file(nights, version).unlink()
    assert scoring(nights, 0) == [] and routes(nights.row(0))[0] == "rules" and len(nights.ledger) == 2


def test_a_champion_of_inputs_that_are_not_made_any_more_gives_way(nights):
    first, second = nights.crown(0), nights.crown(7, model=OF_OTHER_INPUTS)
    assert scoring(nights, 7) == [("model", first)] and nights.ledger[-1].previous == second
    assert "trained on other inputs than are made by now (changed: fax_messages_28d)" in nights.row(7)["change"]


def test_a_swapped_mlmodel_and_code_beside_the_model_are_never_looked_at(nights, tmp_path):
    version = nights.crown(0)
    folder, mark = model_file(nights, version).parent, tmp_path / "executed"
    (folder / "MLmodel").write_text("flavors: {python_function: {loader_module: trap, code: code}}\n")
    (folder / "code").mkdir()
    (folder / "code" / "trap.py").write_text(f"open({str(mark)!r}, 'w').write('x')\n")
    assert scoring(nights, 0) == [("model", version)] and not mark.exists()


# -- shadow -----------------------------------------------------------------------------------------------------------


def test_a_shadow_scores_beside_the_champion_and_routes_nobody(nights):
    champion = nights.crown(0)
    nights.policy = policy_with("shadow")
    row = nights.night(10, model=2)
    assert routes(row) == ("model", champion) and row["outcome"] == "shadow" and row["shadow"] == row["challenger"]
    assert scoring(nights, 10) == [("model", champion), ("shadow", row["shadow"])]
    assert nights.judge(10) == row and [e.kind for e in nights.ledger] == ["promotion", "shadow"]
    assert nights.night(12, model=3)["shadow"] == row["shadow"], "it stands until its outcomes are known"
    nights.leads(12, champion, [False] * 12 + [True] * 18)
    nights.leads(12, row["shadow"], [False] * 27 + [True] * 3, scorer="shadow")
    live = {j["scorer"]: j for j in json.loads(nights.night(44, model=4)["live"])}
    assert (live["model"]["version"], live["shadow"]["version"]) == (champion, row["shadow"])
    assert (live["model"]["leads"], live["shadow"]["leads"]) == (30, 30)
    assert nights.night(55, model=5)["shadow"] != row["shadow"], "after 45 days the next one takes its place"


def test_a_challenger_that_fails_is_no_shadow_and_a_changed_shadow_file_is_passed_over(nights):
    nights.policy = policy_with("shadow")
    assert nights.night(0, leaking="limit_hits_28d")["shadow"] is None
    version = nights.night(1)["shadow"]
    model_file(nights, version).write_bytes(b"other")
    assert scoring(nights, 1) == []
    nights.policy = policy_with()
    assert nights.night(2, model=2)["shadow"] is None


def test_faults_name_a_missing_row_and_a_table_that_disagrees_with_the_ledger(nights):
    nights.crown(0)

    def faults(number: int = 0) -> str:
        found = champion_faults(
            nights.warehouse, as_of=AsOf(START + dt.timedelta(days=number)), policy=nights.policy, state=nights.state,
            approvals=nights.approvals,
        )  # fmt: skip
        return "; ".join(f.reason for f in found)

    assert faults() == "" and "no champion is recorded" in faults(1)
    nights.warehouse.connection.execute("update pql.champion set version = 'other'")
    assert "pql.champion names other" in faults()
    assert champion_on(nights.warehouse, as_of=AsOf(START))["version"] == "other"


# -- from a real training ---------------------------------------------------------------------------------------------


def test_shuffled_outcomes_promote_nobody(world, policy, tmp_path, grow_in, quick_policy):
    grow_in(world, drive=0.0)
    relaxed = quick_policy(policy, min_train_positives=5)
    training = train(world.warehouse, as_of=world.as_of, policy=relaxed, state=tmp_path)
    assert training.status == "trained", training.reason
    world.keep("pql.candidate", training.candidate)
    world.keep("pql.test_predictions", training.predictions)
    world.keep("pql.bias_audit", bias_audit(world.warehouse, as_of=world.as_of, policy=relaxed))
    world.keep("pql.features", world.warehouse.frame(features(as_of=world.as_of, policy=relaxed)))
    row, promotion = champion(world.warehouse, as_of=world.as_of, policy=relaxed, newest=True, state=tmp_path)
    gates = {gate.name: gate.verdict for gate in promotion.gates}
    assert not promotion.promoted and row.loc[0, "scorer"] == "rules" and row.loc[0, "outcome"] == "rejected"
    assert gates["permutation_null"] is Verdict.FAIL
    assert gates["model_file"] is Verdict.PASS and gates["explanations"] is Verdict.PASS


def test_a_cold_start_keeps_the_rules_and_says_when_training_becomes_possible(world, policy, tmp_path):
    training = train(world.warehouse, as_of=world.as_of, policy=policy, state=tmp_path)
    world.keep("pql.candidate", training.candidate)
    world._ensure("pql.bias_audit")
    row, _ = champion(world.warehouse, as_of=world.as_of, policy=policy, newest=True, state=tmp_path)
    assert row.loc[0, ["scorer", "verdict", "promoted", "outcome"]].tolist() == ["rules", "insufficient", False, "not_trained"]
    assert row.loc[0, "reason"].startswith("trained: no activity is known yet")
