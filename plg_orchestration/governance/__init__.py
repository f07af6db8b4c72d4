"""Governance: the risk register, controls that execute on data, and abuse detection.

Experiments are their own stage; the audit log, incidents and initiatives build on the tables of this one.
"""

from plg_orchestration.governance.audit_log.verification import verify_audit_log
from plg_orchestration.governance.control_metric import ControlMetric
from plg_orchestration.governance.controls import Governed, Measurement, controls_on, evaluate_controls, judge
from plg_orchestration.governance.policy import Control, GovernancePolicy, Risk
from plg_orchestration.governance.registry import METRICS
from plg_orchestration.governance.risks import derive_risks, risks_on

__all__ = [
    "METRICS",
    "Control",
    "ControlMetric",
    "GovernancePolicy",
    "Governed",
    "Measurement",
    "Risk",
    "controls_on",
    "derive_risks",
    "evaluate_controls",
    "judge",
    "risks_on",
    "verify_audit_log",
]  # fmt: skip
