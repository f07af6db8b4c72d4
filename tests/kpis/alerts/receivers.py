"""Receivers on loopback: one for Slack and webhooks, and a mail server that speaks enough SMTP, with STARTTLS and a login."""

import base64
import datetime as dt
import ipaddress
import json
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Web:
    """What came over HTTP: path, headers by lower-case name, body as it was. `statuses` are answers, 200 when none is left."""

    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.requests]


def serve_web(web: Web) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            web.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status = web.statuses.pop(0) if web.statuses else 200
            self.send_response(status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok" if status == 200 else b"no")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.port = server.server_address[1]
    return started(server)


@dataclass
class Post:
    """A mail server's state: `mails` taken, whether they came encrypted, and what it is told to refuse."""

    login: tuple[str, str] | None = None
    context: ssl.SSLContext | None = None
    refuse_recipients: int = 0
    down: int = 0
    mails: list[tuple[str, list[str], str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0


def serve_post(post: Post) -> socketserver.ThreadingTCPServer:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.secure, self.sender, self.to = False, "", list[str]()
            if post.down:
                post.down -= 1
                return
            self.opened()
            self.say("220 post.example")
            while line := self.file.readline():
                word, _, rest = line.decode().strip().partition(" ")
                if not getattr(self, f"on_{word.lower()}", self.unknown)(rest):
                    return

        def opened(self) -> None:
            self.file = self.request.makefile("rb")

        def say(self, text: str) -> bool:
            self.request.sendall(f"{text}\r\n".encode())
            return True

        def unknown(self, rest: str) -> bool:
            return self.say("502 not known")

        def on_ehlo(self, rest: str) -> bool:
            offers = ["post.example"]
            offers += ["STARTTLS"] if post.context and not self.secure else []
            offers += ["AUTH PLAIN"] if post.login else []
            for offer in offers[:-1]:
                self.say(f"250-{offer}")
            return self.say(f"250 {offers[-1]}")

        def on_starttls(self, rest: str) -> bool:
            assert post.context is not None
            self.say("220 go ahead")
            try:
                self.request = post.context.wrap_socket(self.request, server_side=True)
            except ssl.SSLError:
                return False
            self.secure = True
            self.opened()
            return True

        def on_auth(self, rest: str) -> bool:
            given = tuple(base64.b64decode(rest.partition(" ")[2]).decode().split("\0")[1:])
            return self.say("235 welcome" if given == post.login else f"535 {given} is not known")

        def on_mail(self, rest: str) -> bool:
            self.sender, self.to = rest.partition("<")[2].partition(">")[0], []
            return self.say("250 ok")

        def on_rcpt(self, rest: str) -> bool:
            if post.refuse_recipients:
                post.refuse_recipients -= 1
                return self.say("550 no such mailbox")
            self.to.append(rest.partition("<")[2].partition(">")[0])
            return self.say("250 ok")

        def on_data(self, rest: str) -> bool:
            self.say("354 go on")
            lines: list[str] = []
            while (line := self.file.readline().decode()) != ".\r\n":
                lines.append(line)
            post.mails.append((self.sender, self.to, "".join(lines)))
            post.encrypted.append(self.secure)
            return self.say("250 taken")

        def on_rset(self, rest: str) -> bool:
            return self.say("250 ok")

        def on_quit(self, rest: str) -> bool:
            self.say("221 bye")
            return False

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: tests read what came."""

    server = Server(("127.0.0.1", 0), Handler)
    post.port = server.server_address[1]
    return started(server)


def started(server: Any) -> Any:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def certificate_of_loopback(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1 and its key, as files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(host, critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(pem))
    paths[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return paths
