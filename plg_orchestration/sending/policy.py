"""What the sections of a workspace share that say whereto something is sent: names, variables, hosts, addresses and patience.

A secret never stands in a section: an entry names the environment variable that holds it, and no message repeats what was written
there. The entries themselves, their kinds and their defaults stand with what is sent.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Annotated, Any, Protocol, cast

from pydantic import BeforeValidator, Field, StringConstraints

from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{2,63}")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
ADDRESS = re.compile(rf"(https?)://((?i:{HOST.pattern}))(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")


class Named(Protocol):
    """An entry of a section."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...


def checked_address(address: str, hosts: tuple[str, ...], *, key: str, what: str) -> str:
    """The address when `what` may be sent there; ValueError (fault; remedy), which names the host and nothing behind it.

    `key` is the key of the configuration that lists the `hosts`.
    """
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(
            "this is no plain web address: it may have no user name, query, fragment or space; "
            "write https://host/path, and put an address that holds a secret into an environment variable (url_from)"
        )
    scheme, host = found.group(1), found.group(2).lower()
    if host not in hosts:
        raise ValueError(f"the host {host!r} is not allowed; add it to {key}, or correct the address")
    if scheme == "http" and not is_loopback(host):
        raise ValueError(f"{what} would go to {host!r} unencrypted; write https")
    return address


def checked_kind(value: object, *, entry: str, secrets: Mapping[str, Mapping[str, str]]) -> object:
    """The value of an `entry` as it was written, when its kind is known and no secret stands in it; else ValueError.

    `secrets` says for every kind under which keys people write secrets, and which key names the variable instead.
    """
    if isinstance(value, dict):
        written = cast("dict[str, Any]", value)
        kind = written.get("kind")
        if kind not in tuple(secrets):
            fault = f"{kind!r} is no kind of {entry}" if "kind" in written else f"a {entry} needs a kind"
            raise ValueError(f"{fault}; {choose(str(kind), secrets, what='kinds')}")
        if leaked := sorted(written.keys() & secrets[kind].keys()):
            raise ValueError(
                f"{leaked[0]!r} would hold a secret, which must not stand in a file; "
                f"set an environment variable and name it in {secrets[kind][leaked[0]]}"
            )
    return value


def check_distinct(made: Sequence[Named], *, entry: str) -> None:
    """ValueError when two of the section's entries have one name."""
    names = [one.name for one in made]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two {entry}s are named {repeated[0]!r}; give each a name of its own")


def check_one_address(whose: str, *, url: str | None, url_from: str | None) -> None:
    """ValueError unless the address is given in exactly one way; `whose` names the entry."""
    if (url is None) == (url_from is None):
        raise ValueError(f"{whose}: give either url or url_from; write one of the two")


def is_loopback(host: str) -> bool:
    """Whether what is sent to the host stays on the machine."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _variable(value: object) -> object:
    if not isinstance(value, str) or not VARIABLE.fullmatch(value):
        raise ValueError(
            "the NAME of an environment variable belongs here, never the secret itself; "
            "write capital letters, digits and underscores, such as PLG_WEBHOOK_KEY"
        )
    return value


def _host(value: object) -> object:
    if not isinstance(value, str) or not HOST.fullmatch(value.lower()):
        raise ValueError("a bare host name belongs here, without scheme, port, path or wildcard; write crm.example.com")
    return value.lower()


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Variable = Annotated[str, BeforeValidator(_variable)]
Host = Annotated[str, BeforeValidator(_host)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Retry(Section):
    """How a failed request is tried again: after a random time between 0 and `first_seconds`, doubled each time up to
    `longest_seconds`, or after what the receiver asks for. A request is given up after `attempts`, and no more requests are
    made after `in_a_row` were given up, or after `budget_seconds` in all; what is left stays pending for the next run.
    """

    attempts: Annotated[int, Field(ge=1, le=10)] = 5
    first_seconds: Seconds = 1.0
    longest_seconds: Seconds = 30.0
    in_a_row: Annotated[int, Field(ge=1)] = 3
    budget_seconds: Seconds = 120.0
