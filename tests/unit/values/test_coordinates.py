"""The coordinate systems of China, against the package prcoords."""

from __future__ import annotations

from decimal import Decimal

import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.values.coordinates import SYSTEMS, convert, distance

IN_CHINA = st.tuples(st.floats(18.2, 53.5), st.floats(73.6, 134.7))
HANGZHOU = {"latitude": Decimal("30.2741"), "longitude": Decimal("120.1551"), "system": "wgs84"}


def point(latitude, longitude, system="wgs84"):
    return {"latitude": Decimal(repr(latitude)), "longitude": Decimal(repr(longitude)), "system": system}


@given(IN_CHINA)
def test_the_shift_is_that_of_prcoords(at):
    """From satellite to phone and to Baidu our formulas give what prcoords gives, to a few millimetres."""
    for system, theirs in (("gcj02", prcoords.wgs_gcj(at)), ("bd09", prcoords.wgs_bd(at))):
        ours = convert(point(*at), system)
        assert float(ours["latitude"]) == pytest.approx(theirs.lat, abs=2e-8)
        assert float(ours["longitude"]) == pytest.approx(theirs.lon, abs=2e-8)


@given(IN_CHINA)
def test_the_way_back_is_that_of_prcoords(at):
    """From phone and Baidu to satellite likewise; theirs stops iterating earlier, at about a decimetre."""
    for system, theirs in (("gcj02", prcoords.gcj_wgs_bored(at)), ("bd09", prcoords.bd_wgs_bored(at))):
        ours = convert(point(*at, system), "wgs84")
        assert float(ours["latitude"]) == pytest.approx(theirs.lat, abs=2e-6)
        assert float(ours["longitude"]) == pytest.approx(theirs.lon, abs=2e-6)


@given(IN_CHINA, st.sampled_from(SYSTEMS), st.sampled_from(SYSTEMS))
def test_one_place_is_one_place_in_every_system(at, one, other):
    """A place and its conversion lie within a centimetre of each other, and converting back changes nothing more."""
    here = point(*at, one)
    there = convert(here, other)
    assert there["system"] == other
    assert distance(here, there) < Decimal("0.01")
    assert distance(convert(there, one), here) < Decimal("0.01")


def test_mixing_systems_unconverted_would_break_a_fence():
    """In Hangzhou the same numbers in two systems are some 500 m apart: a 200 m fence would never open."""
    mixed = {**HANGZHOU, "system": "gcj02"}
    assert 400 < distance(HANGZHOU, mixed) < 600


def test_outside_china_nothing_is_shifted():
    """In Paris GCJ-02 is WGS-84."""
    assert distance(point(48.8584, 2.2945), point(48.8584, 2.2945, "gcj02")) == 0


def test_a_known_distance_in_metres():
    """One degree of longitude on the equator is 111,319.491 m on WGS-84."""
    assert distance(point(0.0, 10.0), point(0.0, 11.0)) == Decimal("111319.491")


def test_an_unknown_place_has_no_distance():
    """Where one end is unknown, the distance is empty, not zero."""
    assert distance(None, HANGZHOU) is None
    assert distance(HANGZHOU, {}) is None


def test_a_point_without_a_system_has_no_place():
    """Numbers alone are never measured."""
    with pytest.raises(ValueError, match="coordinate system"):
        distance(HANGZHOU, {"latitude": Decimal(30), "longitude": Decimal(120)})
    with pytest.raises(ValueError, match="expected one of"):
        convert(HANGZHOU, "mars")
