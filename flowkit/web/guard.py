"""What stands before every page: headers that keep a page to itself, a limit on what is sent, and forms that are ours."""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import FormData, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowkit.web.site import Site, form_token

VISITOR, SESSION = "flowkit_visitor", "flowkit_session"
"""The cookies: which browser it is, and who is signed in with it."""

KNOWN_FOR = 180 * 86_400
"Seconds for which a browser keeps its mark."

LARGEST_BODY = 80 * 1024 * 1024
"What one request may bring: six pictures and a film."

LARGEST_TEXT = 8 * 1024 * 1024
"What one may bring without files: that is held in memory."

MOST_AT_ONCE = 480 * 1024 * 1024
"What all requests under way have brought: beyond that newcomers are told to try again."

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()",
}


_MARK = re.compile(r"[\w-]{32}", re.ASCII)
_HOST = re.compile(r"([\w.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class TooLargeError(Exception):
    """More was sent than one request may bring."""


class BusyError(Exception):
    """More is being sent by all together than there is room for."""


class Guard:
    """Middleware: the headers on every answer, and a body that ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._under_way = app, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if not _has_sound_host(scope):
            return await PlainTextResponse("bad host", 400, {**HEADERS, "cache-control": "no-store"})(
                scope, receive, send
            )
        taken, most = 0, _largest(scope)

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            brought = len(message.get("body", b""))
            taken, self._under_way = taken + brought, self._under_way + brought
            if taken > most:
                raise TooLargeError
            if self._under_way > MOST_AT_ONCE:
                raise BusyError
            return message

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        try:
            await self._app(scope, counted, guarded)
        finally:
            self._under_way -= taken


def _largest(scope: Scope) -> int:
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return LARGEST_BODY if any(kind.lower().startswith(b"multipart/") for kind in kinds) else LARGEST_TEXT


def _has_sound_host(scope: Scope) -> bool:
    """Whether the name by which we were called is one: it gets into links."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return all(_HOST.fullmatch(host) for host in hosts) and len(hosts) < 2


def is_ours(site: Site, request: Request, visitor: str, form: FormData) -> bool:
    """Whether what was sent comes from a page of ours in this browser: it carries the token, and no other site sent it."""
    sent = str(form.get("_token") or request.headers.get("x-flowkit-token") or "")
    if not visitor or not hmac.compare_digest(sent.encode(), form_token(site.csrf_key, visitor).encode()):
        return False
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def new_visitor() -> str:
    return secrets.token_urlsafe(24)


def visitor_of(request: Request) -> str:
    """Which browser asks; "" for one without a mark of ours."""
    found = request.cookies.get(VISITOR, "")
    return found if _MARK.fullmatch(found) else ""
