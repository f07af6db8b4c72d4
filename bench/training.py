"""Training and scoring, against fitting each candidate once (B9) and against one `predict_proba` of boosting (B5).

The rows of B9 come from the history of the benchmark's workspace; those of B5 are drawn, since scoring does not depend on what
the values mean. History at size S is 84 days, so that B9 declares a shorter outcome window than the product's.
"""

import datetime as dt
import time
from functools import cache
from pathlib import Path
from typing import Any

USERS = 1_000_000
ROUTED_SHARE = 0.01
"""Of the population: leads that are explained."""
SEED = 20240229
HORIZON_DAYS, CADENCE_DAYS, TEST_DATES, FOLD_DATES = 14, 3, 4, 2


def _policy(policy: Any) -> Any:
    """The workspace's policy with an outcome window that fits into 84 days."""
    targets = {"conversion": policy.targets["conversion"].model_copy(update={"horizon_days": HORIZON_DAYS})}
    cut = {"cadence_days": CADENCE_DAYS, "test_dates": TEST_DATES, "fold_dates": FOLD_DATES}
    return policy.model_copy(update={"targets": targets, "training": policy.training.model_copy(update=cut)})


def prepare_retraining(file: str, *_: str) -> tuple[Any]:
    """Import what a training needs, and open the workspace."""
    import sklearn.ensemble
    import skops.io

    from plg_orchestration.config import load_workspace
    from plg_orchestration.warehouse import Warehouse

    _ = sklearn.ensemble, skops.io
    workspace = load_workspace(Path(file))
    return ((workspace, Warehouse.open(workspace.state)),)


def retraining(file: str, day: str, opened: tuple[Any, Any]) -> dict[str, Any]:
    """B9: candidates, temporal folds, calibration, contest, null, audit, gates and the record in MLflow; seconds of the parts."""
    from plg_orchestration.clock import AsOf
    from plg_orchestration.pql.bias.audit import bias_audit
    from plg_orchestration.pql.promotion.champion import champion
    from plg_orchestration.pql.training.candidate import train
    from plg_orchestration.tracking import log_training, open_tracking, read_record
    from plg_orchestration.warehouse import table

    workspace, opening = opened
    policy, state = _policy(workspace.pql), Path(file).parent / "bench-training"
    took: dict[str, Any] = {}
    with opening as warehouse:
        as_of = AsOf(dt.date.fromisoformat(day), workspace.timezone)
        started = time.perf_counter()
        trained = train(warehouse, as_of=as_of, policy=policy, state=state, clock=time.monotonic)
        if trained.status != "trained":
            raise ValueError(f"nothing was trained on {day}: {trained.reason}")
        took["train"] = time.perf_counter() - started
        kept = {"candidate": trained.candidate, "contest": trained.contest, "test_predictions": trained.predictions}
        for name, rows in kept.items():
            warehouse.publish(table(f"pql.{name}"), lambda _, rows=rows: rows, [as_of.date])
        warehouse.publish(table("pql.bias_audit"), lambda _: bias_audit(warehouse, as_of=as_of, policy=policy), [as_of.date])
        took["audit"] = time.perf_counter() - started - took["train"]
        judged, _ = champion(warehouse, as_of=as_of, policy=policy, newest=True, state=state)
        warehouse.publish(table("pql.champion"), lambda _: judged, [as_of.date])
        record = read_record(warehouse, as_of=as_of, state=state)
        store = open_tracking(uri=f"sqlite:///{state / 'mlflow.db'}", state=state, workspace="bench")
        if record is not None:
            log_training(store, record)
    model = trained.candidate.iloc[0]
    told = {"rows": int(model["train_rows"]), "tested": int(model["test_rows"]), "algorithm": str(model["algorithm"])}
    return {**took, **told, "budget": policy.training.time_budget_seconds}


def prepare_fitting_once(file: str, day: str, *_: str) -> tuple[Any]:
    """The training part of the same night."""
    import sklearn.ensemble
    from threadpoolctl import threadpool_limits

    from plg_orchestration.clock import AsOf
    from plg_orchestration.config import load_workspace
    from plg_orchestration.pql.training.dataset import first_known_day, load_dataset
    from plg_orchestration.pql.training.grid import plan_grid
    from plg_orchestration.warehouse import Warehouse

    _ = sklearn.ensemble
    workspace = load_workspace(Path(file))
    policy, as_of = _policy(workspace.pql), AsOf(dt.date.fromisoformat(day), workspace.timezone)
    with Warehouse.open(workspace.state) as warehouse:
        first = first_known_day(warehouse, as_of)
        grid: Any = plan_grid(first, as_of.date, target=policy.targets["conversion"], training=policy.training)
        data = load_dataset(warehouse, grid, as_of=as_of, target="conversion", policy=policy)
    threadpool_limits(limits=1)
    return ((policy.training, data.train),)


def fitting_once(_: str, __: str, prepared: tuple[Any, Any]) -> float:
    """B9's peer: each algorithm fitted once, with its first settings, on the whole training part."""
    from plg_orchestration.pql.training.fitting import account_weights, fitted
    from plg_orchestration.pql.training.model import model_inputs

    training, rows = prepared
    inputs, label = model_inputs(rows), rows["label"].to_numpy(dtype=bool)
    weights = account_weights(rows["payer"], rows["as_of"])
    for algorithm, points in training.algorithms.competing().items():
        fitted(inputs, label, weights, algorithm, points[0], training)
    return float(len(rows))


@cache
def _drawn(users: int) -> Any:
    """A warehouse in memory whose `pql.features` holds so many users with random values."""
    import duckdb

    from plg_orchestration.config.section import load_default
    from plg_orchestration.pql.features.registry import FEATURES
    from plg_orchestration.pql.policy import PqlPolicy
    from plg_orchestration.warehouse import Warehouse, table

    kinds = {
        "VARCHAR": "['one', 'two', 'three'][1 + cast(floor(random() * 3) as integer)]", "BOOLEAN": "random() < 0.2",
        "BIGINT": "cast(floor(-3 * ln(random() + 1e-9)) as bigint)", "DOUBLE": "random() - 0.5",
    }  # fmt: skip
    named = ", ".join(f'{kinds[f.type]} as "{f.name}"' for f in FEATURES)
    policy = load_default("pql", PqlPolicy)
    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'; create schema pql; create schema config")
    for name, rows in policy.config_tables().items():
        connection.register("handed", rows)
        connection.execute(f"create table config.{name} as select * from handed")
    warehouse = Warehouse(connection, Path())
    warehouse.ensure(table("pql.features"))
    connection.execute(f"select setseed({SEED % 1000 / 1000})")
    connection.execute(f"""insert into pql.features by name select date '2025-03-31' as as_of, 'u' || i as user_id,
        'a' || i // 3 as account_id, {named} from range({users}) as t(i)""")
    return warehouse, policy


def _champion(warehouse: Any, policy: Any) -> Any:
    """A logistic regression over 30,000 of the users, as the nightly training makes it."""
    import numpy as np

    from plg_orchestration.pql.training.fitting import fit
    from plg_orchestration.pql.training.model import model_inputs

    rows = warehouse.connection.execute("select * from pql.features order by user_id limit 30000").df()
    label = np.random.default_rng(SEED).random(len(rows)) < 1 / (1 + np.exp(3 - 0.3 * rows["limit_hits_28d"].to_numpy()))
    given = (model_inputs(rows), label, np.arange(len(rows)) // 3, np.ones(len(rows)))
    model, _ = fit(*given, algorithm="logistic_regression", settings={"regularization": 0.01}, training=policy.training)
    return model


def prepare_scoring(users: str, *_: str) -> tuple[Any]:
    """The users and the champion."""
    warehouse, policy = _drawn(int(users))
    return ((warehouse, policy, _champion(warehouse, policy)),)


def scoring(_: str, prepared: tuple[Any, Any, Any]) -> dict[str, float]:
    """B5: everybody by rules, by weights and by the champion; then, apart, the reasons of those who are routed. Seconds."""
    import numpy as np

    from plg_orchestration.pql.scorers.queries import rules_over, weights_over
    from plg_orchestration.pql.scorers.reasons import model_reasons
    from plg_orchestration.pql.training.model import model_inputs
    from plg_orchestration.warehouse import Query

    warehouse, policy, model = prepared
    features = Query("scored_features", "select * from pql.features")
    took: dict[str, float] = {}
    started = time.perf_counter()
    for name, over in (("rules", rules_over), ("weighted", weights_over)):
        warehouse.arrow(over(features, policy))
        took[name] = time.perf_counter() - started - sum(took.values())
    rows = warehouse.frame(Query("population", "select * from pql.features order by user_id"))
    probability = model.probability(model_inputs(rows))
    took["champion"] = time.perf_counter() - started - sum(took.values())
    took["total"] = time.perf_counter() - started
    routed = np.argsort(-probability, kind="stable")[: int(len(rows) * ROUTED_SHARE)]
    started = time.perf_counter()
    model_reasons(model, rows.iloc[routed])
    return {**took, "reasons": time.perf_counter() - started, "routed": float(len(routed))}


def prepare_boosting(users: str, *_: str) -> tuple[Any]:
    """A histogram gradient boosting with scikit-learn's own settings, and the same users as one matrix of numbers."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    from plg_orchestration.pql.training.model import NUMBERS, model_inputs

    warehouse, _policy_of = _drawn(int(users))
    rows = warehouse.connection.execute("select * from pql.features order by user_id").df()
    matrix = model_inputs(rows)[list(NUMBERS)].to_numpy(dtype=np.float64)
    few = matrix[:30000]
    label = np.random.default_rng(SEED).random(len(few)) < 0.1
    return ((HistGradientBoostingClassifier(early_stopping=False, random_state=0).fit(few, label), matrix),)


def boosting(_: str, prepared: tuple[Any, Any]) -> float:
    """B5's peer: `predict_proba` of boosting on the matrix."""
    model, matrix = prepared
    return float(model.predict_proba(matrix)[:, 1].mean())
