"""What is expected of the events that come in: when their names, volume, properties and lag are noticed.

How the rows come about is SQL; what stands here is configuration alone.
"""

from plg_orchestration.config.section import Section


class InstrumentationPolicy(Section):
    """What is expected of the events that come in: when their names, volume, properties and lag are noticed."""
