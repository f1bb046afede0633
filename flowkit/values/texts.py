"""Text as typed, and texts with a shape: phones, plates, e-mail, addresses, choices, roles, keys of records and people."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowkit.values.contract import Settings, absent, folded, misfit, typed

LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class TextType:
    """What was typed, character for character; only line ends are made equal. It is data, never a template."""

    name: str = "text"
    kind: str = "text"
    longest: int = LONGEST_TEXT
    trimmed: bool = False
    expected: str = "文字"

    def read(self, raw: object, settings: Settings) -> str | None:
        if absent(raw):
            return None
        text = typed(raw, self.expected, self.longest)
        return text.strip() if self.trimmed else text

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored


@dataclass(frozen=True, slots=True)
class ShapedType:
    """A text that must have a shape; `shape` gives the one spelling that is kept, or None."""

    name: str
    expected: str
    longest: int
    shape: Callable[[str], str | None]
    kind: str = "text"

    def read(self, raw: object, settings: Settings) -> str | None:
        if absent(raw):
            return None
        value = self.shape(folded(typed(raw, self.expected, self.longest)))
        if value is None:
            raise misfit(self.expected, raw)
        return value

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored


_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_HOTLINE = re.compile(r"[48]00\d{7}", re.ASCII)
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d{2})(\d{7,8})", re.ASCII)
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|#)\s*(\d{1,6})$", re.ASCII | re.IGNORECASE)


def phone(text: str) -> str | None:
    """`13800000000`, `0571-88888888`, `0571-88888888-801` or `4001234567` of the many ways to write them."""
    extension = _EXTENSION.search(text)
    body = text[: extension.start()] if extension else text
    inner = extension[1] if extension else ""
    pieces = [p for p in re.split(r"[\s()./-]+", body) if p]
    if pieces and pieces[0] in ("+86", "86", "0086"):
        pieces = pieces[1:]
    digits = "".join(pieces)
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    if len(digits) == 13 and digits.startswith("861"):
        digits = digits[2:]
    if not inner and len(pieces) == 3 and 3 <= len(pieces[2]) <= 6 and len(pieces[1]) >= 7:
        inner, digits = pieces[2], digits[: -len(pieces[2])]  # 0571-88888888-801
    if _MOBILE.fullmatch(digits) or _HOTLINE.fullmatch(digits):
        return digits if not inner else None
    line = _LANDLINE.fullmatch(digits) or (_LANDLINE.fullmatch("0" + digits) if text.startswith(("+", "00")) else None)
    if line is None:
        return None
    return f"{line[1]}-{line[2]}" + (f"-{inner}" if inner else "")


_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"[{_PROVINCES}](?:"
    r"[A-HJ-Z][A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳领使试超]"  # ordinary, trailers, learners, police, HK and Macau
    r"|[A-HJ-NP-Z](?:[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK])"  # new energy: small and large
    r"|[A-HJ-NP-Z]\d{4}应急)"
    r"|\d{6}使|使\d{6}",
    re.ASCII,
)


def plate(text: str) -> str | None:
    """`浙A12345` or `浙AD12345`, in capitals and without dots or blanks."""
    bare = re.sub(r"[\s·•・.\-]", "", text).upper()
    return bare if _PLATE.fullmatch(bare) else None


_EMAIL = re.compile(
    r"[A-Za-z0-9_%+'-]+(?:\.[A-Za-z0-9_%+'-]+)*@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63})",
    re.ASCII,
)


def email(text: str) -> str | None:
    """The address with its domain in small letters."""
    match = _EMAIL.fullmatch(text)
    return f"{text[: match.start(1)]}{match[1].lower()}" if match and len(text) <= 254 else None


TEXT = TextType()
ADDRESS = TextType("address", longest=500, trimmed=True, expected="地址")
CHOICE = TextType("choice", longest=200, trimmed=True, expected="一个选项")
ROLE = TextType("role", longest=200, trimmed=True, expected="一个角色")
PHONE = ShapedType("phone", "手机号或带区号的座机号,例如 13800000000 或 0571-88888888", 64, phone)
PLATE = ShapedType("plate", "车牌号,例如 浙A12345 或 浙AD12345", 64, plate)
EMAIL = ShapedType("email", "邮箱,例如 name@example.com", 300, email)


def _key_of(raw: object) -> object:
    """The key of a record that an expression gave, else `raw` itself."""
    key = getattr(raw, "key", None)
    return key if isinstance(key, str) else raw


@dataclass(frozen=True, slots=True)
class ReferenceType:
    """A record, by its key. Whether there is such a record, only the caller can say."""

    name: str = "reference"
    kind: str = "record"

    def read(self, raw: object, settings: Settings) -> str | None:
        raw = _key_of(raw)
        return None if absent(raw) else typed(raw, "一个编号", 200).strip()

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored


_PERSON = re.compile(r"[^\s:]{1,100}:\S(?:.{0,198}\S)?")


@dataclass(frozen=True, slots=True)
class PersonType:
    """Somebody, as `ENTITY:KEY`."""

    name: str = "person"
    kind: str = "record"

    def read(self, raw: object, settings: Settings) -> str | None:
        entity, key = getattr(raw, "entity", None), getattr(raw, "key", None)
        if isinstance(entity, str) and isinstance(key, str):
            raw = f"{entity}:{key}"
        if absent(raw):
            return None
        expected = "人员,例如 employee:zhang"
        text = typed(raw, expected, 300).strip()
        if not _PERSON.fullmatch(text):
            raise misfit(expected, raw)
        return text

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored
