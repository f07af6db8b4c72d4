"""One POST over HTTP: TLS verified, no redirect followed, nothing from the environment, bounded in time and size.

What an answer means is in `answers.py`; when to try again, in `sender.py`.
"""

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plg_orchestration.sending.answers import RETRY, UNREACHED, Outcome
from plg_orchestration.wall_clock import WallClock

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

CHUNK = 65_536
AGENT = "plg-orchestration"


@dataclass(frozen=True)
class Response:
    """An answer: status, headers by lower-case name, and the body, unless it was longer or slower than allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None = field(repr=False)


class Transport:
    """Requests to one destination over one connection, which is opened again when it was closed."""

    def __init__(self, *, timeout: float, largest: int, clock: WallClock) -> None:
        import urllib3

        self._timeout, self._largest, self._clock = timeout, largest, clock
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=1,
            retries=False,
            cert_reqs="CERT_REQUIRED",
            timeout=urllib3.Timeout(connect=timeout, read=timeout),
        )

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Response | Outcome:
        """The answer, or the outcome when there was none. Words are our own: those of a library may repeat the address."""
        from urllib3 import exceptions

        sent = {"content-type": "application/json", "user-agent": AGENT, "accept": "application/json", **headers}
        try:
            with _unlogged():
                answer = self._pool.request("POST", address, body=body, headers=sent, redirect=False, preload_content=False)
        except exceptions.SSLError:
            remedy = f"correct the url, or trust the authority (SSL_CERT_FILE), {RETRY}"
            return Outcome("refused", "the receiver's certificate cannot be trusted", None, remedy)
        except exceptions.NameResolutionError:
            return Outcome("again", "the receiver's name is not known", None, UNREACHED)
        except exceptions.NewConnectionError:
            return Outcome("again", "no connection could be made", None, UNREACHED)
        except exceptions.TimeoutError:
            return Outcome("again", f"no answer within {self._timeout:g} seconds", None, UNREACHED)
        except exceptions.HTTPError:
            return Outcome("again", "the connection was closed before an answer came", None, UNREACHED)
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, self._body(answer))

    def _body(self, answer: "BaseHTTPResponse") -> bytes | None:
        """The body as it came; None when it is longer than allowed, or does not come in time."""
        from urllib3 import exceptions

        deadline = self._clock.monotonic() + self._timeout
        parts: list[bytes] = []
        try:
            while part := answer.read1(CHUNK, decode_content=False):
                parts.append(part)
                if sum(map(len, parts)) > self._largest or self._clock.monotonic() > deadline:
                    return None
        except exceptions.HTTPError:
            return None
        finally:
            answer.close()
        return b"".join(parts)


@contextmanager
def _unlogged() -> Generator[None]:
    """No line of urllib3's own log: at its lowest level it holds the path, which may be a secret."""
    logger = logging.getLogger("urllib3.connectionpool")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
