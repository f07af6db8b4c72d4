"""What a workspace may decide about people's actions: who needs a second person, where they are recorded, when they are due."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
HOURS = {"h": 1, "d": 24}
Act = Literal["approve", "override", "accept-risk", "accept-likelihood", "acknowledge"]
Severity = Literal["low", "medium", "high", "critical"]
File = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.jsonl$")]


class Escalation(Section):
    """Who is told when a control stays failed: `after` a time (`24h`, `3d`), `to` a role."""

    after: Annotated[str, StringConstraints(pattern=r"^\d+[hd]$")]
    to: Text

    @property
    def hours(self) -> int:
        """The waiting time in hours."""
        return int(self.after[:-1]) * HOURS[self.after[-1]]


class ActionPolicy(Section):
    """Rules of people's actions.

    `four_eyes` lists the actions that need a second person: who asks for it and who answers for it must differ. The files stand
    beside `plg.yaml`. An incident is to be acknowledged within `response_hours`; closed ones stay listed for `incident_days`.
    A risk is accepted for at most `longest_acceptance_days`, and its check warns `expiry_warning_days` before the end.
    `escalation` holds the steps of controls that name none, by severity.
    """

    four_eyes: tuple[Act, ...] = ("approve", "accept-risk", "accept-likelihood")
    acknowledgements_file: File = "acknowledgements.jsonl"
    acceptances_file: File = "acceptances.jsonl"
    likelihoods_file: File = "likelihoods.jsonl"
    response_hours: Annotated[int, Field(gt=0)] = 24
    incident_days: Annotated[int, Field(gt=0)] = 100
    longest_acceptance_days: Annotated[int, Field(gt=0)] = 365
    expiry_warning_days: Annotated[int, Field(ge=0)] = 14
    escalation: dict[Severity, tuple[Escalation, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _files_apart(self) -> "ActionPolicy":
        names = (self.acknowledgements_file, self.acceptances_file, self.likelihoods_file)
        if shared := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two kinds of records would stand in {shared[0]}; name a file for each")
        return self

    def demands(self, act: Act) -> bool:
        """Whether the action needs a second person."""
        return act in self.four_eyes
