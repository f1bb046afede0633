"""A connector from YAML, and a server on 127.0.0.1 that does to each connection what a test tells it to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from flowkit.clock import VirtualClock
from flowkit.connect.connector import Connector, link, parse
from flowkit.connect.http import Caller
from flowkit.diagnostics import Diagnostic, Findings
from flowkit.source.reading import read
from flowkit.values.types import Settings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = Settings(ZoneInfo("Asia/Shanghai"), "gcj02")
TOKEN = "t0p-s3cret-t0ken"
Handler = Callable[[socket.socket, bytes], None]


def load(text: str) -> tuple[Connector | None, list[Diagnostic]]:
    """The connector of a YAML text, and what was found wrong with it."""
    findings = Findings()
    definition = parse(read(dedent(text), "erp.yaml", findings)[0].node, findings, "erp")
    connector = link(definition, findings, SETTINGS) if definition is not None else None
    return connector, list(findings)


def ready(text: str) -> Connector:
    """A connector in which nothing is wrong."""
    connector, found = load(text)
    assert not found, [f"{d.place} {d.code} {d.message}" for d in found]
    assert connector is not None
    return connector


def answer(body: bytes | str, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """The bytes of an answer."""
    content = body.encode() if isinstance(body, str) else body
    size = len(content) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + content


class Server:
    """Serves one connection after another; the last of `handlers` serves all that follow. `got` is what was asked."""

    def __init__(self, handlers: list[Handler | bytes], tls: ssl.SSLContext | None = None) -> None:
        self.handlers, self.tls = handlers, tls
        self.got: list[bytes] = []
        self.over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                asked = _read_request(connection)
                self.got.append(asked)
                handler = self.handlers.pop(0) if len(self.handlers) > 1 else self.handlers[0]
                if isinstance(handler, bytes):
                    connection.sendall(handler)
                else:
                    handler(connection, asked)

    def close(self) -> None:
        self.over.set()
        self._listening.close()


def _read_request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = connection.recv(65_536)
        if not piece:
            return got
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    sizes = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    size = int(sizes[0].partition(b":")[2]) if sizes else 0
    while len(body) < size:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts a server that answers its connections with these handlers."""
    running: list[Server] = []

    def start(*handlers: Handler | bytes, tls: ssl.SSLContext | None = None) -> Server:
        running.append(Server(list(handlers), tls))
        return running[-1]

    yield start
    for server in running:
        server.close()


ERP = """
connector: erp
title: 仓库
base: http://127.0.0.1:PORT
sign_in: {bearer: "${env:TOKEN}"}
allow: [{host: 127.0.0.1, private: true}]
timeout: {connect: 2s, read: 0.4s, total: 1s}
max_size: 2000
operations:
  stock: {with: {part: text}, get: "/stock/{{ part }}", returns: {quantity: number}}
  order:
    with: {part: text, quantity: number}
    post: /orders
    body: {sku: =part, qty: =quantity, ref: =call.key}
    ok: reply.code == 0
    message: reply.message
    returns: {order: {type: text, value: reply.data.no}}
    idempotent: ref
"""


def erp(port: int, text: str = ERP) -> Connector:
    return ready(text.replace("PORT", str(port)))


@pytest.fixture
def caller() -> Caller:
    """Performs requests with the secret token in its environment."""
    return Caller({"TOKEN": TOKEN}, VirtualClock(NOW))
