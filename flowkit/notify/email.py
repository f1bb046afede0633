"""The e-mail channel: one message to one person's mailbox over SMTP, as text and as HTML that says the same.

Knows mail and its servers. A message keeps its Message-ID and its very bytes over all tries, so that a mailbox can tell a
repeat. What a server says against this message for good (5xx) is permanent; what it says against us, or nothing, is not.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import smtplib
import ssl
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flowkit.diagnostics import shown
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message, Receipt
from flowkit.notify.mailbox import Mailbox, read_mailbox, read_recipients
from flowkit.notify.presets import SECURITY
from flowkit.wire.connections import Encrypted, Grant, Plain, connected, resolved, secured, tls_context, words

SECONDS = 30.0
"How long one try may take."

MOST_ANSWERED = 256 * 1024
LONGEST_SUBJECT = 150
PLAIN_WIDTH = 60
ENCODED_WIDTH = 42

# Letters and signs that mean the same in a header as elsewhere; not `=?`, and none that mean something among addresses.
_PLAIN = re.compile(r"[A-Za-z0-9_ -][A-Za-z0-9_ .!#+/-]*")


@dataclass(frozen=True, slots=True)
class Account:
    """How a server is reached, and as whom."""

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: Mailbox
    reply_to: Mailbox | None


class Email:
    """Sends through the account that `definition` names. Safe to share between threads: each message has its connection.

    `context` and `seconds` stand for the machine's own authorities and the usual patience where a test brings others.
    """

    def __init__(
        self,
        definition: ChannelDefinition,
        environment: Mapping[str, str],
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._definition, self._environment = definition, environment
        self._context, self._seconds = tls_context(context), seconds

    @property
    def name(self) -> str:
        return self._definition.name

    def send(self, message: Message) -> Receipt:
        """Hand the message to the server. A refusal of some of a person's addresses is told in the receipt's notice."""
        to = read_recipients(message.address or "")
        if to is None:
            raise DeliveryError(f"{self.name}: 没有可用的邮箱地址", permanent=True)
        account = _account(self._definition, self._environment)
        content = compose(message, account.sender, account.reply_to, to)
        session = _signed_in(self.name, account, Grant.of(self._seconds, MOST_ANSWERED), self._context)
        try:
            refused = session.sendmail(account.sender.address, to, content)
        except smtplib.SMTPRecipientsRefused as error:
            answers = [(int(code), reply) for code, reply in error.recipients.values()]
            permanent = all(code >= 500 for code, _ in answers)
            raise DeliveryError(f"{self.name}: 收件地址被拒绝: {_said(*answers[0])}", permanent=permanent) from None
        except smtplib.SMTPResponseException as error:
            told = _said(error.smtp_code, error.smtp_error)
            raise DeliveryError(f"{self.name}: 邮件被拒绝: {told}", permanent=error.smtp_code >= 500) from None
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"{self.name}: {_words(error)}") from None
        finally:
            _leave(session)
        notice = "; ".join(f"{address}: {_said(*answer)}" for address, answer in refused.items())
        return Receipt(message_id(message, account.sender), notice)


class _Session(smtplib.SMTP):
    """A conversation under a grant, over TLS from the first byte where there is a context."""

    def __init__(self, account: Account, grant: Grant, context: ssl.SSLContext | None) -> None:
        self._grant, self._first = grant, context
        # Without a name of ours it would ask the resolver for one, which knows no deadline.
        super().__init__(account.host, account.port, local_hostname=account.sender.domain)

    def _get_socket(self, host: str, port: int, timeout: float) -> Plain | Encrypted:
        wire = connected(resolved(host, port, self._grant, lambda address: True), port, self._grant)
        return secured(wire, host, self._first) if self._first is not None else wire

    def secure(self, context: ssl.SSLContext) -> None:
        """Go on over TLS. Raises SMTPException where the server does not offer it: then nothing is said in the clear."""
        self.starttls(context=context)
        assert isinstance(self.sock, Encrypted)
        self.sock.grant = self._grant


def compose(message: Message, sender: Mailbox, reply_to: Mailbox | None, to: tuple[str, ...]) -> bytes:
    """The mail as it is sent; the same message gives the same bytes."""
    headers = {
        "From": _named(sender),
        "To": ",\r\n ".join(to),
        "Reply-To": _named(reply_to) if reply_to is not None else "",
        "Subject": _encoded(subject(message)),
        "Date": format_datetime(message.at),
        "Message-ID": message_id(message, sender),
        "Auto-Submitted": "auto-generated",
    }
    body = EmailMessage(SMTP)
    # In base64 no relay touches a line, and no line can be taken for the boundary.
    text = message.text.encode("utf-8", "replace").decode()
    body.set_content(text, cte="base64")
    body.add_alternative(as_html(text), subtype="html", cte="base64")
    body.set_boundary(f"=_{_digest(message)}")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value).encode("ascii") + body.as_bytes()


def message_id(message: Message, sender: Mailbox) -> str:
    """The identity of a message, by its key: a retry carries the same one, which tells nothing about the case."""
    return f"<{_digest(message)}@{sender.domain}>"


def subject(message: Message) -> str:
    """The title on one line, else the beginning of the text; characters that control something are blanks."""
    lines = (message.title, *message.text.splitlines())
    flat = (" ".join("".join(c if _visible(c) else " " for c in line).split()) for line in lines)
    words = next((line for line in flat if line), message.notification)
    return words if len(words) <= LONGEST_SUBJECT else f"{words[: LONGEST_SUBJECT - 1]}…"


def as_html(text: str) -> str:
    """The text with its paragraphs and lines. All of it is data: what looks like markup is shown as it was typed."""
    paragraphs = (html.escape(p).replace("\n", "<br>\n") for p in text.replace("\r\n", "\n").split("\n\n") if p.strip())
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _named(mailbox: Mailbox) -> str:
    return f"{_encoded(mailbox.name)} <{mailbox.address}>" if mailbox.name else mailbox.address


def _encoded(text: str) -> str:
    """Words for a header (RFC 2047). Done here: the standard library takes what a person typed as `=?…?=` for encoded words,
    and a line break that hides in them for the end of the header.
    """
    if len(text) <= PLAIN_WIDTH and _PLAIN.fullmatch(text):
        return text
    pieces, piece = [], b""
    for character in text.encode("utf-8", "replace").decode():
        if len(piece) + len(character.encode()) > ENCODED_WIDTH:
            pieces.append(piece)
            piece = b""
        piece += character.encode()
    words = (base64.b64encode(each).decode() for each in [*pieces, piece])
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _digest(message: Message) -> str:
    return base64.b32encode(hashlib.sha256(message.key.encode("utf-8", "replace")).digest())[:32].decode().lower()


def _account(definition: ChannelDefinition, environment: Mapping[str, str]) -> Account:
    def text(key: str, default: str = "") -> str:
        return definition.text(key, environment, default)

    security = text("security", "starttls")
    sender, reply_to = read_mailbox(text("sender")), text("reply_to")
    if sender is None:
        raise DeliveryError(f"{definition.name}: 发件地址不是邮箱地址")
    port = int(text("port", str(SECURITY[security])))
    return Account(
        text("host"),
        port,
        security,
        text("user"),
        text("password"),
        sender,
        read_mailbox(reply_to) if reply_to else None,
    )


def _signed_in(name: str, account: Account, grant: Grant, context: ssl.SSLContext) -> _Session:
    """A session ready to send. What goes wrong until here is no fault of the message: it is tried again."""
    session: _Session | None = None
    try:
        session = _Session(account, grant, context if account.security == "tls" else None)
        session.ehlo_or_helo_if_needed()
        if account.security == "starttls":
            session.secure(context)
        if account.user:
            session.login(account.user, account.password)
        session.ehlo_or_helo_if_needed()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        if session is not None:
            session.close()
        told = (
            _said(error.smtp_code, error.smtp_error)
            if isinstance(error, smtplib.SMTPResponseException)
            else _words(error)
        )
        raise DeliveryError(f"{name}: 邮件服务器: {told}") from None
    return session


def _leave(session: _Session) -> None:
    """Take leave. Whatever goes wrong now changes nothing: the server has taken the message, or has refused it."""
    with suppress(smtplib.SMTPException, OSError):
        session.quit()
    session.close()


def _said(code: int, reply: Any) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return f"{code} {shown(text, 200, quotes=False)}"


def _words(error: Exception) -> str:
    match error:
        case smtplib.SMTPNotSupportedError():
            return "不支持加密或登录"
        case smtplib.SMTPServerDisconnected():
            return "连接中断"
    return words(error)
