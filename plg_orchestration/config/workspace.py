"""A workspace: one product's sources, the meaning of its events, and its policies, validated and unchangeable.

Loading it from `plg.yaml` is in `load.py`, its tables for SQL in `store.py`. No stage's logic belongs here.
"""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.config.canonical import ROLES, SOURCES
from plg_orchestration.config.fingerprint import sha256
from plg_orchestration.config.section import Section
from plg_orchestration.config.sources import Source
from plg_orchestration.config.taxonomy import RoleEvents, Taxonomy

if TYPE_CHECKING:
    from plg_orchestration.behavior.policy import BehaviorPolicy
    from plg_orchestration.cohorts.activation.policy import ActivationPolicy
    from plg_orchestration.cohorts.funnels.policy import FunnelPolicy
    from plg_orchestration.cohorts.paths.policy import PathPolicy
    from plg_orchestration.cohorts.plays.policy import PlayPolicy
    from plg_orchestration.cohorts.segmentation.policy import SegmentPolicy
    from plg_orchestration.cohorts.virality.policy import ViralityPolicy
    from plg_orchestration.experiments.policy import ExperimentPolicy
    from plg_orchestration.governance.policy import GovernancePolicy
    from plg_orchestration.ingest.policy import InstrumentationPolicy
    from plg_orchestration.kpis.policy import KpiPolicy
    from plg_orchestration.pql.policy import PqlPolicy
    from plg_orchestration.revenue.policy import RevenuePolicy


@dataclass(frozen=True)
class Workspace:
    """One workspace.

    `path` is its `plg.yaml`, `root` the folder of that file, `state` the folder that everything computed lives in. `start` is the
    epoch: nothing happened before. `last_day` is the data's last day when the data set is finished, else None. Days are
    calendar dates in `timezone`.
    """

    name: str
    path: Path
    root: Path
    state: Path
    timezone: str
    start: dt.date
    last_day: dt.date | None
    sources: Mapping[str, Source]
    taxonomy: Taxonomy
    instrumentation: "InstrumentationPolicy"
    behavior: "BehaviorPolicy"
    funnels: "FunnelPolicy"
    activation: "ActivationPolicy"
    segments: "SegmentPolicy"
    plays: "PlayPolicy"
    virality: "ViralityPolicy"
    paths: "PathPolicy"
    pql: "PqlPolicy"
    revenue: "RevenuePolicy"
    kpis: "KpiPolicy"
    governance: "GovernancePolicy"
    experiments: "ExperimentPolicy"

    @property
    def roles(self) -> Mapping[str, RoleEvents]:
        """The events that play each mapped role."""
        return self.taxonomy.roles

    def as_of(self, day: dt.date) -> AsOf:
        """The end of `day` in the workspace's time zone, as the limit of knowledge."""
        return AsOf(day, self.timezone)

    def event_dates(self) -> tuple[dt.date | None, ...]:
        """The date that each event file's path names, None where it names none; in the order of the files."""
        events = self.sources["events"]
        return tuple(events.file_date(path, root=self.root) for path in events.files(self.root))

    # -- what is there ------------------------------------------------------------------------------------------------

    def missing(self, need: str) -> str | None:
        """Why the need is not met, in words for a reader, or None when it is.

        A need is `source:NAME`, `role:NAME` or `actor:NAME`: events that name a `user`, or a `visitor` by an anonymous id.
        Alternatives are joined by `|`. ValueError when the need itself is unknown.
        """
        wanted = [_need(text) for text in need.split("|")]
        if any(self._has(kind, name) for kind, name in wanted):
            return None
        named = [f"{kind} {name!r}" if kind != "actor" else f"events that name a {name}" for kind, name in wanted]
        remedies = [_REMEDIES[kind].format(name=_ACTORS.get(name, name), file=self.path.name) for kind, name in wanted]
        return f"needs {' or '.join(named)}: {', or '.join(remedies)}"

    def _has(self, kind: str, name: str) -> bool:
        if kind == "source":
            return name in self.sources
        if kind == "role":
            return name in self.roles or (name == "activation" and self.activation.milestone is not None)
        events = self.sources["events"]
        return events.has_user_id if name == "user" else events.has_anonymous_id

    # -- what is derived ----------------------------------------------------------------------------------------------

    @property
    def sections(self) -> tuple[Section, ...]:
        """What events mean and every policy, in the order of the stages."""
        return (
            self.taxonomy, self.instrumentation, self.behavior, self.funnels, self.activation, self.segments, self.plays,
            self.virality, self.paths, self.pql, self.revenue, self.kpis, self.governance, self.experiments,
        )  # fmt: skip

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that is configured, packaged defaults included; where the workspace lies does not matter."""
        return sha256([self.name, self.timezone, self.start, self.last_day, self.sources, *self.sections])

    def config_tables(self) -> dict[str, pa.Table]:
        """Every table of schema `config`, by bare name; ValueError when two sections claim the same one.

        Where activation is a rule, `event_roles` has a row of that role without an event, unless an event is mapped beside it.
        """
        merged: dict[str, pa.Table] = {}
        for section in self.sections:
            for name, rows in section.config_tables().items():
                if name in merged:
                    raise ValueError(f"config.{name} comes from two sections; let one of them own it")
                merged[name] = rows
        if self._has("role", "activation") and "activation" not in self.roles:
            # The role is there, but it is a rule and no event that plays it.
            ruled = pa.Table.from_pylist([{"role": "activation"}], schema=merged["event_roles"].schema)
            merged["event_roles"] = pa.concat_tables([merged["event_roles"], ruled])
        return merged

    # -- what comes from the environment ------------------------------------------------------------------------------

    @property
    def mlflow_tracking_uri(self) -> str:
        """`MLFLOW_TRACKING_URI`, else the sqlite store in the state folder; read on each use, never kept."""
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self.state / 'mlflow.db'}"

    @property
    def pseudonym_key(self) -> str | None:
        """The secret `PLG_PSEUDONYM_KEY`, None when unset; read on each use, never kept."""
        return os.environ.get("PLG_PSEUDONYM_KEY") or None


_REMEDIES = {
    "source": "add sources.{name} to {file}",
    "role": "map an event to roles.{name} in {file}",
    "actor": "map {name} in sources.events.columns of {file}",
}
_ACTORS = {"user": "user_id", "visitor": "anonymous_id"}
_KNOWN = {"source": frozenset(SOURCES), "role": frozenset(ROLES), "actor": frozenset(_ACTORS)}


def _need(text: str) -> tuple[str, str]:
    kind, _, name = text.strip().partition(":")
    if name not in _KNOWN.get(kind, frozenset()):
        raise ValueError(f"need {text!r} is unknown; write source:NAME, role:NAME or actor:NAME with a name that exists")
    return kind, name
