"""E-mail goes out over real SMTP: what arrives, what is refused for good and what for now, and what cannot be smuggled in."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from time import sleep
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import given
from hypothesis import strategies as st

from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message
from flowkit.notify.email import Email, compose, subject
from flowkit.notify.mailbox import Mailbox, read_mailbox

Define = Callable[[str], ChannelDefinition]
Make = Callable[..., Message]
SECRET = {"MAIL_PASSWORD": "s3cret"}
ACCOUNT = "preset: email\nhost: localhost\nsender: 老王修车 <service@example.com>\nreply_to: desk@example.com\n"


@dataclass
class Server:
    """What a mail server does by script: answers by address, an answer to the content, a password."""

    refuses: dict[str, str] = field(default_factory=dict)
    answer: str = "250 taken"
    password: str | None = None
    got: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.answer.startswith("2"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.got.append((envelope.mail_from, list(envelope.rcpt_tos), mail))
            self.encrypted.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return self.answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        fine = (data.login, data.password) == (b"service", (self.password or "").encode())
        return AuthResult(success=fine, handled=False, message=None if fine else "535 no")


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def start(tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, **given: Any) -> Server:
        server = Server(**given)

        def session() -> SMTP:
            return SMTP(
                server,
                hostname="localhost",
                enable_SMTPUTF8=False,
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=server.authenticate if server.password is not None else None,
                auth_required=server.password is not None,
                auth_require_tls=False,
                loop=loop,
            )

        listening = asyncio.run_coroutine_threadsafe(loop.create_server(session, "127.0.0.1", 0, ssl=tls), loop)
        server.port = listening.result(10).sockets[0].getsockname()[1]
        return server

    yield start

    async def end() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def account(server: Server, security: str = "none", more: str = "") -> str:
    return f"{ACCOUNT}port: {server.port}\nsecurity: {security}\n{more}"


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_message_arrives_as_text_and_as_html(serve: Any, define: Define, message: Make) -> None:
    """Chinese is whole in subject, sender and text; in the HTML what was typed is text."""
    server = serve()
    receipt = Email(define(account(server)), {}).send(message())
    ((sender, to, mail),) = server.got
    assert (sender, to) == ("service@example.com", ["zhang@example.com"])
    assert mail["Subject"] == "配件已超时"
    assert mail["From"].addresses[0].display_name == "老王修车"
    assert (mail["Reply-To"], mail["To"]) == ("desk@example.com", "zhang@example.com")
    assert mail["Date"].datetime == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert part(mail, "plain") == "工单 WX1 的 <b>门机</b> 已等待 2 小时\n请处理 {{7*7}}\n"
    assert "的 &lt;b&gt;门机&lt;/b&gt; 已等待 2 小时<br>\n请处理 {{7*7}}</p>" in part(mail, "html")
    assert (receipt.reference, receipt.notice) == (mail["Message-ID"], "")


def test_a_retry_is_the_same_mail(serve: Any, define: Define, message: Make) -> None:
    """The same key gives the same Message-ID and the same bytes; another key another."""
    sender = Mailbox("service@example.com")
    first, again = (compose(message(), sender, None, ("a@example.com",)) for _ in range(2))
    assert first == again
    server = serve()
    channel = Email(define(account(server)), {})
    ids = [
        channel.send(message(key=key)).reference
        for key in ("c1/7/员工:张/mail", "c1/7/员工:张/mail", "c1/8/员工:张/mail")
    ]
    assert ids[0] == ids[1] != ids[2]
    assert [mail["Message-ID"] for _, _, mail in server.got] == ids
    assert all(i.isascii() and "c1" not in i for i in ids)


@pytest.mark.parametrize(
    ("answer", "permanent"), [("451 busy", False), ("452 too many", False), ("554 spam", True), ("552 full", True)]
)
def test_a_refusal_is_for_now_or_for_good(
    serve: Any, define: Define, message: Make, answer: str, permanent: bool
) -> None:
    """4xx is tried again, 5xx is not; what the server said is told."""
    for server in (serve(answer=answer), serve(refuses={"zhang@example.com": answer})):
        with pytest.raises(DeliveryError, match=answer) as caught:
            Email(define(account(server)), {}).send(message())
        assert caught.value.permanent is permanent
        assert server.got == []


def test_of_several_addresses_some_may_be_refused(serve: Any, define: Define, message: Make) -> None:
    """It is sent if one takes it, and the receipt says which did not; if none does, one that may later is tried again."""
    both = {"address": "zhang@example.com; zhang@old.example.com"}
    server = serve(refuses={"zhang@old.example.com": "550 gone"})
    receipt = Email(define(account(server)), {}).send(message(**both))
    assert [to for _, to, _ in server.got] == [["zhang@example.com"]]
    assert receipt.notice == "zhang@old.example.com: 550 gone"
    for answers, permanent in ((("550 a", "450 b"), False), (("550 a", "551 b"), True)):
        refuses = dict(zip(("zhang@example.com", "zhang@old.example.com"), answers, strict=True))
        with pytest.raises(DeliveryError) as caught:
            Email(define(account(serve(refuses=refuses))), {}).send(message(**both))
        assert caught.value.permanent is permanent


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_speaks_tls_and_signs_in(
    serve: Any, define: Define, message: Make, serving_tls: ssl.SSLContext, trusting: ssl.SSLContext, security: str
) -> None:
    """From the first byte or after STARTTLS; the password comes from the environment."""
    given = {"starttls" if security == "starttls" else "tls": serving_tls}
    server = serve(password="s3cret", **given)
    more = "user: service\npassword: ${env:MAIL_PASSWORD}\n"
    Email(define(account(server, security, more)), SECRET, trusting).send(message())
    assert server.encrypted == [True]
    # What is wrong with our account is no fault of the message: it is tried again.
    with pytest.raises(DeliveryError, match="535") as caught:
        Email(define(account(server, security, more)), {"MAIL_PASSWORD": "wrong"}, trusting).send(message())
    assert not caught.value.permanent
    assert "wrong" not in str(caught.value)
    with pytest.raises(DeliveryError, match="MAIL_PASSWORD"):
        Email(define(account(server, security, more)), {}, trusting).send(message())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_refused(
    serve: Any, define: Define, message: Make, serving_tls: ssl.SSLContext, security: str
) -> None:
    """Nothing is said to such a server, not even the sender's name."""
    server = serve(**{"starttls" if security == "starttls" else "tls": serving_tls})
    with pytest.raises(DeliveryError, match="证书不可信") as caught:
        Email(define(account(server, security)), {}).send(message())
    assert not caught.value.permanent
    assert server.got == []


def test_without_starttls_nothing_is_said_in_the_clear(serve: Any, define: Define, message: Make) -> None:
    """A server, or somebody between, that does not offer TLS gets no mail."""
    server = serve()
    with pytest.raises(DeliveryError, match="不支持加密") as caught:
        Email(define(account(server, "starttls")), {}).send(message())
    assert (caught.value.permanent, server.got) == (False, [])


@pytest.mark.parametrize(
    "address", [None, "", "zhang", "a@b@c.com", "a@example.com\r\nRCPT TO:<b@example.com>", "a@example.com, x"]
)
def test_what_is_no_address_is_refused_for_good(define: Define, message: Make, address: str | None) -> None:
    """Before any server is asked."""
    with pytest.raises(DeliveryError) as caught:
        Email(define(f"{ACCOUNT}port: 1\n"), {}).send(message(address=address))
    assert caught.value.permanent


HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]


@given(st.text(max_size=300), st.text(max_size=300), st.text(min_size=1, max_size=50), st.text(max_size=100))
def test_nothing_typed_becomes_a_header(title: str, text: str, key: str, name: str) -> None:
    """Whatever stands in title, text, key or the sender's name: the headers are ours, the subject is one line, the text whole."""
    made = Message(key, "employee:zhang", "a@example.com", title, text, "c1", "n", datetime(2026, 3, 2, tzinfo=UTC))
    sender = read_mailbox(f"{name}<service@example.com>") or Mailbox("service@example.com")
    mail = message_from_bytes(compose(made, sender, None, ("a@example.com",)), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.keys() == HEADERS
    assert [a.addr_spec for a in mail["From"].addresses] == ["service@example.com"]
    assert mail["Subject"] == subject(made)
    assert len(mail["Subject"].splitlines()) <= 1
    typed = text.replace("\r\n", "\n").replace("\r", "\n")
    assert part(mail, "plain").replace("\r", "\n").rstrip("\n") == typed.rstrip("\n")


@pytest.mark.parametrize(
    "title",
    ["x\r\nBcc: victim@example.com", "x\nBcc: v@example.com\n\nbody", "\u2028x\u202e", "=?utf-8?q?a=0ABcc:_v?="],
)
def test_a_title_stays_one_header(serve: Any, define: Define, message: Make, title: str) -> None:
    """Seen at the server, which splits headers as servers do."""
    server = serve()
    Email(define(account(server)), {}).send(message(title=title))
    ((_, to, mail),) = server.got
    assert to == ["zhang@example.com"]
    assert "Bcc" not in mail
    assert set(mail["Subject"]) & {"\r", "\n", "\u2028", "\u202e"} == set()


def test_without_a_title_the_text_begins_the_subject(message: Make) -> None:
    """Its first line, cut where it is long."""
    assert subject(message(title="", text="\n  工单 WX1\n还没人接")) == "工单 WX1"
    assert len(subject(message(title="门" * 500))) == 150


def test_lines_of_a_single_dot_arrive(serve: Any, define: Define, message: Make) -> None:
    """SMTP ends a mail with one; a text may hold one all the same."""
    server = serve()
    Email(define(account(server)), {}).send(message(text="a\n.\nb"))
    assert part(server.got[0][2], "plain") == "a\n.\nb\n"


def _read_until(connection: socket.socket, end: bytes) -> None:
    got = b""
    while end not in got:
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError
        got += piece


def _hang(connection: socket.socket) -> None:
    _read_until(connection, b"never")


def _take(connection: socket.socket) -> None:
    """Take a mail, in good order."""
    for _ in range(3):
        _read_until(connection, b"\r\n")
        connection.sendall(b"250 ok\r\n")
    _read_until(connection, b"\r\n")
    connection.sendall(b"354 go on\r\n")
    _read_until(connection, b"\r\n.\r\n")
    connection.sendall(b"250 taken\r\n")


def _drip(connection: socket.socket) -> None:
    """Each byte in time, the whole far too late."""
    for byte in b"220 " + b"x" * 40 + b"\r\n":
        connection.sendall(bytes([byte]))
        sleep(0.05)
    _take(connection)


def _flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"220-" + b"x" * 1000 + b"\r\n")


def _cut(connection: socket.socket) -> None:
    connection.sendall(b"220 x\r\n")
    _read_until(connection, b"\r\n")


def _garbage(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _closed_door(connection: socket.socket) -> None:
    connection.sendall(b"554 go away\r\n")


@pytest.mark.parametrize("behave", [_hang, _drip, _flood, _cut, _garbage, _closed_door])
def test_a_server_that_misbehaves_is_given_up_and_tried_again(
    define: Define, message: Make, scripted: Any, behave: Callable[[socket.socket], None]
) -> None:
    """It hangs, drips, floods, hangs up, speaks another language, shuts the door: an error of ours, and never for good."""
    text = f"{ACCOUNT.replace('localhost', '127.0.0.1')}port: {scripted(behave)}\nsecurity: none\n"
    with pytest.raises(DeliveryError, match="out: 邮件服务器") as caught:
        Email(define(text), {}, seconds=0.5).send(message())
    assert not caught.value.permanent


def test_once_taken_it_is_sent_whatever_comes_after(define: Define, message: Make, scripted: Any) -> None:
    """A server that takes the mail and falls silent has taken it."""
    taken = threading.Event()

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        _take(connection)
        taken.set()
        _read_until(connection, b"never")

    text = f"{ACCOUNT.replace('localhost', '127.0.0.1')}port: {scripted(behave)}\nsecurity: none\n"
    assert Email(define(text), {}, seconds=1).send(message()).reference
    assert taken.is_set()
