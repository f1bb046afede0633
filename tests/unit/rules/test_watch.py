"""A watch counts what its condition lets through, by key, and speaks when the count rises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.errors import EvaluationError
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.rules.watch import Watch, link, parse, rising
from flowkit.source.reading import read

DOORS = """
watch: recurring_door_fault
title: 门机反复故障
of: {workflow: repair_order, reaches: archived}
when: fault_type == '门机故障'
per: elevator
times: 3
within: 180d
do: [{print: health_report}, {notify: health_warning}]
"""
SCOPE = Scope({"fault_type": Type("text"), "elevator": Type("record"), "floors": Type("list"), "price": Type("number")})
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Record:
    key: str


def load(text: str) -> tuple[Watch | None, Findings]:
    findings = Findings()
    definition = parse(read(text, "app.yaml", findings)[0].node, findings, "recurring_door_fault")
    return (link(definition, SCOPE, findings) if definition is not None else None), findings


def loaded(text: str) -> Watch:
    watch, findings = load(text)
    assert watch is not None
    assert list(findings) == []
    return watch


def test_the_seeds_watch_is_without_findings() -> None:
    """The watch of the language page loads in silence and keeps what it does for the caller."""
    watch = loaded(DOORS)
    definition = watch.definition
    assert (definition.times, definition.within, definition.title) == (3, 180 * DAY, "门机反复故障")
    assert (definition.workflow.typed, definition.reaches.typed) == ("repair_order", "archived")
    assert definition.does.as_typed() == [{"print": "health_report"}, {"notify": "health_warning"}]
    assert watch.reads == {("fault_type",), ("elevator",)}


@pytest.mark.parametrize(
    ("names", "judged"),
    [
        ({"fault_type": "门机故障", "elevator": Record("E001")}, (True, "E001")),
        ({"fault_type": "困人", "elevator": Record("E001")}, (False, None)),
        ({"elevator": Record("E001")}, (False, None)),
        ({"fault_type": "门机故障"}, (False, None)),
        ({"fault_type": "门机故障", "elevator": ""}, (False, None)),
    ],
)
def test_a_case_counts_when_the_condition_holds_and_there_is_a_key(names: dict[str, Any], judged: object) -> None:
    """An empty condition is no yes, an empty key is nobody's."""
    assert loaded(DOORS).judge(names) == judged


def test_without_per_all_count_together() -> None:
    """Then the key is the empty text, which no value gives."""
    assert loaded(DOORS.replace("per: elevator\n", "")).judge({"fault_type": "门机故障"}) == (True, "")


def test_equal_numbers_are_one_key() -> None:
    """1.50 and 1.5 count together; so do 100 and 1E+2."""
    watch = loaded(DOORS.replace("per: elevator", "per: price"))
    keys = [watch.judge({"fault_type": "门机故障", "price": v})[1] for v in (Decimal("1.50"), Decimal("1.5"))]
    assert keys == ["1.5", "1.5"]
    assert watch.judge({"fault_type": "门机故障", "price": Decimal("1E+2")}) == (True, "100")


def test_a_list_is_no_key() -> None:
    """Known when the app is loaded, it is told there; else when it comes."""
    watch, findings = load(DOORS.replace("per: elevator", "per: floors"))
    assert watch is None
    assert [(d.code, d.place.line) for d in findings] == [("type-mismatch", 6)]
    with pytest.raises(EvaluationError, match="统计的依据"):
        loaded(DOORS).judge({"fault_type": "门机故障", "elevator": ["E001"]})


def test_all_mistakes_are_told_in_one_pass() -> None:
    """A key nobody knows, a count below one, business days, a watch of no node."""
    text = "watch: w\nof: {workflow: a}\nwhn: x\ntimes: 0\nwithin: 3 business days\n"
    _, findings = load(text)
    assert {(d.code, d.place.line) for d in findings} == {
        ("unknown-key", 3),
        ("missing-key", 2),
        ("missing-key", 1),
        ("out-of-range", 4),
        ("type-mismatch", 5),
    }


def test_mistakes_in_expressions_are_told_at_their_place() -> None:
    """An unknown name in the condition and in the key."""
    _, findings = load(DOORS.replace("fault_type ==", "fault_typ ==").replace("per: elevator", "per: elevato"))
    assert [(d.code, d.place.line, d.help) for d in findings] == [
        ("unknown-name", 5, 'did you mean "fault_type"?'),
        ("unknown-name", 6, 'did you mean "elevator"?'),
    ]


def test_the_third_of_three_rises_and_the_fourth_does_not() -> None:
    """Days 0, 1, 2 make the pattern at 2; day 3 stands in it; after all have left, three more make it again."""
    days = [0, 1, 2, 3, 200, 201, 202, 203]
    moments = [START + d * DAY for d in days]
    rose = [d for i, d in enumerate(days) if rising(3, 180 * DAY, moments[:i], moments[i])]
    assert rose == [2, 202]


def test_the_edge_of_the_window_is_within() -> None:
    """A hit exactly 180 days ago counts, one a moment older does not."""
    assert rising(2, 180 * DAY, [START], START + 180 * DAY)
    assert not rising(2, 180 * DAY, [START], START + 180 * DAY + timedelta(microseconds=1))


def test_two_at_one_moment_warn_once() -> None:
    """Judged one after another, the third rises and the fourth, of the same moment, does not."""
    before = [START, START]
    assert rising(3, DAY, before, START)
    assert not rising(3, DAY, [*before, START], START)


def test_a_clock_set_back_does_not_warn_twice() -> None:
    """What has been counted stays counted, though its moment lies ahead now."""
    assert not rising(3, DAY, [START, START + DAY, START + DAY], START + DAY / 2)


def walked(times: int, within: timedelta, hits: Sequence[datetime]) -> list[bool]:
    """The naive reference: walk along the time, let hits in and out of the window, remember whether the count stands."""
    out = []
    window: list[datetime] = []
    standing = False
    for hit in hits:
        while window and hit - window[0] > within:
            window.pop(0)
        if len(window) < times:
            standing = False
        window.append(hit)
        out.append(len(window) >= times and not standing)
        standing = len(window) >= times
    return out


@given(
    st.integers(1, 5),
    st.integers(1, 20),
    st.lists(st.integers(0, 60), max_size=25).map(sorted),
    st.randoms(use_true_random=False),
)
def test_it_rises_as_a_walk_along_the_time_would(times: int, within: int, days: list[int], random: Any) -> None:
    """Whatever the hits, and in whatever order the earlier ones are handed over."""
    hits = [START + d * DAY for d in days]
    rose = []
    for number, hit in enumerate(hits):
        earlier = hits[:number]
        random.shuffle(earlier)
        rose.append(rising(times, within * DAY, earlier, hit))
    assert rose == walked(times, within * DAY, hits)
