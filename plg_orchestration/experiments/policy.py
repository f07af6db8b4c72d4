"""The registry of experiments as configuration: hypothesis, unit, arms with their split, dates, owner and stage.

Loading refuses an experiment that could not be read out. Exposures and retention are SQL; power and read-outs are not here.
"""

import datetime as dt
from typing import Annotated, Any, Literal, Self, cast

import pyarrow as pa
from pydantic import Field, StringConstraints, field_validator, model_validator

from plg_orchestration.config.section import Section

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_\-]*$")]

SCHEMA = pa.schema([
    ("experiment", pa.string()), ("unit", pa.string()), ("arm", pa.string()), ("split", pa.float64()),
    ("control", pa.bool_()), ("starts", pa.date32()), ("ends", pa.date32()),
])  # fmt: skip


class Experiment(Section):
    """One registered experiment.

    `arms` maps each arm to its weight in the planned split (any positive scale; 0 for an arm that is switched off); `control`
    names the arm that the others are compared with; `ends` is the last day of exposure, absent while open.
    """

    name: Name
    hypothesis: Text
    unit: Literal["user", "account"] = "user"
    arms: dict[Text, Annotated[float, Field(ge=0)]]
    control: Text
    metric: Text
    starts: dt.date
    ends: dt.date | None = None
    owner: Text
    stage: Literal[10, 25, 50, 100] = 100

    @model_validator(mode="after")
    def comparable(self) -> Self:
        """At least two arms have weight, the control is one of them, and the end does not come first."""
        weighted = sorted(arm for arm, split in self.arms.items() if split > 0)
        if len(weighted) < 2:
            raise ValueError(f"experiment {self.name}: {len(weighted)} arm has weight; give at least two arms a positive split")
        if self.control not in weighted:
            raise ValueError(f"experiment {self.name}: control {self.control!r} is none of its arms {', '.join(weighted)}")
        if self.ends is not None and self.ends < self.starts:
            raise ValueError(f"experiment {self.name}: ends {self.ends} before it starts {self.starts}; correct the dates")
        return self

    def running(self, day: dt.date) -> bool:
        """Whether units are being exposed on `day`, by plan."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


class ExperimentPolicy(Section):
    """All registered experiments; names are unique. A bare list is taken for the list of experiments."""

    experiments: tuple[Experiment, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def listed(cls, value: object) -> object:
        """`experiments: [...]` may be written without the inner key."""
        return {"experiments": cast("list[Any]", value)} if isinstance(value, list) else value

    @field_validator("experiments")
    @classmethod
    def named_once(cls, value: tuple[Experiment, ...]) -> tuple[Experiment, ...]:
        """No two experiments share a name."""
        names = [experiment.name for experiment in value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"experiment {name} is registered twice; give each its own name")
        return value

    def config_tables(self) -> dict[str, pa.Table]:
        """`config.experiments(experiment, unit, arm, split, control, starts, ends)`: one row per arm."""
        rows = [
            {
                "experiment": e.name, "unit": e.unit, "arm": arm, "split": float(split), "control": arm == e.control,
                "starts": e.starts, "ends": e.ends,
            }
            for e in sorted(self.experiments, key=lambda e: e.name) for arm, split in sorted(e.arms.items())
        ]  # fmt: skip
        return {"experiments": pa.Table.from_pylist(rows, schema=SCHEMA)}
