"""WebM: elements within elements. How long it plays, told by its header or counted from its blocks, and what it holds.

A browser that records writes neither lengths of the outer elements nor how long it became: so blocks are counted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from decimal import Decimal

from flowkit.errors import RefusedError
from flowkit.uploads.boxes import LONGEST, Film

MOST_ELEMENTS = 500_000
_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER, _GROUP = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0
_OPENED = frozenset((_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER, _GROUP))
_HEAD, _SCALE, _DURATION, _TYPE = 0x1A45DFA3, 0x2AD7B1, 0x4489, 0x83
_TIME, _SIMPLE, _BLOCK = 0xE7, 0xA3, 0xA1
_WHOLE = "视频或录音不完整,打不开: 请等它录完存好后重新上传"


def read_webm(content: bytes) -> Film:
    """What it is. RefusedError `unreadable`."""
    scale, told, last, cluster = 1_000_000, Decimal(0), 0, 0
    types: set[int] = set()
    blocks = 0
    for name, start, end in _elements(content):
        body = content[start : min(end, start + 16)]
        if name == _SCALE:
            scale = int.from_bytes(body[: end - start], "big") or scale
        elif name == _DURATION:
            told = _real(body, end - start)
        elif name == _TYPE:
            types.add(int.from_bytes(body[:1], "big"))
        elif name == _TIME:
            cluster = int.from_bytes(body[: min(8, end - start)], "big")
        elif name in (_SIMPLE, _BLOCK):
            _, width = _number(content, start)
            offset = int.from_bytes(content[start + width : start + width + 2], "big", signed=True)
            last, blocks = max(last, cluster + offset), blocks + 1
    if not types & {1, 2} or not blocks:
        raise RefusedError("unreadable", _WHOLE)
    ticks = told if told > 0 else Decimal(last)
    seconds = (ticks * scale / 1_000_000_000).quantize(Decimal("0.1")) if ticks < 10**15 else Decimal(LONGEST + 1)
    return Film("video" if 1 in types else "audio", seconds if 0 < seconds <= LONGEST else None, content)


def _elements(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Id, begin and end of the body of each element, one after another; those that hold what matters are gone into."""
    at, end = 0, len(content)
    for _ in range(MOST_ELEMENTS):
        if at >= end:
            return
        name, width = _number(content, at, keep=True)
        size, more = _number(content, at + width)
        start = at + width + more
        unknown = size == (1 << (7 * more)) - 1
        if not width or not more or (not unknown and start + size > end) or (unknown and name not in _OPENED):
            raise RefusedError("unreadable", _WHOLE)
        if name == _HEAD and b"webm" not in content[start : start + size]:
            raise RefusedError("unknown-kind", "不收 MKV 视频,请转成 MP4 再上传")
        yield name, start, end if unknown else start + size
        at = start if name in _OPENED else start + size
    raise RefusedError("unreadable", _WHOLE)


def _number(content: bytes, at: int, *, keep: bool = False) -> tuple[int, int]:
    """A number of variable width, and that width; (0, 0) where there is none. `keep`: with the bit that tells the width."""
    first = content[at] if at < len(content) else 0
    width = 9 - first.bit_length() if first else 0
    if not width or at + width > len(content):
        return 0, 0
    number = int.from_bytes(content[at : at + width], "big")
    return (number if keep else number & ((1 << (7 * width)) - 1)), width


def _real(body: bytes, width: int) -> Decimal:
    if width not in (4, 8) or len(body) < width:
        return Decimal(0)
    (found,) = struct.unpack(">f" if width == 4 else ">d", body[:width])
    return Decimal(repr(found)) if 0 < found < 1e15 else Decimal(0)
