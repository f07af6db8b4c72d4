"""The mitigations that can compete, one entry each."""

from plg_orchestration.pql.mitigation.correlation import CorrelationRemoved
from plg_orchestration.pql.mitigation.method import Mitigation
from plg_orchestration.pql.mitigation.proxies import ProxiesDropped
from plg_orchestration.pql.mitigation.reduction import GridSearch
from plg_orchestration.pql.mitigation.reweighing import Reweighed

MITIGATIONS: tuple[Mitigation, ...] = (ProxiesDropped(), Reweighed(), GridSearch(), CorrelationRemoved())
"""Every method; the policy says which are tried, and in which order."""


def mitigation(name: str) -> Mitigation:
    """The method of that name; ValueError names the unknown one."""
    for method in MITIGATIONS:
        if method.name == name:
            return method
    raise ValueError(f"mitigation {name!r} is unknown; there are {', '.join(m.name for m in MITIGATIONS)}")
