"""Pictures: read and drawn anew by a process of their own, with bounded time and memory, which ends with its picture."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from flowkit.errors import FlowKitError, RefusedError
from flowkit.uploads import redraw
from flowkit.uploads.redraw import PIXELS, SECONDS, TOO_MANY, UNUSABLE


class NoPicturesError(FlowKitError):
    """Pictures cannot be read here at all: the extra `web` is missing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Upright, without anything but its pixels; the thumbnail is a JPEG."""

    content: bytes
    thumbnail: bytes
    mime: str
    width: int
    height: int


def draw(content: bytes, seconds: float = 2 * SECONDS) -> Picture:
    """The picture drawn anew. RefusedError `too-many-pixels`, `unreadable`; NoPicturesError without Pillow."""
    where = importlib.util.find_spec("PIL")
    if where is None or where.origin is None:
        raise NoPicturesError("pictures need the extra `web`: pip install 'flowkit[web]'")
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file, no shell, nothing typed among the arguments
            [sys.executable, "-P", "-S", redraw.__file__],
            input=content,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={"PYTHONPATH": str(Path(where.origin).parent.parent), "LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise RefusedError("unreadable", "照片打开太慢,请换一张或缩小后再上传") from None
    if done.returncode == TOO_MANY:
        said = f"照片有 {done.stderr.decode()} 像素,超过 {PIXELS // 10_000} 万,请缩小后再上传"
        raise RefusedError("too-many-pixels", said)
    if done.returncode == UNUSABLE:
        raise NoPicturesError(f"{done.stderr.decode()[:300]}; pip install 'flowkit[web]'")
    head, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not head:
        # It said so, or it ended by its limits of time and memory: either way it was this picture.
        raise RefusedError("unreadable", "照片打不开,可能没有传完或已损坏,请重新拍摄或换一张")
    told = json.loads(head)
    size = told["bytes"]
    return Picture(rest[:size], rest[size:], told["mime"], told["width"], told["height"])
