"""What a control metric is: one figure that a SQL file of `governance/metrics/` computes.

A file returns one row: `value` (NULL when it cannot be known), `numerator`, `denominator`, `detail` (a sentence with the
figures, or why there is no value) and, where a point estimate must not be judged alone, `judged` (the bound that is).
The metrics themselves are declared beside their subject and gathered in `registry.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ControlMetric:
    """One computable figure.

    `needs` are inputs in the words of `Table.needs`; `tables` must exist in the warehouse; `known` names the known-as-of
    queries and `shared` the library's queries (`stage.function`) that the file reads by name; `constants` are bound.
    """

    name: str
    question: str
    unit: str
    needs: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    file: str = ""
    constants: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def path(self) -> str:
        """The SQL file's path inside the library."""
        return f"governance/metrics/{self.file or self.name}.sql"
