"""The stage's tables, declared in the folders of their subjects."""

from plg_orchestration.pql.accounts import tables as accounts
from plg_orchestration.pql.bias import tables as bias
from plg_orchestration.pql.bias.weekly import tables as weekly_bias
from plg_orchestration.pql.destinations import tables as destinations
from plg_orchestration.pql.drift import tables as drift
from plg_orchestration.pql.features import tables as features
from plg_orchestration.pql.feedback import tables as feedback
from plg_orchestration.pql.mitigation import tables as mitigation
from plg_orchestration.pql.promotion import tables as promotion
from plg_orchestration.pql.routing import tables as routing
from plg_orchestration.pql.scorers import tables as scorers
from plg_orchestration.pql.training import tables as training
from plg_orchestration.warehouse import Table

TABLES: tuple[Table, ...] = (
    *features.TABLES, *scorers.TABLES, *training.TABLES, *bias.TABLES, *promotion.TABLES, *accounts.TABLES, *routing.TABLES,
    *feedback.TABLES, *drift.TABLES, *mitigation.TABLES, *weekly_bias.TABLES, *destinations.TABLES,
)  # fmt: skip
