"""The success plays: who is due, why, through which channel, how often and who owns it, and what an agent may not do.

How the rows come about is SQL; what stands here is configuration alone. Triggers and outcomes are registered in `registry.py`.
"""

import re
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
from pydantic import Field, StringConstraints, field_validator, model_validator

from plg_orchestration.cohorts.plays.registry import FACTS, SUCCESSES, TRIGGERS
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section

Actor = Literal["agent", "human"]
Channel = Literal["in_app", "email", "agent", "human"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Owner = Annotated[str, StringConstraints(pattern=r"^(team:[a-z][a-z0-9_\-]*|[^@\s]+@[^@\s]+)$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
AtLeastOne = Annotated[int, Field(ge=1)]
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

PLAYS = pa.schema([
    ("play", pa.string()), ("unit", pa.string()), ("priority", pa.int32()), ("actor", pa.string()), ("owner", pa.string()),
    ("success", pa.string()), ("runs_days", pa.int32()), ("cooldown_days", pa.int32()), ("measured_days", pa.int32()),
    ("max_attempts", pa.int32()), ("sla_minutes", pa.int32()), ("interrupts", pa.bool_()), ("holdout_limit", pa.string()),
])  # fmt: skip
CHANNELS = pa.schema([("play", pa.string()), ("channel", pa.string()), ("from_limit", pa.string()), ("below_limit", pa.string())])
CAPS = pa.schema([("kind", pa.string()), ("name", pa.string()), ("per_day", pa.int32())])


def limit(share: float) -> str:
    """Below which eight hexadecimal digits a hash falls with probability `share`; 'g' is above all of them.

    >>> limit(0.5), limit(1)
    ('80000000', 'g')
    """
    return "g" if share >= 1 else format(int(share * 2**32), "08x")


class Play(Section):
    """One play. It runs for `runs_days` or until it succeeds, and starts again `cooldown_days` after its start at the earliest.

    `trigger` is the registered trigger (default: of the play's own name) and `settings` its figures; `why` is the reason in
    words, with the trigger's evidence in braces. It succeeds when `success` is reached within `measured_days`. A person has to
    act within `sla_minutes`. A play that `interrupts` ends a running one that doesn't.
    """

    question: Text
    trigger: str = ""
    settings: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    why: Text
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    actor: Actor
    owner: Owner
    priority: AtLeastOne
    success: str
    runs_days: AtLeastOne = 14
    cooldown_days: AtLeastOne = 30
    measured_days: AtLeastOne = 14
    max_attempts: AtLeastOne = 2
    holdout: Share = 0.1
    sla_minutes: AtLeastOne | None = None
    interrupts: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.cooldown_days < self.runs_days:
            raise ValueError(
                f"cooldown_days is {self.cooldown_days}, but the play runs for {self.runs_days}; "
                "make the cooldown as long at least"
            )
        if self.actor == "human" and self.channels != ("human",):
            raise ValueError(f"a person acts through the channel human alone, not {', '.join(self.channels)}; write [human]")
        if self.actor == "agent" and "human" in self.channels:
            raise ValueError("an agent cannot act through the channel human; set `actor: human`, or name other channels")
        if len(set(self.channels)) < len(self.channels):
            raise ValueError(f"a channel stands twice in {', '.join(self.channels)}; keep one of the two")
        return self


class Guardrail(Section):
    """What an agent may not do, and how much is begun in a day.

    Plays in `human_only` are never an agent's: declaring one so is an error. After `agent_attempts` failed attempts of agents
    on a person, or when the case's complexity is above `agent_complexity`, an agent's play goes to `owner` and says why. A
    person who waits (an open ticket of the last `waiting_days`) is answered within `waiting_minutes`.
    """

    human_only: tuple[str, ...]
    owner: Owner
    agent_attempts: AtLeastOne
    agent_complexity: Share
    waiting_days: AtLeastOne
    waiting_minutes: AtLeastOne
    daily_caps_by_actor: dict[Actor, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    daily_caps_by_channel: dict[Channel, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class Measure(Section):
    """One fact of complexity: it counts `weight` in full from `level` on, and proportionally below."""

    weight: Annotated[float, Field(ge=0)]
    level: Annotated[float, Field(gt=0)]


class Complexity(Section):
    """Complexity from 0 to 1: the weighted mean of what is known of the facts in the last `window_days`."""

    window_days: AtLeastOne
    facts: dict[str, Measure]

    @field_validator("facts")
    @classmethod
    def _known(cls, facts: dict[str, Measure]) -> dict[str, Measure]:
        for name in facts:
            if name not in FACTS:
                raise ValueError(f"unknown fact {name!r}; {choose(name, FACTS, what='facts')}")
        return facts


class PlayPolicy(Section):
    """The success plays by name, the guardrail, and how their effect is measured.

    `quiet_days`: nobody is addressed by another play so soon after the start of one. `mix`: the shares of the channels, where
    a play may use several. `history_weeks`: how far back earlier plays count, for attempts and results. `min_arm`: units an arm
    must have for a verdict. `salt` goes into the hash that draws holdout and channel.
    """

    quiet_days: Annotated[int, Field(ge=0)]
    history_weeks: AtLeastOne
    min_arm: AtLeastOne
    salt: Text
    mix: dict[Channel, Annotated[float, Field(gt=0)]]
    guardrail: Guardrail
    complexity: Complexity
    catalog: dict[Name, Play]

    @field_validator("catalog")
    @classmethod
    def _registered(cls, catalog: dict[str, Play]) -> dict[str, Play]:
        for name, play in catalog.items():
            trigger = TRIGGERS.get(play.trigger or name)
            if trigger is None:
                known = choose(play.trigger or name, TRIGGERS, what="triggers")
                raise ValueError(f"play {name}: unknown trigger {play.trigger or name!r}; {known}")
            if unknown := sorted(set(play.settings) - set(trigger.settings)):
                known = choose(unknown[0], trigger.settings, what="settings")
                raise ValueError(f"play {name}: its trigger has no setting {unknown[0]!r}; {known}")
            if unknown := sorted(set(PLACEHOLDER.findall(play.why)) - set(trigger.evidence)):
                known = choose(unknown[0], trigger.evidence, what="names")
                raise ValueError(f"play {name}: why names {{{unknown[0]}}}, which is no evidence of its trigger; {known}")
            success = SUCCESSES.get(play.success)
            if success is None or trigger.unit not in success.units:
                fitting = [s.name for s in SUCCESSES.values() if trigger.unit in s.units]
                raise ValueError(
                    f"play {name}: success {play.success!r} cannot be measured for a {trigger.unit}; "
                    f"{choose(play.success, fitting, what='outcomes')}"
                )
        return catalog

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        days = self.history_weeks * 7
        for name in self.guardrail.human_only:
            if name not in self.catalog:
                raise ValueError(
                    f"guardrail.human_only names {name!r}, which is no play; {choose(name, self.catalog, what='plays')}"
                )
        for name, play in self.catalog.items():
            if play.actor == "agent" and name in self.guardrail.human_only:
                raise ValueError(f"play {name} is an agent's, but guardrail.human_only keeps it for people; set `actor: human`")
            if play.actor == "agent" and play.max_attempts > self.guardrail.agent_attempts:
                raise ValueError(
                    f"play {name}: max_attempts is {play.max_attempts}, but guardrail.agent_attempts allows an agent "
                    f"{self.guardrail.agent_attempts}; lower the former"
                )
            if max(play.cooldown_days, play.measured_days, self.quiet_days) >= days:
                raise ValueError(
                    f"play {name}: its cooldown or measure is longer than the history of {days} days; raise history_weeks"
                )
            if missing := [channel for channel in play.channels if len(play.channels) > 1 and channel not in self.mix]:
                raise ValueError(f"play {name}: mix has no share for the channel {missing[0]}; add it, or use one channel alone")
        return self

    @property
    def enabled(self) -> dict[str, Play]:
        """The plays that may run, by name, in the order of their priority."""
        chosen = [(name, play) for name, play in self.catalog.items() if play.enabled]
        return dict(sorted(chosen, key=lambda entry: (entry[1].priority, entry[0])))

    def config_tables(self) -> dict[str, pa.Table]:
        """`plays` (those enabled), `play_channels` (the range of hashes of each channel) and `play_caps`."""
        plays: list[dict[str, Any]] = []
        channels: list[dict[str, Any]] = []
        for name, play in self.enabled.items():
            unit = TRIGGERS[play.trigger or name].unit
            row = play.model_dump() | {"play": name, "unit": unit, "holdout_limit": limit(play.holdout)}
            plays.append({column: row[column] for column in PLAYS.names})
            channels += self._ranges(name, play)
        caps = [("actor", *cap) for cap in self.guardrail.daily_caps_by_actor.items()]
        caps += [("channel", *cap) for cap in self.guardrail.daily_caps_by_channel.items()]
        return {
            "plays": pa.Table.from_pylist(plays, PLAYS),
            "play_channels": pa.Table.from_pylist(channels, CHANNELS),
            "play_caps": pa.Table.from_pylist([dict(zip(CAPS.names, cap, strict=True)) for cap in sorted(caps)], CAPS),
        }

    def _ranges(self, name: str, play: Play) -> list[dict[str, Any]]:
        weights = [1.0] if len(play.channels) == 1 else [self.mix[channel] for channel in play.channels]
        ends = [sum(weights[: place + 1]) / sum(weights) for place in range(len(weights) - 1)]
        bounds = ["", *(limit(end) for end in ends), "g"]
        return [
            {"play": name, "channel": channel, "from_limit": bounds[place], "below_limit": bounds[place + 1]}
            for place, channel in enumerate(play.channels)
        ]
