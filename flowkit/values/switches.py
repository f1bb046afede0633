"""Yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowkit.values.contract import Settings, absent, folded, misfit, typed

_YES = frozenset(["是", "对", "有", "开", "真", "√", "✓", "✔", "true", "yes", "y", "on", "1"])
_NO = frozenset(["否", "不", "不是", "错", "无", "没有", "关", "假", "×", "✗", "✘", "false", "no", "n", "off", "0"])


@dataclass(frozen=True, slots=True)
class SwitchType:
    name: str = "switch"
    kind: str = "boolean"

    def read(self, raw: object, settings: Settings) -> bool | None:
        if isinstance(raw, bool):
            return raw
        if absent(raw):
            return None
        word = folded(typed(raw, "是或否", 64)).lower()
        if word in _YES or word in _NO:
            return word in _YES
        raise misfit("是或否", raw)

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored
