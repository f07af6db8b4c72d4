"""What events mean: the roles they play, which of them are passive, and which acquisition channels are organic.

The product's own names stay what they are in the data and are mapped here. What is computed from roles belongs to the stages.
"""

from typing import Annotated, cast

import pyarrow as pa
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from plg_orchestration.config.canonical import ROLES
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name that the data uses (of an event, an item, a channel): any text without control characters."""

NAMED_ROLES = ("core_feature", "onboarding_step")
"""Roles whose events are told apart by `item`; it is the event's own name when the mapping gives none."""

EVENT_ROLES = pa.schema([("event", pa.string()), ("role", pa.string()), ("step", pa.int32()), ("item", pa.string())])
PASSIVE_EVENTS = pa.schema([("event", pa.string())])
CHANNELS = pa.schema([("channel", pa.string()), ("organic", pa.bool_())])


class RoleEvent(Section):
    """One event that plays a role; `step` orders onboarding steps, `item` names the feature, limit or step."""

    event: Name
    item: Name | None = None
    step: Annotated[int, Field(ge=1, le=1000)] | None = None


def _from_text(value: object) -> object:
    return {"event": value} if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _role(name: str) -> str:
    if name not in ROLES:
        raise ValueError(f"unknown role {name!r}; {choose(name, ROLES, what='roles')}")
    return name


def _once_each(events: tuple[RoleEvent, ...]) -> tuple[RoleEvent, ...]:
    names = [entry.event for entry in events]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"event {twice[0]!r} stands here twice; keep one of the two")
    return events


RoleEvents = Annotated[
    tuple[Annotated[RoleEvent, BeforeValidator(_from_text)], ...],
    BeforeValidator(_as_list), Field(min_length=1), AfterValidator(_once_each),
]  # fmt: skip


class Channels(Section):
    """Acquisition channels by whether they are paid for; a channel in neither list counts as unknown."""

    organic: tuple[Name, ...] = ()
    paid: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _disjoint(self) -> "Channels":
        both = sorted(set(self.organic) & set(self.paid))
        if both:
            raise ValueError(f"channel {both[0]!r} is both organic and paid; keep it in one list")
        return self


class Taxonomy(Section):
    """The keys `roles`, `passive_events` and `channels` of a workspace; each of them replaces the packaged one as a whole."""

    roles: dict[Annotated[str, AfterValidator(_role)], RoleEvents] = Field(default_factory=dict)
    passive_events: tuple[Name, ...] = ()
    channels: Channels = Channels()

    @field_validator("roles")
    @classmethod
    def _fitting(cls, roles: dict[str, tuple[RoleEvent, ...]]) -> dict[str, tuple[RoleEvent, ...]]:
        if len(roles.get("activation", ())) > 1:
            raise ValueError("roles.activation names several events; activation is one event, keep the one that shows value")
        for role, entries in roles.items():
            stepped = [entry for entry in entries if entry.step is not None]
            if stepped and role != "onboarding_step":
                raise ValueError(f"roles.{role}: {stepped[0].event!r} has a step; only onboarding_step is ordered, remove `step`")
            if stepped and len(stepped) != len(entries):
                raise ValueError("roles.onboarding_step: some events have a step and others none; give all of them one, or none")
        return roles

    def config_tables(self) -> dict[str, pa.Table]:
        """`event_roles` (one row per event and role), `passive_events` and `channels`, in the order of the configuration.

        Onboarding steps without numbers are numbered from 1 in their order.
        """
        roles = [
            {
                "event": entry.event, "role": role,
                "step": (entry.step or place) if role == "onboarding_step" else None,
                "item": entry.item or (entry.event if role in NAMED_ROLES else None),
            }
            for role, entries in sorted(self.roles.items()) for place, entry in enumerate(entries, start=1)
        ]  # fmt: skip
        channels = [{"channel": name, "organic": True} for name in self.channels.organic]
        channels += [{"channel": name, "organic": False} for name in self.channels.paid]
        passive = [{"event": name} for name in self.passive_events]
        return {
            "event_roles": pa.Table.from_pylist(cast("list[dict[str, object]]", roles), schema=EVENT_ROLES),
            "passive_events": pa.Table.from_pylist(passive, schema=PASSIVE_EVENTS),
            "channels": pa.Table.from_pylist(channels, schema=CHANNELS),
        }
