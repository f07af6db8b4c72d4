"""The funnels that a workspace declares: steps, order, window and breakdowns.

How the rows come about is SQL; what stands here is configuration alone.
"""

from plg_orchestration.config.section import Section


class FunnelPolicy(Section):
    """The funnels that a workspace declares: steps, order, window and breakdowns."""
