"""Connections on which neither silence nor dripping nor flooding costs more than was granted.

Every read and write waits for what is left of one deadline, and what comes in is counted. Knows sockets and TLS; knows
neither mail nor HTTP.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

Permits = Callable[[str], bool]
"""Whether an address may be connected to."""


class FloodError(OSError):
    """More came in than was granted."""


class NotPermittedError(OSError):
    """No address of the host may be connected to."""


@dataclass(slots=True)
class Grant:
    """What one exchange may cost: until when, on a clock that nobody sets, and how many bytes may come in."""

    until: float
    size: int

    @classmethod
    def of(cls, seconds: float, size: int) -> Grant:
        return cls(monotonic() + seconds, size)

    def seconds(self) -> float:
        """What is left, for one read or write. Raises TimeoutError when nothing is."""
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def take(self, size: int) -> None:
        self.size -= size
        if self.size < 0:
            raise FloodError


class Plain(socket.socket):
    """A TCP connection under a grant."""

    grant: Grant

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.grant.seconds())
        size = super().recv_into(buffer, nbytes, flags)
        self.grant.take(size)
        return size

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.grant.seconds())
        super().sendall(data, flags)


class Encrypted(ssl.SSLSocket):
    """A TLS connection under a grant. Made by a context (`secured`), so the grant is given afterwards."""

    grant: Grant

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.grant.seconds())
        size = super().recv_into(buffer, nbytes, flags)
        self.grant.take(size)
        return size

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self.grant.seconds())
        return super().send(data, flags)


def tls_context(context: ssl.SSLContext | None = None) -> ssl.SSLContext:
    """A context whose connections are `Encrypted`: it checks certificates and names by the machine's own authorities."""
    context = context if context is not None else ssl.create_default_context()
    context.sslsocket_class = Encrypted
    return context


def connected(host: str, port: int, grant: Grant, permits: Permits = lambda address: True) -> Plain:
    """A connection to the first address that takes one; the address is resolved once, and judged before.

    Raises NotPermittedError where none may be connected to, else the OSError of the last one.
    """
    found = _resolved(host, port, grant)
    addresses = [each for each in found if permits(str(each[1][0]))]
    problem: OSError = OSError("no address") if not found else NotPermittedError()
    for number, (family, address) in enumerate(addresses):
        wire = Plain(family, socket.SOCK_STREAM)
        try:
            # An address that is silent leaves some time for those behind it.
            wire.settimeout(grant.seconds() / (len(addresses) - number))
            wire.connect(address)
        except OSError as error:
            wire.close()
            problem = error
        else:
            wire.grant = grant
            return wire
    raise problem


def secured(wire: Plain, host: str, context: ssl.SSLContext) -> Encrypted:
    """The connection with TLS, to the host that the certificate must be for. `context` comes from `tls_context`."""
    wire.settimeout(wire.grant.seconds())
    encrypted = context.wrap_socket(wire, server_hostname=host)
    assert isinstance(encrypted, Encrypted)
    encrypted.grant = wire.grant
    return encrypted


def _resolved(host: str, port: int, grant: Grant) -> Sequence[tuple[int, Any]]:
    """The addresses of a host, each once. The resolver knows no deadline, so it is asked in a thread that may be left behind."""
    answers: SimpleQueue[Sequence[tuple[int, Any]] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys((each[0], each[4]) for each in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else socket.gaierror(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=grant.seconds())
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def words(error: Exception) -> str:
    """What went wrong, for people; no address and nothing that was sent."""
    match error:
        case TimeoutError():
            return "没有及时答复"
        case FloodError():
            return "答复太长"
        case NotPermittedError():
            return "地址属于内部网络,没有 private: true 不允许访问"
        case ssl.SSLCertVerificationError():
            return f"对方的证书不可信: {error.verify_message}"
        case ssl.SSLError():
            return "加密连接没有建立"
        case socket.gaierror():
            return "查不到主机的地址"
        case ConnectionRefusedError():
            return "对方拒绝连接"
        case OSError():
            return f"连接中断: {error.strerror or type(error).__name__}"
    return f"答复不合规矩: {type(error).__name__}"
