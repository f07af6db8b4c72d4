"""What a workspace may decide about third parties: its own register entries, how their fit is weighed, and when to warn.

The thresholds of controls (uptime, key age, open vulnerabilities) stand in the register of controls, not here.
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section

Criterion = Literal["volume", "latency", "residency", "privacy_certificates", "integration_effort", "cost"]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, pattern=r"^[^;]*$")]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
ENTRIES = pa.schema([
    ("vendor", pa.string()), ("category", pa.string()), ("certificate", pa.string()), ("certificate_expires", pa.date32()),
    ("reviewed_on", pa.date32()), ("residency", pa.string()), ("owner", pa.string()), ("volume", pa.float64()),
    ("latency_ms", pa.float64()), ("privacy_certificates", pa.string()), ("integration_days", pa.float64()),
    ("monthly_cost", pa.decimal128(18, 2)), ("packages", pa.string()), ("keys", pa.string()),
])  # fmt: skip


class VendorEntry(Section):
    """One vendor as a person wrote it down; what is left out is unknown, or comes from the source `vendors`.

    `volume`: requests or records a month that it can handle. `latency_ms`: 95th percentile. `integration_days`: person-days.
    `monthly_cost`: in the reporting currency. `packages`: packages and scan targets that are the vendor's. `keys`: subjects of
    the `key_rotation` records of keys to it.
    """

    category: Text | None = None
    certificate: Text | None = None
    certificate_expires: dt.date | None = None
    reviewed_on: dt.date | None = None
    residency: Text | None = None
    owner: Text | None = None
    volume: Amount | None = None
    latency_ms: Amount | None = None
    privacy_certificates: tuple[Text, ...] | None = None
    integration_days: Amount | None = None
    monthly_cost: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)] | None = None
    packages: tuple[Text, ...] | None = None
    keys: tuple[Text, ...] | None = None


class Scale(Section):
    """Which value of a criterion scores 1 (`worst`) and which 10 (`best`); straight in between, or straight in the logarithm."""

    worst: Amount
    best: Amount
    logarithmic: bool = False

    @model_validator(mode="after")
    def apart(self) -> Self:
        """The ends differ, and have a logarithm where one is taken."""
        if self.worst == self.best:
            raise ValueError(f"worst and best are both {self.best:g}; no value would score between them")
        if self.logarithmic and not min(self.worst, self.best) > 0:
            raise ValueError("a logarithmic scale needs ends above 0; raise the lower one, or drop logarithmic")
        return self


class VendorPolicy(Section):
    """The register's own entries by vendor (`register`), and how fit is weighed (`fit.py`)."""

    entries: dict[Text, VendorEntry] = Field(default_factory=dict, alias="register")
    weights: dict[Criterion, Amount] = Field(default_factory=dict)
    scales: dict[Literal["volume", "latency", "integration_effort", "cost"], Scale] = Field(default_factory=dict)
    regions: tuple[Text, ...] = ()
    recognized_certificates: tuple[Text, ...] = ()
    certificates_for_full_marks: int = Field(default=2, ge=1)
    warning_days: int = Field(default=30, ge=0)
    retired_targets: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def weighed(self) -> Self:
        """Something has a weight, and what is measured on a scale has one."""
        if self.weights and not any(self.weights.values()):
            raise ValueError("weights: all are 0, so that nothing is weighed; give one criterion a weight")
        missing = [
            name
            for name in ("volume", "latency", "integration_effort", "cost")
            if self.weights.get(name) and name not in self.scales
        ]
        if missing:
            raise ValueError(f"weights: {missing[0]} has no scale; add scales.{missing[0]} with worst and best")
        return self

    def config_tables(self) -> dict[str, pa.Table]:
        """`config.vendors`, one row an entry with lists joined by semicolons, and `config.retired_scan_targets(target)`."""
        rows = [
            {"vendor": vendor, **{name: _joined(value) for name, value in entry.model_dump().items()}}
            for vendor, entry in sorted(self.entries.items())
        ]
        return {
            "vendors": pa.Table.from_pylist(rows, schema=ENTRIES),
            "retired_scan_targets": pa.table({"target": pa.array(sorted(set(self.retired_targets)), pa.string())}),
        }


def _joined(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, tuple) else value
