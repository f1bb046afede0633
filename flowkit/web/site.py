"""What every page has at hand: the kit, templates, links, the words of a language, and who asks."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flowkit.kit import FlowKit
from flowkit.web.languages import Language, languages
from flowkit.web.pace import Pace
from flowkit.web.reaching import GEO
from flowkit.web.signing import Signer

HERE = Path(__file__).parent

AT_ONCE = 2
"Passwords that are checked at once: each takes 64 MB."

LONGEST_ADDRESS, LONGEST_SAID = 2000, 300
"What a page is told by the one before; a browser keeps no more than 4 kB."

Authenticate = Callable[[Request], "str | Awaitable[str | None] | None"]
"""Gives who asks as ENTITY:KEY, None for somebody unknown: how a host brings its own login."""


Persona = tuple[str, str, str]
"Actor, name and roles of somebody one can be in a demo."


class Cast(Protocol):
    """Whom one can be in a demo."""

    @property
    def shown(self) -> tuple[Sequence[Persona], Sequence[Persona]]:
        """Those for whom an open case waits, and some of everybody else."""

    def found(self, text: str) -> Sequence[Persona]:
        """Those whom that text fits."""

    def one(self, actor: str) -> Persona | None:
        """That person; None for whom nobody knows."""


class Demo(Protocol):
    """What `flowkit serve --demo` adds: people to be, a clock to push, messages to look at."""

    @property
    def cast(self) -> Cast:
        """Whom one can be."""

    def push(self, minutes: int) -> None:
        """Push the clock on."""

    @property
    def messages(self) -> tuple[Mapping[str, Any], ...]:
        """What would have gone out, newest first."""


@dataclass(frozen=True)
class Site:
    """One kit's pages.

    authenticate  None: accounts of our own
    base          begins links that leave in messages and codes
    sign_in       where a host signs people in
    maps          how links to places are written
    """

    kit: FlowKit
    authenticate: Authenticate | None = None
    demo: Demo | None = None
    base: str = ""
    sign_in: str = ""
    pace: Pace = field(default_factory=lambda: Pace(0))
    maps: str = GEO
    signer: Signer = field(init=False)
    checking: threading.Semaphore = field(init=False, default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))

    def __post_init__(self) -> None:
        object.__setattr__(self, "signer", Signer(self.kit.key_for("links"), self.kit.clock))

    @cached_property
    def csrf_key(self) -> bytes:
        return self.kit.key_for("forms")

    @cached_property
    def languages(self) -> Mapping[str, Language]:
        texts = self.kit.app.texts
        return {code: each.at(texts.get(code, {})) for code, each in languages().items()}

    @cached_property
    def version(self) -> str:
        """Changes with what is served under `static`, so that browsers may keep it for ever."""
        found = hashlib.sha256()
        for path in sorted((HERE / "static").iterdir()):
            found.update(path.read_bytes())
        return found.hexdigest()[:10]

    @cached_property
    def templates(self) -> Environment:
        made = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters |= {"called": _called, "told": _told}
        return made


@pass_context
def _called(page: Context, words: str) -> str:
    """An author's text in the language of the page."""
    return str(page["ask"].language.called(words))


@pass_context
def _told(page: Context, words: str) -> str:
    """A sentence of the engine's in the language of the page."""
    return str(page["ask"].language.told(words))


@dataclass(frozen=True)
class Ask:
    """One request, read whole. `actor` is "" where nobody is signed in; `visitor` tells browsers apart."""

    site: Site
    request: Request
    actor: str
    visitor: str
    form: FormData
    language: Language

    @property
    def kit(self) -> FlowKit:
        return self.site.kit

    @property
    def by(self) -> str:
        """Who asks; pages for those signed in are only reached with somebody."""
        return self.actor

    @property
    def holder(self) -> str:
        """Who holds files that no case has yet: the person, or this browser of somebody nobody knows."""
        return self.actor or f"visitor:{self.visitor}"

    @property
    def root(self) -> str:
        """The path under which the pages are mounted, "" where they stand alone."""
        return str(self.request.scope.get("root_path", "")).rstrip("/")

    @property
    def path(self) -> str:
        """The path asked for, as links on our pages name it."""
        full = self.request.url.path
        return full.removeprefix(self.root) or "/"

    @property
    def here(self) -> str:
        """The page asked for, with its query: where to come back to."""
        return self.path + (f"?{self.request.url.query}" if self.request.url.query else "")

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS: then no cookie leaves without it."""
        return self.request.url.scheme == "https" or self.site.base.startswith("https:")

    @property
    def sent(self) -> bool:
        """Whether a form was sent. Whatever else is asked, HEAD too, is to look and changes nothing."""
        return self.request.method == "POST"

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def absolute(self) -> str:
        """What a link must begin with to be opened from elsewhere."""
        if self.site.base:
            return self.site.base.rstrip("/")
        here = self.request.url
        return f"{here.scheme}://{here.netloc}{self.root}"

    @property
    def token(self) -> str:
        """What a form of ours must carry to be believed."""
        return form_token(self.site.csrf_key, self.visitor)

    @property
    def mark(self) -> str:
        """Tells one person's forms from another's in a browser that both use; "" for somebody nobody knows."""
        return form_token(self.site.csrf_key, f"person {self.actor}")[:16] if self.actor else ""

    def param(self, name: str) -> str:
        return str(self.request.path_params[name])

    def url(self, path: str, /, **query: Any) -> str:
        """A link to one of our pages; parts of the path are given as they are typed."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return self.root + quote(path) + (f"?{urlencode(given)}" if given else "")

    def with_query(self, /, **changed: Any) -> str:
        """This page with parts of its query changed, so that a filter keeps the others."""
        query = {**self.query, **changed}
        return self.url(self.path, **query)

    def static(self, name: str) -> str:
        return f"{self.root}/static/{self.site.version}/{name}"

    def render(self, template: str, status: int = 200, **context: Any) -> Response:
        page = self.site.templates.get_template(template)
        shown = {"ask": self, "kit": self.kit, "app": self.kit.app, "_": self.language.text, **context}
        return HTMLResponse(page.render(shown), status)

    def go(self, path: str, said: str = "", **query: Any) -> Response:
        """Send the browser on after something was done; `said` is told there once."""
        return self._sent_on(self.url(path, **query), said)

    def back(self, address: str, said: str = "") -> Response:
        """Send the browser to an address that it brought, if that is of ours."""
        return self._sent_on(self.root + (local(address) or "/"), said)

    def gone(self, answer: Response, key: str) -> Response:
        """The page that follows tells the browser that the form of that key has gone, and needs no draft any more."""
        self.keep(answer, "flowkit_done", quote(key[:100]), 60)
        return answer

    def _sent_on(self, address: str, said: str) -> Response:
        answer = RedirectResponse(address, 303)
        if said:
            self.keep(answer, "flowkit_said", quote(said[:LONGEST_SAID]), 60)
        return answer

    def keep(self, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Have this browser keep something that no script reads and no other site sends; None: until it is closed."""
        where = self.root or "/"
        answer.set_cookie(name, value, seconds, path=where, secure=self.secure, httponly=True, samesite="lax")


def local(address: str) -> str:
    """An address below our root as a browser brought it; "" for one that could lead anywhere else."""
    leads_away = address[1:2] in ("/", "\\") or "\\" in address or not address.isprintable()
    return "" if leads_away or not address.startswith("/") or len(address) > LONGEST_ADDRESS else address


def form_token(key: bytes, visitor: str) -> str:
    return hmac.new(key, visitor.encode(), "sha256").hexdigest()
