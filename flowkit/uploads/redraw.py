"""The process that reads one picture and draws it anew: bytes on standard input; a line of JSON, the picture, a thumbnail out.

The only place that knows Pillow, and it imports nothing of flowkit: `pictures` runs it as a file. What comes out holds pixels
and nothing else: no place, no camera, no comment, nothing behind the end.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from importlib import import_module
from typing import Any

SECONDS = 10
"How long one picture may take."
MEMORY = 768 * 1024**2
PIXELS = 40_000_000
EDGE, THUMBNAIL = 2560, 480
UNREADABLE, UNUSABLE, TOO_MANY = 4, 3, 5
"Exit codes: the picture cannot be read; Pillow cannot be loaded; more pixels than are taken."

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_KEPT = {"PNG": "PNG", "GIF": "PNG", "BMP": "PNG", "WEBP": "WEBP"}
"As what each is drawn anew; all others as JPEG."


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        image: Any = import_module("PIL.Image")
        operations: Any = import_module("PIL.ImageOps")
    except ImportError as error:
        sys.stderr.write(f"Pillow cannot be loaded: {error}")
        return UNUSABLE
    image.MAX_IMAGE_PIXELS = None  # Counted here, before anything is read.
    try:
        with image.open(io.BytesIO(sys.stdin.buffer.read()), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > PIXELS:
                sys.stderr.write(f"{width} x {height}")
                return TOO_MANY
            drawn, thumbnail, head = redraw(opened, operations)
    except Exception as error:  # noqa: BLE001 - whatever it stumbles over is told in one word
        sys.stderr.write(type(error).__name__)
        return UNREADABLE
    sys.stdout.buffer.write(json.dumps({**head, "bytes": len(drawn)}).encode() + b"\n" + drawn + thumbnail)
    return 0


def redraw(opened: Any, operations: Any) -> tuple[bytes, bytes, dict[str, Any]]:
    """The picture upright and at most so large, its thumbnail, and what it is now."""
    kind = _KEPT.get(opened.format, "JPEG")
    opened.draft("RGB", (EDGE, EDGE))  # A JPEG is then read in a size near the one that is kept.
    opened.seek(0)
    clear = kind != "JPEG" and (opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info)
    turned, mode = opened.getexif(), "RGBA" if clear else "RGB"
    upright = opened if opened.mode == mode else opened.convert(mode)
    upright.thumbnail((EDGE, EDGE))
    upright.getexif().update(turned)
    upright = operations.exif_transpose(upright)
    upright.info = {}
    drawn = _saved(upright, kind)
    small = upright.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    if clear:
        ground = small.convert("RGB")
        ground.paste((255, 255, 255), (0, 0, *small.size))
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    mime = f"image/{kind.lower()}"
    return drawn, _saved(small, "JPEG"), {"mime": mime, "width": upright.size[0], "height": upright.size[1]}


def _saved(picture: Any, kind: str) -> bytes:
    out = io.BytesIO()
    how: dict[str, Any] = {} if kind == "PNG" else {"quality": 85}
    picture.save(out, kind, **how)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
