"""MP4 and MOV: a tree of boxes. How long it plays, whether it is whole, and the places in it blanked.

Only the headers of boxes are read, each within the one around it; lengths are checked before they are believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from flowkit.errors import RefusedError

MOST_BOXES = 100_000
LONGEST = 360_000
"Seconds: longer ones are not believed."
_BLANKED = frozenset((b"udta", b"meta", b"uuid"))
"Where cameras write places, names, thumbnails. Players do without; the box stays as long as it was, so nothing moves."
_OPENED = frozenset(((b"moov",), (b"moov", b"trak"), (b"moov", b"trak", b"mdia"), (b"moov", b"mvex")))
"The boxes that are gone into, by the names on the way to them."
_WHOLE = "视频或录音不完整,打不开: 请等它录完存好后重新上传"


@dataclass(frozen=True, slots=True)
class Film:
    """`kind` is video or audio; `seconds` None where it does not say how long it is."""

    kind: str
    seconds: Decimal | None
    content: bytes


@dataclass(frozen=True, slots=True)
class _Box:
    name: bytes
    start: int
    inner: int
    end: int


def read_film(content: bytes) -> Film:
    """What it is, without what it tells of where it was made. RefusedError `unreadable`."""
    out, found = bytearray(content), list(_walk(content))
    tops = {path[0] for path, _ in found if len(path) == 1}
    handlers = {
        content[b.inner + 8 : b.inner + 12] for path, b in found if path == (b"moov", b"trak", b"mdia", b"hdlr")
    }
    if b"moov" not in tops or not tops & {b"mdat", b"moof"} or not handlers & {b"vide", b"soun"}:
        raise RefusedError("unreadable", _WHOLE)
    for path, box in found:
        if path[-1] in _BLANKED:
            out[box.start + 4 : box.start + 8] = b"free"
            out[box.inner : box.end] = bytes(box.end - box.inner)
    heads = {path[-1]: content[b.inner : b.end][:40] for path, b in found if path[-1] in (b"mvhd", b"mehd")}
    return Film("video" if b"vide" in handlers else "audio", _length(heads), bytes(out))


def _length(heads: dict[bytes, bytes]) -> Decimal | None:
    """The seconds that `mvhd` tells, else `mehd` of one that was written while it was recorded; None where neither does."""
    movie, pieces = heads.get(b"mvhd", b""), heads.get(b"mehd", b"")
    at = 20 if movie[:1] == b"\x01" else 12
    scale = int.from_bytes(movie[at : at + 4], "big")
    for told in (movie[at + 4 : at + (12 if at == 20 else 8)], pieces[4 : 12 if pieces[:1] == b"\x01" else 8]):
        ticks = int.from_bytes(told, "big")
        if scale and ticks and told != b"\xff" * len(told):
            seconds = (Decimal(ticks) / scale).quantize(Decimal("0.1")) if ticks < 10**15 else Decimal(LONGEST + 1)
            return seconds if 0 < seconds <= LONGEST else None
    return None


def _walk(content: bytes) -> Iterator[tuple[tuple[bytes, ...], _Box]]:
    """Each box, with the names on the way to it and its own, as deep as anything here is of interest."""
    waiting: list[tuple[int, int, tuple[bytes, ...]]] = [(0, len(content), ())]
    seen = 0
    while waiting:
        start, end, around = waiting.pop()
        for box in _boxes(content, start, end):
            seen += 1
            if seen > MOST_BOXES:
                raise RefusedError("unreadable", _WHOLE)
            path = (*around, box.name)
            yield path, box
            if path in _OPENED:
                waiting.append((box.inner, box.end, path))


def _boxes(content: bytes, start: int, end: int) -> Iterator[_Box]:
    while start < end:
        size, inner = int.from_bytes(content[start : start + 4], "big"), start + 8
        if size == 1:
            size, inner = int.from_bytes(content[start + 8 : start + 16], "big"), start + 16
        elif size == 0:
            size = end - start
        if inner > end or size < inner - start or start + size > end:
            # MOV may end a list of boxes with four bytes of nothing.
            if end - start == 4 and not any(content[start:end]):
                return
            raise RefusedError("unreadable", _WHOLE)
        yield _Box(content[start + 4 : start + 8], start, inner, start + size)
        start += size
