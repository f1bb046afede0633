"""A dispatch rules out, ranks and says why; it is deterministic, and asks for loads only of those still in the running."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.rules.dispatch import EXCLUDED, Dispatch, link, parse
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.reading import read

CREW = """
dispatch: crew
among: technician
require:
  - {label: 区域, when: region in candidate.regions}
  - {label: 当班, when: candidate.on_duty}
prefer:
  - {label: 近, value: -candidate.far, weight: 1}
  - {label: 闲, value: -candidate.open_tasks, weight: 500}
otherwise: dispatcher
"""
OPEN = Scope({}, open=True)


def load(text: str, scope: Scope = OPEN, candidate: Type | None = None) -> tuple[Dispatch, Findings]:
    findings = Findings()
    document = read(text, "crew.yaml", findings)[0]
    definition = parse(document.node, findings, "crew")
    assert definition is not None
    return link(definition, scope, findings, candidate or Type("record")), findings


def person(**more: Any) -> dict[str, Any]:
    return {"regions": ["滨江"], "on_duty": True, "far": 100, "open_tasks": 0} | more


def test_who_misses_a_requirement_is_not_asked_and_the_why_says_which() -> None:
    """The first requirement that does not hold rules a candidate out under its label."""
    dispatch, findings = load(CREW)
    people = [("e:a", person(regions=["萧山"])), ("e:b", person(on_duty=False)), ("e:c", person())]
    result = dispatch.choose({"region": "滨江"}, people)
    assert list(findings) == []
    assert result.chosen == "e:c"
    assert [(w.actor, w.ruled_out_by) for w in result.why] == [("e:c", None), ("e:a", "区域"), ("e:b", "当班")]
    assert result.ruled_out == {"区域": 1, "当班": 1}


def test_weights_decide_between_preferences() -> None:
    """500 metres weigh as much as one open task, as the seed wants it."""
    people = [("e:a", person(far=100, open_tasks=1)), ("e:b", person(far=599)), ("e:c", person(far=601))]
    result = load(CREW)[0].choose({"region": "滨江"}, people)
    assert [(w.actor, w.total) for w in result.why] == [("e:b", -599), ("e:a", -600), ("e:c", -601)]
    assert result.why[1].scores == {"近": -100, "闲": -1}


def test_equals_are_told_apart_by_name_whatever_the_order() -> None:
    """The order in which candidates come does not matter."""
    people = [(f"e:{x}", person()) for x in "cab"]
    names = {"region": "滨江"}
    assert load(CREW)[0].choose(names, people) == load(CREW)[0].choose(names, people[::-1])
    assert load(CREW)[0].choose(names, people).chosen == "e:a"


def test_an_empty_preference_is_no_better_than_the_worst_known() -> None:
    """Somebody whose position nobody knows counts as far as the farthest, and stands behind him when all else is equal."""
    people = [("e:a", person(far=None)), ("e:b", person(far=900)), ("e:c", person(far=100))]
    result = load(CREW)[0].choose({"region": "滨江"}, people)
    assert [(w.actor, w.total) for w in result.why] == [("e:c", -100), ("e:b", -900), ("e:a", -900)]
    assert result.why[2].scores["近"] is None


def test_nobody_fits() -> None:
    """Without anybody left nobody is chosen: `otherwise` is the caller's."""
    assert load(CREW)[0].choose({"region": "滨江"}, []).chosen is None
    assert load(CREW)[0].choose({"region": "余杭"}, [("e:a", person())]).chosen is None


def test_who_is_excluded_is_not_asked() -> None:
    """Who gave a task back does not get it again, and the why says so."""
    result = load(CREW)[0].choose({"region": "滨江"}, [("e:a", person()), ("e:b", person())], exclude={"e:a"})
    assert result.chosen == "e:b"
    assert result.ruled_out == {EXCLUDED: 1}


def test_loads_are_asked_of_those_who_passed_only() -> None:
    """The caller is told who is left before the first look at open tasks, once, and without those ruled out."""
    told: list[tuple[str, ...]] = []
    people = [("e:c", person()), ("e:a", person()), ("e:b", person(on_duty=False))]
    load(CREW)[0].choose({"region": "滨江"}, people, loading=told.append)
    assert told == [("e:a", "e:c")]


def test_what_the_caller_raises_passes() -> None:
    """The caller may stop the choice to fetch what is lacking."""

    def lacking(actors: tuple[str, ...]) -> None:
        raise LookupError(actors)

    with pytest.raises(LookupError):
        load(CREW)[0].choose({"region": "滨江"}, [("e:a", person())], loading=lacking)


def test_of_many_candidates_the_why_keeps_the_best() -> None:
    """Above fifty candidates the why holds the best twenty, and how many each requirement ruled out."""
    people = [(f"e:{i:03}", person(far=i, on_duty=i % 2 == 0)) for i in range(60)]
    result = load(CREW)[0].choose({"region": "滨江"}, people)
    assert [w.actor for w in result.why] == [f"e:{i:03}" for i in range(0, 40, 2)]
    assert (result.ruled_out, result.considered) == ({"当班": 30}, 60)


def test_all_mistakes_are_told_in_one_pass() -> None:
    """A missing `otherwise`, unknown names, wrong types and equal labels are reported together."""
    text = """dispatch: crew
among: [technician, foreman]
require:
  - {label: a, when: candidate.skils == 'x'}
  - {label: a, when: regin == 'x'}
prefer:
  - {value: candidate.name, weight: heavy}
"""
    candidate = Type("record", members=lambda: {"skills": Type("text"), "name": Type("text")})
    found = {(d.code, d.place.line) for d in load(text, Scope({"region": Type("text")}), candidate)[1]}
    assert found >= {("missing-key", 1), ("duplicate-name", 5), ("unknown-name", 5), ("type-mismatch", 7)}
    assert any(line == 4 for _, line in found)


@given(
    st.lists(
        st.tuples(st.booleans(), st.one_of(st.none(), st.integers(-9, 9)), st.integers(0, 3)), min_size=1, max_size=9
    ),
    st.integers(-3, 3),
)
def test_the_chosen_is_best_among_those_who_passed(people: list[tuple[bool, int | None, int]], weight: int) -> None:
    """Nobody who passed has a higher total, and each total is what a plain reckoning gives."""
    text = f"""dispatch: crew
among: x
require: [{{when: candidate.ok}}]
prefer: [{{label: a, value: candidate.a, weight: {weight}}}, {{label: b, value: -candidate.b}}]
otherwise: y
"""
    candidates = [(f"e:{i}", {"ok": ok, "a": a, "b": b}) for i, (ok, a, b) in enumerate(people)]
    result = load(text)[0].choose({}, candidates)
    passed = {actor: record for actor, record in candidates if record["ok"]}
    known = [r["a"] * weight for r in passed.values() if r["a"] is not None]
    worst = min(known, default=0)
    totals = {x: (worst if r["a"] is None else r["a"] * weight) - r["b"] for x, r in passed.items()}
    assert {w.actor: w.total for w in result.why if w.ruled_out_by is None} == totals
    assert (result.chosen is None) is not bool(totals)
    if result.chosen is not None:
        assert totals[result.chosen] == max(totals.values())
