"""Evaluating controls: measure each metric on data, judge it by the register, and keep since when it has failed.

Figures come from the SQL files of `metrics/`; what statuses mean for a risk is in `risks.py`.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.actions.policy import Escalation
from plg_orchestration.governance.conditions import Condition
from plg_orchestration.governance.control_metric import ControlMetric
from plg_orchestration.governance.policy import Control, GovernancePolicy
from plg_orchestration.governance.queries import metric_query
from plg_orchestration.governance.registry import metric
from plg_orchestration.governance.tables import CONTROLS
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Query, Warehouse, sql_file

if TYPE_CHECKING:
    import pandas as pd


class Governed(Protocol):
    """What the evaluation needs of a workspace: its register, and which inputs it lacks."""

    @property
    def governance(self) -> GovernancePolicy:
        """The risk register."""
        ...

    def missing(self, need: str) -> str | None:
        """Why an input (`source:NAME`, `role:NAME`) is not there; None when it is."""
        ...


@dataclass(frozen=True)
class Measurement:
    """A metric's figures; `value` None means that it cannot be known, and `detail` says why."""

    value: float | None
    detail: str
    numerator: float | None = None
    denominator: float | None = None
    judged: float | None = None


@dataclass(frozen=True)
class EvaluatedControl:
    """A control as a day left it: its status with the figures, their limit and the evidence in words."""

    metric: str
    status: ControlStatus
    severity: str
    evidence: str
    figures: Mapping[str, float | str]


def judge(control: Control, measured: Measurement) -> ControlStatus:
    """What the figure makes of the control; a figure that is missing or not a number never passes."""
    figure = None if measured.value is None else measured.judged
    return status_of(figure, passes=control.success, fails=control.failure)


def status_of(figure: float | None, *, passes: Condition, fails: Condition | None) -> ControlStatus:
    """What the judged figure means under the conditions; without a figure nothing passes.

    >>> status_of(None, passes=Condition(">=", 0), fails=None).value
    'no_data'
    """
    if figure is None or math.isnan(figure):
        return ControlStatus.NO_DATA
    if passes.holds(figure):
        return ControlStatus.EFFECTIVE
    return ControlStatus.FAILED if fails is None or fails.holds(figure) else ControlStatus.DEGRADED


def failed_since(status: ControlStatus, today: dt.date, earlier: dt.date | None) -> dt.date | None:
    """First day of the unresolved failure; lost data does not resolve it, meeting the alert level again does."""
    if status is ControlStatus.FAILED:
        return earlier or today
    return earlier if status is ControlStatus.NO_DATA else None


def evaluate_controls(warehouse: Warehouse, *, as_of: AsOf, workspace: Governed) -> "pd.DataFrame":
    """Every control of the register on the day: the rows of `governance.controls`, by control id.

    A control whose input is missing or not yet built is `no_data` with the reason. `failed_since` continues from the newest
    earlier day in `governance.controls`.
    """
    import pandas as pd

    earlier = _earlier_failures(warehouse, as_of)
    measured: dict[str, Measurement] = {}
    prepared: set[str] = set()
    rows: list[dict[str, object]] = []
    for control_id, control in sorted(workspace.governance.controls.items()):
        entry = metric(control.metric)
        if entry.name not in measured:
            measured[entry.name] = measure(warehouse, entry, as_of=as_of, workspace=workspace, prepared=prepared)
        row = _row(control, entry, measured[entry.name], as_of.date, earlier.get(control_id))
        rows.append({**row, "escalation_path": path_of(workspace.governance.steps_of(control))})
    return pd.DataFrame(rows, columns=list(CONTROLS.column_names))


def controls_on(warehouse: Warehouse, day: dt.date) -> dict[str, EvaluatedControl]:
    """The controls as the day left them, by id."""
    text = """select control_id, metric, status, severity, evidence, value, judged, unit, threshold, alert
        from governance.controls where as_of = $day order by control_id"""
    states: dict[str, EvaluatedControl] = {}
    for control, name, status, severity, evidence, *figures in warehouse.rows(Query("of_day", text, {"day": day})):
        named = zip(("value", "judged", "unit", "threshold", "alert"), cast("list[float | str | None]", figures), strict=True)
        found = {key: value for key, value in named if value is not None}
        states[str(control)] = EvaluatedControl(str(name), ControlStatus(str(status)), str(severity), str(evidence), found)
    return states


def path_of(steps: Sequence[Escalation]) -> str | None:
    """The steps of an escalation in words, such as `24h to executive; 72h to board`; None without any."""
    return "; ".join(f"{step.after} to {step.to}" for step in steps) or None


def _row(
    control: Control, entry: ControlMetric, measured: Measurement, today: dt.date, earlier: dt.date | None
) -> dict[str, object]:
    status = judge(control, measured)
    return {
        "as_of": today, "control_id": control.id, "risk_id": control.risk, "question": control.question,
        "metric": entry.name, "unit": entry.unit, "value": measured.value, "judged": measured.judged,
        "numerator": measured.numerator, "denominator": measured.denominator, "threshold": control.passes_when,
        "alert": control.fails_when, "status": str(status), "evidence": measured.detail, "severity": control.severity,
        "mandatory": control.mandatory, "owner": control.owner, "failed_since": failed_since(status, today, earlier),
    }  # fmt: skip


def measure(warehouse: Warehouse, entry: ControlMetric, *, as_of: AsOf, workspace: Governed, prepared: set[str]) -> Measurement:
    """The metric's figures on the day, or why there are none; `prepared` names the relations that are there already."""
    reasons = [reason for need in entry.needs if (reason := workspace.missing(need)) is not None]
    reasons += [f"{name} has not been built" for name in entry.tables if not warehouse.exists(name)]
    if reasons:
        return Measurement(None, "; ".join(reasons))
    query = metric_query(entry, as_of=as_of, policy=workspace.governance)
    for required in query.requires:
        warehouse.prepare(required, prepared)
    rows = warehouse.arrow(replace(query, requires=())).to_pylist()
    if len(rows) != 1:
        raise ValueError(f"{entry.path}: a control metric gives exactly one row, this one gave {len(rows)}")
    found = cast("dict[str, float | None]", rows[0])
    value = found["value"]
    detail = str(found["detail"])
    return Measurement(value, detail, found["numerator"], found["denominator"], found.get("judged", value))


def _earlier_failures(warehouse: Warehouse, as_of: AsOf) -> dict[str, dt.date | None]:
    if not warehouse.exists(CONTROLS.name):
        return {}
    rows = warehouse.rows(sql_file("governance/earlier_failures.sql", requires=(), **as_of.parameters()))
    return {str(control): cast("dt.date | None", since) for control, since in rows}
