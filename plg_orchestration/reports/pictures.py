"""The charts of tables as they stand on a day, on an asset's page; what reports show is drawn in `figures.py`.

Each picture names the extracts that it is drawn from; how charts look is in `charts`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration import charts
from plg_orchestration.clock import AsOf
from plg_orchestration.reports.extracts import Extracted, read
from plg_orchestration.reports.trust_parts import SCORERS
from plg_orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    from plg_orchestration.charts.theme import Chart

Found = Mapping[str, Extracted]


@dataclass(frozen=True)
class Picture:
    """One chart: its name, the extracts it needs, and how it is made."""

    name: str
    extracts: tuple[str, ...]
    make: "Callable[[Found], Chart]"


def _activation(found: Found) -> "Chart":
    rows = found["activation_band"].rows
    band = (float(rows["p25"][0]), float(rows["p75"][0])) if len(rows) and rows["p25"].notna()[0] else None
    weeks = found["activation_weeks"]
    return charts.activation_by_cohort(weeks.rows, band=band, reason=weeks.reason)


def _retention(found: Found) -> "Chart":
    return charts.retention_heatmap(found["retention_weeks"].rows, reason=found["retention_weeks"].reason)


def _mrr(found: Found) -> "Chart":
    months = found["mrr_months"]
    if not len(months.rows):
        return charts.mrr_movements(months.rows, reason=months.reason)
    newest = months.rows[months.rows["month"] == months.rows["month"].max()]
    currency = str(newest.loc[newest["closing"].idxmax(), "currency"])
    return charts.mrr_movements(months.rows[months.rows["currency"] == currency], currency=currency)


def _scores(found: Found) -> "Chart":
    scores = found["score_values"]
    if not len(scores.rows):
        return charts.score_distribution(scores.rows, reason=scores.reason)
    scorer = str(scores.rows["scorer"][0])
    return charts.score_distribution(scores.rows, subtitle=f"By {SCORERS.get(scorer, scorer)}; people on a logarithmic scale.")


def _calibration(found: Found) -> "Chart":
    return charts.calibration_curve(found["calibration_bins"].rows, reason=found["calibration_bins"].reason)


def _bias(found: Found) -> "Chart":
    audit = found["bias_rows"]
    rows = audit.rows[audit.rows["metric"] == "selection_rate"] if len(audit.rows) else audit.rows
    return charts.bias_contrasts(rows, reason=audit.reason)


def _risks(found: Found) -> "Chart":
    return charts.risk_heatmap(found["risk_rows"].rows, reason=found["risk_rows"].reason)


def _ledger(found: Found) -> "Chart":
    return charts.ledger_bars(found["ledger_days"].rows, reason=found["ledger_days"].reason)


PICTURES: tuple[Picture, ...] = (
    Picture("activation", ("activation_weeks", "activation_band"), _activation),
    Picture("retention", ("retention_weeks",), _retention),
    Picture("mrr", ("mrr_months",), _mrr),
    Picture("scores", ("score_values",), _scores),
    Picture("calibration", ("calibration_bins",), _calibration),
    Picture("bias", ("bias_rows",), _bias),
    Picture("risks", ("risk_rows",), _risks),
    Picture("ledger", ("ledger_days",), _ledger),
)


def picture_of(warehouse: Warehouse, name: str, *, as_of: AsOf) -> "Chart":
    """The picture of that name on the day, reading only what it needs; ValueError when there is none of that name."""
    for picture in PICTURES:
        if picture.name == name:
            return picture.make({extract: read(warehouse, extract, as_of) for extract in picture.extracts})
    raise ValueError(f"no picture {name!r}; choose one of {', '.join(picture.name for picture in PICTURES)}")
