"""From what a page shows to the device it is read on: a number that can be called, a place one can be led to.

Nothing is loaded from anywhere: a link is followed by whoever presses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flowkit.fields.definition import Field
from flowkit.values.coordinates import SYSTEMS, convert

_NUMBER = re.compile(r"\+?\d[\d -]{1,28}\d", re.ASCII)
_SCHEMES = ("http", "https", "geo")

GEO = "geo:{latitude},{longitude}"
"Opens whichever map the device has."


@dataclass(frozen=True, slots=True)
class Link:
    """Where it leads, what it is for: `call` or `way`."""

    href: str
    kind: str


@dataclass(frozen=True, slots=True)
class Reaching:
    """`maps` is how a link to a place is written; `open` says whether whoever reads may follow such links at all."""

    maps: str = GEO
    open: bool = True

    def link(self, value: Any, field: Field | None) -> Link | None:
        """Of a phone number or place that is shown in full; None of all else, masked ones among it."""
        if not self.open:
            return None
        if isinstance(value, str) and field is not None and field.type.name == "phone" and _NUMBER.fullmatch(value):
            return Link("tel:" + re.sub(r"[ -]", "", value), "call")
        if isinstance(value, Mapping) and value.get("system") in SYSTEMS and {"latitude", "longitude"} <= value.keys():
            return Link(self.maps.format(**_spelt(value)), "way")
        return None


def map_link(template: str) -> str:
    """A template of links to places, checked: `https://…{longitude},{latitude}`, or with `gcj_` before both names.

    ValueError for one that names something else, or leads elsewhere than a link may.
    """
    try:
        written = template.format(**_spelt({"latitude": 0, "longitude": 0, "system": "wgs84"}))
    except (KeyError, IndexError, AttributeError, ValueError) as error:
        raise ValueError(
            f"maps knows {{latitude}}, {{longitude}}, {{gcj_latitude}}, {{gcj_longitude}}: {error}"
        ) from None
    if urlsplit(written).scheme not in _SCHEMES:
        raise ValueError(f"maps begins with one of {', '.join(f'{scheme}:' for scheme in _SCHEMES)}")
    return template


def _spelt(place: Mapping[str, Any]) -> dict[str, str]:
    """Degrees as links hold them: those of satellites, which `geo:` means, and those of Chinese maps."""
    found = {}
    for prefix, system in (("", "wgs84"), ("gcj_", "gcj02")):
        there = convert(place, system)
        for name in ("latitude", "longitude"):
            found[f"{prefix}{name}"] = f"{float(there[name]):.6f}"
    return found
