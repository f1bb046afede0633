"""A card adds up what hits, finds the band, says why; and its mistakes are told at their place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.errors import EvaluationError
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.rules.scorecard import Scorecard, link, parse
from flowkit.source.reading import read

URGENCY = """
scorecard: urgency
title: 紧急度评分卡
factors:
  - {label: 困人,     when: fault_type == '困人',             points: 5}
  - {label: 整栋停电, when: impact == '整栋停电',             points: 3}
  - {label: 政府单位, when: elevator.customer.kind == '政府', points: 2}
bands:
  - {name: normal, at_least: 0}
  - {name: vip, title: VIP通道, at_least: 7, set: {flag: red}}
"""


def load(text: str, scope: Scope | None = None, settable: dict[str, Type] | None = None) -> tuple[Scorecard, Findings]:
    findings = Findings()
    document = read(text, "card.yaml", findings)[0]
    definition = parse(document.node, findings, "urgency")
    assert definition is not None
    return link(definition, scope or Scope({}, open=True), findings, settable), findings


def told(findings: Findings) -> list[tuple[str, int, str]]:
    return [(d.code, d.place.line, d.message) for d in findings]


def test_the_seeds_card_is_without_findings() -> None:
    """The card of the language page loads in silence."""
    assert told(load(URGENCY)[1]) == []


@pytest.mark.parametrize(
    ("data", "total", "band"),
    [
        ({"fault_type": "困人", "impact": "整栋停电"}, 8, "vip"),
        ({"fault_type": "困人", "elevator": {"customer": {"kind": "政府"}}}, 7, "vip"),
        ({"fault_type": "困人"}, 5, "normal"),
        ({}, 0, "normal"),
    ],
)
def test_the_band_is_the_highest_whose_limit_the_total_reaches(data: dict[str, Any], total: int, band: str) -> None:
    """The order in which bands are written does not matter; a total at the limit belongs to the band."""
    result = load(URGENCY)[0].evaluate(data)
    assert (result.total, result.band) == (total, band)


def test_a_band_says_what_it_sets() -> None:
    """What a band sets comes with the result and is nobody else's."""
    card = load(URGENCY)[0]
    vip = card.evaluate({"fault_type": "困人", "impact": "整栋停电"})
    assert (vip.sets, vip.band_title) == ({"flag": "red"}, "VIP通道")
    assert card.evaluate({}).sets == {}


def test_the_why_names_every_factor_and_what_it_saw() -> None:
    """Each factor stands in the why with its expression, whether it hit, and the values of the paths it read."""
    result = load(URGENCY)[0].evaluate({"fault_type": "困人", "elevator": {"customer": {"kind": "物业"}}})
    assert [(w.label, w.hit, w.points) for w in result.why] == [
        ("困人", True, 5),
        ("整栋停电", False, 0),
        ("政府单位", False, 0),
    ]
    assert result.why[0].text == "fault_type == '困人'"
    assert result.why[0].values == {"fault_type": "困人"}
    assert result.why[2].values == {"elevator.customer.kind": "物业"}
    assert result.points == {"困人": 5}


def test_expressions_see_total_band_and_points() -> None:
    """The record and its type agree: total, band with its options, points by label."""
    card = load(URGENCY)[0]
    members = card.definition.result_type.attributes() or {}
    assert set(members) == set(card.evaluate({}).as_record()) == {"total", "band", "points"}
    assert set(members["band"].options) == {"vip", "normal"}


def test_points_may_be_computed() -> None:
    """Points behind `=` are computed from what the card sees."""
    text = "scorecard: x\nfactors: [{label: floors, when: floors > 3, points: =floors * 2}]\n"
    assert load(text)[0].evaluate({"floors": 5}).total == 10


def test_points_that_come_out_empty_are_an_error() -> None:
    """An amount that comes out empty is no 0: the card refuses, naming the factor."""
    card = load("scorecard: x\nfactors: [{label: floors, when: 'true', points: =floors * 2}]\n")[0]
    with pytest.raises(EvaluationError, match="floors"):
        card.evaluate({})


class LackingError(Exception):
    """What an engine raises when it must fetch more."""


def test_what_the_names_raise_passes() -> None:
    """An exception by which the caller learns what to fetch is not swallowed."""

    class Names:
        def __getitem__(self, name: str) -> Any:
            raise LackingError(name)

    with pytest.raises(LackingError):
        load(URGENCY)[0].evaluate(Names())


def test_a_total_below_every_band_has_none() -> None:
    """Such a card is warned of, and gives no band rather than a wrong one."""
    card, findings = load("scorecard: x\nfactors: [{when: a, points: 1}]\nbands: [{name: high, at_least: 5}]\n")
    assert told(findings) == [("uncovered-total", 3, "a total of 0 is below every band: the case would have none")]
    assert card.evaluate({"a": True}).band is None


def test_negative_points_reach_below_a_band_at_zero() -> None:
    """The warning counts the smallest total that constants can make."""
    text = "scorecard: x\nfactors: [{when: a, points: 3}, {when: b, points: -2}]\nbands: [{name: all, at_least: 0}]\n"
    assert [d.code for d in load(text)[1]] == ["uncovered-total"]
    assert [d.code for d in load(text.replace("at_least: 0", "at_least: -2"))[1]] == []


def test_all_mistakes_are_told_in_one_pass() -> None:
    """Unknown keys, equal labels, equal limits, wrong types and unknown fields are all reported, each at its line."""
    text = """scorecard: x
factors:
  - {label: a, when: fault == 1, points: 5}
  - {label: a, when: flt == '困人', points: many}
  - {label: b, wen: fault, points: 2}
bands:
  - {name: low}
  - {name: high, at_least: 3, set: {flg: red}}
  - {name: top, at_least: 3}
"""
    scope = Scope({"fault": Type("text")})
    found = told(load(text, scope, {"flag": Type("text")})[1])
    assert {(code, line) for code, line, _ in found} >= {
        ("type-mismatch", 3),
        ("duplicate-name", 4),
        ("unknown-name", 4),
        ("type-mismatch", 4),
        ("unknown-key", 5),
        ("missing-key", 5),
        ("unknown-name", 8),
        ("duplicate-limit", 9),
    }


points = st.one_of(st.integers(-50, 50), st.decimals(-50, 50, places=2, allow_nan=False))


@given(
    st.lists(st.tuples(points, st.sampled_from([True, False, None])), max_size=8),
    st.lists(points, max_size=4, unique=True),
)
def test_the_total_is_the_sum_of_what_hits(factors: list[tuple[Any, bool | None]], limits: list[Any]) -> None:
    """The total is the sum of the points of the factors that hold, and the band the highest limit not above it."""
    text = "scorecard: x\nfactors:\n" + "".join(
        f"  - {{label: f{i}, when: n{i}, points: {p}}}\n" for i, (p, _) in enumerate(factors)
    )
    text = text if factors else "scorecard: x\nfactors: []\n"
    if limits:
        text += "bands:\n" + "".join(f"  - {{name: b{i}, at_least: {p}}}\n" for i, p in enumerate(limits))
    result = load(text)[0].evaluate({f"n{i}": hit for i, (_, hit) in enumerate(factors)})
    assert result.total == sum((Decimal(p) for p, hit in factors if hit), Decimal(0)) == sum(result.points.values())
    reached = {limit: f"b{i}" for i, limit in enumerate(limits) if limit <= result.total}
    assert result.band == (reached[max(reached)] if reached else None)
