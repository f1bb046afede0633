"""One request over HTTP and its answer, for every channel that speaks it: no redirects, no proxies, addresses judged.

What is sent and what the answer means is the channel's business. Errors say neither address nor what was sent.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from http.client import HTTPException

from flowkit.notify.channel import DeliveryError
from flowkit.notify.judging import Answer
from flowkit.version import VERSION
from flowkit.wire.addresses import Address
from flowkit.wire.connections import Grant, Permits, connected, resolved, secured, tls_context, words
from flowkit.wire.exchange import MadeConnection

SECONDS = 20.0
"How long one try may take."

MOST_ANSWERED = 256 * 1024
"How many bytes of an answer are read, its headers among them."


class Poster:
    """Asks in the name of a channel. Safe to share between threads: each request has its connection.

    `context` and `seconds` stand for the machine's own authorities and the usual patience.
    """

    def __init__(self, name: str, context: ssl.SSLContext | None = None, seconds: float = SECONDS) -> None:
        self._name, self._context, self._seconds = name, tls_context(context), seconds

    def ask(
        self,
        method: str,
        target: Address,
        headers: Mapping[str, str],
        body: bytes,
        permits: Permits,
        reads: Callable[[int], bool] = lambda status: True,
    ) -> Answer:
        """The answer, its body where `reads` wants that of such a status. Raises DeliveryError where there is none."""
        sent = False
        try:
            grant = Grant.of(self._seconds, MOST_ANSWERED)
            with ExitStack() as leaving:
                wire = connected(resolved(target.host, target.port, grant, permits), target.port, grant)
                leaving.callback(_leave, wire.close)
                tls = target.scheme == "https"
                connection = MadeConnection(secured(wire, target.host, self._context) if tls else wire)
                leaving.callback(_leave, connection.close)
                sent = True
                _put(connection, method, target, headers, body)
                return _answer(connection, reads)
        except (OSError, HTTPException) as error:
            raise DeliveryError(f"{self._name}: {words(error)}", in_doubt=sent) from None


def _leave(close: Callable[[], None]) -> None:
    """Hang up. That it fails changes nothing: there is an answer, or there is none."""
    with suppress(OSError):
        close()


def _put(connection: MadeConnection, method: str, target: Address, headers: Mapping[str, str], body: bytes) -> None:
    connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
    common = {"host": target.authority, "connection": "close", "user-agent": f"flowkit/{VERSION}"}
    for name, value in {**common, **headers}.items():
        connection.putheader(name, value)
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)


def _answer(connection: MadeConnection, reads: Callable[[int], bool]) -> Answer:
    with connection.getresponse() as response:
        wanted = reads(response.status)
        read = response.read(MOST_ANSWERED) if wanted else b""
        cut = wanted and response.length not in {None, 0}
        return Answer(response.status, response.headers.get("retry-after", ""), read, cut)
