"""Personal values are sealed: only their person's key opens them, at their place, unchanged."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.errors import StoreError
from flowkit.store.shelf import new_key, seal, unseal

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN, st.text())
def test_what_was_sealed_comes_out_as_it_was(value: object, ref: str) -> None:
    """Any value in stored form, under any reference."""
    key = new_key()
    assert unseal(key, ref, seal(key, ref, value)) == value


def test_equal_values_look_different() -> None:
    """Nobody can tell from the shelf that two people share a number."""
    key = new_key()
    assert seal(key, "r", "13800000001") != seal(key, "r", "13800000001")


def test_another_key_another_place_another_byte_do_not_open() -> None:
    """A value that was moved or changed is an error, never another value."""
    key = new_key()
    sealed = seal(key, "r", "13800000001")
    changed = bytearray(base64.b64decode(sealed))
    changed[-1] ^= 1
    for wrong in ((new_key(), "r", sealed), (key, "s", sealed), (key, "r", base64.b64encode(changed).decode())):
        with pytest.raises(StoreError):
            unseal(*wrong)
