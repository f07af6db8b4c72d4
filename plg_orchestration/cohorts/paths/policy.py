"""The windows of golden path, friction, gates and prompts.

How the rows come about is SQL; what stands here is configuration alone.
"""

from plg_orchestration.config.section import Section


class PathPolicy(Section):
    """The windows of golden path, friction, gates and prompts."""
