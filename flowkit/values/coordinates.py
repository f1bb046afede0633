"""The three coordinate systems in use in China and the distance between two points.

WGS-84 is what satellites give, GCJ-02 what Chinese maps and phones show, BD-09 what Baidu shows. They lie some hundred
metres apart, so every point carries its system. The formulas are the published ones; the inverse is iterated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import atan2, cos, hypot, pi, radians, sin, sqrt
from typing import Any

from geographiclib.geodesic import Geodesic

SYSTEMS = ("wgs84", "gcj02", "bd09")

_Point = tuple[float, float]  # latitude, longitude in degrees

_AXIS = 6378245.0  # Krasovsky 1940, metres: the ellipsoid the shift is defined on
_EXCENTRICITY = 0.00669342162296594323
_PLACES = Decimal("0.00000001")
_MILLIMETRE = Decimal("0.001")


def system_of(text: str) -> str | None:
    """The system that a spelling such as `WGS-84` or `gcj02` means, or None."""
    name = text.strip().lower().replace("-", "").replace("_", "").replace(" ", "")
    return name if name in SYSTEMS else None


def in_china(latitude: float, longitude: float) -> bool:
    """Within the rectangle where GCJ-02 is shifted at all."""
    return 0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347


def _shifted(point: _Point) -> _Point:
    latitude, longitude = point
    x, y = longitude - 105.0, latitude - 35.0
    waves = 2 * sin(6 * pi * x) + 2 * sin(2 * pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + 2 * sin(pi * y) + 4 * sin(pi * y / 3) + 16 * sin(pi * y / 12) + 32 * sin(pi * y / 30)) * 20 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + 2 * sin(pi * x) + 4 * sin(pi * x / 3) + 15 * sin(pi * x / 12) + 30 * sin(pi * x / 30)) * 20 / 3
    flattening = 1 - _EXCENTRICITY * sin(radians(latitude)) ** 2
    degree_north = radians(_AXIS * (1 - _EXCENTRICITY) / flattening**1.5)
    degree_east = radians(_AXIS * cos(radians(latitude)) / sqrt(flattening))
    return latitude + north / degree_north, longitude + east / degree_east


def _wgs_to_gcj(point: _Point) -> _Point:
    return _shifted(point) if in_china(*point) else point


def _gcj_to_bd(point: _Point) -> _Point:
    latitude, longitude = point
    radius = hypot(longitude, latitude) + 0.00002 * sin(radians(latitude) * 3000)
    angle = atan2(latitude, longitude) + 0.000003 * cos(radians(longitude) * 3000)
    return radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065


def _inverse(forward: Callable[[_Point], _Point], point: _Point) -> _Point:
    # The shift hardly changes within its own length, so each step gains about four digits.
    latitude, longitude = point
    for _ in range(8):
        there = forward((latitude, longitude))
        north, east = there[0] - point[0], there[1] - point[1]
        latitude, longitude = latitude - north, longitude - east
        if hypot(north, east) < 1e-10:
            break
    return latitude, longitude


def _to_wgs(point: _Point, system: str) -> _Point:
    if system == "bd09":
        point = _inverse(_gcj_to_bd, point)
    return point if system == "wgs84" or not in_china(*point) else _inverse(_shifted, point)


def _from_wgs(point: _Point, system: str) -> _Point:
    if system == "wgs84":
        return point
    point = _wgs_to_gcj(point)
    return _gcj_to_bd(point) if system == "bd09" else point


def _point(location: Mapping[str, Any]) -> tuple[_Point, str]:
    system = location.get("system")
    if system not in SYSTEMS:
        raise ValueError("expected a location with its coordinate system")
    return (float(location["latitude"]), float(location["longitude"])), system


def convert(location: Mapping[str, Any], system: str) -> dict[str, Any]:
    """The same place in another system (`wgs84`, `gcj02`, `bd09`), to eight decimal places (a millimetre).

    Raises ValueError if the location carries no known system, or the wanted one is unknown.
    """
    if system not in SYSTEMS:
        raise ValueError(f"expected one of {', '.join(SYSTEMS)}, found {system!r}")
    point, of = _point(location)
    if of == system:
        return dict(location)
    if {of, system} == {"gcj02", "bd09"}:
        # Between these two there is no need to go by way of the satellite's.
        point = _gcj_to_bd(point) if system == "bd09" else _inverse(_gcj_to_bd, point)
    else:
        point = _from_wgs(_to_wgs(point, of), system)
    latitude, longitude = (Decimal(degrees).quantize(_PLACES) for degrees in point)
    return {**location, "latitude": latitude, "longitude": longitude, "system": system}


def bearing(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """In which direction the second place lies from the first: degrees clockwise from north, 0 to 360.

    Raises ValueError if one carries no known coordinate system.
    """
    first, second = _to_wgs(*_point(a)), _to_wgs(*_point(b))
    return float(Geodesic.WGS84.Inverse(*first, *second, Geodesic.AZIMUTH)["azi1"]) % 360


def distance(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> Decimal | None:
    """Metres between two places along the earth, whatever their systems; None if one of them is unknown.

    Raises ValueError if one carries no known coordinate system.
    """
    if not a or not b:
        return None
    first, second = _to_wgs(*_point(a)), _to_wgs(*_point(b))
    metres = Geodesic.WGS84.Inverse(*first, *second, Geodesic.DISTANCE)["s12"]
    return Decimal(metres).quantize(_MILLIMETRE)
