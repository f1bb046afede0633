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

KINDS = {"pdf": "application/pdf", "html": "text/plain; charset=utf-8", "text": "text/plain; charset=utf-8"}


def filed(ask: Ask) -> Response:
    """A printed page of a case."""
    file = next((f for f in ask.kit.files(ask.param("case"), ask.by) if f.id == ask.param("file")), None)
    content = ask.kit.file(file.id, ask.by) if file is not None else None
    if file is None or content is None:
        raise HTTPException(404)
    return given_out(content, KINDS.get(file.kind, "application/octet-stream"), printed_name(file))


def printed_name(file: FileView) -> str:
    """What a printed page is called where it is kept: by its title, with what it is."""
    return f"{file.title}.{'txt' if file.kind == 'text' else file.kind}"


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
    """A file ahead of its form, by script."""
    file = ask.form.get("file")
    if file is None or isinstance(file, str):
        return JSONResponse({"problem": ask.language.text("没有收到文件，请再选一次")}, 422)
    try:
        kept = ask.kit.upload(file.file.read(), file.filename or "", ask.holder)
    except RefusedError as error:
        return JSONResponse({"problem": refused(ask, error)}, 422)
    return JSONResponse({"id": kept.id, "name": kept.name, "kind": kept.kind})


def given_out(content: bytes, mime: str, name: str) -> Response:
    how = "inline" if mime in SHOWN else "attachment"
    plain = (
        "".join(c for c in unicodedata.normalize("NFKC", name) if c.isprintable() and c not in '\\/"')[:100] or "file"
    )
    headers = {
        "content-disposition": f"{how}; filename*=UTF-8''{quote(plain, safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, max-age=300",
    }
    return Response(content, media_type=mime, headers=headers)


PAGES = (
    Page("/cases/{case}/files/{file:path}", filed),
    Page("/cases/{case}/uploads/{upload}", upload),
    Page("/uploads/{upload}", own, public=True),
    Page("/uploads", send, public=True, post=True, get=False),
)
