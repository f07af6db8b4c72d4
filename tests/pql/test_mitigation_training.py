"""A whole training in an unjust world: the variant becomes tonight's challenger and the ordinary gates judge it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from plg_orchestration.pql.bias.audit import bias_audit
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.evaluation import Incumbent
from plg_orchestration.pql.promotion.evidence import candidate_on, evaluation_of
from plg_orchestration.pql.promotion.gates import decide
from plg_orchestration.pql.training.candidate import Training, train
from plg_orchestration.tracking.plots import training_plots
from plg_orchestration.tracking.record import TrainingRecord
from plg_orchestration.warehouse import Query
from tests.pql.conftest import World, open_world

SHARE = {"capacity_share": 0.3, "max_dates": 10, "bootstrap_rounds": 100, "permutations": 50}


@dataclass
class Unjust:
    """The world in which emea's accounts were kept from paying, its state folder and a quick policy."""

    world: World
    state: Path
    policy: PqlPolicy

    def train(self, **mitigation: object) -> Training:
        """Tonight's training with these parts of the mitigation; its rows are kept in the world."""
        policy = self.policy.model_copy(update={"mitigation": self.policy.mitigation.model_copy(update=mitigation)})
        made = train(self.world.warehouse, as_of=self.world.as_of, policy=policy, state=self.state)
        for name in ("pql.candidate", "pql.test_predictions", "pql.bias_audit"):
            self.world.warehouse.connection.execute(f"drop table if exists {name}")
        self.world.keep("pql.candidate", made.candidate)
        self.world.keep("pql.test_predictions", made.predictions)
        self.world.keep("pql.bias_audit", bias_audit(self.world.warehouse, as_of=self.world.as_of, policy=policy))
        return made

    def judged(self) -> dict[str, object]:
        """The verdict of the bias gate on the kept candidate, whether it is promoted, and the gates' reason."""
        as_of, policy = self.world.as_of, self.policy
        candidate = candidate_on(self.world.warehouse, as_of.date, "conversion")
        found = evaluation_of(self.world.warehouse, candidate, day=as_of.date, as_of=as_of, policy=policy, state=None)
        promotion = decide(found, Incumbent("rules", "rules-1", None, None, None, frozenset()), policy.promotion, newest=True)
        gate = next(gate for gate in promotion.gates if gate.name == "bias")
        return {"bias": gate.verdict.value, "promoted": promotion.promoted, "reason": promotion.reason}


@pytest.fixture(scope="module")
def unjust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unjust]:
    from tests.pql.conftest import POLICY, grow, quick

    state = tmp_path_factory.mktemp("unjust")
    world = open_world(state)
    grow(world, accounts=200, drive=2.0)
    execute = world.warehouse.connection.execute
    emea = "account_id in (select account_id from ingest.accounts where region = 'emea')"
    execute(f"delete from ingest.subscriptions where {emea} and hash(account_id) % 20 < 17")
    execute(f"update behavior.user_days set help_views = 3 where {emea}")
    logistic = {"logistic_regression": {"regularization": [0.1]}}
    policy = quick(POLICY, **SHARE)
    algorithms = type(policy.training.algorithms).model_validate(logistic)
    training = policy.training.model_copy(update={"algorithms": algorithms})
    bias = policy.bias.model_copy(update={"pairs": "none", "attributes": policy.bias.attributes[:1], "bootstrap_rounds": 100})
    yield Unjust(world, state, policy.model_copy(update={"training": training, "bias": bias}))
    world.warehouse.connection.close()


def test_a_variant_that_mends_the_gap_is_the_challenger_that_the_bias_gate_lets_pass(unjust: Unjust):
    made = unjust.train(methods=("proxies_dropped",), bounds=())
    rows = made.mitigation.set_index("variant")
    model = made.candidate.set_index("scorer").loc["model"]
    assert rows.loc["plain", "verdict"] == "fail" and bool(rows.loc["proxies_dropped", "chosen"])
    assert model["mitigation"] == "proxies_dropped" and "mitigation tried" in json.loads(model["notes"])[-1]
    assert model["auc"] == pytest.approx(rows.loc["proxies_dropped", "auc"])
    manifest = json.loads((unjust.state / model["artifact"] / "manifest.json").read_text())
    assert manifest["mitigation"] == "proxies_dropped" and manifest["sha256"] == model["digest"]
    assert unjust.judged()["bias"] != "fail"


@pytest.mark.faults
def test_without_a_variant_that_mends_it_the_gate_fails_nobody_is_promoted_and_the_record_says_so(unjust: Unjust):
    made = unjust.train(methods=("grid_search",), strengths=(0.001,), bounds=())
    (plain,) = made.mitigation[made.mitigation["chosen"].astype(bool)].to_dict("records")
    assert plain["variant"] == "plain" and "no variant mends what fails" in str(plain["reason"])
    assert "no variant mends what fails" in json.loads(made.candidate.set_index("scorer").loc["model", "notes"])[-1]
    judged = unjust.judged()
    assert judged["bias"] == "fail" and not judged["promoted"] and "region=emea" in str(judged["reason"])


@pytest.mark.faults
def test_the_trade_off_is_among_the_pictures_of_a_training(unjust: Unjust):
    made = unjust.train(methods=("proxies_dropped",), bounds=())
    figures = tuple({str(k): v for k, v in row.items()} for row in made.candidate.to_dict("records"))
    audit = unjust.world.warehouse.frame(Query("audit", "select * from pql.bias_audit"))
    record = TrainingRecord(
        unjust.world.as_of.date, unjust.world.as_of.cut, "conversion", figures, made.contest, made.predictions, audit,
        {"gates": "[]"}, unjust.state, "", made.mitigation,
    )  # fmt: skip
    assert training_plots(record)["mitigation.png"].startswith(b"\x89PNG")
