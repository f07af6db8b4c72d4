"""Each control is an asset check of its own; it is green on data alone, and its color says how grave a failure is."""

from typing import Any

import dagster as dg
import pytest

from assets import governance as assets
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.governance.controls import EvaluatedControl
from plg_orchestration.verdicts import ControlStatus

POLICY = load_default("governance", GovernancePolicy)
WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def checked(status: str | None, severity: str) -> dg.AssetCheckResult:
    state = None if status is None else EvaluatedControl("m", ControlStatus(status), severity, "19 of 20", {"value": 0.95})
    return assets._checked("R1-C1", state)  # pyright: ignore[reportPrivateUsage]


def test_every_control_of_the_register_is_a_check_with_its_question() -> None:
    specs = {spec.name: spec.description for spec in assets.controls.check_specs}
    for control in POLICY.controls.values():
        assert specs[control.check_name] == control.question
    assert "r1_c1_consent_rate" in specs and "as_declared" in specs


@pytest.mark.parametrize(
    ("status", "severity", "passed", "color"),
    [
        ("effective", "critical", True, WARN), ("failed", "critical", False, ERROR), ("failed", "high", False, ERROR),
        ("failed", "medium", False, WARN), ("failed", "low", False, WARN), ("degraded", "critical", False, WARN),
        ("no_data", "critical", False, WARN), (None, "high", False, WARN),
    ],
)  # fmt: skip
def test_a_check_passes_on_data_alone_and_is_red_for_grave_failures(
    status: str | None, severity: str, passed: bool, color: dg.AssetCheckSeverity
) -> None:
    found = checked(status, severity)
    assert (found.passed, found.severity if not passed else color) == (passed, color)


def test_a_check_says_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Any = checked("no_data", "high")
    assert found.description == "no data: 19 of 20" and found.metadata["value"].value == 0.95
    assert checked(None, "high").description == assets.NO_ROW


def test_controls_wait_for_every_table_that_their_metrics_read() -> None:
    from plg_orchestration.governance.registry import metric

    read = {name for control in POLICY.controls.values() for name in metric(control.metric).tables}
    assert {name for name in read if not name.startswith("config.")} - assets.AFTERWARDS <= set(assets.evidence())
    assert "governance.controls" not in assets.evidence()
