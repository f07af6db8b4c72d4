"""Alerts by e-mail over SMTP: certificates verified, a mail each, whose Message-ID is the delivery's key whenever it is sent."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from plg_orchestration.kpis.alerts.telling.messages import text_of, title_of
from plg_orchestration.kpis.alerts.telling.policy import EmailReceiver
from plg_orchestration.sending.answers import OTHER, UNREACHED, Outcome, Reply, reply_to_all
from plg_orchestration.sending.deliveries import Delivery
from plg_orchestration.sending.secrets import shown
from plg_orchestration.sending.sender import Batch
from plg_orchestration.wall_clock import WallClock

SELF = "plg-orchestration"
"""How the sender names itself to the server; asking the network for the machine's name may take long."""


@dataclass(frozen=True)
class Mail:
    """The channel of one mail server; `login` is user and password, where it asks for them."""

    receiver: EmailReceiver
    login: tuple[str, str] | None = field(repr=False)
    clock: WallClock

    def batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """One mail each."""
        return [(delivery,) for delivery in deliveries]

    def send(self, batch: Batch) -> Reply:
        """A mail that the server took for one recipient at least was delivered; whom it refused is said."""
        (delivery,) = batch
        try:
            with self._connection() as server:
                refused = server.send_message(self._mail(delivery))
        except (smtplib.SMTPException, OSError) as error:
            return self._failed(error)
        said = f"250 taken; refused for {len(refused)} of {len(self.receiver.recipients)} recipients" if refused else "250 taken"
        return reply_to_all(Outcome("delivered", said, 250), 1)

    def _failed(self, error: Exception) -> Reply:
        """What an error says of the mail, in words of our own: a server's may repeat the login."""
        match error:
            case smtplib.SMTPAuthenticationError():
                said = f"{error.smtp_code} the login was refused"
                return self._refused(said, error.smtp_code, "renew user and password in their variables")
            case smtplib.SMTPRecipientsRefused():
                code = max(code for code, _ in error.recipients.values())
                return self._answered(code, f"{code} every recipient was refused")
            case smtplib.SMTPResponseException():
                text = error.smtp_error
                said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
                return self._answered(error.smtp_code, shown(f"{error.smtp_code} {said}", self.login or ()))
            case smtplib.SMTPNotSupportedError():
                return self._refused("the server offers no encryption or no login", None, "correct security, port or the login")
            case ssl.SSLError():
                return self._refused(
                    "the server's certificate cannot be trusted", None, "correct the host, or trust the authority"
                )
            case _:
                said = "the mail server could not be reached, or closed the connection"
                return reply_to_all(Outcome("again", said, None, UNREACHED), 1)

    def _connection(self) -> smtplib.SMTP:
        made, context = self.receiver, ssl.create_default_context()
        if made.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(made.host, made.port, SELF, timeout=made.timeout_seconds, context=context)
        else:
            server = smtplib.SMTP(made.host, made.port, SELF, timeout=made.timeout_seconds)
        try:
            if made.security == "starttls":
                server.starttls(context=context)
            if self.login is not None:
                server.login(*self.login)
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, delivery: Delivery) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = " ".join(title_of(delivery.content).split())
        mail["From"], mail["To"] = self.receiver.sender, ", ".join(self.receiver.recipients)
        mail["Message-ID"] = f"<{delivery.key}@{self.receiver.sender.rsplit('@', 1)[1]}>"
        mail["Date"] = self.clock.now().strftime("%a, %d %b %Y %H:%M:%S +0000")
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text_of(delivery.content))
        return mail

    def _answered(self, code: int, said: str) -> Reply:
        if code < 500:
            return reply_to_all(Outcome("again", said, code, UNREACHED), 1)
        return Reply((Outcome("refused", said, code, OTHER),), stop=said)

    def _refused(self, said: str, code: int | None, remedy: str) -> Reply:
        return Reply((Outcome("refused", said, code, remedy),), stop=said)
