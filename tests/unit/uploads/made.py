"""Files for tests, made here: pictures by Pillow, films box by box, and whatever people send by mistake or on purpose."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

PLACE = "+30.2741+120.1551/"
"Where it was made, as phones write it."
SCRIPT = b"<script>alert(1)</script>"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **how: Any) -> bytes:
    out = io.BytesIO()
    drawn = Image.new(mode, size, (200, 30, 30, 128)[: len(mode)])
    drawn.paste((10, 200, 10, 255)[: len(mode)], (0, 0, size[0] // 2, size[1] // 2))
    drawn.save(out, kind, **how)
    return out.getvalue()


def photo(orientation: int = 6) -> bytes:
    """Like one of a phone: lying on its side, with the place and the phone written in it, and a page behind its end."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "PhoneMaker"
    exif[0x8825] = {1: "N", 2: (30.0, 16.0, 26.0), 3: "E", 4: (120.0, 9.0, 18.0)}
    return picture(exif=exif, comment=PLACE) + b"<html>" + SCRIPT


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, rows: bytes, *, depth: int = 8, color: int = 6, extra: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + body + chunk(b"IEND", b"")


def bomb() -> bytes:
    """A few kilobytes that unfold into 437 MB."""
    width = height = 10_450
    return png(width, height, bytes((width + 7) // 8 + 1) * height, depth=1, color=0)


def box(name: bytes, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return struct.pack(">I", 8 + len(body)) + name + body


def track(handler: bytes) -> bytes:
    return box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12))), box(b"udta", PLACE.encode()))


def film(
    seconds: float | None = 12.3,
    *,
    brand: bytes = b"isom",
    handlers: tuple[bytes, ...] = (b"vide", b"soun"),
    wide: bool = False,
) -> bytes:
    ticks = round((seconds or 0) * 1000)
    times = struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, ticks) if wide else struct.pack(">IIIII", 0, 0, 0, 1000, ticks)
    keys = box(b"meta", bytes(4), box(b"ilst", box(b"\xa9xyz", PLACE.encode())))
    about = box(b"udta", box(b"\xa9xyz", PLACE.encode()))
    moov = box(b"moov", box(b"mvhd", times, bytes(80)), *map(track, handlers), about, keys)
    return box(b"ftyp", brand, bytes(4)) + moov + box(b"uuid", bytes(16), PLACE.encode()) + box(b"mdat", b"FRAMES" * 50)


def number(value: int, width: int) -> bytes:
    return (value | 1 << (7 * width)).to_bytes(width, "big")


UNKNOWN = (1 << 56) - 1


def element(name: int, body: bytes, size: int | None = None) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + number(len(body) if size is None else size, 8) + body


def webm(
    told: float | None = None, *, kinds: tuple[int, ...] = (1, 2), doc_type: bytes = b"webm", last: int = 9_500
) -> bytes:
    """As a browser records it: outer lengths unknown and, unless `told`, no duration; its last block begins at `last` ms."""
    info = element(0x2AD7B1, (1_000_000).to_bytes(3, "big"))
    if told is not None:
        info += element(0x4489, struct.pack(">d", told))
    tracks = b"".join(element(0xAE, element(0x83, bytes([kind]))) for kind in kinds)
    clusters = b"".join(
        element(
            0x1F43B675,
            element(0xE7, at.to_bytes(4, "big")) + element(0xA3, b"\x81" + ahead.to_bytes(2, "big") + b"\x80frame"),
            UNKNOWN,
        )
        for at, ahead in ((0, 0), (last - 500, 500))
    )
    inside = element(0x1549A966, info) + element(0x1654AE6B, tracks) + clusters
    return element(0x1A45DFA3, element(0x4282, doc_type)) + element(0x18538067, inside, UNKNOWN)


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


DOCX = ("[Content_Types].xml", "word/document.xml")
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
