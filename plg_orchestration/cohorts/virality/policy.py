"""The windows of the viral loop, and the figures of its projection.

How the rows come about is SQL; what stands here is configuration alone.
"""

from plg_orchestration.config.section import Section


class ViralityPolicy(Section):
    """The windows of the viral loop, and the figures of its projection."""
