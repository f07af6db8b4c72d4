"""Writing the cards of a night: as files of the state, and the rows that say where each lies.

MLflow's copies are made by `tracking`, which is handed in.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.reports.model_card.card import Card, Carded, model_card
from plg_orchestration.reports.tables import MODEL_CARD
from plg_orchestration.warehouse import Warehouse, sql_file
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "reports/model_cards"
Show = Callable[[Card, str, str], dict[str, str | None]]
"""Shows a card (its page and text) in MLflow; gives mlflow_experiment_id, mlflow_run_id, mlflow_model and mlflow_version."""


def write_model_cards(
    warehouse: Warehouse,
    *,
    as_of: AsOf,
    workspace: Carded,
    show: Show,
    dagster_run_id: str = "",
    earlier: Sequence[dict[str, Any]] = (),
) -> "pd.DataFrame":
    """Write the cards of the day's training and of every version that the day's ledger is about; rows of `reports.model_card`.

    Each lies at `<state>/reports/model_cards/<target>/<version>.html` and `.md`, written in one step, and is written again when
    something becomes of its version. `earlier` are the day's rows so far: of a version that is trained no more (the day was built
    again otherwise) they stay, since its card does. Unavailable when the day trained nothing and moved nobody.
    """
    rows: list[dict[str, Any]] = []
    for target in (name for name, declared in sorted(workspace.pql.targets.items()) if declared.nightly):
        for day in _trainings(warehouse, as_of, target):
            trained_on = workspace.as_of(day)
            card = model_card(warehouse, trained_on=trained_on, known_on=as_of, target=target, workspace=workspace)
            rows.append({**_written(card, workspace, show), "as_of": as_of.date, "dagster_run_id": dagster_run_id})
    written = {row["version"] for row in rows}
    rows += [row for row in earlier if row["version"] not in written and (workspace.state / row["path"]).exists()]
    if not rows:
        raise Unavailable(f"no model was trained on {as_of.date}, a past day of a range, and none changed its place")
    return rows_of_cards(rows)


def earlier_cards(warehouse: Warehouse, *, as_of: AsOf) -> list[dict[str, Any]]:
    """The day's rows of `reports.model_card` so far, to be read before they are replaced."""
    warehouse.ensure(MODEL_CARD)
    return warehouse.arrow(sql_file("reports/model_card/earlier_cards.sql", requires=(), **as_of.parameters())).to_pylist()


def rows_of_cards(rows: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    """Rows of `reports.model_card`."""
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(MODEL_CARD.column_names), dtype=object)


def _trainings(warehouse: Warehouse, as_of: AsOf, target: str) -> list[dt.date]:
    query = sql_file("reports/model_card/card_versions.sql", requires=(), target=target, **as_of.parameters())
    return [row["trained_on"] for row in warehouse.arrow(query).to_pylist()]


def _written(card: Card, workspace: Carded, show: Show) -> dict[str, Any]:
    page, text = card.html(), card.markdown()
    path = f"{FOLDER}/{card.target}/{card.version}.html"
    write_text(workspace.state / path, page)
    write_text((workspace.state / path).with_suffix(".md"), text)
    content = page.encode()
    return {
        "target": card.target, "version": card.version, "trained_on": card.trained_on, "outcome": card.outcome, "path": path,
        "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **show(card, page, text),
    }  # fmt: skip
