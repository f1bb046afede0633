"""Pictures, videos, sound, files and signatures as data: their names and what is known of them, never their bytes.

A name is a label for people, not a path: whoever keeps the bytes invents names of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flowkit.values.contract import Settings, ValueProblem, absent, misfit, typed
from flowkit.values.numbers import exact, load_number, store_number

KINDS = ("image", "video", "audio", "file")
MOST_FILES = 100

_ENDINGS = {
    "image": "jpg jpeg png gif bmp webp heic heif tif tiff svg",
    "video": "mp4 mov avi mkv webm m4v 3gp wmv flv",
    "audio": "mp3 wav m4a aac amr ogg flac wma",
}
_KIND_OF = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_NUMBERS = ("seconds", "size", "width", "height")


UPLOAD_ID = re.compile(r"u[0-9a-z]{32}", re.ASCII)
"""How the ids of files that were sent look: 160 bits of chance."""
DETAILS = ("name", "kind", "size", "width", "height", "seconds", "sha256")
"""What is known of a file that was sent (its id stands under `upload`): measured, whatever was typed about it."""


def kind_of(name: str) -> str:
    """What a file's ending says it is: image, video, audio or file. Its content may say otherwise, later."""
    return _KIND_OF.get(name.rpartition(".")[2].lower() if "." in name else "", "file")


def _details(raw: Mapping[Any, Any], expected: str) -> dict[str, Any]:
    """The entries of one file or signature: few, named by text, each a text or a number."""
    if len(raw) > 20 or not all(isinstance(k, str) and 0 < len(k) <= 40 and k.isprintable() for k in raw):
        raise misfit(expected, raw)
    if "personal" in raw:
        raise misfit(expected, raw)  # So references to personal values are told: nobody types one.
    details: dict[str, Any] = {}
    for key, value in raw.items():
        if absent(value):
            continue
        if key in _NUMBERS:
            number = exact(value, f"数字({key})")
            if number < 0:
                raise ValueProblem("range", f"{key} 不能为负数")
            details[key] = number
        else:
            details[key] = typed(value, "文字", 255 if key in ("name", "upload") else 200_000)
    return details


def _stored(details: Mapping[str, Any]) -> dict[str, Any]:
    return {k: store_number(v) if isinstance(v, (int, Decimal)) else v for k, v in details.items()}


def load_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a file, from stored form."""
    return {k: load_number(v) if k in _NUMBERS else v for k, v in details.items()}


@dataclass(frozen=True, slots=True)
class MediaType:
    """Files: each `{name, kind, ...}`; a bare name is enough, its ending says the kind."""

    name: str = "media"
    kind: str = "list"

    def read(self, raw: object, settings: Settings) -> list[dict[str, Any]] | None:
        if absent(raw):
            return None
        given = list(raw) if isinstance(raw, (list, tuple)) else [raw]
        if len(given) > MOST_FILES:
            raise ValueProblem("too-many", f"最多 {MOST_FILES} 个文件,收到 {len(given)} 个")
        return [_file(item) for item in given if not absent(item)] or None

    def store(self, value: Any) -> Any:
        return None if value is None else [_stored(f) for f in value]

    def load(self, stored: Any) -> Any:
        return None if stored is None else [load_details(f) for f in stored]


def _file(raw: object) -> dict[str, Any]:
    expected = "文件,例如 door.mp4"
    if isinstance(raw, Mapping):
        details = _details(raw, expected)
    elif isinstance(raw, str):
        details = {"name": typed(raw, expected, 255)}
    else:
        raise misfit(expected, raw)
    name = details.get("name")
    if name is None and "upload" not in details:
        raise ValueProblem("type", "文件缺少名称 name")
    kind = details.setdefault("kind", kind_of(name or ""))
    if kind not in KINDS:
        raise misfit("文件种类 image、video、audio 或 file", kind)
    return details


@dataclass(frozen=True, slots=True)
class SignatureType:
    """A signature: the name as typed, or what a pad gave (`{name, image, ...}`)."""

    name: str = "signature"
    kind: str = "any"

    def read(self, raw: object, settings: Settings) -> dict[str, Any] | str | None:
        if absent(raw):
            return None
        if isinstance(raw, Mapping):
            return _details(raw, "签名") or None
        if not isinstance(raw, str):
            raise misfit("签名", raw)
        return typed(raw, "签名", 200_000)

    def store(self, value: Any) -> Any:
        return _stored(value) if isinstance(value, Mapping) else value

    def load(self, stored: Any) -> Any:
        return load_details(stored) if isinstance(stored, Mapping) else stored
