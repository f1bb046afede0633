"""A dispatch: who of many is asked. Requirements rule out, weighted preferences rank, the rest is for `otherwise`.

Knows expressions over `candidate` and the case's names. Who the candidates are, and who is meant by `otherwise`, the
caller knows. Nothing here is left to chance: equal candidates are told apart by their actor's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Findings, Place
from flowkit.errors import EvaluationError
from flowkit.rules.evidence import Names
from flowkit.rules.labels import refuse_twice
from flowkit.rules.language.expression import Expression, compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, Type
from flowkit.source.keys import Key, names_of, read_keys, text_of
from flowkit.source.nodes import Node, ScalarNode, SequenceNode

Number = int | Decimal

EXCLUDED = "已排除"
"""The label under which those stand whom the caller excluded, such as the owner who gave the task back."""

OPEN_TASKS = ("candidate", "open_tasks")
MOST_IN_FULL = 50
BEST_KEPT = 20

KEYS = (
    Key("title", "words", "what people see instead of the name", example="派单给维修组"),
    Key("among", "names", "the role, or roles, whose people are candidates", required=True, example="technician"),
    Key("require", "sequence", "what a candidate must meet", example="[{label: 当班, when: candidate.on_duty}]"),
    Key(
        "prefer",
        "sequence",
        "what makes one better than another",
        example="[{label: 闲, value: -candidate.open_tasks}]",
    ),
    Key("otherwise", "any", "who gets it when nobody fits (who)", required=True, example="ROLE"),
)
REQUIRE_KEYS = (
    Key("label", "words", "what people read in the why; without it the expression", example="技能"),
    Key("when", "expression", "what must hold", required=True, example="fault_type in candidate.skills"),
)
PREFER_KEYS = (
    Key("label", "words", "what people read in the why; without it the expression", example="近"),
    Key(
        "value",
        "expression",
        "the more, the better",
        required=True,
        example='"-distance(candidate.position, position)"',
    ),
    Key("weight", "number", "how much one unit of it is worth; without it 1", example="500"),
)


@dataclass(frozen=True, slots=True)
class Requirement:
    label: str
    when: ScalarNode
    place: Place


@dataclass(frozen=True, slots=True)
class Preference:
    label: str
    value: ScalarNode
    weight: Number
    place: Place


@dataclass(frozen=True, slots=True)
class DispatchDefinition:
    """A dispatch as written; `among` and `otherwise` for the caller to resolve."""

    name: str
    title: str
    among: tuple[ScalarNode, ...]
    require: tuple[Requirement, ...]
    prefer: tuple[Preference, ...]
    otherwise: Node | None
    place: Place


@dataclass(frozen=True, slots=True)
class CandidateWhy:
    """How one candidate fared. `scores` are the values before weighing, None where empty; `total` weighs them."""

    actor: str
    ruled_out_by: str | None
    scores: Mapping[str, Number | None]
    total: Number | None


@dataclass(frozen=True, slots=True)
class DispatchResult:
    """`why`: those who passed, best first, then those ruled out; of more than 50 only the best 20.

    `ruled_out` counts by requirement, whether or not they stand in `why`; `considered` is how many there were.
    """

    chosen: str | None
    why: tuple[CandidateWhy, ...]
    ruled_out: Mapping[str, int]
    considered: int


@dataclass(frozen=True, slots=True)
class LinkedRequirement:
    label: str
    when: Expression


@dataclass(frozen=True, slots=True)
class LinkedPreference:
    label: str
    value: Expression
    weight: Number


Candidate = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A dispatch ready to choose. Pure: the same names and candidates give the same choice, in whatever order they come."""

    definition: DispatchDefinition
    require: tuple[LinkedRequirement, ...] = field(repr=False)
    prefer: tuple[LinkedPreference, ...] = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def title(self) -> str:
        return self.definition.title

    def choose(
        self,
        names: Names,
        candidates: Sequence[Candidate],
        exclude: Collection[str] = (),
        loading: Callable[[tuple[str, ...]], object] | None = None,
    ) -> DispatchResult:
        """Choose among `candidates`, pairs of an actor and his record.

        `loading` is called with those still in the running just before the first expression that reads
        `candidate.open_tasks`, so that the counts of exactly these can be had at once. An empty preference counts like
        the worst that another candidate has there. Raises EvaluationError; whatever else `names` raises passes.
        """
        left = {actor: record for actor, record in sorted(candidates, key=lambda c: c[0]) if actor not in exclude}
        out = [CandidateWhy(actor, EXCLUDED, {}, None) for actor, _ in candidates if actor in exclude]
        announce = _Announcement(loading)
        for requirement in self.require:
            announce.before(requirement.when, left)
            for actor, record in list(left.items()):
                if requirement.when.evaluate(_Beside(names, record)) is not True:
                    out.append(CandidateWhy(actor, requirement.label, {}, None))
                    del left[actor]
        ranked = self._rank(names, left, announce)
        return _result(ranked, sorted(out, key=lambda w: w.actor), len(candidates))

    def _rank(self, names: Names, left: Mapping[str, Any], announce: _Announcement) -> list[CandidateWhy]:
        scores: dict[str, dict[str, Number | None]] = {actor: {} for actor in left}
        totals: dict[str, Number] = dict.fromkeys(left, 0)
        # All before the first is judged: what is lacking is then asked for without having judged anybody in vain.
        for preference in self.prefer:
            announce.before(preference.value, left)
        for preference in self.prefer:
            values = {a: _score(preference, preference.value.evaluate(_Beside(names, r))) for a, r in left.items()}
            weighed = {a: v * preference.weight for a, v in values.items() if v is not None}
            worst = min(weighed.values(), default=0)
            for actor, value in values.items():
                scores[actor][preference.label] = value
                totals[actor] += weighed.get(actor, worst)
        why = [CandidateWhy(actor, None, scores[actor], totals[actor]) for actor in left]
        # Of two equals, the one of whom more is known goes first; then the name decides.
        return sorted(why, key=lambda w: (-totals[w.actor], sum(v is None for v in w.scores.values()), w.actor))


class _Beside:
    """The case's names, and `candidate` before them."""

    __slots__ = ("_candidate", "_names")

    def __init__(self, names: Names, candidate: Any) -> None:
        self._names, self._candidate = names, candidate

    def __getitem__(self, name: str) -> Any:
        return self._candidate if name == "candidate" else self._names[name]


class _Announcement:
    """Tells once who is still in the running, before the first look at how much they have to do."""

    def __init__(self, loading: Callable[[tuple[str, ...]], object] | None) -> None:
        self._loading = loading

    def before(self, expression: Expression, left: Mapping[str, Any]) -> None:
        if self._loading is not None and left and OPEN_TASKS in expression.reads:
            loading, self._loading = self._loading, None
            loading(tuple(left))


def parse(node: Node, findings: Findings, name: str = "") -> DispatchDefinition | None:
    """A dispatch as written, from its own document or standing where one is named. None when it has no keys."""
    read = read_keys(node, "dispatch", KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    among = names_of(read["among"], findings) if "among" in read else ()
    require = tuple(r for item in _items(read.get("require")) if (r := _requirement(item, findings)) is not None)
    prefer = tuple(p for item in _items(read.get("prefer")) if (p := _preference(item, findings)) is not None)
    refuse_twice(((r.label, r.place) for r in require), "requirement", findings)
    refuse_twice(((p.label, p.place) for p in prefer), "preference", findings)
    return DispatchDefinition(name, title or name, tuple(among), require, prefer, read.get("otherwise"), node.place)


def link(definition: DispatchDefinition, scope: Scope, findings: Findings, candidate: Type) -> Dispatch:
    """Compile in the case's `scope`; `candidate` is how expressions see a record of staff."""
    inner = scope.child({"candidate": candidate})
    number = Type("number")
    require = [
        LinkedRequirement(r.label, when)
        for r in definition.require
        if (when := compile_expression(r.when, inner, findings, BOOLEAN)) is not None
    ]
    prefer = [
        LinkedPreference(p.label, value, p.weight)
        for p in definition.prefer
        if (value := compile_expression(p.value, inner, findings, number)) is not None
    ]
    return Dispatch(definition, tuple(require), tuple(prefer))


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, SequenceNode) else ()


def _requirement(node: Node, findings: Findings) -> Requirement | None:
    read = read_keys(node, "require", REQUIRE_KEYS, findings)
    when = read.get("when") if read is not None else None
    if read is None or not isinstance(when, ScalarNode):
        return None
    label = text_of(read["label"], findings) if "label" in read else None
    return Requirement(label or when.typed, when, read.get("label", when).place)


def _preference(node: Node, findings: Findings) -> Preference | None:
    read = read_keys(node, "prefer", PREFER_KEYS, findings)
    value = read.get("value") if read is not None else None
    if read is None or not isinstance(value, ScalarNode):
        return None
    label = text_of(read["label"], findings) if "label" in read else None
    weight = read.get("weight")
    typed = weight.value if isinstance(weight, ScalarNode) else 1
    amount = typed if isinstance(typed, (int, Decimal)) else 1
    return Preference(label or value.typed, value, amount, read.get("label", value).place)


def _score(preference: LinkedPreference, value: Any) -> Number | None:
    if value is None or (isinstance(value, (int, Decimal)) and not isinstance(value, bool)):
        return value
    raise EvaluationError(f"派单偏好“{preference.label}”应为数字,得到“{value}”", preference.value.text)


def _result(ranked: list[CandidateWhy], out: list[CandidateWhy], considered: int) -> DispatchResult:
    why = [*ranked, *out] if considered <= MOST_IN_FULL else ranked[:BEST_KEPT]
    ruled_out = dict(sorted(Counter(w.ruled_out_by or "" for w in out).items()))
    return DispatchResult(ranked[0].actor if ranked else None, tuple(why), ruled_out, considered)
