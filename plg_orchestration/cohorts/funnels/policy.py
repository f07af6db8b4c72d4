"""The funnels that a workspace declares: steps, order, window and breakdowns; and the published drop-off that it is held against.

How the rows come about is SQL; what stands here is configuration alone.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, cast

import pyarrow as pa
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from plg_orchestration.config.canonical import ROLES
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.config.taxonomy import Name

FunnelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Order = Literal["ordered", "strict", "unordered"]
Unit = Literal["user", "account"]
Dimension = Literal["channel", "segment", "region", "device"]

PAID = "paid"
"""A step besides the roles: the account's first payment, as its subscriptions tell it."""
SECONDS = {"m": 60, "h": 3_600, "d": 86_400}
LONGEST_DAYS = 92

FUNNELS = pa.schema([
    ("funnel", pa.string()), ("unit", pa.string()), ("question", pa.string()), ("ordering", pa.string()),
    ("window_seconds", pa.int64()), ("weeks", pa.int32()),
])  # fmt: skip
STEPS = pa.schema([
    ("funnel", pa.string()), ("step", pa.int32()), ("name", pa.string()), ("role", pa.string()), ("item", pa.string()),
    ("event", pa.string()), ("each_item", pa.bool_()),
])  # fmt: skip
BREAKDOWNS = pa.schema([("funnel", pa.string()), ("dimension", pa.string())])
PUBLISHED = pa.schema([("day", pa.int32()), ("dropoff", pa.float64()), ("cause", pa.string()), ("note", pa.string())])


def _role(name: str) -> str:
    known = {*ROLES, PAID}
    if name not in known:
        raise ValueError(f"unknown role {name!r}; {choose(name, known, what='roles')}")
    return name


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _once_each(values: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{twice[0]} stands here twice; keep one")
    return values


def _window(text: str) -> str:
    if not 60 <= seconds(text) <= LONGEST_DAYS * SECONDS["d"]:
        raise ValueError(f"a window of {text} is not between 1 minute and {LONGEST_DAYS} days")
    return text


def seconds(text: str) -> int:
    """A window such as `30m`, `24h` or `14d` in seconds."""
    return int(text[:-1]) * SECONDS[text[-1]]


class FunnelStep(Section):
    """One step: the events of a `role` (with `item`, of that item alone; with `each`, one step per item), or named `event`s."""

    name: Text | None = None
    role: Annotated[str, AfterValidator(_role)] | None = None
    item: Name | None = None
    each: bool = False
    event: Annotated[tuple[Name, ...], BeforeValidator(_listed), AfterValidator(_once_each)] = ()

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if (self.role is None) == (not self.event):
            raise ValueError("a step is either a role or events; give one of the two")
        if self.item and (self.role is None or self.each):
            raise ValueError("item narrows a role to one of its items; give a role, and no `each`")
        if self.each and (self.role is None or self.role in (PAID, "signup")):
            raise ValueError("each makes one step per item of a role; give a role that has items")
        return self

    @property
    def label(self) -> str:
        """What the step is called: its name, else its item, role or events."""
        return self.name or self.item or self.role or " or ".join(self.event)


class Funnel(Section):
    """One funnel: a question in plain words, its steps, and how an attempt to go through them is counted.

    `window` (`30m`, `24h`, `14d`) runs from the first step. `weeks` says how many ISO weeks of attempts are kept, the running
    one included. A step that needs a role which the workspace does not map is left out.
    """

    question: Text
    steps: Annotated[tuple[FunnelStep, ...], Field(min_length=2, max_length=30)]
    order: Order = "ordered"
    window: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,4}[mhd]$"), AfterValidator(_window)] = "30d"
    weeks: Annotated[int, Field(ge=1, le=53)] = 12
    breakdowns: Annotated[tuple[Dimension, ...], AfterValidator(_once_each)] = ("channel", "segment", "region", "device")
    units: Annotated[tuple[Unit, ...], Field(min_length=1), AfterValidator(_once_each)] = ("user", "account")


class Onboarding(Section):
    """How onboarding is measured: `days` to complete a step in, and how many ISO weeks of signups are kept."""

    days: Annotated[int, Field(ge=1, le=60)] = 7
    weeks: Annotated[int, Field(ge=1, le=53)] = 12


class PublishedDropoff(Section):
    """The published share of users lost after a day, its cause, and what is to be said about the figure."""

    dropoff: Annotated[float, Field(ge=0, le=1)]
    cause: Text
    note: str = ""


class Dropoff(Section):
    """How drop-off is measured: `quiet_days` without activity after a day is lost; signups of `weeks` ISO weeks are counted."""

    quiet_days: Annotated[int, Field(ge=1, le=30)] = 14
    weeks: Annotated[int, Field(ge=1, le=53)] = 26
    published: Mapping[Annotated[int, Field(ge=1, le=30)], PublishedDropoff] = Field(default_factory=dict[int, PublishedDropoff])


class FunnelPolicy(Section):
    """The key `funnels` of a workspace. `declared` names funnels; one that is packaged is put away by giving it no value."""

    declared: Mapping[FunnelName, Funnel | None] = Field(default_factory=dict[str, Funnel | None])
    onboarding: Onboarding = Onboarding()
    dropoff: Dropoff = Dropoff()

    @property
    def kept(self) -> dict[str, Funnel]:
        """The declared funnels by name, without those that were put away."""
        return {name: funnel for name, funnel in self.declared.items() if funnel is not None}

    def config_tables(self) -> dict[str, pa.Table]:
        """`funnels` (a row per funnel and unit), `funnel_steps` (a row per step, and per event where events are named),
        `funnel_breakdowns` and `published_dropoff`.

        A step's `event` is null when it means all events of its role and item; with `each_item` it stands for one step per item.
        """
        kept = self.kept.items()
        funnels = [
            {
                "funnel": name, "unit": unit, "question": one.question, "ordering": one.order,
                "window_seconds": seconds(one.window), "weeks": one.weeks,
            }
            for name, one in kept for unit in one.units
        ]  # fmt: skip
        steps = [
            {
                "funnel": name, "step": place, "name": step.label, "role": step.role, "item": step.item, "event": event,
                "each_item": step.each,
            }
            for name, one in kept for place, step in enumerate(one.steps, start=1) for event in step.event or (None,)
        ]  # fmt: skip
        breakdowns = [{"funnel": name, "dimension": dimension} for name, one in kept for dimension in one.breakdowns]
        published = [{"day": day, **row.model_dump()} for day, row in self.dropoff.published.items()]
        return {
            "funnels": pa.Table.from_pylist(funnels, schema=FUNNELS),
            "funnel_steps": pa.Table.from_pylist(cast("list[dict[str, object]]", steps), schema=STEPS),
            "funnel_breakdowns": pa.Table.from_pylist(breakdowns, schema=BREAKDOWNS),
            "published_dropoff": pa.Table.from_pylist(cast("list[dict[str, object]]", published), schema=PUBLISHED),
        }
