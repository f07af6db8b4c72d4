"""Who would be routed otherwise under a changed policy: the newest night, decided again in memory.

The warehouse is read and never written: its tables are views, and what the change touches is computed beside them by the very
queries of a night. Models are not trained anew: a champion model keeps its scores.
"""

import dataclasses
import datetime as dt
from collections.abc import Generator, Hashable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config.explain import explain
from plg_orchestration.config.load import read_text
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.strict_yaml import Document, Mark, read_yaml
from plg_orchestration.config.workspace import Workspace
from plg_orchestration.errors import PlgError
from plg_orchestration.pql.features import queries as feature_queries
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing import queries as routing_queries
from plg_orchestration.pql.scorers import queries as scorer_queries
from plg_orchestration.pql.scorers.scoring import scores
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.warehouse import Query, Warehouse, all_tables, table
from plg_orchestration.warehouse.engine import META, SESSION
from plg_orchestration.warehouse.lock import writer_lock

NOBODY = "no decision"
COMPARED = ("route", "qualified", "handed_over", "holdout", "suppressed_reason", "sla_hours")
"""What a decision is compared by."""
KEYS = ["target", "user_id"]
WRITTEN = {("pql", "promotions")}
"""Tables that a night's scoring may append to: when a champion's file is not the promoted one."""


@dataclass(frozen=True)
class Preview:
    """What a changed policy would do on a night.

    `champions`: target, scorer and version of who routes, before the change. `routes`: target, route, and before and after its
    decisions, leads and leads handed over. `changes`: a row per user whose decision differs, with the change in words, score,
    route, qualified and handed_over before and after, and the reasons after (before where no decision is left).
    """

    day: dt.date
    champions: tuple[tuple[str, str, str], ...]
    routes: pd.DataFrame
    changes: pd.DataFrame


def changed_policy(policy: PqlPolicy, file: Path) -> PqlPolicy:
    """The policy with a file laid over it: the file's `pql:` section, or the file itself when it has none.

    Mappings are merged and lists replaced, as in `plg.yaml`. InvalidConfiguration lists what is wrong with the file's line.
    """
    document = read_yaml(read_text(file), file=str(file))
    given = document if "pql" in document.data else document.under("pql")
    over = Document({"pql": given.data["pql"] or {}}, given.marks, document.problems)
    whole = Document({"pql": policy.model_dump(mode="json")}, {(): Mark(str(file), 1)}).merged(over)
    if whole.problems:
        raise InvalidConfiguration(whole.problems)
    try:
        return PqlPolicy.model_validate(whole.data["pql"])
    except ValidationError as error:
        raise InvalidConfiguration(explain(error, whole, PqlPolicy, at=("pql",))) from error


def preview(workspace: Workspace, policy: PqlPolicy, *, day: dt.date | None = None) -> Preview:
    """The newest decided night (or `day`) under the policy instead of the workspace's; PlgError when no night was decided.

    Before is what was decided; after is computed from the same knowledge, champion and history.
    """
    with _beside(workspace) as warehouse:
        night = day or warehouse.scalar("select max(as_of) from pql.champion")
        if not isinstance(night, dt.date):
            raise PlgError(
                f"{workspace.path.name}: no night was decided yet, so there is nothing to compare; run `plg run` first"
            )
        if not warehouse.scalar("select count(*) from pql.champion where as_of = $day", day=night):
            raise PlgError(f"{night} was not decided; name a day that was")
        as_of = workspace.as_of(night)
        who = "select target, scorer, version from pql.champion where as_of = $as_of order by target"
        champions = [(str(t), str(s), str(v)) for t, s, v in warehouse.rows(Query("who", who, as_of.parameters()))]
        before = _decisions(warehouse, "select * from pql.decisions where as_of = $as_of", as_of)
        _decide_again(warehouse, workspace, policy, as_of)
        after = _decisions(warehouse, "select * from pql.decisions where as_of = $as_of", as_of)
    return Preview(night, tuple(champions), _routes(before, after), _changes(before, after))


@contextmanager
def _beside(workspace: Workspace) -> Generator[Warehouse]:
    """A warehouse in memory whose tables are views on the workspace's, which is opened to be read only."""
    file = workspace.state / "warehouse.duckdb"
    if not file.exists():
        raise PlgError(f"{file}: there is no warehouse yet; run `plg run` first")
    with (
        writer_lock(workspace.state / "writer.lock"),
        TemporaryDirectory() as published,
        duckdb.connect(":memory:") as connection,
    ):
        connection.execute(SESSION)
        connection.execute(f"attach '{str(file).replace(chr(39), chr(39) * 2)}' as stored (read_only)")
        found = "select schema_name, table_name from duckdb_tables() where database_name = 'stored'"
        there = connection.execute(found).fetchall()
        schemas = {schema for schema, _ in there} | {declared.schema for declared in all_tables()} | {"config", "meta"}
        for schema in sorted(schemas):
            connection.execute(f'create schema if not exists "{schema}"')
        connection.execute(META)
        connection.execute("insert into meta.publications select * from stored.meta.publications")
        for schema, name in there:
            if schema == "meta":
                continue
            kind = "table" if (schema, name) in WRITTEN else "view"
            connection.execute(f'create {kind} "{schema}"."{name}" as select * from stored."{schema}"."{name}"')
        made = Warehouse(connection, Path(published))
        for declared in all_tables():
            if not made.exists(declared.name):
                made.ensure(declared)
        yield made


def _decide_again(warehouse: Warehouse, workspace: Workspace, policy: PqlPolicy, as_of: AsOf) -> None:
    before = workspace.pql
    for name, rows in dataclasses.replace(workspace, pql=policy).config_tables().items():
        warehouse.connection.execute(f'drop view if exists config."{name}"')
        warehouse.connection.register("previewed_config", rows)
        warehouse.connection.execute(f'create table config."{name}" as select * from previewed_config')
    if (policy.fit, policy.lookback_days) != (before.fit, before.lookback_days):
        features = feature_queries.features(as_of=as_of, policy=policy)
        made = warehouse.arrow(features)
        _own(warehouse, "pql.features", as_of)
        warehouse.insert(table("pql.features"), made)
    _own(warehouse, "pql.rule_scores", as_of)
    warehouse.insert(table("pql.rule_scores"), scorer_queries.rule_scores(as_of=as_of, policy=policy))
    _own(warehouse, "pql.weighted_scores", as_of)
    warehouse.insert(table("pql.weighted_scores"), scorer_queries.weighted_scores(as_of=as_of, policy=policy))
    targets = _champions(warehouse, policy, as_of)
    _own(warehouse, "pql.scores", as_of)
    for target in targets:
        made = scores(warehouse, as_of=as_of, policy=policy, state=workspace.state, target=target)
        warehouse.insert(table("pql.scores"), made)
    _own(warehouse, "pql.decisions", as_of)
    warehouse.ensure(table("governance.suspicions"))
    for target in targets:
        decided = warehouse.arrow(routing_queries.decisions(as_of=as_of, policy=policy, target=target))
        warehouse.insert(table("pql.decisions"), decided)


def _champions(warehouse: Warehouse, policy: PqlPolicy, as_of: AsOf) -> list[str]:
    """Let the day's champions be of the changed policy where they are formulas, and return their targets."""
    connection = warehouse.connection
    kept = warehouse.arrow(Query("champions", "select * from pql.champion where as_of = $as_of", as_of.parameters()))
    _own(warehouse, "pql.champion", as_of)
    warehouse.insert(table("pql.champion"), kept)
    changed = {
        "rules": (formula_version("rules", policy), float(policy.rules.threshold)),
        "weighted": (formula_version("weighted", policy), float(policy.weighted.threshold)),
    }
    for scorer, (version, threshold) in changed.items():
        text = "update pql.champion set version = $v, threshold = $t where as_of = $day and scorer = $s"
        connection.execute(text, {"v": version, "t": threshold, "day": as_of.date, "s": scorer})
    return sorted(str(target) for target in kept["target"].to_pylist())


def _own(warehouse: Warehouse, name: str, as_of: AsOf) -> None:
    """Replace the view by a table of our own with everything but the day."""
    schema, short = name.split(".")
    text = f'create temp table kept_rows as select * from "{schema}"."{short}" where as_of <> $day'
    warehouse.connection.execute(text, {"day": as_of.date})
    views = "select count(*) from duckdb_views() where schema_name = $s and view_name = $v"
    kind = "view" if warehouse.scalar(views, s=schema, v=short) else "table"
    warehouse.connection.execute(f'drop {kind} "{schema}"."{short}"')
    warehouse.connection.execute(f'create table "{schema}"."{short}" as select * from kept_rows')
    warehouse.connection.execute("drop table kept_rows")


def _decisions(warehouse: Warehouse, text: str, as_of: AsOf) -> pd.DataFrame:
    return warehouse.frame(Query("decided", text, as_of.parameters()))


def _routes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    def counted(rows: pd.DataFrame, when: str) -> pd.DataFrame:
        grouped = rows.groupby(["target", "route"])
        made = {"decisions": grouped.size(), "leads": grouped["qualified"].sum(), "handed_over": grouped["handed_over"].sum()}
        return pd.DataFrame({f"{name}_{when}": values for name, values in made.items()})

    joined = counted(before, "before").join(counted(after, "after"), how="outer").fillna(0).astype("int64")
    order = [f"{name}_{when}" for name in ("decisions", "leads", "handed_over") for when in ("before", "after")]
    return joined[order].reset_index()


def _changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    shown = [*KEYS, "account_id", "score", "top_reasons", *COMPARED]
    both = before[shown].merge(after[shown], on=KEYS, how="outer", suffixes=("_before", "_after"))
    differs = pd.Series(False, index=both.index)
    for name in COMPARED:
        was, now = both[f"{name}_before"], both[f"{name}_after"]
        differs |= ~((was == now) | (was.isna() & now.isna())).fillna(False).astype(bool)
    rows = both[differs].assign(moved=(both["route_before"] == both["route_after"])[differs])
    rows = rows.sort_values(["moved", *KEYS], ignore_index=True)
    made = rows[KEYS].assign(account_id=rows["account_id_after"].fillna(rows["account_id_before"]))
    made["change"] = [_in_words(row) for row in rows.to_dict("records")]
    for name in ("route", "qualified", "handed_over", "score"):
        for when in ("before", "after"):
            made[f"{name}_{when}"] = rows[f"{name}_{when}"]
    made = made.fillna({"route_before": NOBODY, "route_after": NOBODY})
    return made.assign(reasons=rows["top_reasons_after"].fillna(rows["top_reasons_before"]))


def _in_words(row: Mapping[Hashable, Any]) -> str:
    """What changes for one user: the route, being a lead, being handed over, and why not any more."""

    def of(name: str, when: str) -> Any:
        value = row[f"{name}_{when}"]
        return None if pd.isna(value) else value

    said: list[str] = []
    if of("route", "before") != of("route", "after"):
        said.append(f"{of('route', 'before') or NOBODY} -> {of('route', 'after') or NOBODY}")
    else:
        said.append(str(of("route", "after")))
    words = (("qualified", "becomes a lead", "no longer a lead"), ("handed_over", "handed over", "not handed over"))
    for name, gained, lost in words:
        if bool(of(name, "before")) != bool(of(name, "after")):
            said.append(gained if of(name, "after") else lost)
    if of("holdout", "after") and not of("holdout", "before"):
        said.append("held back")
    if of("holdout", "before") and not of("holdout", "after"):
        said.append("no longer held back")
    if of("suppressed_reason", "after") != of("suppressed_reason", "before"):
        said.append(f"left alone: {of('suppressed_reason', 'after') or 'no longer'}")
    if of("sla_hours", "after") != of("sla_hours", "before"):
        hours = [of("sla_hours", when) for when in ("before", "after")]
        said.append(" -> ".join("no deadline" if value is None else f"{value:g} h" for value in hours))
    return "; ".join(said)
