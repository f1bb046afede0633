"""What a judgement saw is kept small and plain, under the paths it was read by."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowkit.rules.evidence import LONGEST_LIST, LONGEST_TEXT, plain, seen
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.scope import Scope

OPEN = Scope({}, open=True)


class Record:
    """A record as an engine hands it out."""

    key = "E001"

    def attribute(self, name: str) -> Any:
        return {"region": "滨江"}.get(name)


def test_paths_are_followed_through_mappings_objects_and_lists() -> None:
    """Each path that is read stands there with its value; what is not there is empty."""
    names = {"elevator": Record(), "lines": [{"amount": 2}, {"amount": 3}], "fault": "困人"}
    text = "elevator.region == 'x' and elevator <> null and sum(lines, row.amount) > 1 and fault == missing.thing"
    values = seen(compile_text(text, OPEN), names)
    assert values["elevator.region"] == "滨江"
    assert values["elevator"] == "E001"
    assert values["fault"] == "困人"
    assert values["missing.thing"] is None
    assert values["lines.amount"] == [2, 3]


leaves = st.none() | st.booleans() | st.integers() | st.text() | st.builds(Record) | st.builds(object)
trees = st.recursive(
    leaves, lambda c: st.lists(c, max_size=30) | st.dictionaries(st.text(), c, max_size=30), max_leaves=60
)


@given(trees)
def test_what_is_kept_is_plain_and_bounded(value: Any) -> None:
    """Whatever an expression saw, a why holds scalars, short texts and short lists of them."""
    kept = plain(value)
    json.dumps(kept)
    if isinstance(kept, list | dict):
        assert len(kept) <= LONGEST_LIST
    if isinstance(kept, str):
        assert len(kept) <= LONGEST_TEXT + 1


def test_moments_stay_moments() -> None:
    """Values that the engine knows how to store are left to it."""
    moment = datetime(2026, 3, 2, 9, 0)
    assert plain(moment) is moment
