"""The activation rule, evaluated on what was known at each received day.

Which conditions there are is configuration (`config.activation_conditions`, `config.activation_rules`); what is stored of the
moments is `milestones.sql`.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file


def rule_activations(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """When users and accounts met the activation rule, as known at each received day from `first` to `as_of`.

    Columns: received_date, unit, unit_id, first_at. A user stands on a day on which something became known that may move the
    moment: an occurrence that the rule counts (before the moment known until then), the user's signup, account or persona, or
    for conditions on the account, what its users did. The moment is the instant of the last occurrence that was needed.
    An account's moment is that of its first user. Days before `first` are read from `behavior.milestones`. Without a rule
    there are no rows.
    """
    parameters = as_of.parameters() | {"first_day": as_of.date if first is None else first}
    people = sql_file("behavior/rule_people.sql", requires=(), **parameters)
    occurrences = sql_file("behavior/rule_occurrences.sql", requires=(people,), **parameters)
    sequences = sql_file("behavior/rule_sequences.sql", requires=(people, occurrences), **parameters)
    return sql_file("behavior/rule_activations.sql", requires=(people, occurrences, sequences), **parameters)
