"""The one place that speaks to a network: a request goes out, a reply comes back, and whatever goes wrong is a value.

Each request has a connection of its own, made to an address that was resolved once and judged; nothing that comes back can
lead it elsewhere. The standard library's client does just that: no redirects, no proxies from the environment, nothing
logged, and the socket is ours to pin and to end.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from time import monotonic

from flowkit.clock import Clock, SystemClock
from flowkit.connect.connector import Connector, Limits
from flowkit.connect.failure import Failure, Kind, Reply
from flowkit.connect.hosts import permission, refused
from flowkit.connect.operation import Operation, Request
from flowkit.connect.outgoing import Outgoing, base_host, settle
from flowkit.connect.secret import MissingSecretError, masked
from flowkit.connect.sign_in import Session, Shown
from flowkit.errors import FlowKitError

_PIECE = 65_536
Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host. Raises OSError where there are none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are lower case; of several with one name the first counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _FailedError(FlowKitError):
    """Carries a failure up to `perform`, which alone gives it to the caller."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.message)


def _failed(kind: Kind, message: str, *, sent: bool = False) -> _FailedError:
    return _FailedError(Failure(kind, message, sent=sent))


class Deadline:
    """The end of all patience with one request, on a clock that nobody sets."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._end = monotonic() + limits.total.total_seconds()

    def left(self, at_most: float) -> float:
        """Seconds until the end, at most `at_most`. Raises a timeout when there are none."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, at_most)

    @contextmanager
    def watching(self, connection: socket.socket) -> Iterator[None]:
        """Ends the connection at the deadline, however slowly bytes are dripping: each alone would be in time."""
        over = threading.Event()

        def end() -> None:
            over.set()
            # Not the method of a TLS socket: that would first drop the encryption another thread is reading through.
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        timer = threading.Timer(self.left(self.limits.total.total_seconds()), end)
        timer.daemon = True
        timer.start()
        try:
            yield
            if over.is_set():
                raise TimeoutError
        except (OSError, HTTPException, ValueError):
            if over.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()


def system_resolve(host: str, port: int) -> Sequence[str]:
    """The addresses the machine's resolver gives, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


class Caller:
    """Performs requests; safe to share between threads. It keeps the tokens of sessions and nothing else.

    `environment` holds the secrets; `resolve` and `tls` stand for the machine's own where a test brings others.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._environment, self._clock, self._resolve = environment, clock or SystemClock(), resolve
        self._tls = tls if tls is not None else ssl.create_default_context()
        self._tokens: dict[str, str] = {}
        self._logins: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def perform(self, connector: Connector, request: Request) -> Reply:
        """Ask, wait for the answer and judge it. Raises nothing for what the other side or the network does.

        Not before `connector.limits.total` has passed will it have given up. Messages hold no secret.
        """
        secrets: set[str] = set()
        try:
            reply = self._perform(connector, request, Deadline(connector.limits), secrets)
        except _FailedError as failed:
            reply = Reply(failure=failed.failure)
        except TimeoutError:
            # What was sent told of itself; this was before.
            reply = Reply(failure=Failure("timeout", "没有及时轮到"))
        except MissingSecretError as missing:
            reply = Reply(failure=Failure("not-configured", str(missing)))
        if reply.failure is None:
            return reply
        message = f"{connector.title}:{masked(reply.failure.message, secrets)}"
        return replace(reply, failure=replace(reply.failure, message=message))

    def _perform(self, connector: Connector, request: Request, deadline: Deadline, secrets: set[str]) -> Reply:
        operation, sign_in = connector.operations[request.operation], connector.sign_in
        # Who we are is told to the system itself, not to other hosts that it may be asked through.
        if sign_in is None or request.base != connector.base:
            return self._ask(connector, operation, request, Shown(), deadline, secrets)[0]
        if not isinstance(sign_in, Session):
            return self._ask(connector, operation, request, sign_in.shown(self._environment), deadline, secrets)[0]
        token = self._token(connector, sign_in, "", deadline, secrets)
        reply, answer = self._ask(connector, operation, request, sign_in.shown(token), deadline, secrets)
        if not sign_in.is_over(answer.status, answer.headers, answer.body):
            return reply
        token = self._token(connector, sign_in, token, deadline, secrets)
        return self._ask(connector, operation, request, sign_in.shown(token), deadline, secrets)[0]

    def _token(
        self, connector: Connector, session: Session, worn_out: str, deadline: Deadline, secrets: set[str]
    ) -> str:
        """The token of the session; a new one where there is none yet or it is the one that is `worn_out`.

        Of several threads one logs in; the others wait for it, and use what it got.
        """
        with self._lock:
            login = self._logins.setdefault(connector.name, threading.Lock())
        if not login.acquire(timeout=deadline.left(deadline.limits.total.total_seconds())):
            raise _failed("timeout", "登录没有及时完成")
        try:
            token = self._tokens.get(connector.name)
            if token is None or token == worn_out:
                self._tokens.pop(connector.name, None)
                token = self._log_in(connector, session, deadline, secrets)
                self._tokens[connector.name] = token
        finally:
            login.release()
        secrets.add(token)
        return token

    def _log_in(self, connector: Connector, session: Session, deadline: Deadline, secrets: set[str]) -> str:
        try:
            request = session.login.request({}, "")
            reply = self._ask(connector, session.login, request, Shown(), deadline, secrets)[0]
        except _FailedError as failed:
            reply = Reply(failure=failed.failure)
        if reply.failure is not None:
            # What was to be done was not even asked for, so nothing of it can have happened.
            words = f"登录失败,{reply.failure.message}"
            raise _FailedError(replace(reply.failure, message=words, sent=False))
        return str(reply.values["token"])

    def _ask(
        self,
        connector: Connector,
        operation: Operation,
        request: Request,
        shown: Shown,
        deadline: Deadline,
        secrets: set[str],
    ) -> tuple[Reply, Answer]:
        secrets |= shown.secrets
        outgoing = settle(request, shown, self._environment)
        secrets |= outgoing.secrets
        answer = self._exchange(outgoing, self._addresses(connector, outgoing, deadline), deadline)
        return operation.judge(answer.status, answer.headers, answer.body, self._clock.now()), answer

    def _addresses(self, connector: Connector, outgoing: Outgoing, deadline: Deadline) -> Sequence[str]:
        """The addresses to connect to, resolved once. All must be allowed: one that is not may be where it leads."""
        base = base_host(connector.base, self._environment)
        allowed = permission(outgoing.address.host, base, connector.allow, self._environment)
        if allowed is None:
            raise _failed("not-allowed", f"主机 {outgoing.address.host} 不在允许访问之列")
        try:
            addresses = self._resolved(outgoing, deadline)
        except TimeoutError:
            raise _failed("timeout", f"查不到主机 {outgoing.address.host} 的地址(超时)") from None
        except (OSError, UnicodeError):
            raise _failed("unreachable", f"查不到主机 {outgoing.address.host} 的地址") from None
        if any(refused(address, allowed.private) for address in addresses):
            raise _failed("not-allowed", f"主机 {outgoing.address.host} 的地址属于内部网络,不允许访问")
        return addresses

    def _resolved(self, outgoing: Outgoing, deadline: Deadline) -> Sequence[str]:
        try:
            return (str(ip_address(outgoing.address.host)),)
        except ValueError:
            pass
        # The machine's resolver knows no deadline, so it is asked in a thread that may be left behind.
        answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                answers.put(tuple(self._resolve(outgoing.address.host, outgoing.address.port)))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=deadline.left(deadline.limits.connect.total_seconds()))
        except Empty:
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        if not answer:
            raise OSError("no address")
        return answer

    def _exchange(self, outgoing: Outgoing, addresses: Sequence[str], deadline: Deadline) -> Answer:
        with self._connected(outgoing, addresses, deadline) as connection:
            try:
                with deadline.watching(connection):
                    return _converse(outgoing, connection, deadline.limits)
            except TimeoutError:
                raise _failed("timeout", "没有及时答复", sent=True) from None
            except (OSError, HTTPException, ValueError) as error:
                cut = isinstance(error, (OSError, IncompleteRead))
                words = "连接中途断开" if cut else "答复不合 HTTP 的规矩"
                raise _failed("unreachable" if cut else "bad-reply", words, sent=True) from None

    @contextmanager
    def _connected(self, outgoing: Outgoing, addresses: Sequence[str], deadline: Deadline) -> Iterator[socket.socket]:
        """A connection to the first address that takes one; with TLS, to the host that the certificate is for."""
        try:
            plain = _connect(addresses, outgoing.address.port, deadline)
        except TimeoutError:
            raise _failed("timeout", "连接不上(超时)") from None
        except OSError:
            raise _failed("unreachable", "连接不上") from None
        with plain:
            if outgoing.address.scheme == "http":
                yield plain
                return
            try:
                plain.settimeout(deadline.left(deadline.limits.connect.total_seconds()))
                encrypted = self._tls.wrap_socket(plain, server_hostname=outgoing.address.host)
            except TimeoutError:
                raise _failed("timeout", "连接不上(超时)") from None
            except ssl.SSLCertVerificationError as error:
                raise _failed("unreachable", f"对方的证书不可信:{error.verify_message}") from None
            except (OSError, ValueError):
                raise _failed("unreachable", "加密连接没有建立") from None
            with encrypted:
                yield encrypted


def _connect(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    """Tries the addresses in turn. Raises OSError, of the last one, where none takes a connection."""
    until = monotonic() + deadline.left(deadline.limits.connect.total_seconds())
    problem: OSError = OSError("no address")
    for address in addresses:
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            problem = error
    raise problem


class _Made(HTTPConnection):
    """The client's side of HTTP over a connection that is already made, and never made again."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__("already.connected")
        self.sock = connection
        self.auto_open = 0


def _converse(outgoing: Outgoing, connection: socket.socket, limits: Limits) -> Answer:
    """One request and its answer. Raises OSError, HTTPException or ValueError; `_FailedError` for an answer too large."""
    connection.settimeout(limits.read.total_seconds())
    client = _Made(connection)
    client.putrequest(outgoing.method, outgoing.target, skip_host=True, skip_accept_encoding=True)
    client.putheader("Host", outgoing.address.authority)
    client.putheader("Connection", "close")
    for name, value in outgoing.headers.items():
        client.putheader(name, value)
    if outgoing.body is not None or outgoing.method != "GET":
        client.putheader("Content-Length", str(len(outgoing.body or b"")))
    client.endheaders(outgoing.body)
    with client.getresponse() as response:
        headers: dict[str, str] = {}
        for name, value in response.getheaders():
            headers.setdefault(name.lower(), value)
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise _failed("bad-reply", "答复是压缩过的,而没有要求压缩", sent=True)
        return Answer(response.status, headers, _body(response, limits.size))


def _body(response: HTTPResponse, most: int) -> bytes:
    """The whole body, read in pieces and given up as soon as it is too large."""
    pieces, size = [], 0
    if (response.length or 0) > most:
        raise _failed("too-large", f"答复过大(超过 {most} 字节)", sent=True)
    while piece := response.read(min(_PIECE, most + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise _failed("too-large", f"答复过大(超过 {most} 字节)", sent=True)
    if response.length:
        raise IncompleteRead(b"", response.length)
    return b"".join(pieces)
