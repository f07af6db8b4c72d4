"""A signal that is only there because the outcome is coming is named by the alarm, and its model is not promoted."""

from plg_orchestration.pql.bias.audit import bias_audit
from plg_orchestration.pql.promotion.champion import champion
from plg_orchestration.pql.training.candidate import train

# A bookkeeping job writes "help viewed" for the users of every account in the 31 days before it pays, and for nobody else.
LEAK = """
insert into behavior.user_days by name
select
    d.day as received_date, d.day as event_date, u.user_id, u.account_id, 1 as events, 0 as qualifying_events, 0 as core_events,
    0 as core_features, 0 as sessions, 0 as items_created, 0 as collaborations, 0 as invites_sent, 0 as invites_accepted,
    0 as limit_hits, 0 as pricing_views, 0 as premium_attempts, 1 as help_views, 0 as errors_shown
from ingest.subscriptions as s
inner join ingest.users as u on u.account_id = s.account_id
cross join (
    select cast(unnest(generate_series(timestamp '2024-10-01', timestamp '2025-03-31', interval 1 day)) as date) as day
) as d
where d.day < cast(s.started_at as date) - 1 and d.day >= cast(s.started_at as date) - 31
"""


def test_a_feature_that_knows_the_outcome_is_named_and_keeps_its_model_from_routing(
    world, policy, tmp_path, grow_in, quick_policy
):
    policy = quick_policy(policy, max_dates=10, test_dates=2, bootstrap_rounds=100, permutations=200, min_train_positives=5)
    grow_in(world)
    honest = train(world.warehouse, as_of=world.as_of, policy=policy, state=tmp_path / "honest")
    world.warehouse.connection.execute(LEAK)
    trained = train(world.warehouse, as_of=world.as_of, policy=policy, state=tmp_path)
    named = {
        row: made.candidate.set_index("scorer").loc["model", "leaking"] for row, made in (("honest", honest), ("leak", trained))
    }
    assert named == {"honest": "", "leak": "help_views_28d"}
    for name, rows in (("candidate", trained.candidate), ("contest", trained.contest), ("test_predictions", trained.predictions)):
        world.keep(f"pql.{name}", rows)
    world.keep("pql.bias_audit", bias_audit(world.warehouse, as_of=world.as_of, policy=policy))
    for name in ("pql.champion", "pql.features", "pql.scores", "ingest.coverage"):
        world._ensure(name)
    row, promotion = champion(world.warehouse, as_of=world.as_of, policy=policy, newest=True, state=tmp_path)
    gate = next(gate for gate in promotion.gates if gate.name == "leakage")
    assert gate.verdict.value == "fail" and "help_views_28d" in gate.reason
    assert not promotion.promoted and row["scorer"].tolist() == ["rules"]
