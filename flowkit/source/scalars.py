"""What an unquoted scalar reads as, and how a text is put in quotes. Knows nothing of places."""

from __future__ import annotations

import re
from decimal import Decimal

from flowkit.source.nodes import ScalarValue

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+\Z")
_WORDS: dict[str, bool | None] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
}
# Longer rows of digits are serial numbers, not amounts; reading them as numbers would only cost time.
_LONGEST_NUMBER = 30


def read_scalar(typed: str) -> ScalarValue:
    """The value of an unquoted scalar: true, false, null, an integer without a leading zero, a decimal; else its text."""
    if typed in _WORDS:
        return _WORDS[typed]
    if typed[0] not in "+-.0123456789" or len(typed) > _LONGEST_NUMBER:
        return typed
    if _INTEGER.match(typed):
        return int(typed)
    if _DECIMAL.match(typed):
        return Decimal(typed)
    return typed


def quote(text: str) -> str:
    """`text` as one quoted scalar that reads back as `text`; double quotes unless they would need a backslash."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'
