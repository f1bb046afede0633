"""The one place that speaks to a network: a request goes out, a reply comes back, and whatever goes wrong is a value.

Each request has a connection of its own, made to an address that was resolved once and judged; nothing that comes back can
lead it elsewhere. The standard library's client does just that: no redirects, no proxies from the environment, nothing
logged, and the socket is ours to pin and to end.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse, IncompleteRead

from flowkit.clock import Clock, SystemClock
from flowkit.connect.connector import Connector, Limits
from flowkit.connect.failure import Failure, Kind, Reply
from flowkit.connect.hosts import permission
from flowkit.connect.operation import Operation, Request
from flowkit.connect.outgoing import Outgoing, base_host, settle
from flowkit.connect.secret import MissingSecretError, masked
from flowkit.connect.sign_in import Session, Shown
from flowkit.errors import FlowKitError
from flowkit.wire.connections import (
    FloodError,
    Grant,
    NotPermittedError,
    Resolve,
    connected,
    resolved,
    secured,
    system_resolve,
    tls_context,
)
from flowkit.wire.exchange import MadeConnection
from flowkit.wire.guard import refused

_PIECE = 65_536
_HEADERS = 262_144
"What may come in beside a body: more than the standard library takes of headers."


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
        self._tls = tls_context(tls)
        self._tokens: dict[str, str] = {}
        self._logins: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def perform(self, connector: Connector, request: Request) -> Reply:
        """Ask, wait for the answer and judge it. Raises nothing for what the other side or the network does.

        Not before `connector.limits.total` has passed will it have given up. Messages hold no secret.
        """
        secrets: set[str] = set()
        try:
            reply = self._perform(connector, request, granted(connector.limits), secrets)
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

    def _perform(self, connector: Connector, request: Request, grant: Grant, secrets: set[str]) -> Reply:
        operation, sign_in = connector.operations[request.operation], connector.sign_in
        # Who we are is told to the system itself, not to other hosts that it may be asked through.
        if sign_in is None or request.base != connector.base:
            return self._ask(connector, operation, request, Shown(), grant, secrets)[0]
        if not isinstance(sign_in, Session):
            return self._ask(connector, operation, request, sign_in.shown(self._environment), grant, secrets)[0]
        token = self._token(connector, sign_in, "", grant, secrets)
        reply, answer = self._ask(connector, operation, request, sign_in.shown(token), grant, secrets)
        if not sign_in.is_over(answer.status, answer.headers, answer.body):
            return reply
        token = self._token(connector, sign_in, token, grant, secrets)
        return self._ask(connector, operation, request, sign_in.shown(token), grant, secrets)[0]

    def _token(self, connector: Connector, session: Session, worn_out: str, grant: Grant, secrets: set[str]) -> str:
        """The token of the session; a new one where there is none yet or it is the one that is `worn_out`.

        Of several threads one logs in; the others wait for it, and use what it got.
        """
        with self._lock:
            login = self._logins.setdefault(connector.name, threading.Lock())
        if not login.acquire(timeout=grant.seconds()):
            raise _failed("timeout", "登录没有及时完成")
        try:
            token = self._tokens.get(connector.name)
            if token is None or token == worn_out:
                self._tokens.pop(connector.name, None)
                token = self._log_in(connector, session, grant, secrets)
                self._tokens[connector.name] = token
        finally:
            login.release()
        secrets.add(token)
        return token

    def _log_in(self, connector: Connector, session: Session, grant: Grant, secrets: set[str]) -> str:
        try:
            request = session.login.request({}, "")
            reply = self._ask(connector, session.login, request, Shown(), grant, secrets)[0]
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
        grant: Grant,
        secrets: set[str],
    ) -> tuple[Reply, Answer]:
        secrets |= shown.secrets
        outgoing = settle(request, shown, self._environment)
        secrets |= outgoing.secrets
        answer = self._exchange(outgoing, connector, grant)
        return operation.judge(answer.status, answer.headers, answer.body, self._clock.now()), answer

    def _addresses(self, connector: Connector, outgoing: Outgoing, grant: Grant) -> Sequence[str]:
        """The addresses to connect to, resolved once and judged."""
        host, base = outgoing.address.host, base_host(connector.base, self._environment)
        allowed = permission(host, base, connector.allow, self._environment)
        if allowed is None:
            raise _failed("not-allowed", f"主机 {host} 不在允许访问之列")

        def permits(address: str) -> bool:
            return not refused(address, allowed.private)

        at_most = connector.limits.connect.total_seconds()
        try:
            found = resolved(host, outgoing.address.port, grant, permits, self._resolve, at_most)
        except NotPermittedError:
            raise _failed("not-allowed", f"主机 {host} 的地址属于内部网络,不允许访问") from None
        except TimeoutError:
            raise _failed("timeout", f"查不到主机 {host} 的地址(超时)") from None
        except OSError:
            raise _failed("unreachable", f"查不到主机 {host} 的地址") from None
        if outgoing.address.scheme == "http" and not allowed.private:
            raise _failed("not-allowed", f"主机 {host} 不在内部网络,只能用 https 访问")
        return found

    def _exchange(self, outgoing: Outgoing, connector: Connector, grant: Grant) -> Answer:
        # A login before this has had an allowance of its own.
        grant = replace(grant, size=connector.limits.size + _HEADERS)
        with self._connected(outgoing, connector, grant) as connection:
            try:
                return _converse(outgoing, connection, connector.limits)
            except TimeoutError:
                raise _failed("timeout", "没有及时答复", sent=True) from None
            except FloodError:
                raise _too_large(connector.limits.size) from None
            except (OSError, HTTPException, ValueError) as error:
                cut = isinstance(error, (OSError, IncompleteRead))
                words = "连接中途断开" if cut else "答复不合 HTTP 的规矩"
                raise _failed("unreachable" if cut else "bad-reply", words, sent=True) from None

    @contextmanager
    def _connected(self, outgoing: Outgoing, connector: Connector, grant: Grant) -> Iterator[socket.socket]:
        """A connection to the first address that takes one; with TLS, to the host that the certificate is for."""
        addresses = self._addresses(connector, outgoing, grant)
        at_most = connector.limits.connect.total_seconds()
        try:
            plain = connected(addresses, outgoing.address.port, grant, at_most)
        except TimeoutError:
            raise _failed("timeout", "连接不上(超时)") from None
        except OSError:
            raise _failed("unreachable", "连接不上") from None
        with plain:
            if outgoing.address.scheme == "http":
                yield plain
                return
            try:
                encrypted = secured(plain, outgoing.address.host, self._tls, at_most)
            except TimeoutError:
                raise _failed("timeout", "连接不上(超时)") from None
            except ssl.SSLCertVerificationError as error:
                raise _failed("unreachable", f"对方的证书不可信:{error.verify_message}") from None
            except (OSError, ValueError):
                raise _failed("unreachable", "加密连接没有建立") from None
            with encrypted:
                yield encrypted


def granted(limits: Limits) -> Grant:
    """What one request may cost, however often it has to log in for it."""
    return Grant.of(limits.total.total_seconds(), limits.size + _HEADERS, limits.read.total_seconds())


def _converse(outgoing: Outgoing, connection: socket.socket, limits: Limits) -> Answer:
    """One request and its answer. Raises OSError, HTTPException or ValueError; `_FailedError` for an answer too large."""
    client = MadeConnection(connection)
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
        raise _too_large(most)
    while piece := response.read(min(_PIECE, most + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise _too_large(most)
    if response.length:
        raise IncompleteRead(b"", response.length)
    return b"".join(pieces)


def _too_large(most: int) -> _FailedError:
    return _failed("too-large", f"答复过大(超过 {most} 字节)", sent=True)
