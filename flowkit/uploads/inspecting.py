"""One file that somebody sent: what it is, harmless, with what was measured of it. The one way in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from flowkit.errors import RefusedError
from flowkit.uploads.boxes import read_film
from flowkit.uploads.kinds import JPEG, M4A, PDF, PNG, WEBA, WEBP, Format, format_of
from flowkit.uploads.matroska import read_webm
from flowkit.uploads.names import clean_name
from flowkit.uploads.pictures import draw
from flowkit.uploads.zips import office_format
from flowkit.values.files import kind_of

MEGABYTE = 1024**2
LARGEST = {"image": 20 * MEGABYTE, "video": 64 * MEGABYTE, "audio": 20 * MEGABYTE, "file": 20 * MEGABYTE}
"How many bytes of each kind are taken."
_WORDS = {"image": "照片", "video": "视频", "audio": "录音", "file": "文件"}
_SMALLER = {"image": "请换一张或降低画质", "video": "请录短一些或降低画质", "audio": "请录短一些", "file": "请拆成几份"}
_DRAWN = {each.mime: each for each in (JPEG, PNG, WEBP)}


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is kept. `thumbnail` is a JPEG, b"" for what has none; `sha256` is over `content`, in hexadecimal."""

    content: bytes
    thumbnail: bytes
    name: str
    kind: str
    mime: str
    width: int | None
    height: int | None
    seconds: Decimal | None
    sha256: str


def inspect(content: bytes, name: str, accept: Collection[str] = ()) -> Inspected:
    """What was sent, as it may be kept; `accept` are the kinds that are taken, all by default.

    RefusedError in words that say what to do: `empty`, `too-large`, `unknown-kind`, `accept`, `false-name`, `unreadable`,
    `too-many-pixels`.
    """
    if len(content) > max(LARGEST.values()):
        raise _too_large(content, kind_of(name))
    found = format_of(content)
    found = office_format(content) if found.container == "zip" else found
    film = None
    if found.container:
        film = read_film(content) if found.container == "boxes" else read_webm(content)
        if film.kind != found.kind:
            found = WEBA if found.container == "ebml" else M4A if film.kind == "audio" else replace(found, kind="video")
    kind = found.kind
    if len(content) > LARGEST[kind]:
        raise _too_large(content, kind)
    if accept and kind not in accept:
        taken = "、".join(_WORDS[each] for each in _WORDS if each in accept)
        raise RefusedError("accept", f"这里只收{taken},收到的是{_WORDS[kind]},请重新选择")
    _refuse_false_name(name, kind)
    if kind == "image":
        picture = draw(content)
        found, content = _DRAWN[picture.mime], picture.content
        return _kept(content, picture.thumbnail, name, found, (picture.width, picture.height), None)
    if found is PDF and b"%%EOF" not in content[-2048:]:
        raise RefusedError("unreadable", "PDF 不完整,打不开,请重新上传")
    return _kept(film.content if film else content, b"", name, found, (None, None), film.seconds if film else None)


def _kept(
    content: bytes,
    thumbnail: bytes,
    name: str,
    found: Format,
    size: tuple[int | None, int | None],
    seconds: Decimal | None,
) -> Inspected:
    called = clean_name(name, found.endings, _WORDS[found.kind])
    sha256 = hashlib.sha256(content).hexdigest()
    return Inspected(content, thumbnail, called, found.kind, found.mime, *size, seconds, sha256)


def _refuse_false_name(name: str, kind: str) -> None:
    """A name that promises a picture, a video or sound, and holds something else; sound and video share their endings."""
    promised = kind_of(name)
    heard = {"video", "audio"}
    if promised not in ("file", kind) and not {promised, kind} <= heard:
        said = f"文件名说它是{_WORDS[promised]},内容却是{_WORDS[kind]},请重新选择"
        raise RefusedError("false-name", said)


def _too_large(content: bytes, kind: str) -> RefusedError:
    most, has = LARGEST[kind] // MEGABYTE, len(content) / MEGABYTE
    return RefusedError("too-large", f"{_WORDS[kind]}有 {has:.1f} MB,超过 {most} MB,{_SMALLER[kind]}")
