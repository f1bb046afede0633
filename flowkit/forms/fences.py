"""A fence: a check that wants one place near another, `distance(A, B) <= N`. Tells how far apart they are, and which way.

Knows no map. Where a place is not everybody's to see, nothing is told of it beyond what the author's own message says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.errors import Apart, EvaluationError
from flowkit.rules.evidence import Names
from flowkit.rules.language import tree
from flowkit.rules.language.expression import Expression, compile_text
from flowkit.rules.language.reading import parse
from flowkit.rules.language.scope import Scope
from flowkit.values.coordinates import bearing, distance

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """`here` and `there` should lie within `limit` metres; with what people call both."""

    here: Expression
    there: Expression
    limit: Expression
    called: tuple[str, str] = field(default=("", ""))

    def apart(self, names: Names) -> Apart | None:
        """How it stands with them; None where one is unknown, or where they are near enough."""
        try:
            here, there, limit = (each.evaluate(names) for each in (self.here, self.there, self.limit))
        except EvaluationError:
            return None
        if not isinstance(here, Mapping) or not isinstance(there, Mapping) or limit is None:
            return None
        metres = distance(here, there)
        if metres is None or metres <= limit:
            return None
        accuracy: Any = here.get("accuracy")
        rough = None if accuracy is None else float(accuracy)
        return Apart(*self.called, float(metres), float(limit), bearing(here, there), rough)


def fence_of(text: str, scope: Scope, answered: Collection[str]) -> Fence | None:
    """The fence of a condition that compiles in `scope`, if it is one or asks for one among other things.

    `answered` are the names of what is filled in now: seen from there it is told.
    """
    for one, other, limit in _compared(parse(text)):
        parts = [compile_text(text[part.at : part.end], scope) for part in (one, other, limit)]
        here, there = parts[0], parts[1]
        if _root(there) in answered and _root(here) not in answered:
            here, there = there, here
        paths = [next(iter(part.reads), ()) for part in (here, there)]
        titles = [_title(path, scope, answered) for path in paths]
        if all(titles) and all(len(part.reads) == 1 for part in (here, there)):
            return Fence(here, there, parts[2], (titles[0], titles[1]))
    return None


def _compared(node: tree.Node) -> Iterator[tuple[tree.Node, tree.Node, tree.Node]]:
    """Two places and the most they may be apart, of each such comparison that must hold."""
    match node:
        case tree.Logic(operator="and", items=items):
            for item in items:
                yield from _compared(item)
        case tree.Ordering(operator="<=" | "<", left=tree.Call(name="distance", arguments=(one, other)), right=limit):
            yield one, other, limit
        case tree.Ordering(operator=">=" | ">", left=limit, right=tree.Call(name="distance", arguments=(one, other))):
            yield one, other, limit


def _root(expression: Expression) -> str:
    return next((path[0] for path in expression.reads), "")


def _title(path: Path, scope: Scope, answered: Collection[str]) -> str:
    """What people call the place at the end of a path; "" where nothing on it has a name, or something is guarded.

    Of what is filled in now that is the field, of all else the thing that it belongs to.
    """
    titles, type = list[str](), scope.lookup(path[0]) if path else None
    for name in path[1:]:
        if type is None or type.guarded:
            return ""
        titles.append(type.title)
        type = (type.attributes() or {}).get(name)
    if type is None or type.guarded:
        return ""
    titles.append(type.title)
    return titles[-1] if path[0] in answered else next(filter(None, titles), "")
