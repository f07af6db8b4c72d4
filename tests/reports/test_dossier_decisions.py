"""The dossier of a decision on small real tables: reasons that add up, the night as it was, what people and later nights did."""

import datetime as dt
import io
import json
import re
import shutil

import pytest
from rich.console import Console

from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.pql.routing.overrides import Word, record_override
from plg_orchestration.pql.training.artifacts import MODEL_FILE
from plg_orchestration.reports.dossier import UnknownDecision, dossier_page
from plg_orchestration.reports.dossier.terminal import print_dossier
from plg_orchestration.warehouse import Warehouse

from .dossier_nights import DAY, MODEL, MONDAY, SECRET, Small, cells, fact, said

LOG, REASONS, VERSION = "In the tamper-evident log", "Exact reasons", "Version and threshold"


ONE = {"threads": "1"}


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Monday's night by the points and by a model: the state folder, decision ids and Ann's dossier; tests work on copies."""
    made = {}
    for by in ("rules", "model"):
        folder = tmp_path_factory.mktemp(by)
        with Warehouse.open(folder, settings=ONE) as opened:
            here = Small(folder, opened)
            if by == "model":
                here.promote()
            ids = here.night(model=by == "model")
            made[by] = (folder, ids, here.explain(ids["ann"]))
    return made


@pytest.fixture
def small(nights, tmp_path):
    folder, ids, _ = nights["rules"]
    shutil.copytree(folder, tmp_path / "state")
    with Warehouse.open(tmp_path / "state", settings=ONE) as opened:
        yield Small(tmp_path / "state", opened, first=ids)


@pytest.fixture
def modeled(nights, tmp_path):
    folder, ids, _ = nights["model"]
    shutil.copytree(folder, tmp_path / "state")
    with Warehouse.open(tmp_path / "state", settings=ONE) as opened:
        yield Small(tmp_path / "state", opened, first=ids)


def override(small, decision_id, action="suppress", rationale="they asked us to wait"):
    word = Word(decision_id, action, "Dana", rationale)
    return record_override(
        small.warehouse, word, policy=small.pql, file=small.state / "overrides.jsonl", state=small.state,
        recorded_at=dt.datetime(2025, 3, 11, 9), timezone="UTC",
    )  # fmt: skip


# -- person_features, person_scores, person_weights: how the score came about -----------------------------------------


def test_points_are_traced_criterion_by_criterion_and_are_those_of_the_night(nights):
    made = nights["rules"][2]
    fired = {row[0]: row[4] for row in cells(made, "Rule trace") if row[3] == "fired"}
    assert fired == {
        "completed the onboarding flow": "10 of 10", "invited 1 to 3 team members": "15 of 15",
        "hit a limit of the free plan": "30 of 30",
        "active on 5 or more of the first 14 days": "15 of 15", "used 3 or more core features": "20 of 20",
    }  # fmt: skip
    assert fact(made, "Points").value == "90 from 5 of 14 criteria, as recorded" and fact(made, "Points").tone == "good"
    assert fact(made, "Score", "The decision").value == "90.000 (points)"
    assert {row[0]: row[3] for row in cells(made, "Weighted formula")}["Action"] == "40.00"
    assert fact(made, "Score", "Weighted formula").tone == "good"


def test_a_models_contributions_add_up_to_the_score_that_the_night_recorded(nights):
    made = nights["model"][2]
    adds = [float(row[3].replace("−", "-")) for row in cells(made, REASONS)]
    baseline = float(fact(made, "The average user").value.replace("−", "-"))
    total = float(fact(made, "Together").value.split()[0].replace("−", "-"))
    assert baseline + sum(adds) == pytest.approx(total, abs=0.006) and len(adds) > 40
    assert fact(made, "Together").tone == fact(made, "As recorded", REASONS).tone == "good"
    assert fact(made, "As recorded", REASONS).value.endswith(": the same")
    assert fact(made, "Stored file").tone == "good" and fact(made, "Recorded digest").value.startswith("SHA-256 ")
    assert "the share of people that the teams can work" in fact(made, "Threshold", VERSION).value
    assert said(made, "Promotion") == ["2025-03-09 by gates, promoted over rules-1: every gate holds"]
    assert fact(made, "Data snapshot").value == "d" * 64


def test_a_model_file_that_is_not_the_judged_one_is_not_executed_and_said(modeled):
    decided = modeled.first["ann"]
    path = modeled.state / "models" / "conversion" / MODEL / MODEL_FILE
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    made = modeled.explain(decided)
    assert fact(made, "Stored file").tone == "bad" and "the file was changed" in fact(made, "Recomputed", REASONS).value


def test_a_version_whose_day_was_trained_again_is_told_by_its_manifest_and_the_ledger(modeled):
    modeled.warehouse.connection.execute("delete from pql.candidate")
    gates = json.dumps([{"name": "bias", "figure": 0, "limit": 0, "verdict": "warn", "reason": "EMEA is beyond the limit"}])
    modeled.warehouse.connection.execute("update pql.promotions set gates = $gates", {"gates": gates})
    made = modeled.explain(modeled.first["ann"])
    assert "manifest" in fact(made, "Record", VERSION).value and fact(made, "As recorded", REASONS).tone == "good"
    assert fact(made, "Gate at its promotion").value == "warn: EMEA is beyond the limit"


def test_a_recorded_score_that_the_model_does_not_give_is_said(modeled):
    decided = modeled.first["ann"]
    modeled.warehouse.connection.execute("update pql.decisions set score = score + 1 where user_id = 'ann'")
    made = modeled.explain(decided)
    assert fact(made, "Together").tone == "good" and fact(made, "As recorded", REASONS).tone == "bad"
    assert fact(made, "Against the table").tone == "bad" and "score is" in fact(made, "Against the table").value


def test_points_of_another_policy_are_told_as_recorded_and_not_recomputed(small):
    decided = small.first["ann"]
    other = small.pql.rules.model_copy(update={"threshold": 70.0})
    small.pql = small.pql.model_copy(update={"rules": other})
    told = fact(small.explain(decided), "Recomputed", "Rule trace").value
    assert "was rules-" in told and "(90 points)" in told


# -- as it was then: version_training, version_audit, person_objections, person_invites, person_suspicions -----------------


def test_what_became_known_later_does_not_change_the_decision_but_is_told_as_later(small):
    decided = small.first["ann"]
    small.people["ann"] |= {"limit_hits_28d": 0}
    small.night(MONDAY + DAY)
    late = dt.datetime(2025, 3, 11, 8)
    small.put(
        "ingest.objections", objection_id="o1", user_id="ann", at=late, known_at=late, known_date=late.date(), file_id="f", line=1
    )
    small.put("governance.suspects", as_of=MONDAY + DAY, unit_id="ann", rule="invite_ring")
    version = said(small.explain(decided), "Scorer and version")[0].removeprefix("rules ")
    for day, verdict in ((MONDAY, "pass"), (MONDAY + DAY, "fail")):
        small.put("pql.bias_audit", as_of=day, target="conversion", scorer="rules", version=version, attribute="region",
                  grp="EMEA", status="protected", metric="selection_rate", verdict=verdict, reason="+0.01", n=80)  # fmt: skip
    made = small.explain(decided)
    assert fact(made, "Points").value.startswith("90 ") and made.decided_on == "2025-03-10" and made.known_on == "2025-03-11"
    assert fact(made, "Objection to marketing").value == "as known that night: none"
    assert said(made, "Since then") == ["by the person on 2025-03-11"] and fact(made, "Suspected fake or bot").value == "no"
    assert fact(made, "Protected contrasts").value.startswith("pass: 0 fail, 0 warn, 0 insufficient, 1 pass")
    (later,) = cells(made, "The same person on other nights")
    assert later[0] == "2025-03-11"


def test_consent_to_an_invitation_and_a_suspicion_of_that_night_are_told(small):
    early = dt.datetime(2025, 3, 1, 8)
    known = {"known_at": early, "known_date": early.date(), "file_id": "f", "line": 1}
    small.put("ingest.invites", invite_id="i", inviter_id="bob", invitee_user_id="ann", sent_at=early, opt_in_at=early, **known)
    small.put("governance.suspects", as_of=MONDAY, unit_id="ann", rule="disposable_domain")
    made = small.explain(small.night()["ann"])
    assert fact(made, "Invitation").value == "sent 2025-03-01, agreed once on 2025-03-01"
    assert fact(made, "Objection to marketing").value == "as known that night: none"
    assert "disposable domain" in fact(made, "Suspected fake or bot").value
    assert fact(made, "Suppressed").value == "suspected fake account: disposable_domain"
    assert "left alone: suspected" in fact(made, "Decision").value


def test_the_draw_of_the_holdout_is_repeated(nights):
    made = nights["rules"][2]
    assert fact(made, "Drawn").value.startswith("for 2025-Q1, by account, with probability 5.0")
    assert fact(made, "Draw repeated").value == "the same result"


# -- decision_sla, decision_overrides, later_outcomes, later_conversions: what came of it ----------------------------------


def test_service_level_sales_and_conversion_are_told_as_known_on_the_newest_night(small):
    decided = small.first["ann"]
    at = dt.datetime(2025, 3, 11, 10)
    small.put("pql.sla", as_of=MONDAY + DAY, target="conversion", decision_id=decided, sla_hours=4.0, due_at=at, contacted_at=at,
              contact="accepted", status="in_time", hours_to_contact=10.0)  # fmt: skip
    known = {"known_at": at, "known_date": at.date(), "file_id": "f", "line": 1}
    small.put("ingest.crm_outcomes", outcome_id="c", decision_id=decided, user_id="ann", outcome="accepted", at=at, **known)
    small.night(MONDAY + DAY)
    assert fact(small.explain(decided), "Outcome").value == "not known yet: the window 2025-03-12 to 2025-04-10 is still open"
    starts = dt.datetime(2025, 3, 20)
    small.put("ingest.subscriptions", subscription_id="s", account_id="of-ann", mrr=40.0, trial=False, started_at=starts,
              known_at=starts, known_date=starts.date(), file_id="f", line=1)  # fmt: skip
    small.night(dt.date(2025, 3, 21))
    made = small.explain(decided)
    assert fact(made, "Outcome").value.startswith("yes: paid on 2025-03-20, 10 days after the night")
    levels = said(made, "Service level")
    assert levels == ["met: contacted in time, as known on 2025-03-11"]
    assert [row[1:] for row in cells(made, "What came of it")] == [("Accepted", "–", "this decision")]


def test_an_outcome_inside_the_gap_counts_neither_way_and_none_is_no_after_the_window(small):
    decided = small.first
    starts = dt.datetime(2025, 3, 11, 12)
    small.put("ingest.subscriptions", subscription_id="s", account_id="of-ann", mrr=40.0, trial=False, started_at=starts,
              known_at=starts, known_date=starts.date(), file_id="f", line=1)  # fmt: skip
    small.night(dt.date(2025, 4, 20))
    assert "inside the gap" in fact(small.explain(decided["ann"]), "Outcome").value
    small.people["eve"] = {"limit_hits_28d": 1}
    if "eve" in decided:
        assert fact(small.explain(decided["eve"]), "Outcome").value.startswith("no, within the window")


def test_a_persons_word_is_told_with_what_was_before_and_the_log_keeps_both(small):
    decided = small.first["ann"]
    override(small, decided)
    small.night()
    made = small.explain(decided)
    ((when, who, was, became, until, why),) = cells(made, "Decided otherwise by a person")
    assert (when, who, until, why) == ("2025-03-11 09:00", "Dana", "2025-06-09", "they asked us to wait")
    assert was.startswith("Inside sales, handed over") and became == "Inside sales, left alone"
    assert fact(made, "By the policy alone").value == "Inside sales"
    told = cells(made, LOG)
    assert len(told) == 2 and told[0][3].startswith("replaced by number") and told[1][3] == "newest"
    assert "handed over" in told[1][4].lower() and fact(made, "Proof", LOG).tone == "good"


# -- the log: people, decisions_beside, person_decisions, tracked ---------------------


def test_the_place_in_the_chain_is_proven_and_compared_with_the_table(small):
    made = small.explain(small.first["ann"])
    assert fact(made, "Proof", LOG).value.startswith("holds: ") and re.fullmatch("[0-9a-f]{64}", fact(made, "Hash").value)
    assert fact(made, "Against the table").tone == "good" and fact(made, "Key of the record").value.startswith("x_")
    again = small.explain(fact(made, "Key of the record").value)
    assert again.decision_id == made.decision_id and again.person == made.person


def test_a_decision_that_a_rebuilt_night_replaced_is_told_from_the_log_with_its_successor(small):
    old = small.first["ann"]
    small.promote()
    new = small.night(model=True)["ann"]
    assert old != new
    made = small.explain(old)
    assert new in fact(made, "Superseded").value and made.decided_on == "2025-03-10"
    assert fact(made, "Scorer", "What the log holds of it").value == "rules" and fact(made, "Proof", LOG).tone == "good"
    assert any("withdrawn" in row[4] for row in cells(made, LOG))


def test_an_erased_person_is_said_to_be_erased_and_the_id_leads_nowhere(small):
    decided = small.first["ann"]
    key = fact(small.explain(decided), "Key of the record").value
    with open_keyring(small.state, SECRET) as keys:
        keys.forget("ann")
    for name in ("features", "decisions", "scores", "rule_scores", "weighted_scores", "routes"):
        small.warehouse.connection.execute(f"delete from pql.{name} where user_id = 'ann'")
    made = small.explain(key)
    assert "erased" in fact(made, "Person").value and "ann" not in dossier_page(made)
    with pytest.raises(UnknownDecision, match="its person was erased"):
        small.explain(decided)


def test_an_unknown_id_is_refused_with_a_remedy(small):
    with pytest.raises(UnknownDecision, match=r"'nope' is not known.*take a decision_id|'nope' is not known.*Take a decision_id"):
        small.explain("nope")


def test_links_lead_to_the_version_in_mlflow_and_the_nights_run_in_dagster(modeled):
    decided = modeled.first["ann"]
    common = {"target": "conversion", "version": MODEL, "path": "reports/model_cards/x.html"}
    modeled.put("reports.model_card", as_of=MONDAY - DAY, mlflow_experiment_id="2", mlflow_run_id="r1",
              mlflow_model="acme-pql-conversion", mlflow_version="4", dagster_run_id="run-0", **common)  # fmt: skip
    modeled.put("reports.model_card", as_of=MONDAY, **{**common, "version": "other"}, dagster_run_id="run-1")
    made = modeled.explain(decided)
    links = {label.label: label.link for title, label in made.facts() if title == "Where else it is shown"}
    assert links["Training in MLflow"].endswith("/#/experiments/2/runs/r1") and links["The night in Dagster"].endswith(
        "/runs/run-1"
    )
    assert links["Registered version"].endswith("/#/models/acme-pql-conversion/versions/4")


# -- shown -----------------------------------------------------------------------------------------------------------------


def test_the_page_names_nobody_escapes_everything_and_fetches_nothing(small):
    small.people = {"ann-needle": {**small.people["ann"], "region": "needle-region"}}
    decided = small.night()["ann-needle"]
    override(small, decided, rationale='<script>alert(1)</script> & "more"')
    page = dossier_page(small.explain(decided))
    assert "needle" not in page and "p_" in page and "Acme &lt;&amp;&gt;" in page
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page
    assert not re.search(r'(src|@import|url\()\s*=?\s*["\']?(https?:)?//', page)
    assert all(link.startswith("http://127.0.0.1") for link in re.findall(r'href="(http[^"]*)"', page))
    named = dossier_page(small.explain(decided, named=True))
    assert "ann-needle" in named and "of-ann-needle" in named and "needle-region" in named


def test_the_terminal_keeps_within_its_width_and_loses_nothing(modeled):
    decided = modeled.first["ann"]
    override(modeled, decided, rationale="[bold]not a style[/bold] " + "long " * 40)
    made = modeled.explain(decided)
    for width in (80, 100, 120):
        out = io.StringIO()
        print_dossier(Console(file=out, width=width, highlight=False), made)
        text = out.getvalue()
        assert max(len(line) for line in text.splitlines()) <= width
        assert "[bold]not" in text and "…" not in re.sub(r"… and \d+ more", "", text)
        assert "d" * 64 in re.sub(r"\s", "", text)
