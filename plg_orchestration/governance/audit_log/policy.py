"""How the decision log is kept: where its heads are anchored outside the operators' reach."""

from typing import Annotated

from pydantic import StringConstraints

from plg_orchestration.config.section import Section


class AuditLogPolicy(Section):
    """`anchor` is a file to which every signed head is added as a line, in a place that those who run the system cannot change.

    Relative to `plg.yaml`. Without it a truncated or newly chained log cannot be told from the true one.
    """

    anchor: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
