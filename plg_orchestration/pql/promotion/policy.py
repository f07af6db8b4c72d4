"""The limits of the promotion gates."""

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Days, Share


class PromotionPolicy(Section):
    """The limits of the promotion gates; `stale_days` is the age at which an incumbent need only be matched."""

    min_test_positives: AtLeastOne
    permutation_p: Share
    lift: float
    non_inferiority: Share
    calibration_error: Share
    cooldown_days: Days
    stale_days: Days
