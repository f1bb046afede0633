"""Moments, JSON and chains have one spelling."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from flowkit.runtime.rowtext import chained, digest, dump, micros, moment
from flowkit.runtime.work import new_case_id

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, MOMENTS)
def test_moments_keep_their_order_and_every_microsecond(one: datetime, other: datetime) -> None:
    """What is due earlier has the smaller number, and comes back as it was."""
    assert moment(micros(one)) == one
    assert (micros(one) < micros(other)) is (one < other)


def test_one_value_has_one_text() -> None:
    """Order of keys does not matter; Chinese stays readable."""
    assert dump({"b": 1, "a": "困人"}) == dump({"a": "困人", "b": 1}) == '{"a":"困人","b":1}'


def test_commands_are_told_apart_by_content() -> None:
    """Also values that are no JSON count."""
    assert digest({"a": Decimal("1.0")}, b"s") != digest({"a": Decimal("1.00")}, b"s")
    assert digest({"a": 1, "b": 2}, b"s") == digest({"b": 2, "a": 1}, b"s")
    assert digest(1, b"s") != digest(1, b"t")


def test_a_chain_depends_on_all_before() -> None:
    """The same line after another head has another hash."""
    assert chained("", "a") != chained("x", "a")


@given(MOMENTS)
def test_case_ids_are_text_and_follow_time(now: datetime) -> None:
    """Never digits only, always one length, later ones behind earlier ones."""
    earlier, later = new_case_id(now), new_case_id(datetime(2201, 1, 1, tzinfo=UTC))
    assert len(earlier) == len(later) == 21
    assert not earlier.isdigit()
    assert earlier < later


def test_whatever_was_given_has_a_digest() -> None:
    """Names that are no text, halves of a character, things that hold themselves: to be told apart, not to be judged."""
    ring: list[object] = []
    ring.append(ring)
    given = [{1: 2, "a": 3}, "\ud800", {"\ud800": 1}, ring, float("nan"), object]
    assert len({digest(one, b"s") for one in given}) == len(given)
