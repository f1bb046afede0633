"""A place on earth: latitude, longitude, its coordinate system, perhaps an accuracy in metres."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flowkit.suggest import closest
from flowkit.values.contract import Settings, ValueProblem, absent, folded, misfit, shown, typed
from flowkit.values.coordinates import SYSTEMS, system_of
from flowkit.values.numbers import exact, load_number, store_number

_KEYS = ("latitude", "longitude", "system", "accuracy")
_TEXT = re.compile(r"([+-]?\d{1,3}(?:\.\d{0,20})?)\s*[,;、 ]\s*([+-]?\d{1,3}(?:\.\d{0,20})?)(?:\s*[,;、 ]\s*([\w-]+))?")
_WANTED = "位置,例如 30.2741,120.1551(纬度,经度)"


@dataclass(frozen=True, slots=True)
class LocationType:
    """Typed as "latitude,longitude" or given as a mapping. A point whose system nobody names is refused."""

    name: str = "location"
    kind: str = "location"

    def read(self, raw: object, settings: Settings) -> dict[str, Any] | None:
        if absent(raw):
            return None
        given = _parts(raw)
        latitude = _degrees(given.get("latitude"), "纬度", 90)
        longitude = _degrees(given.get("longitude"), "经度", 180)
        location = {"latitude": latitude, "longitude": longitude, "system": _system(given.get("system"), settings)}
        if not absent(given.get("accuracy")):
            accuracy = exact(given["accuracy"], "精度(米)")
            if not 0 <= accuracy <= 40_000_000:
                raise ValueProblem("range", "精度(米)超出了范围")
            location["accuracy"] = accuracy
        return location

    def store(self, value: Any) -> Any:
        if value is None:
            return None
        return {k: v if k == "system" else store_number(v) for k, v in value.items()}

    def load(self, stored: Any) -> Any:
        if stored is None:
            return None
        return {k: v if k == "system" else load_number(v) for k, v in stored.items()}


def _parts(raw: object) -> Mapping[str, Any]:
    if isinstance(raw, Mapping):
        for key in raw:
            if key not in _KEYS:
                near = closest(key[:40], _KEYS) if isinstance(key, str) else None
                hint = f"是否想写 {near}?" if near else f"只有 {'、'.join(_KEYS)}"
                raise ValueProblem("unknown-key", f"位置里没有{shown(key)}这一项,{hint}")
        return raw
    if isinstance(raw, (list, tuple)):
        if len(raw) not in (2, 3):
            raise misfit(_WANTED, raw)
        return dict(zip(_KEYS, raw, strict=False))
    text = folded(typed(raw, _WANTED, 100)) if isinstance(raw, str) else ""
    match = _TEXT.fullmatch(text)
    if not match:
        raise misfit(_WANTED, raw)
    return dict(zip(_KEYS, match.groups(), strict=False))


def _degrees(raw: object, what: str, limit: int) -> int | Decimal:
    if absent(raw):
        raise ValueProblem("type", f"位置缺少{what}")
    degrees = exact(raw, f"{what}(度)")
    if not -limit <= degrees <= limit:
        swapped = "(纬度在前,经度在后,是否写反了?)" if limit == 90 and -180 <= degrees <= 180 else ""
        raise ValueProblem("range", f"{what}应在 -{limit} 到 {limit} 之间,收到{shown(degrees)}{swapped}")
    return degrees


def _system(raw: object, settings: Settings) -> str:
    if absent(raw):
        if settings.coordinates is None:
            raise ValueProblem("system", f"位置没有说明坐标系({'、'.join(SYSTEMS)})")
        return settings.coordinates
    system = system_of(raw[:20]) if isinstance(raw, str) else None
    if system is None:
        raise misfit(f"坐标系 {'、'.join(SYSTEMS)} 之一", raw, "system")
    return system
