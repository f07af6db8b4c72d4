"""Asset specifications from table declarations: key, group, owner, column schema, partitions and the contract check.

What an asset does when it runs is in `publishing.py`.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.partitions import daily
from plg_orchestration.config import current_workspace
from plg_orchestration.warehouse import Table, table

warnings.filterwarnings("ignore", category=dg.BetaWarning)

DAILY = daily(current_workspace())
CONTRACT_CHECK = "as_declared"


def key_of(name: str) -> dg.AssetKey:
    """The asset key of the table `stage.table`."""
    return dg.AssetKey(name.split("."))


def spec_of(name: str, *, after: Sequence[str] = (), kinds: Sequence[str] = ("duckdb",)) -> dg.AssetSpec:
    """The asset specification that the table's declaration implies, downstream of the tables `after`."""
    declared = table(name)
    return dg.AssetSpec(
        key_of(name), description=declared.description, group_name=declared.schema, owners=[declared.owner], kinds=set(kinds),
        deps=[key_of(other) for other in after], partitions_def=DAILY, metadata=_columns(declared),
    )  # fmt: skip


def asset_of(name: str, *, after: Sequence[str] = (), kinds: Sequence[str] = ("duckdb", "sql")) -> dict[str, Any]:
    """The keyword arguments of `@dg.asset` for the table `name`; the description is the function's docstring."""
    declared = table(name)
    return {
        "key": key_of(name), "group_name": declared.schema, "owners": [declared.owner], "kinds": set(kinds),
        "deps": [key_of(other) for other in after], "partitions_def": DAILY, "metadata": _columns(declared),
        "backfill_policy": dg.BackfillPolicy.single_run(), "check_specs": [contract_check(name)],
    }  # fmt: skip


def multi_asset_of(*specs: dg.AssetSpec, checks: Sequence[dg.AssetCheckSpec] = ()) -> dict[str, Any]:
    """The keyword arguments of `@dg.multi_asset` for one step that publishes several tables; each has its contract check."""
    names = [".".join(spec.key.path) for spec in specs]
    return {
        "specs": list(specs), "check_specs": [*(contract_check(name) for name in names), *checks],
        "backfill_policy": dg.BackfillPolicy.single_run(),
    }  # fmt: skip


def contract_check(name: str) -> dg.AssetCheckSpec:
    """The check that every table has: rows are unique by key, or the reason for their absence is known."""
    return dg.AssetCheckSpec(
        CONTRACT_CHECK, asset=key_of(name), description=f"Unique by {', '.join(table(name).key)}; empty only with a reason."
    )


def _columns(declared: Table) -> dict[str, object]:
    listed = [dg.TableColumn(c.name, c.type.lower(), description=c.description) for c in declared.columns]
    return {"dagster/column_schema": dg.TableSchema(columns=listed), "dagster/table_name": declared.name}
