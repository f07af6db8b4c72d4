"""Product-qualified leads: features as known on a day, three scorers in one contest, the gate, routes and decisions.

Scoring frames (`rule_score`, `weighted_score`) and auditing decisions (`audit_bias`) need no warehouse. What MLflow shows of all
this is in `plg_orchestration.tracking`.
"""

from plg_orchestration.pql.bias.contrasts import audit_bias
from plg_orchestration.pql.promotion.gates import decide
from plg_orchestration.pql.scorers.library import rule_score, weighted_score

__all__ = ["audit_bias", "decide", "rule_score", "weighted_score"]
