"""The Segment spec: track, identify, group, page, screen and alias calls as JSON lines.

Where each canonical column lies in a call, and what makes a call no event.
"""

import json
from functools import cache
from pathlib import Path
from typing import cast

from plg_orchestration.config.sources import Source
from plg_orchestration.ingest.dialects.base import Selection
from plg_orchestration.ingest.times import zoned

PATHS: dict[str, tuple[str, ...]] = {
    "message_id": ("messageId",),
    "call": ("type",),
    "name": ("event",),
    "title": ("name",),
    "person": ("userId",),
    "anonymous": ("anonymousId",),
    "previous": ("previousId",),
    "group_id": ("groupId",),
    "sent": ("timestamp",),
    "first_sent": ("originalTimestamp",),
    "arrived": ("receivedAt",),
    "properties": ("properties",),
    "traits": ("traits",),
    "context_group": ("context", "groupId"),
    "session": ("context", "sessionId"),
    "locale": ("context", "locale"),
    "device": ("context", "device", "type"),
    "app_version": ("context", "app", "version"),
    "country": ("context", "location", "country"),
    "region": ("context", "location", "region"),
}
SELDOM = ("title", "previous", "group_id", "first_sent", "traits")
"""What track calls do not have; taken from the other calls only (and where a call has no timestamp)."""
KNOWN_KEYS = (
    "messageId", "type", "event", "name", "category", "userId", "anonymousId", "previousId", "groupId", "timestamp",
    "originalTimestamp", "receivedAt", "sentAt", "properties", "traits", "context", "integrations", "version", "channel",
    "writeKey", "projectId", "metadata", "_metadata",
)  # fmt: skip
"""The spec's own top-level keys; others are kept in `properties`."""
KINDS = ("track", "identify", "group", "page", "screen", "alias")
TEXTS = (
    "message_id", "call", "name", "title", "person", "anonymous", "previous", "group_id", "sent", "first_sent", "arrived",
    "context_group",
)  # fmt: skip
"""Values that must be JSON strings where they are present."""
LOOSE = ("session", "locale", "device", "app_version", "country", "region")
"""Descriptive values: kept as text whatever their JSON type."""
OBJECTS = ("properties", "traits")
PLACE = {name: f"json_{name}" for name in PATHS}
"""The column that holds a value's JSON text."""


class SegmentDialect:
    """Calls of the Segment spec; ids, times and names must be JSON strings, `properties` and `traits` objects."""

    def select(
        self, source: Source, *, header: tuple[str, ...] | None, timezone: str, root: Path, instants: frozenset[str] = frozenset()
    ) -> Selection:
        """The selection from a Segment call into the columns of `ingest.events`."""
        return _selection()


@cache
def _selection() -> Selection:
    seldom = 'x is not null and (x."type" is distinct from \'"track"\' or x."timestamp" is null)'
    rest = {"y": f"case when {seldom} then json_transform(raw, $seldom) end"}
    taken = {
        PLACE[name]: ("y." if name in SELDOM else "x.") + ".".join(f'"{key}"' for key in keys) for name, keys in PATHS.items()
    }
    named = {name: _text(name) for name in (*TEXTS, *LOOSE)}
    times = {"sent_at": zoned("coalesce(sent, first_sent)"), "arrived_at": zoned("arrived")}
    return Selection(
        structure=_structure(frozenset(PATHS) - frozenset(SELDOM)),
        layers=(rest, taken, named, times),
        expressions={
            "event_id": "message_id",
            "kind": "call",
            "event": "case call when 'track' then name when 'page' then coalesce(title, 'page') "
                     "when 'screen' then coalesce(title, 'screen') else call end",
            "user_id": "person",
            "anonymous_id": "anonymous",
            "account_id": "coalesce(context_group, group_id)",
            "event_at": "sent_at",
            "received_at": "arrived_at",
            "session_id": "session",
            "device": "device",
            "locale": "locale",
            "country": "country",
            "region": "region",
            "app_version": "app_version",
            "properties": f"case when call in ('identify', 'group') then {PLACE['traits']} "
                          f"else {PLACE['properties']} end",
            "previous_id": "case when call = 'alias' then previous end",
            "signup_at": "cast(null as timestamp)",
        },
        problem=_problem(),
        parameters={"seldom": _structure(frozenset(SELDOM))},
        known_keys=KNOWN_KEYS,
    )  # fmt: skip


def _structure(names: frozenset[str]) -> str:
    """The JSON structure that takes the named paths out of a call in one pass, each as JSON text."""
    made: dict[str, object] = {}
    for *outer, last in (keys for name, keys in PATHS.items() if name in names):
        level = made
        for key in outer:
            level = cast("dict[str, object]", level.setdefault(key, {}))
        level[last] = "JSON"
    return json.dumps(made)


def _text(name: str) -> str:
    """The text of a JSON string, unescaped; NULL when the value is absent, null or empty."""
    value = PLACE[name]
    plain = f"substring({value}, 2, length({value}) - 2)"
    inside = f"case when contains({value}, '\\') then json_extract_string({value}, '$') else {plain} end"
    other = f"else cast({value} as varchar)" if name in LOOSE else ""
    return f"case when starts_with({value}, '\"') then nullif({inside}, '') {other} end"


def _problem() -> str:
    named = {name: ".".join(PATHS[name]) for name in PATHS}
    wrong = [f"when {n} is null and not starts_with({PLACE[n]}, '\"') then 'type|{named[n]} is no text'" for n in TEXTS]
    shaped = [f"when not starts_with({PLACE[n]}, '{{') then 'type|{n} is no object'" for n in OBJECTS]
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    return " ".join((
        "case", *wrong, *shaped,
        "when call is null then 'missing|type'",
        f"when call not in ({kinds}) then 'value|type ' || left(call, 40) || ' is no call of the Segment spec'",
        "when call = 'track' and name is null then 'missing|event'",
        "when call = 'group' and group_id is null then 'missing|groupId'",
        "when call = 'alias' and (previous is null or person is null) then 'missing|previousId and userId'",
        "when coalesce(sent, first_sent) is null then 'missing|timestamp'",
        "when sent_at is null then 'time|timestamp ' || left(coalesce(sent, first_sent), 60)",
        "when arrived is not null and arrived_at is null then 'time|receivedAt ' || left(arrived, 60)",
        "end",
    ))  # fmt: skip
