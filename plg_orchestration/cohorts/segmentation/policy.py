"""The thresholds by which accounts and users are told apart, and the published cohort segments.

How the rows come about is SQL; what stands here is configuration alone.
"""

from plg_orchestration.config.section import Section


class SegmentPolicy(Section):
    """The thresholds by which accounts and users are told apart, and the published cohort segments."""
