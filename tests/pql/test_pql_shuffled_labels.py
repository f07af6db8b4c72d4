"""When who begins to pay has nothing to do with what anybody did, nobody is promoted."""

import numpy as np
import pytest

from plg_orchestration.pql.bias.audit import bias_audit
from plg_orchestration.pql.promotion.champion import champion
from plg_orchestration.pql.training.candidate import train


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.faults) for seed in (2, 3))])
def test_on_shuffled_labels_nobody_is_promoted(seed, world, policy, tmp_path, grow_in, quick_policy):
    policy = quick_policy(policy, max_dates=10, test_dates=2, bootstrap_rounds=100, permutations=200, min_train_positives=5)
    grow_in(world)
    connection = world.warehouse.connection
    payers = [row[0] for row in connection.execute("select account_id from ingest.subscriptions order by 1").fetchall()]
    accounts = np.array([row[0] for row in connection.execute("select account_id from ingest.accounts order by 1").fetchall()])
    dealt = np.random.default_rng(seed).choice(accounts, len(payers), replace=False)
    connection.executemany(
        "update ingest.subscriptions set account_id = $new where subscription_id = $old",
        [{"new": str(new), "old": old} for new, old in zip(dealt, payers, strict=True)],
    )
    trained = train(world.warehouse, as_of=world.as_of, policy=policy, state=tmp_path)
    assert trained.status == "trained"
    for name, rows in (("candidate", trained.candidate), ("contest", trained.contest), ("test_predictions", trained.predictions)):
        world.keep(f"pql.{name}", rows)
    world.keep("pql.bias_audit", bias_audit(world.warehouse, as_of=world.as_of, policy=policy))
    for name in ("pql.champion", "pql.features", "pql.scores", "ingest.coverage"):
        world._ensure(name)
    row, promotion = champion(world.warehouse, as_of=world.as_of, policy=policy, newest=True, state=tmp_path)
    verdicts = {gate.name: gate.verdict.value for gate in promotion.gates}
    assert not promotion.promoted and row["scorer"].tolist() == ["rules"]
    assert "fail" in (verdicts["permutation_null"], verdicts["lift"]), verdicts
