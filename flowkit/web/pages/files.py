"""Files: printed pages that were filed, and what people sent. Never shown as a page of ours."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from flowkit.errors import RefusedError
from flowkit.kit import FileView
from flowkit.web.pages.page import Page
from flowkit.web.shell import refused
from flowkit.web.site import Ask

SHOWN = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "audio/mpeg",
    "audio/mp4",
)
"What may be shown inside a page: it was decoded and made anew by us, or only a player reads it."

KINDS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8", "text": "text/plain; charset=utf-8"}

SEALED = "default-src 'none'; sandbox"
"What a file may do that somebody sent: nothing."

PRINTED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"What a page may do that we printed: look as it was made, with the pictures that are in it. It has no origin, script or network."


def filed(ask: Ask) -> Response:
    """A printed page of a case."""
    file = next((f for f in ask.kit.files(ask.param("case"), ask.by) if f.id == ask.param("file")), None)
    content = ask.kit.file(file.id, ask.by) if file is not None else None
    if file is None or content is None:
        raise HTTPException(404)
    return printed(ask, file, content)


def printed(ask: Ask, file: FileView, content: bytes) -> Response:
    """A page that we printed; one that was filed as HTML is shown in the browser.

    It is kept by its title and when it was made: a page may be printed anew, with a signature on it.
    """
    made = file.at.astimezone(ask.kit.app.settings.timezone).strftime("%Y-%m-%d %H%M%S")
    name = f"{file.title} {made}.{'txt' if file.kind == 'text' else file.kind}"
    if file.kind == "html":
        return _answer(content, KINDS["html"], name, "inline", PRINTED)
    return given_out(content, KINDS.get(file.kind, "application/octet-stream"), name)


def upload(ask: Ask) -> Response:
    """What somebody sent for a case; `?small=1` a small picture of it."""
    small = ask.query.get("small") == "1"
    found = ask.kit.upload_content(ask.param("case"), ask.param("upload"), ask.by, thumbnail=small)
    return given_out(found.content, found.mime, found.name)


def own(ask: Ask) -> Response:
    """What this browser has sent and nobody has used yet."""
    found = ask.kit.own_upload(ask.param("upload"), ask.holder, thumbnail=ask.query.get("small") == "1")
    return given_out(found.content, found.mime, found.name)


def send(ask: Ask) -> Response:
    """A file ahead of its form, by script. One that comes as nobody from a page of somebody's would be lost to him."""
    if ask.request.headers.get("x-flowkit-me", ask.mark) != ask.mark:
        problem = ask.language.text("登录的人变了，或者已退出登录：请刷新本页再选")
        return JSONResponse({"problem": problem}, 401)
    file = ask.form.get("file")
    if file is None or isinstance(file, str):
        return JSONResponse({"problem": ask.language.text("没有收到文件，请再选一次")}, 422)
    try:
        kept = ask.kit.upload(file.file.read(), file.filename or "", ask.holder)
    except RefusedError as error:
        return JSONResponse({"problem": refused(ask, error)}, 422)
    return JSONResponse({"id": kept.id, "name": kept.name, "kind": kept.kind})


def given_out(content: bytes, mime: str, name: str) -> Response:
    """What somebody sent: shown only where we made it anew."""
    return _answer(content, mime, name, "inline" if mime in SHOWN else "attachment", SEALED)


def _answer(content: bytes, mime: str, name: str, how: str, policy: str) -> Response:
    plain = (
        "".join(c for c in unicodedata.normalize("NFKC", name) if c.isprintable() and c not in '\\/"')[:100] or "file"
    )
    headers = {
        "content-disposition": f"{how}; filename*=UTF-8''{quote(plain, safe='')}",
        "content-security-policy": policy,
        "cache-control": "private, max-age=300",
    }
    return Response(content, media_type=mime, headers=headers)


PAGES = (
    Page("/cases/{case}/files/{file:path}", filed),
    Page("/cases/{case}/uploads/{upload}", upload),
    Page("/uploads/{upload}", own, public=True),
    Page("/uploads", send, public=True, post=True, get=False),
)
