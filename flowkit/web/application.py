"""The ASGI app: which address is answered by which page, and the one place where a request becomes a thread's work."""

from __future__ import annotations

import inspect
import logging
import mimetypes
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from flowkit.errors import ClosedError, RefusedError, StoreError
from flowkit.kit import FlowKit
from flowkit.web import guard
from flowkit.web.languages import chosen
from flowkit.web.links import message_links
from flowkit.web.pace import Pace, sender
from flowkit.web.pages import PAGES
from flowkit.web.pages.hearing import hear
from flowkit.web.pages.page import Page
from flowkit.web.pages.signing_in import sign_in_first
from flowkit.web.reaching import GEO, map_link
from flowkit.web.shell import refused
from flowkit.web.site import HERE, Ask, Authenticate, Demo, Site

log = logging.getLogger("flowkit.web")

MISSING = frozenset({"unknown-case", "unknown-view", "unknown-intake", "unknown-workflow", "unknown-file"})
"Refusals that look as if there were no such page: who may not know of a thing cannot tell it from none."

MOST_FILES, MOST_FIELDS, LARGEST_FIELD = 20, 2000, 1024 * 1024


def create_app(
    kit: FlowKit,
    *,
    authenticate: Authenticate | None = None,
    demo: Demo | None = None,
    base: str = "",
    sign_in: str = "",
    most: int = 60,
    maps: str = "",
) -> Starlette:
    """The pages of a kit, to be served alone or mounted under any path of a host's app, such as `/service`.

    authenticate  gives who asks, ENTITY:KEY, from a request of the host's; None: nobody. It may be async. Without it
                  people sign in with accounts made by `flowkit user add`.
    base          how links begin that leave in codes and messages, `https://service.example.com/service`; without it
                  as the request came
    sign_in       where the host signs people in, `/login`: whoever is nobody is led there, with the page he wanted as
                  `?next=`; without it he is told that he must sign in
    most          how often in half a minute one address may send something without being signed in; 0: as often as it likes
    maps          what a place leads to, `https://uri.amap.com/marker?position={gcj_longitude},{gcj_latitude}`; without it
                  `geo:`, which opens a map on most phones. {latitude} and {longitude} are those of satellites. ValueError
                  for what is no such link.
    """
    site = Site(kit, authenticate, demo, base, sign_in, Pace(0 if demo is not None else most), map_link(maps or GEO))
    if base:
        kit.link_with(message_links(kit, site.signer, base))
    pages = [page for page in PAGES if not page.demo or demo is not None]
    routes = [
        Route("/static/{version}/{name}", _static(site)),
        Route("/health", _health(site)),
        Route("/events/{connector}/{event}", _events(site), methods=["POST"]),
        *(Route(page.path, _endpoint(site, page), methods=page.methods) for page in pages),
    ]

    def failed(request: Request, error: Exception) -> Response:
        return _failure(site, request, error)

    app = Starlette(
        routes=routes,
        middleware=[Middleware(guard.Guard)],
        exception_handlers={HTTPException: failed, Exception: failed, RefusedError: failed},
    )
    app.state.site = site
    return app


def _endpoint(site: Site, page: Page) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        visitor = guard.visitor_of(request)
        fresh = "" if visitor else guard.new_visitor()
        form = FormData()
        try:
            if request.method == "POST":
                form = await _form(request)
                if not guard.is_ours(site, request, visitor, form):
                    raise HTTPException(403, "forged")
            actor = await _actor(site, request)
            if request.method == "POST" and not actor:
                _hold_up(site, request)
            ask = _ask(site, request, actor, visitor or fresh, form)
            if actor and form.get("_me", ask.mark) not in ("", ask.mark):
                # Somebody else's form: he has signed in meanwhile, in another tab.
                raise HTTPException(403, "forged")
            done = await run_in_threadpool(_performed, page, ask)
        except Exception as error:  # noqa: BLE001 - whatever it is: answered beyond the guard it would have no headers
            return _failure(site, request, error)
        finally:
            await form.close()
        _with_cookies(done, ask, fresh)
        return done

    return answer


def _hold_up(site: Site, request: Request) -> None:
    """Who is not signed in sends so much and no more: reports, files, passwords."""
    host = request.client.host if request.client is not None else ""
    seconds = site.pace.wait(sender(host), site.kit.clock.now())
    if seconds:
        raise HTTPException(429, "often", {"retry-after": str(seconds)})


def _performed(page: Page, ask: Ask) -> Response:
    """The page's own work, in a thread."""
    if not page.public and not ask.actor:
        if ask.site.authenticate is not None and ask.site.sign_in:
            wanted = ask.root + ("/" if ask.sent else ask.here)
            return RedirectResponse(f"{ask.site.sign_in}?{urlencode({'next': wanted})}", 303)
        if ask.site.authenticate is not None:
            raise HTTPException(403, "nobody")
        return sign_in_first(ask)
    return page.answer(ask)


async def _form(request: Request) -> FormData:
    """What a form sent; 400 for what is none."""
    kind = request.headers.get("content-type", "").lower()
    if "charset" in kind and "utf-8" not in kind:
        # Some of Python's codecs make texts that no database takes.
        raise HTTPException(400, "unread")
    try:
        return await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)
    except HTTPException:
        raise HTTPException(400, "unread") from None


async def _actor(site: Site, request: Request) -> str:
    if site.authenticate is not None:
        told = site.authenticate(request)
        return (await told if inspect.isawaitable(told) else told) or ""
    token = request.cookies.get(guard.SESSION, "")
    found = await run_in_threadpool(lambda: site.kit.accounts.session(token)) if token else None
    return found or ""


def _ask(site: Site, request: Request, actor: str, visitor: str, form: FormData) -> Ask:
    code = chosen(request.cookies.get("flowkit_language"), request.headers.get("accept-language", ""))
    return Ask(site, request, actor, visitor, form, site.languages[code])


def _with_cookies(done: Response, ask: Ask, fresh: str) -> None:
    """A new browser gets its mark; what was told once is told no more."""
    if fresh:
        ask.keep(done, guard.VISITOR, fresh, guard.KNOWN_FOR)
    if done.status_code == 200 and done.headers.get("content-type", "").startswith("text/html"):
        for name in ("flowkit_said", "flowkit_done"):
            if name in ask.request.cookies:
                done.delete_cookie(name, path=ask.root or "/")


def _failure(site: Site, request: Request, error: Exception) -> Response:
    """What went wrong, as a page: never a traceback, always a way on. What is our own fault is logged under a number."""
    ask = _ask(site, request, "", guard.visitor_of(request), FormData())
    status, about, number = _told(error)
    if number:
        log.error("number %s at %s", number, request.url.path, exc_info=error)
    message = refused(ask, error) if isinstance(error, RefusedError) and status != 404 else ""
    headers = error.headers or {} if isinstance(error, HTTPException) else {}
    wait = headers.get("retry-after", "")
    answer = ask.render("failure.html", status, about=about, message=message, number=number, wait=wait)
    answer.headers.update(headers)
    return answer


def _told(error: Exception) -> tuple[int, str, str]:
    """Status, what it is about, and the number under which it is logged."""
    match error:
        case guard.TooLargeError():
            return 413, "large", ""
        case guard.BusyError():
            return 503, "busy", ""
        case HTTPException(detail=about) if about in ("forged", "nobody", "often", "unread"):
            return error.status_code, about, ""
        case HTTPException(status_code=status):
            return status, "missing" if status == 404 else "other", ""
        case RefusedError(code=code):
            return (404, "missing", "") if code in MISSING else (403, "refused", "")
        case ClosedError():
            return 503, "closed", ""
        case StoreError():
            return 503, "store", secrets.token_hex(3).upper()
    return 500, "ours", secrets.token_hex(3).upper()


def _static(site: Site) -> Callable[[Request], Any]:
    known: Mapping[str, bytes] = {path.name: path.read_bytes() for path in (HERE / "static").iterdir()}

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in known:
            raise HTTPException(404)
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "text/plain"
        lasting = request.path_params["version"] == site.version
        kept = "public, max-age=31536000, immutable" if lasting else "no-store"
        return Response(known[name], media_type=kind, headers={"cache-control": kept})

    return answer


def _events(site: Site) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return await hear(site, request)

    return answer


def _health(site: Site) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        try:
            await run_in_threadpool(site.kit.next_due)
        except (StoreError, ClosedError):
            return PlainTextResponse("unavailable", 503)
        return PlainTextResponse("ok")

    return answer
