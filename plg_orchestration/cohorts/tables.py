"""The cohorts stage's tables, declared in the folders of their subjects."""

from plg_orchestration.cohorts.activation import tables as activation
from plg_orchestration.cohorts.engagement import tables as engagement
from plg_orchestration.cohorts.funnels import tables as funnels
from plg_orchestration.cohorts.paths import tables as paths
from plg_orchestration.cohorts.plays import tables as plays
from plg_orchestration.cohorts.segmentation import tables as segmentation
from plg_orchestration.cohorts.signup import tables as signup
from plg_orchestration.cohorts.virality import tables as virality
from plg_orchestration.warehouse import Table

TABLES: tuple[Table, ...] = (
    *signup.TABLES, *engagement.TABLES, *funnels.TABLES, *activation.TABLES, *segmentation.TABLES, *plays.TABLES,
    *virality.TABLES, *paths.TABLES,
)  # fmt: skip
