"""Fences: which checks want one place near another, and what is told when they are not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from flowkit.errors import Apart
from flowkit.forms.fences import fence_of
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type

PLACE = Type("location", title="位置")
HIDDEN = Type("location", title="家", guarded=True)
MACHINE = Type("record", title="电梯", members=lambda: {"position": PLACE, "home": HIDDEN})
ANSWER = Type("record", title="已到达", members=lambda: {"position": Type("location", title="当前位置")})
SCOPE = Scope({"machine": MACHINE, "arrive": ANSWER, "limit": Type("number", title="范围")})


def place(latitude: str, longitude: str, **more: Any) -> dict[str, Any]:
    return {"latitude": Decimal(latitude), "longitude": Decimal(longitude), "system": "gcj02", **more}


def names(here: dict[str, Any] | None) -> dict[str, Any]:
    return {"arrive": {"position": here}, "machine": {"position": place("30.21", "120.20")}, "limit": 200}


@pytest.mark.parametrize(
    "text",
    [
        "distance(arrive.position, machine.position) <= 200",
        "distance(machine.position, arrive.position) < limit",
        "200 >= distance(arrive.position, machine.position)",
        "not empty(machine.position) and distance(arrive.position, machine.position) <= 200",
        "distance（arrive.position，machine.position）<= 200",
    ],
)
def test_seen_from_what_was_filled_in_the_other_place_is_told(text: str) -> None:
    """However it is written, it is told from where somebody is: how far, which way, within how much."""
    fence = fence_of(text, SCOPE, ("arrive",))
    assert fence is not None
    apart = fence.apart(names(place("30.20", "120.20", accuracy=30)))
    assert apart is not None
    assert (apart.here, apart.there, apart.limit, apart.accuracy) == ("当前位置", "电梯", 200, 30)
    assert 1100 < apart.metres < 1115
    assert min(apart.bearing, 360 - apart.bearing) < 1


@pytest.mark.parametrize(
    "text",
    [
        "distance(arrive.position, machine.position) > 200",
        "distance(arrive.position, machine.position) <= 200 or limit > 3",
        "not (distance(arrive.position, machine.position) <= 200)",
        "distance(arrive.position, machine.home) <= 200",
        "limit <= 200",
    ],
)
def test_nothing_is_told_where_being_near_is_not_asked_or_a_place_is_not_for_everybody(text: str) -> None:
    """What wants him far away, what may hold otherwise, and what is personal or hidden is no fence."""
    assert fence_of(text, SCOPE, ("arrive",)) is None


def test_nothing_is_told_of_places_that_are_near_or_unknown() -> None:
    """The author's message is all there is then."""
    fence = fence_of("distance(arrive.position, machine.position) <= 200", SCOPE, ("arrive",))
    assert fence is not None
    assert fence.apart(names(None)) is None
    assert fence.apart(names(place("30.2101", "120.2001"))) is None
    assert isinstance(fence.apart(names(place("30.3", "120.2"))), Apart)
