"""A receiver on loopback that checks every request as a strict one would, misbehaves when told to, and keeps what it took.

It takes webhooks (`/leads`) and HubSpot's batch upsert. Faults are a list, one a request: a status, a status with headers,
`hang`, `close` (nothing is taken, no answer), `swallow` (everything is taken, no answer), or a function of the parsed body.
"""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from plg_orchestration.pql.destinations.hubspot import PATH
from plg_orchestration.pql.destinations.leads import COLUMNS
from plg_orchestration.sending.signing import verified

HEX = set("0123456789abcdef")


@dataclass
class Receiver:
    """What is expected of requests, and what came: `effects` counts what changed something, `faulty` lists what was wrong."""

    keys: tuple[bytes, ...] = ()
    token: str = ""
    columns: tuple[str, ...] = COLUMNS
    largest_batch: int = 1
    id_property: str = "plg_user_id"
    faults: list[Any] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    faulty: list[str] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.requests]

    # -- what a strict receiver checks ----------------------------------------------------------------------------------

    def check(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        found = json.loads(body)
        wrong = {
            "method": method != "POST",
            "content type": headers.get("content-type") != "application/json",
            "length": headers.get("content-length") != str(len(body)),
            "encoding": "accept-encoding" in headers and headers["accept-encoding"] != "identity",
            "agent": headers.get("user-agent") != "plg-orchestration",
        }
        wrong |= self._of_crm(path, headers, found) if path == PATH else self._of_webhook(headers, body, found)
        self.faulty += [f"{name} of {path}" for name, bad in wrong.items() if bad]

    def _of_webhook(self, headers: dict[str, str], body: bytes, found: Any) -> dict[str, bool]:
        leads = found["leads"]
        return {
            "signature": not verified(self.keys, headers, body, now=int(headers["webhook-timestamp"])),
            "idempotency key": headers["idempotency-key"] != headers["webhook-id"] or not is_key(headers["webhook-id"]),
            "schema": set(found) != {"type", "leads"} or found["type"] != "pql.leads",
            "columns": any(set(lead) != {*self.columns, "idempotency_key"} for lead in leads),
            "keys": any(not is_key(lead["idempotency_key"]) for lead in leads),
            "batch": not 1 <= len(leads) <= self.largest_batch,
            "single key": len(leads) == 1 and leads[0]["idempotency_key"] != headers["idempotency-key"],
        }

    def _of_crm(self, path: str, headers: dict[str, str], found: Any) -> dict[str, bool]:
        inputs = found["inputs"]
        ids = [one["id"] for one in inputs]
        return {
            "token": headers.get("authorization") != f"Bearer {self.token}",
            "schema": set(found) != {"inputs"},
            "inputs": any(set(one) != {"id", "idProperty", "objectWriteTraceId", "properties"} for one in inputs),
            "id property": any(one["idProperty"] != self.id_property for one in inputs),
            "values": any(not isinstance(value, str) for one in inputs for value in one["properties"].values()),
            "batch": not 1 <= len(inputs) <= self.largest_batch,
            "duplicate ids": len(ids) != len(set(ids)),
            "keys": any(not is_key(one["objectWriteTraceId"]) for one in inputs),
        }

    # -- what it takes -------------------------------------------------------------------------------------------------

    def take(self, path: str, found: Any, refused: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Everything that was not taken before; the CRM's answer."""
        if path != PATH:
            for lead in found["leads"]:
                if lead["idempotency_key"] not in self.seen:
                    self.seen.add(lead["idempotency_key"])
                    self.effects[f"{lead['as_of']} {lead['user_id']}"] += 1
            return {}
        results = []
        for one in found["inputs"]:
            if one["id"] in refused:
                continue
            new = one["id"] not in self.contacts
            if new or self.contacts[one["id"]] != one["properties"]:
                self.effects[one["id"]] += 1
            self.contacts[one["id"]] = one["properties"]
            results.append({
                "id": str(len(self.contacts)), "new": new, "objectWriteTraceId": one["objectWriteTraceId"],
                "properties": {self.id_property: one["id"], **one["properties"]},
            })  # fmt: skip
        return {"status": "COMPLETE", "results": results}


def is_key(text: str) -> bool:
    return len(text) == 64 and set(text) <= HEX


def partly(*refused: str, category: str = "VALIDATION_ERROR", by: str = "objectWriteTraceId"):
    """A CRM's 207: these contacts fail, the others are taken."""

    def answer(receiver: Receiver, found: Any) -> tuple[int, dict[str, Any]]:
        made = receiver.take(PATH, found, frozenset(refused))
        errors = [
            {
                "status": "error", "category": category, "message": f"{one['id']} is not valid",
                "context": {by: [one["objectWriteTraceId"] if by == "objectWriteTraceId" else one["id"]]},
            }
            for one in found["inputs"] if one["id"] in refused
        ]  # fmt: skip
        return 207, {**made, "numErrors": len(errors), "errors": errors}

    return answer


def refuses(*users: str, status: int = 400):
    """Any request with a lead of these users is refused as a whole."""

    def answer(receiver: Receiver, found: Any) -> tuple[int, dict[str, Any]]:
        named = {one.get("user_id", one.get("id")) for one in found.get("leads", found.get("inputs"))}
        if named & set(users):
            return status, {"message": "one of these is not valid"}
        return 200, receiver.take(PATH if "inputs" in found else "/leads", found)

    return answer


def handler_of(receiver: Receiver, patience: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append((headers, body))
            receiver.check("POST", self.path, headers, body)
            found = json.loads(body)
            fault = receiver.faults.pop(0) if receiver.faults else 200
            if fault == "swallow":
                receiver.take(self.path, found)
            if fault in ("close", "swallow"):
                self.close_connection = True
                return
            if fault == "hang":
                time.sleep(patience)
                self.close_connection = True
                return
            if callable(fault):
                self._answer(*fault(receiver, found))
                return
            status, more = fault if isinstance(fault, tuple) else (fault, {})
            made = receiver.take(self.path, found) if status < 300 else {"message": more.get("message", "no")}
            self._answer(status, made, more)

        def do_GET(self) -> None:
            receiver.faulty.append("method GET: a redirect was followed")
            self._answer(200, {})

        def _answer(self, status: int, found: dict[str, Any], more: dict[str, str] | None = None) -> None:
            text = json.dumps(found).encode()
            self.send_response(status)
            for name, value in (more or {}).items():
                if name != "message":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: tests read what was received."""

    return Handler


def serve(receiver: Receiver, *, patience: float = 0.6, context: Any = None) -> ThreadingHTTPServer:
    """The receiver listening on a free port of loopback, in a thread of its own; call `shutdown` and `server_close`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(receiver, patience))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server
