"""The declaration of an outcome to predict."""

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Days


class Target(Section):
    """An outcome to predict: it counts when it happens in [cut + gap, cut + gap + horizon) days."""

    gap_days: Days
    horizon_days: AtLeastOne

    @property
    def window_days(self) -> int:
        """Days after the cut until the label is mature."""
        return self.gap_days + self.horizon_days
