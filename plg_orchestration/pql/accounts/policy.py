"""From how many leads on an account is qualified."""

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne


class Accounts(Section):
    """An account with `min_leads` product-qualified leads or more is a product-qualified account."""

    min_leads: AtLeastOne
