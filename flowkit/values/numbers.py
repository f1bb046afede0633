"""Numbers, money and ratings: exact decimals, never floats. Knows how people write amounts; knows no limits of a field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flowkit.values.contract import LARGEST, Settings, ValueProblem, absent, folded, misfit, typed

_PLAIN = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d{1,30})?", re.ASCII)
_CENT = Decimal("0.01")
_FINEST = -40


def exact(raw: object, expected: str) -> int | Decimal:
    """The number that `raw` is or says: an int when it is whole. Refuses NaN, infinities and what is out of all range."""
    if isinstance(raw, bool):
        raise misfit(expected, raw)
    if isinstance(raw, int):
        value = Decimal(raw) if abs(raw) < LARGEST else LARGEST
    elif isinstance(raw, Decimal):
        value = raw
    elif isinstance(raw, float):
        value = Decimal(repr(raw))
    else:
        value = _spelled(raw, expected)
    if not value.is_finite():
        raise misfit(expected, raw)
    exponent = value.as_tuple().exponent
    if value.adjusted() > 40 or abs(value) >= LARGEST or (isinstance(exponent, int) and exponent < _FINEST and value):
        raise ValueProblem("range", "数值超出了可以接受的范围")
    whole = int(value)
    return whole if whole == value else value


def _spelled(raw: object, expected: str) -> Decimal:
    text = folded(typed(raw, expected, 64))
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif not _PLAIN.fullmatch(text):
        raise misfit(expected, raw)
    return Decimal(text)


def store_number(value: int | Decimal) -> int | str:
    """A whole number as JSON number, any other as text, so that no reader turns it into a float."""
    return value if isinstance(value, int) else str(value)


def load_number(stored: int | str) -> int | Decimal:
    return stored if isinstance(stored, int) else Decimal(stored)


@dataclass(frozen=True, slots=True)
class NumberType:
    name: str = "number"
    kind: str = "number"

    def read(self, raw: object, settings: Settings) -> int | Decimal | None:
        return None if absent(raw) else exact(raw, "数字,例如 3 或 2.5")

    def store(self, value: Any) -> Any:
        return None if value is None else store_number(value)

    def load(self, stored: Any) -> Any:
        return None if stored is None else load_number(stored)


@dataclass(frozen=True, slots=True)
class MoneyType:
    """An amount in the app's currency with exactly two decimal places."""

    name: str = "money"
    kind: str = "number"

    def read(self, raw: object, settings: Settings) -> Decimal | None:
        if absent(raw):
            return None
        expected = "金额,例如 120 或 99.50"
        if isinstance(raw, str):
            # ¥ is typed in two widths (the wide one folds to the narrow one), 元 behind the number.
            bare = folded(typed(raw, expected, 64)).removeprefix("¥").removesuffix("元").strip()
            try:
                value = Decimal(exact(bare, expected))
            except ValueProblem as problem:
                raise misfit(expected, raw) if problem.code == "type" else problem from None
        else:
            value = Decimal(exact(raw, expected))
        cents = value.quantize(_CENT, ROUND_HALF_UP)
        if cents != value:
            raise ValueProblem("places", "金额最多两位小数")
        return cents + 0

    def store(self, value: Any) -> Any:
        return None if value is None else str(value)

    def load(self, stored: Any) -> Any:
        return None if stored is None else Decimal(stored)


def rounded_money(value: int | Decimal) -> Decimal:
    """A computed amount to the cent, half up. Only what is computed is rounded; what is typed must fit."""
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) >= LARGEST:
        raise ValueProblem("range", "数值超出了可以接受的范围")
    return amount.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class RatingType:
    """Stars: a whole number; how many there may be is the field's `min` and `max`."""

    name: str = "rating"
    kind: str = "number"

    def read(self, raw: object, settings: Settings) -> int | None:
        if absent(raw):
            return None
        expected = "整数星级,例如 5"
        if isinstance(raw, str):
            text = folded(typed(raw, expected, 64)).removesuffix("星").removesuffix("分").strip()
            stars = len(text) if text and not text.strip("★") else None
            value = stars if stars is not None else _reread(text, raw, expected)
        else:
            value = exact(raw, expected)
        if not isinstance(value, int):
            raise misfit(expected, raw)
        if not 0 <= value <= 100:
            raise ValueProblem("range", "星级超出了范围")
        return value

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored


def _reread(text: str, raw: object, expected: str) -> int | Decimal:
    try:
        return exact(text, expected)
    except ValueProblem as problem:
        raise misfit(expected, raw) if problem.code == "type" else problem from None
