"""A webhook is posted over real HTTP, signed, to where it may go; what its receiver answers decides what becomes of it."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.clock import VirtualClock
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message
from flowkit.notify.judging import retry_after
from flowkit.notify.webhook import Webhook, payload, sign, signing_key, webhook_id

Define = Callable[[str], ChannelDefinition]
Make = Callable[..., Message]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Receiver:
    """What a receiver answers by script, and what it was sent."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    port: int = 0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def serve() -> Iterator[Callable[..., Receiver]]:
    with ExitStack() as stack:

        def start(tls: ssl.SSLContext | None = None, **given: Any) -> Receiver:
            receiver = Receiver(**given)

            class Handler(BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"

                def do_POST(self) -> None:
                    body = self.rfile.read(int(self.headers["content-length"]))
                    receiver.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    self.send_response(receiver.status)
                    for name, value in receiver.headers.items():
                        self.send_header(name, value)
                    if "transfer-encoding" not in receiver.headers:
                        self.send_header("content-length", str(len(receiver.body)))
                    self.end_headers()
                    self.wfile.write(receiver.body)

                def log_message(self, format: str, *args: object) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            if tls is not None:
                server.socket = tls.wrap_socket(server.socket, server_side=True)
            receiver.port = server.server_address[1]
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return receiver

        yield start


def hook(receiver: Receiver, more: str = "") -> str:
    return f"preset: webhook\nurl: http://127.0.0.1:{receiver.port}/in\nprivate: true\n{more}"


def failed(channel: Webhook, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message)
    return caught.value


def test_a_message_is_posted_as_json_and_signed(serve: Any, define: Define, message: Make) -> None:
    """Whoever has the secret can check id, time and raw body; the text is as it was typed."""
    receiver = serve()
    definition = define(hook(receiver, "secret: ${env:HOOK_SECRET}\n"))
    receipt = Webhook(definition, {"HOOK_SECRET": SECRET}, VirtualClock(NOW)).send(message())
    ((path, headers, body),) = receiver.got
    assert path == "/in"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["content-type"].startswith("application/json")
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (
        "c1/7/employee:zhang/mail",
        str(int(NOW.timestamp())),
    )
    assert receipt.reference == headers["webhook-id"]
    key = signing_key(SECRET)
    assert key is not None
    assert headers["webhook-signature"] == sign(key, headers["webhook-id"], headers["webhook-timestamp"], body)
    told = json.loads(body)
    assert (told["type"], told["timestamp"], told["data"]["text"]) == (
        "message",
        "2026-03-02T09:00:00+00:00",
        message().text,
    )
    assert set(told["data"]) == {"key", "to", "address", "title", "text", "case", "notification"}


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example that the libraries of Standard Webhooks are tested with."""
    key = signing_key(SECRET)
    assert key is not None
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["whsec_", "whsec_####", "whsec_YWJj", "hush, hush", "whsec_" + "A" * 400])
def test_what_is_no_secret_signs_nothing(serve: Any, define: Define, message: Make, secret: str) -> None:
    """A message is rather not sent than sent with a signature nobody can check; the secret is not told."""
    receiver = serve()
    error = failed(Webhook(define(hook(receiver, "secret: ${env:S}\n")), {"S": secret}), message())
    assert not error.permanent
    assert "Standard Webhooks" in str(error)
    assert secret == "whsec_" or secret not in str(error)
    assert receiver.got == []


def test_a_retry_carries_the_same_id_and_body(serve: Any, define: Define, message: Make) -> None:
    """Only the time of the try differs; an id that no header can hold is hashed, the same each time."""
    receiver, clock = serve(), VirtualClock(NOW)
    channel = Webhook(define(hook(receiver)), {}, clock)
    for _ in range(2):
        channel.send(message(key="c1/7/员工:张/mail"))
        clock.move(timedelta(seconds=5))
    (_, first, body), (_, second, again) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-id"].startswith("msg_")
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 5
    assert body == again
    assert json.loads(body)["data"]["key"] == "c1/7/员工:张/mail"


@given(st.text(min_size=1, max_size=80), st.text(max_size=200))
def test_nothing_typed_becomes_a_header(key: str, text: str) -> None:
    """The id is of plain signs whatever the key, and different keys have different ids; the body is JSON of what was typed."""
    made = Message(key, "employee:zhang", None, text, text, "c1", "n", NOW)
    identity = webhook_id(made)
    assert identity.isascii()
    assert identity.isprintable()
    assert " " not in identity
    assert json.loads(payload(made))["data"]["text"] == text


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, False), (401, False), (404, False), (410, True), (429, False), (500, False), (503, False), (304, False)],
)
def test_only_a_receiver_that_is_gone_is_not_asked_again(
    serve: Any, define: Define, message: Make, status: int, permanent: bool
) -> None:
    """410 is a no for good; every other no may be one for now."""
    error = failed(Webhook(define(hook(serve(status=status))), {}), message())
    assert error.permanent is permanent
    assert str(status) in str(error)
    assert error.retry_after is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(serve: Any, define: Define, message: Make, status: int) -> None:
    """Where a receiver points to, nothing is sent."""
    other = serve()
    receiver = serve(status=status, headers={"location": f"http://127.0.0.1:{other.port}/"})
    error = failed(Webhook(define(hook(receiver)), {}), message())
    assert not error.permanent
    assert other.got == []


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Mon, 02 Mar 2026 09:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 08:05:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("99999999", timedelta(days=1)),
        ("99999999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
        ("soon", None),
        ("1.5", None),
        ("١٢", None),
        ("", None),
        ("Mon, 99 Foo 2026 09:05:00 GMT", None),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone(value: str, wait: timedelta | None) -> None:
    """Seconds or a date, at most a day; what says neither is passed over."""
    assert retry_after(value, NOW) == wait


@given(st.text(max_size=60))
def test_no_retry_after_breaks_anything(value: str) -> None:
    """Whatever a header says, it is a wait or none."""
    wait = retry_after(value, NOW)
    assert wait is None or timedelta(0) < wait <= timedelta(days=1)


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_comes_with_the_error(serve: Any, define: Define, message: Make, status: int) -> None:
    """As seen by the caller."""
    receiver = serve(status=status, headers={"retry-after": "90"})
    assert failed(Webhook(define(hook(receiver)), {}), message()).retry_after == timedelta(seconds=90)


OK = "ok: reply.code == 0\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"code": 0}', ""),
        (b'{"code": 0.0, "more": [1]}', ""),
        (b'{"code": 310000, "msg": "sign not match"}', "未接受"),
        (b"{}", "未接受"),
        (b"[1]", "ok"),
        (b"<html>", "不是 JSON"),
        (b"", "不是 JSON"),
        (b"[" * 100_000, "不是 JSON"),
        (b'{"code": NaN}', "未接受"),
        (b'{"code": ' + b"9" * 5000 + b"}", "不是 JSON"),
        (b'{"code": 0, "x": "' + b"y" * 300_000 + b'"}', "太长"),
    ],
)
def test_a_yes_that_means_no_is_a_no(serve: Any, define: Define, message: Make, body: bytes, words: str) -> None:
    """Where `ok` judges the body, a status 200 alone is no yes; what cannot be judged is tried again."""
    channel = Webhook(define(hook(serve(status=200, body=body), OK)), {})
    if not words:
        assert channel.send(message()).reference
        return
    error = failed(channel, message())
    assert words in str(error)
    assert not error.permanent


def test_without_ok_the_body_is_not_even_read(serve: Any, define: Define, message: Make) -> None:
    """A yes with a long page behind it is a yes."""
    assert Webhook(define(hook(serve(status=200, body=b"x" * 1_000_000))), {}).send(message())


def test_it_speaks_tls_to_whom_the_certificate_names(
    serve: Any, define: Define, message: Make, serving_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """The same server under another name, or for somebody who does not trust it, gets nothing."""
    receiver = serve(tls=serving_tls)
    text = f"preset: webhook\nurl: https://localhost:{receiver.port}/in\nprivate: true\n"
    assert Webhook(define(text), {}, context=trusting).send(message())
    assert receiver.got[0][1]["host"] == f"localhost:{receiver.port}"
    for url, context in ((text, None), (text.replace("localhost", "127.0.0.1"), trusting)):
        assert "证书不可信" in str(failed(Webhook(define(url), {}, context=context), message()))
    assert len(receiver.got) == 1


def test_addresses_within_the_house_are_refused(serve: Any, define: Define, message: Make) -> None:
    """Whatever name leads there, and whichever way the number is written; nothing is connected to."""
    receiver = serve()
    for host in ("localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"):
        url = f"https://{host}:{receiver.port}/in"
        error = failed(Webhook(define("preset: webhook\nurl: ${env:URL}\n"), {"URL": url}), message())
        assert "内部网络" in str(error) or "查不到" in str(error), host
    assert receiver.got == []


def test_a_name_that_leads_inside_is_refused(
    serve: Any, define: Define, message: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was judged is the one connected to: a name is resolved once."""
    receiver, asked = serve(), []

    def resolve(host: str, port: int, **given: Any) -> list[Any]:
        asked.append(host)
        address = "169.254.169.254" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = {"URL": f"https://hooks.example.com:{receiver.port}/in"}
    for private in ("false", "true"):
        asked.clear()
        text = f"preset: webhook\nurl: ${{env:URL}}\nprivate: {private}\n"
        assert "内部网络" in str(failed(Webhook(define(text), url), message()))
        assert asked == ["hooks.example.com"]
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.com/", "http://example.com/", "https://u:p@example.com/", "https://example.com/\r\nx", "x"],
)
def test_an_address_from_the_environment_is_judged_too(define: Define, message: Make, url: str) -> None:
    """Only https without user; the address is told in no error."""
    error = failed(Webhook(define("preset: webhook\nurl: ${env:URL}\n"), {"URL": url}), message())
    assert not error.permanent
    assert "example.com" not in str(error)


def _read_request(connection: socket.socket) -> None:
    got = b""
    while b"}}" not in got:
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError
        got += piece


def _hang(connection: socket.socket) -> None:
    _read_request(connection)
    connection.recv(1)


def _drip(connection: socket.socket) -> None:
    """A yes in good order, each byte in time, the whole far too late."""
    _read_request(connection)
    for byte in b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"code": 0}':
        connection.sendall(bytes([byte]))
        sleep(0.05)


def _flood(connection: socket.socket) -> None:
    _read_request(connection)
    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def _cut(connection: socket.socket) -> None:
    _read_request(connection)
    connection.sendall(b"HTTP/1.1 20")


def _cut_body(connection: socket.socket) -> None:
    _read_request(connection)
    connection.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"code": 0}')


def _cut_chunk(connection: socket.socket) -> None:
    _read_request(connection)
    connection.sendall(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0b\r\n{"code": 0}\r\n')


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def _garbage(connection: socket.socket) -> None:
    _read_request(connection)
    connection.sendall(b"220 mail.example.com ESMTP\r\n")


@pytest.mark.parametrize("behave", [_hang, _drip, _flood, _cut, _cut_body, _cut_chunk, _reset, _garbage])
def test_a_receiver_that_misbehaves_is_given_up_and_tried_again(
    define: Define, message: Make, scripted: Any, behave: Callable[[socket.socket], None]
) -> None:
    """It hangs, drips, floods, hangs up in the head or the body, resets, speaks another language: never for good."""
    receiver = Receiver(port=scripted(behave))
    error = failed(Webhook(define(hook(receiver, OK)), {}, seconds=0.7), message())
    assert not error.permanent
    assert str(receiver.port) not in str(error)


def test_nobody_there_is_tried_again(define: Define, message: Make) -> None:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "拒绝连接" in str(failed(Webhook(define(hook(Receiver(port=port))), {}), message()))
