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
from ipaddress import ip_address
from math import inf
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

Permits = Callable[[str], bool]
"""Whether an address may be connected to."""

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host. Raises OSError where there are none."""


class FloodError(OSError):
    """More came in than was granted."""


class NotPermittedError(OSError):
    """An address of the host may not be connected to."""


@dataclass(slots=True)
class Grant:
    """What one exchange may cost: until when, on a clock that nobody sets, and how many bytes may come in.

    `silence` is how many seconds one read or write may wait.
    """

    until: float
    size: int
    silence: float = inf

    @classmethod
    def of(cls, seconds: float, size: int, silence: float = inf) -> Grant:
        return cls(monotonic() + seconds, size, silence)

    def seconds(self, at_most: float = inf) -> float:
        """What is left, at most that much. Raises TimeoutError when nothing is."""
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, at_most)

    def take(self, size: int) -> None:
        self.size -= size
        if self.size < 0:
            raise FloodError


class Plain(socket.socket):
    """A TCP connection under a grant."""

    grant: Grant

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.grant.seconds(self.grant.silence))
        size = super().recv_into(buffer, nbytes, flags)
        self.grant.take(size)
        return size

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.grant.seconds(self.grant.silence))
        super().sendall(data, flags)


class Encrypted(ssl.SSLSocket):
    """A TLS connection under a grant. Made by a context (`secured`), so the grant is given afterwards."""

    grant: Grant

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.grant.seconds(self.grant.silence))
        size = super().recv_into(buffer, nbytes, flags)
        self.grant.take(size)
        return size

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self.grant.seconds(self.grant.silence))
        return super().send(data, flags)


def tls_context(context: ssl.SSLContext | None = None) -> ssl.SSLContext:
    """A context whose connections are `Encrypted`: it checks certificates and names by the machine's own authorities."""
    context = context if context is not None else ssl.create_default_context()
    context.sslsocket_class = Encrypted
    return context


def system_resolve(host: str, port: int) -> Sequence[str]:
    """The addresses the machine's resolver gives, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


def resolved(
    host: str, port: int, grant: Grant, permits: Permits, resolve: Resolve = system_resolve, at_most: float = inf
) -> Sequence[str]:
    """The addresses of a host, each judged. All must be permitted: one that is not may be where it leads.

    Raises NotPermittedError, TimeoutError, or the OSError that says that there are none. The resolver knows no deadline,
    so it is asked in a thread that may be left behind.
    """
    answers: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(tuple(resolve(host, port)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else socket.gaierror(str(error)))

    answer: Sequence[str] | OSError
    try:
        answer = (str(ip_address(host)),)
    except ValueError:
        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=grant.seconds(at_most))
        except Empty:
            raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    if not answer:
        raise socket.gaierror("no address")
    if not all(permits(address) for address in answer):
        raise NotPermittedError
    return answer


def connected(addresses: Sequence[str], port: int, grant: Grant, at_most: float = inf) -> Plain:
    """A connection to the first of the addresses that takes one, within `at_most` seconds. Raises the OSError of the last."""
    until = monotonic() + grant.seconds(at_most)
    problem: OSError = TimeoutError()
    for number, address in enumerate(addresses):
        wire = Plain(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            # An address that is silent leaves some time for those behind it.
            wire.settimeout(max(0.001, until - monotonic()) / (len(addresses) - number))
            wire.connect((address, port))
        except OSError as error:
            wire.close()
            problem = error
        else:
            wire.grant = grant
            return wire
    raise problem


def secured(wire: Plain, host: str, context: ssl.SSLContext, at_most: float = inf) -> Encrypted:
    """The connection with TLS, to the host that the certificate must be for. `context` comes from `tls_context`."""
    wire.settimeout(wire.grant.seconds(at_most))
    encrypted = context.wrap_socket(wire, server_hostname=host)
    assert isinstance(encrypted, Encrypted)
    encrypted.grant = wire.grant
    return encrypted


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
