"""A watch: a pattern over many cases, such as three door faults of one elevator within 180 days.

Knows what counts, by which key it is counted, and when a count rises. It neither stores nor finds cases: whoever uses it
keeps the moments of earlier hits by key, judges one hit of a key after another, and carries out what `do` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Findings, Place
from flowkit.errors import EvaluationError
from flowkit.rules.evidence import Names
from flowkit.rules.language.expression import Expression, compile_expression
from flowkit.rules.language.functions import as_text
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.keys import Key, integer_of, read_keys, text_of
from flowkit.source.nodes import Node, ScalarNode
from flowkit.values.durations import BusinessDuration, parse_duration

ENDED = "ended"
"""What `reaches` says for an end, whichever it is."""

KEYS = (
    Key("title", "words", "what people see instead of the name", example="门机反复故障"),
    Key("of", "mapping", "what counts", required=True, example="{workflow: repair_order, reaches: archived}"),
    Key("when", "expression", "which of them count; without it all", example="fault_type == '门机故障'"),
    Key("per", "expression", "what they are counted by; without it all together", example="elevator"),
    Key("times", "integer", "how many make the pattern", required=True, example="3"),
    Key("within", "duration", "how far apart the first and the last may be", required=True, example="180d"),
    Key("do", "any", "what happens when the count rises to it, in order", required=True, example="[{notify: warning}]"),
)
OF_KEYS = (
    Key("workflow", "name", "the workflow whose cases count", required=True, example="repair_order"),
    Key("reaches", "name", "the node that makes one count, or `ended` for any end", required=True, example="archived"),
)

_CONDITION = Type("boolean")


@dataclass(frozen=True, slots=True)
class WatchDefinition:
    """A watch as written; `workflow`, `reaches` and `does` for the caller to resolve."""

    name: str
    title: str
    workflow: ScalarNode
    reaches: ScalarNode
    when: ScalarNode | None
    per: ScalarNode | None
    times: int
    within: timedelta
    does: Node
    place: Place


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch ready to judge. Pure."""

    definition: WatchDefinition
    when: Expression | None = field(repr=False)
    per: Expression | None = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """Every path that judging may read, so that it can be fetched beforehand."""
        return frozenset().union(*(e.reads for e in (self.when, self.per) if e is not None))

    def judge(self, names: Names) -> tuple[bool, str | None]:
        """Whether a case counts, and under which key; "" where all count together.

        A case whose key is empty counts for nobody: `(False, None)`. Raises EvaluationError; whatever else `names` raises
        passes.
        """
        if self.when is not None and self.when.evaluate(names) is not True:
            return False, None
        if self.per is None:
            return True, ""
        key = _key(self.per.evaluate(names), self.per)
        return key is not None, key

    def rising(self, moments: Sequence[datetime], now: datetime) -> bool:
        """Whether a hit at `now` makes the pattern, after hits of the same key at `moments`. See `rising`."""
        return rising(self.definition.times, self.definition.within, moments, now)


def rising(times: int, within: timedelta, moments: Sequence[datetime], now: datetime) -> bool:
    """Whether a hit at `now` is the one by which the count within the window reaches `times`.

    `moments` are the earlier hits of the key, in any order, this one not among them. The window reaches back from `now` by
    `within`; a hit just that long ago is still in it. True on the rising edge only: where the count stood at `times` or more
    just before, a further hit says nothing new. Once hits have left the window and the count has fallen below `times`, it
    can rise again. A hit later than `now`, as after a clock was set back, counts as one that has just been.
    """
    standing = sum(1 for moment in moments if now - moment <= within)
    return standing < times <= standing + 1


def parse(node: Node, findings: Findings, name: str = "") -> WatchDefinition | None:
    """A watch as written. Every mistake in its keys is reported; None when what counts cannot be told."""
    read = read_keys(node, "watch", KEYS, findings)
    if read is None:
        return None
    of = read_keys(read["of"], "of", OF_KEYS, findings) if "of" in read else None
    title = text_of(read["title"], findings) if "title" in read else None
    times = _times(read["times"], findings) if "times" in read else None
    within = _within(read["within"], findings) if "within" in read else None
    workflow, reaches = (of.get(k) if of is not None else None for k in ("workflow", "reaches"))
    if not isinstance(workflow, ScalarNode) or not isinstance(reaches, ScalarNode) or "do" not in read:
        return None
    if times is None or within is None:
        return None
    when, per = (n if isinstance(n := read.get(k), ScalarNode) else None for k in ("when", "per"))
    return WatchDefinition(name, title or name, workflow, reaches, when, per, times, within, read["do"], node.place)


def link(definition: WatchDefinition, scope: Scope, findings: Findings) -> Watch | None:
    """Compile a watch in the scope of the cases it counts; None, and findings, where that fails."""
    when = per = None
    if definition.when is not None:
        when = compile_expression(definition.when, scope, findings, _CONDITION)
    if definition.per is not None:
        per = compile_expression(definition.per, scope, findings)
        if per is not None and per.type.kind in ("list", "location"):
            message = f"expected one value to count by, found {per.type.words}"
            findings.error("type-mismatch", definition.per.place, message, "count by a record, a choice or a text")
            per = None
    if (when is None) != (definition.when is None) or (per is None) != (definition.per is None):
        return None
    return Watch(definition, when, per)


def _times(node: Node, findings: Findings) -> int | None:
    times = integer_of(node, findings)
    if times is None or times >= 1:
        return times
    findings.error("out-of-range", node.place, f"expected how many make the pattern, found {times}", "write times: 3")
    return None


def _within(node: Node, findings: Findings) -> timedelta | None:
    typed = node.typed if isinstance(node, ScalarNode) else ""
    try:
        within = parse_duration(typed)
    except ValueError as error:
        findings.error("type-mismatch", node.place, f'{error}, found "{typed[:40]}"')
        return None
    if isinstance(within, BusinessDuration):
        message = f'expected a duration round the clock, found "{typed}"'
        findings.error("type-mismatch", node.place, message, "a watch follows no calendar: write 180d")
        return None
    if not within:
        findings.error("out-of-range", node.place, "expected a duration longer than nothing", "write within: 180d")
        return None
    return within


def _key(value: Any, per: Expression) -> str | None:
    """What a value is counted by: a record by its key, equal numbers alike however they are written."""
    key = getattr(value, "key", None)
    if isinstance(key, str):
        return key or None
    if isinstance(value, Decimal):
        value = value.normalize()
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        raise EvaluationError("统计的依据应为一个值", per.text)
    return as_text(value).strip() or None
