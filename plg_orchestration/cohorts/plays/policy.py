"""The success plays: who is due, why, through which channel, how often and who owns it.

How the rows come about is SQL; what stands here is configuration alone.
"""

from plg_orchestration.config.section import Section


class PlayPolicy(Section):
    """The success plays: who is due, why, through which channel, how often and who owns it."""
