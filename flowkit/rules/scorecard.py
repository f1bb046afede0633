"""A scorecard: factors that give points, bands that say what the total means and what it sets.

Knows expressions and numbers. It names no field's room: which fields a band may set comes in with linking, and
performing what a band sets is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Findings, Place, Related
from flowkit.errors import EvaluationError
from flowkit.rules.evidence import Names, seen
from flowkit.rules.labels import refuse_twice
from flowkit.rules.language.expression import Expression, compile_expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, Type
from flowkit.source.keys import Key, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode

Number = int | Decimal

KEYS = (
    Key("title", "words", "what people see instead of the name", example="紧急度评分卡"),
    Key(
        "factors",
        "sequence",
        "what gives points",
        required=True,
        example="[{label: 困人, when: fault_type == '困人', points: 5}]",
    ),
    Key("bands", "sequence", "what the total means", example="[{name: vip, at_least: 7}, {name: normal, at_least: 0}]"),
)
FACTOR_KEYS = (
    Key("label", "words", "what people read in the why; without it the expression", example="困人"),
    Key("when", "expression", "when it counts", required=True, example="fault_type == '困人'"),
    Key("points", "setting", "how much it counts: a number or an expression", required=True, example="5"),
)
BAND_KEYS = (
    Key("name", "name", "what expressions compare with", required=True, example="vip"),
    Key("title", "words", "what people see instead of the name", example="VIP通道"),
    Key("at_least", "number", "the smallest total of this band; without it, every total", example="7"),
    Key("set", "mapping", "fields that a case of this band gets", example="{flag: red}"),
)

_NUMBER = Type("number", optional=False)


@dataclass(frozen=True, slots=True)
class Factor:
    label: str
    when: ScalarNode
    points: Node
    place: Place


@dataclass(frozen=True, slots=True)
class Band:
    """`at_least` is None where the band holds every total that reaches no other."""

    name: str
    title: str
    at_least: Number | None
    sets: MappingNode | None
    place: Place


@dataclass(frozen=True, slots=True)
class ScorecardDefinition:
    """A card as written; its bands with the highest first."""

    name: str
    title: str
    factors: tuple[Factor, ...]
    bands: tuple[Band, ...]
    place: Place

    @property
    def result_type(self) -> Type:
        """How expressions see what the card gave: `.total`, `.band` and `.points` by label."""
        points = {f.label: Type("number") for f in self.factors}
        members = {
            "total": _NUMBER,
            "band": Type("text", options=tuple(b.name for b in self.bands)),
            "points": Type("record", members=lambda: points),
        }
        return Type("record", members=lambda: members, title=self.title)


@dataclass(frozen=True, slots=True)
class FactorWhy:
    """What one factor gave, and the values of the paths it read, by path."""

    label: str
    text: str
    hit: bool
    points: Number
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """`points` holds the factors that hit; `band` is None when the total reaches none; `sets` what the band sets."""

    total: Number
    band: str | None
    band_title: str
    points: Mapping[str, Number]
    sets: Mapping[str, Any]
    why: tuple[FactorWhy, ...]

    def as_record(self) -> dict[str, Any]:
        """The result as expressions see it under the card's name."""
        return {"total": self.total, "band": self.band, "points": dict(self.points)}


@dataclass(frozen=True, slots=True)
class LinkedFactor:
    label: str
    when: Expression
    points: Expression

    def judge(self, names: Names) -> FactorWhy:
        hit = self.when.evaluate(names) is True
        points = _points(self.points.evaluate(names), self) if hit else 0
        values = seen(self.when, names) | (seen(self.points, names) if hit else {})
        return FactorWhy(self.label, self.when.text, hit, points, values)


@dataclass(frozen=True, slots=True)
class LinkedBand:
    name: str
    title: str
    at_least: Number | None
    sets: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A card ready to judge. Pure: the same names give the same result."""

    definition: ScorecardDefinition
    factors: tuple[LinkedFactor, ...] = field(repr=False)
    bands: tuple[LinkedBand, ...] = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def title(self) -> str:
        return self.definition.title

    def evaluate(self, names: Names) -> ScoreResult:
        """Judge by `names`. Raises EvaluationError; whatever else `names` raises passes."""
        why = tuple(f.judge(names) for f in self.factors)
        points = {w.label: w.points for w in why if w.hit}
        total = sum(points.values())
        for band in self.bands:
            if band.at_least is None or total >= band.at_least:
                sets = {name: setting.evaluate(names) for name, setting in band.sets.items()}
                return ScoreResult(total, band.name, band.title, points, sets, why)
        return ScoreResult(total, None, "", points, {}, why)


def parse(node: Node, findings: Findings, name: str = "") -> ScorecardDefinition | None:
    """A scorecard as written. Every mistake in its keys is reported; None when it has none that can be read."""
    read = read_keys(node, "scorecard", KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    factors = tuple(f for item in _items(read.get("factors")) if (f := _factor(item, findings)) is not None)
    bands = tuple(b for item in _items(read.get("bands")) if (b := _band(item, findings)) is not None)
    refuse_twice(((f.label, f.place) for f in factors), "factor", findings)
    refuse_twice(((b.name, b.place) for b in bands), "band", findings)
    _refuse_equal_limits(bands, findings)
    # Sorting is stable: of two bands with one limit, which is refused above, the first stands.
    ordered = sorted(bands, key=lambda b: (b.at_least is None, -(b.at_least or 0)))
    return ScorecardDefinition(name, title or name, factors, tuple(ordered), node.place)


def link(
    definition: ScorecardDefinition, scope: Scope, findings: Findings, settable: Mapping[str, Type] | None = None
) -> Scorecard:
    """Compile a card in `scope`. `settable` are the fields that a band may set; None: nobody says, so none is checked."""
    factors = []
    for factor in definition.factors:
        when = compile_expression(factor.when, scope, findings, BOOLEAN)
        points = compile_setting(factor.points, scope, findings, _NUMBER)
        if isinstance(factor.points, ScalarNode) and factor.points.as_typed() is None:
            findings.error(
                "type-mismatch", factor.points.place, "expected a number, found nothing", "such as points: 5"
            )
        if when is not None and points is not None:
            factors.append(LinkedFactor(factor.label, when, points))
    bands = [
        LinkedBand(b.name, b.title, b.at_least, _sets(b.sets, scope, findings, settable)) for b in definition.bands
    ]
    _warn_of_totals_below(definition, factors, findings)
    return Scorecard(definition, tuple(factors), tuple(bands))


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, SequenceNode) else ()


def _factor(node: Node, findings: Findings) -> Factor | None:
    read = read_keys(node, "factor", FACTOR_KEYS, findings)
    when = read.get("when") if read is not None else None
    if read is None or not isinstance(when, ScalarNode) or "points" not in read:
        return None
    label = text_of(read["label"], findings) if "label" in read else None
    return Factor(label or when.typed, when, read["points"], read["label"].place if "label" in read else when.place)


def _band(node: Node, findings: Findings) -> Band | None:
    read = read_keys(node, "band", BAND_KEYS, findings)
    name = read.get("name") if read is not None else None
    if read is None or not isinstance(name, ScalarNode):
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    limit, sets = read.get("at_least"), read.get("set")
    at_least = limit.value if isinstance(limit, ScalarNode) and isinstance(limit.value, (int, Decimal)) else None
    return Band(name.typed, title or name.typed, at_least, sets if isinstance(sets, MappingNode) else None, name.place)


def _refuse_equal_limits(bands: tuple[Band, ...], findings: Findings) -> None:
    first: dict[Number | None, Band] = {}
    for band in bands:
        other = first.setdefault(band.at_least, band)
        if other is not band:
            limit = "no limit" if band.at_least is None else f"at_least: {band.at_least}"
            findings.error(
                "duplicate-limit",
                band.place,
                f'band "{band.name}" has {limit}, as "{other.name}" has: no total could tell them apart',
                "give each band its own at_least",
                [Related(other.place, f'"{other.name}" stands here')],
            )


def _sets(
    node: MappingNode | None, scope: Scope, findings: Findings, settable: Mapping[str, Type] | None
) -> dict[str, Expression]:
    sets = {}
    for name, place, value in node.items() if node is not None else ():
        if settable is not None and not findings.knows(name, settable, place, f'no field "{name}" to set'):
            continue
        setting = compile_setting(value, scope, findings, settable[name] if settable is not None else None)
        if setting is not None:
            sets[name] = setting
    return sets


def _warn_of_totals_below(definition: ScorecardDefinition, factors: list[LinkedFactor], findings: Findings) -> None:
    """A total below every band has none. Points that are computed are taken to be 0 or more, else nobody could know."""
    if not definition.bands or (lowest := definition.bands[-1]).at_least is None:
        return
    constants = [f.points.evaluate({}) for f in factors if f.points.constant]
    smallest = sum(p for p in constants if isinstance(p, (int, Decimal)) and p < 0)
    if smallest < lowest.at_least:
        findings.warning(
            "uncovered-total",
            lowest.place,
            f"a total of {smallest} is below every band: the case would have none",
            "leave out at_least of the lowest band",
        )


def _points(value: Any, factor: LinkedFactor) -> Number:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return value
    found = "空" if value is None else f"“{value}”"
    raise EvaluationError(f"评分项“{factor.label}”的分值应为数字,得到{found}", factor.points.text)
