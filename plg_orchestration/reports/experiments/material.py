"""The rows that an experiment's page is made of, and what is said of the whole experiment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plg_orchestration.clock import AsOf
from plg_orchestration.reports.extracts import Extract, Extracted, read_all
from plg_orchestration.reports.rows import records
from plg_orchestration.warehouse import Warehouse

Row = Mapping[str, Any]
FOLDER = "experiments/"
EXTRACTS: tuple[Extract, ...] = (
    Extract("experiment_registry", ("experiments.registry",), FOLDER),
    Extract("experiment_readouts", ("experiments.readouts",), FOLDER),
    Extract("experiment_effects", ("experiments.effects",), FOLDER),
    Extract("experiment_rollouts", ("experiments.rollouts",), FOLDER),
    Extract("experiment_stages", ("experiments.stages",), FOLDER),
    Extract("experiment_checks", ("experiments.self_checks",), FOLDER),
)
TONES = {"ship": "good", "hold": "warn", "roll back": "bad"}


@dataclass(frozen=True)
class Read:
    """One experiment: its registration, its contrasts and segments, its looks, its rollout with stages, and the A/A splits."""

    name: str
    registered: Row
    contrasts: tuple[Row, ...]
    segments: tuple[Row, ...]
    effects: tuple[Row, ...]
    rollout: Row
    stages: tuple[Row, ...]
    checks: tuple[Row, ...]
    reasons: Mapping[str, str]

    @property
    def verdict(self) -> str:
        """Ship, hold or roll back: that of the read-out, but a criterion of the rollout that failed goes before it."""
        if self.rollout.get("move") == "roll back":
            return "roll back"
        return str(self.rollout.get("decision") or self.contrasts[0]["verdict"])

    @property
    def reason(self) -> str:
        """Why, in the words of the read-out or of the criterion."""
        if self.rollout.get("move") == "roll back":
            return str(self.rollout["reason"])
        told = {str(row["arm"]): str(row["reason"]) for row in self.contrasts if row["verdict"] == self.verdict}
        return "; ".join(told.values()) if len(told) == 1 else "; ".join(f"{arm}: {reason}" for arm, reason in told.items())

    @property
    def primary(self) -> tuple[Row, ...]:
        """The primary metric's row of each arm."""
        return tuple(row for row in self.contrasts if row["role"] != "guardrail")

    @property
    def broken(self) -> bool:
        """Whether a sample ratio mismatch has stopped the read-out."""
        return self.rollout.get("split_verdict") == "warn"


def gather(warehouse: Warehouse, as_of: AsOf) -> tuple[list[Read], str]:
    """The watched experiments of the day by name, and why there are none ('' when there are some)."""
    found = read_all(warehouse, as_of, EXTRACTS)
    rows = {name: records(extract.rows) for name, extract in found.items()}
    names = list(dict.fromkeys(str(row["experiment"]) for row in rows["experiment_readouts"]))
    return [_read(name, rows, found) for name in names], found["experiment_readouts"].reason


def _read(name: str, rows: Mapping[str, list[dict[str, Any]]], found: Mapping[str, Extracted]) -> Read:
    mine = {part: tuple(row for row in listed if row.get("experiment", name) == name) for part, listed in rows.items()}
    told = mine["experiment_readouts"]
    return Read(
        name, next(iter(mine["experiment_registry"]), {}), tuple(row for row in told if not row["segment"]),
        tuple(row for row in told if row["segment"]), mine["experiment_effects"], next(iter(mine["experiment_rollouts"]), {}),
        mine["experiment_stages"], mine["experiment_checks"], {part: extract.reason for part, extract in found.items()},
    )  # fmt: skip
