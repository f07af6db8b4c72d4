"""The activation milestone as a rule, the inputs and weights of the activation score, and its trigger.

How the rows come about is SQL; what stands here is configuration alone.
"""

from plg_orchestration.config.section import Section


class ActivationPolicy(Section):
    """The activation milestone as a rule, the inputs and weights of the activation score, and its trigger."""
