"""When a restatement is material: the limit beyond which somebody is told. What a restatement is, is in `restatements.sql`."""

from typing import Annotated

from pydantic import Field

from plg_orchestration.config.section import Section


class RestatementPolicy(Section):
    """The key `kpis.restatements`: a restatement outside the published interval is material, without one by this limit.

    `material_percent` is the change in percent of the published value beyond which a value without an interval is material.
    """

    material_percent: Annotated[float, Field(gt=0)] = 5.0
