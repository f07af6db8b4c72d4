"""One training as an auditor reads it: rows of the night's tables, gathered before anything is logged.

No person is named in it: of the predictions only labels, scores and groups are kept.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, Warehouse

Figures = dict[str, object]
CONTEST_ORDER = (
    "case contestant when 'base_rate' then 0 when 'rules' then 1 when 'weighted' then 2 when 'logistic_regression' then 3 "
    "when 'random_forest' then 4 else 5 end, settings"
)


@dataclass(frozen=True)
class TrainingRecord:
    """A night's training: candidates (one a scorer), the choice of the challenger (`contest`, rows of `pql.contest`), test rows
    without ids, the audit, and the judgment (`champion` row).

    `folder` holds the model's files; None when nothing was trained. `dagster_run_id` names the run that trained, '' outside one.
    """

    as_of: dt.date
    cut: dt.datetime
    target: str
    candidates: tuple[Figures, ...]
    contest: pd.DataFrame
    predictions: pd.DataFrame
    audit: pd.DataFrame
    champion: Figures
    folder: Path | None
    dagster_run_id: str
    mitigation: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Rows of `pql.mitigation`; more than one when a challenger failed a protected contrast."""

    @property
    def model(self) -> Figures:
        """The candidate model's row."""
        return next(c for c in self.candidates if c["scorer"] == "model")

    @property
    def version(self) -> str:
        """The candidate's version label."""
        return str(self.model["version"])

    @property
    def trained(self) -> bool:
        """Whether there is a model."""
        return self.model["status"] == "trained"

    @property
    def judgment(self) -> Figures:
        """The `champion` row, or what stands for it when the day was built again and keeps the judgment on another version."""
        other = self.champion.get("challenger")
        if other is None or other == self.version:
            return self.champion
        reason = f"the day was built again and keeps the judgment on {other}; this version was not judged and never routed"
        return {
            **self.champion,
            "outcome": "not_judged",
            "verdict": "insufficient",
            "promoted": False,
            "reason": reason,
            "gates": "[]",
        }

    @property
    def gates(self) -> list[Figures]:
        """The gates of the judgment: name, figure, limit, verdict, reason."""
        return json.loads(str(self.judgment["gates"]))

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of what was found and judged: the same content gives the same run, whoever logs it and when."""
        audit = self.audit.to_json(orient="records", double_precision=9, date_format="iso")
        audit = (audit or "") + (self.contest.to_json(orient="records", double_precision=9, date_format="iso") or "")
        if len(self.mitigation) > 1:
            audit += self.mitigation.to_json(orient="records", double_precision=9) or ""
        content = json.dumps([self.candidates, self.champion], sort_keys=True, default=str) + audit
        return hashlib.sha256(content.encode()).hexdigest()


def read_record(
    warehouse: Warehouse, *, as_of: AsOf, state: Path, target: str = "conversion", dagster_run_id: str = ""
) -> TrainingRecord | None:
    """The day's training from `pql.candidate`, `pql.contest`, `pql.test_predictions`, `pql.bias_audit` and `pql.champion`.

    None when the day has no candidate or no judgment, or was recorded as a past day that is not trained.
    """
    parameters = {**as_of.parameters(), "target": target}

    def rows(table: str, names: str, order: str) -> pd.DataFrame:
        text = f"select {names} from pql.{table} where as_of = $as_of and target = $target order by {order}"
        return warehouse.frame(Query("record", text, parameters))

    candidates = _figures(rows("candidate", "*", "case scorer when 'model' then 0 else 1 end, scorer"))
    judged = _figures(rows("champion", "*", "as_of"))
    if not candidates or not judged or candidates[0]["status"] == "not_trained":
        return None
    artifact = candidates[0]["artifact"]
    return TrainingRecord(
        as_of=as_of.date, cut=as_of.cut, target=target, candidates=candidates,
        contest=rows("contest", "* exclude (as_of, target)", CONTEST_ORDER),
        predictions=rows("test_predictions", "scorer, row_as_of, label, score, selected", "scorer, row_as_of, user_id"),
        audit=rows("bias_audit", "*", "scorer, attribute, grp, metric"), champion=judged[0],
        folder=None if artifact is None else state / str(artifact), dagster_run_id=dagster_run_id,
        mitigation=rows("mitigation", "* exclude (as_of, target)", "kind <> 'plain', kind desc, variant")
        if warehouse.exists("pql.mitigation") else pd.DataFrame(),
    )  # fmt: skip


def _figures(rows: pd.DataFrame) -> tuple[Figures, ...]:
    """Rows as dictionaries, dates as ISO text and missing values as None."""

    def plain(value: object) -> object:
        if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
            return None
        return value.date().isoformat() if isinstance(value, dt.datetime) else value

    return tuple({str(name): plain(value) for name, value in row.items()} for row in rows.astype(object).to_dict("records"))
